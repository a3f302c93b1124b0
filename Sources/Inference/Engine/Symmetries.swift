import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// What equal starts would leave equal: the latent variables whose values a start has to choose.
///
/// Coordinate ascent keeps every symmetry that a model and its start have in common. Two kinds of them are saddles of the
/// bound: labels whose values mean the same, and products of variables whose signs, or whose bases, may be exchanged, where
/// all factors at their prior means, usually 0, leave each factor nothing to learn from the others. So labels are placed, and
/// all factors of a product but one are drawn. Everything else follows.
struct Symmetries {
  /// Row variables that are placed or drawn, by position in the plan.
  private(set) var rows: [Int] = []
  /// Global variables that are drawn from their priors, by position in the plan.
  private(set) var drawn: [Int] = []
  /// Global labels, by position in the plan.
  let labels: [Int]

  /// Whether nothing has to be chosen: one start serves as well as many.
  var isEmpty: Bool { rows.isEmpty && drawn.isEmpty && labels.isEmpty }

  /// Reads them off an engine's model.
  ///
  /// - Parameter turn: A number from 0 on. Of a product of factors that are alike, each is the one that is not drawn in its turn: which
  ///   one is declared last decides nothing.
  init(_ engine: Engine, turn: Int = 0) {
    let plan = engine.plan
    let graph = engine.model.graph
    labels = plan.globals.indices.filter { plan.globals[$0].family == Family(Categorical.self) }
    var row: [Int: Int] = [:]
    for (position, local) in plan.locals.enumerated() {
      if let v = graph.variable(named: local.name), !graph.variables[v].isObserved { row[v] = position }
    }
    let global = Dictionary(uniqueKeysWithValues: graph.globals.enumerated().map { ($1, $0) })
    // Chains of vectors may explain the data by their steps or leave them to the noise, whatever else they are used in.
    let chains = Set(
      engine.model.logJoint.terms.flatMap(\.factors).compactMap { factor in
        if case .previous(let v) = factor.operand { v } else { nil }
      })
    var chosen = Set(row.keys.filter { graph.variables[$0].family == Family(Categorical.self) || chains.contains($0) })
    for product in Self.products(engine.model.logJoint) {
      let undrawn = product.filter { !chosen.contains($0) }
      // One of the global variables follows from all others: one that is joint with a precision, which data determine, if there is any.
      let outside = undrawn.filter { row[$0] == nil }
      let joint = outside.filter { graph.variables[$0].family.type.domain == .meanAndPrecision }
      let candidates = joint.isEmpty ? outside : joint
      let following = candidates.isEmpty ? nil : candidates[candidates.count - 1 - turn % candidates.count]
      chosen.formUnion(undrawn.filter { $0 != following })
    }
    rows = chosen.compactMap { row[$0] }.sorted()
    drawn = chosen.compactMap { global[$0] }.sorted()
  }

  /// How many starts differ: any number, or as many as labels that stand by themselves have joint values.
  func startCount(_ engine: Engine) -> Int {
    if !rows.isEmpty || !drawn.isEmpty { return .max }
    var count = 1
    for position in labels {
      let variable = engine.plan.globals[position]
      if variable.members > 1 { return .max }
      count = count.multipliedReportingOverflow(by: max(variable.shape.dimension, 1)).partialValue
      if count > 1 << 20 || count < 1 { return .max }
    }
    return count
  }

  /// Latent variables whose product is a part of the mean of another variable, in the order of the terms.
  ///
  /// A mean is what multiplies a statistic of the child; precisions, which are positive, have no sign to exchange.
  private static func products(_ logJoint: LogJoint) -> [[Int]] {
    let graph = logJoint.graph
    var products: [[Int]] = []
    for term in logJoint.terms {
      let child = graph.factors[term.source].child
      guard term.factors.contains(where: { $0.operand == .variable(child) }) else { continue }
      let signed = term.factors.compactMap { factor -> Int? in
        guard factor.operand != .variable(child), let v = factor.operand.variable, graph.variables[v].role == .latent
        else { return nil }
        switch graph.variables[v].family.type.domain {
        case .real, .meanAndPrecision: return v
        default: return nil
        }
      }
      let distinct = Set(signed).sorted()
      if distinct.count > 1 && !products.contains(distinct) { products.append(distinct) }
    }
    return products
  }
}
