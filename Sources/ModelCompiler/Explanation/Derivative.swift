import ExponentialFamilies
import ModelLanguage

/// A term of the log joint, or its derivative in one of its statistics: a number times sums of a product.
///
/// A term is linear in each of its statistics, so that the derivative in one of them is what remains without it; its
/// indices stay free, all others are summed. An index that nothing carries any more is a factor: as often as it is
/// repeated.
struct SummedProduct {
  /// The model's factor that it comes from.
  let source: Int
  let coefficient: Double
  /// What is multiplied.
  let factors: [LogJoint.Factor]
  /// The statistic in which the derivative is taken; nil for the term itself.
  let target: LogJoint.Factor?
  /// In a chain, the statistic of the row before in which the derivative is taken as well.
  let partner: LogJoint.Factor?
  /// The rows of a chain that the term holds in.
  let scope: Term.RowScope
  /// Whether the target is the row before, so that row n is now where the target is.
  let isShifted: Bool
  /// The indices that the statistic leaves free.
  let free: [LogJoint.TermIndex]
  /// The indices that are summed over: rows, plates, labels, elements.
  let sums: [LogJoint.TermIndex]
  /// The indices that nothing carries.
  let repeated: [LogJoint.TermIndex]
  /// Elements of a factor's statistic that can take one value only, and so are not written.
  fileprivate let single: Set<LogJoint.TermIndex>
}

extension LogJoint.JointTerm {
  /// The term itself, all indices summed.
  func summed(in notation: Notation) -> SummedProduct { product(dropping: nil, in: notation) }

  /// The derivative in each statistic of a variable that the term has; of neighbours in a chain, in the product of both.
  func derivatives(in variable: Int, _ notation: Notation) -> [SummedProduct] {
    // What is solved given a label is inside the label's log partition.
    if factors.contains(where: { $0.operand.variable.flatMap { notation.givenLabels[$0] } == variable }) { return [] }
    let own = factors.indices.filter { factors[$0].operand == .variable(variable) }
    let before = factors.indices.filter { factors[$0].operand == .previous(variable) }
    if let target = own.first, let partner = before.first {
      return [product(dropping: target, partner: partner, in: notation)]
    }
    return own.map { product(dropping: $0, in: notation) }
      + before.map { product(dropping: $0, isShifted: true, in: notation) }
  }

  /// Whether a known statistic in the term is 0.
  func isZero(in graph: ModelGraph) -> Bool {
    factors.contains { factor in
      guard case .known(let name) = factor.operand,
        case .constant(let x)? = graph.factors[source].arguments.first(where: { $0.name == name })?.value
      else { return false }
      if factor.statistic == .logarithm { return x.allSatisfy { $0 == 1 } }
      return [.value, .square, .outerProduct].contains(factor.statistic) && x.allSatisfy { $0 == 0 }
    }
  }

  private func product(
    dropping position: Int?, partner: Int? = nil, isShifted: Bool = false, in notation: Notation
  ) -> SummedProduct {
    let graph = notation.graph
    var scope = Term.RowScope.all
    var all: [LogJoint.TermIndex] = []
    func add(_ index: LogJoint.TermIndex) { if !all.contains(index) { all.append(index) } }
    for plate in graph.variables[graph.factors[source].child].plates { add(.plate(plate)) }
    for factor in factors { factor.members.forEach(add) }
    for factor in factors { factor.indices.forEach(add) }
    for index in over { add(.element(index)) }

    let target = position.map { factors[$0] }
    let partner = partner.map { factors[$0] }
    let others = factors.filter { $0 != target && $0 != partner }
    let single = Set(
      all.filter { !$0.isRepetition && extent(of: $0, in: notation) == 1 }
        + others.flatMap { unmentioned(in: $0, notation) })
    func carried(by factor: LogJoint.Factor) -> [LogJoint.TermIndex] {
      factor.members + writtenElements(of: factor, from: source, single: single, in: notation)
    }
    var remaining = factors.indices.filter { factors[$0] != target && factors[$0] != partner }.map { factors[$0] }
    remaining.removeAll { factor in
      guard let v = factor.operand.variable, case .position(let rows) = graph.variables[v].role else { return false }
      scope = rows
      return true
    }
    var free = (partner.map(carried) ?? []) + (target.map(carried) ?? [])
    // Given the value of a label, the label's one-hot vector is 1 there.
    if let v = target?.operand.variable, let label = notation.givenLabels[v] {
      remaining.removeAll { factor in
        guard factor.operand == .variable(label), factor.statistic == .indicator else { return false }
        free += carried(by: factor).filter { !free.contains($0) }
        return true
      }
    }
    free = free.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    let held = Set(remaining.flatMap(carried))
    let bound = all.filter { !free.contains($0) && !single.contains($0) }
    func order(_ index: LogJoint.TermIndex) -> Int {
      switch index {
      case .plate(let plate): graph.plates[plate].isRows ? 0 : 1
      case .label: 2
      case .element: 3
      }
    }
    let sums = (0...3).flatMap { rank in bound.filter { held.contains($0) && order($0) == rank } }
    return SummedProduct(
      source: source, coefficient: coefficient, factors: remaining, target: target, partner: partner, scope: scope,
      isShifted: isShifted, free: free, sums: sums, repeated: bound.filter { !held.contains($0) }, single: single)
  }

