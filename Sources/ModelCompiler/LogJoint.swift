import ExponentialFamilies
import ModelLanguage

/// The log joint density of a model as a sum of terms, each a product of statistics of its variables.
///
/// Updates, bound and natural gradient are derivatives of this sum; nothing else is known of a distribution.
public struct LogJoint: Hashable, Sendable {
  /// An index of a term.
  public enum TermIndex: Hashable, Sendable {
    /// An index over elements, as the distribution wrote it.
    case element(Index)
    /// The value of a label that chooses a member.
    case label(Int)
    /// The repetitions of a plate.
    case plate(Int)
  }

  /// Whose statistic a factor of a term is.
  public enum Operand: Hashable, Sendable {
    /// A variable's.
    case variable(Int)
    /// That of a known argument of the factor, by name.
    case known(String)
  }

  /// One statistic in a term.
  public struct Factor: Hashable, Sendable {
    /// Whose statistic.
    public let operand: Operand
    /// Which statistic.
    public let statistic: StatisticName
    /// Indices over its elements.
    public let indices: [TermIndex]
    /// For each plate of the variable, the index that runs over it.
    public let members: [TermIndex]
  }

  /// A number times statistics, summed over all indices and over the plates of the child.
  public struct JointTerm: Hashable, Sendable {
    /// The model's factor that the term comes from.
    public let source: Int
    /// The number in front.
    public let coefficient: Double
    /// The statistics.
    public let factors: [Factor]
    /// Element indices that the term is summed over although no factor carries them.
    public let over: [Index]

    /// The variables whose statistics occur.
    public var variables: [Int] {
      factors.compactMap { if case .variable(let v) = $0.operand { v } else { nil } }
    }
  }

  /// The model.
  public let graph: ModelGraph
  /// The terms of every factor with a variable among its arguments or an observed child.
  public let terms: [JointTerm]
  /// The factors that are known priors of latent variables: each adds ⟨η₀, t⟩ − A(η₀).
  public let priors: [Int]

  /// Writes down the log joint of a graph.
  ///
  /// - Throws: ``ModelError`` where a rule of the language is broken: see the files under `Checks`.
  public init(_ graph: ModelGraph) throws(ModelError) {
    self.graph = graph
    try checkObserved(graph)
    try checkPlates(graph)
    try checkCycles(graph)
    try checkBaseMeasures(graph)
    var terms: [JointTerm] = []
    var priors: [Int] = []
    for (index, factor) in graph.factors.enumerated() {
      try checkUses(of: factor, in: graph)
      if factor.isPrior && !graph.variables[factor.child].isObserved {
        priors.append(index)
      } else {
        terms += Self.terms(of: factor, index: index, in: graph)
      }
    }
    self.terms = terms
    self.priors = priors
    for term in terms {
      try checkLinearity(term, in: graph)
      try checkConjugacy(term, in: graph)
    }
  }

  private static func terms(of factor: ModelGraph.Factor, index: Int, in graph: ModelGraph) -> [JointTerm] {
    let home = graph.variables[factor.child].plates
    return factor.terms.map { term in
      var factors: [Factor] = []
      var labels: [Int] = []
      for written in term.factors {
        let indices = written.indices.map(TermIndex.element)
        guard let name = written.argument else {
          factors.append(
            Factor(
              operand: .variable(factor.child), statistic: written.statistic, indices: indices,
              members: home.map(TermIndex.plate)))
          continue
        }
        guard case .variable(let variable, let gates)? = factor.arguments.first(where: { $0.name == name })?.value
        else {
          factors.append(Factor(operand: .known(name), statistic: written.statistic, indices: indices, members: []))
          continue
        }
        var remaining = gates[...]
        let members = graph.variables[variable].plates.map { plate in
          home.contains(plate) ? TermIndex.plate(plate) : TermIndex.label(remaining.removeFirst())
        }
        for gate in gates where !labels.contains(gate) { labels.append(gate) }
        factors.append(
          Factor(operand: .variable(variable), statistic: written.statistic, indices: indices, members: members))
      }
      // Gating is one more statistic in the product: the one-hot vector of the label. There is no mixture node.
      let gateFactors = labels.map { label in
        Factor(
          operand: .variable(label), statistic: .indicator, indices: [.label(label)],
          members: graph.variables[label].plates.map(TermIndex.plate))
      }
      return JointTerm(
        source: index, coefficient: term.coefficient, factors: gateFactors + factors, over: term.over)
    }
  }
}
