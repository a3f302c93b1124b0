import ArgumentParser
import Foundation
import Suffice

/// Which table is read, and how.
struct TableOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The data: CSV (also .gz), TSV, .npy, .parquet, SQLite, or what 'suffice convert' wrote; '-' is standard input.",
      discussion: "Several files, or a pattern such as 'part-*.csv', are read as one table; may be repeated."))
  var data: [String]
  @OptionGroup var reading: ReadingOptions

  func read(threads: ThreadOptions) throws -> DataTable { try reading.read(data, threads: threads) }
}

/// How a table is read.
struct ReadingOptions: ParsableArguments {
  @Option(help: "Texts that mean a missing value, separated by commas; the empty cell always does.")
  var missing: String?

  @Option(help: "Numeric columns to read as labels, separated by commas.")
  var categorical: String?

  @Flag(help: "The first line holds data, not names; columns are called c1, c2 ….")
  var noHeader = false

  @Option(help: "The table to read from an SQLite file. (default: the only one)")
  var table: String?

  @Option(
    help: "Megabytes of columns that are kept in memory; more are kept in a temporary file in the folder TMPDIR.")
  var memoryLimit = CSVOptions.defaultMemoryLimit >> 20

  func validate() throws {
    if memoryLimit < 0 || memoryLimit > 1 << 40 {
      throw ValidationError("--memory-limit \(memoryLimit): a number of megabytes from 0 on was expected.")
    }
  }

  func read(_ paths: [String], columns: [String]? = nil, threads: ThreadOptions) throws -> DataTable {
    let options = CSVOptions(
      missingTexts: missing.map(commaSeparated) ?? [], columns: columns,
      categorical: Set(categorical.map(commaSeparated) ?? []), header: !noHeader, memoryLimit: memoryLimit << 20,
      threads: threads.count)
    return try DataFiles(paths).read(options: options) { (path, options) throws(DataError) in
      try DatabaseTable.isDatabase(path)
        ? DatabaseTable(path: path, table: table, options: options).read()
        : DataFile.read(path: path, options: options)
    }
  }
}

/// How much is said, and how.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object instead of text.") var json = false
  @Flag(name: .shortAndLong, help: "No progress.") var quiet = false
}

/// How many threads.
struct ThreadOptions: ParsableArguments {
  @Option(help: "Number of threads; results do not depend on it. (default: all processors)")
  var threads: Int?

  var count: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  func validate() throws {
    if let threads, threads < 1 || threads > 1024 {
      throw ValidationError("--threads \(threads): a number from 1 to 1024 was expected.")
    }
  }
}

/// Where a fit is read from, and the model file that it needs where its families are the modeller's own.
struct FitOptions: ParsableArguments {
  @ArgumentParser.Argument(help: "A fit file that 'suffice fit' wrote.") var fit: String
  @Option(help: "The Swift file of the model, where the fit uses families of its own.") var model: String?

  func read() throws -> Fit { try FitFile.read(fit, families: SufficeCommandLine.ownFamilies) }
}

func commaSeparated(_ text: String) -> [String] {
  text.split(separator: ",", omittingEmptySubsequences: true).map { $0.trimmingCharacters(in: .whitespaces) }
}

extension ParsableCommand {
  /// Runs a command's work; an error becomes one line and an exit code.
  func reporting(_ work: () throws -> Void) {
    do { try work() } catch { SufficeCommandLine.fail(error) }
  }

  /// Writes to standard output, whole or with an error.
  func write(_ text: String) throws { try ByteWriter.standardOutput(text) }
}

extension ByteWriter {
  /// Writes to standard output, whole or with an error.
  static func standardOutput(_ text: String) throws {
    let writer = ByteWriter(descriptor: 1, name: "standard output")
    try writer.write(text)
    try writer.flush()
  }
}
