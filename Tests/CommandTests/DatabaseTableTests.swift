import Foundation
import GRDB
import Suffice
import Testing

@testable import SufficeCommands

@Suite("SQLite tables")
struct DatabaseTableTests {
  /// Reads a database that some statements make, and gives the table or the message.
  private func read(
    _ statements: [String], table: String? = nil, _ options: CSVOptions = CSVOptions()
  ) throws -> (table: DataTable?, message: String) {
    let path = NSTemporaryDirectory() + "database-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try DatabaseQueue(path: path).write { database in for sql in statements { try database.execute(sql: sql) } }
    #expect(try DatabaseTable.isDatabase(path))
    do throws(DataError) {
      return (try DatabaseTable(path: path, table: table, options: options).read(), "")
    } catch {
      return (nil, error.description.replacing(path, with: "db"))
    }
  }

  private let people = [
    "CREATE TABLE people (age REAL, city TEXT, n INTEGER, mixed)",
    "INSERT INTO people VALUES (1.5, 'Bern', 1, 1), (NULL, 'Basel', 2, 'two'), (3, NULL, NULL, 3.5), (4, '', 7, NULL)",
  ]

  private func values(_ table: DataTable?, _ name: String) -> [Double?] {
    guard let column = table?[name] else { return [] }
    return (0..<column.count).map { column[$0].isNaN ? nil : column[$0] }
  }

  @Test func values() throws {
    for limit in [0, 1 << 20] {
      let table = try read(people, CSVOptions(memoryLimit: limit)).table
      #expect(table?.columnNames == ["age", "city", "n", "mixed"])
      #expect(values(table, "age") == [1.5, nil, 3, 4])
      #expect(values(table, "n") == [1, 2, nil, 7])
      #expect(table?["city"]?.kind == .categorical(levels: ["Basel", "Bern"]))
      #expect(values(table, "city") == [1, 0, nil, nil])
      #expect(table?["mixed"]?.kind == .categorical(levels: ["1", "3.5", "two"]))
      #expect(table?["city"]?.findings.missingCount == 2)
    }
    let some = try read(people, CSVOptions(missingTexts: ["Bern"], columns: ["n", "city"], categorical: ["n"])).table
    #expect(some?.columnNames == ["city", "n"])
    #expect(values(some, "city") == [nil, 0, nil, nil])
    #expect(some?["n"]?.kind == .categorical(levels: ["1", "2", "7"]))
  }

  @Test func whichTable() throws {
    let two = people + ["CREATE VIEW old AS SELECT * FROM people WHERE age > 2"]
    #expect(
      try read(two).message
        == "db: the database must have one table, or --table must name one; it has \"old\", \"people\".")
    #expect(values(try read(two, table: "old").table, "age") == [3, 4])
    #expect(try read(two, table: "new").message == "db: there is no table \"new\"; it has \"old\", \"people\".")
    #expect(
      try read(people, CSVOptions(columns: ["size"])).message
        == "db, table people: there is no column \"size\". The columns are \"age\", \"city\", \"n\", \"mixed\".")
  }

  @Test func refusals() throws {
    #expect(
      try read(["CREATE TABLE t (a)", "INSERT INTO t VALUES (x'00')"]).message
        == "db, table t: column \"a\" holds binary values; numbers and texts can be read.")
    #expect(
      try read(["CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (9e999)"]).message
        == "db, table t: row 2 of column \"a\" is inf, which is not a finite number; leave the cell empty if it is missing."
    )
    #expect(
      try read(["CREATE TABLE t (a)"]).message == "db, table t: the table has no rows. At least one was expected.")
  }

  @Test func damagedFile() throws {
    let path = NSTemporaryDirectory() + "database-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try (Data("SQLite format 3\0".utf8) + Data(repeating: 7, count: 4000)).write(to: URL(fileURLWithPath: path))
    do throws(DataError) {
      _ = try DatabaseTable(path: path, table: nil, options: CSVOptions()).read()
      Issue.record("the file could be read")
    } catch {
      #expect(error.description.contains("SQLite cannot read the file"))
    }
  }
}
