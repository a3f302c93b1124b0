import ExponentialFamilies
import PlanIR

/// Every step takes all rows and sets every variable to its optimum given the others: the bound never falls.
///
/// Source: Bishop, *Pattern Recognition and Machine Learning* (2006), section 10.1.
public struct CoordinateAscent: Schedule {
  /// `coordinate-ascent`.
  public let name = "coordinate-ascent"
  /// The bound.
  public let judge = ScheduleJudge.bound
  /// Every batch is all rows.
  public let takesAllRows = true

  /// Nothing changes from step to step.
  public struct State: ScheduleState {
    /// None.
    public var words: [UInt64] { [] }
    init() {}
    /// The only state.
    public init?(words: [UInt64]) { if !words.isEmpty { return nil } }
  }

  /// Makes the schedule.
  public init() {}

  /// Nothing to remember.
  public func start(rows: RowOrder, random: RandomSource) -> State { State() }

  /// All rows at rate 1.
  public func next(_ state: inout State, rows: RowOrder, after outcome: BatchOutcome?) -> Batch? {
    Batch(rows: rows.all, rate: 1, endsPass: true)
  }
}
