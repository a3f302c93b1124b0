import Inference

/// Writes tables as CSV files that ``CSVFile`` reads back unchanged.
///
/// ```swift
/// try CSVWriter().write(table, to: "result.csv")
/// ```
///
/// Numbers have as many digits as it takes to read back the same number, labels are written as their texts, and a
/// missing value is an empty field. Text is put into quotes where it would not come back otherwise. Labels that are
/// numbers come back as labels only if the reader is told that the column is categorical, and an empty label comes back
/// as a missing value.
public struct CSVWriter: Sendable {
  /// What stands between two fields; automatic is by the name of the file, as in ``CSVOptions``.
  public var delimiter: CSVOptions.Delimiter

  /// Makes a writer.
  public init(delimiter: CSVOptions.Delimiter = .automatic) { self.delimiter = delimiter }

  /// Writes a table to a file, which replaces an older one only when it is complete.
  ///
  /// - Parameter path: The file; "-" is the standard output.
  /// - Throws: ``DataError`` where the file cannot be written, or a label has no level.
  public func write(_ table: DataTable, to path: String) throws(DataError) {
    try AtomicFile.write(to: path) { (writer) throws(DataError) in
      try writeHeader(table, path, to: writer)
      try writeRows(table, path, to: writer)
    }
  }

  /// Writes tables of the same columns as one, each as it is made: none of them need be in memory when the next one is.
  ///
  /// - Parameters:
  ///   - path: The file, which replaces an older one only when it is complete; "-" is the standard output.
  ///   - next: Makes the next table; nil where there are no more.
  /// - Throws: ``DataError`` as ``write(_:to:)`` does, and what `next` throws.
  public func write(to path: String, parts next: () throws -> DataTable?) throws {
    var failure: (any Error)?
    do throws(DataError) {
      try AtomicFile.write(to: path) { (writer) throws(DataError) in
        var isFirst = true
        while true {
          let part: DataTable?
          do { part = try next() } catch {
            failure = error
            throw DataError("\(path): \(error)")
          }
          guard let part else { return }
          if isFirst { try writeHeader(part, path, to: writer) }
          isFirst = false
          try writeRows(part, path, to: writer)
        }
      }
    } catch {
      throw failure ?? error
    }
  }

  func delimiter(_ path: String) -> UInt8 {
    CSVOptions(delimiter: delimiter).delimiterByte(path: path) ?? CSVDelimiter.comma
  }

  private func writeHeader(_ table: DataTable, _ path: String, to writer: ByteWriter) throws(DataError) {
    guard !table.columns.isEmpty else { throw DataError("\(path): a table without columns cannot be written.") }
    let delimiter = delimiter(path)
    for (index, column) in table.columns.enumerated() {
      if index > 0 { try writer.write(byte: delimiter) }
      try writer.write(quoted(column.name, delimiter, isName: true))
    }
    try writer.write(byte: CSVScanner.lineFeed)
  }

  private func writeRows(_ table: DataTable, _ path: String, to writer: ByteWriter) throws(DataError) {
    let delimiter = delimiter(path)
    let columns = table.columns
    let levels = columns.map { column -> [String]? in
      guard case .categorical(let levels) = column.kind else { return nil }
      return levels.map { quoted($0, delimiter) }
    }
    // The last lines of a file with one column must not be blank, since such lines do not count.
    let missing = columns.count == 1 ? "\"\"" : ""
    for row in 0..<table.rowCount {
      for (index, column) in columns.enumerated() {
        if index > 0 { try writer.write(byte: delimiter) }
        let value = column[row]
        if value.isNaN {
          try writer.write(missing)
        } else if let levels = levels[index] {
          guard let level = Int(exactly: value), levels.indices.contains(level) else {
            throw DataError(
              "\(table.origin): row \(row + 1) of column \"\(shown(column.name))\" has the label number "
                + "\(numberText(value)), but the column has \(counted(levels.count, "level")).")
          }
          try writer.write(levels[level])
        } else {
          try writer.write(numberText(value))
        }
      }
      try writer.write(byte: CSVScanner.lineFeed)
    }
  }

  /// A text, in quotes where it would be read as something else without them.
  func quoted(_ text: String, _ delimiter: UInt8, isName: Bool = false) -> String {
    let bytes = text.utf8
    let isPadding = { (byte: UInt8?) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let needsQuotes =
      bytes.isEmpty || isPadding(bytes.first) || isPadding(bytes.last)
      // It could be a byte order mark.
      || bytes.first == 0xEF
      || bytes.contains { byte in
        // The first line tells a reader what the delimiter is.
        byte == delimiter || isName && CSVDelimiter.others.contains(byte) || byte == CSVScanner.quote
          || byte == CSVScanner.lineFeed
          || byte == CSVScanner.carriageReturn
      }
    guard needsQuotes else { return text }
    var result: [UInt8] = [CSVScanner.quote]
    for byte in bytes {
      if byte == CSVScanner.quote { result.append(byte) }
      result.append(byte)
    }
    result.append(CSVScanner.quote)
    return String(decoding: result, as: UTF8.self)
  }
}

/// A number with as few digits as identify it; whole numbers have no point.
func numberText(_ value: Double) -> String {
  if value.magnitude < 1e15, value == value.rounded(), value != 0 { return String(Int(value)) }
  let text = value.description
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
