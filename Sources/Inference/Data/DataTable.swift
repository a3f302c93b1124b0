/// A table of equally long, named columns in memory.
///
/// A column is a view: it may point into memory that a NumPy array, a mapped file or a CSV reader owns, and keeps that
/// owner alive. Nothing is copied when a table is made from columns.
public struct DataTable: Sendable {
  /// The columns, in the order of the file.
  public let columns: [Column]
  /// Number of rows.
  public let rowCount: Int
  /// Where the table came from, for messages: a path, or "the table".
  public let origin: String

  /// Makes a table of columns that have one length.
  ///
  /// - Throws: ``DataError`` where two columns share a name or differ in length.
  public init(columns: [Column], origin: String = "the table") throws(DataError) {
    self.columns = columns
    self.origin = origin
    rowCount = columns.first?.count ?? 0
    var seen: [String: Int] = [:]
    for (index, column) in columns.enumerated() {
      if let first = seen.updateValue(index, forKey: column.name) {
        throw DataError(
          "\(origin): two columns are named \"\(shown(column.name))\" (columns \(first + 1) and \(index + 1)). "
            + "Rename one of them.")
      }
      if column.count != rowCount {
        throw DataError(
          "\(origin): column \"\(shown(column.name))\" has \(column.count) rows, but \"\(shown(columns[0].name))\" has "
            + "\(rowCount).")
      }
    }
    places = seen
  }

  /// Makes a table from Swift arrays.
  ///
  /// - Throws: ``DataError`` where the arrays differ in length.
  public init(_ columns: KeyValuePairs<String, [Double]>) throws(DataError) {
    try self.init(columns: columns.map { Column(name: $0.key, values: $0.value) })
  }

  private let places: [String: Int]

  /// The column of a name, if there is one.
  public subscript(name: String) -> Column? { places[name].map { columns[$0] } }

  /// The names of all columns, in order.
  public var columnNames: [String] { columns.map(\.name) }
}

/// One column of a ``DataTable``: numbers, or labels stored as the index of their level.
public struct Column: Sendable {
  /// What the values of a column are.
  public enum Kind: Hashable, Sendable {
    /// Numbers.
    case numeric
    /// Labels: each value is an index into `levels`.
    case categorical(levels: [String])
  }

  /// What a reader saw in a column that a message may have to tell.
  public struct Findings: Hashable, Sendable {
    /// How many cells are missing; their value is NaN.
    public var missingCount = 0
    /// The line of the first missing cell (1 is the header line), where known.
    public var firstMissingLine: Int?
    /// The first cell that is not a number, in a column that also has numbers: its line and text.
    public var firstText: (line: Int, text: String)? {
      get { firstTextLine.map { ($0, firstTextValue) } }
      set {
        firstTextLine = newValue?.line
        firstTextValue = newValue?.text ?? ""
      }
    }
    /// Whether lines are rows, counted from 1, of a source that has no lines.
    public var countsRows = false
    private var firstTextLine: Int?
    private var firstTextValue = ""

    /// Nothing was found.
    public init() {}
  }

  /// The column's name.
  public let name: String
  /// Numbers or labels.
  public let kind: Kind
  /// What its reader saw.
  public let findings: Findings
  /// Number of values.
  public let count: Int
  /// The first value; the next one lies ``stride`` doubles further.
  public var base: UnsafePointer<Double> { owner.base }
  /// Distance between two values, in doubles.
  public let stride: Int
  private let owner: ColumnOwner
  private(set) var summaryCache = ColumnSummaryCache()

  /// Makes a column that owns a copy of `values`.
  public init(name: String, values: [Double], kind: Kind = .numeric, findings: Findings = Findings()) {
    self.init(
      name: name, owner: ColumnOwner(copying: values), count: values.count, stride: 1, kind: kind,
      findings: findings)
  }

