import ExponentialFamilies
import ModelLanguage
import PlanIR

/// Lowers one term to contractions: gives every index a number and an extent, every statistic an address.
struct TermLowering {
  let term: LogJoint.JointTerm
  let graph: ModelGraph
  let shapes: [FamilyShape]
  /// The forms of the term's factors, in order.
  let forms: [Statistic.Form]
  private(set) var indices: [LogJoint.TermIndex] = []
  private(set) var extents: [Int] = []

  /// Numbers the indices of a term.
  ///
  /// - Parameter forms: The form of each factor's statistic.
  init(_ term: LogJoint.JointTerm, in graph: ModelGraph, shapes: [FamilyShape], forms: [Statistic.Form]) {
    self.term = term
    self.graph = graph
    self.shapes = shapes
    self.forms = forms
    for plate in graph.variables[graph.factors[term.source].child].plates where !graph.plates[plate].isRows {
      number(.plate(plate), extent: graph.plates[plate].size ?? 1)
    }
    for (factor, form) in zip(term.factors, forms) {
      for (index, extent) in zip(factor.indices, form.extents) { number(index, extent: extent) }
    }
    for index in term.over {
      number(.element(index), extent: shapes[graph.factors[term.source].child].dimension)
    }
  }

  private mutating func number(_ index: LogJoint.TermIndex, extent: Int) {
    if let known = indices.firstIndex(of: index) {
      // A statistic with one element serves all elements of the others.
      extents[known] = max(extents[known], extent)
    } else {
      indices.append(index)
      extents.append(extent)
    }
  }

  private func position(_ index: LogJoint.TermIndex) -> Int { indices.firstIndex(of: index) ?? 0 }

  /// The axes of a factor's elements when neighbours lie `stride` apart.
  func elementAxes(_ factor: Int, stride: Int = 1) -> [Contraction.Access.Axis] {
    let written = term.factors[factor].indices
    switch forms[factor] {
    case .scalar: return []
    case .vector(let n):
      guard n > 1, let index = written.first else { return [] }
      return [.strided(index: position(index), stride: stride)]
    case .symmetric:
      guard written.count == 2 else { return [] }
      return [.symmetric(position(written[0]), position(written[1]), stride: stride)]
    case .matrix(_, let columns):
      guard written.count == 2 else { return [] }
      return [
        .strided(index: position(written[0]), stride: columns * stride),
        .strided(index: position(written[1]), stride: stride),
      ]
    }
  }

  /// The axes of a global variable's members when neighbours lie `size` apart.
  func memberAxes(_ factor: Int, size: Int) -> [Contraction.Access.Axis] {
    guard case .variable(let variable) = term.factors[factor].operand else { return [] }
    var stride = size
    var axes: [Contraction.Access.Axis] = []
    for (plate, index) in zip(graph.variables[variable].plates, term.factors[factor].members).reversed() {
      axes.append(.strided(index: position(index), stride: stride))
      stride *= graph.plates[plate].size ?? 1
    }
    return axes.reversed()
  }
}
