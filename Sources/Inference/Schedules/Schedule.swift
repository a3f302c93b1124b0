import ExponentialFamilies
import PlanIR

/// Decides which rows are next and how far the global variables move.
///
/// The state is a value: a fit that is saved with it goes on as if it had not stopped.
public protocol Schedule: Sendable {
  /// What the schedule remembers between batches.
  associatedtype State: Hashable, Sendable

  /// The schedule's name on the command line and in files.
  var name: String { get }

  /// Whether every batch is all rows at rate 1, so that the bound itself judges convergence; otherwise some rows are held
  /// out to judge by. False unless a schedule says so.
  var takesAllRows: Bool { get }

  /// The state before the first batch.
  ///
  /// - Parameters:
  ///   - rows: The rows that may be drawn.
  ///   - random: Where all randomness comes from.
  func start(rows: RowSelection, random: RandomSource) -> State

  /// The next batch; the state moves on.
  func next(_ state: inout State) -> Batch
}

extension Schedule {
  /// False: convergence is judged by held-out rows.
  public var takesAllRows: Bool { false }
}

/// One step of a schedule.
public struct Batch: Hashable, Sendable {
  /// The rows whose statistics are formed.
  public let rows: RowSelection
  /// How far the global variables move towards what the batch says: 1 is the coordinate update.
  public let rate: Double
  /// Whether this batch ends a pass, after which convergence is judged.
  public let endsPass: Bool

  /// Describes a batch.
  public init(rows: RowSelection, rate: Double, endsPass: Bool) {
    self.rows = rows
    self.rate = rate
    self.endsPass = endsPass
  }
}
