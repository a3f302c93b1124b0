import Suffice
import SufficeTesting
import Testing

@Suite struct ScheduleTests {
  @Test func coordinateAscent() throws { try checkSchedule(CoordinateAscent()) }

  /// Batch sizes that divide the numbers of rows, that do not, and that exceed them.
  @Test(arguments: [1, 10, 37, 1000], [(0.51, 0.0), (0.7, 1.0), (1.0, 100.0)])
  func stochastic(batchSize: Int, rates: (forgetting: Double, delay: Double)) throws {
    try checkSchedule(
      StochasticNaturalGradient(batchSize: batchSize, forgetting: rates.forgetting, delay: rates.delay))
  }

  @Test(arguments: [1, 10, 1000]) func adaptive(batchSize: Int) throws {
    try checkSchedule(StochasticNaturalGradient(batchSize: batchSize, rates: .adaptive))
  }

  @Test(arguments: [1, 3, 20, 500]) func memoized(parts: Int) throws {
    try checkSchedule(MemoizedAscent(parts: parts))
  }

  @Test(arguments: [1, 10, 1000]) func progressive(firstRows: Int) throws {
    try checkSchedule(ProgressiveAscent(firstRows: firstRows))
  }

  @Test func settings() {
    #expect(throws: SettingError.self) { try StochasticNaturalGradient(batchSize: 0) }
    #expect(throws: SettingError.self) { try StochasticNaturalGradient(forgetting: 0.5) }
    #expect(throws: SettingError.self) { try StochasticNaturalGradient(forgetting: .nan) }
    #expect(throws: SettingError.self) { try StochasticNaturalGradient(delay: -1) }
    #expect(throws: SettingError.self) { try MemoizedAscent(parts: 0) }
    #expect(throws: SettingError.self) { try ProgressiveAscent(firstRows: 0) }
    #expect(throws: SettingError.self) { try ProgressiveAscent(leastGain: .nan) }
  }

  // MARK: Schedules with one mistake each

  private func laws(_ schedule: some Schedule) throws -> Set<String> {
    do {
      try checkSchedule(schedule)
      return []
    } catch let violation as LawViolation { return violation.laws }
  }

  @Test func repeatedRows() throws {
    let found = try laws(
      WrongSchedule { batch, _ in
        guard case .list(let rows) = batch.rows, let first = rows.first else { return batch }
        return Batch(rows: .list(rows.map { _ in first }), rate: batch.rate, endsPass: batch.endsPass)
      })
    #expect(found == ["coverage"])
  }

  @Test func constantRate() throws {
    let found = try laws(WrongSchedule { batch, _ in Batch(rows: batch.rows, rate: 0.5, endsPass: batch.endsPass) })
    #expect(found == ["robbinsMonro"])
  }

  @Test func fastRate() throws {
    let found = try laws(
      WrongSchedule { batch, step in
        Batch(rows: batch.rows, rate: 1 / (1 + Double(step) * Double(step)), endsPass: batch.endsPass)
      })
    #expect(found == ["robbinsMonro"])
  }

  @Test func rateAboveOne() throws {
    let found = try laws(WrongSchedule { batch, _ in Batch(rows: batch.rows, rate: 1.5, endsPass: batch.endsPass) })
    #expect(found.contains("rates"))
  }

  @Test func endlessPass() throws {
    let found = try laws(WrongSchedule { batch, _ in Batch(rows: batch.rows, rate: batch.rate, endsPass: false) })
    #expect(found.contains("coverage"))
  }

  @Test func sharedState() throws {
    let found = try laws(SharedStateSchedule())
    #expect(found.contains("state"))
  }
}

/// The stochastic schedule with its batches spoilt.
private struct WrongSchedule: Schedule {
  struct State: ScheduleState {
    var inner: StochasticNaturalGradient.State
    var step = 0

    init(_ inner: StochasticNaturalGradient.State) { self.inner = inner }
    var words: [UInt64] { [UInt64(step)] + inner.words }
    init?(words: [UInt64]) {
      guard let first = words.first, let inner = StochasticNaturalGradient.State(words: Array(words.dropFirst())) else {
        return nil
      }
      self.inner = inner
      step = Int(first)
    }
  }

  let name = "wrong"
  let judge = ScheduleJudge.heldOut
  let spoil: @Sendable (Batch, Int) -> Batch
  private let inner = try? StochasticNaturalGradient(batchSize: 10)

  init(_ spoil: @escaping @Sendable (Batch, Int) -> Batch) { self.spoil = spoil }

  private var schedule: StochasticNaturalGradient {
    guard let inner else { preconditionFailure("allowed settings") }
    return inner
  }

  func start(rows: RowOrder, random: RandomSource) -> State {
    State(schedule.start(rows: rows, random: random))
  }

  func next(_ state: inout State, rows: RowOrder, after outcome: BatchOutcome?) -> Batch? {
    state.step += 1
    return schedule.next(&state.inner, rows: rows, after: outcome).map { spoil($0, state.step) }
  }
}

/// A schedule whose state is an object: a copy does not stay behind.
private struct SharedStateSchedule: Schedule {
  final class State: ScheduleState, @unchecked Sendable {
    var position: Int

    init(_ position: Int) { self.position = position }
    var words: [UInt64] { [UInt64(position)] }
    init?(words: [UInt64]) { position = Int(words[0]) }
    static func == (a: State, b: State) -> Bool { a.position == b.position }
    func hash(into hasher: inout Hasher) { hasher.combine(position) }
  }

  let name = "shared"
  let judge = ScheduleJudge.bound

  func start(rows: RowOrder, random: RandomSource) -> State { State(0) }

  func next(_ state: inout State, rows: RowOrder, after outcome: BatchOutcome?) -> Batch? {
    let first = state.position % rows.count
    let end = min(first + 10, rows.count)
    state.position += end - first
    return Batch(rows: .range(first..<end), rate: 1, endsPass: end == rows.count || state.position % 30 == 0)
  }
}
