import ArgumentParser
import Foundation
import Suffice
import Synchronization

/// How long a fit runs, and what is kept of it meanwhile.
struct RunOptions: ParsableArguments {
  @Option(help: "The column that says how often each row counts.") var weights: String?
  @Option(parsing: .unconditional, help: "Largest number of passes over all rows; one over a sample is a part of one.")
  var maxPasses = FitSettings().maximumPasses
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Nats a row that further passes would gain, as far as one can tell, at which a fit has converged. (default: 1e-6; where "
        + "rows are many and many passes over all of them would be needed, 1e-4)"))
  var tolerance: Double?
  @Flag(
    inversion: .prefixedNo,
    help: "Start passes that converge slowly from extrapolated parameters. (default: unless the start is given)")
  var acceleration: Bool?
  @Option(
    parsing: .unconditional,
    help: "Seconds between checkpoints, from which 'suffice resume' goes on. (default: none)")
  var checkpointEvery: Double?
  @OptionGroup var precision: PrecisionOptions
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var said: OutputOptions

  func validate() throws {
    if let checkpointEvery, !(checkpointEvery >= 0) {
      throw ValidationError("--checkpoint-every \(checkpointEvery): a number of seconds from 0 on was expected.")
    }
    if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
      throw ValidationError("--tolerance \(tolerance): a finite number from 0 on was expected.")
    }
  }

  /// Finds out, before the work begins, whether what comes of it can be written, and takes the place of nothing that is read.
  ///
  /// - Parameters:
  ///   - output: The fit file.
  ///   - inputs: The files that are read.
  ///   - replaced: Files that are read and that the fit, but nothing else, may replace.
  func checkPlaces(output: String, inputs: [String], replacing replaced: [String] = []) throws {
    // A fit that is stopped leaves a checkpoint whether or not some were asked for.
    let checkpoint = output == "-" ? [] : [try FitRun.checkpointPath(output)]
    try SufficeCommands.checkPlaces(outputs: [output] + checkpoint, inputs: inputs)
    try SufficeCommands.checkPlaces(outputs: checkpoint, inputs: replaced)
    try AtomicFile.check(output)
    if checkpointEvery != nil { try AtomicFile.check(FitRun.checkpointPath(output)) }
  }

  var settings: FitSettings {
    var settings = FitSettings()
    settings.threads = threads.count
    settings.maximumPasses = maxPasses
    settings.tolerance = tolerance
    settings.accelerates = acceleration
    settings.weights = weights
    return settings
  }
}

/// Runs a session to its end, or to the first signal, and writes what comes of it.
struct FitRun {
  var session: FitSession
  let output: String
  let options: RunOptions
  /// The columns of the data that the fit makes no use of.
  let unused: [String]
  /// The folder and the arguments of the call, for going on.
  let words: [String]

  init(session: FitSession, output: String, options: RunOptions, unused: [String], words: [String]) {
    self.session = session
    self.output = output
    self.options = options
    self.unused = unused
    self.words = words
  }

  init(session: FitSession, output: String, options: RunOptions, unused: [String], command: String) {
    let arguments = SufficeCommandLine.arguments
    let own = arguments.firstIndex(of: command).map { Array(arguments[$0...]) } ?? []
    self.init(
      session: session, output: output, options: options, unused: unused,
      words: [FileManager.default.currentDirectoryPath] + own)
  }

  /// Where checkpoints of a fit are that is written to a file.
  static func checkpointPath(_ output: String) throws -> String {
    guard output != "-" else {
      throw UsageError(
        "a fit that is written to standard output has no place for checkpoints: name a file with --output.")
    }
    return output + ".checkpoint"
  }

