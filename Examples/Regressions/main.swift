// Linear regressions: diabetes (least squares, relevance, the horseshoe), iris (two outputs; species; a
// mixture of two lines).
//
// Expected: with flat priors the coefficients are those of least squares, and the noise deviation of diabetes is the
// published residual standard error, 54.15. Of ten real and ten random inputs, relevance and horseshoe priors keep real
// ones only. Species of irises that a multinomial regression has not seen are told from their measurements. Sepal width falls with sepal length over all irises (Simpson's paradox) and rises in both lines that a
// mixture of regressions of sepal width and petal length finds; they part setosa (by least squares: −0.57 + 0.80 · length)
// from the other species.

import ExampleSupport
import Models
import Plots
import Suffice

// MARK: Diabetes

let diabetes = try DataFile.read(path: "Examples/Data/diabetes.csv")
let progression = diabetes.values("progression")
let names = diabetes.columnNames.filter { $0 != "progression" }
let inputs = names.map { name -> Column in
  guard let column = diabetes[name] else { fatalError("no column \(name)") }
  return standardised(column)
}
let output = Column(name: "progression", values: progression)
let real = try DataTable(columns: inputs + [output])
let squares = leastSquares(names.map(real.values), progression)

let linear = try Fit(LinearRegression(), to: real, bind: ["y": ["progression"]])
let line = linear.posterior(of: LinearRegression.self)
let noise = 1 / line.precision.mean[0].squareRoot()
print("diabetes: bound \(short(linear.bound)), noise deviation \(short(noise))")
for (k, name) in (["intercept"] + names).enumerated() {
  let (found, deviation) = (line.coefficients.mean[k], line.coefficients.deviations[0][k])
  print("  \(name): \(short(found)) ± \(short(deviation)), least squares \(short(squares[k]))")
  check(abs(found - squares[k]) < 0.05 * deviation, "\(name) is not the coefficient of least squares")
}
check(abs(noise - 54.15) < 0.2, "the noise is not the published one")

// MARK: Which inputs matter

var random = RandomSource(seed: 1)
let chance = (1...10).map { k in
  standardised(Column(name: "r\(k)", values: progression.map { _ in random.normal() }))
}
let all = inputs + chance
let table = try DataTable(columns: all + [output])
let flat = Array(leastSquares(all.map { column in progression.indices.map { column[$0] } }, progression).dropFirst())
let bind = ["y": ["progression"], "x": all.map(\.name)]
// Precisions of inputs that do not matter grow without limit, and so slowly in the end.
var patient = FitSettings()
patient.tolerance = 1e-9
patient.maximumPasses = 5000
let relevanceFit = try Fit(RelevanceRegression(), to: table, bind: bind, settings: patient)
let relevance = relevanceFit.posterior(of: RelevanceRegression.self)
let horseshoeModel = HorseshoeRegression()
let horseshoe = try Fit(horseshoeModel, to: table, bind: bind, settings: patient)
  .posterior(of: HorseshoeRegression.self)
print("real and random inputs: least squares, relevance (\(relevanceFit.trace.count) passes), horseshoe")
for (k, column) in all.enumerated() {
  print(
    "  \(column.name): \(short(flat[k])), \(short(relevance.coefficients.mean[k])), \(short(horseshoe.coefficients.mean[k]))"
  )
}
for coefficients in [relevance.coefficients.mean, horseshoe.coefficients.mean] {
  let largest = coefficients.indices.sorted { abs(coefficients[$0]) > abs(coefficients[$1]) }.prefix(4)
  check(largest.allSatisfy { $0 < 10 }, "a random input is among the largest coefficients")
  let shrunk = (10..<20).count { abs(coefficients[$0]) < 0.85 * abs(flat[$0]) }
  check(shrunk == 10, "random inputs are not shrunk")
  check(coefficients[2] > 20, "the body mass index matters")
}
let gone = (10..<20).count { abs(relevance.coefficients.mean[$0]) < 0.1 }
print("  relevance takes \(gone) of the 10 random inputs out altogether")
check(gone >= 7, "random inputs stay")
try write(
  HeatTable(
    rows: all.map(\.name), columns: ["least squares", "relevance", "horseshoe"],
    values: all.indices.map { [flat[$0], relevance.coefficients.mean[$0], horseshoe.coefficients.mean[$0]] },
    scale: .standardised, title: "Diabetes: ten real inputs and ten random ones", scaleLabel: "coefficient", width: 400
  ).picture(), "relevance")

