import ArgumentParser
import Foundation
import Suffice

/// How a table is read.
struct ReadingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Texts that mean a missing value, separated by commas; the empty cell always does.",
      discussion: "'auto' stands for the usual spellings: \(MissingValue.usualTexts.joined(separator: ", "))."))
  var missing: String?

  @Option(help: "The columns to read, separated by commas; in quotes where a name has a comma. (default: all)")
  var columns: String?

  @Option(help: "Numeric columns to read as labels, separated by commas.")
  var categorical: String?

  @Option(
    parsing: .unconditional,
    help: "What stands between two fields: comma, semicolon, tab or bar. (default: what the first line shows)")
  var delimiter: CSVOptions.Delimiter = .automatic

  @Option(
    parsing: .unconditional,
    help:
      "What begins the fraction of a number: point or comma. (default: what the numbers show; a comma only with --delimiter)"
  )
  var decimal: CSVOptions.DecimalMark = .automatic

  @Option(
    help:
      "How letters are stored: utf-8, windows-1252 (also latin1) or utf-16. (default: utf-8, or utf-16 where marked)")
  var encoding: TextEncoding = .automatic

  @Flag(help: "The first line holds data, not names; columns are called c1, c2 ….")
  var noHeader = false

  @Option(help: "The table to read from an SQLite file. (default: the only one)")
  var table: String?

  @Option(
    parsing: .unconditional,
    help: "Megabytes of columns that are kept in memory; more are kept in a temporary file in the folder TMPDIR.")
  var memoryLimit = CSVOptions.defaultMemoryLimit >> 20

  func validate() throws {
    if memoryLimit < 0 || memoryLimit > 1 << 40 {
      throw ValidationError("--memory-limit \(memoryLimit): a number of megabytes from 0 on was expected.")
    }
    for (option, text) in [("--columns", columns), ("--categorical", categorical)] {
      do { try checkNames(text.map(commaSeparated) ?? [], option: "\(option) \(text ?? "")") } catch {
        throw ValidationError("\(error)")
      }
    }
  }

  /// Reads files as one table.
  ///
  /// - Parameters:
  ///   - threads: How many threads read; nil for one a processor.
  ///   - isQuiet: Whether nothing is told of reading that takes long, or somebody else tells it.
  func read(_ paths: [String], threads: Int? = nil, isQuiet: Bool) throws -> DataTable {
    let line = ProgressLine(isQuiet: isQuiet)
    defer { line.end() }
    line.begin("reading the data")
    let options = CSVOptions(
      delimiter: delimiter, decimalMark: decimal, encoding: encoding, missingTexts: missingTexts,
      columns: columns.map(commaSeparated), categorical: Set(categorical.map(commaSeparated) ?? []), header: !noHeader,
      memoryLimit: memoryLimit << 20, threads: threads)
    return try DataFiles(paths).read(options: options) { (path, options) throws(DataError) in
      try DatabaseTable.isDatabase(path)
        ? DatabaseTable(path: path, table: table, options: options).read()
        : DataFile.read(path: path, options: options)
    }
  }

  private var missingTexts: [String] {
    (missing.map(commaSeparated) ?? []).flatMap { $0 == "auto" ? MissingValue.usualTexts : [$0] }
  }
}

extension CSVOptions.Delimiter: ExpressibleByArgument {
  private static let names: [(String, Self)] = [
    ("automatic", .automatic), ("comma", .comma), (",", .comma), ("semicolon", .semicolon), (";", .semicolon),
    ("tab", .tab), ("\t", .tab), ("\\t", .tab), ("bar", .verticalBar), ("|", .verticalBar),
  ]

  public init?(argument: String) {
    guard let found = Self.names.first(where: { $0.0 == argument })?.1 else { return nil }
    self = found
  }

  public static var allValueStrings: [String] { ["automatic", "comma", "semicolon", "tab", "bar"] }

  public var defaultValueDescription: String { Self.names.first { $0.1 == self }?.0 ?? "" }
}

extension CSVOptions.DecimalMark: ExpressibleByArgument {
  private static let names: [(String, Self)] = [
    ("automatic", .automatic), ("point", .point), (".", .point), ("comma", .comma), (",", .comma),
  ]

  public init?(argument: String) {
    guard let found = Self.names.first(where: { $0.0 == argument })?.1 else { return nil }
    self = found
  }

  public static var allValueStrings: [String] { ["automatic", "point", "comma"] }

  public var defaultValueDescription: String { Self.names.first { $0.1 == self }?.0 ?? "" }
}

extension TextEncoding: ExpressibleByArgument {
  public init?(argument: String) {
    switch argument.lowercased() {
    case "automatic": self = .automatic
    case "utf-8", "utf8": self = .utf8
    case "windows-1252", "cp1252", "latin1", "latin-1", "iso-8859-1": self = .windows1252
    case "utf-16", "utf16": self = .utf16
    default: return nil
    }
  }
}

/// The names between commas; what is in double quotes may hold commas, and a doubled quote there is one.
func commaSeparated(_ text: String) -> [String] {
  var names: [String] = []
  var name = ""
  var isQuoted = false
  var wasQuoted = false
  func end() {
    names.append(wasQuoted ? name : name.trimmingCharacters(in: .whitespaces))
    (name, wasQuoted) = ("", false)
  }
  var rest = text[...]
  while let letter = rest.popFirst() {
    if letter == "\"", isQuoted, rest.first == "\"" {
      name.append("\"")
      rest.removeFirst()
    } else if letter == "\"", isQuoted || name.allSatisfy(\.isWhitespace) {
      if !isQuoted { name = "" }
      isQuoted.toggle()
      wasQuoted = true
    } else if letter == ",", !isQuoted {
      end()
    } else if !wasQuoted || isQuoted || !letter.isWhitespace {
      name.append(letter)
    }
  }
  if !names.isEmpty || !name.isEmpty || wasQuoted { end() }
  return names
}

/// Refuses a list of names in which one is empty.
func checkNames(_ names: [String], option: String) throws {
  if names.contains("") {
    throw UsageError(
      "\(option): a name between two commas is empty. Leave the comma out, or put a name that holds one in quotes.")
  }
}
