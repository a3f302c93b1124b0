// Growth of the real gross national product of the United States, quarter by quarter from 1951 to 1984, as two regimes
// that switch (Hamilton 1989).
//
// Expected: the smoothed probability of the slow regime exceeds one half in most quarters of the recessions that the
// National Bureau of Economic Research dates, and in few others.

import ExampleSupport
import Models
import Plots
import Suffice

let table = try DataFile.read(path: "Examples/Data/us_gnp_growth_hamilton.csv")
let growth = (0..<table.rowCount).map { table.columns[1][$0] }

/// Recessions as the bureau dates them: quarters after a peak up to a trough.
let recessions = [
  (1953.5, 1954.25), (1957.75, 1958.25), (1960.5, 1961), (1970, 1970.75), (1974, 1975), (1980.25, 1980.5),
  (1981.75, 1982.75),
]

for (order, slope) in [(4, 100.0), (4, 300), (4, 1000), (2, 100), (3, 100), (1, 1000)] {
  var model = AutoregressiveHiddenMarkovModel()
  model.states = 2
  model.order = order
  model.slopePrecision = slope
  var settings = FitSettings()
  settings.restarts = 20
  let fit = try Fit(model, to: table, bind: ["x": ["rgnp_growth"]], settings: settings)
  let posterior = fit.posterior(of: AutoregressiveHiddenMarkovModel.self)
  guard let states = try Application(fit, to: table).responsibilities() else { fatalError("no states") }
  let skipped = table.rowCount - states.values.count / 2
  let times = (skipped..<table.rowCount).map { 1951.25 + 0.25 * Double($0) }
  print("order \(order) \(slope) bound \(text(fit.bound)) after \(fit.trace.count) passes, converged \(fit.converged)")
  for k in 0..<2 {
    print(
      "  state \(k): level \(posterior.level.means[k]) slopes \(posterior.slopes.means[k]) precision \(posterior.precision.means[k]) moves \(posterior.move.means[k])"
    )
  }
  let slow = posterior.level.means[0][0] < posterior.level.means[1][0] ? 0 : 1
  let p = times.indices.map { states.values[2 * $0 + slow] }
  let inside = times.map { t in recessions.contains { $0.0 <= t && t <= $0.1 } }
  let hits = zip(p, inside).count { $0.0 > 0.5 && $0.1 }
  let alarms = zip(p, inside).count { $0.0 > 0.5 && !$0.1 }
  print(times.indices.filter { p[$0] > 0.5 && !inside[$0] }.map { times[$0] })
  print("hits \(hits) of \(inside.count { $0 }), false alarms \(alarms)")
}
