import Inference

extension NPYFile {
  /// Writes the columns of a table as a matrix of doubles, one column after the other (Fortran order).
  ///
  /// ```swift
  /// try NPYFile.write(table.columns, to: "draws.npy")
  /// ```
  ///
  /// The names are not kept. An older file is replaced only when the new one is complete.
  ///
  /// - Parameter path: The file; "-" is the standard output.
  /// - Throws: ``DataError`` where the file cannot be written, the columns differ in length, or one holds labels.
  public static func write(_ columns: [Column], to path: String) throws(DataError) {
    guard let rows = columns.first?.count else {
      throw DataError("\(path): there is no column to write. At least one was expected.")
    }
    for column in columns {
      if column.count != rows {
        throw DataError(
          "\(path): column \"\(shown(column.name))\" has \(column.count) rows, but \"\(shown(columns[0].name))\" has "
            + "\(rows).")
      }
      if case .categorical = column.kind {
        throw DataError(
          "\(path): column \"\(shown(column.name))\" holds labels\(column.findings.firstText.map { " (\"\(shown($0.text))\" in \(column.findings.placeOfText))" } ?? ""), "
            + "but a NumPy file holds numbers only. Leave it out, or write a CSV file.")
      }
    }
    try AtomicFile.write(to: path) { (writer) throws(DataError) in
      try writeHeader(rows: rows, columns: columns.count, isFortranOrder: true, to: writer)
      for column in columns { try writer.write(valuesOf: column) }
    }
  }

  /// Writes a matrix of doubles that is stored row by row (C order).
  ///
  /// - Parameters:
  ///   - matrix: The elements of the first row, then those of the second, and so on.
  ///   - columnCount: Length of a row.
  ///   - path: The file; "-" is the standard output.
  /// - Throws: ``DataError`` where the file cannot be written, or the rows are not complete.
  public static func write(_ matrix: [Double], columnCount: Int, to path: String) throws(DataError) {
    guard columnCount > 0, matrix.count % columnCount == 0 else {
      throw DataError("\(path): \(counted(matrix.count, "number")) cannot be put into rows of \(columnCount).")
    }
    try AtomicFile.write(to: path) { (writer) throws(DataError) in
      try writeHeader(rows: matrix.count / columnCount, columns: columnCount, isFortranOrder: false, to: writer)
      for value in matrix { try write(value, to: writer) }
    }
  }

  private static func write(_ value: Double, to writer: ByteWriter) throws(DataError) {
    var bits = value.bitPattern.littleEndian
    for _ in 0..<8 {
      try writer.write(byte: UInt8(truncatingIfNeeded: bits))
      bits >>= 8
    }
  }

  /// A header of version 1, padded so that the elements begin at a multiple of 64 bytes.
  static func writeHeader(
    rows: Int, columns: Int, isFortranOrder: Bool, to writer: ByteWriter
  ) throws(DataError) {
    var text = "{'descr': '<f8', 'fortran_order': \(isFortranOrder ? "True" : "False"), "
    text += "'shape': (\(rows), \(columns)), }"
    let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
    text += String(repeating: " ", count: length - 1 - text.utf8.count) + "\n"
    try writer.write(FileSignature.numPy + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)])
    try writer.write(text)
  }
}
