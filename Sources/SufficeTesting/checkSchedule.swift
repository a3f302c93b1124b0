import Suffice

/// The laws that every schedule obeys.
public enum ScheduleLaw: String, CaseIterable, Sendable {
  /// A pass takes every row exactly once.
  case coverage
  /// Rates are finite, above 0 and at most 1.
  case rates
  /// Rates are all 1, or sum to infinity while their squares sum to a finite number.
  case robbinsMonro
  /// The state is a value: a copy goes on as the original does, and one seed gives one sequence.
  case state
  /// A batch's statistics are scaled to all rows by its own size, a short last batch's too.
  case scale
}

/// Checks the laws of a schedule.
///
/// - Parameters:
///   - schedule: The schedule.
///   - rowCounts: How many rows; the last batch of a pass is short where the schedule's batch size does not divide them.
///   - passes: How many passes are looked at.
///   - seed: The seed of the schedule; with one seed, the outcome is always the same.
/// - Throws: ``LawViolation`` with all laws that do not hold.
public func checkSchedule<S: Schedule>(
  _ schedule: S, rowCounts: [Int] = [1, 2, 37, 257], passes: Int = 3, seed: UInt64 = 1
) throws {
  var checker = ScheduleChecker(schedule: schedule, seed: seed)
  for count in rowCounts {
    checker.checkPasses(RowOrder(total: count), count: passes)
    if schedule.judge == .heldOut { checker.checkPasses(RowOrder(total: count, aside: count / 5), count: passes) }
    try checker.checkScale(count)
  }
  checker.checkRates()
  if !checker.failures.isEmpty { throw LawViolation(subject: schedule.name, failures: checker.failures) }
}

/// The state of one check: the schedule and the failures so far.
private struct ScheduleChecker<S: Schedule> {
  let schedule: S
  let seed: UInt64
  private(set) var failures: [LawViolation.Failure] = []

  init(schedule: S, seed: UInt64) {
    self.schedule = schedule
    self.seed = seed
  }

  private mutating func fail(_ law: ScheduleLaw, _ detail: String) {
    // One schedule makes one mistake in every batch: the first ones tell enough.
    if failures.count(where: { $0.law == law.rawValue }) < 4 {
      failures.append(LawViolation.Failure(law: law.rawValue, detail: detail))
    }
  }

  private func start(_ rows: RowOrder) -> S.State { schedule.start(rows: rows, random: RandomSource(seed: seed)) }

  /// What a schedule is told that neither promises more nor is noise.
  private func outcome(_ step: Int) -> BatchOutcome {
    BatchOutcome(bound: Double(step), direction: [1, step % 2 == 0 ? 1 : -1], parameterCount: 1)
  }

  /// The batches of the next pass; nil, with a failure, where it does not end.
  private mutating func pass(_ state: inout S.State, rows: RowOrder) -> [Batch]? {
    var batches: [Batch] = []
    // A batch of a pass has a row at least.
    for step in 0...rows.count {
      guard let batch = schedule.next(&state, rows: rows, after: step == 0 ? nil : outcome(step)) else {
        return batches
      }
      batches.append(batch)
      if batch.endsPass { return batches }
    }
    fail(.coverage, "a pass over \(rows.count) rows has not ended after \(batches.count) batches")
    return nil
  }

  mutating func checkPasses(_ rows: RowOrder, count: Int) {
    if rows.count == 0 { return }
    let expected = numbers(rows.all).sorted()
    var state = start(rows)
    var twin = start(rows)
    for number in 1...count {
      var copy = state
      guard let read = S.State(words: state.words), read == state else {
        fail(.state, "pass \(number) over \(rows.count) rows: the state is not what its words say")
        return
      }
      guard let batches = pass(&state, rows: rows) else { return }
      let taken = batches.flatMap { numbers($0.rows) }.sorted()
      // A schedule of samples takes all rows in its last passes only.
      if taken != expected && !(taken.count < expected.count && batches.count == 1 && batches[0].rate == 1) {
        fail(
          .coverage,
          "pass \(number) over \(rows.count) rows takes \(taken.count) rows, \(Set(taken).intersection(expected).count) of them different ones of these"
        )
      }
      for batch in batches where !(batch.rate > 0 || batch.part != nil && batch.rate == 0) || batch.rate > 1 {
        fail(.rates, "pass \(number) over \(rows.count) rows has a rate of \(batch.rate)")
      }
      // The original has moved on; its copy must not have.
      guard let again = pass(&copy, rows: rows), again == batches, copy == state else {
        fail(.state, "pass \(number) over \(rows.count) rows goes another way from a copy of the state")
        return
      }
      guard let same = pass(&twin, rows: rows), same == batches else {
        fail(.state, "pass \(number) over \(rows.count) rows goes another way from the same seed")
        return
      }
    }
  }

