import Inference

/// An array of numbers in a NumPy file (.npy): rows and columns, or a single column.
///
/// ```swift
/// let table = try NPYFile(path: "draws.npy").read()
/// ```
///
/// The columns of a matrix are called x1, x2, and so on; that of a vector is called x. NaN is a missing value, and
/// infinity is an error.
///
/// The file is mapped into memory: little-endian doubles are not copied, and the columns view the file. It must not be
/// changed in place while they are in use; replacing it, as ``AtomicFile`` does, is safe. Elements of other types are
/// converted into new columns; integers beyond 2^53 are rounded.
public struct NPYFile: Sendable {
  /// The file.
  public let path: String
  /// The names of the columns to read, or nil for all of them.
  public let columns: [String]?
  /// The names of columns to read as labels; the levels are the numbers as text, in the order of their bytes.
  public let categorical: Set<String>
  /// How many bytes of converted columns are kept in memory; see ``CSVOptions/memoryLimit``.
  public let memoryLimit: Int

  /// Names a file, which is not opened yet.
  public init(
    path: String, columns: [String]? = nil, categorical: Set<String> = [],
    memoryLimit: Int = CSVOptions.defaultMemoryLimit
  ) {
    self.memoryLimit = memoryLimit
    self.path = path
    self.columns = columns
    self.categorical = categorical
  }

  /// Reads the columns.
  ///
  /// - Throws: ``DataError`` where the file is no NumPy file, or its array is no table of finite numbers.
  public func read() throws(DataError) -> DataTable {
    let file = try Mapping(path: path, content: "a NumPy array")
    let header = try NPYHeader(UnsafeRawBufferPointer(start: file.base, count: file.count), file: path)
    let (rows, width) = try tableShape(header)
    try checkLength(header, rows: rows, width: width, available: file.count - header.dataOffset)
    let names = header.shape.count == 1 ? ["x"] : (1...width).map { "x\($0)" }
    let selected = try ColumnSelection.select(names, wanted: columns, categorical: categorical, place: path)
    let array = NPYArray(file: file, header: header, rows: rows, width: width)
    var cells = NPYCells(file: path, names: names, selected: selected)
    let owners =
      array.isReady ? try array.view(&cells) : try array.convert(&cells, path: path, memoryLimit: memoryLimit)

    var result: [Column] = []
    for index in names.indices where selected[index] {
      guard let (owner, stride) = owners[index] else { continue }
      var findings = Column.Findings()
      findings.missingCount = cells.missing[index]
      let column = Column(name: names[index], owner: owner, count: rows, stride: stride, findings: findings)
      result.append(categorical.contains(names[index]) ? try labelled(column) : column)
    }
    return try DataTable(columns: result, origin: path)
  }

  private func tableShape(_ header: NPYHeader) throws(DataError) -> (rows: Int, width: Int) {
    let shape = header.shape
    let text = shape.map(String.init).joined(separator: " x ")
    guard shape.count == 1 || shape.count == 2 else {
      let dimensions = shape.isEmpty ? "is a single number" : "has \(shape.count) dimensions (\(text))"
      throw DataError(
        "\(path): the array \(dimensions); rows and columns were expected. Reshape it before saving.")
    }
    let width = shape.count == 1 ? 1 : shape[1]
    if width == 0 { throw DataError("\(path): the array has no columns (\(text)). At least one was expected.") }
    if shape[0] == 0 { throw DataError("\(path): the array has no rows (\(text)). At least one was expected.") }
    return (shape[0], width)
  }

  private func checkLength(_ header: NPYHeader, rows: Int, width: Int, available: Int) throws(DataError) {
    let (count, isTooLarge) = rows.multipliedReportingOverflow(by: width)
    let (bytes, overflows) = count.multipliedReportingOverflow(by: header.elementType.size)
    if isTooLarge || overflows || bytes > available {
      let expected = isTooLarge || overflows ? "more" : "\(bytes)"
      throw DataError(
        "\(path): the file is cut off: it has \(available) bytes of elements, but its header announces \(expected). "
          + "Copy it or save it again.")
    }
  }

  /// Rows that become labels at a time.
  static let labelsAtOnce = 1 << 14

  /// Makes labels of numbers, as if the column had been read from a CSV file.
  private func labelled(_ column: Column) throws(DataError) -> Column {
    let labels = LabelTable()
    let store = ColumnStore(columnCount: 1, memoryLimit: memoryLimit, name: path)
    let blockSize = Self.labelsAtOnce
    let block = UnsafeMutablePointer<Double>.allocate(capacity: blockSize)
    defer { block.deallocate() }
    // The same numbers come again and again.
    var known: [Double: Double] = [:]
    for first in stride(from: 0, to: column.count, by: blockSize) {
      let rows = first..<min(first + blockSize, column.count)
      for row in rows {
        // Both zeros are the same label.
        let value = column[row] == 0 ? 0 : column[row]
        if value.isNaN {
          block[row - first] = .nan
        } else if let label = known[value] {
          block[row - first] = label
        } else {
          var text = numberText(value)
          let label = text.withUTF8 { Double(labels.index(of: $0).index) }
          known[value] = label
          block[row - first] = label
        }
      }
      try store.append(rows.count, [block])
      column.releasePages(rows: rows)
    }
    let levels = try labels.sortLevels(of: 0, in: store)
    return Column(
      name: column.name, owner: try store.owner(of: 0), count: column.count, stride: 1,
      kind: .categorical(levels: levels), findings: column.findings)
  }
}
