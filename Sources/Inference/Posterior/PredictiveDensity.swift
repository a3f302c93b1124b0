import CPUBackend
import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR
import SpecialFunctions

/// The log density of new rows under the posterior: log ∫ p(row | θ) q(θ) dθ.
///
/// Where a row has at most one label, or several that are solved as one, and every term touches one global variable at most, the integral is exact: each
/// label's density is a product of A(λ + t) − A(λ) over the variables that the row tells about. For a Normal–Wishart that
/// is a Student-t, also of some of a row's elements, for a Gamma under a Poisson a negative binomial. Otherwise it is the mean density of ``drawCount`` draws
/// from the posterior, each integrated exactly over the row's own latent variables: a mixture of densities, so that it
/// integrates to one all the same.
///
/// Where a row has several blocks of latent variables that are coupled, a draw's density is bounded from below by the
/// row's evidence lower bound at that draw, solved in rounds as in a fit; the plan's `density.isLowerBound` says so.
///
/// The rows of a chain have densities given the rows before them in their sequence. Those of a chain of real vectors, and
/// lower bounds, add up to the density of the sequence, which is all that they mean: there a draw is weighed by whole
/// sequences.
public struct PredictiveDensity {
  /// How many posterior draws stand for the posterior where the integral has no closed form.
  public static let drawCount = 64
  /// Rows that are worked on at a time.
  private static let batch = 1024

  private enum Method {
    case exact(RowTerms)
    case labelDraws([(memory: ParameterMemory, terms: RowTerms)])
    case draws([ParameterMemory], TileSlot)
  }

  private let engine: Engine
  private let method: Method
  /// Vectors whose missing elements are integrated out with the parameters, by position among the observed variables.
  private let vectors: [Int]
  private let block: (slot: TileSlot, width: Int)?

  /// Prepares the densities of an engine's present posterior.
  ///
  /// - Throws: `ModelError` for a plan that does not say how densities are computed.
  public init(_ engine: Engine, seed: UInt64 = 0, draws: Int = drawCount) throws(ModelError) {
    if let whole = Self.integrating(engine) {
      (self.engine, vectors, block) = (whole.engine, whole.vectors, whole.engine.featureBlock)
      method = .exact(whole.terms)
      return
    }
    self.engine = engine
    vectors = []
    block = engine.featureBlock
    let plan = engine.plan
    var random = RandomSource(seed: seed).stream(7)
    let areLabels = plan.isContracted && plan.locals.allSatisfy { $0.family == Family(Categorical.self) }
    if areLabels, let terms = RowTerms(exactly: plan, engine.memory) {
      method = .exact(terms)
    } else if areLabels && plan.joints.isEmpty {
      method = .labelDraws(
        (0..<draws).map { _ in
          let memory = engine.drawParameters(using: &random)
          return (memory, RowTerms(at: memory, plan))
        })
    } else if let density = plan.density {
      method = .draws((0..<draws).map { _ in engine.drawParameters(using: &random) }, density.slot)
    } else {
      throw ModelError("the plan of \(plan.name) does not say how the density of a row is computed.")
    }
  }

  /// What an engine's rows would be without missing elements of vectors, where these can be integrated out of the exact density; nil
  /// where nothing is missing, or the density is not exact.
  private static func integrating(_ engine: Engine) -> (engine: Engine, vectors: [Int], terms: RowTerms)? {
    let graph = engine.model.graph
    var facts = engine.model.facts
    let vectors = graph.observed.indices.filter { i in
      graph.variables[graph.observed[i]].family == Family(MultivariateNormal.self)
        && facts.observed[i].missing.contains { $0 > 0 }
    }
    if vectors.isEmpty { return nil }
    for i in vectors { facts.observed[i].missing = [] }
    guard let model = try? CompiledModel(engine.model.logJoint, facts: facts), model.plan.isContracted,
      model.plan.locals.allSatisfy({ $0.family == Family(Categorical.self) }),
      let whole = try? Engine(model, data: engine.data, backend: CPUBackend(), threads: 1)
    else { return nil }
    whole.set(engine.plan.globals.map { engine.memory[$0.natural] })
    var inputs: [TileSlot: Int] = [:]
    var missing: Set<Int> = []
    for step in model.plan.rows {
      if case .load(let input, let slot) = step { inputs[slot] = input }
      if case .statistic(_, let from, let into) = step, let input = inputs[from], vectors.contains(input) {
        missing.formUnion(into.features)
      }
      if case .product(let parts, _) = step, parts.contains(where: { !missing.isDisjoint(with: $0.features) }) {
        return nil
      }
    }
    guard let terms = RowTerms(exactly: model.plan, whole.memory), terms.integrates(over: missing, model.plan) else {
      return nil
    }
    return (whole, vectors, terms)
  }

