import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// Data bound to a model: the columns of every variable with data, checked.
public struct BoundData: Sendable {
  /// The columns of each variable with data; after them the weights of the rows, where they have any.
  public let inputs: [InputColumns]
  /// The names of the columns of each variable.
  public let columns: [[String]]
  /// The levels of each column: labels, or the two values of a binary column; empty for numbers.
  public let levels: [[[String]]]
  /// How many cells of each column are missing; empty for a variable without missing cells.
  public let missing: [[Int]]
  /// Number of rows.
  public let rowCount: Int
  /// The rows of the table that are used; nil for all.
  public let rows: [Int]?
  /// How many rows are left out because nothing is observed in them.
  public let emptyRowCount: Int
  /// Whether rows have weights.
  public let isWeighted: Bool
  /// Where the data came from.
  public let origin: String

  /// Binds a table to a model.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - table: The data.
  ///   - binding: Which columns stand for which variable.
  ///   - fitted: The levels that labels had when the model was fitted; a value that is not among them is an error.
  ///   - weights: The column that holds the weights of the rows.
  ///   - dropsEmptyRows: Whether rows in which nothing is observed are left out: they say nothing.
  ///   - keepsFirstRows: Whether rows without a full past are kept, whose lagged values are then not those of their past.
  /// - Throws: ``DataError`` where a column is missing, or has values outside the variable's domain.
  public init(
    _ graph: ModelGraph, table: DataTable, binding: ColumnBinding, levels fitted: [[[String]]]? = nil,
    weights: String? = nil, dropsEmptyRows: Bool = false, keepsFirstRows: Bool = false
  ) throws(DataError) {
    origin = table.origin
    if table.rowCount == 0 { throw DataError("\(table.origin) has no rows.") }
    binding.columns.joined().compactMap { table[$0] }.summarise()
    var found: [[Column]] = []
    var levels: [[[String]]] = []
    if let weights, let i = binding.columns.firstIndex(where: { $0.contains(weights) }) {
      throw DataError(
        "column \"\(shown(weights))\" holds the weights of the rows, but \"\(graph.variables[graph.observed[i]].name)\" is bound to it too. "
          + "Leave it out of one of the two.")
    }
    for (i, variable) in graph.observed.enumerated() {
      let node = graph.variables[variable]
      for other in graph.observed.indices[..<i] where fitted == nil {
        let earlier = graph.variables[graph.observed[other]]
        guard node.role == .observed || earlier.role == .observed,
          let shared = binding.columns[i].first(where: binding.columns[other].contains)
        else { continue }
        throw DataError(
          "column \"\(shown(shared))\" is bound to \"\(earlier.name)\" and to \"\(node.name)\". Bind it to one of them."
        )
      }
      if case .given = node.role, node.family.type.domain == .label, binding.columns[i].count > 1 {
        throw DataError(
          "\"\(node.name)\" is bound to \(binding.columns[i].count) columns, \(list(binding.columns[i])), but groups are the levels of "
            + "one. Bind it to one column.")
      }
      if variable == graph.order?.time, binding.columns[i].count > 1 {
        throw DataError(
          "\"\(node.name)\" is bound to \(binding.columns[i].count) columns, \(list(binding.columns[i])), but rows are ordered by one. "
            + "Bind it to one column.")
      }
      var usable: [Column] = []
      var columnLevels: [[String]] = []
      if case .given(intercept: true) = node.role {
        usable.append(Column(constant: 1, name: "(intercept)", count: table.rowCount))
        columnLevels.append([])
      }
      for name in binding.columns[i] {
        guard let column = table[name] else {
          throw DataError(
            "\(table.origin) has no column \"\(shown(name))\", which \"\(node.name)\" is bound to; it has \(list(table.columnNames))."
          )
        }
        let (converted, known) = try convert(
          column, family: node.family, variable: node.name,
          fitted: graph.onlyOrders(variable) ? nil : fitted?[i][columnLevels.count], origin: table.origin)
        try checkMissing(column, node, isFitted: fitted != nil, table.origin)
        usable.append(converted)
        columnLevels.append(known)
      }
      found.append(usable)
      levels.append(columnLevels)
    }
    try checkRows(graph, found, origin: table.origin)
    let order = try RowSequences(graph, found, table)
    var kept = order.keptRows(keepsFirstRows ? 0 : graph.maximumLag)
    let count = kept?.count ?? table.rowCount
    if let kept, kept.isEmpty {
      throw DataError(
        "\(table.origin): no sequence is longer than the largest lag, \(graph.maximumLag). Use longer sequences or shorter lags."
      )
    }
    if dropsEmptyRows && graph.order == nil { kept = try seenRows(graph, found, kept, table.origin) }
    emptyRowCount = count - (kept?.count ?? table.rowCount)
    if emptyRowCount == count {
      throw DataError(
        "\(table.origin): nothing is observed in any row: there is nothing to learn from. Leave such rows out.")
    }
    var inputs: [InputColumns] = []
    var names: [[String]] = []
    var missing: [[Int]] = []
    for (i, variable) in graph.observed.enumerated() {
      var columns = found[i]
      switch graph.variables[variable].role {
      case .lagged(let source, let lags, let intercept):
        let past = found[graph.observed.firstIndex(of: source) ?? 0]
        columns = intercept ? [Column(constant: 1, name: "(intercept)", count: kept?.count ?? table.rowCount)] : []
        columns += lags.flatMap { lag in
          past.map { $0.lagged(by: lag, rows: kept ?? Array(0..<table.rowCount)).renamed("\($0.name).lag(\(lag))") }
        }
        levels[i] = columns.map { _ in [] }
      case .position(let scope):
        columns = [order.indicator(scope, rows: kept ?? Array(0..<table.rowCount))]
        levels[i] = [[]]
      case .latent, .observed, .given:
        if let kept { columns = columns.map { $0.rows(kept) } }
      }
      names.append(columns.map(\.name))
      let counts = columns.map(\.missingCount)
      missing.append(counts.contains { $0 > 0 } ? counts : [])
      inputs.append(InputColumns(columns, count: kept?.count ?? table.rowCount))
    }
    if let weights {
      let column = try checkWeights(weights, table, rows: kept)
      if let chain = graph.factors.first(where: { $0.terms.contains { $0.rows != .all } }) {
        try order.checkWeights(column, chain: graph.variables[chain.child].name, origin: table.origin)
      }
      inputs.append(InputColumns([kept.map { column.rows($0) } ?? column], count: kept?.count ?? table.rowCount))
    }
    self.inputs = inputs
    self.levels = levels
    self.missing = missing
    columns = names
    rows = kept
    rowCount = kept?.count ?? table.rowCount
    isWeighted = weights != nil
  }