  private func numbers(_ rows: RowSelection) -> [Int] {
    switch rows {
    case .range(let range): Array(range)
    case .list(let list): list.map(Int.init)
    }
  }

  /// Rates t^(−κ), whatever their delay: κ is read off late steps.
  mutating func checkRates() {
    // One row makes late steps cheap.
    let one = RowOrder(total: 1)
    var state = start(one)
    let late = 1 << 13
    var rates: [Double] = []
    rates.reserveCapacity(2 * late)
    for step in 0..<2 * late {
      guard let batch = schedule.next(&state, rows: one, after: step == 0 ? nil : outcome(step)) else { break }
      rates.append(batch.rate)
    }
    for rate in rates where !(rate > 0 && rate <= 1) { fail(.rates, "a rate is \(rate)") }
    // Rates that follow the gradient have no law of their own but their range.
    if rates.allSatisfy({ $0 == 1 }) || schedule.needsDirections { return }
    let exponent = -_log(rates[2 * late - 1] / rates[late - 1]) / _log(2)
    // A delay d moves the measured exponent by about κ d / t: 0.01 leaves room for delays of some hundreds.
    if !(exponent > 0.5 - 0.01 && exponent <= 1.01) {
      fail(
        .robbinsMonro,
        "rates fall as t^(-\(exponent)) between step \(late) and \(2 * late); the exponent must lie in (0.5, 1]")
    }
  }

  /// Through the engine: sums over a batch are those over its rows, times N/|B|.
  mutating func checkScale(_ count: Int) throws {
    var random = RandomSource(seed: seed)
    let table = try DataTable(["x": (0..<count).map { _ in random.normal() }])
    let engine = try boundEngine(
      ModelGraph(ScheduledSample()), data: table, bind: [:], backend: ReferenceBackend(), threads: 1)
    let rows = RowOrder(total: count)
    // Sums of squares do not cancel, so that a plain relative error tells.
    let tolerance = Tolerance.relative(1e-12, because: "sums of some hundred terms, each rounded to 1e-16")
    var state = start(rows)
    for batch in pass(&state, rows: rows) ?? [] where batch.part == nil {
      engine.sweep(batch.rows)
      let scale = Double(count) / Double(batch.rows.count)
      let n = engine.memory[engine.plan.countSlot][0]
      if !tolerance.allows(n, Double(count)) {
        fail(.scale, "a batch of \(batch.rows.count) of \(count) rows stands for \(n) rows")
      }
      let expected = scale * sumOfSquares(batch.rows, engine)
      let found = engine.plan.rowSums.map { engine.memory[$0] }.filter { !$0.isEmpty }
      if !found.contains(where: { $0.contains { tolerance.allows($0, expected) } }) {
        fail(
          .scale, "no sum over a batch of \(batch.rows.count) of \(count) rows is the \(expected) that its squares make"
        )
      }
    }
  }

  private func sumOfSquares(_ rows: RowSelection, _ engine: Engine) -> Double {
    let view = engine.data.inputs[0].views[0]
    return numbers(rows).reduce(0.0) {
      let x = view.base[$1 * view.stride] - engine.plan.inputs[0].centers[0]
      return $0 + x * x
    }
  }
}

/// The smallest model with sums over rows.
private struct ScheduledSample: Model {
  let parameters = Latent<NormalGamma>()
  let x = Observed<Normal>()

  var body: [Statement] {
    parameters ~ NormalGamma(mean: 0.0, meanPrecision: 1.0, shape: 1.0, rate: 1.0)
    Plate.rows { x ~ Normal(parameters) }
  }
}

/// A model at its prior on data, ready to run.
func boundEngine(
  _ graph: ModelGraph, data table: DataTable, bind: [String: [String]], weights: String? = nil, backend: any Backend,
  threads: Int
) throws -> Engine {
  let binding = try ColumnBinding(graph, table: table, explicit: bind, reserved: weights.map { [$0] } ?? [])
  let data = try BoundData(graph, table: table, binding: binding, weights: weights)
  let facts = try DataFacts(graph, data, backend: ReferenceBackend(), threads: 1)
  return try Engine(CompiledModel(graph, facts: facts), data: data, backend: backend, threads: threads)
}
