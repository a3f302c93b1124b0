// Yearly sunspot numbers from 1700 to 2008 as autoregressions of two lags between which a hidden state switches.
//
// Expected: a cycle rises faster than it falls, which no single autoregression can do. Two states explain more than one,
// and than three; the one with the higher level is the more frequent in years of rise, and the cycles that both imply are
// near the eleven years of Schwabe (1844). The weak cycles of the Dalton minimum, 1798–1822, have no burst.

import ExampleSupport
import Foundation
import Models
import Plots
import Suffice

let table = try DataFile.read(path: "Examples/Data/sunspots_yearly.csv")
let spots = table.values("sunspots")
func fit(_ states: Int) throws -> Fit {
  var model = AutoregressiveHiddenMarkovModel()
  model.states = states
  model.order = 2
  var settings = FitSettings()
  settings.restarts = 8
  return try Fit(model, to: table, bind: ["x": ["sunspots"]], settings: settings)
}
let fits = try [1, 2, 3].map(fit)
print("bound of one state \(short(fits[0].bound)), of two \(short(fits[1].bound)), of three \(short(fits[2].bound))")
check(fits[1].bound > max(fits[0].bound, fits[2].bound) + 1, "two states are not what the numbers ask for")

let lines = fits[1].posterior(of: AutoregressiveHiddenMarkovModel.self).line.means
guard let states = try Application(fits[1], to: table).responsibilities() else { fatalError("no states") }
let burst = lines[0][0] > lines[1][0] ? 0 : 1
// The first two years are known only as the past of others.
let years = (2..<spots.count)
let probability = years.map { states.values[2 * ($0 - 2) + burst] }
func share(_ isPicked: (Int) -> Bool) -> Double { average(years.filter(isPicked).map { probability[$0 - 2] }) }
let (rise, fall) = (share { spots[$0] > spots[$0 - 1] }, share { spots[$0] <= spots[$0 - 1] })
for k in 0..<2 {
  // The roots of z² = a z + b are complex, and their angle is a step of the cycle.
  let (a, b) = (lines[k][1], lines[k][2])
  let period = 2 * Double.pi / acos(a / (2 * (-b).squareRoot()))
  print(
    "  state \(k == burst ? "of bursts" : "otherwise"): level \(short(lines[k][0])), a cycle of \(short(period, 1)) years"
  )
  check(period > 8 && period < 14, "these are not Schwabe's cycles")
}
print("  bursts: \(short(100 * rise, 0)) % of the years of rise, \(short(100 * fall, 0)) % of those of fall")
check(rise > fall + 0.15, "the states do not tell rise from fall")
let dalton = (1798...1822).map { probability[$0 - 1702] }.max() ?? 1
print("  the most probable burst of the Dalton minimum: \(short(100 * dalton, 0)) %")
check(dalton < 0.5, "the Dalton minimum has a burst")
try write(
  SeriesPlot(
    times: years.map { 1700 + Double($0) }, lines: [SeriesLine(label: "sunspots", values: years.map { spots[$0] })],
    probabilities: [SeriesLine(label: "burst", values: probability)], title: "Sunspots, and the years of bursts",
    xLabel: "year", yLabel: "number"
  ).picture(), "sunspots")
