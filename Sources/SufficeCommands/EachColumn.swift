import Foundation
import Plots
import Suffice
import Synchronization

/// Fits a model of one column to every numeric column of a table, several at a time.
///
/// The table is read once. Each fit runs on one thread, so that the columns share the processors, and results depend neither on
/// the number of threads nor on the other columns.
struct EachColumn {
  let graph: ModelGraph
  let table: DataTable
  let settings: FitSettings
  let threads: Int
  let backend: CPUBackend
  /// The folder of the fit files.
  let folder: String

  /// How one column went.
  struct Outcome {
    let column: String
    let file: String
    var fit: Fit?
    var error = ""
    let seconds: Double
  }

  init(
    _ graph: ModelGraph, to table: DataTable, settings: FitSettings, threads: Int, backend: CPUBackend, folder: String
  )
    throws
  {
    let observed = graph.observed.filter { graph.variables[$0].role == .observed }
    guard observed.count == 1, graph.observed.count == 1 else {
      throw UsageError(
        "--each-column fits models of one column, but \(graph.name) has \(graph.observed.count) variables with data.")
    }
    self.graph = graph
    self.table = table
    var settings = settings
    settings.threads = 1
    self.settings = settings
    self.threads = threads
    self.backend = backend
    self.folder = folder
  }

  private var variable: String { graph.variables[graph.observed[0]].name }

  /// The columns that are fitted: all of numbers but the weights, and those that would be if it were not for a text, which
  /// is told.
  private var columns: [Column] {
    table.columns.filter {
      ($0.kind == .numeric || $0.findings.firstText != nil) && $0.name != settings.weights
    }
  }

  /// The columns that are not fitted.
  private var unused: [String] {
    table.columns.filter { $0.kind != .numeric && $0.findings.firstText == nil && $0.name != settings.weights }.map(
      \.name)
  }

  /// The files that are written.
  var files: [String] { columns.map { file(of: $0.name) } }

  /// A file name for each column: other characters than letters, digits, dots, dashes and underscores as `%XX`.
  private func file(of column: String) -> String {
    let allowed = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    let inner = CharacterSet(charactersIn: ".").union(allowed)
    let safe = column.addingPercentEncoding(withAllowedCharacters: column.hasPrefix(".") ? allowed : inner) ?? column
    return "\(folder)/\(safe.isEmpty ? "%" : safe).safetensors"
  }

  /// Fits all columns; `report` is called after each, by one thread at a time.
  func run(_ report: @escaping @Sendable (Outcome, Int, Int) -> Void) throws -> [Outcome] {
    let columns = columns
    guard !columns.isEmpty else {
      throw DataError("\(table.origin) has no numeric column\(settings.weights == nil ? "" : " beside the weights").")
    }
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw DataError("\(folder): the folder cannot be made: \(error.localizedDescription)")
    }
    let outcomes = Mutex<[Outcome?]>(columns.map { _ in nil })
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: min(threads, columns.count)) { _ in
      while !StopSignal.isRaised {
        let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard i < columns.count else { return }
        let outcome = fit(columns[i])
        outcomes.withLock {
          $0[i] = outcome
          report(outcome, $0.count { $0 != nil }, columns.count)
        }
      }
    }
    return outcomes.withLock { $0.compactMap(\.self) }
  }

  private func fit(_ column: Column) -> Outcome {
    let began = monotonicSeconds()
    let mixture = column.mixture(in: table.origin, for: variable)
    let column = column.name
    let path = file(of: column)
    do {
      if let mixture { throw mixture }
      let fit = try Fit(graph, to: table, bind: [variable: [column]], settings: settings, backend: backend) { _ in
        !StopSignal.isRaised
      }
      try FitFile.write(fit, to: path)
      return Outcome(column: column, file: path, fit: fit, seconds: monotonicSeconds() - began)
    } catch {
      return Outcome(column: column, file: path, error: "\(error)", seconds: monotonicSeconds() - began)
    }
  }
}

extension EachColumn {
  /// Fits all columns, tells what came of them, and ends with an error where some have no fit.
  func finish(_ said: OutputOptions) throws {
    StopSignal.watch()
    let began = monotonicSeconds()
    let isTerminal = isatty(2) != 0
    let outcomes = try run { outcome, done, count in
      if said.quiet { return }
      let line = "\(done) of \(count) columns" + (isTerminal ? "" : ": \(outcome.column)")
      if isTerminal { Said.raw("\r\(line)") } else { Said.line(line) }
    }
    if isTerminal && !said.quiet { Said.line("") }
    let seconds = monotonicSeconds() - began
    if said.json {
      try ByteWriter.standardOutput(json(outcomes, seconds).indented() + "\n")
    } else {
      try ByteWriter.standardOutput(text(outcomes, seconds))
    }
    if StopSignal.isRaised {
      Said.line("stopped: columns without a fit file were not fitted.")
      exit(128 + StopSignal.number)
    }
    let failed = outcomes.filter { $0.fit == nil }
    if !failed.isEmpty {
      throw DataError(
        "\(failed.count) of \(outcomes.count) columns have no fit: \(failed.map { "\"\(shown($0.column))\": \($0.error)" }.joined(separator: " "))"
      )
    }
  }

  private func text(_ outcomes: [Outcome], _ seconds: Double) -> String {
    let rows = outcomes.map { outcome in
      guard let fit = outcome.fit else { return [shown(outcome.column), "", "", "", "not fitted"] }
      let summary = FitSummary(fit)
      let used = summary.weights.map { "\($0.count { $0 >= 0.001 })" } ?? ""
      return [
        shown(outcome.column), used,
        String(format: "%.6g", fit.bound) + (fit.isBoundOfSample ? " (sample)" : ""),
        String(format: "%.2f", outcome.seconds),
        outcome.file,
      ]
    }
    let cells = Double(table.rowCount * outcomes.count)
    return TerminalPlot.table(
      TextTable(columns: ["column", "components in use", "bound (ELBO)", "seconds", "file"], rows: rows))
      + (unused.isEmpty ? "" : "not used: \(shownNames(unused)) (no numbers)\n")
      + String(
        format: "%d columns of %d rows in %.2f s: %.3g cells/s\n", outcomes.count, table.rowCount, seconds,
        cells / seconds)
  }

  private func json(_ outcomes: [Outcome], _ seconds: Double) -> JSON {
    .object([
      JSON.Member("model", .string(graph.name)), JSON.Member("rows", .number(Double(table.rowCount))),
      JSON.Member("seconds", .number(seconds)),
      JSON.Member("unusedColumns", .array(unused.map { .string($0) })),
      JSON.Member(
        "columns",
        .array(
          outcomes.map { outcome in
            var members = [JSON.Member("column", .string(outcome.column))]
            if let fit = outcome.fit {
              members += [
                JSON.Member("file", .string(outcome.file)), JSON.Member("bound", .number(fit.bound)),
                JSON.Member("boundRows", .number(Double(fit.rowsOfBound))),
                JSON.Member("boundRounding", .number(fit.boundRounding)),
                JSON.Member("converged", .bool(fit.converged)),
                JSON.Member("expectedRemainingGain", .number(fit.expectedRemainingGain)),
                JSON.Member("seconds", .number(outcome.seconds)),
              ]
            } else {
              members.append(JSON.Member("error", .string(outcome.error)))
            }
            return .object(members)
          })),
    ])
  }
}
