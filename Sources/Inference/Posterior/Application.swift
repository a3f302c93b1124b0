import CPUBackend
import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// A fit applied to rows: labels, densities.
public struct Application {
  /// The fit's parameters on the new rows.
  public let engine: Engine
  private let fit: Fit

  /// Binds a fit to a table, by the columns that it was fitted to.
  ///
  /// - Throws: ``FitError`` where a column is missing or holds what the fitted data could not.
  public init(
    _ fit: Fit, to table: DataTable, threads: Int = 1, backend: any Backend = CPUBackend()
  ) throws(FitError) {
    self.fit = fit
    let facts = fit.model.facts
    let data = try raising(FitError.data) { () throws(DataError) in
      try BoundData(
        fit.model.graph, table: table, binding: fit.model.binding, levels: facts.observed.map(\.levels))
    }
    let model = try raising(FitError.model) { () throws(ModelError) in try fit.model.adapted(to: data) }
    engine = try raising(FitError.backend) { () throws(BackendError) in
      try Engine(model, data: data, backend: backend, threads: threads)
    }
    engine.set(fit.naturals)
  }

  /// For each row, the probability of each value of the label that chooses components; nil for a model without one.
  public func responsibilities() -> (label: String, values: [Double], count: Int)? {
    engine.plan.componentLabel.map(probabilities)
  }

  /// For each label of a row, the probability of each of its values, row by row.
  public func responsibilitiesOfAllLabels() -> [(label: String, values: [Double], count: Int)] {
    engine.plan.labels.map(probabilities)
  }

  private func probabilities(_ label: Plan.LocalVariable) -> (label: String, values: [Double], count: Int) {
    let (rows, count) = (RowSelection.range(0..<engine.rowCount), label.shape.dimension)
    let values = engine.expectations(of: label, over: rows)
    guard let parent = label.label.map({ engine.plan.locals[$0] }) else { return (label.name, values, count) }
    let weights = engine.expectations(of: parent, over: rows)
    var mixed = [Double](repeating: 0, count: engine.rowCount * count)
    for (member, weight) in weights.enumerated() {
      let row = member / label.members
      for k in 0..<count { mixed[row * count + k] += weight * values[member * count + k] }
    }
    return (label.name, mixed, count)
  }

  /// Whether anything that the model has a distribution of is observed, row by row.
  public var observedRows: [Bool] {
    let views = zip(engine.model.graph.observed, engine.data.inputs).filter {
      engine.model.graph.variables[$0.0].role == .observed
    }.flatMap(\.1.views)
    return (0..<engine.rowCount).map { row in views.contains { !$0.base[row * $0.stride].isNaN } }
  }

  /// The log predictive density of each row, or a lower bound of it (``densitiesAreBounds``); 0 where nothing is observed.
  ///
  /// - Throws: ``FitError`` for a plan that does not say how densities are computed, and where a density is not a finite number.
  public func logDensities() throws(FitError) -> [Double] {
    let densities = try raising(FitError.model) { () throws(ModelError) in
      try PredictiveDensity(engine).logDensities(of: .range(0..<engine.rowCount))
    }
    try requireFinite(densities, what: "the log density")
    return densities
  }

  /// Refuses results that are not finite: the numbers of a row broke down, and what is written would not tell.
  ///
  /// - Parameters:
  ///   - values: As many for each row.
  ///   - what: What they are, as in `the log density`.
  /// - Throws: ``FitError`` that names the first such row.
  public func requireFinite(_ values: [Double], what: String) throws(FitError) {
    guard let place = values.firstIndex(where: { !$0.isFinite }) else { return }
    let row = place / max(values.count / max(engine.rowCount, 1), 1)
    throw .numeric(
      "\(what) of row \((engine.data.rows?[row] ?? row) + 1) is \(values[place]): its values are too extreme for the fit in double precision."
    )
  }

  /// Whether ``logDensities()`` are lower bounds: a row's latent variables are coupled.
  public var densitiesAreBounds: Bool { engine.plan.density?.isLowerBound ?? false }

  /// The log predictive density of each row jointly with each value of the label.
  ///
  /// - Throws: ``FitError`` for a plan that does not say how densities are computed.
  public func logJointDensities() throws(FitError) -> [[Double]] {
    try raising(FitError.model) { () throws(ModelError) in
      try PredictiveDensity(engine).logJoints(of: .range(0..<engine.rowCount))
    }
  }
}

extension CompiledModel {
  /// The model for other rows: their missing cells, and no weights.
  fileprivate func adapted(to data: BoundData) throws(ModelError) -> CompiledModel {
    var facts = facts
    facts.isWeighted = false
    for i in facts.observed.indices { facts.observed[i].missing = data.missing[i] }
    return facts == self.facts ? self : try CompiledModel(logJoint, facts: facts)
  }

  /// Whether the rows have weights, and would be contracted if they had none.
  var isContractedWithoutWeights: Bool {
    guard facts.isWeighted else { return false }
    var facts = facts
    facts.isWeighted = false
    return (try? CompiledModel(logJoint, facts: facts))?.plan.isContracted ?? false
  }
}

extension Engine {
  /// Sets the natural parameters of all global variables.
  public func set(_ naturals: [[Double]]) {
    for (position, natural) in naturals.enumerated() { set(natural, at: position) }
  }

  /// Sets the natural parameters of one global variable, member by member.
  func set(_ natural: [Double], at position: Int) {
    let variable = plan.globals[position]
    memory[variable.natural] = natural
    executor.run(variable.update.filter { if case .expectations = $0 { true } else { false } }, on: &memory, rate: 1)
  }

  /// Parameters whose expectations are the statistics of one draw from the posterior.
  func drawParameters(using random: inout RandomSource) -> ParameterMemory {
    var drawn = memory
    for variable in plan.globals {
      let natural = memory[variable.natural]
      let size = natural.count / variable.members
      drawn[variable.mean] = (0..<variable.members).flatMap { m in
        let value = variable.family.type.sample(
          Array(natural[m * size..<(m + 1) * size]), variable.shape, using: &random)
        return variable.family.type.statistics(of: value, variable.shape)
      }
    }
    return drawn
  }
}
