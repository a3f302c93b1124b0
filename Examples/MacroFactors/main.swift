// Nine quarterly macroeconomic series of the United States from 1959 to 2009, as a few hidden numbers that evolve linearly.
//
// Expected: the bound prefers several hidden numbers to one; what they say of production and of unemployment follows the
// business cycle: production shrinks and unemployment grows in the recessions that the National Bureau of Economic Research
// dates. The bound prefers two rules by which the numbers evolve to one: the second holds when the Federal Reserve let interest
// rates move, until late in 1982 (Hamilton, "Rational-expectations econometric analysis of changes in regime", Journal of
// Economic Dynamics and Control 12, 1988), and hardly ever besides but in the crisis of 2008.

import ExampleSupport
import Foundation
import Models
import Plots
import Suffice

let file = try DataFile.read(path: "Examples/Data/us_macro_quarterly.csv")

/// Growth in per cent of the series that grow, differences of rates; about the mean, in units of the deviation.
func standardised(_ name: String, growing: Bool) -> Column {
  guard let column = file[name] else { fatalError("no column \(name)") }
  let changes = (1..<column.count).map { growing ? log(column[$0] / column[$0 - 1]) : column[$0] - column[$0 - 1] }
  let mean = changes.reduce(0, +) / Double(changes.count)
  let variance = changes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(changes.count)
  return Column(name: name, values: changes.map { ($0 - mean) / variance.squareRoot() })
}

let columns =
  ["realgdp", "realcons", "realinv", "realgovt", "realdpi", "cpi", "m1"].map { standardised($0, growing: true) }
  + ["tbilrate", "unemp"].map { standardised($0, growing: false) }
let table = try DataTable(columns: columns)
let times = (1...table.rowCount).map { 1959 + 0.25 * Double($0) }

let recessions: [ClosedRange<Double>] = [
  1960.5...1961, 1970...1970.75, 1974...1975, 1980.25...1980.5, 1981.75...1982.75, 1990.75...1991, 2001.25...2001.75,
  2008...2009.25,
]
var settings = FitSettings()
settings.maximumPasses = 1000
settings.restarts = 5
settings.tolerance = 1e-7
var fits: [Fit] = []
for dimension in 1...4 {
  var model = LinearDynamicalSystem()
  model.dimension = dimension
  fits.append(try Fit(model, to: table, settings: settings))
  print(
    "\(dimension) hidden: bound \(short(fits[dimension - 1].bound, 1)) after \(fits[dimension - 1].trace.count) passes")
}
guard let best = fits.max(by: { $0.bound < $1.bound }) else { fatalError("no fit") }

/// What the hidden numbers say of a column, row by row.
let engine = try Application(best, to: table).engine
let hidden = engine.expectations(of: engine.plan.locals[0], over: .range(0..<table.rowCount))
let loadings = best.posterior(of: LinearDynamicalSystem.self).loadings.means
func smoothed(_ name: String) -> [Double] {
  guard let j = columns.firstIndex(where: { $0.name == name }) else { fatalError("no column \(name)") }
  let width = hidden.count / table.rowCount
  return times.indices.map { t in loadings[j].indices.reduce(0) { $0 + loadings[j][$1] * hidden[t * width + $1] } }
}
func mean(_ x: [Double], inRecessions: Bool) -> Double {
  let chosen = times.indices.filter { t in recessions.contains { $0.contains(times[t]) } == inRecessions }
  return chosen.reduce(0) { $0 + x[$1] } / Double(chosen.count)
}
let (production, unemployment) = (smoothed("realgdp"), smoothed("unemp"))
for (name, values) in [("production", production), ("unemployment", unemployment)] {
  print(
    "\(name): \(short(mean(values, inRecessions: true))) deviations in recessions, \(short(mean(values, inRecessions: false))) elsewhere"
  )
}
try write(
  SeriesPlot(
    times: times,
    lines: [
      SeriesLine(label: "growth of GDP", values: times.indices.map { columns[0][$0] }, isJoined: false),
      SeriesLine(label: "smoothed", values: production), SeriesLine(label: "unemployment", values: unemployment),
    ], shades: recessions.map { $0.lowerBound - 0.125...$0.upperBound + 0.125 }, shadeLabel: "recession (NBER)",
    title: "The business cycle by a linear dynamical system", xLabel: "year", yLabel: "deviations"
  ).picture(), "macro-factors")
check(best.bound > fits[0].bound + 20, "one hidden number is enough")
check(
  mean(production, inRecessions: true) < -0.7 && mean(unemployment, inRecessions: true) > 0.7,
  "there is no business cycle")

// Two rules for the hidden numbers, one of which a Markov state of each quarter chooses.
settings.restarts = 16
var rules = SwitchingLinearDynamicalSystem()
rules.dimension = 3
let two = try Fit(rules, to: table, settings: settings)
var single: [Fit] = []
for dimension in 2...3 {
  var model = SwitchingLinearDynamicalSystem()
  (model.states, model.dimension) = (1, dimension)
  single.append(try Fit(model, to: table, settings: settings))
}
guard let states = try Application(two, to: table).responsibilities()?.values else { fatalError("no states") }
let shares = (0..<2).map { k in times.indices.reduce(0) { $0 + states[2 * $1 + k] } }
let rare = shares[0] < shares[1] ? 0 : 1
let probability = times.indices.map { states[2 * $0 + rare] }
let found = times.indices.filter { probability[$0] > 0.5 }.map { times[$0] }
let (experiment, crisis) = (1980.25...1982.75, 2008.5...2009.5)
let inside = found.filter(experiment.contains).count
let others = found.filter { !experiment.contains($0) && !crisis.contains($0) }.count
print(
  "two rules: bound \(short(two.bound, 1)), one: \(single.map { short($0.bound, 1) }.joined(separator: " and "))"
)
print(
  "the second holds in \(inside) of 11 quarters from 1980 to 1982, and in \(others) outside of them and of the crisis")
try write(
  SeriesPlot(
    times: times, lines: [SeriesLine(label: "bill rate", values: times.indices.map { columns[7][$0] })],
    probabilities: [SeriesLine(label: "second rule", values: probability)],
    title: "Changes of the treasury bill rate, and the rule of nine series", xLabel: "year", yLabel: "deviations"
  ).picture(), "macro-rules")
check(single.allSatisfy { two.bound > $0.bound + 3 }, "one rule is enough")
check(inside >= 9 && others <= inside, "this is not the time of moving rates")