  /// What constants of a row's density belong to elements that are missing.
  private func constants(ofMissing row: Int) -> Double {
    vectors.reduce(0) { sum, i in
      let views = engine.data.inputs[i].views
      return sum + 0.5 * logTwoPi * Double(views.count { $0.base[row * $0.stride].isNaN })
    }
  }

  /// Whether the integral over the posterior is exact.
  public var isExact: Bool { if case .exact = method { true } else { false } }

  /// Log densities of rows.
  public func logDensities(of rows: RowSelection) -> [Double] {
    batches(rows).flatMap { batch in logJoints(of: batch).map { logSumExp($0) } }
  }

  /// For each row, the log density jointly with each value of the label, the first of several; one number where the label is not told apart.
  public func logJoints(of rows: RowSelection) -> [[Double]] {
    let count = rows.count
    let base = logBaseMeasures(of: rows)
    func average(_ logs: [Double]) -> Double { logSumExp(logs) - _log(Double(logs.count)) }
    switch method {
    case .exact(let terms):
      let features = engine.features(over: rows)
      let joints = terms.logJoints(features, width: block?.width ?? 0, rows: count, engine.memory, engine.plan)
      return joints.indices.map { i in
        let constant = base[i] + constants(ofMissing: rows[i])
        return byFirstLabel(joints[i].map { $0 + constant })
      }
    case .labelDraws(let draws):
      let features = engine.features(over: rows)
      let width = block?.width ?? 0
      let all = draws.map { $0.terms.logJoints(features, width: width, rows: count, $0.memory, engine.plan) }
      return (0..<count).map { row in
        (0..<all[0][row].count).map { label in average(all.map { $0[row][label] }) + base[row] }
      }
    case .draws(let draws, let slot):
      var all = draws.map { engine.evaluate(rows, outputs: [slot], at: $0)[slot] ?? [] }
      if let isFirst = sequenceStarts(rows) {
        // What the rows up to one have together, less what those before it have.
        for draw in all.indices {
          for row in isFirst.indices.dropFirst() where !isFirst[row] { all[draw][row] += all[draw][row - 1] }
        }
        let totals = isFirst.indices.map { row in average(all.map { $0[row] }) }
        return isFirst.indices.map { row in [totals[row] - (isFirst[row] ? 0 : totals[row - 1]) + base[row]] }
      }
      return (0..<count).map { row in [average(all.map { $0[row] }) + base[row]] }
    }
  }

  /// The log densities jointly with each value of the first of several labels that are solved as one.
  private func byFirstLabel(_ joints: [Double]) -> [Double] {
    guard let joint = engine.plan.joints.first, let first = joint.labels.first else { return joints }
    let count = engine.plan.locals[first].shape.dimension
    let others = joints.count / count
    return (0..<count).map { logSumExp(joints[$0 * others..<($0 + 1) * others]) }
  }

  /// Which rows begin a sequence, where only sequences have a density at a draw; nil where rows have.
  private func sequenceStarts(_ rows: RowSelection) -> [Bool]? {
    let isLowerBound = engine.plan.density?.isLowerBound ?? false
    let isTogether = engine.plan.rows.contains {
      if case .chain(let block) = $0 { isLowerBound || block.family != Family(Categorical.self) } else { false }
    }
    let graph = engine.model.graph
    guard isTogether, let place = graph.observed.firstIndex(where: { graph.variables[$0].role == .position(.first) })
    else { return nil }
    let view = engine.data.inputs[place].views[0]
    return (0..<rows.count).map { $0 == 0 || view.base[rows[$0] * view.stride] == 1 }
  }

  private func logBaseMeasures(of rows: RowSelection) -> [Double] {
    let constant = zip(engine.model.graph.observed, engine.model.facts.observed).reduce(0.0) {
      engine.model.graph.variables[$1.0].family.type.hasConstantBaseMeasure ? $0 + $1.1.logBaseMeasure : $0
    }
    return (0..<rows.count).map { constant + engine.logBaseMeasure(row: rows[$0]) }
  }

  private func batches(_ rows: RowSelection) -> [RowSelection] {
    // A sequence is one piece.
    if engine.model.graph.order != nil { return [rows] }
    return stride(from: 0, to: rows.count, by: Self.batch).map { start in
      let end = min(start + Self.batch, rows.count)
      switch rows {
      case .range(let range): return .range((range.lowerBound + start)..<(range.lowerBound + end))
      case .list(let list): return .list(Array(list[start..<end]))
      }
    }
  }
}
