import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// The log density of new rows under the posterior: log ∫ p(row | θ) q(θ) dθ.
///
/// Where every term of a row touches one global variable at most, the integral is exact: each label's density is a product
/// of A(λ + t) − A(λ) over the variables that the row tells about. For a Normal–Wishart that is a Student-t, for a Gamma
/// under a Poisson a negative binomial. Otherwise (a mean and a precision that are two variables, say) it is the mean
/// density of ``drawCount`` draws from the posterior: a mixture of densities, so that it integrates to one all the same.
public struct PredictiveDensity {
  /// How many posterior draws stand for the posterior where the integral has no closed form.
  public static let drawCount = 64
  /// Rows that are worked on at a time.
  private static let batch = 1024

  private enum Method {
    case exact(RowTerms)
    case draws([(memory: ParameterMemory, terms: RowTerms)])
  }

  private let engine: Engine
  private let method: Method
  private let block: (slot: TileSlot, width: Int)?

  /// Prepares the densities of an engine's present posterior.
  ///
  /// - Throws: ``ModelError`` where a row has several latent variables, whose joint sum is not taken.
  public init(_ engine: Engine, seed: UInt64 = 0) throws(ModelError) {
    self.engine = engine
    block = engine.featureBlock
    let plan = engine.plan
    if plan.locals.count > 1 || plan.locals.contains(where: { $0.family != Family(Categorical.self) }) {
      throw ModelError(
        "the predictive density of \(plan.name) is not available: a row's latent variables "
          + "(\(plan.locals.map(\.name).joined(separator: ", "))) are not a single label.")
    }
    if let terms = RowTerms(exactly: plan, engine.memory) {
      method = .exact(terms)
    } else {
      var random = RandomSource(seed: seed).stream(7)
      method = .draws(
        (0..<Self.drawCount).map { _ in
          let memory = engine.drawParameters(using: &random)
          return (memory, RowTerms(at: memory, plan))
        })
    }
  }

  /// Whether the integral over the posterior is exact.
  public var isExact: Bool { if case .exact = method { true } else { false } }

  /// Log densities of rows.
  public func logDensities(of rows: RowSelection) -> [Double] {
    batches(rows).flatMap { batch in logJoints(of: batch).map { logSumExp($0) } }
  }

  /// For each row, the log density jointly with each value of the label; one number for a model without one.
  public func logJoints(of rows: RowSelection) -> [[Double]] {
    let features = engine.features(over: rows)
    let count = rows.count
    let base = logBaseMeasures(of: rows)
    switch method {
    case .exact(let terms):
      let joints = terms.logJoints(features, width: block?.width ?? 0, rows: count, engine.memory, engine.plan)
      return zip(joints, base).map { row, h in row.map { $0 + h } }
    case .draws(let draws):
      let width = block?.width ?? 0
      let all = draws.map { $0.terms.logJoints(features, width: width, rows: count, $0.memory, engine.plan) }
      return (0..<count).map { row in
        (0..<all[0][row].count).map { label in
          logSumExp(all.map { $0[row][label] }) - _log(Double(all.count)) + base[row]
        }
      }
    }
  }

  private func logBaseMeasures(of rows: RowSelection) -> [Double] {
    let constant = zip(engine.model.graph.observed, engine.model.facts.observed).reduce(0.0) {
      engine.model.graph.variables[$1.0].family.type.hasConstantBaseMeasure ? $0 + $1.1.logBaseMeasure : $0
    }
    switch rows {
    case .range(let range): return range.map { constant + engine.logBaseMeasure(row: $0) }
    case .list(let list): return list.map { constant + engine.logBaseMeasure(row: Int($0)) }
    }
  }

  private func batches(_ rows: RowSelection) -> [RowSelection] {
    stride(from: 0, to: rows.count, by: Self.batch).map { start in
      let end = min(start + Self.batch, rows.count)
      switch rows {
      case .range(let range): return .range((range.lowerBound + start)..<(range.lowerBound + end))
      case .list(let list): return .list(Array(list[start..<end]))
      }
    }
  }
}
