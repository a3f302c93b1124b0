import Suffice

extension ModelChecker {
  /// Passes of a fit, and after it.
  private var startPasses: Int { 40 }
  /// How far expectations are moved towards those of one draw.
  private var push: Double { 0.02 }
  /// Nats that a small push may gain: a fit that has not converged goes on all the same.
  private var leastEscape: Double { 1 }

  /// What a fit ends at is no saddle: a small push in any direction leads back, or next to nowhere.
  mutating func checkStarts() throws {
    var settings = FitSettings()
    settings.seed = seed
    settings.restarts = 4
    settings.restartSweeps = 20
    settings.maximumPasses = startPasses
    settings.weights = weights
    var session = try FitSession(graph, to: table, bind: bind, settings: settings, backend: backend)
    try session.run()
    let engine = session.engine
    let end = engine.memory
    func climb() -> Double {
      for _ in 0..<startPasses {
        engine.sweep(all)
        engine.updateAll()
      }
      return engine.bound()
    }
    let plain = climb()
    for draw in 0..<2 {
      var random = RandomSource(seed: seed).stream(UInt64(20 + draw))
      engine.memory = end
      for variable in engine.plan.globals {
        let natural = end[variable.natural]
        let size = natural.count / max(variable.members, 1)
        for first in stride(from: 0, to: natural.count, by: max(size, 1)) {
          let value = variable.family.type.sample(Array(natural[first..<first + size]), variable.shape, using: &random)
          for (i, statistic) in variable.family.type.statistics(of: value, variable.shape).enumerated()
          where statistic.isFinite {
            engine.memory[variable.mean][first + i] += push * (statistic - end[variable.mean][first + i])
          }
        }
      }
      let bound = climb()
      if bound > plain + leastEscape + 1e-3 * abs(plain) {
        fail(.saddle, "the fit ends at \(plain); after a small push the bound rises to \(bound)")
      }
    }
  }
}
