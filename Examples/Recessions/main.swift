// Growth of the real gross national product of the United States, quarter by quarter from 1951 to 1984, as two regimes
// that switch (Hamilton 1989).
//
// Expected: the smoothed probability of the slow regime exceeds one half in most quarters of the recessions that the
// National Bureau of Economic Research dates, and elsewhere only next to them: Hamilton's own dates, too, begin one or two
// quarters before the bureau's.

import ExampleSupport
import Models
import Plots
import Suffice

let table = try DataFile.read(path: "Examples/Data/us_gnp_growth_hamilton.csv")

/// The quarters after a peak up to the trough, as the bureau dates them.
let recessions: [ClosedRange<Double>] = [
  1953.5...1954.25, 1957.75...1958.25, 1960.5...1961, 1970...1970.75, 1974...1975, 1980.25...1980.5, 1981.75...1982.75,
]
/// The quarters that Hamilton's model gives to the slow regime.
let hamilton: [ClosedRange<Double>] = [
  1953.5...1954.25, 1957...1958, 1960.25...1960.75, 1969.5...1970.75, 1974...1975, 1979.25...1980.5, 1981.25...1982.75,
]

var model = AutoregressiveHiddenMarkovModel()
model.order = 4
model.slopePrecision = 100
var settings = FitSettings()
settings.restarts = 20
let fit = try Fit(model, to: table, bind: ["x": ["rgnp_growth"]], settings: settings)
let posterior = fit.posterior(of: AutoregressiveHiddenMarkovModel.self)
guard let states = try Application(fit, to: table).responsibilities() else { fatalError("no states") }
let levels = posterior.line.means.map { $0[0] }
let slow = levels[0] < levels[1] ? 0 : 1
// The first four quarters are known only as the past of others.
let times = (4..<table.rowCount).map { 1951.25 + 0.25 * Double($0) }
let probability = times.indices.map { states.values[2 * $0 + slow] }
print("bound \(short(fit.bound)); quarterly growth about \(short(levels[slow])) % or \(short(levels[1 - slow])) %")

let found = times.indices.filter { probability[$0] > 0.5 }.map { times[$0] }
let dated = times.filter { time in recessions.contains { $0.contains(time) } }
let hits = found.filter(dated.contains).count
let alarms = found.filter { time in !recessions.contains { $0.contains(time) } }
let alone = alarms.filter { time in !hamilton.contains { $0.contains(time) } }
print(
  "\(hits) of \(dated.count) quarters of recession found; \(alarms.count) others, \(alone.count) of which Hamilton has not"
)
try write(
  SeriesPlot(
    times: times,
    lines: [SeriesLine(label: "growth", values: (4..<table.rowCount).map { table.columns[1][$0] })],
    probabilities: [SeriesLine(label: "slow regime", values: probability)],
    shades: recessions.map { $0.lowerBound - 0.125...$0.upperBound + 0.125 }, shadeLabel: "recession (NBER)",
    title: "Growth of real GNP in two regimes", xLabel: "year", yLabel: "% a quarter"
  ).picture(), "recessions")
check(hits >= 20 && alarms.count <= 10 && alone.count <= 2, "these are not the recessions")
