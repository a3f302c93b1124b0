import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// Which columns stand for which observed variable.
public struct ColumnBinding: Hashable, Sendable {
  /// The names of the columns of each observed variable, in the order of ``ModelGraph/observed``.
  public var columns: [[String]]

  /// Binds variables to columns by name; variables that are not named take columns by ``init(_:table:explicit:)``'s rules.
  ///
  /// - Parameters:
  ///   - explicit: Column names by variable name, as in `--bind x=a,b,c`.
  ///
  /// A variable that is not named takes the column of its own name; failing that, all columns of its kind that no other
  /// variable takes: two-valued ones, text, counts (where the model takes no real numbers), numbers. Of several observed
  /// variables some may be left without columns; they then say nothing.
  /// - Throws: ``DataError`` where a variable or a column is unknown, or nothing fits a variable.
  public init(
    _ graph: ModelGraph, table: DataTable, explicit: [String: [String]] = [:]
  ) throws(DataError) {
    let names = graph.observed.map { graph.variables[$0].name }
    if table.columns.isEmpty { throw DataError("\(table.origin) has no columns.") }
    if table.rowCount == 0 { throw DataError("\(table.origin) has no rows.") }
    for name in explicit.keys.sorted() where !names.contains(name) {
      throw DataError(
        "the model \(graph.name) has no observed variable \"\(name)\"; it has \(names.map { "\"\($0)\"" }.joined(separator: ", "))."
      )
    }
    var taken: Set<String> = Set(explicit.values.flatMap { $0 })
    columns = []
    for variable in graph.observed {
      let name = graph.variables[variable].name
      if let chosen = explicit[name] {
        if chosen.isEmpty {
          throw DataError("\"\(name)\" is bound to no columns. Name some, or leave the binding out.")
        }
        if let (_, twice) = chosen.enumerated().first(where: { chosen[..<$0].contains($1) }) {
          throw DataError("\"\(name)\" is bound to column \"\(twice)\" twice. Name it once.")
        }
        for column in chosen where table[column] == nil {
          throw DataError(
            "\(table.origin) has no column \"\(column)\" for \"\(name)\"; it has \(list(table.columnNames)).")
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
    for i in order where columns[i].isEmpty {
      let variable = graph.variables[graph.observed[i]]
      let domain = variable.family.type.domain
      // A whole number may be a count or a measurement: where the model takes both, the user says which.
      let isAmbiguous = domain == .count && graph.observed.contains { graph.variables[$0].family.type.domain == .real }
      let fitting = isAmbiguous ? [] : table.columns.filter { !taken.contains($0.name) && accepts(domain, $0) }
      if let mixed = table.columns.first(where: { !taken.contains($0.name) && $0.findings.firstText != nil }),
        variable.family.type.domain != .label, let text = mixed.findings.firstText
      {
        throw DataError(
          "\(table.origin): column \"\(mixed.name)\" mixes numbers and text (\"\(text.text)\" in line \(text.line)). Mend the cell, "
            + "or choose the columns of \"\(variable.name)\" yourself with --bind \(variable.name)=….")
      }
      if fitting.isEmpty && graph.observed.count > 1 { continue }
      if fitting.isEmpty {
        throw DataError(
          "\(table.origin): no column fits \"\(variable.name)\", which takes \(expectation(domain))"
            + "\(misfit(domain, table.columns).map { "; \($0)" } ?? ""). Choose columns with --bind \(variable.name)=…; there are \(list(table.columnNames))."
        )
      }
      columns[i] = fitting.map(\.name)
      taken.formUnion(columns[i])
    }
    if columns.allSatisfy(\.isEmpty) {
      throw DataError(
        "\(table.origin): no column fits any variable of \(graph.name). Choose columns with --bind; there are \(list(table.columnNames))."
      )
    }
  }

  /// Binds variables to known columns, as a saved fit does.
  public init(columns: [[String]]) { self.columns = columns }
}

private func list(_ names: [String]) -> String {
  names.prefix(12).map { "\"\($0)\"" }.joined(separator: ", ")
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
  case (.binary, .numeric): allValues(of: column) { $0 == 0 || $0 == 1 }
  case (.count, .numeric): allValues(of: column) { $0 >= 0 && $0 == $0.rounded() && $0 < 0x1p53 }
  case (_, .numeric): true
  case (_, .categorical): false
  }
}

