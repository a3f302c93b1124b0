import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// Which columns stand for which observed variable.
public struct ColumnBinding: Hashable, Sendable {
  /// The names of the columns of each observed variable, in the order of `ModelGraph.observed`.
  public var columns: [[String]]

  /// Binds variables to columns by name; variables that are not named take columns by the rules below.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - table: The data.
  ///   - explicit: Column names by variable name, such as `["x": ["a", "b", "c"]]`.
  ///   - reserved: Columns that no variable takes by itself.
  ///
  /// A variable that is not named takes the column of its own name; failing that, all columns of its kind that no other
  /// variable takes: two-valued ones, text, counts (where the model takes no real numbers), numbers. Of several observed
  /// variables some may be left without columns; they then say nothing.
  /// - Throws: ``DataError`` where a variable or a column is unknown, or nothing fits a variable.
  public init(
    _ graph: ModelGraph, table: DataTable, explicit: [String: [String]] = [:], reserved: [String] = []
  ) throws(DataError) {
    let names = graph.observed.filter { !graph.variables[$0].isDerived }.map { graph.variables[$0].name }
    if table.columns.isEmpty { throw DataError("\(table.origin) has no columns.") }
    if table.rowCount == 0 { throw DataError("\(table.origin) has no rows.") }
    for name in explicit.keys.sorted() where !names.contains(name) {
      throw DataError(
        "the model \(graph.name) has no observed variable \"\(name)\"; it has \(names.map { "\"\($0)\"" }.joined(separator: ", "))."
      )
    }
    let free = table.columnNames.filter { !reserved.contains($0) }
    let offer =
      free.isEmpty
      ? "there are none beside the weights"
      : "there are \(list(free))\(reserved.isEmpty ? "" : " beside the weights")"
    var taken: Set<String> = Set(explicit.values.flatMap { $0 } + reserved)
    columns = []
    for variable in graph.observed {
      let name = graph.variables[variable].name
      if graph.variables[variable].isDerived {
        columns.append([])
      } else if let chosen = explicit[name] {
        if chosen.isEmpty {
          throw DataError("\"\(name)\" is bound to no columns. Name some, or leave the binding out.")
        }
        if let (_, twice) = chosen.enumerated().first(where: { chosen[..<$0].contains($1) }) {
          throw DataError("\"\(name)\" is bound to column \"\(shown(twice))\" twice. Name it once.")
        }
        for column in chosen where table[column] == nil {
          throw DataError(
            "\(table.origin) has no column \"\(shown(column))\" for \"\(name)\"; it has \(list(table.columnNames)).")
        }
        columns.append(chosen)
      } else if table[name] != nil && !taken.contains(name) {
        columns.append([name])
        taken.insert(name)
      } else {
        columns.append([])
      }
    }
    // A variable without a column of its own takes all columns of its kind, the most particular kind first.
    let order = graph.observed.indices.sorted { rank(graph, $0) < rank(graph, $1) }
    let modelled = graph.observed.indices.filter { graph.variables[graph.observed[$0]].role == .observed }
    let unnamed = modelled.first { columns[$0].isEmpty }.map { graph.variables[graph.observed[$0]].name }
    for i in order where columns[i].isEmpty && !graph.variables[graph.observed[i]].isDerived {
      let variable = graph.variables[graph.observed[i]]
      let name = variable.name
      let isGiven = variable.role != .observed
      // Inputs take what is left over once everything else has its columns; groups are never guessed.
      if isGiven && variable.family.type.domain == .label {
        throw DataError(
          "\(table.origin) has no column \"\(name)\". Bind a column to it; \(offer).", remedy: .bind(name))
      }
      if isGiven, let unnamed {
        throw DataError(
          "\(table.origin) has no column \"\(unnamed)\". Bind columns to it, and \"\(name)\" takes those that are left; \(offer).",
          remedy: .bind(unnamed))
      }
      let domain = variable.family.type.domain
      // A whole number may be a count or a measurement: where the model takes both, the user says which.
      if domain == .count || domain == .binary {
        table.columns.filter { $0.kind == .numeric && !taken.contains($0.name) }.summarise()
      }
      let isAmbiguous = domain == .count && graph.observed.contains { graph.variables[$0].family.type.domain == .real }
      let fitting = isAmbiguous ? [] : table.columns.filter { !taken.contains($0.name) && accepts(domain, $0) }
      // Where the model takes labels only, numbers among them are labels like others.
      let takesNumbers = graph.observed.contains { graph.variables[$0].family.type.domain != .label }
      if takesNumbers,
        let mixture = table.columns.lazy.filter({ !taken.contains($0.name) })
          .compactMap({ $0.mixture(in: table.origin, for: name, isLabel: domain == .label) }).first
      {
        throw mixture
      }
      if fitting.isEmpty && modelled.count > 1 && !isGiven { continue }
      if fitting.isEmpty {
        throw DataError(
          "\(table.origin): no column fits \"\(variable.name)\", which takes \(expectation(domain))"
            + "\(misfit(domain, table.columns).map { "; \($0)" } ?? ""). Bind columns to it; \(offer).",
          remedy: .bind(variable.name))
      }
      columns[i] = fitting.map(\.name)
      taken.formUnion(columns[i])
    }
    if modelled.allSatisfy({ columns[$0].isEmpty }) {
      throw DataError(
        "\(table.origin): no column fits any variable of \(graph.name). Bind columns to "
          + "\(modelled.map { "\"\(graph.variables[graph.observed[$0]].name)\"" }.joined(separator: " or ")); \(offer).",
        remedy: modelled.first.map { .bind(graph.variables[graph.observed[$0]].name) })
    }
  }

  /// Binds variables to known columns, as a saved fit does.
  public init(columns: [[String]]) { self.columns = columns }
}