  /// The indices of a joint label's factor for labels that the term does not mention: these are summed out.
  private func unmentioned(in factor: LogJoint.Factor, _ notation: Notation) -> [LogJoint.TermIndex] {
    guard let v = factor.operand.variable, notation.joints[v] != nil else { return [] }
    return factor.indices.filter { index in
      !factors.contains { $0 != factor && ($0.members + $0.indices).contains(index) }
    }
  }

  /// How many values an element index takes, where shapes are known.
  private func extent(of index: LogJoint.TermIndex, in notation: Notation) -> Int? {
    guard let shapes = notation.shapes else { return nil }
    if over.map(LogJoint.TermIndex.element).contains(index) {
      return shapes[notation.graph.factors[source].child].dimension
    }
    return factors.filter { $0.indices.contains(index) }.map { factor in
      guard case .variable(let v) = factor.operand else {
        return shapes[notation.graph.factors[source].child].dimension
      }
      return notation.form(of: factor.statistic, v)?.extent ?? 1
    }.max()
  }
}

/// The element indices of a factor that are written.
private func writtenElements(
  of factor: LogJoint.Factor, from source: Int, single: Set<LogJoint.TermIndex>, in notation: Notation
) -> [LogJoint.TermIndex] {
  switch factor.operand {
  // A statistic with one element serves all elements of the others, and so does a known number.
  case .variable(let v), .previous(let v):
    if notation.form(of: factor.statistic, v)?.extent == 1 { return [] }
  case .known(let name):
    let argument = notation.graph.factors[source].arguments.first { $0.name == name }
    if case .constant(let x)? = argument?.value, x.count == 1, factor.indices.count < 2 { return [] }
  }
  return factor.indices.filter { !single.contains($0) }
}

extension SummedProduct {
  /// The element indices of a factor that are written.
  func elements(of factor: LogJoint.Factor, in notation: Notation) -> [LogJoint.TermIndex] {
    writtenElements(of: factor, from: source, single: single, in: notation)
  }

  /// Known factors without indices: they belong to the number in front.
  func constants(in notation: Notation) -> [LogJoint.Factor] {
    factors.filter { factor in
      guard case .known = factor.operand else { return false }
      return elements(of: factor, in: notation).isEmpty
    }
  }

  /// The factors that are no constants.
  func variables(in notation: Notation) -> [LogJoint.Factor] {
    let constants = constants(in: notation)
    return factors.filter { !constants.contains($0) }
  }

  /// The number in front, with known constants and with how often it is repeated.
  func coefficient(in notation: Notation) -> Coefficient {
    var result = Coefficient(coefficient)
    for factor in constants(in: notation) {
      let formula = notation.factor(factor, in: self, notation.letters(of: self), withElements: false, expected: false)
      if formula.text == "1" { continue }
      if formula.text.first?.isNumber == true { result.numbers.append(formula) } else { result.multiply(formula) }
    }
    // Each goes to the front, so that the number of rows ends up there.
    for index in repeated.reversed() {
      switch index {
      case .plate(let plate):
        if let size = notation.size(of: plate) {
          result.value *= Double(size)
        } else if notation.graph.plates[plate].isRows, scope != .all {
          if let count = notation.rowCount(scope) { result.multiply(count) }
        } else {
          result.multiply(notation.end(of: plate))
        }
      case .label(let label):
        if let plate = notation.gatePlates[label.variable] {
          if let size = notation.size(of: plate) {
            result.value *= Double(size)
          } else {
            result.multiply(notation.end(of: plate))
          }
        }
      case .element:
        let child = notation.graph.factors[source].child
        if let shapes = notation.shapes {
          result.value *= Double(shapes[child].dimension)
        } else {
          result.multiply(notation.dimension(of: child))
        }
      }
    }
    return result
  }
}

extension Notation {
  /// The form of a variable's statistic, where shapes are known.
  func form(of statistic: StatisticName, _ v: Int) -> Statistic.Form? {
    guard let shapes else { return nil }
    return graph.variables[v].family.type.statistics(shapes[v]).first { $0.name == statistic }?.form
  }
}