  func finish(_ line: ProgressLine) throws {
    var session = session
    StopSignal.watch()
    line.begin("preparing starts")
    do throws(FitError) {
      try session.start { line.show($0) && !StopSignal.isRaised }
    } catch {
      line.end()
      if StopSignal.isRaised { stop("stopped before the first pass: nothing was saved.") }
      throw error
    }
    line.begin("pass \(session.trace.count + 1)")
    var saved = monotonicSeconds()
    while try session.step() {
      _ = line.show(session.progress)
      if StopSignal.isRaised {
        try save(session)
        line.end()
        stop("stopped after \(session.trace.count) passes. Go on with: suffice resume \(output).checkpoint")
      }
      if let interval = options.checkpointEvery, monotonicSeconds() - saved >= interval {
        // A disk that is full for now does not end the fit; the checkpoint before stays.
        do { try save(session) } catch {
          line.end()
          Said.warning("no checkpoint this time: \(error)")
        }
        saved = monotonicSeconds()
      }
    }
    line.end()
    try end(session.fit, session.engine.precision, emptyRows: session.engine.data.emptyRowCount)
  }

  private func save(_ session: FitSession) throws {
    let path = try Self.checkpointPath(output)
    if let checkpoint = session.checkpoint { try CheckpointFile.write(checkpoint, command: words, to: path) }
  }

  private func stop(_ message: String) -> Never {
    Said.line(message)
    exit(128 + StopSignal.number)
  }

  /// Whether rows were in single precision, where that was asked for.
  private func told(_ use: PrecisionUse) -> String {
    if options.precision.precision == .double { return "" }
    if let reason = use.reasonForDouble { return "Rows were in double precision: \(reason)\n" }
    return "Rows were in single precision in \(use.singleSweeps) of \(use.singleSweeps + use.doubleSweeps) sweeps.\n"
  }

  private func end(_ fit: Fit, _ precision: PrecisionUse, emptyRows: Int) throws {
    do { try FitFile.write(fit, to: output) } catch {
      // A fit may have taken hours: it is kept elsewhere, if there is a place.
      let rescue = "\(TemporaryFile.folder)/suffice-\(String(UInt64.random(in: 0 ... .max), radix: 36)).safetensors"
      guard (try? FitFile.write(fit, to: rescue)) != nil else { throw error }
      throw DataError("\(error) The fit is in \(rescue).")
    }
    // What the fit is now, no checkpoint can add to.
    let checkpoint = output + ".checkpoint"
    if output != "-", (try? CheckpointFile.command(of: checkpoint)) != nil { unlink(checkpoint) }
    let summary = FitSummary(fit, emptyRows: emptyRows, unused: unused)
    let text =
      options.said.json
      ? summary.json(file: output).indented() + "\n" : summary.text + "\n\(told(precision))Saved to \(output).\n"
    // Nothing may follow a fit that goes to the standard output.
    if output == "-" { Said.text(text) } else { try ByteWriter.standardOutput(text) }
    if fit.isLostInRounding {
      // Whoever wants no progress wants to know that nothing is known.
      let hidden = remainingGainText(fit.boundRounding) ?? ""
      Said.warning(
        "the terms of the bound are so large that rounding hides up to \(hidden) nats a row: neither the bound nor whether the "
          + "fit has converged can be told. Choose hyperparameters, weights and units nearer to 1.")
    } else if !fit.converged && !options.said.quiet {
      let left =
        remainingGainText(fit.expectedRemainingGain).map { "further ones would gain about \($0) nats a row; " } ?? ""
      Said.warning("not converged after \(fit.trace.count) passes: \(left)raise --max-passes or --tolerance.")
    }
  }
}

/// The number of the signal that asked to stop; 0 before one did.
private let raised = Atomic<Int32>(0)

private func note(_ number: Int32) {
  raised.store(number, ordering: .relaxed)
  signal(number, SIG_DFL)
}

/// The wish to stop: the first SIGINT, SIGTERM or SIGHUP is noted, a second one ends the program at once.
enum StopSignal {
  static var number: Int32 { raised.load(ordering: .relaxed) }
  static var isRaised: Bool { number != 0 }

  /// Whether the program was told to ignore a signal when it was started.
  static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  static func watch() {
    signal(SIGINT, note)
    signal(SIGTERM, note)
    // Who starts a program with nohup wants it to outlive the terminal.
    if !isIgnored(SIGHUP) { signal(SIGHUP, note) }
  }
}
