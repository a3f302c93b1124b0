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
    let data = try raising(FitError.data) { () throws(DataError) in
      try BoundData(
        graph, table: table, binding: fit.model.binding, levels: fit.model.facts.observed.map(\.levels),
        weights: settings.weights, dropsEmptyRows: true)
    }
    guard fit.model.facts.isWeighted == data.isWeighted else {
      throw .data(
        DataError(
          data.isWeighted
            ? "the fit's rows had no weights, so that the new rows can have none."
            : "the fit's rows had weights: name the column that holds those of the new rows.", remedy: .weights))
    }
    let new = try raising(FitError.backend) { () throws(BackendError) in
      try DataFacts(graph, data, backend: backend, threads: settings.threads)
    }
    // Moments stay those of the first fit: priors and centres must not move.
    var facts = fit.model.facts
    // A row has its base measure as often as it counts.
    let plan = fit.model.plan
    let earlier =
      forgetting * (carried[plan.countSlot]?[0] ?? Double(facts.rowCount))
    let added = data.isWeighted ? data.inputs[graph.observed.count].sum : Double(new.rowCount)
    facts.rowCount += new.rowCount
    for i in facts.observed.indices {
      facts.observed[i].logBaseMeasure =
        (earlier * facts.observed[i].logBaseMeasure + added * new.observed[i].logBaseMeasure) / (earlier + added)
      facts.observed[i].missing = data.missing[i]
    }
    let model = try raising(FitError.model) { () throws(ModelError) in
      try CompiledModel(fit.model.logJoint, facts: facts)
    }
    guard carried.areTotals(of: model.plan) else {
      throw .data(
        DataError(
          "\(table.origin): some columns have missing cells and had none when the fit was made, or the other way round, so that "
            + "sums over old and new rows do not add up. Fit all rows together."))
    }
    let engine = try raising(FitError.backend) { () throws(BackendError) in
      try Engine(
        model, data: data, carried: carried.scaled(by: forgetting), backend: backend, threads: settings.threads)
    }
    var settings = settings
    settings.start = .naturals(fit.naturals)
    try self.init(engine, settings: settings)
  }
}

extension InputColumns {
  /// The sum of the first column.
  fileprivate var sum: Double {
    guard let view = views.first else { return 0 }
    return (0..<count).reduce(0) { $0 + view.base[$1 * view.stride] }
  }
}
