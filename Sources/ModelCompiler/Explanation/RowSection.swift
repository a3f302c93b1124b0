import ExponentialFamilies
import ModelLanguage

/// How the latent variables of a row are solved.
struct RowSection {
  let notation: Notation
  let logJoint: LogJoint
  let blocks: RowBlocks
  /// How many rounds coordinate ascent makes.
  let rounds: Int

  private var graph: ModelGraph { notation.graph }
  /// Variables that are blocks of their own.
  var roots: [Int] { zip(blocks.variables, blocks.labels).filter { $1 == nil }.map(\.0) }

  /// A section where rows have latent variables.
  var section: Explanation.Section? {
    if blocks.variables.isEmpty { return nil }
    var lines = blocks.variables.map { (heading($0), solution($0)) }.map { [$0, $1] }
    if roots.count > 1 {
      lines.append([
        "\(list(roots.map(name)))",
        "in turns by coordinate ascent, each given the expectations of the others, \(rounds) rounds a sweep",
      ])
    }
    return Explanation.Section(
      title: "Row variables", text: columns(lines).joined(separator: "\n"),
      latex: LaTeX.table("l>{\\raggedright\\arraybackslash}p{0.68\\textwidth}", lines.map { $0.map(LaTeX.text) }))
  }

  private func name(_ v: Int) -> String {
    notation.joints[v].map { "(" + $0.map(name).joined(separator: ", ") + ")" } ?? graph.variables[v].name
  }

  private func list(_ names: [String]) -> String {
    names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
  }

  private func heading(_ v: Int) -> String {
    if notation.joints[v] != nil { return graph.variables[v].name }
    return notation.givenLabels[v].map { "\(name(v)) given \(name($0))" } ?? name(v)
  }

  /// `its 10 values`, as far as that is known.
  private func values(of v: Int) -> String {
    let count =
      notation.shapes.map { "\($0[v].dimension)" }
      ?? notation.gatePlates[v].flatMap { graph.plates[$0].size.map(String.init) }
    return count.map { "its \($0) values" } ?? "its values"
  }

  /// `8 values`, as far as that is known.
  private func count(of joint: Int) -> String {
    let all = (notation.joints[joint] ?? []).map { label in
      notation.shapes.map { $0[label].dimension } ?? graph.levels(of: label)
    }
    let known = all.compactMap(\.self)
    return known.count == all.count ? "\(known.reduce(1, *)) values" : "as many values as there are combinations"
  }

  /// In words.
  func solution(_ v: Int) -> String {
    let variable = graph.variables[v]
    let isLabel = variable.family.type.domain == .label
    if let label = notation.givenLabels[v] {
      let one = "for each of the values of \(name(label))"
      return isLabel ? "exactly, by enumeration of \(values(of: v)) \(one)" : "exactly, \(one)"
    }
    let exactly = roots.count > 1 ? "given the others exactly" : "exactly"
    let inside = blocks.variables.filter { notation.givenLabels[$0] == v }
    let areLabels = inside.allSatisfy { graph.variables[$0].family.type.domain == .label }
    let without = inside.isEmpty ? "" : ", with \(list(inside.map(name))) \(areLabels ? "summed" : "integrated") out"
    if notation.joints[v] != nil, !logJoint.chains.contains(v) {
      return "\(exactly), as one label of \(count(of: v)): by enumeration of their combinations"
    }
    if logJoint.chains.contains(v) {
      let sequence = graph.order?.sequence.map { " of each \(name($0))" } ?? ""
      if notation.joints[v] != nil {
        return "\(exactly), as one chain of a label of \(count(of: v)), by forward and backward messages along the rows"
          + sequence
      }
      return isLabel
        ? "\(exactly), by forward and backward messages along the rows\(sequence), over \(values(of: v))\(without)"
        : "\(exactly), by smoothing: forward and backward along the rows\(sequence)"
    }
    if isLabel { return "\(exactly), by enumeration of \(values(of: v))\(without)" }
    if variable.isObserved { return "missing elements \(exactly), given those that are present" }
    return "\(exactly), as \(article("\(variable.family)")) of each row"
  }

  private func article(_ noun: String) -> String {
    (noun.first.map { "AEIOU".contains($0) } == true ? "an " : "a ") + noun
  }
}