  /// No rows at all, for a model that draws rows.
  init(rowless model: CompiledModel) {
    inputs =
      model.facts.observed.map { facts in InputColumns(facts.columns.map { Column(name: $0, values: []) }, count: 0) }
      + (model.facts.isWeighted ? [InputColumns([Column(name: "weights", values: [])], count: 0)] : [])
    columns = model.facts.observed.map(\.columns)
    levels = model.facts.observed.map(\.levels)
    missing = levels.map { _ in [] }
    rowCount = 0
    rows = nil
    emptyRowCount = 0
    isWeighted = model.facts.isWeighted
    origin = "no rows"
  }
}

extension CompiledModel {
  /// The columns that a table must have for each variable with data.
  public var binding: ColumnBinding {
    ColumnBinding(
      columns: zip(graph.observed, facts.observed).map { variable, known in
        switch graph.variables[variable].role {
        case .lagged, .position: []
        case .given(intercept: true): Array(known.columns.dropFirst())
        case .given, .observed, .latent: known.columns
        }
      })
  }
}

extension ModelGraph.Variable {
  /// Whether its data follow from those of others.
  var isDerived: Bool {
    switch role {
    case .lagged, .position: true
    case .latent, .observed, .given: false
    }
  }
}

/// The rows in which something is observed, where there are others; of some rows, or of all.
private func seenRows(
  _ graph: ModelGraph, _ columns: [[Column]], _ rows: [Int]?, _ origin: String
) throws(DataError) -> [Int]? {
  let observed = zip(graph.observed, columns).filter { graph.variables[$0.0].role == .observed }.flatMap(\.1)
  guard !observed.isEmpty, observed.allSatisfy({ $0.missingCount > 0 }) else { return rows }
  func isEmpty(_ row: Int) -> Bool { observed.allSatisfy { $0.base[row * $0.stride].isNaN } }
  var (count, emptyCount) = (observed[0].count, 0)
  observed.forEachPart { part in for row in part where isEmpty(row) { emptyCount += 1 } }
  if emptyCount == 0 { return rows }
  // The others are copied, and listed.
  guard Memory.has(Memory.bytes(count, 1 + columns.reduce(0) { $0 + $1.count })) else {
    throw DataError(
      "\(origin): \(emptyCount) of \(count) rows are empty, and there is no room in memory for a copy without them. Leave them "
        + "out of the file.")
  }
  var seen: [Int] = []
  count = rows?.count ?? count
  seen.reserveCapacity(count)
  for place in 0..<count {
    let row = rows?[place] ?? place
    if !isEmpty(row) { seen.append(row) }
  }
  return seen.count == count ? rows : seen
}

