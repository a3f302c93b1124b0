import Inference
import JointDistributions

extension JointDistribution {
  /// Draws rows into a file, in memory that does not grow with their number.
  ///
  /// A name that ends with ".npy" gives a matrix of doubles, row by row; anything else CSV. The bytes depend on the seed
  /// alone, not on the number of threads, and the file is written whole or not at all.
  ///
  /// - Parameters:
  ///   - path: The file; "-" is the standard output.
  ///   - rows: How many rows, from 1 on.
  ///   - seed: Equal seeds give equal rows.
  ///   - threads: How many threads draw and format.
  /// - Throws: ``DataError`` where the file cannot be written, or cannot hold levels.
  public func writeRows(_ rows: Int, seed: UInt64, to path: String, threads: Int = 1) throws(DataError) {
    guard rows > 0 else { throw DataError("\(path): \(rows) rows cannot be written; at least 1 was expected.") }
    let name = path.lowercased()
    try Self.check(name: name, path: path, levels: margins.first { $0.levels != nil }?.name)
    let generator = generator(seed: seed, threads: threads)
    let form = name.hasSuffix(".npy") ? RowForm.numPy : .text(RowText(margins, path: path))
    try AtomicFile.write(to: path) { (writer) throws(DataError) in
      switch form {
      case .numPy:
        try NPYFile.writeHeader(rows: rows, columns: margins.count, isFortranOrder: false, to: writer)
      case .text(let text): try writer.write(text.header)
      }
      let blocks = (rows - 1) / generator.blockRows + 1
      // A few blocks for each thread are made at once, and then written in order.
      let wave = max(threads, 1) * 4
      var buffers = [BlockBuffer](repeating: BlockBuffer(), count: wave)
      for first in stride(from: 0, to: blocks, by: wave) {
        let count = min(wave, blocks - first)
        buffers.withUnsafeMutableBufferPointer { buffers in
          nonisolated(unsafe) let buffers = buffers
          RowGenerator.concurrently(threads: threads, tasks: count) { task in
            let block = first + task
            let length = min(generator.blockRows, rows - block * generator.blockRows)
            buffers[task].fill(generator, block: block, rows: length, form)
          }
        }
        for task in 0..<count { try buffers[task].write(to: writer, form) }
      }
    }
  }

  /// Writes columns that were drawn into a file, as ``writeRows(_:seed:to:threads:)`` writes rows.
  ///
  /// - Throws: ``DataError`` where the file cannot be written, or cannot hold levels.
  public func write(_ columns: [[Double]], to path: String) throws(DataError) {
    let name = path.lowercased()
    try Self.check(name: name, path: path, levels: margins.first { $0.levels != nil }?.name)
    let table = try table(columns)
    if name.hasSuffix(".npy") {
      try NPYFile.write(table.columns, to: path)
    } else {
      try CSVWriter().write(table, to: path)
    }
  }

  /// The table of columns that were drawn, with the texts of their levels.
  public func table(_ columns: [[Double]]) throws(DataError) -> DataTable {
    try DataTable(
      columns: zip(margins, columns).map { margin, values in
        Column(name: margin.name, values: values, kind: margin.levels.map { .categorical(levels: $0) } ?? .numeric)
      })
  }

  /// What files of a name cannot be written, or cannot hold.
  static func check(name: String, path: String, levels: String?) throws(DataError) {
    for (suffix, what) in [(".gz", "packed"), (".parquet", "Parquet")] where name.hasSuffix(suffix) {
      throw DataError("\(path): \(what) files are read, not written. Use a name that ends with .csv or .npy.")
    }
    if name.hasSuffix(".npy"), let levels {
      throw DataError(
        "\(path): column \"\(shown(levels))\" holds labels, but a NumPy file holds numbers only. Write a CSV file.")
    }
  }
}

extension Margin {
  /// The texts of its values, for a label.
  var levels: [String]? { (law as? TableLaw)?.levels }
}

/// How rows are written.
private enum RowForm {
  case numPy
  case text(RowText)
}

/// Lines of a CSV file.
private struct RowText {
  let header: String
  private let levels: [[String]?]
  private let delimiter: String

  init(_ margins: [Margin], path: String) {
    let writer = CSVWriter()
    let byte = writer.delimiter(path)
    delimiter = String(UnicodeScalar(byte))
    header = margins.map { writer.quoted($0.name, byte, isName: true) }.joined(separator: delimiter) + "\n"
    levels = margins.map { $0.levels?.map { writer.quoted($0, byte) } }
  }

  /// Appends the lines of some rows.
  func append(_ values: [Double], to text: inout String) {
    var column = 0
    for value in values {
      if let levels = levels[column] { text += levels[Int(value)] } else { text += numberText(value) }
      column += 1
      if column < self.levels.count {
        text += delimiter
      } else {
        text += "\n"
        column = 0
      }
    }
  }
}

/// One block on its way to the file.
private struct BlockBuffer {
  private var values: [Double] = []
  private var text = ""

  mutating func fill(_ generator: RowGenerator, block: Int, rows: Int, _ form: RowForm) {
    let count = rows * generator.columnCount
    if values.count != count { values = [Double](repeating: 0, count: count) }
    values.withUnsafeMutableBufferPointer { generator.draw(block: block, into: $0) }
    guard case .text(let lines) = form else { return }
    text.removeAll(keepingCapacity: true)
    lines.append(values, to: &text)
  }

  func write(to writer: ByteWriter, _ form: RowForm) throws(DataError) {
    guard case .numPy = form else { return try writer.write(text) }
    try values.withUnsafeBytes { bytes in Result { () throws(DataError) in try writer.write(bytes: bytes) } }.get()
  }
}
