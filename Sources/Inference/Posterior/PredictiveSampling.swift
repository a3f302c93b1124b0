import CPUBackend
import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

extension Fit {
  /// Draws new rows from the posterior predictive distribution.
  ///
  /// Every row has its own draw of the global variables, so rows are independent and distributed as
  /// ``PredictiveDensity`` says; from ``drawLimit`` rows on, rows share draws in turn.
  /// - Returns: One column for each bound column, with the names and levels that it was fitted with.
  /// - Throws: ``FitError`` for a model whose rows have several latent variables.
  public func sample(_ count: Int, seed: UInt64 = 0) throws(FitError) -> DataTable {
    let plan = model.plan
    if !plan.isContracted || plan.locals.contains(where: { $0.family != Family(Categorical.self) }) {
      throw .model(
        ModelError("rows of \(plan.name) cannot be drawn: their latent variables are not a single label."))
    }
    guard count >= 0 else { throw .setting(SettingError("\(count) rows were asked for; at least 0 can be drawn.")) }
    let sampler = PredictiveSampler(fit: self)
    var random = RandomSource(seed: seed).stream(11)
    var values = model.facts.observed.map { $0.columns.map { _ in [Double]() } }
    var pool: [PredictiveSampler.Parameters] = []
    for row in 0..<count {
      if row < Self.drawLimit { pool.append(sampler.draw(using: &random)) }
      for (i, value) in sampler.row(pool[row % pool.count], using: &random).enumerated() {
        for (j, x) in value.enumerated() { values[i][j].append(x) }
      }
    }
    var columns: [Column] = []
    for (i, facts) in model.facts.observed.enumerated() {
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

/// Draws rows: global variables, a label, values.
private struct PredictiveSampler {
  /// The distributions of a row at one draw of the global variables.
  struct Parameters {
    let labelWeights: [Double]
    /// For each label and observed variable, natural parameters of the values.
    let naturals: [[[Double]]]
  }

  private let fit: Fit
  private let engine: Engine?
  private let features: [RowFeature]

  init(fit: Fit) {
    self.fit = fit
    features = fit.model.features
    // Rows are drawn, not read: the engine has none.
    let empty = BoundData(rowless: fit.model)
    engine = try? Engine(fit.model, data: empty, backend: CPUBackend(), threads: 1)
    engine?.set(fit.naturals)
  }

  func draw(using random: inout RandomSource) -> Parameters {
    guard let engine else { return Parameters(labelWeights: [], naturals: []) }
    let model = fit.model
    let memory = engine.drawParameters(using: &random)
    let terms = RowTerms(at: memory, model.plan)
    let width = engine.featureBlock?.width ?? 0
    var logWeights: [Double] = []
    var naturals: [[[Double]]] = []
    for label in terms.densities.indices {
      let (coefficients, constant) = terms.featureCoefficients(label: label, width: width)
      var logWeight = constant
      naturals.append(
        model.graph.observed.map { variable in
          // What multiplies a statistic in the log density is its natural parameter.
          let family = model.graph.variables[variable].family.type
          let natural = family.statistics(model.shapes[variable]).flatMap { statistic in
            features.first { $0.variable == variable && $0.statistic == statistic.name }
              .map { Array(coefficients[$0.range]) } ?? [Double](repeating: 0, count: statistic.count)
          }
          // Summed over all values, the label's joint density leaves its probability.
          logWeight += family.logPartition(natural, model.shapes[variable])
          return natural
        })
      logWeights.append(logWeight)
    }
    let total = logSumExp(logWeights)
    return Parameters(labelWeights: logWeights.map { _exp($0 - total) }, naturals: naturals)
  }

  /// One value for each observed variable.
  func row(_ parameters: Parameters, using random: inout RandomSource) -> [[Double]] {
    let label = random.index(weights: parameters.labelWeights)
    return zip(fit.model.graph.observed, parameters.naturals[label]).map { variable, natural in
      let family = fit.model.graph.variables[variable].family.type
      let value = family.sample(natural, fit.model.shapes[variable], using: &random)
      guard let center = fit.model.centers[variable] else { return value }
      return zip(value, center).map { $0 + $1 }
    }
  }
}
