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
    let graph = model.graph
    if let given = graph.observed.first(where: { v in
      if case .position = graph.variables[v].role { false } else { graph.variables[v].role != .observed }
    }) {
      if case .lagged(let source, _) = graph.variables[given].role {
        throw .model(
          ModelError(
            "rows of \(graph.name) cannot be drawn by themselves: each depends on the values of \"\(graph.variables[source].name)\" in "
              + "the rows before."))
      }
      throw .model(
        ModelError(
          "rows of \(graph.name) cannot be drawn by themselves: the model conditions on \"\(graph.variables[given].name)\". "
            + "Make a table of it with empty cells in the other columns, and draw these with 'suffice impute --draws'."
        ))
    }
    if let augmented = graph.observed.first(where: { v in
      graph.factors.contains { factor in
        graph.isRowVariable(factor.child) && factor.child != v
          && factor.arguments.contains { $0.value.variables.contains(v) }
      }
    }) {
      throw .model(
        ModelError(
          "rows of \(graph.name) cannot be drawn: other variables are given \"\(graph.variables[augmented].name)\"."))
    }
    var random = RandomSource(seed: seed).stream(11)
    let engine = try raising(FitError.backend) { () throws(BackendError) in
      // Rows are drawn, not read: the engine has none.
      try Engine(model, data: BoundData(rowless: model), backend: CPUBackend(), threads: 1)
    }
    engine.set(naturals)
    var sampler = try raising(FitError.model) { () throws(ModelError) in try RowSampler(engine, random: random) }
    random = random.stream(1)
    var values = model.facts.observed.map { $0.columns.map { _ in [Double]() } }
    for row in 0..<count {
      for (i, value) in sampler.row(row, using: &random).enumerated() {
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

  init(_ engine: Engine, random: RandomSource) throws(ModelError) {
    self.engine = engine
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
  mutating func row(_ row: Int, using random: inout RandomSource) -> [[Double]] {
    if !isChain && row > 0 && row < Fit.drawLimit,
      let next = try? RowConditionals(engine.model, engine.drawParameters(using: &self.random))
    {
      pool.append(next)
    }
    let draw = isChain ? 0 : row % pool.count
    var values: [Int: [Double]] = [:]
    for v in pool[draw].order {
      let (type, shape) = (graph.variables[v].family.type, engine.model.shapes[v])
      if case .position(let scope) = graph.variables[v].role {
        // One sequence that goes on.
        let isIn = scope == .all || scope == .followed || (scope == .first) == (row == 0)
        pool[draw].set(v, statistics: [], value: nil)
        pool[draw].set(v, statistics: type.statistics(of: [isIn ? 1 : 0], shape))
        continue
      }
      var key: [Int]?
      if let labels = labels[v] { key = [draw, v] + labels.map { Int(values[$0]?.first ?? 0) } }
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
