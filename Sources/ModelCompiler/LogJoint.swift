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
    case label(ModelGraph.Use)
    /// The repetitions of a plate.
    case plate(Int)
  }

  /// Whose statistic a factor of a term is.
  public enum Operand: Hashable, Sendable {
    /// A variable's.
    case variable(Int)
    /// A chain variable's, in the row before.
    case previous(Int)
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
    public var variables: [Int] { factors.compactMap(\.operand.variable) }
  }

  /// The model.
  public let graph: ModelGraph
  /// The terms of every factor with a variable among its arguments or an observed child.
  public let terms: [JointTerm]
  /// The factors that are known priors of latent variables: each adds ⟨η₀, t⟩ − A(η₀).
  public let priors: [Int]

  /// Variables at the end of the graph that stand for a factor and a vector with missing elements; empty as it is written down.
  let scaledVectors: [ScaledVector]

  /// Puts a log joint together from terms that are already checked.
  init(graph: ModelGraph, terms: [JointTerm], priors: [Int], scaled: [ScaledVector] = []) {
    self.graph = graph
    self.terms = terms
    self.priors = priors
    scaledVectors = scaled
  }

  /// Writes down the log joint of a graph.
  ///
  /// - Throws: ``ModelError`` where a rule of the language is broken: see the files under `Checks`.
  public init(_ graph: ModelGraph) throws(ModelError) {
    self.graph = graph
    scaledVectors = []
    try checkObserved(graph)
    try checkPlates(graph)
    try checkChains(graph)
    try checkCycles(graph)
    try checkBaseMeasures(graph)
    var terms: [JointTerm] = []
    var priors: [Int] = []
    for (index, factor) in graph.factors.enumerated() {
      try checkUses(of: factor, in: graph)
      try checkNumbers(factor, in: graph)
      try checkCentered(factor, in: graph)
      try checkAugmentation(factor, in: graph)
      if factor.isPrior && !graph.variables[factor.child].isObserved && Self.isConventional(factor, in: graph) {
        priors.append(index)
      } else {
        terms += Self.terms(of: factor, index: index, in: graph)
      }
    }
    self.terms = terms
    self.priors = priors
    // Messages show terms that are not 0 before those that are.
    for term in terms.filter({ !$0.isZero(in: graph) }) + terms.filter({ $0.isZero(in: graph) }) {
      try checkLinearity(term, in: graph)
      try checkConjugacy(term, in: graph)
    }
  }

  /// Whether a known prior is written in its family's own parameters; otherwise its terms say what it is.
  private static func isConventional(_ factor: ModelGraph.Factor, in graph: ModelGraph) -> Bool {
    graph.variables[factor.child].family.type.parameters(FamilyShape(dimension: 1, inputs: 1)).allSatisfy { parameter in
      factor.arguments.contains { $0.name == parameter.name }
    }
  }

  private static func terms(of factor: ModelGraph.Factor, index: Int, in graph: ModelGraph) -> [JointTerm] {
    let home = graph.variables[factor.child].plates
    // The indices that choose a variable's member: its plates where the child shares them, the child's elements, labels.
    func members(of variable: Int, _ gates: [ModelGraph.Use]) -> [TermIndex] {
      var remaining = gates[...]
      return graph.variables[variable].plates.map { plate in
        if home.contains(plate) { return .plate(plate) }
        if graph.plates[plate].extent.user == factor.child { return .element(.i) }
        return remaining.popFirst().map(TermIndex.label) ?? .plate(plate)
      }
    }
    // What data alone determine is a part of the base measure.
    let terms = factor.terms.filter { !$0.factors.contains { $0.statistic == .arrangements } }
    return terms.map { term in
      var factors: [Factor] = []
      var labels: [ModelGraph.Use] = []
      // A label's own labels come with it.
      func choose(_ gates: [ModelGraph.Use]) {
        for gate in gates where !labels.contains(gate) {
          labels.append(gate)
          choose(gate.gates)
        }
      }
      for written in term.factors {
        let indices = written.indices.map(TermIndex.element)
        guard let name = written.argument else {
          factors.append(
            Factor(
              operand: .variable(factor.child), statistic: written.statistic, indices: indices,
              members: home.map(TermIndex.plate)))
          continue
        }
        switch factor.arguments.first(where: { $0.name == name })?.value {
        case .variable(let use)?:
          choose(use.gates)
          factors.append(
            Factor(
              operand: use.isPrevious ? .previous(use.variable) : .variable(use.variable),
              statistic: written.statistic, indices: indices, members: members(of: use.variable, use.gates)))
        case .table(_, let gates, let isMatrix)?:
          choose(gates)
          factors.append(
            Factor(
              operand: .known(name), statistic: written.statistic, indices: indices,
              members: gates.map(TermIndex.label) + (isMatrix ? [.element(.i)] : [])))
        default:
          factors.append(Factor(operand: .known(name), statistic: written.statistic, indices: indices, members: []))
        }
      }
      // Gating is one more statistic in the product: the one-hot vector of the label. There is no mixture node.
      let gateFactors = labels.map { label in
        Factor(
          operand: label.isPrevious ? .previous(label.variable) : .variable(label.variable), statistic: .indicator,
          indices: [.label(label)], members: members(of: label.variable, label.gates))
      }
      let position = graph.variables.firstIndex { $0.role == .position(term.rows) }.map {
        [
          Factor(
            operand: .variable($0), statistic: .value, indices: [],
            members: graph.variables[$0].plates.map(TermIndex.plate))
        ]
      }
      return JointTerm(
        source: index, coefficient: term.coefficient, factors: (position ?? []) + gateFactors + factors,
        over: term.over)
    }
  }
}

extension LogJoint.Operand {
  /// Which variable it is of, in its own row or in the row before; nil for known numbers.
  public var variable: Int? {
    switch self {
    case .variable(let v), .previous(let v): v
    case .known: nil
    }
  }
}
