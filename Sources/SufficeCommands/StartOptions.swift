import ArgumentParser
import Suffice

/// Where a fit starts.
struct StartOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where to start: a table of labels or of their probabilities, or a fit.",
      discussion: """
        A table, such as 'suffice predict' writes, has a label for each row, counted from 1, or with --probabilities a column for \
        each value. Of several labels of a row, all count that columns are named after. Of a fit file, all variables count whose names and sizes are the model's own.
        """))
  var start: String?
  @Option(
    help: """
      The order of updates in a pass, as a,b,c: latent variables by name; rows first where none of theirs is named. (default: \
      rows, then as declared)
      """)
  var order: String?
  @Option(parsing: .unconditional, help: "Random starts that are compared; the best bound is carried on.")
  var restarts = FitSettings().restarts

  /// Applies what was asked for to the settings of a fit.
  func apply(to settings: inout FitSettings, _ graph: ModelGraph, threads: ThreadOptions) throws {
    settings.restarts = restarts
    settings.order = order.map(commaSeparated)
    if let start { settings.start = try Self.read(start, graph, threads: threads) }
  }

  private static func read(_ path: String, _ graph: ModelGraph, threads: ThreadOptions) throws -> FitSettings.Start {
    let table: DataTable
    switch try fitOrTable(path, threads: threads) {
    case .fit(let fit): return .marginals(fit.marginals)
    case .table(let read): table = read
    }
    let names = graph.locals.map { graph.variables[$0] }.filter { $0.family == Family(Categorical.self) }.map(\.name)
    guard let first = names.first else {
      throw UsageError(
        "--start \(path): the rows of \(graph.name) have no label. Name a fit file, or leave the option out.")
    }
    // What 'suffice predict' writes besides labels.
    var known: Set<String> = ["row", "probability"]
    var given: [String: FitSettings.GivenLabel] = [:]
    for name in names {
      var numbered: [Column] = []
      while let column = table["\(name)_\(numbered.count + 1)"] { numbered.append(column) }
      known.formUnion([name, "\(name)_probability"] + numbered.map(\.name))
      if !numbered.isEmpty {
        given[name] = .probabilities(try probabilities(numbered, path))
      } else if let column = table[name] {
        given[name] = .values(try labels(column, path))
      }
    }
    if given.isEmpty {
      // Columns without the name of a label are those of the first one.
      if table.columns.count == 1 { return .labels(try labels(table.columns[0], path)) }
      if table.columns.count > 1, table.columns.allSatisfy({ $0.kind == .numeric }) {
        return .responsibilities(try probabilities(table.columns, path))
      }
      throw UsageError(
        "--start \(path): the columns are \(table.columnNames.joined(separator: ", ")). Expected is a column \"\(first)\" of labels, or "
          + "columns \(first)_1, \(first)_2 … of their probabilities, as 'suffice predict' writes them.")
    }
    let unknown = table.columnNames.filter { !known.contains($0) }
    if !unknown.isEmpty {
      Said.warning(
        "--start \(path): the rows of \(graph.name) have no label \(unknown.map { "\"\($0)\"" }.joined(separator: ", ")); the start does "
          + "without \(unknown.count == 1 ? "this column" : "these columns").")
    }
    return .given(given)
  }

  private enum Content { case fit(Fit), table(DataTable) }

  private static func fitOrTable(_ path: String, threads: ThreadOptions) throws -> Content {
    do throws(DataError) {
      return .fit(try FitFile.read(path, families: SufficeCommandLine.ownFamilies))
    } catch let noFit {
      do throws(DataError) {
        return .table(try DataFile.read(path: path, options: CSVOptions(threads: threads.count)))
      } catch let noTable {
        if noFit.description == noTable.description { throw noFit }
        throw UsageError("--start \(path) is neither a fit nor a table. As a fit: \(noFit) As a table: \(noTable)")
      }
    }
  }

  /// Labels counted from 0: those of a text by level, numbers from 1 on, or from 0 where one of them is 0.
  private static func labels(_ column: Column, _ path: String) throws -> [Int] {
    let values = (0..<column.count).map { column[$0] }
    if let row = values.firstIndex(where: { $0.isNaN || $0 != $0.rounded() || abs($0) > 1e9 }) {
      throw UsageError(
        "--start \(path): row \(row + 1) of column \"\(column.name)\" has "
          + (values[row].isNaN ? "no label" : "\(values[row])")
          + "; a whole number, counted from 1, or a word was expected in every row.")
    }
    let isNumeric = column.kind == .numeric
    let first = isNumeric && !values.contains(0) ? 1.0 : 0
    return values.map { Int($0 - first) }
  }

  private static func probabilities(_ columns: [Column], _ path: String) throws -> [Double] {
    let count = columns.first?.count ?? 0
    for column in columns {
      for row in 0..<count where column[row].isNaN {
        throw UsageError(
          "--start \(path): row \(row + 1) of column \"\(column.name)\" is empty; a probability was expected.")
      }
    }
    return (0..<count).flatMap { row in columns.map { $0[row] } }
  }
}
