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

  /// Reads the table, unless it would be written over by what comes of it.
  ///
  /// - Parameters:
  ///   - outputs: The files that the command writes.
  ///   - inputs: The files that it reads beside the table.
  ///   - isQuiet: Whether nothing is told of reading that takes long, or somebody else tells it.
  func read(
    threads: ThreadOptions, outputs: [String] = [], inputs: [String] = [], isQuiet: Bool
  ) throws -> DataTable {
    try checkPlaces(outputs: outputs, inputs: data + inputs)
    return try reading.read(data, threads: threads.count, isQuiet: isQuiet)
  }
}

/// How much is said, and how.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object instead of text.") var json = false
  @Flag(name: .shortAndLong, help: "No progress.") var quiet = false
}

/// Whether nothing is said of how a command goes whose output is rows.
struct QuietOption: ParsableArguments {
  @Flag(name: .shortAndLong, help: "No progress.") var quiet = false
}

/// A seed, as an option takes it.
@Sendable func seedNumber(_ text: String) throws -> UInt64 {
  guard let seed = UInt64(text) else {
    throw ValidationError("a whole number from 0 to \(UInt64.max) was expected.")
  }
  return seed
}

/// How many threads.
struct ThreadOptions: ParsableArguments {
  @Option(
    parsing: .unconditional, help: "Number of threads; results do not depend on it. (default: all processors)")
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

  /// The files that are read.
  var files: [String] { [fit] + (model.map { [$0] } ?? []) }

  func read() throws -> Fit { try FitFile.read(fit, families: SufficeCommandLine.ownFamilies) }
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
