import ExponentialFamilies
import ModelLanguage

/// A vector of a row with missing elements, and the latent factor of its precision, which are solved as one variable: given the elements
/// that are seen, the others are normal and the factor is gamma, exactly.
struct ScaledVector: Hashable {
  /// The variable that stands for both, in the graph of ``LogJoint/scaled(_:)``.
  let variable: Int
  /// The factor, and the vector.
  let factor: Int, vector: Int
}

extension LogJoint {
  /// The observed vectors, of some with missing elements, that a latent factor of their own row multiplies in every term.
  func scaledVectors(among partial: Set<Int>, _ shapes: [FamilyShape]) -> [ScaledVector] {
    var found: [ScaledVector] = []
    for vector in partial.sorted() where graph.variables[vector].family == Family(MultivariateNormal.self) {
      let own = terms.filter { $0.mentions(vector) }
      // What multiplies the vector in all terms, once.
      let candidates = own.first?.variables.filter { v in
        v != vector && graph.isRowVariable(v) && !graph.variables[v].isObserved && !graph.meanField.contains(v)
          && graph.variables[v].family == Family(Gamma.self) && shapes[v].dimension == 1
          && own.allSatisfy { term in
            term.factors.filter { $0.operand == .variable(v) }.map(\.statistic) == [.value]
          }
      }
      guard let factor = candidates?.first, !found.contains(where: { $0.factor == factor }) else { continue }
      found.append(ScaledVector(variable: graph.variables.count + found.count, factor: factor, vector: vector))
    }
    return found
  }

  /// The log joint in which one more variable, at the end of the graph, takes the place of each factor and its vector.
  func scaled(_ pairs: [ScaledVector]) -> LogJoint {
    if pairs.isEmpty { return self }
    let variables = pairs.map { pair in
      let members = [graph.variables[pair.factor], graph.variables[pair.vector]]
      return ModelGraph.Variable(
        name: members.map(\.name).joined(separator: ", "), family: Family(ScaledNormal.self), role: .latent,
        plates: members[1].plates, location: members[1].location)
    }
    let whole = ModelGraph(
      name: graph.name, summary: graph.summary, hyperparameters: graph.hyperparameters, plates: graph.plates,
      variables: graph.variables + variables, factors: graph.factors, order: graph.order, meanField: graph.meanField)
    return LogJoint(
      graph: whole, terms: terms.map { term in pairs.reduce(term) { $0.scaled($1) } }, priors: priors, scaled: pairs)
  }
}

extension [FamilyShape] {
  /// The shapes of variables with scaled vectors at their end.
  func scaled(_ pairs: [ScaledVector]) -> [FamilyShape] {
    self + pairs.map { FamilyShape(dimension: self[$0.vector].dimension) }
  }
}

extension LogJoint.JointTerm {
  /// Whether a statistic of an observed variable's values is in the term, and not only which of them are seen.
  fileprivate func mentions(_ vector: Int) -> Bool {
    factors.contains { $0.operand == .variable(vector) && $0.statistic != .seen }
  }

  /// The term with statistics of the variable that stands for a factor and its vector.
  fileprivate func scaled(_ pair: ScaledVector) -> LogJoint.JointTerm {
    let isOfBoth = mentions(pair.vector)
    let factors = factors.compactMap { factor -> LogJoint.Factor? in
      let statistic: StatisticName
      if factor.operand == .variable(pair.factor) {
        if isOfBoth { return nil }
        statistic = factor.statistic
      } else if factor.operand == .variable(pair.vector), factor.statistic != .seen {
        statistic = factor.statistic == .value ? .scaledVector : .scaledOuterProduct
      } else {
        return factor
      }
      return LogJoint.Factor(
        operand: .variable(pair.variable), statistic: statistic, indices: factor.indices, members: factor.members)
    }
    return LogJoint.JointTerm(source: source, coefficient: coefficient, factors: factors, over: over)
  }
}
