// Disasters in British coal mines, counts a year from 1851 to 1962 (Jarrett 1979). Poisson hidden Markov models of one to
// three rates.
//
// Expected: the bound, which approximates the evidence, is highest with two rates: about three disasters a year until the end
// of the 1880s, then about one; published change points lie between 1887 and 1895 (Carlin, Gelfand & Smith 1992 put the mode
// at 1891).

import ExampleSupport
import Models
import Plots
import Suffice

let table = try DataFile.read(path: "Examples/Data/coal_disasters_yearly.csv")
let years = (0..<table.rowCount).map { table.columns[0][$0] }
let counts = (0..<table.rowCount).map { table.columns[1][$0] }

let fits = try (1...3).map { states in
  var model = PoissonHiddenMarkovModel()
  model.states = states
  return try Fit(model, to: table, bind: ["x": ["disasters"]])
}
for (index, fit) in fits.enumerated() { print("\(index + 1) rates: bound \(short(fit.bound))") }
check(fits[1].bound > fits[0].bound && fits[1].bound > fits[2].bound, "another number of rates has the highest bound")
let fit = fits[1]
let rates = fit.posterior(of: PoissonHiddenMarkovModel.self).rate.means.map { $0[0] }
guard let states = try Application(fit, to: table).responsibilities() else { fatalError("no states") }
let smoothed = years.indices.map { year in
  rates.indices.reduce(0) { $0 + states.values[year * rates.count + $1] * rates[$1] }
}
let before = zip(years, smoothed).filter { $0.0 < 1885 }.map(\.1)
let after = zip(years, smoothed).filter { $0.0 >= 1900 && $0.0 < 1930 }.map(\.1)
let drop = years.indices.dropFirst().max { smoothed[$0 - 1] - smoothed[$0] < smoothed[$1 - 1] - smoothed[$1] } ?? 0
func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
print("rates \(rates.map { short($0) })")
print(
  "\(short(mean(before))) disasters a year before 1885, \(short(mean(after))) from 1900 to 1929; the rate falls most in \(Int(years[drop]))"
)
try write(
  SeriesPlot(
    times: years,
    lines: [
      SeriesLine(label: "disasters", values: counts, isJoined: false), SeriesLine(label: "rate", values: smoothed),
    ], title: "Disasters in British coal mines", xLabel: "year", yLabel: "disasters a year"
  ).picture(), "coal-mining")
check(years[drop] >= 1886 && years[drop] <= 1896, "the rate changes in another year")
check(abs(mean(before) - 3.1) < 0.4 && abs(mean(after) - 0.9) < 0.3, "these are not the published rates")
