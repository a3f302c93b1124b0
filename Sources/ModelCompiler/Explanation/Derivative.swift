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

  /// The derivative in each statistic of a variable that the term has.
  func derivatives(in variable: Int, _ notation: Notation) -> [SummedProduct] {
    factors.indices.filter { factors[$0].operand == .variable(variable) }.map { product(dropping: $0, in: notation) }
  }

  private func product(dropping position: Int?, in notation: Notation) -> SummedProduct {
    let graph = notation.graph
    var all: [LogJoint.TermIndex] = []
    func add(_ index: LogJoint.TermIndex) { if !all.contains(index) { all.append(index) } }
    for plate in graph.variables[graph.factors[source].child].plates { add(.plate(plate)) }
    for factor in factors { factor.members.forEach(add) }
    for factor in factors { factor.indices.forEach(add) }
    for index in over { add(.element(index)) }

    let single = Set(all.filter { !$0.isRepetition && extent(of: $0, in: notation) == 1 })
    func carried(by factor: LogJoint.Factor) -> [LogJoint.TermIndex] {
      factor.members + writtenElements(of: factor, from: source, single: single, in: notation)
    }
    var remaining = factors
    let target = position.map { remaining.remove(at: $0) }
    let free = target.map(carried) ?? []
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
      source: source, coefficient: coefficient, factors: remaining, target: target, free: free, sums: sums,
      repeated: bound.filter { !held.contains($0) }, single: single)
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
      if formula.text.first?.isNumber == true { result.numbers.append(formula) } else { result.multiply(formula) }
    }
    // Each goes to the front, so that the number of rows ends up there.
    for index in repeated.reversed() {
      switch index {
      case .plate(let plate):
        if let size = notation.graph.plates[plate].size {
          result.value *= Double(size)
        } else {
          result.multiply(notation.end(of: plate))
        }
      case .label(let label):
        result.value *= Double(notation.gatePlates[label.variable].flatMap { notation.graph.plates[$0].size } ?? 1)
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
