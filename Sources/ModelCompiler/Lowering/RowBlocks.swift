import ExponentialFamilies
import ModelLanguage

/// How the latent variables of a row are solved: which are a block of their own, which are solved given each value of a
/// label, and which labels are solved as one.
///
/// A label and the variables that share terms with it and with nothing else are one block: q(z | label) for every value
/// of the label, and then the label, whose scores gain the log partitions. That is exact, and so are labels that are
/// solved as one (``JointLabel``). Variables that are coupled otherwise are solved in turns.
struct RowBlocks {
  /// The latent variables of a row, and observed ones with missing elements that depend on one another; joint labels come
  /// last, without their members.
  let variables: [Int]
  /// For each, the label that it is solved given; nil for a block of its own.
  let labels: [Int?]
  /// Labels that are solved as one.
  let joints: [JointLabel]

  /// Chooses blocks.
  ///
  /// - Parameters:
  ///   - partial: Observed variables that are solved given what is seen of them.
  ///   - levels: How many values a label has; nil where that is not known yet.
  init(_ logJoint: LogJoint, partial: Set<Int>, levels: (Int) -> Int?) {
    let separate = RowBlocks(logJoint, partial: partial)
    let joints = logJoint.jointLabels(
      star: Dictionary(uniqueKeysWithValues: zip(separate.variables, separate.labels)),
      neighbors: Self.neighbors(logJoint, among: separate.variables), levels: levels)
    if joints.isEmpty {
      self = separate
    } else {
      self.init(logJoint.joined(joints), partial: partial, joints: joints)
    }
  }

  /// Blocks without joint labels, or with those that are given and that the log joint has in the place of their members.
  init(_ logJoint: LogJoint, partial: Set<Int>, joints: [JointLabel] = []) {
    let graph = logJoint.graph
    let members = Set(joints.flatMap(\.members) + logJoint.scaledVectors.flatMap { [$0.factor, $0.vector] })
    let variables = graph.variables.indices.filter {
      !members.contains($0) && ((graph.isRowVariable($0) && !graph.variables[$0].isObserved) || partial.contains($0))
    }
    let neighbors = Self.neighbors(logJoint, among: variables)
    func isLabel(_ v: Int) -> Bool { graph.variables[v].family == Family(Categorical.self) }
    // A chain's label comes first: it cannot be solved given another one.
    let chains = logJoint.chains
    let candidates = variables.filter { isLabel($0) && chains.contains($0) } + variables.filter(isLabel)
    self.variables = variables
    self.joints = joints
    labels = variables.map { v in
      // What a joint label is linked with is solved by itself because the model asks for it.
      if joints.contains(where: { $0.variable == v }) { return nil }
      guard !chains.contains(v), !graph.meanField.contains(v), let only = neighbors[v], only.count == 1,
        let label = only.first,
        candidates.contains(label)
      else { return nil }
      // Of two labels that have only each other, the first is the one that the other is given.
      if isLabel(v), neighbors[label] == [v], candidates.firstIndex(of: v) ?? 0 < candidates.firstIndex(of: label) ?? 0
      {
        return nil
      }
      return label
    }
  }

  /// The latent variables of a row that each shares terms with.
  private static func neighbors(_ logJoint: LogJoint, among variables: [Int]) -> [Int: Set<Int>] {
    var neighbors: [Int: Set<Int>] = [:]
    for term in logJoint.terms {
      let row = Set(
        term.factors.filter { $0.statistic != .seen }.compactMap(\.operand.variable).filter(variables.contains))
      for v in row { neighbors[v, default: []].formUnion(row.subtracting([v])) }
    }
    return neighbors
  }
}

extension LogJoint {
  /// The variables whose value depends on the row before.
  var chains: Set<Int> {
    Set(
      terms.flatMap(\.factors).compactMap { factor in
        if case .previous(let v) = factor.operand { v } else { nil }
      })
  }
}
