import Foundation
import Inference
import Testing

@testable import DataSources

@Suite("NumPy files")
struct NPYTests {
  /// The bytes of a NumPy file.
  private func file(
    _ type: String, _ shape: String, _ data: [UInt8], order: String = "False", version: UInt8 = 1, alignment: Int = 64
  ) -> [UInt8] {
    file(header: "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }", data, version, alignment)
  }

  private func file(header: String, _ data: [UInt8], _ version: UInt8 = 1, _ alignment: Int = 64) -> [UInt8] {
    let start = version == 1 ? 10 : 12
    var header = Array(header.utf8)
    while (start + header.count + 1) % alignment != 0 { header.append(UInt8(ascii: " ")) }
    header.append(UInt8(ascii: "\n"))
    let length = version == 1 ? littleEndian(UInt16(header.count)) : littleEndian(UInt32(header.count))
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + header + data
  }

  private func doubles(_ values: [Double]) -> [UInt8] { values.flatMap { littleEndian($0.bitPattern) } }

  private func read(
    _ bytes: [UInt8], columns: [String]? = nil, categorical: Set<String> = []
  ) throws -> DataTable {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, as: "a.npy")
    return try NPYFile(path: path, columns: columns, categorical: categorical).read()
  }

  private func expectError(
    _ bytes: [UInt8], columns: [String]? = nil, is message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, as: "a.npy")
    DataSourcesTests.expectError(is: message, in: folder, sourceLocation: sourceLocation) { () throws(DataError) in
      _ = try NPYFile(path: path, columns: columns).read()
    }
  }

  // MARK: Shapes

  @Test func matrixRowByRow() throws {
    for version: UInt8 in 1...3 {
      let table = try read(file("<f8", "(2, 3)", doubles([1, 2, 3, 4, 5, 6]), version: version))
      #expect(table.columnNames == ["x1", "x2", "x3"])
      #expect(table.rowCount == 2)
      #expect(table.numbers("x2") == [2, 5])
      #expect(table["x2"]?.stride == 3)
    }
  }

  @Test func matrixColumnByColumn() throws {
    let table = try read(file("<f8", "(2, 3)", doubles([1, 2, 3, 4, 5, 6]), order: "True"))
    #expect(table.numbers("x1") == [1, 2])
    #expect(table.numbers("x3") == [5, 6])
    #expect(table["x2"]?.stride == 1)
  }

  @Test func vector() throws {
    let table = try read(file("<f8", "(3,)", doubles([1, .nan, 3])))
    #expect(table.columnNames == ["x"])
    #expect(table.numbers("x") == [1, nil, 3])
    #expect(table["x"]?.findings.missingCount == 1)
    #expect(table["x"]?.findings.firstMissingLine == nil)
  }

  /// The file may be removed while the columns view it, and any column keeps the memory.
  @Test func columnsOutliveTheFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(file("<f8", "(2, 2)", doubles([1, 2, 3, 4])), as: "a.npy")
    var table: DataTable? = try NPYFile(path: path).read()
    let column = table?["x2"]
    table = nil
    try FileManager.default.removeItem(atPath: path)
    #expect(column?[0] == 2 && column?[1] == 4)
  }

  @Test func dataThatIsNotAligned() throws {
    let table = try read(file("<f8", "(2, 2)", doubles([1, 2, 3, 4]), alignment: 7))
    #expect(table.numbers("x2") == [2, 4])
  }

  @Test func headersOfOtherWriters() throws {
    let header = #"{"shape":(2L,),"fortran_order":False,"descr":"<f8"}"#
    #expect(try read(file(header: header, doubles([1, 2]))).numbers("x") == [1, 2])
    // What follows the elements does not matter.
    #expect(try read(file("<f8", "(1,)", doubles([1, 2]))).numbers("x") == [1])
  }

  // MARK: Elements

  @Test func integers() throws {
    #expect(try read(file("|b1", "(3,)", [0, 1, 1])).numbers("x") == [0, 1, 1])
    #expect(try read(file("|i1", "(2,)", [0x80, 5])).numbers("x") == [-128, 5])
    #expect(try read(file("|u1", "(2,)", [0x80, 5])).numbers("x") == [128, 5])
    #expect(try read(file("<i2", "(1,)", littleEndian(Int16(-300)))).numbers("x") == [-300])
    #expect(try read(file("<u2", "(1,)", littleEndian(UInt16(65000)))).numbers("x") == [65000])
    #expect(try read(file("<i4", "(1,)", littleEndian(Int32(-70000)))).numbers("x") == [-70000])
    #expect(try read(file("<u4", "(1,)", littleEndian(UInt32(4_000_000_000)))).numbers("x") == [4e9])
    #expect(try read(file("<i8", "(1,)", littleEndian(Int64(-1 << 53)))).numbers("x") == [-0x1p53])
    #expect(try read(file("<u8", "(1,)", littleEndian(UInt64(1) << 63))).numbers("x") == [0x1p63])
    #expect(try read(file(">i4", "(1,)", littleEndian(Int32(-70000).bigEndian))).numbers("x") == [-70000])
    #expect(try read(file(">u2", "(2,)", [1, 2, 3, 4])).numbers("x") == [258, 772])
  }

  @Test func floats() throws {
    #expect(try read(file("<f2", "(2,)", [0, 0x3C, 0, 0xC1])).numbers("x") == [1, -2.5])
    #expect(try read(file("<f4", "(1,)", littleEndian(Float(0.1).bitPattern))).numbers("x") == [Double(Float(0.1))])
    #expect(try read(file(">f4", "(1,)", littleEndian(Float(0.1).bitPattern.bigEndian)))["x"]?[0] == Double(Float(0.1)))
    #expect(try read(file(">f8", "(1,)", littleEndian(0.1.bitPattern.bigEndian))).numbers("x") == [0.1])
    let table = try read(file("<f4", "(2,)", littleEndian(Float.nan.bitPattern) + [0, 0, 0, 0]))
    #expect(table.numbers("x") == [nil, 0])
    #expect(table["x"]?.findings.missingCount == 1)
  }

  /// More rows than are converted at a time, and some more.
  @Test(arguments: ["False", "True"], [nil, ["x3", "x1"]] as [[String]?])
  func convertedMatrices(order: String, columns: [String]?) throws {
    let width = 3
    let rows = 2 * NPYArray.rowsAtOnce(of: columns?.count ?? width) + 7
    let values = (0..<rows * width).map { Int32($0) }
    let data = values.withUnsafeBytes { Array($0) }
    let table = try read(file("<i4", "(\(rows), \(width))", data, order: order), columns: columns)
    #expect(table.columnNames == (columns == nil ? ["x1", "x2", "x3"] : ["x1", "x3"]))
    for (name, place) in [("x1", 0), ("x3", 2)] {
      let found = try #require(table[name])
      // The first row that is wrong says it for all.
      let wrong = (0..<rows).first {
        found[$0] != Double(order == "True" ? place * rows + $0 : $0 * width + place)
      }
      #expect(wrong == nil, "\(name), order \(order)")
    }
  }

  @Test func missingValuesOfAMatrix() throws {
    var values = (0..<3000).map(Double.init)
    for index in [0, 1500, 1501, 2999] { values[index] = .nan }
    let rowByRow = try read(file("<f8", "(1000, 3)", doubles(values)))
    #expect(rowByRow.columns.map(\.findings.missingCount) == [2, 1, 1])
    let columnByColumn = try read(file("<f8", "(1000, 3)", doubles(values), order: "True"))
    #expect(columnByColumn.columns.map(\.findings.missingCount) == [1, 2, 1])
    #expect(try read(file("<f8", "(1000, 3)", doubles(values)), columns: ["x3"])["x3"]?.findings.missingCount == 1)
  }

  @Test func chosenAndCategoricalColumns() throws {
    let bytes = file("<f8", "(4, 2)", doubles([10, 1, 9, -0.0, .nan, 0, 10, 2.5]))
    let table = try read(bytes, columns: ["x1"], categorical: ["x1"])
    #expect(table.labels("x1") == ["10", "9", nil, "10"])
    #expect(table["x1"]?.kind == .categorical(levels: ["10", "9"]))
    #expect(table["x1"]?.findings.missingCount == 1)
    #expect(try read(bytes, categorical: ["x2"]).labels("x2") == ["1", "0", "0", "2.5"])
  }

  // MARK: Errors

  @Test func infinity() throws {
    let message = "a.npy: row 2 of column \"x1\" is -inf, which is not a finite number; use NaN for a missing value."
    try expectError(file("<f8", "(2, 2)", doubles([1, 2, -.infinity, 4])), is: message)
    try expectError(file("<f8", "(2, 2)", doubles([1, -.infinity, 3, 4]), order: "True"), is: message)
    try expectError(
      file("<f4", "(1,)", littleEndian(Float.infinity.bitPattern)),
      is: "a.npy: row 1 of column \"x\" is inf, which is not a finite number; use NaN for a missing value.")
    #expect(try read(file("<f8", "(1, 2)", doubles([1, .infinity])), columns: ["x1"]).numbers("x1") == [1])
  }

  @Test func shapes() throws {
    try expectError(
      file("<f8", "(2, 3, 4)", doubles((0..<24).map(Double.init))),
      is: "a.npy: the array has 3 dimensions (2 x 3 x 4); rows and columns were expected. Reshape it before saving.")
    try expectError(
      file("<f8", "()", doubles([1])),
      is: "a.npy: the array is a single number; rows and columns were expected. Reshape it before saving.")
    try expectError(
      file("<f8", "(0, 3)", []), is: "a.npy: the array has no rows (0 x 3). At least one was expected.")
    try expectError(file("<f8", "(0,)", []), is: "a.npy: the array has no rows (0). At least one was expected.")
    try expectError(
      file("<f8", "(3, 0)", []), is: "a.npy: the array has no columns (3 x 0). At least one was expected.")
  }

  @Test(arguments: [
    ("<c16", "complex numbers"), ("|O", "Python objects"), ("<U5", "text"), ("|S3", "text"), ("<M8[D]", "dates"),
    ("<m8[s]", "time spans"), ("|V8", "raw bytes"), ("<f16", "extended floats"), ("<q", "of an unknown type"),
    ("", "of an unknown type"),
  ])
  func elementTypes(_ code: String, _ name: String) throws {
    try expectError(
      file(code, "(1,)", [UInt8](repeating: 0, count: 64)),
      is: "a.npy: the elements are \(name) (\"\(code)\"); numbers were expected. Convert the array with .astype(float) "
        + "before saving it, or save the table as CSV.")
  }

  @Test func structuredArray() throws {
    try expectError(
      file(header: "{'descr': [('a]', '<f8'), ('b', '<i4', (2,))], 'fortran_order': False, 'shape': (1,), }", []),
      is: "a.npy: the elements have several fields (a structured array). Save one plain array of numbers.")
  }

  @Test func truncatedFiles() throws {
    let whole = file("<f8", "(2, 3)", doubles([1, 2, 3, 4, 5, 6]))
    for length in [6, 8, 11, 12, 60, whole.count - 49] {
      try expectError(
        Array(whole[..<length]), is: "a.npy: the NumPy file ends inside of its header. Copy it or save it again.")
    }
    try expectError(
      Array(whole[..<(whole.count - 1)]),
      is: "a.npy: the file is cut off: it has 47 bytes of elements, but its header announces 48. Copy it or save it "
        + "again.")
    try expectError(
      file("<f8", "(4611686018427387904, 2)", doubles([1])),
      is: "a.npy: the file is cut off: it has 8 bytes of elements, but its header announces more. Copy it or save it "
        + "again.")
    try expectError([], is: "a.npy: the file is empty; a NumPy array was expected.")
  }

  @Test func damagedHeaders() throws {
    let damaged =
      "a.npy: the header of the NumPy file is damaged; it should be a dictionary with \"descr\", \"fortran_order\" "
      + "and \"shape\". Save the array with numpy.save."
    let start = "{'descr': '<f8', 'fortran_order': False"
    for header in [
      "", "{", "{}", "{'descr'", "\(start)}", "{'descr': '<f8', 'fortran_order': 1, 'shape': (1,)}",
      "\(start), 'shape': 1}", "\(start), 'shape': (1,)} x", "\(start), 'shape': (", "\(start), 'shape': (-1,)}",
      "\(start), 'shape': (99999999999999999999,)}", "{'descr': [[, 'shape': (1,)}", "{'descr': {'a': 1}}",
    ] { try expectError(file(header: header, []), is: damaged) }
    try expectError(
      Array("x,y\n1,2\n".utf8),
      is: "a.npy: is not a NumPy array file; such a file begins with the byte 0x93 and \"NUMPY\".")
    try expectError(
      [0x93] + Array("NUMPY".utf8) + [4, 1, 0, 0, 0, 0],
      is: "a.npy: has version 4.1 of the NumPy format; versions 1 to 3 can be read. Save the array with numpy.save.")
  }

  @Test func unknownColumn() throws {
    try expectError(
      file("<f8", "(1, 2)", doubles([1, 2])), columns: ["x3"],
      is: "a.npy: there is no column \"x3\". Did you mean \"x1\"? The columns are \"x1\", \"x2\".")
  }

  @Test func notAFile() {
    DataSourcesTests.expectError(
      is: "/dev/null: is not a regular file, and only such files can be mapped into memory. Save the data to a file "
        + "first."
    ) { () throws(DataError) in _ = try NPYFile(path: "/dev/null").read() }
  }

  // MARK: Writing

  @Test func columnsComeBack() throws {
    let folder = try TemporaryFolder()
    let table = try DataTable(["a": [1, 2, .nan], "b": [4, 5, 1e-300]])
    try NPYFile.write(table.columns, to: folder.file("a.npy"))
    let back = try NPYFile(path: folder.file("a.npy")).read()
    #expect(back.numbers("x1") == [1, 2, nil])
    #expect(back.numbers("x2") == [4, 5, 1e-300])
    // Columns that are not contiguous.
    let rowByRow = try read(file("<f8", "(2, 2)", doubles([1, 2, 3, 4])))
    try NPYFile.write(rowByRow.columns, to: folder.file("a.npy"))
    #expect(try NPYFile(path: folder.file("a.npy")).read().numbers("x2") == [2, 4])
    #expect(folder.names == ["a.npy"])
  }

  @Test func matrixComesBack() throws {
    let folder = try TemporaryFolder()
    try NPYFile.write([1, 2, 3, 4, 5, 6], columnCount: 3, to: folder.file("a.npy"))
    let bytes = try folder.bytes("a.npy")
    #expect(bytes == file("<f8", "(2, 3)", doubles([1, 2, 3, 4, 5, 6])))
    #expect(try NPYFile(path: folder.file("a.npy")).read().numbers("x3") == [3, 6])
  }

  @Test func whatCannotBeWritten() throws {
    DataSourcesTests.expectError(is: "a.npy: there is no column to write. At least one was expected.") {
      () throws(DataError) in try NPYFile.write([], to: "a.npy")
    }
    DataSourcesTests.expectError(
      is: "a.npy: column \"g\" holds labels, but a NumPy file holds numbers only. Leave it out, or write a CSV file."
    ) { () throws(DataError) in
      try NPYFile.write([Column(name: "g", values: [0], kind: .categorical(levels: ["a"]))], to: "a.npy")
    }
    DataSourcesTests.expectError(is: "a.npy: column \"b\" has 2 rows, but \"a\" has 1.") { () throws(DataError) in
      try NPYFile.write([Column(name: "a", values: [0]), Column(name: "b", values: [0, 1])], to: "a.npy")
    }
    DataSourcesTests.expectError(is: "a.npy: 5 numbers cannot be put into rows of 2.") { () throws(DataError) in
      try NPYFile.write([1, 2, 3, 4, 5], columnCount: 2, to: "a.npy")
    }
  }
}
