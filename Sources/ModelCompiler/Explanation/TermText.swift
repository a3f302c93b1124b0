import ExponentialFamilies
import ModelLanguage

/// A statistic of a variable as text.
func rendered(_ statistic: StatisticName, _ name: String) -> String {
  // Two names side by side need a space unless they are single letters.
  let spaced = statistic.text.split(separator: "··", omittingEmptySubsequences: false).joined(separator: "· ·")
  return replacingDot(in: name.count > 1 ? spaced : statistic.text, with: name)
}

/// A pattern with a name at each `·`.
func replacingDot(in pattern: String, with name: String) -> String {
  pattern.reduce(into: "") { $0 += $1 == "·" ? name : String($1) }
}

/// A number as short as it can be read back, without a trailing `.0` or a padded exponent.
func numberText(_ x: Double) -> String {
  if x == x.rounded() && abs(x) < 1e15 { return String(Int(x)) }
  if abs(x) > 1e-3 && abs(x) < 1e6 {
    let short = "\((x * 1e6).rounded() / 1e6)"
    return short.hasSuffix(".0") ? String(short.dropLast(2)) : short
  }
  let parts = "\(x)".split(separator: "e")
  guard parts.count == 2, let exponent = Int(parts[1]) else {
    return parts[0].hasSuffix(".0") ? String(parts[0].dropLast(2)) : "\(x)"
  }
  return (parts[0].hasSuffix(".0") ? parts[0].dropLast(2) : parts[0]) + "e\(exponent)"
}

/// One term as text, such as `−½ [labelₙ=k] · ⟨Λ(cluster[k]), xₙxₙᵀ⟩`; the sums over plates and labels go without saying.
func describe(_ term: LogJoint.JointTerm, in graph: ModelGraph, isFirst: Bool = true) -> String {
  let notation = Notation(graph)
  let summed = term.summed(in: notation)
  return notation.summand(summed, expected: false, showing: { !$0.isRepetition }).signed(isFirst: isFirst).text
}
