import ArgumentParser
import Foundation
import Suffice

/// The numbers of the rows that a result is of, where it is not of all: lags leave the first rows out.
private func rowNumbers(_ application: Application) -> [Double]? {
  application.engine.data.rows?.map { Double($0 + 1) }
}

private func numberColumn(_ application: Application) -> [Column] {
  rowNumbers(application).map { [Column(name: "row", values: $0)] } ?? []
}

/// Labels rows.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Prints each row's most probable label or labels, and with --probabilities those of all values.")

  @OptionGroup var fit: FitOptions
  @OptionGroup var table: TableOptions
  @Flag(help: "Print the probability of every label.") var probabilities = false
  @Option(name: .shortAndLong, help: "The CSV file to write; '-' is standard output.") var output = "-"
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var said: OutputOptions

  func run() {
    reporting {
      let fit = try fit.read()
      let application = try Application(
        fit, to: table.read(threads: threads, outputs: [output], inputs: self.fit.files, isQuiet: said.quiet),
        threads: threads.count)
      let labels = application.responsibilitiesOfAllLabels()
      if labels.isEmpty {
        let isOfGroups = fit.marginals.contains { $0.family == Family(Categorical.self) }
        throw UsageError(
          isOfGroups
            ? "the labels of \(fit.model.graph.name) are of groups of rows, not of rows: 'suffice show' tells them."
            : "the model \(fit.model.graph.name) has no label: there is nothing to predict. 'suffice impute' fills in "
              + "empty cells, 'suffice score' tells densities.")
      }
      let rows = application.engine.rowCount
      var members = rowNumbers(application).map { [JSON.Member("row", .array($0.map { .number($0) }))] } ?? []
      var columns = numberColumn(application)
      for (position, (label, values, count)) in labels.enumerated() {
        try application.requireFinite(values, what: "the probability of \"\(label)\"")
        let best = (0..<rows).map { row in
          (0..<count).max { values[row * count + $0] < values[row * count + $1] } ?? 0
        }
        // The first label's probabilities need no name; labels are counted from 1, as 'suffice show' counts them.
        let prefix = position == 0 ? "" : label + "_"
        if said.json {
          members.append(JSON.Member(label, .array(best.map { .number(Double($0 + 1)) })))
          if probabilities {
            members.append(
              JSON.Member(
                prefix + "probabilities",
                .array((0..<rows).map { row in .array((0..<count).map { .number(values[row * count + $0]) }) })))
          }
          continue
        }
        columns += [
          Column(name: label, values: best.map { Double($0 + 1) }),
          Column(name: prefix + "probability", values: best.enumerated().map { values[$0 * count + $1] }),
        ]
        if probabilities {
          columns += (0..<count).map { k in
            Column(name: "\(label)_\(k + 1)", values: (0..<rows).map { values[$0 * count + k] })
          }
        }
      }
      if said.json { return try write(JSON.object(members).description + "\n") }
      try CSVWriter().write(DataTable(columns: columns), to: output)
    }
  }
}

/// Scores rows.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Prints the mean log predictive density of rows, or each row's with --per-row.")

  @OptionGroup var fit: FitOptions
  @OptionGroup var table: TableOptions
  @Flag(help: "Write each row's log density as CSV.") var perRow = false
  @Option(name: .shortAndLong, help: "The CSV file to write with --per-row; '-' is standard output.") var output = "-"
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var said: OutputOptions

  func run() {
    reporting {
      let application = try Application(
        fit.read(), to: table.read(threads: threads, outputs: [output], inputs: fit.files, isQuiet: said.quiet),
        threads: threads.count)
      let densities = try application.logDensities()
      let isSeen = application.observedRows
      if perRow {
        // A row in which nothing is observed has no density: its cell stays empty.
        let column = Column(name: "logDensity", values: zip(densities, isSeen).map { $1 ? $0 : .nan })
        return try CSVWriter().write(DataTable(columns: numberColumn(application) + [column]), to: output)
      }
      let seen = zip(densities, isSeen).filter(\.1).map(\.0)
      if seen.isEmpty { throw UsageError("nothing is observed in any row: there is no density to tell.") }
      let unseen = densities.count - seen.count
      let total = seen.reduce(0, +)
      let mean = total / Double(seen.count)
      let isBound = application.densitiesAreBounds
      if said.json {
        try write(
          JSON.object([
            JSON.Member("rows", .number(Double(seen.count))), JSON.Member("meanLogDensity", .number(mean)),
            JSON.Member("totalLogDensity", .number(total)), JSON.Member("isLowerBound", .bool(isBound)),
          ]).description + "\n")
      } else {
        try write(
          "mean log density \(isBound ? "at least " : "")\(mean) over \(seen.count) rows (total \(total))"
            + (unseen > 0 ? "; nothing is observed in \(unseen) more" : "") + "\n")
      }
    }
  }
}

