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

  /// Names a file, which is not opened yet.
  public init(path: String, columns: [String]? = nil, categorical: Set<String> = []) {
    self.path = path
    self.columns = columns
    self.categorical = categorical
  }

  /// Reads the columns.
  ///
  /// - Throws: ``DataError`` where the file is no NumPy file, or its array is no table of finite numbers.
  public func read() throws(DataError) -> DataTable {
    let file = try MappedFile(path: path)
    let header = try NPYHeader(UnsafeRawBufferPointer(start: file.base, count: file.count), file: path)
    let (rows, width) = try tableShape(header)
    try checkLength(header, rows: rows, width: width, available: file.count - header.dataOffset)
    let names = header.shape.count == 1 ? ["x"] : (1...width).map { "x\($0)" }
    let selected = try ColumnSelection.select(names, wanted: columns, categorical: categorical, place: path)

    let data = file.base + header.dataOffset
    var matrix: NPYMatrix
    if header.elementType.isNativeDouble, Int(bitPattern: data) % MemoryLayout<Double>.alignment == 0 {
      matrix = NPYMatrix(
        owner: ColumnOwner(base: data.assumingMemoryBound(to: Double.self), keeping: file), rows: rows,
        columns: Array(0..<width), rowStride: header.isFortranOrder ? 1 : width,
        columnStride: header.isFortranOrder ? rows : 1)
    } else {
      let wanted = names.indices.filter { selected[$0] }
      matrix = try NPYMatrix(converting: data, header, rows: rows, width: width, columns: wanted, file: path)
    }
    let missing = try matrix.countMissing(selected: selected, names: names, file: path)

    var result: [Column] = []
    for (position, index) in matrix.columns.enumerated() where selected[index] {
      var findings = Column.Findings()
      findings.missingCount = missing[position]
      let column = matrix.column(position, name: names[index], findings: findings)
      result.append(categorical.contains(names[index]) ? labelled(column) : column)
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

  /// Makes labels of numbers, as if the column had been read from a CSV file.
  private func labelled(_ column: Column) -> Column {
    let labels = LabelTable()
    var values = (0..<column.count).map { row in
      if column[row].isNaN { return Double.nan }
      // Both zeros are the same label.
      var text = numberText(column[row] == 0 ? 0 : column[row])
      return text.withUTF8 { Double(labels.index(of: $0).index) }
    }
    let (levels, newIndex) = labels.sortedLevels()
    for row in values.indices where !values[row].isNaN { values[row] = Double(newIndex[Int(values[row])]) }
    return Column(name: column.name, values: values, kind: .categorical(levels: levels), findings: column.findings)
  }
}
