import ArgumentParser
import Foundation
import Suffice

/// How a table is read.
struct TableOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The data: CSV (also .gz), TSV or .npy; '-' is standard input.")
  var data: String

  @Option(help: "Texts that mean a missing value, separated by commas; the empty cell always does.")
  var missing: String?

  @Option(help: "Numeric columns to read as labels, separated by commas.")
  var categorical: String?

  @Flag(help: "The first line holds data, not names; columns are called c1, c2 ….")
  var noHeader = false

  func read(columns: [String]? = nil) throws -> DataTable {
    let options = CSVOptions(
      missingTexts: missing.map(commaSeparated) ?? [], columns: columns,
      categorical: Set(categorical.map(commaSeparated) ?? []), header: !noHeader)
    return try DataFile.read(path: data, options: options)
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
    if let threads, threads < 1 { throw ValidationError("--threads \(threads): at least 1 was expected.") }
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