private func allValues(of column: Column, _ condition: (Double) -> Bool) -> Bool {
  for row in 0..<column.count where !condition(column.base[row * column.stride]) { return false }
  return column.count > 0
}

/// What speaks against the first column of a kind that would do but for one value.
private func misfit(_ domain: ValueDomain, _ columns: [Column]) -> String? {
  guard domain == .binary || domain == .count else { return nil }
  for column in columns where column.kind == .numeric {
    for row in 0..<column.count {
      let x = column.base[row * column.stride]
      let fits = domain == .binary ? x == 0 || x == 1 : x >= 0 && x == x.rounded() && x < 0x1p53
      if !fits { return "column \"\(column.name)\" is \(text(x)) in row \(row + 1)" }
    }
  }
  return nil
}

private func text(_ x: Double) -> String { x == x.rounded() && abs(x) < 1e15 ? String(Int(x)) : "\(x)" }

private func expectation(_ domain: ValueDomain) -> String {
  switch domain {
  case .label: "text columns"
  case .binary: "columns of 0 and 1, or with two levels"
  case .count: "columns of counts 0, 1, 2 …"
  case .positive: "columns of positive numbers"
  default: "numeric columns"
  }
}

/// Data bound to a model: the columns of every observed variable, checked.
public struct BoundData: Sendable {
  /// The columns of each observed variable.
  public let inputs: [InputColumns]
  /// The levels of each column: labels, or the two values of a binary column; empty for numbers.
  public let levels: [[[String]]]
  /// Number of rows.
  public let rowCount: Int
  /// The names of the columns of each observed variable.
  public let binding: ColumnBinding
  /// Where the data came from.
  public let origin: String

  /// Binds a table to a model.
  ///
  /// - Parameters:
  ///   - levels: The levels that labels had when the model was fitted; a value that is not among them is an error.
  /// - Throws: ``DataError`` where a column is missing, has missing values, or has values outside the variable's domain.
  public init(
    _ graph: ModelGraph, table: DataTable, binding: ColumnBinding, levels fitted: [[[String]]]? = nil
  ) throws(DataError) {
    self.binding = binding
    origin = table.origin
    rowCount = table.rowCount
    var inputs: [InputColumns] = []
    var levels: [[[String]]] = []
    try checkMissing(table, binding)
    if table.rowCount == 0 { throw DataError("\(table.origin) has no rows.") }
    for (i, variable) in graph.observed.enumerated() {
      let family = graph.variables[variable].family
      var views: [InputColumns.View] = []
      var columnLevels: [[String]] = []
      for (j, name) in binding.columns[i].enumerated() {
        guard let column = table[name] else {
          throw DataError(
            "\(table.origin) has no column \"\(name)\", which \"\(graph.variables[variable].name)\" is bound to; it has \(list(table.columnNames))."
          )
        }
        let (usable, found) = try convert(
          column, family: family, variable: graph.variables[variable].name, fitted: fitted?[i][j], origin: table.origin)
        views.append(InputColumns.View(base: usable.base, stride: usable.stride, owner: ColumnHolder(usable)))
        columnLevels.append(found)
      }
      inputs.append(InputColumns(views: views, count: table.rowCount))
      levels.append(columnLevels)
    }
    self.inputs = inputs
    self.levels = levels
  }
}

extension BoundData {
  /// No rows at all, for a model that draws rows.
  init(rowless model: CompiledModel) {
    inputs = model.facts.observed.map { facts in
      let column = ColumnHolder(Column(name: "", values: []))
      return InputColumns(
        views: facts.columns.map { _ in .init(base: column.column.base, stride: 1, owner: column) }, count: 0)
    }
    levels = model.facts.observed.map(\.levels)
    rowCount = 0
    binding = ColumnBinding(columns: model.facts.observed.map(\.columns))
    origin = "no rows"
  }
}

/// Keeps a column alive as an object.
private final class ColumnHolder: Sendable {
  let column: Column
  init(_ column: Column) { self.column = column }
}

