/// Something that runs plans.
///
/// A backend knows steps; it knows no statistics of its own, no model and no schedule.
public protocol Backend: Sendable {
  /// The backend's name in messages and files.
  var name: String { get }

  /// Prepares to run a plan over columns.
  ///
  /// - Parameters:
  ///   - plan: What to run.
  ///   - inputs: The columns of each of the plan's inputs, in order.
  ///   - threads: How many threads may be used; the results do not depend on it.
  /// - Throws: ``BackendError`` where the plan or the machine rules it out.
  func executor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any Executor

  /// Prepares to run a plan that has ``Plan/groups``, as ``executor(for:inputs:threads:)`` does for one that has none.
  ///
  /// - Throws: ``BackendError`` where the plan, the machine or the backend rules it out. The default always does.
  func groupExecutor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any GroupExecutor
}

extension Backend {
  /// Refuses: a backend that says nothing else solves no groups of rows.
  public func groupExecutor(
    for plan: Plan, inputs: [InputColumns], threads: Int
  ) throws(BackendError) -> any GroupExecutor {
    throw BackendError(
      "the backend \(name) cannot run \(plan.name): it solves no groups of rows by themselves. Fit it on another backend."
    )
  }
}

/// A plan that is ready to run.
///
/// It owns its scratch memory and is used by one thread at a time.
public protocol Executor: AnyObject {
  /// Runs steps that touch no rows.
  ///
  /// - Parameter rate: The rate of ``Step/blend(target:into:)``.
  func run(_ steps: [Step], on memory: inout ParameterMemory, rate: Double)

  /// Runs the plan's row steps over some rows.
  ///
  /// Sums are added up in an order that depends on the rows alone, so that the number of threads changes no bit.
  /// - Parameters:
  ///   - rows: Which rows.
  ///   - memory: Parameters, and what ``Step/resume(_:)`` goes on from. The sweep changes neither, and sums that are there count nothing.
  ///   - overrides: Expected statistics that replace computed ones, by the slot of the row variable.
  ///   - outputs: Slots that are copied out, row by row.
  func sweep(
    _ rows: RowSelection, at memory: ParameterMemory, overrides: [TileSlot: RowOverride], outputs: [TileSlot]
  ) -> RowSweep

  /// The precision of the sweeps so far.
  var precision: PrecisionUse { get }
}

/// How many bits of the rows' numbers are kept.
public enum Precision: String, Hashable, Sendable, CaseIterable {
  /// 53 everywhere.
  case double
  /// 24 in tiles, weights, scores and responsibilities; 53 in parameters and in sums over rows.
  case single
}

/// The precision that an executor's sweeps have had.
public struct PrecisionUse: Hashable, Sendable {
  /// Sweeps whose rows were in single precision.
  public var singleSweeps = 0
  /// Sweeps in double precision throughout; those with outputs always are.
  public var doubleSweeps = 0
  /// Why rows were not in single precision although that was asked for; nil where they were.
  public var reasonForDouble: String?

  /// No sweeps yet.
  public init(reasonForDouble: String? = nil) { self.reasonForDouble = reasonForDouble }
}

/// A plan with groups of rows that is ready to run.
public protocol GroupExecutor: Executor {
  /// Solves the groups of some rows from their prior on, replaces the groups' parameters, and runs the plan's row steps over the rows.
  ///
  /// - Parameter rows: Rows by number; those of a group follow one another, and none is left out.
  /// - Returns: What the rows add up to, by slot of ``Plan/rowSums``.
  func sweepGroups(_ rows: [Int32], memory: inout ParameterMemory) -> RowStatistics

  /// Solves the groups of some rows and replaces their parameters.
  ///
  /// - Parameters:
  ///   - rows: Rows by number; those of a group follow one another, and none is left out.
  ///   - start: Where each group's solution begins.
  func solveGroups(_ rows: [Int32], from start: GroupStart, memory: inout ParameterMemory)
}

/// Where the solution of a group of rows begins.
public enum GroupStart: Hashable, Sendable {
  /// At its prior: what it was when other variables were elsewhere does not hold it there. The bound may fall.
  case prior
  /// At its present parameters: the bound never falls.
  case present
}

extension Executor {
  /// Double precision, with nothing else asked for.
  public var precision: PrecisionUse { PrecisionUse() }

  /// What some rows add up to.
  public func sweep(_ rows: RowSelection, at memory: ParameterMemory) -> RowStatistics {
    sweep(rows, at: memory, overrides: [:], outputs: []).statistics
  }
}

/// Which rows a sweep covers.
public enum RowSelection: Hashable, Sendable {
  /// Consecutive rows.
  case range(Range<Int>)
  /// Rows by number, in this order.
  case list([Int32])

  /// How many rows.
  public var count: Int {
    switch self {
    case .range(let range): range.count
    case .list(let rows): rows.count
    }
  }

  /// The number of a row by its place in the selection.
  public subscript(position: Int) -> Int {
    switch self {
    case .range(let range): range.lowerBound + position
    case .list(let rows): Int(rows[position])
    }
  }
}

/// The columns of one input.
public struct InputColumns: Sendable {
  /// A column that is read where it lies.
  public struct View: @unchecked Sendable {
    /// The first value.
    public let base: UnsafePointer<Double>
    /// Distance between values, in doubles.
    public let stride: Int
    /// Keeps the memory alive; the memory is not written while it lives.
    public let owner: AnyObject

    /// Describes a column.
    public init(base: UnsafePointer<Double>, stride: Int, owner: AnyObject) {
      self.base = base
      self.stride = stride
      self.owner = owner
    }
  }

  /// The columns.
  public let views: [View]
  /// Number of rows.
  public let count: Int

  /// Describes an input's columns.
  public init(views: [View], count: Int) {
    self.views = views
    self.count = count
  }
}

/// An owner of a column's memory that can do without the rows that were read, such as a file that is mapped into memory.
///
/// ``InputColumns/View/owner`` may be one. Whoever goes through more rows than memory holds lets them go part by part.
public protocol PageReleasing: AnyObject, Sendable {
  /// Lets go of the memory of some rows, whose values stay what they are: they are read again when they are needed.
  func releasePages(rows: Range<Int>)
}

extension InputColumns {
  /// Lets go of the memory of some rows, where it is that of a mapped file.
  public func releasePages(rows: Range<Int>) {
    for view in views { (view.owner as? any PageReleasing)?.releasePages(rows: rows) }
  }
}

/// The numbers of a plan's parameter slots, and what sweeps leave of single rows for the next ones.
public struct ParameterMemory: Hashable, Sendable {
  /// The slots' numbers.
  public var values: [[Double]]
  /// What the last sweep left of each row of the data in the slots of ``Plan/resumed``, row by row.
  ///
  /// NaN in rows that have not been swept; empty where every sweep begins afresh.
  ///
  /// Coordinate ascent among several variables of a row goes on from them, so that the bound cannot fall. They are part of
  /// the memory because they belong to its parameters: whoever goes back to older parameters goes back to these as well.
  public var rows: [TileSlot: [Double]] = [:]

  /// The memory that a plan starts with.
  public init(_ plan: Plan) { values = plan.parameters.map(\.initial) }

  /// The numbers of a slot.
  public subscript(slot: ParameterSlot) -> [Double] {
    get { values[slot.index] }
    _modify { yield &values[slot.index] }
  }
}

/// Why a backend cannot run a plan.
public struct BackendError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One or a few sentences.
  public let description: String
  /// Makes an error with a message.
  public init(_ description: String) { self.description = description }
}
