import Suffice

extension CrossingChecker {
  // MARK: Parts

  mutating func checkParts() throws {
    guard let parts = try? session(MemoizedAscent(parts: 3, moves: false), passes: 1) else { return }
    // The first pass moves nothing before its end.
    expectSame(try run(parts).fit, try fit(passes: 1), .parts, "a pass over three parts, and one over all rows")
  }

  // MARK: Going on

  mutating func checkResume(_ schedule: any Schedule) throws {
    note(.resume)
    note(.threads)
    var whole = try session(schedule)
    try whole.start()
    var checkpoints: [FitCheckpoint] = []
    while try whole.step() { if let checkpoint = whole.checkpoint { checkpoints.append(checkpoint) } }
    for place in Set([checkpoints.count / 2, checkpoints.count - 2]).sorted() where place >= 0 {
      var rest = try session(schedule)
      try rest.resume(from: checkpoints[place])
      try rest.run()
      let same =
        Self.bits(rest.fit) == Self.bits(whole.fit)
        && rest.fit.trace.map(\.heldOut.bitPattern) == whole.fit.trace.map(\.heldOut.bitPattern)
      if !same {
        fail(.resume, "\(schedule.name): what goes on after batch \(place + 1) of \(checkpoints.count) ends otherwise")
      }
    }
    let three = try run(session(schedule, threads: 3)).fit
    if Self.bits(three) != Self.bits(whole.fit) { fail(.threads, "\(schedule.name): three threads change bits") }
  }

  static func bits(_ fit: Fit) -> [[UInt64]] {
    (fit.naturals + (fit.statistics?.sums ?? [])).map { $0.map(\.bitPattern) } + [fit.trace.map(\.bound.bitPattern)]
  }

  // MARK: Updates

  /// Whether sums over rows say what all variables are: no term names two of them, so that none waits for what another became.
  private var restsOnSums: Bool {
    own.model.logJoint.terms.allSatisfy { Set($0.variables).intersection(scenario.graph.globals).count <= 1 }
  }

  /// Whether no step is whole, so that something of the start is left in the posterior.
  private func isAdaptive(_ schedule: any Schedule) -> Bool {
    (schedule as? StochasticNaturalGradient)?.rates == .adaptive
  }

  /// A fit to the first rows that goes on with the others.
  mutating func checkUpdate(_ schedule: any Schedule) throws {
    let table = scenario.table
    let cut = table.rowCount * 3 / 5
    let (earlier, later) = (Array(0..<cut), Array(cut..<table.rowCount))
    var first = try session(schedule, scenario.rows(earlier))
    try first.run()
    let fit = first.fit
    // Stochastic passes over groups end with the sums of all rows, which an update goes on from.
    let drawsGroups = schedule.judge == .heldOut && first.engine.model.groupedPlan != nil
    guard fit.statistics != nil, restsOnSums, !drawsGroups else { return }
    func updated(_ rows: DataTable, from fit: Fit) throws -> Fit? {
      var settings = settings(CoordinateAscent(), weights: scenario.weights, passes: 1)
      settings.start = .seeded
      // Columns with gaps in one part of the rows only are refused.
      guard var session = try? FitSession(updating: fit, with: rows, settings: settings) else { return nil }
      try session.run()
      return session.fit
    }
    if let weights = scenario.weights {
      // Rows that count next to nothing leave what the earlier ones say.
      let light = try DataTable(
        columns: scenario.rows(later).columns.map { column in
          column.name == weights ? column.with(later.map { _ in 1e-12 }) : column
        })
      if isAdaptive(schedule) {
        var begun = try session(schedule, scenario.rows(earlier))
        try begun.start()
        guard try begun.step(), let early = try updated(light, from: begun.fit),
          let late = try updated(light, from: fit)
        else { return }
        return checkForgetting(schedule, early: (begun.fit, early), late: (fit, late))
      }
      if let next = try updated(light, from: fit) {
        note(.update)
        for (variable, own) in zip(next.marginals, fit.marginals) {
          for (parameter, wanted) in zip(Self.parameters(variable), Self.parameters(own)) {
            expectEqual(
              parameter.values, wanted.values, .update,
              "\(schedule.name), then rows of no weight: \(wanted.name) of \(own.name)", within: 1e-7)
          }
        }
        if first.choice.schedule is CoordinateAscent && first.engine.plan.locals.isEmpty {
          expectEqual([next.bound], [fit.bound], .update, "the bound after rows of no weight", within: 1e-8)
        }
      }
    }
    // Without latent variables of the rows an update is a fit to all of them, where priors are those of the first fit.
    guard schedule.judge == .bound, fit.trace.last?.rows == cut, first.engine.plan.locals.isEmpty,
      areEqual(try priors(table), try priors(scenario.rows(earlier))),
      let next = try updated(scenario.rows(later), from: fit)
    else { return }
    expectSame(next, try self.fit(passes: 1), .update, "\(schedule.name), then the other rows, and all rows")
  }

