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
  @Option(help: "Seed of everything random.") var seed: UInt64 = 0

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
        try EachColumn(
          graph, to: table.read(threads: options.threads), settings: settings(graph), threads: options.threads.count,
          backend: options.precision.backend,
          folder: outputPath
        ).finish(options.said)
      } else {
        try FitRun(session: makeSession(), output: outputPath, options: options, command: "fit").finish()
      }
    }
  }

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

  /// Binds the model to the data.
  func makeSession() throws -> FitSession {
    let (graph, bindings) = (try makeGraph(), try parseBindings(bind))
    let settings = try settings(graph)
    try options.checkPlaces(output: outputPath)
    return try FitSession(
      graph, to: table.read(threads: options.threads), bind: bindings, settings: settings,
      backend: options.precision.backend)
  }
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
  @Option(help: "The Swift file of the model, where the fit uses one.") var model: String?

  func run() {
    reporting {
      let (saved, command) = try CheckpointFile.read(checkpoint, families: SufficeCommandLine.ownFamilies)
      if command.isEmpty {
        throw UsageError(
          "the fit of \(checkpoint) was begun from Python or C, with data that no file names: call it there once more, "
            + "with the same checkpoint.")
      }
      guard command.count > 2, FileManager.default.changeCurrentDirectoryPath(command[0]) else {
        throw UsageError(
          "the folder that the fit was called in, \(command.first ?? "?"), is not there any more: its paths mean nothing."
        )
      }
      let arguments = Array(command[2...])
      switch command[1] {
      case "update":
        let call = try UpdateCommand.parse(arguments)
        try finish(call.makeSession(), saved, call.outputPath, call.options, command)
      default:
        let call = try FitCommand.parse(arguments)
        try finish(call.makeSession(), saved, call.outputPath, call.options, command)
      }
    }
  }

  private func finish(
    _ session: FitSession, _ saved: FitCheckpoint, _ output: String, _ options: RunOptions, _ command: [String]
  ) throws {
    var session = session
    try session.resume(from: saved)
    try FitRun(session: session, output: output, options: options, words: command).finish()
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
  @Option(help: "What the earlier rows still count, from 0 (nothing) to 1 (as much as new ones).") var forgetting = 1.0
  @OptionGroup var options: RunOptions

  var outputPath: String { output ?? fit.fit }

  func run() {
    reporting { try FitRun(session: makeSession(), output: outputPath, options: options, command: "update").finish() }
  }

  func makeSession() throws -> FitSession {
    let fit = try fit.read()
    try options.checkPlaces(output: outputPath)
    return try FitSession(
      updating: fit, with: table.read(threads: options.threads), forgetting: forgetting, settings: options.settings,
      backend: options.precision.backend)
  }
}