private func checkMissing(_ table: DataTable, _ binding: ColumnBinding) throws(DataError) {
  let missing = binding.columns.flatMap { $0 }.compactMap { table[$0] }.filter { $0.findings.missingCount > 0 }
  guard let first = missing.first else { return }
  let counts = missing.prefix(8).map { "\"\($0.name)\" \($0.findings.missingCount)" }.joined(separator: ", ")
  throw DataError(
    "\(table.origin): cells are missing: \(counts)\(missing.count > 8 ? " and \(missing.count - 8) more columns" : "")"
      + (first.findings.firstMissingLine.map { " (the first in line \($0))" } ?? "")
      + ". Models of rows with missing cells are not supported: fill the cells, drop the rows, or choose other columns with --bind."
  )
}

/// Squares of smaller numbers, and sums of them over as many rows as there may be, are finite.
private let largestValue = 1e140

/// A column as the numbers that a family takes.
private func convert(
  _ column: Column, family: Family, variable: String, fitted: [String]?, origin: String
) throws(DataError) -> (Column, [String]) {
  let domain = family.type.domain
  func wrong(_ what: String, row: Int? = nil) -> DataError {
    DataError("\(origin): column \"\(column.name)\"\(row.map { ", row \($0 + 1)" } ?? "") \(what)")
  }
  switch (domain, column.kind) {
  case (.label, _), (.binary, .categorical):
    for row in 0..<column.count {
      let x = column.base[row * column.stride]
      if case .categorical(let levels) = column.kind {
        guard x >= 0 && x < Double(levels.count) && x == x.rounded() else {
          throw wrong("is the label \(text(x)), but the column has the labels 0 to \(levels.count - 1).", row: row)
        }
      } else if !x.isFinite {
        throw wrong("is \(text(x)), but \"\(variable)\" takes labels or finite numbers.", row: row)
      }
    }
    let (labels, levels) = labelled(column)
    if domain == .binary && fitted == nil && levels.count != 2 {
      throw wrong("has \(levels.count) levels, but \"\(variable)\" takes columns of 0 and 1 or with two levels.")
    }
    if levels.count > 10_000 {
      throw wrong("has \(levels.count) different values: too many for a label. Leave it out.")
    }
    guard let fitted else { return (labels, levels) }
    var index = [Double](repeating: -1, count: levels.count)
    for (i, level) in levels.enumerated() {
      guard let known = fitted.firstIndex(of: level) else {
        throw wrong("holds \"\(level)\", which the fitted data did not have; it had \(list(fitted)).")
      }
      index[i] = Double(known)
    }
    return (Column(name: column.name, values: (0..<labels.count).map { index[Int(labels[$0])] }), fitted)
  case (_, .categorical):
    if let text = column.findings.firstText {
      throw wrong("holds \"\(text.text)\" in line \(text.line), but \"\(variable)\" takes numbers.")
    }
    throw wrong("is text, but \"\(variable)\" takes numbers.")
  case (_, .numeric):
    let shape = FamilyShape(dimension: 1)
    for row in 0..<column.count {
      let x = column.base[row * column.stride]
      guard x.isFinite else { throw wrong("is \(x), but \"\(variable)\" takes finite numbers.", row: row) }
      guard abs(x) < largestValue else {
        throw wrong(
          "is \(text(x)), but \"\(variable)\" takes numbers below \(largestValue), whose squares can be added up. "
            + "Choose a larger unit for the column.", row: row)
      }
      if domain != .real, let expected = family.type.expectation(violatedBy: [x], shape) {
        throw wrong("is \(text(x)), but \"\(variable)\" is \(family): \(expected) was expected.", row: row)
      }
    }
    return (column, [])
  }
}

/// A column as labels with their levels: those it has, or its distinct numbers in ascending order.
private func labelled(_ column: Column) -> (Column, [String]) {
  if case .categorical(let levels) = column.kind { return (column, levels) }
  var distinct: Set<Double> = []
  for row in 0..<column.count { distinct.insert(column.base[row * column.stride]) }
  let sorted = distinct.sorted()
  var index: [Double: Double] = [:]
  for (i, x) in sorted.enumerated() { index[x] = Double(i) }
  let labels = (0..<column.count).map { index[column.base[$0 * column.stride]] ?? 0 }
  let names = sorted.map(text)
  return (Column(name: column.name, values: labels), names)
}
