import ModelLanguage

/// Writes sums over elements as products of vectors and matrices wherever they are such products, and with indices
/// where not. All matrices of the language are symmetric, so that the order of a matrix's indices says nothing.
extension Notation {
  /// A term or a derivative as a summand.
  ///
  /// - Parameters:
  ///   - expected: Whether statistics of latent variables are replaced by their expectations.
  ///   - hidesFree: Whether the free element indices are left out, as in `η(Λμ) ← Σₙ xₙ`; see ``compact(_:expected:)``.
  ///   - showing: Which sums are written; those left out are written around it.
  func summand(
    _ summed: SummedProduct, expected: Bool, hidesFree: Bool = true,
    showing: (LogJoint.TermIndex) -> Bool = { _ in true }
  ) -> Summand {
    let letters = letters(of: summed)
    let freeElements = summed.free.filter { !$0.isRepetition && !isExplicit($0, in: summed) }
    let (outer, inner) = (
      summed.sums.filter { isExplicit($0, in: summed) }, summed.sums.filter { !isExplicit($0, in: summed) }
    )
    var factors: [Formula]
    if freeElements.isEmpty || hidesFree, let compact = compact(summed, expected: expected) {
      factors = compact
    } else {
      // A sum over elements stands right before what it is over.
      let all = summed.variables(in: self)
      let groups = joined(all, expected: expected)
      func isSummed(_ group: [LogJoint.Factor]) -> Bool {
        group.contains { factor in summed.elements(of: factor, in: self).contains { inner.contains($0) } }
      }
      let summedOver = groups.filter(isSummed)
      func written(_ part: [[LogJoint.Factor]]) -> [Formula] {
        part.map { self.written($0, in: summed, letters, withElements: true, expected: expected) }
      }
      factors = written(groups.filter { !isSummed($0) })
      if !summedOver.isEmpty {
        factors.append(
          .sum(over: inner.map { letters[$0] }) + Formula(" ", latex: "\\,") + .product(written(summedOver)))
      }
    }
    // Probabilities of labels read best in front.
    if expected { factors = factors.filter(isProbability) + factors.filter { !isProbability($0) } }
    if let condition = diagonal(summed, letters) { factors.insert(condition, at: 0) }
    if let condition = rowCondition(summed, letters) { factors.insert(condition, at: 0) }
    let signs = outer.filter(showing).map { sumSign($0, in: summed, letters) }
    return summed.coefficient(in: self).summand(sums: signs, factors: factors)
  }

  private func isDiagonal(_ target: LogJoint.Factor?) -> Bool {
    target.map { $0.indices.count == 2 && $0.indices[0] == $0.indices[1] } ?? false
  }

  /// `[i=j]`, where a derivative is in the diagonal of a matrix only.
  private func diagonal(_ summed: SummedProduct, _ letters: Letters) -> Formula? {
    guard let target = summed.target, isDiagonal(target), let v = target.operand.variable else { return nil }
    let members = graph.variables[v].plates.map { plateLetters[$0] }
    let both = UpdateSection.letters(2, elementWishes(v), besides: members)
    return Formula("[\(both[0])=\(both[1])]", latex: "[\(LaTeX.letter(both[0])){=}\(LaTeX.letter(both[1]))]")
  }

  private func isProbability(_ formula: Formula) -> Bool { formula.text.hasPrefix("q(") }

  /// The factors of a product without indices of elements; nil where only indices can say what is meant.
  func compact(_ summed: SummedProduct, expected: Bool) -> [Formula]? {
    // The diagonal of a matrix has no other name than its indices.
    if isDiagonal(summed.target) { return nil }
    let letters = letters(of: summed)
    var plain: [Formula] = []
    var tensors: [(indices: [LogJoint.TermIndex], formula: Formula)] = []
    for group in joined(summed.variables(in: self), expected: expected) {
      let indices = group.flatMap { summed.elements(of: $0, in: self) }.filter { !$0.isRepetition }
      let explicit = indices.filter { isExplicit($0, in: summed) }
      let isPlain = explicit.count == indices.count
      guard isPlain || explicit.isEmpty else { return nil }
      let formula = written(group, in: summed, letters, withElements: isPlain, expected: expected)
      if isPlain { plain.append(formula) } else { tensors.append((indices, formula)) }
    }
    let free = summed.free.filter { !$0.isRepetition && !isExplicit($0, in: summed) }
    if tensors.isEmpty { return free.isEmpty ? plain : nil }
    return contracted(tensors, free: free).map { plain + [$0] }
  }

  /// One product of vectors and matrices.
  private func contracted(
    _ tensors: [(indices: [LogJoint.TermIndex], formula: Formula)], free: [LogJoint.TermIndex]
  ) -> Formula? {
    let space = Formula(" ", latex: "\\,")
    let vectors = tensors.filter { $0.indices.count == 1 }
    let matrices = tensors.filter { $0.indices.count == 2 }
    switch (tensors.count, vectors.count, matrices.count) {
    case (1, _, _):
      return Set(tensors[0].indices) == Set(free) ? tensors[0].formula : nil
    case (2, 2, 0):
      let (a, b) = (vectors[0], vectors[1])
      if a.indices == b.indices { return free.isEmpty ? .inner(a.formula, b.formula) : nil }
      guard Set(a.indices + b.indices) == Set(free) else { return nil }
      let (first, second) = a.indices[0] == free[0] ? (a, b) : (b, a)
      return first.formula + space + second.formula.transposed
    case (2, 0, 2):
      let (a, b) = (matrices[0], matrices[1])
      return Set(a.indices) == Set(b.indices) && free.isEmpty ? .inner(a.formula, b.formula) : nil
    case (2, 1, 1):
      let left = matrices[0].indices.filter { $0 != vectors[0].indices[0] }
      return left.count == 1 && left == free ? matrices[0].formula + space + vectors[0].formula : nil
    case (3, 2, 1):
      guard free.isEmpty, Set(vectors.flatMap(\.indices)) == Set(matrices[0].indices),
        vectors[0].indices != vectors[1].indices
      else { return nil }
      return vectors[0].formula.transposed + space + matrices[0].formula + space + vectors[1].formula
    default: return nil
    }
  }
}
