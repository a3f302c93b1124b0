import ExponentialFamilies
import ModelLanguage

/// A statistic of a variable as text.
func rendered(_ statistic: StatisticName, _ name: String) -> String {
  replacingDot(in: statistic.text, with: name)
}

/// A pattern with a name at each `·`.
func replacingDot(in pattern: String, with name: String) -> String {
  pattern.reduce(into: "") { $0 += $1 == "·" ? name : String($1) }
}

/// A number as short as it can be read back, without a trailing `.0`.
func numberText(_ x: Double) -> String {
  if x == x.rounded() && abs(x) < 1e15 { return String(Int(x)) }
  let short = "\((x * 1e6).rounded() / 1e6)"
  return abs(x) > 1e-3 && abs(x) < 1e6 ? short : "\(x)"
}

/// A coefficient in front of a product: the sign, and the number where it is not one.
func coefficientText(_ x: Double, alone: Bool, isFirst: Bool) -> String {
  let sign = x < 0 ? (isFirst ? "−" : "− ") : (isFirst ? "" : "+ ")
  let magnitude = abs(x)
  if magnitude == 1 && !alone { return sign }
  let number = magnitude == 0.5 ? "½" : numberText(magnitude)
  return sign + number + (alone ? "" : " ")
}

/// One term as text, such as `−½ [label]ₖ τ(cluster)ₖ`.
func describe(_ term: LogJoint.JointTerm, in graph: ModelGraph, isFirst: Bool = true) -> String {
  let factors = term.factors.map { describe($0, of: term, in: graph) }
  return coefficientText(term.coefficient, alone: factors.isEmpty, isFirst: isFirst) + factors.joined(separator: " · ")
}

/// One factor of a term as text.
func describe(_ factor: LogJoint.Factor, of term: LogJoint.JointTerm, in graph: ModelGraph) -> String {
  let name =
    switch factor.operand {
    case .variable(let v): graph.variables[v].name
    case .known(let argument): argument
    }
  let members = factor.members.map { indexText($0, in: graph) }
  let elements = factor.indices.map { indexText($0, in: graph) }
  let inner = rendered(factor.statistic, name + (members.isEmpty ? "" : "[\(members.joined(separator: ","))]"))
  return elements.isEmpty ? inner : "\(inner)_\(elements.joined())"
}

/// An index as text: letters for elements, the label's or the plate's first letter otherwise.
func indexText(_ index: LogJoint.TermIndex, in graph: ModelGraph) -> String {
  switch index {
  case .element(let i): i.rawValue
  case .label(let label): graph.locals.count > 1 ? "k(\(graph.variables[label].name))" : "k"
  case .plate(let plate): graph.plates[plate].isRows ? "n" : graph.plates.filter { !$0.isRows }.count > 1 ? graph.plates[plate].name : "k"
  }
}
