// Car drivers killed or seriously injured in the United Kingdom, month by month from 1969 to 1984 (Harvey & Durbin 1986),
// as a level that walks at random, seen through noise.
//
// Expected: the deviations of the steps and of the noise of the logarithm are near 0.109 and 0.047, the maximum-likelihood
// estimates of Commandeur & Koopman, An Introduction to State Space Time Series Analysis (2007), section 2.2; the level falls
// by about a sixth when seat belts become compulsory in February 1983.

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
