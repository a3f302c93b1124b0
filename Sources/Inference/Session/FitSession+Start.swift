import ExponentialFamilies
import PlanIR

extension FitSession {
  /// Brings the engine to its starting point; the bounds of the starts that were compared.
  func begin(_ report: (FitProgress) -> Bool) throws(FitError) -> [Double] {
    switch settings.start {
    case .labels(let labels):
      guard let label = engine.plan.locals.first(where: { $0.members == 1 && $0.family == Family(Categorical.self) }),
        labels.count == engine.rowCount
      else {
        throw .setting(SettingError("\(labels.count) starting labels for \(engine.rowCount) rows."))
      }
      let count = label.shape.dimension
      guard labels.allSatisfy({ $0 >= 0 && $0 < count }) else {
        throw .setting(SettingError("the starting labels must lie between 0 and \(count - 1)."))
      }
      var given = [Double](repeating: 0, count: labels.count * count)
      for (row, value) in labels.enumerated() { given[row * count + value] = 1 }
      engine.sweep(.range(0..<engine.rowCount), given: [label.mean: given])
      // A given order begins with what it names first; otherwise a pass begins with the rows, which needs parameters.
      if settings.order == nil { engine.updateAll() }
      return []
    case .expectations(let starts):
      for (name, values) in starts {
        guard let variable = engine.plan.globals.first(where: { $0.name == name }),
          values.count == engine.memory[variable.mean].count
        else {
          throw .setting(SettingError("starting expectations of \"\(name)\" do not fit the model."))
        }
        engine.memory[variable.mean] = values
      }
      return []
    case .naturals(let naturals):
      guard naturals.map(\.count) == engine.plan.globals.map({ engine.memory[$0.natural].count }) else {
        throw .setting(SettingError("the starting parameters do not fit the model."))
      }
      engine.set(naturals)
      return []
    case .seeded:
      if choice.schedule.judge == .heldOut && engine.groups != nil {
        var stream = random.stream(100)
        Seeding(engine: engine).seedFromGroups(without: aside, random: &stream)
        return []
      }
      return try seededStart(report)
    }
  }

  /// A start that is being compared.
  private struct Candidate {
    let index: Int
    var memory: ParameterMemory
    var bound: Double
    var sweeps = 0
  }

  /// The first starts are compared on a quarter, at least, of the rows on which the last ones are.
  private static let leastStep = 2

  /// Successive halving (Karnin, Koren & Somekh 2013): all starts on few rows, the better half on twice as many.
  ///
  /// A start is compared as soon as what its sweeps promise is less than what the rows can tell.
  private func seededStart(_ report: (FitProgress) -> Bool) throws(FitError) -> [Double] {
    // Without row variables and labels of groups there is one optimum, and the prior is a start.
    guard engine.hasRowVariables || engine.plan.globals.contains(where: \.isLabelOfGroups) else { return [] }
    let isRandom =
      engine.plan.locals.isEmpty || engine.plan.locals.contains { $0.shape.dimension > 1 || $0.members > 1 }
    let count = isRandom ? settings.restarts : 1
    try raising(FitError.backend) { () throws(BackendError) in
      try Memory.require(
        Memory.bytes(count, engine.memory.values.reduce(0) { $0 + $1.count }), for: "the parameters of \(count) starts")
    }
    let draws = RowOrder(total: engine.rowCount, random: random.stream(2))
    let isSampled =
      engine.rowCount >= 2 * settings.restartRows && engine.model.graph.order == nil && engine.isContracted
      && engine.hasEvenRows
    // Rounds of halving, each on a sample of its own.
    let rounds = Int.bitWidth - max(count - 1, 0).leadingZeroBitCount
    var last = 0
    while isSampled && draws.sampleCount(level: last) > settings.restartRows { last += 1 }
    func sample(_ round: Int) -> RowSelection {
      guard isSampled else { return .range(0..<engine.rowCount) }
      let level = min(last + min(rounds - 1 - round, Self.leastStep), draws.levels)
      return draws.sample(level: level)
    }
    let first = sample(min(0, rounds - 1))
    let random = (0..<count).map { self.random.stream(UInt64(100 + $0)) }
    let starts = Seeding(engine: engine).starts(from: first, random: random) { done in
      report(
        FitProgress(
          phase: .restart(index: min(done, count - 1), count: count),
          entry: TraceEntry(pass: 0, rows: first.count, bound: .nan, seconds: seconds),
          maximumPasses: settings.restartSweeps, change: .infinity))
    }
    guard let starts else { throw .cancelled }
    if count == 1 {
      engine.memory = starts[0]
      return []
    }
    var candidates = starts.enumerated().map { Candidate(index: $0, memory: $1, bound: -.infinity) }
    var bounds = [Double](repeating: -.infinity, count: count)
    let parameters = engine.plan.globals.reduce(0) { $0 + engine.memory[$1.natural].count }
    for round in 0..<rounds {
      let rows = sample(round)
      let least = max(GainForecast.statisticalError(parameters: parameters, rows: rows.count), 1e-4)
      for i in candidates.indices {
        engine.memory = candidates[i].memory
        var forecast = GainForecast()
        for pass in 0..<settings.restartSweeps {
          if pass > 0 && settings.changesBases { _ = engine.changeBases() }
          engine.sweep(rows)
          engine.updateAll()
          let bound = engine.bound()
          try checkNumeric(bound)
          let change = relativeChange(from: forecast.bound, to: bound)
          forecast.note(bound)
          candidates[i].sweeps += 1
          let progress = FitProgress(
            phase: .restart(index: candidates[i].index, count: count),
            entry: TraceEntry(
              pass: candidates[i].sweeps, rows: rows.count, bound: bound, seconds: seconds),
            maximumPasses: settings.restartSweeps, change: change.isNaN ? .infinity : change)
          guard report(progress) else { throw .cancelled }
          if forecast.promise < least * Double(engine.rowCount) { break }
        }
        candidates[i].memory = engine.memory
        candidates[i].bound = forecast.bound
        bounds[candidates[i].index] = forecast.bound
      }
      // Ties go to the earlier start, so that the outcome depends on the seed alone.
      candidates.sort { ($0.bound, $1.index) > ($1.bound, $0.index) }
      candidates.removeLast(candidates.count / 2)
    }
    engine.memory = candidates[0].memory
    return bounds
  }
}

extension Plan.GlobalVariable {
  /// Whether it chooses members for groups of rows: from equal starts its values would stay equal.
  fileprivate var isLabelOfGroups: Bool { family == Family(Categorical.self) && members > 1 }
}
