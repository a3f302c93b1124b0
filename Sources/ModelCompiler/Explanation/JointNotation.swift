import ModelLanguage

/// How labels are written that are solved as one.
extension Notation {
  /// `aₙ=k, bₙ=l`: the values that some labels have.
  func event(_ values: [(label: Int, value: String)], members: [String]) -> Formula {
    values.map { label, value in
      let name = variable(label, members: members)
      return Formula("\(name.text)=\(value)", latex: "\(name.latex){=}\(LaTeX.letter(value))")
    }.joined(Formula(", ", latex: ",\\, "))
  }

  /// The latent variables of a row as they are solved: a joint label in the place of the first label that it stands for.
  var solved: [Int] {
    graph.locals.compactMap { v in
      if joints[v] != nil { return nil }
      guard let joint = joints.first(where: { $0.value.contains(v) }) else { return v }
      return joint.value.first == v ? joint.key : nil
    }
  }
}
