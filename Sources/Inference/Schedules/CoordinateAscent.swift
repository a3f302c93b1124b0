import ExponentialFamilies
import PlanIR

/// Every step takes all rows and sets every variable to its optimum given the others: the bound never falls.
///
/// Source: Bishop, *Pattern Recognition and Machine Learning* (2006), section 10.1.
public struct CoordinateAscent: Schedule {
  /// `coordinate-ascent`.
  public let name = "coordinate-ascent"
  /// True.
  public let takesAllRows = true

  /// The rows; nothing changes from step to step.
  public struct State: Hashable, Sendable {
    let rows: RowSelection
  }

  /// Makes the schedule.
  public init() {}

  /// Starts over some rows.
  public func start(rows: RowSelection, random: RandomSource) -> State { State(rows: rows) }

  /// All rows at rate 1.
  public func next(_ state: inout State) -> Batch { Batch(rows: state.rows, rate: 1, endsPass: true) }
}
