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
  /// with one draw; where rows depend on values of rows before, those before the first are the means of the fitted data.
  /// - Returns: One column for each bound column, with the names and levels that it was fitted with.
  /// - Throws: ``FitError`` for a model that conditions on data, or one whose observed values cannot be drawn.
  public func sample(_ count: Int, seed: UInt64 = 0) throws(FitError) -> DataTable {
    guard count >= 0 else { throw .setting(SettingError("\(count) rows were asked for; at least 0 can be drawn.")) }
    var rows = try sampledRows(seed: seed)
    return try rows.next(count)
  }

  /// The rows that ``sample(_:seed:)`` draws, some at a time: as many as there is time for, in the memory of those.
  public func sampledRows(seed: UInt64 = 0) throws(FitError) -> SampledRows {
    if let given = givenVariables.first {
      throw .setting(
        SettingError(
          "rows of \(model.graph.name) cannot be drawn by themselves: the model conditions on \"\(given.name)\". Give a "
            + "table of it.", remedy: .given))
    }
    return try SampledRows(self, given: nil, seed: seed)
  }

  /// Draws the observed columns for rows of what the model conditions on, such as the inputs of a regression.
  ///
  /// Rows have draws of the global variables as in ``sample(_:seed:)``; those of a chain share one.
  ///
  /// Where rows depend on values of rows before, a sequence begins with those that the table has of its first rows, as many
  /// as the largest lag, and goes on from there; without them, it begins at the means of the fitted data.
  /// - Parameters:
  ///   - table: The columns that the model conditions on, and those of which it takes lags; others are left aside.
  ///   - seed: Where all randomness comes from.
  /// - Returns: The columns that the model conditions on, and one for each observed column.
  /// - Throws: ``FitError`` for a model that conditions on nothing, or where the table lacks a column.
  public func sample(given table: DataTable, seed: UInt64 = 0) throws(FitError) -> DataTable {
    let graph = model.graph
    if givenVariables.isEmpty && graph.maximumLag == 0 {
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
        let past = graph.isLagged(v) ? model.binding.columns[i].compactMap { table[$0] } : []
        if past.count == model.binding.columns[i].count {
          columns += past
          continue
        }
        for (name, levels) in zip(model.binding.columns[i], model.facts.observed[i].levels) {
          columns.append(
            Column(
              name: name, values: [Double](repeating: .nan, count: table.rowCount),
              kind: levels.isEmpty ? .numeric : .categorical(levels: levels)))
        }
      }
      let whole = try DataTable(columns: columns, origin: table.origin)
      return (
        given,
        try BoundData(
          graph, table: whole, binding: model.binding, levels: model.facts.observed.map(\.levels), keepsFirstRows: true)
      )
    }
    var rows = try SampledRows(self, given: data.1, seed: seed)
    let drawn = try rows.next(table.rowCount)
    return try raising(FitError.data) { () throws(DataError) in
      try DataTable(columns: data.0 + drawn.columns, origin: "the sample")
    }
  }

  /// The variables with data that the model conditions on.
  private var givenVariables: [ModelGraph.Variable] {
    model.graph.variables.filter { if case .given = $0.role { true } else { false } }
  }

  /// How many draws of the global variables are made at most.
  public static var drawLimit: Int { 4096 }
}

/// Rows from the posterior predictive distribution, in the order in which they are drawn.
public struct SampledRows {
  private let model: CompiledModel
  private var sampler: RowSampler
  private var random: RandomSource
  private var count = 0

  fileprivate init(_ fit: Fit, given: BoundData?, seed: UInt64) throws(FitError) {
    model = fit.model
    let random = RandomSource(seed: seed).stream(11)
    let engine = try raising(FitError.backend) { () throws(BackendError) in
      // Rows are drawn, not read: the engine has none.
      try Engine(fit.model, data: BoundData(rowless: fit.model), backend: CPUBackend(), threads: 1)
    }
    engine.set(fit.naturals)
    sampler = try raising(FitError.model) { () throws(ModelError) in
      try RowSampler(engine, given: given, random: random)
    }
    self.random = random.stream(1)
  }

