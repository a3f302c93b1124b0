// Twelve quarterly macroeconomic series of the United States from 1959 to 2009, as a few hidden numbers that evolve
// linearly.
//
// Expected: fewer hidden numbers than offered carry loadings; the strongest one follows the business cycle: it is low in
// the recessions of 1974–75, 1980–82 and 2008–09.

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

var model = LinearDynamicalSystem()
model.dimension = 5
var settings = FitSettings()
settings.maximumPasses = 2000
settings.restarts = 5
let fit = try Fit(model, to: table, settings: settings)
let posterior = fit.posterior(of: LinearDynamicalSystem.self)
print("bound \(text(fit.bound)) after \(fit.trace.count) passes, converged \(fit.converged)")
print("relevance \(posterior.relevance.mean.map { text($0) }) dynamics \(posterior.dynamicsRelevance.mean.map { text($0) })")
for (column, loading) in zip(table.columns, posterior.loadings.means) {
  print("  \(column.name): \(loading.map { text($0) }.joined(separator: "  "))")
}
for row in posterior.dynamics.means { print("  dynamics \(row.map { text($0) }.joined(separator: "  "))") }