/// Fills in missing cells.
struct ImputeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "impute",
    abstract: "Writes the fitted columns with missing cells filled in: by posterior means, or with --draws by draws.",
    discussion: "With several draws the rows of all draws follow one another, numbered in a column \"draw\".")

  @OptionGroup var fit: FitOptions
  @OptionGroup var table: TableOptions
  @Option(parsing: .unconditional, help: "How many draws from the posterior; 0 for posterior means.") var draws = 0
  @Option(parsing: .unconditional, help: "Seed of the draws.", transform: seedNumber) var seed: UInt64 = 0
  @Option(name: .shortAndLong, help: "The CSV file to write; '-' is standard output.") var output = "-"
  @OptionGroup var threads: ThreadOptions
  @OptionGroup var said: QuietOption

  func run() {
    reporting {
      guard draws >= 0 else { throw UsageError("--draws \(draws): at least 0 was expected.") }
      let application = try Application(
        fit.read(), to: table.read(threads: threads, outputs: [output], inputs: fit.files, isQuiet: said.quiet),
        threads: threads.count)
      let first = numberColumn(application)
      if draws == 0 {
        return try CSVWriter().write(DataTable(columns: first + application.imputed().columns), to: output)
      }
      var done = 0
      try CSVWriter().write(to: output) {
        if done == draws { return nil }
        let filled = try application.imputed(seed: seed &+ UInt64(done))
        done += 1
        let rows = filled.rowCount
        let number = draws == 1 ? [] : [Column(name: "draw", values: [Double](repeating: Double(done), count: rows))]
        return try DataTable(columns: number + first + filled.columns)
      }
    }
  }
}

/// Draws rows.
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample", abstract: "Draws rows from the posterior predictive distribution, as CSV.",
    discussion:
      "A model that conditions on data, as a regression does on its inputs, draws one row for each row of --given. "
      + "Where rows depend on values of rows before, those of the first rows there are taken over, and the rest drawn.")

  @OptionGroup var fit: FitOptions
  @Option(
    help: "A table of the columns that the model conditions on, or of the rows to go on from.", completion: .file())
  var given: [String] = []
  @OptionGroup var reading: ReadingOptions
  @Option(
    name: [.customShort("n"), .long], parsing: .unconditional,
    help: "Number of rows, without --given; 1000 by default.")
  var count: Int?
  @Option(parsing: .unconditional, help: "Seed.", transform: seedNumber) var seed: UInt64 = 0
  @Option(name: .shortAndLong, help: "The CSV file to write; '-' is standard output.") var output = "-"
  @OptionGroup var said: QuietOption

  /// Rows that are in memory at once.
  private static let rowsAtOnce = 4096

  func run() {
    reporting {
      try checkPlaces(outputs: [output], inputs: given + fit.files)
      let fit = try fit.read()
      if !given.isEmpty {
        if count != nil {
          throw UsageError("-n and --given cannot be used together: one row is drawn for each row of --given.")
        }
        let table = try reading.read(given, isQuiet: said.quiet)
        return try CSVWriter().write(fit.sample(given: table, seed: seed), to: output)
      }
      let count = count ?? 1000
      guard count >= 0 else { throw UsageError("-n \(count): a number of rows from 0 on was expected.") }
      var rows = try fit.sampledRows(seed: seed)
      var done: Int?
      try CSVWriter().write(to: output) {
        if done == count { return nil }
        let next = min(count - (done ?? 0), Self.rowsAtOnce)
        done = (done ?? 0) + next
        return try rows.next(next)
      }
    }
  }
}
