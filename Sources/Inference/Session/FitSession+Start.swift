import ExponentialFamilies
import PlanIR

extension FitSession {
  /// Brings the engine to its starting point; the bounds of the starts that were compared.
  func begin(_ report: (FitProgress) -> Bool) throws(FitError) -> [Double] {
    switch settings.start {
    case .labels(let labels):
      try begin([(givenLabel(), .values(labels))])
      return []
    case .responsibilities(let probabilities):
      try begin([(givenLabel(), .probabilities(probabilities))])
      return []
    case .given(let starts):
      var given: [(label: Plan.LocalVariable, given: FitSettings.GivenLabel)] = []
      for name in starts.keys.sorted() {
        if let own = starts[name] { given.append((try givenLabel(name), own)) }
      }
      try begin(given)
      return []
    case .marginals(let marginals):
      try begin(from: marginals)
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
    var forecast = GainForecast()
    var sweeps = 0

    /// Where further sweeps would lead, as far as the last ones tell.
    var outlook: Double {
      forecast.bound + (forecast.expectedRemainingGain.isFinite ? forecast.expectedRemainingGain : 0)
    }
  }

  /// The first starts are compared on a quarter, at least, of the rows on which the last ones are.
  private static let leastStep = 2
  /// Operations, some tenths of a second's, that a round may take for its starts to be carried to their ends, in so many
  /// sweeps each.
  private static let (affordableWork, usualSweeps) = (1e9, 30)
  /// What the sweeps of a start that is carried to its end may still promise, in nats.
  private static let leastPromise = 0.01
  /// What sweeps may still promise, in nats a row, where no start is told from another by it.
  private static let leastDifference = 1e-4

  /// The starts of groups that climb to their end before they are compared: their kinds climb at different speeds.
  private var groupStartsToEnd: Int { engine.rowCount < 2 * settings.restartRows ? 4 : 2 }

  /// Starts, the best first, so that the two kinds that groups have take turns: of each the best half goes on.
  private static func takingTurns(_ sorted: [Candidate]) -> [Candidate] {
    let kinds = [1, 0].map { kind in sorted.filter { $0.index % 2 == kind } }
    return sorted.indices.flatMap { place in kinds.compactMap { place < $0.count ? $0[place] : nil } }
  }

  /// Successive halving (Karnin, Koren & Somekh 2013): all starts on few rows, the better half on twice as many.
  ///
  /// A start is compared as soon as what its sweeps promise is less than what the rows can tell. Of few rows all are swept,
  /// and may tell everything: while that is cheap, starts are carried to where they end.
  private func seededStart(_ report: (FitProgress) -> Bool) throws(FitError) -> [Double] {
    let symmetries = Symmetries(engine)
    // Without row variables and anything to choose, there is one optimum, and the prior is a start.
    guard engine.hasRowVariables || !symmetries.isEmpty else { return [] }
    let count = min(settings.restarts, symmetries.startCount(engine))
    try raising(FitError.backend) { () throws(BackendError) in
      try Memory.require(
        Memory.bytes(count, engine.memory.values.reduce(0) { $0 + $1.count }), for: "the parameters of \(count) starts")
    }
    let samples = StartSamples(engine, rows: settings.restartRows, random: random.stream(2))
    // Rounds of halving, each on a sample of its own.
    let rounds = Int.bitWidth - max(count - 1, 0).leadingZeroBitCount
    func sample(_ round: Int) -> RowSelection {
      samples.rows(halvings: max(min(rounds - 1 - round, Self.leastStep), 0))
    }
    let first = sample(0)
    let random = (0..<count).map { self.random.stream(UInt64(100 + $0)) }
    func mayGoOn(_ done: Int) -> Bool {
      report(
        FitProgress(
          phase: .restart(index: min(done, count - 1), count: count),
          entry: TraceEntry(pass: 0, rows: first.count, bound: .nan, seconds: seconds),
          maximumPasses: settings.restartSweeps, expectedRemainingGain: .infinity))
    }
    let seeding = Seeding(engine: engine)
    let starts =
      solvesGroups
      ? seeding.startsFromGroups(random: random, mayGoOn: mayGoOn)
      : seeding.starts(from: first, symmetries, random: random, mayGoOn: mayGoOn)
    guard let starts else { throw .cancelled }
    if count == 1 {
      engine.memory = starts[0]
      return []
    }
    var candidates = starts.enumerated().map { Candidate(index: $0, memory: $1) }
    var bounds = [Double](repeating: -.infinity, count: count)
    for round in 0..<rounds {
      let rows = sample(round)
      let least = leastPromise(of: candidates.count, over: rows)
      for i in candidates.indices {
        engine.memory = candidates[i].memory
        // A first gain over other rows, or after others had their turn, says little of the next.
        candidates[i].forecast = GainForecast()
        for pass in 0..<settings.restartSweeps {
          if pass > 0 && settings.changesBases { _ = engine.changeBases() }
          if solvesGroups {
            passOverGroups(rows, from: .prior)
          } else {
            engine.sweep(rows)
            engine.updateAll()
          }
          let bound = engine.bound()
          try checkNumeric(bound)
          candidates[i].forecast.note(bound, rounding: engine.boundRounding)
          candidates[i].sweeps += 1
          let progress = FitProgress(
            phase: .restart(index: candidates[i].index, count: count),
            entry: TraceEntry(
              pass: candidates[i].sweeps, rows: rows.count, bound: bound, seconds: seconds),
            maximumPasses: settings.restartSweeps,
            expectedRemainingGain: candidates[i].forecast.expectedRemainingGain / Double(engine.rowCount))
          guard report(progress) else { throw .cancelled }
          if candidates[i].forecast.expectedRemainingGain < least { break }
        }
        candidates[i].memory = engine.memory
        bounds[candidates[i].index] = candidates[i].forecast.bound
      }
      // Ties go to the earlier start, so that the outcome depends on the seed alone.
      candidates.sort { ($0.outlook, $1.index) > ($1.outlook, $0.index) }
      if solvesGroups && candidates.count > 2 { candidates = Self.takingTurns(candidates) }
      candidates.removeLast(candidates.count / 2)
    }
    engine.memory = candidates[0].memory
    ValueDeletions(engine: engine, rows: sample(rounds - 1)).run()
    return bounds
  }

  /// What the sweeps of some starts over some rows may still promise, in nats, when the starts are compared.
  private func leastPromise(of starts: Int, over rows: RowSelection) -> Double {
    let cost = engine.plan.cost(rows: rows.count).total
    // An exponential takes the time of some ten products, a family's function that of some hundred.
    let work = Double(cost.flops) + 10 * Double(cost.exponentials) + 100 * Double(cost.evaluations)
    if rows.count == engine.rowCount
      && work * Double(starts * min(settings.restartSweeps, Self.usualSweeps)) < Self.affordableWork
    {
      return Self.leastPromise
    }
    let parameters = engine.plan.globals.reduce(0) { $0 + engine.memory[$1.natural].count }
    let error = GainForecast.statisticalError(parameters: parameters, rows: rows.count)
    let isToEnd = solvesGroups && starts <= groupStartsToEnd
    return (isToEnd ? Self.leastDifference : max(error, Self.leastDifference)) * Double(engine.rowCount)
  }
}