  /// Where no step is whole, a share of the start stays in a posterior.
  ///
  /// What is carried is averaged by the same steps, and without the start: what the posterior has beyond it has the direction
  /// that it had after the first step.
  ///
  /// Each pair is a fit, and one that goes on from it with rows that count nothing, and so rests on what was carried alone.
  private mutating func checkForgetting(_ schedule: any Schedule, early: (Fit, Fit), late: (Fit, Fit)) {
    func beyond(_ pair: (Fit, Fit)) -> [Double] {
      zip(pair.0.naturals, pair.1.naturals).flatMap { zip($0, $1).map { $0 - $1 } }
    }
    let (first, last) = (beyond(early), beyond(late))
    let size = first.reduce(0) { $0 + $1 * $1 }
    let share = size > 0 ? zip(first, last).reduce(0) { $0 + $1.0 * $1.1 } / size : 0
    if share < -1e-9 || share >= 1 { fail(.update, "\(schedule.name): a share of \(share) of the start is left") }
    // Differences of natural parameters lose digits.
    let largest = late.0.naturals.joined().reduce(1) { max($0, abs($1)) }
    expectEqual(
      last.map { $0 / largest } + [1], first.map { $0 * share / largest } + [1], .update,
      "\(schedule.name): what the posterior has beyond the sums it carries", within: 1e-9)
  }

  // MARK: Rows kept aside

  mutating func checkKeptAside(_ schedule: any Schedule) throws {
    let session = try run(session(schedule))
    let engine = session.engine
    guard engine.model.groupedPlan == nil, engine.rowCount == scenario.table.rowCount,
      let entry = session.trace.last, !entry.heldOut.isNaN
    else { return }
    let count = Int(Double(engine.rowCount) * session.settings.heldOutFraction)
    let aside = RowOrder(total: engine.rowCount, aside: count, random: RandomSource(seed: seed).stream(1)).keptAside
      .map(Int.init)
    try checkJudge(session, aside, schedule, entry.heldOut)
    try checkAside(session, aside, schedule)
  }

  private mutating func checkJudge(
    _ session: FitSession, _ aside: [Int], _ schedule: any Schedule, _ judged: Double
  ) throws {
    let densities = try PredictiveDensity(session.engine).logDensities(of: .list(aside.map(Int32.init)))
    let weights = scenario.weights.flatMap { scenario.table[$0]?.array }
    let total = aside.reduce(0) { $0 + (weights?[$1] ?? 1) }
    let mean = zip(aside, densities).reduce(0) { $0 + (weights?[$1.0] ?? 1) * $1.1 } / total
    expectEqual([judged], [mean], .judge, "\(schedule.name): the mean log density of the rows aside", within: 1e-9)
  }

  /// Rows aside that hold something else: other values where priors do not follow the data, the same ones in another order
  /// where they do.
  private mutating func checkAside(_ session: FitSession, _ aside: [Int], _ schedule: any Schedule) throws {
    let own = try priors(scenario.table)
    let weights = scenario.weights.flatMap { scenario.table[$0]?.array }
    let rest = (0..<scenario.table.rowCount).filter { !aside.contains($0) }
    let observed = Set(scenario.observed.flatMap(\.columns))
    func changed(_ change: (inout [Double], Int) -> Void) throws -> DataTable {
      var place = 0
      return try DataTable(
        columns: scenario.table.columns.map { column in
          guard observed.contains(column.name) else { return column }
          var values = column.array
          place += 1
          change(&values, place)
          return column.with(values)
        })
    }
    // A gap stays where it is.
    let others = try changed { values, _ in
      for (i, row) in aside.enumerated() where !values[row].isNaN {
        let other = values[rest[i * 7 % rest.count]]
        if !other.isNaN { values[row] = other }
      }
    }
    let moved = try changed { values, place in
      for (_, rows) in Dictionary(grouping: aside.filter { !values[$0].isNaN }, by: { weights?[$0] ?? 1 }) {
        let present = rows.map { values[$0] }
        for (i, row) in rows.enumerated() { values[row] = present[(i + place) % present.count] }
      }
    }
    for table in [others, moved] where areEqual(try priors(table), own) {
      let other = try run(self.session(schedule, table))
      note(.keptAside)
      for (variable, wanted) in zip(other.fit.marginals, session.fit.marginals) {
        expectEqual(
          Self.parameters(variable).flatMap(\.values), Self.parameters(wanted).flatMap(\.values), .keptAside,
          "\(schedule.name): other values in the rows aside change \(wanted.name)")
      }
      return
    }
  }

  // MARK: Moves

  /// A pass whose move was not taken ends where one that tries none does, from the same checkpoint.
  mutating func checkRejection() throws {
    guard var fit = try? session(MemoizedAscent(parts: 3), passes: 8) else { return }
    try fit.start()
    var last: FitCheckpoint?
    while try fit.step() {
      // A batch ends a pass where the next one begins one.
      guard let now = fit.checkpoint, now.isBetweenPasses else { continue }
      defer { last = now }
      guard let before = last, now.failedMoves == before.failedMoves + 1 else { continue }
      var plain = try session(MemoizedAscent(parts: 3, moves: false), passes: 8)
      try plain.resume(from: before)
      while plain.trace.count <= before.fit.trace.count, try plain.step() {}
      note(.rejection)
      guard let other = plain.checkpoint else { continue }
      for (what, found, wanted) in [
        ("numbers", now.memory.flatMap { $0 }, other.memory.flatMap { $0 }),
        ("sums of parts", now.parts.flatMap { $0.sums.flatMap { $0 } }, other.parts.flatMap { $0.sums.flatMap { $0 } }),
        ("rows", now.rows.flatMap { $0 }, other.rows.flatMap { $0 }),
      ] where found.map(\.bitPattern) != wanted.map(\.bitPattern) {
        fail(.rejection, "pass \(now.fit.trace.count): a move that was not taken left other \(what)")
      }
    }
  }
}
