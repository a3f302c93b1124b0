import ExponentialFamilies
import ModelLanguage
import PlanIR

/// Lowers one term to contractions: gives every index a number and an extent, every statistic an address.
struct TermLowering {
  let term: LogJoint.JointTerm
  let graph: ModelGraph
  let sizes: Sizes
  /// The forms of the term's factors, in order.
  let forms: [Statistic.Form]
  /// The members of each joint label.
  private let joints: [Int: [Int]]
  private(set) var indices: [LogJoint.TermIndex] = []
  private(set) var extents: [Int] = []

  /// Numbers the indices of a term.
  ///
  /// - Parameters:
  ///   - forms: The form of each factor's statistic.
  ///   - joints: Labels that are solved as one.
  ///   - hidden: A label over whose values the term is summed although no factor carries it.
  init(
    _ term: LogJoint.JointTerm, in graph: ModelGraph, sizes: Sizes, forms: [Statistic.Form], joints: [JointLabel] = [],
    hidden: Int? = nil
  ) {
    self.joints = Dictionary(uniqueKeysWithValues: joints.map { ($0.variable, $0.members) })
    self.term = term
    self.graph = graph
    self.sizes = sizes
    self.forms = forms
    for plate in graph.variables[graph.factors[term.source].child].plates where !graph.plates[plate].isRows {
      number(.plate(plate), extent: sizes.plates[plate])
    }
    for (i, factor) in term.factors.enumerated() {
      for (index, extent) in zip(factor.indices, elementExtents(i)) { number(index, extent: extent) }
    }
    let elements = graph.factors[term.source].elements(sizes.shapes[graph.factors[term.source].child])
    for index in term.over {
      number(.element(index), extent: elements)
    }
    for (factor, form) in zip(term.factors, forms) where factor.members.last == .element(.i) && form.rank > 0 {
      // A known matrix has a row for each element.
      if case .known = factor.operand {
        number(.element(.i), extent: elements)
      }
    }
    for factor in term.factors {
      // An element that chooses a member is an index although no statistic carries it.
      guard case .variable(let v) = factor.operand else { continue }
      for (plate, index) in zip(graph.variables[v].plates, factor.members) where !graph.plates[plate].isRows {
        number(index, extent: sizes.plates[plate])
      }
    }
    if let hidden { number(.label(ModelGraph.Use(hidden)), extent: sizes.shapes[hidden].dimension) }
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

  /// How many values each index of a factor's elements takes: of a joint label's, as many as the label that it belongs to.
  private func elementExtents(_ factor: Int) -> [Int] {
    guard let v = term.factors[factor].operand.variable, let members = joints[v] else { return forms[factor].extents }
    return members.map { sizes.shapes[$0].dimension }
  }

  func position(_ index: LogJoint.TermIndex) -> Int { indices.firstIndex(of: index) ?? 0 }

  /// The axes of a factor's elements when neighbours lie `stride` apart.
  func elementAxes(_ factor: Int, stride: Int = 1) -> [Contraction.Access.Axis] {
    let written = term.factors[factor].indices
    if let v = term.factors[factor].operand.variable, joints[v] != nil {
      return [Contraction.Access.Axis].rowMajor(elementExtents(factor), stride: stride, over: written.map(position))
    }
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

  /// The axes of known numbers: those of labels that choose among them or of plates whose members have their own, and elements.
  func knownAxes(_ factor: Int, plates: [Int]) -> [Contraction.Access.Axis] {
    var stride = forms[factor].count
    let own = plates.reversed().map { plate -> Contraction.Access.Axis in
      defer { stride *= max(sizes.plates[plate], 1) }
      return .strided(index: position(.plate(plate)), stride: stride)
    }
    return own.reversed() + memberAxes(factor, size: forms[factor].count) + elementAxes(factor)
  }

  /// The axes of a global variable's members when neighbours lie `size` apart.
  func memberAxes(_ factor: Int, size: Int) -> [Contraction.Access.Axis] {
    guard case .variable(let variable) = term.factors[factor].operand else {
      // The members of a table of known numbers, the last label running fastest.
      var stride = size
      return term.factors[factor].members.reversed().map { index in
        defer { stride *= extents[position(index)] }
        return .strided(index: position(index), stride: stride)
      }.reversed()
    }
    var stride = size
    var axes: [Contraction.Access.Axis] = []
    for (plate, index) in zip(graph.variables[variable].plates, term.factors[factor].members).reversed() {
      axes.append(.strided(index: position(index), stride: stride))
      stride *= max(sizes.plates[plate], 1)
    }
    return axes.reversed()
  }
}

extension [Contraction.Access.Axis] {
  /// The axes of an array that is stored with its last index running fastest.
  ///
  /// - Parameters:
  ///   - stride: The distance between neighbours of the last index.
  ///   - over: The numbers of its indices; nil for 0, 1, 2 …
  static func rowMajor(_ extents: [Int], stride: Int = 1, over indices: [Int]? = nil) -> Self {
    var stride = stride
    return extents.indices.reversed().map { place in
      defer { stride *= extents[place] }
      return .strided(index: indices?[place] ?? place, stride: stride)
    }.reversed()
  }

  /// The indices that move along the axes.
  var indices: Set<Int> {
    Set(
      flatMap { axis -> [Int] in
        switch axis {
        case .strided(let index, _): [index]
        case .symmetric(let i, let j, _): [i, j]
        }
      })
  }

  /// The axes with their indices under new numbers.
  func renumbered(_ number: (Int) -> Int) -> Self {
    map { axis in
      switch axis {
      case .strided(let index, let stride): .strided(index: number(index), stride: stride)
      case .symmetric(let i, let j, let stride): .symmetric(number(i), number(j), stride: stride)
      }
    }
  }
}
