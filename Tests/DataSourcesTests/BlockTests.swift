import Inference
import Testing

@testable import DataSources

/// Whatever a format reads or writes at a time, the rows on both sides of a cut are those that were there.
@Suite("Files of more rows than a block")
struct BlockTests {
  /// How many rows a block has, as the code says it, and the rows of files that end about a block's end.
  struct Cut: CustomTestStringConvertible, Sendable {
    let name: String
    let block: Int
    var testDescription: String { "\(name), \(block) rows" }
    var rowCounts: [Int] { [block - 1, block, block + 1, 2 * block + 7] }
  }

  private func number(_ row: Int, _ column: Int) -> Double {
    (row + 3 * column) % 7 == 2 ? .nan : 0.5 * Double(row) - Double(column)
  }

  private func text(_ row: Int) -> String? { row % 5 == 3 ? nil : "w\(row * 13 % 17)" }

  /// Two columns of numbers and one of labels, all with gaps.
  private func table(_ rows: Range<Int>) throws -> DataTable {
    let builder = TableBuilder(columns: [("x1", false), ("x2", false), ("word", true)], origin: "a table")
    for row in rows {
      for column in 0..<2 where !number(row, column).isNaN {
        builder.append(number: number(row, column), column: column)
      }
      if let text = text(row) { builder.append(label: text, column: 2) }
      try builder.endRow()
    }
    return try builder.finish()
  }

  /// Compares all cells; the first one that is wrong speaks for all.
  private func expectCells(
    _ found: DataTable, _ rows: Int, _ what: String, hasLabels: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try #require(found.rowCount == rows, "\(what)", sourceLocation: sourceLocation)
    for column in 0..<2 {
      let values = try #require(found["x\(column + 1)"], sourceLocation: sourceLocation)
      let wrong = (0..<rows).first { row in
        let (a, b) = (values[row], number(row, column))
        return !(a == b || a.isNaN && b.isNaN)
      }
      #expect(wrong == nil, "\(what): x\(column + 1) of this row", sourceLocation: sourceLocation)
      let missing = (0..<rows).count { number($0, column).isNaN }
      #expect(values.findings.missingCount == missing, "\(what)", sourceLocation: sourceLocation)
    }
    guard hasLabels else { return }
    let labels = try #require(found.labels("word"), sourceLocation: sourceLocation)
    let wrong = (0..<rows).first { labels[$0] != text($0) }
    #expect(wrong == nil, "\(what): the label of this row", sourceLocation: sourceLocation)
  }

  // MARK: Rows one by one

  @Test(arguments: [Cut(name: "rows that are collected", block: TableBuilder.blockSize)])
  func collected(_ cut: Cut) throws {
    for rows in cut.rowCounts { try expectCells(table(0..<rows), rows, "\(rows) rows") }
  }

  // MARK: What is written comes back

  /// Some rows of a table, with what was found in their cells.
  private func part(_ table: DataTable, _ rows: Range<Int>) throws -> DataTable {
    try DataTable(
      columns: table.columns.map { column in
        let values = rows.map { column[$0] }
        var findings = Column.Findings()
        findings.missingCount = values.count(where: \.isNaN)
        return Column(name: column.name, values: values, kind: column.kind, findings: findings)
      })
  }

  @Test(
    arguments: ["rows.csv", "rows.table.safetensors"],
    [
      Cut(name: "values that are written", block: ByteWriter.rowsAtOnce),
      Cut(name: "labels in a temporary file", block: SpillFile.rowsAtOnce + 1),
      Cut(name: "several files", block: NPYArray.rowsAtOnce(of: 3)),
    ])
  func writtenAndRead(_ name: String, _ cut: Cut) throws {
    let folder = try TemporaryFolder()
    let rows = cut.rowCounts.last ?? 0
    let whole = try table(0..<rows)
    for count in cut.rowCounts {
      try DataFile.write(part(whole, 0..<count), to: folder.file(name))
      if name.hasSuffix(".csv"), count == rows {
        #expect(try folder.bytes(name).count > CSVPass.partSize)
      }
      for limit in [0, 1 << 30] {
        let back = try DataFile.read(path: folder.file(name), options: CSVOptions(memoryLimit: limit))
        try expectCells(back, count, "\(name), \(count) rows, \(limit) bytes of memory")
      }
    }
    // The same rows from two files, wherever they are cut.
    for first in cut.rowCounts.dropLast() {
      try DataFile.write(part(whole, 0..<first), to: folder.file("1-" + name))
      try DataFile.write(part(whole, first..<rows), to: folder.file("2-" + name))
      for limit in [0, 1 << 30] {
        let back = try DataFiles([folder.file("1-" + name), folder.file("2-" + name)])
          .read(options: CSVOptions(memoryLimit: limit))
        try expectCells(back, rows, "two files \(name), cut at \(first), \(limit) bytes of memory")
      }
    }
  }

