// Nine quarterly macroeconomic series of the United States from 1959 to 2009, as a few hidden numbers that evolve linearly.
//
// Expected: the bound prefers several hidden numbers to one; what they say of production and of unemployment follows the
// business cycle: production shrinks and unemployment grows in the recessions that the National Bureau of Economic Research
// dates.

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