extension ModelGraph {
  /// The largest lag of any variable.
  var maximumLag: Int {
    variables.reduce(0) { largest, variable in
      if case .lagged(_, let lags, _) = variable.role { max(largest, lags.max() ?? 0) } else { largest }
    }
  }

  /// Whether a variable tells sequences apart and nothing else: then new rows may hold new sequences.
  func onlyOrders(_ variable: Int) -> Bool {
    variable == order?.sequence && !plates.contains { $0.extent == .levels(variable: variable) }
      && !factors.contains { $0.arguments.contains { $0.value.variables.contains(variable) } }
  }

  /// Whether values of a variable enter later rows.
  func isLagged(_ variable: Int) -> Bool {
    variables.contains { if case .lagged(variable, _, _) = $0.role { true } else { false } }
  }
}

/// What the model conditions on has no missing cells, and no column is missing altogether.
///
/// New rows of a fit may lack a whole column of what the model predicts.
private func checkMissing(
  _ column: Column, _ variable: ModelGraph.Variable, isFitted: Bool, _ origin: String
) throws(DataError) {
  let count = column.missingCount
  if count == 0 { return }
  if count == column.count && !isFitted {
    throw DataError(
      "\(origin): column \"\(shown(column.name))\" is wholly missing: it says nothing. Leave it out, or bind other columns "
        + "to \"\(variable.name)\".", remedy: .bind(variable.name))
  }
  if variable.role != .observed {
    throw DataError(
      "\(origin): column \"\(shown(column.name))\" has \(count) missing cell\(count == 1 ? "" : "s")"
        + (column.findings.firstMissingLine.map { " (the first in line \($0))" } ?? "")
        + ", but the model conditions on \"\(variable.name)\" and cannot do without it. Fill the cells, or drop the rows."
    )
  }
}

/// Larger numbers of rows are not exact.
private let largestWeight = 1e15

/// Weights are finite numbers from 0 on, and not all 0.
private func checkWeights(_ name: String, _ table: DataTable, rows: [Int]?) throws(DataError) -> Column {
  guard let column = table[name] else {
    throw DataError(
      "\(table.origin) has no column \"\(shown(name))\" for the weights; it has \(list(table.columnNames)).")
  }
  guard column.kind == .numeric else {
    throw DataError("\(table.origin): column \"\(shown(name))\" holds text, but weights are numbers.")
  }
  let summary = column.summary
  if summary.missing > 0 || !summary.isWithin(0, largestWeight) {
    for row in 0..<column.count {
      let x = column[row]
      if x >= 0 && x <= largestWeight { continue }
      throw DataError(
        "\(table.origin): the weight in column \"\(shown(name))\", row \(row + 1), is \(x.isNaN ? "missing" : text(x)); weights are numbers "
          + "from 0 to 1e15.")
    }
  }
  // No weight is negative: their sum is 0 only where all are.
  if rows.map({ rows in !rows.contains { column[$0] > 0 } }) ?? (summary.greatest == 0) {
    throw DataError("\(table.origin): all weights in column \"\(shown(name))\" are 0: no row counts.")
  }
  return column
}

extension Column {
  /// A column of one number.
  init(constant: Double, name: String, count: Int) {
    self.init(name: name, owner: ColumnOwner(copying: [constant]), count: count, stride: 0)
  }

  /// Some rows, as a view where they follow one another.
  func rows(_ rows: [Int]) -> Column {
    guard let first = rows.first, let last = rows.last else { return Column(name: name, values: []) }
    if last - first + 1 == rows.count { return slice(first..<(last + 1)) }
    return Column(name: name, values: rows.map { base[$0 * stride] }, kind: kind, findings: findings)
  }

  /// The values some rows earlier; beyond the ends, where no term reads them, those of the first or last row.
  func lagged(by lag: Int, rows: [Int]) -> Column { self.rows(rows.map { min(max($0 - lag, 0), count - 1) }) }
}

extension InputColumns {
  /// Columns that keep their memory alive.
  init(_ columns: [Column], count: Int) {
    self.init(
      views: columns.map { View(base: $0.base, stride: $0.stride, owner: ColumnHolder($0)) }, count: count)
  }
}

/// Keeps a column alive as an object.
private final class ColumnHolder: PageReleasing {
  let column: Column
  init(_ column: Column) { self.column = column }

  func releasePages(rows: Range<Int>) { column.releasePages(rows: rows) }
}

extension BoundData {
  /// Lets go of the pages of mapped files that rows came from; they are read again when they are next needed.
  func release(_ rows: RowSelection) {
    let range: Range<Int>
    switch rows {
    case .range(let all): range = all
    // Pages around each row came with it: all that there are go.
    case .list: range = 0..<rowCount
    }
    for input in inputs { input.releasePages(rows: range) }
  }
}