func list(_ names: [String]) -> String {
  names.prefix(12).map { "\"\(shown($0))\"" }.joined(separator: ", ")
    + (names.count > 12 ? " and \(names.count - 12) more" : "")
}

/// Labels and two-valued columns are more particular than counts, counts than numbers.
private func rank(_ graph: ModelGraph, _ i: Int) -> Int {
  switch graph.variables[graph.observed[i]].family.type.domain {
  case .binary: 0
  case .label: 1
  case .count: 2
  default: 3
  }
}

/// Whether a column may be taken by default.
private func accepts(_ domain: ValueDomain, _ column: Column) -> Bool {
  switch (domain, column.kind) {
  case (.label, .categorical): true
  case (.label, .numeric): false
  case (.binary, .categorical(let levels)): levels.count == 2
  case (.binary, .numeric): column.summary.isWhole && column.summary.isWithin(0, 1)
  case (.count, .numeric): column.summary.isWhole && column.summary.isWithin(0, 0x1p53.nextDown)
  case (_, .numeric): true
  case (_, .categorical): false
  }
}

/// What speaks against the first column of a kind that would do but for one value.
private func misfit(_ domain: ValueDomain, _ columns: [Column]) -> String? {
  guard domain == .binary || domain == .count else { return nil }
  for column in columns where column.kind == .numeric {
    for row in 0..<column.count {
      let x = column.base[row * column.stride]
      if x.isNaN { continue }
      let fits = domain == .binary ? x == 0 || x == 1 : x >= 0 && x == x.rounded() && x < 0x1p53
      if !fits { return "column \"\(shown(column.name))\" is \(text(x)) in row \(row + 1)" }
    }
  }
  return nil
}

func text(_ x: Double) -> String { x == x.rounded() && abs(x) < 1e15 ? String(Int(x)) : "\(x)" }

private func expectation(_ domain: ValueDomain) -> String {
  switch domain {
  case .label: "text columns"
  case .binary: "columns of 0 and 1, or with two levels"
  case .count: "columns of counts 0, 1, 2 …"
  case .positive: "columns of positive numbers"
  default: "numeric columns"
  }
}
