import ArgumentParser
import Foundation
import Suffice

/// Fits a model.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Fits a model to a table and writes the fit to one file.",
    discussion: "A model's hyperparameters are options too: see 'suffice models'.")

  enum Inference: String, ExpressibleByArgument, CaseIterable { case coordinate, stochastic }

  @ArgumentParser.Argument(help: "A model's name or Swift file.") var model: String
  @OptionGroup var table: TableOptions
  @Option(name: .shortAndLong, help: "The fit file to write.") var output = "fit.safetensors"
  @Option(help: "Columns of observed data, inputs or groups, as x=a,b,c; may be repeated.") var bind: [String] = []
  @Option(help: "The column that says how often each row counts.") var weights: String?
  @Option(help: "A hyperparameter, as name=value; or give it as an option of its own.") var set: [String] = []
  @Option(help: "coordinate: full passes; stochastic: natural-gradient steps on batches.")
  var inference = Inference.coordinate
  @Option(help: "Rows of a batch (stochastic).") var batchSize = 1000
  @Option(help: "Exponent of the rates, in (0.5, 1] (stochastic).") var forgettingRate = 0.7
  @Option(help: "Delay of the rates (stochastic).") var delay = 1.0
  @Option(help: "Random starts that are compared; the best bound is carried on.") var restarts = FitSettings().restarts
  @Option(help: "Largest number of passes over the rows.") var maxPasses = FitSettings().maximumPasses
  @Option(help: "Relative change of the bound per row at which a fit has converged.")
  var tolerance = FitSettings().tolerance
  @Option(help: "Seed of everything random.") var seed: UInt64 = 0
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var said: OutputOptions

  func run() {
    reporting {
      let type = try SufficeCommandLine.model(named: model)
      let graph = try makeGraph(of: type, settings: Hyperparameters.settings(set))
      let bindings = try parseBindings(bind)
      var settings = FitSettings()
      settings.seed = seed
      settings.threads = threads.count
      settings.restarts = restarts
      settings.maximumPasses = maxPasses
      settings.tolerance = tolerance
      settings.weights = weights
      if inference == .stochastic {
        settings.schedule = try StochasticNaturalGradient(
          batchSize: batchSize, forgetting: forgettingRate, delay: delay)
      }
      let data = try table.read(threads: threads)
      let progress = ProgressLine(isQuiet: said.quiet)
      let fit = try Fit(graph, to: data, bind: bindings, settings: settings) { progress.show($0) }
      progress.end()
      try FitFile.write(fit, to: output)
      let summary = FitSummary(fit)
      if said.json {
        try write(summary.json(file: output).indented() + "\n")
      } else {
        try write(summary.text + "\nSaved to \(output).\n")
      }
      if !fit.converged && !said.quiet {
        FileHandle.standardError.write(
          Data("warning: not converged after \(fit.trace.count) passes; raise --max-passes or --tolerance.\n".utf8))
      }
    }
  }
}

/// Tells on standard error how a fit goes: a live line on a terminal, a line now and then elsewhere.
final class ProgressLine {
  private let isQuiet: Bool
  private let isTerminal = isatty(2) != 0
  private var lastShown = -Double.infinity
  private let began = monotonicSeconds()
  private var passesBegan: Double?
  private var width = 0

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  func show(_ progress: FitProgress) -> Bool {
    let now = monotonicSeconds()
    if progress.phase == .passes && passesBegan == nil { passesBegan = now }
    guard !isQuiet, now - lastShown > (isTerminal ? 0.1 : 5) else { return true }
    lastShown = now
    let entry = progress.entry
    var line: String
    switch progress.phase {
    case .restart(let index, let count):
      line = "start \(index + 1) of \(count), sweep \(entry.pass)"
    case .passes:
      let perPass = (now - (passesBegan ?? now)) / Double(max(entry.pass - 1, 1))
      let rate = perPass > 0 ? Double(progress.rows) / perPass : 0
      let filled = min(20, 20 * entry.pass / max(progress.maximumPasses, 1))
      line =
        "[" + String(repeating: "█", count: filled) + String(repeating: "·", count: 20 - filled)
        + "] pass \(entry.pass)"
      line += rate > 0 ? String(format: ", %.3g M rows/s", rate / 1e6) : ""
      line += String(format: ", at most %.0f s left", perPass * Double(progress.maximumPasses - entry.pass))
    }
    line += entry.bound.isFinite ? String(format: ", bound %.6g", entry.bound) : ""
    line += entry.heldOut.isFinite ? String(format: ", held-out log density %.5f", entry.heldOut) : ""
    line += progress.change.isFinite ? String(format: ", change %.1e", progress.change) : ""
    if isTerminal {
      let padding = String(repeating: " ", count: max(0, width - line.count))
      FileHandle.standardError.write(Data("\r\(line)\(padding)".utf8))
      width = line.count
    } else {
      FileHandle.standardError.write(Data("\(line)\n".utf8))
    }
    return true
  }

  func end() {
    if width > 0 { FileHandle.standardError.write(Data("\r\(String(repeating: " ", count: width))\r".utf8)) }
  }
}
