import Foundation
import Inference
import Testing

@testable import DataSources

@Suite("Writing CSV files")
struct CSVWriterTests {
  private func written(_ table: DataTable, as name: String = "out.csv") throws -> String {
    let folder = try TemporaryFolder()
    try CSVWriter().write(table, to: folder.file(name))
    return String(decoding: try folder.bytes(name), as: UTF8.self)
  }

  @Test func numbers() throws {
    let table = try DataTable([
      "x": [1, -2, 0.1, 1e300, .nan, -0.0, 1e15, 1e16, .leastNonzeroMagnitude, 1 / 3.0, 123456789012345680],
      "y": [0, 1, 2, 3, 4, 5, 6, 7, .infinity, -.infinity, 10],
    ])
    #expect(
      try written(table)
        == "x,y\n1,0\n-2,1\n0.1,2\n1e+300,3\n,4\n-0,5\n1000000000000000,6\n1e+16,7\n5e-324,inf\n"
        + "0.3333333333333333,-inf\n1.2345678901234568e+17,10\n")
  }

  @Test func labels() throws {
    let levels = ["plain", "a,b", "say \"hi\"", "two\nlines", " padded", "", "\u{FEFF}mark", "semi;colon"]
    let table = try DataTable(columns: [
      Column(name: "a \"name\"", values: (0..<8).map(Double.init) + [.nan], kind: .categorical(levels: levels)),
      Column(name: "n", values: (0..<9).map(Double.init)),
    ])
    let expected =
      "\"a \"\"name\"\"\",n\nplain,0\n\"a,b\",1\n\"say \"\"hi\"\"\",2\n\"two\nlines\",3\n\" padded\",4\n\"\",5\n"
      + "\"\u{FEFF}mark\",6\nsemi;colon,7\n,8\n"
    #expect(try written(table) == expected)
    #expect(
      try written(table, as: "out.tsv")
        == expected.replacing(",", with: "\t").replacing("\"a\tb\"", with: "a,b"))
  }

  @Test func missingCellsOfASingleColumn() throws {
    let table = try DataTable(["x": [.nan, 1, .nan]])
    #expect(try written(table) == "x\n\"\"\n1\n\"\"\n")
    #expect(try readCSV(try written(table)).numbers("x") == [nil, 1, nil])
  }

  @Test func delimiter() throws {
    let folder = try TemporaryFolder()
    let table = try DataTable(["x": [1.5], "y": [2]])
    try CSVWriter(delimiter: .semicolon).write(table, to: folder.file("out.csv"))
    #expect(try folder.bytes("out.csv") == Array("x;y\n1.5;2\n".utf8))
  }

  @Test(arguments: [2.0, -1, 0.5, .infinity, 1e300])
  func labelWithoutLevel(_ value: Double) throws {
    let folder = try TemporaryFolder()
    let table = try DataTable(columns: [
      Column(name: "g", values: [0, value], kind: .categorical(levels: ["a", "b"]))
    ])
    expectError(
      is: "the table: row 2 of column \"g\" has the label number \(numberText(value)), but the column has 2 levels."
    ) { () throws(DataError) in try CSVWriter().write(table, to: folder.file("out.csv")) }
    #expect(folder.names.isEmpty)
  }

  @Test func noColumns() throws {
    let table = try DataTable(columns: [])
    expectError(is: "out.csv: a table without columns cannot be written.") { () throws(DataError) in
      try CSVWriter().write(table, to: "out.csv")
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func fullDisk() throws {
    let table = try DataTable(["x": (0..<50_000).map(Double.init)])
    expectError(
      is: "/dev/full: cannot be written: No space left on device. Free some space, or choose another folder."
    ) { () throws(DataError) in try CSVWriter().write(table, to: "/dev/full") }
  }

  // MARK: Random tables

  /// A table with everything that is hard to write.
  private func randomTable(_ generator: inout SeededGenerator) throws -> DataTable {
    let pieces = ["a", "b", "\"", ",", "\n", "\r", "\r\n", " ", "\t", ";", "é", "日本", "0", "-", "NA", "|", "\u{FEFF}"]
    func text() -> String {
      (0...Int.random(in: 0...5, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
    }
    let rows = Int.random(in: 1...20, using: &generator)
    var columns: [Column] = []
    for index in 0..<Int.random(in: 1...6, using: &generator) {
      let name = "\(text()) \(index)"
      var findings = Column.Findings()
      func isMissing() -> Bool { Int.random(in: 0...5, using: &generator) == 0 }
      if Bool.random(using: &generator) {
        let values = (0..<rows).map { _ in
          if isMissing() { return Double.nan }
          if Bool.random(using: &generator) { return Double(Int.random(in: -1000...1000, using: &generator)) }
          let value = Double(bitPattern: generator.next())
          return value.isFinite ? value : 0
        }
        findings.missingCount = values.count { $0.isNaN }
        columns.append(Column(name: name, values: values, findings: findings))
      } else {
        // The reader knows only levels that are used, and none that is blank.
        let texts = (0..<rows).map { _ in isMissing() ? nil : "<" + text() }
        let levels = Set(texts.compactMap { $0 }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let values = texts.map { text in text.flatMap(levels.firstIndex).map(Double.init) ?? .nan }
        findings.missingCount = values.count { $0.isNaN }
        if levels.isEmpty {
          columns.append(Column(name: name, values: values, findings: findings))
        } else {
          columns.append(Column(name: name, values: values, kind: .categorical(levels: levels), findings: findings))
        }
      }
    }
    return try DataTable(columns: columns)
  }

  @Test func randomTablesComeBack() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 4)
    for round in 0..<300 {
      let table = try randomTable(&generator)
      let delimiter = CSVOptions.Delimiter.allCases.randomElement(using: &generator) ?? .comma
      try CSVWriter(delimiter: delimiter).write(table, to: folder.file("t.csv"))
      // A single name may hold a semicolon; that comma is meant must then be said.
      let options = CSVOptions(delimiter: delimiter == .automatic ? .comma : delimiter)
      let back = try CSVFile(path: folder.file("t.csv"), options: options).read(
        blockSize: Int.random(in: 8...300, using: &generator))
      #expect(back.columnNames == table.columnNames, "round \(round)")
      #expect(back.rowCount == table.rowCount, "round \(round)")
      for (old, new) in zip(table.columns, back.columns) {
        #expect(new.kind == old.kind, "round \(round)")
        #expect(new.findings.missingCount == old.findings.missingCount, "round \(round)")
        #expect(
          (0..<old.count).allSatisfy { old[$0].isNaN ? new[$0].isNaN : old[$0].bitPattern == new[$0].bitPattern },
          "round \(round)")
      }
    }
  }

  @Test func partsAsOneFile() throws {
    let folder = try TemporaryFolder()
    var number = 0.0
    try CSVWriter().write(to: folder.file("a.csv")) {
      number += 1
      return number > 3 ? nil : try DataTable(["x": [number, number + 0.5]])
    }
    #expect(try CSVFile(path: folder.file("a.csv")).read().numbers("x") == [1, 1.5, 2, 2.5, 3, 3.5])
    struct Failure: Error {}
    #expect(throws: Failure.self) {
      try CSVWriter().write(to: folder.file("b.csv")) { throw Failure() }
    }
    #expect(folder.names == ["a.csv"])
  }
}
