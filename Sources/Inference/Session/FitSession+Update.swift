import CPUBackend
import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

extension FitSession {
  /// Goes on with new rows: what a fit has learnt is the prior of what they add.
  ///
  /// The sums over the earlier rows count as they were left, together with those of the new ones, so that nothing of the
  /// earlier data is read again. Where rows have no latent variables the outcome is that of one fit to all rows. Priors that
  /// follow the data (`x.mean`) stay those of the first fit.
  ///
  /// - Parameters:
  ///   - fit: The fit.
  ///   - table: The new rows.
  ///   - forgetting: What the earlier rows still count, from 0, nothing, to 1, as much as new ones.
  ///   - settings: How.
  ///   - backend: What runs the plan.
  /// - Throws: ``FitError`` where the rows are not such as the fit was made of, or the sums over its rows cannot be kept.
  public init(
    updating fit: Fit, with table: DataTable, forgetting: Double = 1, settings: FitSettings = FitSettings(),
    backend: any Backend = CPUBackend()
  ) throws(FitError) {
    guard forgetting >= 0 && forgetting <= 1 else {
      throw .setting(SettingError("the earlier rows count \(forgetting); a number from 0 to 1 was expected."))
    }
    let graph = fit.model.graph
    guard let carried = fit.statistics else {
      throw .setting(
        SettingError(
          "a fit of \(graph.name) cannot be updated: its sums over the rows depend on several variables at once, or on the order "
            + "of the rows. Fit it again to all rows."))
    }
    let data = try fit.boundData(table, weights: settings.weights)
    let added = try fit.baseMeasures(of: data, backend: backend, threads: settings.threads)
    let counted = carried[fit.model.plan.countSlot]?[0] ?? Double(fit.model.facts.rowCount)
    let earlier = BaseMeasures(
      rowCount: fit.model.facts.rowCount, counted: forgetting * counted,
      sums: fit.model.facts.observed.map { forgetting * counted * $0.logBaseMeasure })
    let model = try fit.model(of: earlier + added, missing: data.missing)
    guard carried.areTotals(of: model.plan) else { throw FitError.unequalGaps(table.origin) }
    let engine = try raising(FitError.backend) { () throws(BackendError) in
      try Engine(
        model, data: data, carried: carried.scaled(by: forgetting), backend: backend, threads: settings.threads)
    }
    var settings = settings
    settings.start = .naturals(fit.naturals)
    try self.init(engine, settings: settings)
  }
}

/// What rows add to the bound that no parameter touches.
struct BaseMeasures: Hashable, Sendable {
  /// Number of rows.
  var rowCount: Int
  /// The same, each row as often as it counts.
  var counted: Double
  /// The sum of the rows' log base measures, for each observed variable.
  var sums: [Double]

  static func + (a: BaseMeasures, b: BaseMeasures) -> BaseMeasures {
    BaseMeasures(rowCount: a.rowCount + b.rowCount, counted: a.counted + b.counted, sums: zip(a.sums, b.sums).map(+))
  }
}

extension FitError {
  /// Sums over rows that do not add up because other columns have missing cells.
  static func unequalGaps(_ origin: String) -> FitError {
    .data(
      DataError(
        "\(origin): some columns have missing cells and had none when the fit was made, so that sums over old and new rows do not "
          + "add up. Fit all rows together."))
  }
}

extension Fit {
  /// Binds further rows as those of the fit were.
  func boundData(_ table: DataTable, weights: String?) throws(FitError) -> BoundData {
    let data = try raising(FitError.data) { () throws(DataError) in
      try BoundData(
        model.graph, table: table, binding: model.binding, levels: model.facts.observed.map(\.levels),
        weights: weights, dropsEmptyRows: true)
    }
    guard model.facts.isWeighted == data.isWeighted else {
      throw .data(
        DataError(
          data.isWeighted
            ? "the fit's rows had no weights, so that the new rows can have none."
            : "the fit's rows had weights: name the column that holds those of the new rows.", remedy: .weights))
    }
    return data
  }

  /// What further rows add to the bound that no parameter touches.
  func baseMeasures(of data: BoundData, backend: any Backend, threads: Int) throws(FitError) -> BaseMeasures {
    let facts = try raising(FitError.backend) { () throws(BackendError) in
      try DataFacts(model.graph, data, backend: backend, threads: threads)
    }
    // A row has its base measure as often as it counts.
    let counted = data.isWeighted ? data.inputs[model.graph.observed.count].sum : Double(facts.rowCount)
    return BaseMeasures(
      rowCount: facts.rowCount, counted: counted, sums: facts.observed.map { counted * $0.logBaseMeasure })
  }

  /// The model for other rows.
  ///
  /// Moments stay those of the fit: priors and centres must not move.
  /// - Parameters:
  ///   - base: What all rows add to the bound that no parameter touches.
  ///   - missing: The missing cells of new rows, by variable and column, which may be so in columns where the fit's were.
  func model(of base: BaseMeasures, missing: [[Int]]) throws(FitError) -> CompiledModel {
    var facts = model.facts
    facts.rowCount = base.rowCount
    for i in facts.observed.indices {
      if base.counted > 0 { facts.observed[i].logBaseMeasure = base.sums[i] / base.counted }
      // A plan that allows for gaps runs over rows without any; one that does not is another plan.
      if facts.observed[i].missing.isEmpty { facts.observed[i].missing = missing[i] }
    }
    return try raising(FitError.model) { () throws(ModelError) in try CompiledModel(model.logJoint, facts: facts) }
  }
}

extension InputColumns {
  /// The sum of the first column.
  fileprivate var sum: Double {
    guard let view = views.first else { return 0 }
    return (0..<count).reduce(0) { $0 + view.base[$1 * view.stride] }
  }
}
