import ArgumentParser
import Foundation
import Suffice

/// Fits a model.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Fits a model to a table and writes the fit to one file.",
    discussion: "A model's hyperparameters are options too: see 'suffice models'.")

  @ArgumentParser.Argument(help: "A model's name, its Swift file, or the file that it was compiled to.") var model:
    String
  @OptionGroup var table: TableOptions
  @Option(
    name: .shortAndLong,
    help: "The fit file to write; with --each-column, a folder. (default: fit.safetensors, or fits)")
  var output: String?
  @Flag(help: "Fit a model of one column to every numeric column, each into a file of its own.") var eachColumn = false
  @Option(help: "Columns of observed data, inputs or groups, as x=a,b,c; may be repeated.") var bind: [String] = []
  @Option(help: "A hyperparameter, as name=value; or give it as an option of its own.") var set: [String] = []
  @OptionGroup var schedule: ScheduleOptions
  @OptionGroup var options: RunOptions
  @OptionGroup var start: StartOptions
  @Option(parsing: .unconditional, help: "Seed of everything random.", transform: seedNumber) var seed: UInt64 = 0

  var outputPath: String { output ?? (eachColumn ? "fits" : "fit.safetensors") }

  func validate() throws {
    if eachColumn && !bind.isEmpty {
      throw ValidationError("--each-column binds every column by itself: leave --bind out.")
    }
    if eachColumn && start.start != nil {
      throw ValidationError("--each-column fits each column from starts of its own: leave --start out.")
    }
    if eachColumn && options.checkpointEvery != nil {
      throw ValidationError("--each-column writes each fit as it ends: leave --checkpoint-every out.")
    }
  }

  func run() {
    reporting {
      if eachColumn {
        let graph = try makeGraph()
        let each = try EachColumn(
          graph, to: table.read(threads: options.threads, isQuiet: options.said.quiet), settings: settings(graph),
          threads: options.threads.count, backend: options.precision.backend, folder: outputPath)
        try checkPlaces(outputs: each.files, inputs: files)
        try each.finish(options.said)
      } else {
        let line = ProgressLine(isQuiet: options.said.quiet)
        defer { line.end() }
        let (session, unused) = try makeSession(makeGraph(), output: outputPath, line)
        try FitRun(session: session, output: outputPath, options: options, unused: unused, command: "fit").finish(line)
      }
    }
  }

  /// The files that are read.
  private var files: [String] { table.data + [model] + (start.start.map { [$0] } ?? []) }

  private func makeGraph() throws -> ModelGraph {
    try SufficeCommands.makeGraph(named: model, settings: Hyperparameters.settings(set))
  }

  private func settings(_ graph: ModelGraph) throws -> FitSettings {
    var settings = options.settings
    settings.seed = seed
    settings.schedule = try schedule.make()
    try start.apply(to: &settings, graph, threads: options.threads)
    return settings
  }

  /// Binds a model to the data.
  ///
  /// - Parameters:
  ///   - output: The file that will be written.
  ///   - line: Where what is being done is told.
  /// - Returns: The session, and the columns that it makes no use of.
  func makeSession(_ graph: ModelGraph, output: String, _ line: ProgressLine) throws -> (FitSession, unused: [String]) {
    try options.checkPlaces(output: output, inputs: files)
    let (bindings, settings) = (try parseBindings(bind), try settings(graph))
    line.begin("reading the data")
    let data = try table.read(threads: options.threads, isQuiet: true)
    line.begin("setting up the model")
    let session = try FitSession(
      graph, to: data, bind: bindings, settings: settings, backend: options.precision.backend)
    return (session, unusedColumns(data, session, weights: options.weights))
  }
}

/// The columns of a table that a fit makes no use of.
func unusedColumns(_ table: DataTable, _ session: FitSession, weights: String?) -> [String] {
  let used = Set(session.engine.model.binding.columns.joined())
  return table.columnNames.filter { !used.contains($0) && $0 != weights }
}

