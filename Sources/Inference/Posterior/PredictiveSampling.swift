import CPUBackend
import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

extension Fit {
  /// Draws new rows from the posterior predictive distribution.
  ///
  /// Every row has its own draw of the global variables, so rows are independent and distributed as
  /// ``PredictiveDensity`` says; from ``drawLimit`` rows on, rows share draws in turn. The rows of a chain are one sequence
  /// with one draw.
  /// - Returns: One column for each bound column, with the names and levels that it was fitted with.
  /// - Throws: ``FitError`` for a model that conditions on data, or one whose observed values cannot be drawn.
  public func sample(_ count: Int, seed: UInt64 = 0) throws(FitError) -> DataTable {
    guard count >= 0 else { throw .setting(SettingError("\(count) rows were asked for; at least 0 can be drawn.")) }
    if let given = givenVariables.first {
      throw .model(
        ModelError(
          "rows of \(model.graph.name) cannot be drawn by themselves: the model conditions on \"\(given.name)\". Give a table of it: "
            + "'suffice sample --given FILE'."))
    }
    return try drawn(count, given: nil, seed: seed)
  }

  /// Draws the observed columns for rows of what the model conditions on, such as the inputs of a regression.
  ///
  /// Rows have draws of the global variables as in ``sample(_:seed:)``; those of a chain share one.
  /// - Parameters:
  ///   - table: The columns that the model conditions on; others are left aside.
  ///   - seed: Where all randomness comes from.
  /// - Returns: The columns that the model conditions on, and one for each observed column.
  /// - Throws: ``FitError`` for a model that conditions on nothing, or where the table lacks a column.
  public func sample(given table: DataTable, seed: UInt64 = 0) throws(FitError) -> DataTable {
    let graph = model.graph
    if givenVariables.isEmpty {
      throw .model(
        ModelError("\(graph.name) conditions on no data: ask for a number of rows, without a table."))
    }
    let names = zip(graph.observed, model.binding.columns).filter { graph.variables[$0.0].role != .observed }.flatMap(
      \.1)
    let data = try raising(FitError.data) { () throws(DataError) in
      var columns: [Column] = []
      for name in names where !columns.contains(where: { $0.name == name }) {
        if let column = table[name] { columns.append(column) }
      }
      let given = columns
      for (i, v) in graph.observed.enumerated() where graph.variables[v].role == .observed {
        for (name, levels) in zip(model.binding.columns[i], model.facts.observed[i].levels) {
          columns.append(
            Column(
              name: name, values: [Double](repeating: .nan, count: table.rowCount),
              kind: levels.isEmpty ? .numeric : .categorical(levels: levels)))
        }
      }
      let whole = try DataTable(columns: columns, origin: table.origin)
      return (
        given, try BoundData(graph, table: whole, binding: model.binding, levels: model.facts.observed.map(\.levels))
      )
    }
    let drawn = try drawn(table.rowCount, given: data.1, seed: seed)
    return try raising(FitError.data) { () throws(DataError) in
      try DataTable(columns: data.0 + drawn.columns, origin: "the sample")
    }
  }

  /// The variables with data that the model conditions on.
  private var givenVariables: [ModelGraph.Variable] {
    model.graph.variables.filter { if case .given = $0.role { true } else { false } }
  }

  private func drawn(_ count: Int, given: BoundData?, seed: UInt64) throws(FitError) -> DataTable {
    let graph = model.graph
    for variable in graph.variables {
      guard case .lagged(let source, _, _) = variable.role else { continue }
      throw .model(
        ModelError(
          "rows of \(graph.name) cannot be drawn by themselves: each depends on the values of \"\(graph.variables[source].name)\" in "
            + "the rows before."))
    }
    var random = RandomSource(seed: seed).stream(11)
    let engine = try raising(FitError.backend) { () throws(BackendError) in
      // Rows are drawn, not read: the engine has none.
      try Engine(model, data: BoundData(rowless: model), backend: CPUBackend(), threads: 1)
    }
    engine.set(naturals)
    var sampler = try raising(FitError.model) { () throws(ModelError) in
      try RowSampler(engine, given: given, random: random)
    }
    random = random.stream(1)
    var values = model.facts.observed.map { $0.columns.map { _ in [Double]() } }
    for row in 0..<count {
      for (i, value) in try sampler.row(row, using: &random).enumerated() {
        for (j, x) in value.enumerated() { values[i][j].append(x) }
      }
    }
    var columns: [Column] = []
    for (i, facts) in model.facts.observed.enumerated() where graph.variables[graph.observed[i]].role == .observed {
      for (j, name) in facts.columns.enumerated() {
        columns.append(
          Column(
            name: name, values: values[i][j],
            kind: facts.levels[j].isEmpty ? .numeric : .categorical(levels: facts.levels[j])))
      }
    }
    do throws(DataError) { return try DataTable(columns: columns, origin: "the sample") } catch { throw .data(error) }
  }

