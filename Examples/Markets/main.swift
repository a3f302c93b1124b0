// Daily returns of four European stock markets from the middle of 1991 to August 1998, as calm and turbulent days of a
// Gaussian hidden Markov model.
//
// Expected: the two states differ in how much prices move, not in where they go: deviations of all four markets are more
// than half as large again in the turbulent one, and both last for days. Turbulent days are most of those from the summer
// of 1997, when the Asian crisis began, to the following winter, and few of those of 1996.

import ExampleSupport
import Foundation
import Models
import Plots
import Suffice

let prices = try DataFile.read(path: "Examples/Data/eu_stock_markets.csv")
let names = prices.columnNames
let returns = names.map { name in
  let levels = prices.values(name).map { log($0) }
  return zip(levels, levels.dropFirst()).map { 100 * ($1 - $0) }
}
let table = try DataTable(columns: zip(names, returns).map { Column(name: $0, values: $1) })
// The file has no dates: 1,860 business days, about 260 a year.
let times = (0..<table.rowCount).map { 1991.496 + Double($0) / 260 }

var model = HiddenMarkovModel()
model.states = 2
let fit = try Fit(model, to: table, bind: ["x": names])
let posterior = fit.posterior(of: HiddenMarkovModel.self)
guard let states = try Application(fit, to: table).responsibilities() else { fatalError("no states") }
let deviations = posterior.cluster.deviations
let turbulent = deviations[0][0] > deviations[1][0] ? 0 : 1
let probability = times.indices.map { states.values[2 * $0 + turbulent] }
print("bound \(short(fit.bound)); \(short(100 * average(probability), 0)) % of the days are turbulent")
for (j, name) in names.enumerated() {
  print("  \(name): deviation \(short(deviations[1 - turbulent][j])) %, turbulent \(short(deviations[turbulent][j])) %")
  check(deviations[turbulent][j] > 1.5 * deviations[1 - turbulent][j], "\(name) moves alike in both states")
}
let move = posterior.move.means
let lengths = [0, 1].map { 1 / (1 - move[$0][$0]) }
print("  a calm spell lasts \(short(lengths[1 - turbulent], 1)) days, a turbulent one \(short(lengths[turbulent], 1))")
check(lengths.allSatisfy { $0 > 4 }, "the states do not last")

func share(_ years: Range<Double>) -> Double {
  average(times.indices.filter { years.contains(times[$0]) }.map { probability[$0] })
}
let (crisis, calm) = (share(1997.5..<1998), share(1996..<1997))
print("  turbulent days: \(short(100 * calm, 0)) % of 1996, \(short(100 * crisis, 0)) % of the second half of 1997")
check(crisis > 0.7 && calm < 0.2, "the turbulent days are not those of the Asian crisis")
try write(
  SeriesPlot(
    times: times, lines: [SeriesLine(label: "DAX", values: returns[0])],
    probabilities: [SeriesLine(label: "turbulent", values: probability)], shades: [1997.5...1998],
    shadeLabel: "Asian crisis", title: "Daily returns of the DAX, and turbulent days of four markets", xLabel: "year",
    yLabel: "%"
  ).picture(), "markets")