  /// Blocks of bytes, of which decoders have their own, end anywhere in a row.
  @Test(arguments: ["packed", "of two bytes a character"])
  func decoded(_ how: String) throws {
    let folder = try TemporaryFolder()
    let rows = 30_000
    try DataFile.write(table(0..<rows), to: folder.file("rows.csv"))
    let plain = try folder.bytes("rows.csv")
    #expect(plain.count > 2 * max(GzipInflater.packedCapacity, Transcoder.rawCapacity, CSVPass.partSize / 2))
    let bytes = how == "packed" ? gzipped(plain) : [0xFF, 0xFE] + plain.flatMap { [$0, 0] }
    let path = try folder.write(bytes, as: how == "packed" ? "a.csv.gz" : "a.csv")
    for limit in [0, 1 << 30] {
      try expectCells(DataFile.read(path: path, options: CSVOptions(memoryLimit: limit)), rows, how)
    }
  }

  // MARK: NumPy files

  /// An array of some type, in either order.
  private func array(_ type: String, rows: Int, isFortranOrder: Bool) -> [UInt8] {
    var header = "{'descr': '\(type)', 'fortran_order': \(isFortranOrder ? "True" : "False"), 'shape': (\(rows), 2), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    var bytes = [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndian(UInt16(header.utf8.count + 1))
    bytes += Array(header.utf8) + [10]
    bytes.reserveCapacity(bytes.count + 16 * rows)
    for i in 0..<2 * rows {
      let value = isFortranOrder ? number(i % rows, i / rows) : number(i / 2, i % 2)
      let bits = type == "<f4" ? UInt64(Float(value).bitPattern) : value.bitPattern
      let size = type == "<f4" ? 4 : 8
      for k in 0..<size { bytes.append(UInt8(truncatingIfNeeded: bits >> (8 * (type == ">f8" ? 7 - k : k)))) }
    }
    return bytes
  }

  @Test(
    arguments: [false, true],
    [
      ("<f4", NPYArray.rowsAtOnce(of: 2)), (">f8", NPYArray.rowsAtOnce(of: 2)),
      ("<f8", NPYArray.elementsAtOnce / 2),
    ])
  func arrays(isFortranOrder: Bool, _ type: (name: String, block: Int)) throws {
    let folder = try TemporaryFolder()
    for rows in Cut(name: type.name, block: type.block).rowCounts.dropFirst(2) {
      let path = try folder.write(array(type.name, rows: rows, isFortranOrder: isFortranOrder), as: "a.npy")
      for limit in [0, 1 << 30] {
        let table = try NPYFile(path: path, memoryLimit: limit).read()
        try expectCells(table, rows, "\(type.name), \(rows) rows, \(limit) bytes of memory", hasLabels: false)
      }
    }
  }

  @Test func numbersAsLabels() throws {
    let folder = try TemporaryFolder()
    for rows in Cut(name: "labels", block: NPYFile.labelsAtOnce).rowCounts {
      let values = (0..<rows).map { $0 % 5 == 3 ? .nan : Double($0 * 13 % 17) }
      try NPYFile.write([Column(name: "x1", values: values)], to: folder.file("a.npy"))
      let labels = try #require(
        try NPYFile(path: folder.file("a.npy"), categorical: ["x1"]).read().labels("x1") ?? nil)
      let wrong = (0..<rows).first { labels[$0] != (values[$0].isNaN ? nil : "\(Int(values[$0]))") }
      #expect(wrong == nil, "\(rows) rows")
    }
  }

  @Test func arraysAreWrittenWhole() throws {
    let folder = try TemporaryFolder()
    let rows = 2 * ByteWriter.rowsAtOnce + 7
    let columns = (0..<2).map { column in
      Column(name: "x\(column + 1)", values: (0..<rows).map { number($0, column) })
    }
    try NPYFile.write(columns, to: folder.file("a.npy"))
    try expectCells(NPYFile(path: folder.file("a.npy")).read(), rows, "what was written", hasLabels: false)
  }
}