  /// How many draws of the global variables are made at most.
  public static var drawLimit: Int { 4096 }
}

/// Draws rows: global variables, then the row's variables, each given those before it.
private struct RowSampler {
  private let engine: Engine
  private let graph: ModelGraph
  private var random: RandomSource
  private var pool: [RowConditionals] = []
  /// Natural parameters that depend on labels alone, by draw, variable and labels: they are asked for again and again.
  private var known: [[Int]: [Double]] = [:]
  /// For each variable, the labels that it depends on; nil where it depends on more.
  private let labels: [[Int]?]
  private let isChain: Bool
  /// What the model conditions on, row by row.
  private let given: BoundData?

  init(_ engine: Engine, given: BoundData?, random: RandomSource) throws(ModelError) {
    self.engine = engine
    self.given = given
    self.random = random
    graph = engine.model.graph
    let graph = graph
    isChain = graph.order != nil
    labels = graph.variables.indices.map { v in
      let parents = graph.factor(of: v).arguments.flatMap(\.value.variables).filter { graph.isRowVariable($0) }
      let areLabels = parents.allSatisfy { graph.variables[$0].family == Family(Categorical.self) && $0 != v }
      return areLabels && graph.order == nil ? parents : nil
    }
    pool = [try RowConditionals(engine.model, engine.drawParameters(using: &self.random))]
  }

  /// One value for each variable with data.
  mutating func row(_ row: Int, using random: inout RandomSource) throws(FitError) -> [[Double]] {
    if !isChain && row > 0 && row < Fit.drawLimit,
      let next = try? RowConditionals(engine.model, engine.drawParameters(using: &self.random))
    {
      pool.append(next)
    }
    let draw = isChain ? 0 : row % pool.count
    var values: [Int: [Double]] = [:]
    for v in pool[draw].order where !pool[draw].isAuxiliary(v) {
      let (type, shape) = (graph.variables[v].family.type, engine.model.shapes[v])
      if let given, graph.variables[v].isObserved, graph.variables[v].role != .observed,
        let place = graph.observed.firstIndex(of: v)
      {
        let value = given.inputs[place].views.map { $0.base[row * $0.stride] }
        pool[draw].set(v, statistics: type.statistics(of: value, shape), value: value)
        values[v] = value
        continue
      }
      if case .position(let scope) = graph.variables[v].role {
        // One sequence that goes on.
        let isIn = scope == .all || scope == .followed || (scope == .first) == (row == 0)
        pool[draw].set(v, statistics: type.statistics(of: [isIn ? 1 : 0], shape))
        continue
      }
      var key: [Int]?
      if let labels = labels[v] { key = [draw, v] + labels.map { Int(values[$0]?.first ?? 0) } }
      if try pool[draw].probabilities(of: v, element: 0) != nil {
        var value: [Double] = []
        for element in 0..<type.valueCount(shape) {
          let chances = try pool[draw].probabilities(of: v, element: element) ?? []
          value.append(Double(random.index(weights: chances)))
        }
        values[v] = value
        pool[draw].set(v, statistics: type.statistics(of: value, shape), value: value)
        continue
      }
      let natural: [Double]
      if let key, let found = known[key] {
        natural = found
      } else {
        natural = pool[draw].natural(of: v)
        if let key { known[key] = natural }
      }
      let value = type.sample(natural, shape, using: &random)
      values[v] = value
      pool[draw].set(v, statistics: type.statistics(of: value, shape), value: value)
    }
    for v in graph.locals { pool[draw].advance(v) }
    return graph.observed.map { v in
      let value = values[v] ?? []
      guard let center = engine.model.centers[v] else { return value }
      return zip(value, center).map { $0 + $1 }
    }
  }
}
