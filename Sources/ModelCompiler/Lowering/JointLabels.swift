import ExponentialFamilies
import ModelLanguage

/// Labels of a row that depend on one another and on nothing else that is latent there, solved as one label whose values
/// are the combinations of theirs, the last one's running fastest.
///
/// The joint posterior of the labels is then exact: it is the enumeration of their combinations. Where a label among them
/// is a chain, so is the joint label: Ghahramani & Jordan, *Factorial hidden Markov models*, Machine Learning 29 (1997),
/// section 3.1.
struct JointLabel: Hashable {
  /// The variable that stands for the combinations, in the graph of ``LogJoint/joined(_:)``.
  let variable: Int
  /// The labels.
  let members: [Int]

  /// Combinations that are few enough to be enumerated.
  static let mostValues = 256
}

extension LogJoint {
  /// The log joint in which each joint label takes the place of its members, as one more variable at the end of the graph.
  ///
  /// The one-hot vectors of several members in a term become that of the joint label, with one index for each member; a
  /// member that the term does not mention has an index that nothing else carries.
  func joined(_ joints: [JointLabel]) -> LogJoint {
    if joints.isEmpty { return self }
    let variables = joints.map { joint in
      let members = joint.members.map { graph.variables[$0] }
      return ModelGraph.Variable(
        name: members.map(\.name).joined(separator: ", "), family: Family(Categorical.self), role: .latent,
        plates: members[0].plates, location: members[0].location)
    }
    let whole = ModelGraph(
      name: graph.name, summary: graph.summary, hyperparameters: graph.hyperparameters, plates: graph.plates,
      variables: graph.variables + variables, factors: graph.factors, order: graph.order, meanField: graph.meanField)
    return LogJoint(
      graph: whole, terms: terms.map { term in joints.reduce(term) { $0.joined($1) } }, priors: priors,
      scaled: scaledVectors)
  }

  /// The labels that are solved as one: those that are linked with one another, and with no other latent variable of
  /// the row, where one label that all others are given does not do and the combinations are few.
  ///
  /// - Parameters:
  ///   - star: For each latent variable of a row, the label that it is solved given; nil for a block of its own.
  ///   - neighbors: The latent variables of a row that a variable shares terms with.
  ///   - levels: How many values a label has; nil where that is not known yet.
  func jointLabels(
    star: [Int: Int?], neighbors: [Int: Set<Int>], levels: (Int) -> Int?
  ) -> [JointLabel] {
    // What the modeller wants solved by itself separates what it links.
    let free = star.keys.filter { !graph.meanField.contains($0) }.sorted()
    var joints: [JointLabel] = []
    var seen: Set<Int> = []
    for first in free where !seen.contains(first) {
      var (component, waiting): (Set<Int>, [Int]) = ([first], [first])
      while let v = waiting.popLast() {
        for w in neighbors[v, default: []] where free.contains(w) && component.insert(w).inserted { waiting.append(w) }
      }
      seen.formUnion(component)
      let members = component.sorted()
      let blocks = members.filter { star[$0] == .some(nil) }
      guard blocks.count > 1, members.allSatisfy({ graph.variables[$0].family == Family(Categorical.self) }) else {
        continue
      }
      let joint = JointLabel(variable: graph.variables.count + joints.count, members: members)
      let isLinked = joined(joints + [joint]).isLinked(joint)
      if areFew(members.map { levels($0) }, pairs: isLinked) { joints.append(joint) }
    }
    return joints
  }

  /// Whether single rows know more of the joint label and the row before than all rows do.
  private func isLinked(_ joint: JointLabel) -> Bool {
    terms.contains { $0.previous == joint.variable && $0.isLinked(in: graph) }
  }

  /// Whether the combinations of some labels, or the pairs of these, are few; unknown numbers are taken to be.
  private func areFew(_ levels: [Int?], pairs: Bool) -> Bool {
    var total = 1
    for count in levels.compactMap(\.self) {
      total *= max(count, 1)
      if total > JointLabel.mostValues { return false }
    }
    return !pairs || total * total <= JointLabel.mostValues
  }
}

extension [FamilyShape] {
  /// The shapes of variables with joint labels at their end.
  func joined(_ joints: [JointLabel]) -> [FamilyShape] {
    self + joints.map { joint in FamilyShape(dimension: joint.members.reduce(1) { $0 * self[$1].dimension }) }
  }
}

extension LogJoint.JointTerm {
  /// The term with the one-hot vector of a joint label in the place of its members', of the row and of the row before.
  fileprivate func joined(_ joint: JointLabel) -> LogJoint.JointTerm {
    var factors = factors
    for isPrevious in [false, true] {
      func operand(_ v: Int) -> LogJoint.Operand { isPrevious ? .previous(v) : .variable(v) }
      let own = joint.members.map { member in factors.first { $0.operand == operand(member) } }
      guard let first = factors.firstIndex(where: { factor in own.contains(factor) }) else { continue }
      let whole = LogJoint.Factor(
        operand: operand(joint.variable), statistic: .indicator,
        indices: zip(joint.members, own).map { member, factor in
          factor?.indices.first ?? .label(ModelGraph.Use(member, isPrevious: isPrevious))
        }, members: factors[first].members)
      factors[first] = whole
      factors.removeAll { own.contains($0) }
    }
    return LogJoint.JointTerm(source: source, coefficient: coefficient, factors: factors, over: over)
  }
}

extension ModelGraph {
  /// How many values a label has, as far as the model says it: by the plate that it chooses in, or by its own numbers.
  func levels(of label: Int) -> Int? {
    let known = Notation(self).gatePlates[label].flatMap { plates[$0].size }
    let numbers = factor(of: label).arguments.compactMap { argument -> Int? in
      if case .constant(let values) = argument.value, values.count > 1 { values.count } else { nil }
    }
    return known ?? numbers.first
  }
}
