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

  @Test func settings() {
    #expect(throws: SettingError.self) { try StochasticNaturalGradient(batchSize: 0) }
    #expect(throws: SettingError.self) { try StochasticNaturalGradient(forgetting: 0.5) }
    #expect(throws: SettingError.self) { try StochasticNaturalGradient(forgetting: .nan) }
    #expect(throws: SettingError.self) { try StochasticNaturalGradient(delay: -1) }
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
  struct State: Hashable {
    var inner: StochasticNaturalGradient.State
    var step = 0
  }

  let name = "wrong"
  let spoil: @Sendable (Batch, Int) -> Batch
  private let inner = try? StochasticNaturalGradient(batchSize: 10)

  init(_ spoil: @escaping @Sendable (Batch, Int) -> Batch) { self.spoil = spoil }

  private var schedule: StochasticNaturalGradient {
    guard let inner else { preconditionFailure("allowed settings") }
    return inner
  }

  func start(rows: RowSelection, random: RandomSource) -> State {
    State(inner: schedule.start(rows: rows, random: random))
  }

  func next(_ state: inout State) -> Batch {
    state.step += 1
    return spoil(schedule.next(&state.inner), state.step)
  }
}

/// A schedule whose state is an object: a copy does not stay behind.
private struct SharedStateSchedule: Schedule {
  final class State: Hashable, @unchecked Sendable {
    var rows: [Int32]
    var position = 0

    init(_ rows: [Int32]) { self.rows = rows }
    static func == (a: State, b: State) -> Bool { a === b }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
  }

  let name = "shared"

  func start(rows: RowSelection, random: RandomSource) -> State {
    switch rows {
    case .range(let range): State(range.map(Int32.init))
    case .list(let list): State(list)
    }
  }

  func next(_ state: inout State) -> Batch {
    if state.position == state.rows.count {
      state.rows.reverse()
      state.position = 0
    }
    let end = min(state.position + 10, state.rows.count)
    let rows = Array(state.rows[state.position..<end])
    state.position = end
    return Batch(rows: .list(rows), rate: 1, endsPass: end == state.rows.count)
  }
}
