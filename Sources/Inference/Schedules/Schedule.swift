import ExponentialFamilies
import PlanIR

/// Decides which rows are next and how far the global variables move.
///
/// A schedule knows no model. Its state is a value that can be written as words: a fit that is saved with it goes on as if
/// it had not stopped.
public protocol Schedule: Sendable {
  /// What the schedule remembers between batches.
  associatedtype State: ScheduleState

  /// The schedule's name on the command line and in files.
  var name: String { get }

  /// What the end of a pass is judged by.
  var judge: ScheduleJudge { get }

  /// Whether every batch is all rows, so that rows may depend on one another in any way.
  var takesAllRows: Bool { get }

  /// How many parts of the rows have their sums kept; nil where none are.
  var keptParts: Int? { get }

  /// Whether outcomes must tell the direction of the last step.
  var needsDirections: Bool { get }

  /// Nats a row that a fit may promise at its end where some passes over all rows have not gained them and no tolerance is given;
  /// nil where that is no reason to end.
  var toleranceOfSlowPasses: Double? { get }

  /// Whether components are born, merged and deleted between passes.
  var moves: Bool { get }

  /// The state before the first batch.
  ///
  /// - Parameters:
  ///   - rows: The rows that may be drawn.
  ///   - random: Where all randomness comes from.
  func start(rows: RowOrder, random: RandomSource) -> State

  /// The next batch; nil where more passes would gain nothing that the data can tell. The state moves on.
  ///
  /// - Parameters:
  ///   - state: The state after the batch before.
  ///   - rows: The rows that may be drawn, the same in each call.
  ///   - outcome: What the batch before did; nil for the first.
  func next(_ state: inout State, rows: RowOrder, after outcome: BatchOutcome?) -> Batch?
}

extension Schedule {
  /// False.
  public var takesAllRows: Bool { false }
  /// nil.
  public var keptParts: Int? { nil }
  /// False.
  public var needsDirections: Bool { false }
  /// nil.
  public var toleranceOfSlowPasses: Double? { nil }
  /// False.
  public var moves: Bool { false }
}

/// What a schedule remembers, as numbers that a file can hold.
public protocol ScheduleState: Hashable, Sendable {
  /// All of the state.
  var words: [UInt64] { get }
  /// The state that gave these words; nil where none did.
  init?(words: [UInt64])
}

/// What the end of a pass is judged by.
public enum ScheduleJudge: Hashable, Sendable {
  /// The bound over all rows, which the last batch of a pass gives.
  case bound
  /// The predictive density of rows that are kept aside; where whole groups of rows are drawn, the bound of the groups as they
  /// were last solved, until full passes take over.
  case heldOut
}

/// One step of a schedule.
public struct Batch: Hashable, Sendable {
  /// The rows whose statistics are formed.
  public let rows: RowSelection
  /// How far the global variables move towards what the batch says: 1 is the coordinate update, 0 leaves them.
  public let rate: Double
  /// The part of all rows that these are; nil where the batch stands for all rows by itself.
  ///
  /// Their statistics take the place of those that the part gave before, and count together with those of all other parts.
  public let part: Int?
  /// Rows whose statistics are compared with those of the batch, at the same parameters, so that later batches over them can be
  /// corrected; nil for none.
  public let sample: RowSelection?
  /// Whether the batch is over the rows that were last compared with all, and its statistics are corrected by what was found:
  /// see ``SampleCorrection``.
  public let isCorrected: Bool
  /// Whether this batch ends a pass, after which convergence is judged.
  public let endsPass: Bool

  /// Describes a batch.
  public init(
    rows: RowSelection, rate: Double, part: Int? = nil, sample: RowSelection? = nil, isCorrected: Bool = false,
    endsPass: Bool
  ) {
    self.rows = rows
    self.rate = rate
    self.part = part
    self.sample = sample
    self.isCorrected = isCorrected
    self.endsPass = endsPass
  }
}

/// What a batch did.
public struct BatchOutcome: Hashable, Sendable {
  /// The bound, scaled to all rows; NaN where the schedule does not move at rate 1.
  public let bound: Double
  /// How far the natural parameters of all global variables moved, divided by the rate; empty unless the schedule asks.
  public let direction: [Double]
  /// How many natural parameters the global variables have.
  public let parameterCount: Int
  /// What further passes over the same rows would gain, in nats a row; infinite where none can tell.
  public let expectedRemainingGain: Double
  /// Whether statistics over a sample can be compared with those over all rows, so that batches over it can be corrected.
  public let canCorrect: Bool
  /// Whether the fit went back to where it was when all rows were last compared with a sample.
  public let isUndone: Bool

  /// Describes an outcome.
  public init(
    bound: Double, direction: [Double] = [], parameterCount: Int, expectedRemainingGain: Double = .infinity,
    canCorrect: Bool = false, isUndone: Bool = false
  ) {
    self.expectedRemainingGain = expectedRemainingGain
    self.canCorrect = canCorrect
    self.isUndone = isUndone
    self.bound = bound
    self.direction = direction
    self.parameterCount = parameterCount
  }
}

/// A setting outside its domain: which, and what is allowed.
public struct SettingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One sentence.
  public let description: String
  /// The setting that mends it, where it is another.
  public let remedy: Remedy?
  /// Makes an error with a message.
  public init(_ description: String, remedy: Remedy? = nil) {
    self.description = description
    self.remedy = remedy
  }
}
