import Foundation
internal import GRDB
import Suffice

/// A table or view in an SQLite file.
///
/// A column in which every value is a number is numeric; any other holds labels, numbers among them as their text. NULL and
/// the empty text are missing. Binary values are refused.
struct DatabaseTable {
  let path: String
  /// The table's name; nil for the only one.
  let table: String?
  let options: CSVOptions

  /// Whether a file is an SQLite database.
  static func isDatabase(_ path: String) throws(DataError) -> Bool {
    try DataFile.firstBytes(of: path)?.starts(with: Array("SQLite format 3".utf8)) ?? false
  }

  func read() throws(DataError) -> DataTable {
    do {
      var configuration = Configuration()
      configuration.readonly = true
      return try DatabaseQueue(path: path, configuration: configuration).read { try read($0) }
    } catch let error as DataError {
      throw error
    } catch let error as DatabaseError {
      throw DataError("\(path): SQLite cannot read the file: \(error.message ?? "code \(error.resultCode.rawValue)").")
    } catch {
      throw DataError("\(path): SQLite cannot read the file: \(error).")
    }
  }

  private func read(_ database: Database) throws -> DataTable {
    let name = try tableName(database)
    let names = try database.columns(in: name).map(\.name)
    for wanted in (options.columns ?? []) + options.categorical.sorted() where !names.contains(wanted) {
      throw DataError(
        "\(path), table \(name): there is no column \"\(shown(wanted))\". The columns are "
          + names.map { "\"\(shown($0))\"" }.joined(separator: ", ") + ".")
    }
    let chosen = options.columns.map { wanted in names.filter(wanted.contains) } ?? names
    guard !chosen.isEmpty else {
      throw DataError("\(path), table \(name): no column is to be read. Name at least one.")
    }
    let quoted = chosen.map(\.quotedDatabaseIdentifier)

    // Every value has a type of its own, so one pass over them all tells what a column is.
    func count(_ types: String) throws -> Row? {
      let sums = quoted.map { "sum(typeof(\($0)) IN (\(types)))" }.joined(separator: ", ")
      return try Row.fetchOne(database, sql: "SELECT \(sums) FROM \(name.quotedDatabaseIdentifier)")
    }
    let (texts, blobs, numbers) = (try count("'text'"), try count("'blob'"), try count("'integer', 'real'"))
    if let bad = chosen.indices.first(where: { (blobs?[$0] as Int64? ?? 0) > 0 }) {
      throw DataError(
        "\(path), table \(name): column \"\(shown(chosen[bad]))\" holds binary values; numbers and texts can be read.")
    }
    let columns = chosen.indices.map { index in
      (
        name: chosen[index],
        isLabel: options.categorical.contains(chosen[index]) || (texts?[index] as Int64? ?? 0) > 0
      )
    }
    let isMixed = chosen.indices.map { index in
      (texts?[index] as Int64? ?? 0) > 0 && (numbers?[index] as Int64? ?? 0) > 0
        && !options.categorical.contains(chosen[index])
    }
    let missingTexts = Set(options.missingTexts)
    let builder = TableBuilder(
      columns: columns, origin: "\(path), table \(name)", memoryLimit: options.memoryLimit)
    let rows = try Row.fetchCursor(
      database, sql: "SELECT \(quoted.joined(separator: ", ")) FROM \(name.quotedDatabaseIdentifier)")
    while let row = try rows.next() {
      for index in chosen.indices {
        switch (row[index] as DatabaseValue).storage {
        case .int64(let number): builder.append(number: Double(number), column: index)
        case .double(let number): builder.append(number: number, column: index)
        case .string(let text) where !missingTexts.contains(text):
          builder.append(label: text, column: index)
          if isMixed[index], !text.isEmpty { builder.noteMixture(text: text, column: index) }
        case .null, .string, .blob: break
        }
      }
      try builder.endRow()
    }
    return try builder.finish()
  }

  private func tableName(_ database: Database) throws -> String {
    let names = try String.fetchAll(
      database,
      sql: "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name")
    let list = names.isEmpty ? "it has none" : "it has \(names.map { "\"\(shown($0))\"" }.joined(separator: ", "))"
    if let table {
      if names.contains(table) { return table }
      throw DataError("\(path): there is no table \"\(table)\"; \(list).")
    }
    guard let only = names.first, names.count == 1 else {
      throw DataError("\(path): the database must have one table, or --table must name one; \(list).")
    }
    return only
  }
}
