import Inference

/// Collects a table cell by cell, for sources of which the kinds of the columns are known before the first row.
///
/// ```swift
/// let builder = TableBuilder(columns: [("x", false), ("city", true)], origin: "the query")
/// builder.append(number: 1.5, column: 0)
/// builder.append(label: "Basel", column: 1)
/// try builder.endRow()
/// let table = try builder.finish()
/// ```
///
/// A cell that is not given is missing. Columns beyond the memory limit go to a temporary file.
public final class TableBuilder {
  private let names: [String]
  private let origin: String
  private let labels: [LabelTable?]
  private var findings: [Column.Findings]
  private let store: ColumnStore
  // Some rows are collected before the store takes them.
  static let blockSize = 1 << 10
  private let block: UnsafeMutablePointer<Double>
  private var used = 0

  /// - Parameters:
  ///   - columns: The name of each column, and whether it holds labels.
  ///   - origin: Where the rows come from, for messages.
  ///   - memoryLimit: How many bytes of columns are kept in memory.
  public init(
    columns: [(name: String, isLabel: Bool)], origin: String, memoryLimit: Int = CSVOptions.defaultMemoryLimit
  ) {
    names = columns.map(\.name)
    self.origin = origin
    labels = columns.map { $0.isLabel ? LabelTable() : nil }
    findings = columns.map { _ in Column.Findings() }
    store = ColumnStore(columnCount: columns.count, memoryLimit: memoryLimit, name: origin)
    block = .allocate(capacity: Self.blockSize * columns.count)
    block.initialize(repeating: .nan, count: Self.blockSize * columns.count)
  }

  deinit { block.deallocate() }

  /// Gives the cell of the present row a number; in a column of labels, its text.
  public func append(number: Double, column: Int) {
    if labels[column] != nil {
      append(label: numberText(number == 0 ? 0 : number), column: column)
    } else {
      block[column * Self.blockSize + used] = number
    }
  }

  /// Gives the cell of the present row a label; the empty text is missing.
  public func append(label: String, column: Int) {
    guard let labels = labels[column], !label.isEmpty else { return }
    var label = label
    block[column * Self.blockSize + used] = label.withUTF8 { Double(labels.index(of: $0).index) }
  }

  /// Notes that the present cell of a column holds a text where others hold numbers, unless one was noted before.
  public func noteMixture(text: String, column: Int) {
    if findings[column].firstText != nil { return }
    findings[column].firstText = (store.count + used + 1, text)
    findings[column].countsRows = true
  }

  /// Goes to the next row.
  ///
  /// - Throws: ``DataError`` at a number that is not finite, and where there is no room for the rows.
  public func endRow() throws(DataError) {
    for column in names.indices {
      let value = block[column * Self.blockSize + used]
      if value.isNaN { findings[column].missingCount += 1 }
      if value.isInfinite {
        throw DataError(
          "\(origin): row \(store.count + used + 1) of column \"\(shown(names[column]))\" is \(value), which is not a "
            + "finite number; leave the cell empty if it is missing.")
      }
    }
    used += 1
    if used == Self.blockSize { try flush() }
  }

  private func flush() throws(DataError) {
    try store.append(used, names.indices.map { block + $0 * Self.blockSize })
    block.update(repeating: .nan, count: Self.blockSize * names.count)
    used = 0
  }

  /// The table; nothing can be added afterwards.
  ///
  /// - Throws: ``DataError`` where there are no rows, or two columns share a name.
  public func finish() throws(DataError) -> DataTable {
    try flush()
    if store.count == 0 { throw DataError("\(origin): the table has no rows. At least one was expected.") }
    var columns: [Column] = []
    for (index, name) in names.enumerated() {
      var kind = Column.Kind.numeric
      if let levels = try labels[index]?.sortLevels(of: index, in: store) { kind = .categorical(levels: levels) }
      columns.append(
        Column(
          name: name, owner: try store.owner(of: index), count: store.count, stride: 1, kind: kind,
          findings: findings[index]))
    }
    return try DataTable(columns: columns, origin: origin)
  }
}

extension LabelTable {
  /// The labels sorted by their bytes; the column of a store that holds their numbers gets the new ones.
  func sortLevels(of column: Int, in store: ColumnStore) throws(DataError) -> [String] {
    let (levels, newIndex) = sortedLevels()
    try store.rewrite(column) { Self.renumber($0, newIndex) }
    return levels
  }

  /// Replaces the numbers of labels; NaN stays.
  static func renumber(_ values: UnsafeMutableBufferPointer<Double>, _ newIndex: [Int]) {
    for row in values.indices where !values[row].isNaN { values[row] = Double(newIndex[Int(values[row])]) }
  }
}