// MARK: Iris, two outputs

let iris = try DataFile.read(path: "Examples/Data/iris.csv")
let sepal = ["sepal_length", "sepal_width"]
let petal = ["petal_length", "petal_width"]
let outputs = try Fit(MultiOutputRegression(), to: iris, bind: ["x": sepal, "y": petal])
let map = outputs.posterior(of: MultiOutputRegression.self).map
print("petals from sepals: bound \(short(outputs.bound))")
for (name, row) in zip(petal, [map.mean[0..<3], map.mean[3..<6]]) {
  let squares = leastSquares(sepal.map(iris.values), iris.values(name))
  print("  \(name): \(row.map { short($0) }), least squares \(squares.map { short($0) })")
  check(zip(row, squares).allSatisfy { abs($0 - $1) < 0.02 }, "\(name) is not as by least squares")
}

// MARK: Species

let measures = sepal + petal
guard let kinds = iris["species"] else { fatalError("no species") }
let flowers = try DataTable(
  columns: measures.compactMap { name in iris[name].map { standardised($0) } } + [kinds])
var told = 0
var density = 0.0
for fold in 0..<5 {
  let bind = ["x": measures, "y": ["species"]]
  let fit = try Fit(MultinomialRegression(), to: flowers.rows { $0 % 5 != fold }, bind: bind)
  let test = try flowers.rows { $0 % 5 == fold }
  density += try Application(fit, to: test).logDensities().reduce(0, +)
  // The species are left empty, and filled in.
  let empty = Column(name: "species", values: test.values("species").map { _ in .nan }, kind: kinds.kind)
  let unknown = try DataTable(columns: test.columns.dropLast() + [empty])
  let filled = try Application(fit, to: unknown).imputed().values("species")
  told += zip(filled, test.values("species")).count { $0 == $1 }
}
print("species: \(told) of 150 told, mean log density \(short(density / 150)), by chance \(short(-_log(3)))")
check(told >= 141 && density / 150 > -0.3, "species are told worse than expected")

// MARK: A mixture of lines

let length = iris.values("sepal_length")
let width = iris.values("sepal_width")
let slope = leastSquares([length], width)[1]
let lineOutputs = ["sepal_width", "petal_length"]
let mixed = try Fit(MixtureOfRegressions(), to: iris, bind: ["x": ["sepal_length"], "y": lineOutputs])
let lines = mixed.posterior(of: MixtureOfRegressions.self)
let means = lines.line.means
print("sepal width on length: one line has slope \(short(slope)), bound of two \(short(mixed.bound))")
for k in means.indices {
  print("  weight \(short(lines.weights.mean[k])): \(short(means[k][0])) + \(short(means[k][1])) · length")
}
guard let found = try Application(mixed, to: iris).responsibilities() else { fatalError("no labels") }
let isFirst = (0..<150).map { found.values[$0 * found.count] > 0.5 }
let species = iris.values("species")
let agreeing = (0..<150).count { (species[$0] == 0) == isFirst[$0] }
let accuracy = Double(max(agreeing, 150 - agreeing)) / 150
print("  setosa against the rest: \(short(100 * accuracy, 1)) % agree")
let setosa = means[agreeing > 75 ? 0 : 1]
check(slope < 0 && means.allSatisfy { $0[1] > 0 }, "the slopes are not those of Simpson's paradox")
check(accuracy > 0.98, "the lines do not part setosa from the rest")
check(abs(setosa[0] + 0.57) < 0.2 && abs(setosa[1] - 0.80) < 0.05, "setosa's line is not that of its rows")
try write(
  ScatterPlot(
    x: length, y: width, assignments: isFirst.map { $0 ? 0 : 1 }, title: "Iris: the two lines that rows belong to",
    xLabel: "sepal length, cm", yLabel: "sepal width, cm"
  ).picture(), "lines")
