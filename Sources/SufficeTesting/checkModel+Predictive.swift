import Suffice

extension ModelChecker {
  /// Integrates the predictive density of the only bound column, and compares it with samples.
  mutating func checkPredictive() throws {
    let facts = engine.model.facts
    let names = facts.observed.flatMap(\.columns)
    guard graph.order == nil, names.count == 1, let column = table[names[0]],
      let position = facts.observed.firstIndex(where: { !$0.columns.isEmpty }),
      engine.plan.locals.allSatisfy({ $0.family == Family(Categorical.self) }),
      engine.plan.locals.count <= 1 || engine.plan.joints.first?.labels.count == engine.plan.locals.count
    else { return }
    try run(engine, from: start, passes: passes)
    let fit = Fit(
      model: engine.model, naturals: engine.plan.globals.map { engine.memory[$0.natural] }, bound: engine.bound(),
      trace: [], restartBounds: [], converged: false, settings: [:])
    let domain = graph.variables[graph.observed[position]].family.type.domain
    let known = facts.observed[position]
    guard
      let grid = PredictiveGrid(
        domain, largest: (0..<column.count).map { column[$0] }.max() ?? 0, levels: known.levels[0],
        mean: known.mean.first ?? 0, variance: known.variance.first ?? 1)
    else { return }
    let points = try DataTable(columns: [Column(name: column.name, values: grid.values, kind: grid.kind)])
    let logs = try Application(fit, to: points, backend: backend).logDensities()
    var (total, mean, square) = (0.0, 0.0, 0.0)
    for (log, weight) in zip(logs, grid.weights) where log > -700 {
      let mass = weight * _exp(log)
      total += mass
      mean += mass * log
      square += mass * log * log
    }
    // The trapezoidal rule in a variable whose sinh is x leaves far less than this where a component's deviation is not
    // below a thirtieth of the data's, and tails beyond 1e10 deviations; a sum leaves its tail.
    let tolerance = Tolerance.absolute(1e-6, because: "quadrature of step 0.01 and cut tails")
    if !tolerance.allows(total, 1) {
      fail(.normalization, "the predictive density integrates to \(total) (\(tolerance))")
    }
    guard try PredictiveDensity(engine).isExact else { return }
    let drawn = try Application(fit, to: fit.sample(samples, seed: seed), backend: backend).logDensities()
    let found = drawn.reduce(0, +) / Double(samples)
    let deviation = max(square - mean * mean, 0).squareRoot()
    // Chance exceeds this bound, wider than a normal one, once in 10⁸ seeds at most.
    let chance = Tolerance.statistical(samples: samples, failureProbability: 1e-8, because: "chance")
    if !chance.allows(found, mean, deviation: deviation + 1e-9) {
      fail(.sample, "\(samples) rows have a mean log density of \(found), but \(mean) is expected (\(chance))")
    }
  }
}