  /// Draws the rows that follow; however many at a time, they are the same.
  ///
  /// - Throws: ``FitError`` where values of the model cannot be drawn.
  public mutating func next(_ rows: Int) throws(FitError) -> DataTable {
    let graph = model.graph
    var values = model.facts.observed.map { $0.columns.map { _ in [Double]() } }
    for row in count..<count + rows {
      for (i, value) in try sampler.row(row, using: &random).enumerated() {
        let v = graph.observed[i]
        if graph.variables[v].role == .observed, let broken = value.first(where: { !$0.isFinite }) {
          throw .numeric(
            "a value of \"\(graph.variables[v].name)\" that was drawn is \(broken): the fit's parameters are too extreme to be "
              + "drawn from in double precision.")
        }
        for (j, x) in value.enumerated() { values[i][j].append(x) }
      }
    }
    count += rows
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
  /// The last rows of variables whose values enter later rows, and the first one that is kept.
  private var past: [Int: [[Double]]] = [:]
  private var firstPast = 0
  /// The first row of the present sequence.
  private var start = 0
  /// The largest lag.
  private let reach: Int

  init(_ engine: Engine, given: BoundData?, random: RandomSource) throws(ModelError) {
    self.engine = engine
    self.given = given
    self.random = random
    graph = engine.model.graph
    let graph = graph
    isChain = graph.order != nil
    reach = graph.maximumLag
    for v in graph.observed where graph.variables[v].role == .observed && graph.isLagged(v) { past[v] = [] }
    labels = graph.variables.indices.map { v in
      let parents = graph.factor(of: v).arguments.flatMap(\.value.variables).filter { graph.isRowVariable($0) }
      let areLabels = parents.allSatisfy { graph.variables[$0].family == Family(Categorical.self) && $0 != v }
      return areLabels && graph.order == nil ? parents : nil
    }
    pool = [try RowConditionals(engine.model, engine.drawParameters(using: &self.random))]
  }

  private static let forgottenAtOnce = 1 << 12

  /// One value for each variable with data.
  mutating func row(_ row: Int, using random: inout RandomSource) throws(FitError) -> [[Double]] {
    if !isChain && row > 0 && row < Fit.drawLimit,
      let next = try? RowConditionals(engine.model, engine.drawParameters(using: &self.random))
    {
      pool.append(next)
    }
    let draw = isChain ? 0 : row % pool.count
    if let sequence = graph.order?.sequence, row > 0,
      givenValue(sequence, row: row) != givenValue(sequence, row: row - 1)
    {
      start = row
    }
    var values: [Int: [Double]] = [:]
    // What is known comes back to the last bit.
    var asGiven: [Int: [Double]] = [:]
    for v in pool[draw].order where !pool[draw].isAuxiliary(v) {
      let (type, shape) = (graph.variables[v].family.type, engine.model.shapes[v])
      if case .lagged(let source, let lags, let intercept) = graph.variables[v].role {
        var value: [Double] = intercept ? [1] : []
        for lag in lags { value += earlier(source, row: row - lag) }
        value = centered(value, v)
        pool[draw].set(v, statistics: type.statistics(of: value, shape), value: value)
        continue
      }
      if graph.onlyOrders(v) { continue }
      if graph.variables[v].isObserved, graph.variables[v].role != .observed, let given = givenValue(v, row: row) {
        let value = centered(given, v)
        asGiven[v] = given
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
      if row - start < reach, past[v] != nil, let known = givenValue(v, row: row),
        !known.contains(where: \.isNaN)
      {
        let value = centered(known, v)
        asGiven[v] = known
        values[v] = value
        pool[draw].set(v, statistics: type.statistics(of: value, shape), value: value)
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
      guard type.constantStatistics.isEmpty || type.isProper(natural, shape) else {
        throw .model(
          ModelError(
            "values of \"\(graph.variables[v].name)\" cannot be drawn: the model leaves open a number that \(graph.variables[v].family) "
              + "takes as known, such as that of trials. State it in the model."))
      }
      let value = type.sample(natural, shape, using: &random)
      values[v] = value
      pool[draw].set(v, statistics: type.statistics(of: value, shape), value: value)
    }
    for v in graph.locals { pool[draw].advance(v) }
    let drawn = graph.observed.map { v in
      var value = values[v] ?? []
      if let given = asGiven[v] {
        value = given
      } else if let center = engine.model.centers[v] {
        value = zip(value, center).map { $0 + $1 }
      }
      past[v]?.append(value)
      return value
    }
    if row - firstPast >= reach + Self.forgottenAtOnce {
      for v in past.keys { past[v]?.removeFirst(Self.forgottenAtOnce) }
      firstPast += Self.forgottenAtOnce
    }
    return drawn
  }

  /// Values about what their variable is kept about.
  private func centered(_ value: [Double], _ v: Int) -> [Double] {
    engine.model.centers[v].map { zip(value, $0).map { $0 - $1 } } ?? value
  }

  /// A row of data that are given; nil where none are.
  private func givenValue(_ v: Int, row: Int) -> [Double]? {
    guard let given, let place = graph.observed.firstIndex(of: v) else { return nil }
    return given.inputs[place].views.map { $0.base[min(row, given.rowCount - 1) * $0.stride] }
  }

  /// What a variable was in another row of the sequence; before its first row, the means of the fitted data.
  private func earlier(_ v: Int, row: Int) -> [Double] {
    if graph.variables[v].role == .observed {
      if row >= start, let rows = past[v], row - firstPast < rows.count { return rows[row - firstPast] }
    } else if let value = givenValue(v, row: max(row, start)) {
      return value
    }
    return graph.observed.firstIndex(of: v).map { engine.model.facts.observed[$0].mean } ?? []
  }
}
