// Car drivers killed or seriously injured in the United Kingdom, month by month from 1969 to 1984 (Harvey & Durbin 1986),
// as a level that walks at random, seen through noise.
//
// Expected: the deviations of the steps and of the noise of the logarithm are near 0.109 and 0.047, the maximum-likelihood
// estimates of Commandeur & Koopman, An Introduction to State Space Time Series Analysis (2007), section 2.2; the level falls
// by about a sixth when seat belts become compulsory in February 1983. Belts became compulsory on front seats alone: of two
// regressions of casualties in front on those in the rear, one ends and the other begins with the law.

import ExampleSupport
import Foundation
import Models
import Plots
import Suffice

let file = try DataFile.read(path: "Examples/Data/uk_seatbelts_monthly.csv")
guard let drivers = file["drivers"] else { fatalError("no column of drivers") }
let months = (0..<drivers.count).map { 1969 + Double($0) / 12 }
let logs = (0..<drivers.count).map { log(drivers[$0]) }
let table = try DataTable(["x": logs])
var settings = FitSettings()
settings.maximumPasses = 3000
settings.tolerance = 1e-9
var model = RandomWalkLevel()
model.shape = 0.01
let fit = try Fit(model, to: table, settings: settings)
let posterior = fit.posterior(of: RandomWalkLevel.self)
let step = 1 / posterior.steadiness.mean[0].squareRoot()
let noise = 1 / posterior.precision.mean[0].squareRoot()
let smoothed = try Application(fit, to: table).engine
guard let local = smoothed.plan.locals.first else { fatalError("no level") }
let statistics = smoothed.expectations(of: local, over: .range(0..<logs.count))
let level = logs.indices.map { statistics[2 * $0] }
let deviation = logs.indices.map { (statistics[2 * $0 + 1] - level[$0] * level[$0]).squareRoot() }
print("bound \(short(fit.bound)) after \(fit.trace.count) passes; step \(short(step, 4)), noise \(short(noise, 4))")
let before = level[144..<168].reduce(0, +) / 24
let after = level[170...].reduce(0, +) / Double(level.count - 170)
print("the level falls by \(short(100 * (1 - exp(after - before)), 1)) % with the law")
try write(
  SeriesPlot(
    times: months,
    lines: [
      SeriesLine(label: "month", values: logs, isJoined: false),
      SeriesLine(label: "level ± 2 sd", values: level, halfWidths: deviation.map { 2 * $0 }),
    ], shades: [1983 + 1.0 / 12...1985], shadeLabel: "belts compulsory", title: "Drivers killed or seriously injured",
    xLabel: "year", yLabel: "log of a month's number"
  ).picture(), "road-deaths")
check(abs(step - 0.109) < 0.01 && abs(noise - 0.047) < 0.005, "these are not the published deviations")

// MARK: When the law came

let seats = try DataTable(["front": file.values("front").map { log($0) }, "rear": file.values("rear").map { log($0) }])
let switching = try Fit(SwitchingRegression(), to: seats, bind: ["y": ["front"], "inputs": ["rear"]])
let line = switching.posterior(of: SwitchingRegression.self).line.means
guard let states = try Application(switching, to: seats).responsibilities() else { fatalError("no states") }
let last = states.values[2 * seats.rowCount - 1] > 0.5 ? 1 : 0
let isLate = (0..<seats.rowCount).map { states.values[2 * $0 + last] }
let change = isLate.firstIndex { $0 > 0.5 } ?? 0
print(
  "front seats on rear seats: bound \(short(switching.bound)); the second regression begins with month \(change % 12 + 1) of \(1969 + change / 12)"
)
let typical = average(seats.values("rear"))
func front(_ k: Int) -> Double { line[k][0] + line[k][1] * typical }
print("  with as many in the rear, \(short(100 * (1 - exp(front(last) - front(1 - last))), 1)) % fewer in front")
try write(
  SeriesPlot(
    times: months,
    lines: [
      SeriesLine(label: "front", values: seats.values("front")),
      SeriesLine(label: "rear", values: seats.values("rear")),
    ], probabilities: [SeriesLine(label: "second regression", values: isLate)],
    shades: [1983 + 1.0 / 12...1985], shadeLabel: "belts compulsory",
    title: "Killed or injured in front and rear seats",
    xLabel: "year", yLabel: "log of a month's number"
  ).picture(), "belts")
check(
  abs(change - 169) <= 1 && isLate[..<change].allSatisfy { $0 < 0.5 } && isLate[change...].allSatisfy { $0 > 0.5 },
  "the regressions do not change with the law")
