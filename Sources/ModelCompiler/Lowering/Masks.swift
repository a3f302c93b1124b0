import ExponentialFamilies
import ModelLanguage

extension ExponentialFamily {
  /// Whether every statistic has one number for each element, so that an element can be left out by itself.
  static func isElementwise(_ shape: FamilyShape) -> Bool {
    domain == .label
      || statistics(shape).allSatisfy { if case .vector = $0.form { true } else { false } }
        && valueCount(shape) == shape.dimension
        && domain != .simplex && domain != .unitVector
  }
}

extension LogJoint {
  /// The log joint in which the distributions of some observed variables hold for present elements only.
  ///
  /// A missing element on which nothing observed depends integrates to one: its terms are left out. Where a term mentions
  /// the element, its statistic is 0; elsewhere whether it is present is one more statistic.
  ///
  /// - Parameters:
  ///   - variables: Variables of independent elements.
  ///   - whole: Variables whose elements depend on one another: they are left out of rows in which none is present, and
  ///     conditioned on what is present in the others.
  func masked(_ variables: Set<Int>, whole: Set<Int>) -> LogJoint {
    if variables.isEmpty && whole.isEmpty { return self }
    return LogJoint(
      graph: graph,
      terms: terms.map { term in
        let child = graph.factors[term.source].child
        guard variables.contains(child) || whole.contains(child), graph.variables[child].family.type.domain != .label,
          !term.factors.contains(where: { $0.operand == .variable(child) })
        else { return term }
        let mask = Factor(
          operand: .variable(child), statistic: whole.contains(child) ? .seen : .observed,
          indices: whole.contains(child) ? [] : [.element(.i)],
          members: graph.variables[child].plates.map(TermIndex.plate))
        return JointTerm(
          source: term.source, coefficient: term.coefficient, factors: term.factors + [mask], over: term.over)
      }, priors: priors, scaled: scaledVectors)
  }
}