  /// Makes a column that views memory which `owner` keeps alive.
  ///
  /// - Parameters:
  ///   - name: The column's name.
  ///   - owner: Where the values lie.
  ///   - count: Number of values.
  ///   - stride: Distance between two values, in doubles; 1 where they lie side by side.
  ///   - kind: What the values are.
  ///   - findings: What reading them found out.
  public init(
    name: String, owner: ColumnOwner, count: Int, stride: Int, kind: Kind = .numeric, findings: Findings = Findings()
  ) {
    self.name = name
    self.kind = kind
    self.findings = findings
    self.count = count
    self.stride = stride
    self.owner = owner
  }

  /// The value of row `row`.
  public subscript(row: Int) -> Double {
    precondition(row >= 0 && row < count, "row \(row) of a column with \(count) rows")
    return base[row * stride]
  }

  /// Lets go of the memory of some rows, where the column lies in a mapped file; the values stay what they are.
  public func releasePages(rows: Range<Int>) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= count, "rows out of range")
    if rows.isEmpty { return }
    // A column may run backwards.
    let start = base + (stride < 0 ? rows.upperBound - 1 : rows.lowerBound) * stride
    owner.releasePages(
      UnsafeRawBufferPointer(UnsafeBufferPointer(start: start, count: (rows.count - 1) * abs(stride) + 1)))
  }

  /// The same values under another name.
  public func renamed(_ name: String) -> Column {
    var column = Column(name: name, owner: owner, count: count, stride: stride, kind: kind, findings: findings)
    column.summaryCache = summaryCache
    return column
  }

  /// The rows of a range, without a copy.
  public func slice(_ rows: Range<Int>) -> Column {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= count, "rows out of range")
    if rows.count == count { return self }
    let part = ColumnOwner(base: base + rows.lowerBound * stride, keeping: owner)
    return Column(name: name, owner: part, count: rows.count, stride: stride, kind: kind, findings: findings)
  }
}

/// Keeps the memory of a column alive.
///
/// The memory is never written after the owner was made, so an owner may be shared between threads.
public final class ColumnOwner: @unchecked Sendable {
  /// The first value.
  public let base: UnsafePointer<Double>
  private let release: () -> Void
  private let pageRelease: ((UnsafeRawBufferPointer) -> Void)?

  /// Views memory that stays valid and unchanged until `release` is called, when the last column that uses it is gone.
  ///
  /// - Parameters:
  ///   - base: The first value.
  ///   - release: Called when nothing uses the memory any more.
  ///   - releasePages: Tells the system that bytes of the memory, which can be read again from a file, are not needed for
  ///     now; nil for memory that is all there is.
  public init(
    base: UnsafePointer<Double>, release: @escaping () -> Void,
    releasePages: ((UnsafeRawBufferPointer) -> Void)? = nil
  ) {
    self.base = base
    self.release = release
    pageRelease = releasePages
  }

  /// Views a part of what another owner keeps.
  public convenience init(base: UnsafePointer<Double>, keeping owner: AnyObject) {
    self.init(base: base, release: { _ = owner }, releasePages: (owner as? ColumnOwner)?.pageRelease)
  }

  /// Owns a copy of an array.
  public convenience init(copying values: [Double]) {
    let memory = UnsafeMutablePointer<Double>.allocate(capacity: max(values.count, 1))
    memory.update(from: values, count: values.count)
    self.init(base: UnsafePointer(memory), release: { memory.deallocate() })
  }

  /// Lets go of bytes where they can be read again.
  func releasePages(_ bytes: UnsafeRawBufferPointer) { pageRelease?(bytes) }

  deinit { release() }
}

/// What is wrong with data: which file, line or column, what was expected, and what to do.
public struct DataError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One or a few sentences.
  public let description: String
  /// The setting that mends it, where there is one.
  public let remedy: Remedy?

  /// Whether whoever read what was written has gone, as `head` does when it has seen enough.
  public let isReaderGone: Bool

  /// Makes an error with a message for the user.
  public init(_ description: String, remedy: Remedy? = nil, isReaderGone: Bool = false) {
    self.description = description
    self.remedy = remedy
    self.isReaderGone = isReaderGone
  }
}
