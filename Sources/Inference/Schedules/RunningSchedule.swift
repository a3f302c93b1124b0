import ExponentialFamilies
import PlanIR

/// A schedule with its state.
protocol RunningSchedule {
  var words: [UInt64] { get }
  mutating func next(after outcome: BatchOutcome?, rows: RowOrder) -> Batch?
  mutating func restore(_ words: [UInt64]) -> Bool
}

extension Schedule {
  func running(rows: RowOrder, random: RandomSource) -> any RunningSchedule {
    Running(schedule: self, state: start(rows: rows, random: random))
  }
}

private struct Running<S: Schedule>: RunningSchedule {
  let schedule: S
  var state: S.State

  var words: [UInt64] { state.words }

  mutating func next(after outcome: BatchOutcome?, rows: RowOrder) -> Batch? {
    schedule.next(&state, rows: rows, after: outcome)
  }

  mutating func restore(_ words: [UInt64]) -> Bool {
    guard let read = S.State(words: words) else { return false }
    state = read
    return true
  }
}
