import ExponentialFamilies
import PlanIR

/// Coordinate ascent part by part: the rows are cut into parts, the statistics of every part are kept, and after each part the
/// global variables are set to their optimum given the newest statistics of all parts.
///
/// There is no rate, and the bound over all rows is exact and never falls. Variables move as often as there are parts in
/// one pass. The statistics of each part are kept in memory. Between passes components may be born, merged and deleted where
/// that raises the bound over all rows, so that their number is found rather than given.
///
/// Source: Hughes & Sudderth, *Memoized Online Variational Inference for Dirichlet Process Mixture Models* (NIPS 2013),
/// section 3; Neal & Hinton (1998).
public struct MemoizedAscent: Schedule {
  /// `memoized`.
  public let name = "memoized"
  /// The bound.
  public let judge = ScheduleJudge.bound
  /// How many parts the rows are cut into.
  public let parts: Int
  /// Whether components are born, merged and deleted.
  public let moves: Bool
  /// All of them.
  public var keptParts: Int? { parts }

  /// Batches so far.
  public struct State: ScheduleState {
    var step = 0
    init() {}
    /// One word.
    public var words: [UInt64] { [UInt64(step)] }
    /// The state that gave this word.
    public init?(words: [UInt64]) {
      guard words.count == 1, words[0] < 1 << 62 else { return nil }
      step = Int(words[0])
    }
  }

  /// Makes the schedule.
  ///
  /// - Throws: ``SettingError`` where there is no part.
  public init(parts: Int = 20, moves: Bool = true) throws(SettingError) {
    guard parts >= 1 else { throw SettingError("the rows are cut into \(parts) parts; there must be at least 1.") }
    self.parts = parts
    self.moves = moves
  }

  /// Starts with the first part.
  public func start(rows: RowOrder, random: RandomSource) -> State { State() }

  /// The next part; in the first pass nothing moves before all parts have been seen.
  public func next(_ state: inout State, rows: RowOrder, after outcome: BatchOutcome?) -> Batch? {
    let count = max(min(parts, rows.total), 1)
    let part = state.step % count
    let isFirstPass = state.step < count
    state.step += 1
    let range = rows.total * part / count..<rows.total * (part + 1) / count
    let endsPass = part == count - 1
    return Batch(rows: .range(range), rate: isFirstPass && !endsPass ? 0 : 1, part: part, endsPass: endsPass)
  }
}