/// Goes on with a fit that was stopped.
struct ResumeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Goes on with a fit that was stopped, from its checkpoint.",
    discussion: """
      The data are read again from where they were, and must be the same. The fit ends with the same bits as one that was \
      not stopped.
      """)

  @ArgumentParser.Argument(help: "The checkpoint: the output file's name and '.checkpoint'.") var checkpoint: String
  @Option(
    name: .shortAndLong, help: "The fit file to write. (default: the checkpoint's name without '.checkpoint')")
  var output: String?
  @Option(help: "The Swift file of the model, where it is no longer where it was.") var model: String?
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var said: OutputOptions

  func run() {
    reporting {
      let (saved, command) = try read()
      if command.isEmpty {
        throw UsageError(
          "the fit of \(checkpoint) was begun from Python or C, with data that no file names: call it there once more, "
            + "with the same checkpoint.")
      }
      var call = try StoppedCall(command, of: checkpoint)
      call.change(threads, said)
      let output = try self.output ?? call.defaultOutput(of: checkpoint)
      try checkPlaces(outputs: [output], inputs: [checkpoint])
      let line = ProgressLine(isQuiet: call.options.said.quiet)
      defer { line.end() }
      var (session, unused) = try call.makeSession(saved, output: output, line)
      try session.resume(from: saved)
      try FitRun(session: session, output: output, options: call.options, unused: unused, words: command).finish(line)
    }
  }

  /// Reads the checkpoint; where its model has families of its own, in the program that its Swift file is compiled to.
  private func read() throws -> (FitCheckpoint, [String]) {
    do throws(DataError) {
      return try CheckpointFile.read(checkpoint, families: SufficeCommandLine.ownFamilies)
    } catch {
      guard SufficeCommandLine.ownModels.isEmpty,
        let command = try? CheckpointFile.command(of: checkpoint), !command.isEmpty,
        let file = try? StoppedCall(command, of: checkpoint).modelFile
      else { throw error }
      try ModelFile(path: file).takeOver(
        ["resume", "--model", file, checkpoint] + (output.map { ["-o", $0] } ?? [])
          + (threads.threads.map { ["--threads", "\($0)"] } ?? []) + (said.json ? ["--json"] : [])
          + (said.quiet ? ["--quiet"] : []))
      throw error
    }
  }
}

/// Adds new rows to a fit.
struct UpdateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Adds new rows to a fit: its posterior is their prior.",
    discussion: "Nothing of the earlier data is read again.")

  @OptionGroup var fit: FitOptions
  @OptionGroup var table: TableOptions
  @Option(name: .shortAndLong, help: "The fit file to write. (default: the one that is updated)") var output: String?
  @Option(
    parsing: .unconditional,
    help: "What the earlier rows still count, from 0 (nothing) to 1 (as much as new ones).")
  var forgetting = 1.0
  @OptionGroup var options: RunOptions

  var outputPath: String { output ?? fit.fit }

  func run() {
    reporting {
      let line = ProgressLine(isQuiet: options.said.quiet)
      defer { line.end() }
      let (session, unused) = try makeSession(output: outputPath, line)
      try FitRun(session: session, output: outputPath, options: options, unused: unused, command: "update").finish(line)
    }
  }

  func makeSession(output: String, _ line: ProgressLine) throws -> (FitSession, unused: [String]) {
    try options.checkPlaces(
      output: output, inputs: table.data + (fit.model.map { [$0] } ?? []), replacing: [fit.fit])
    let fit = try fit.read()
    line.begin("reading the data")
    let data = try table.read(threads: options.threads, isQuiet: true)
    line.begin("setting up the model")
    let session = try FitSession(
      updating: fit, with: data, forgetting: forgetting, settings: options.settings, backend: options.precision.backend)
    return (session, unusedColumns(data, session, weights: options.weights))
  }
}
