import ExponentialFamilies
import ModelLanguage

/// How rows of chains, and what is solved given a label, are written.
extension Notation {
  /// Whether the rows are several sequences.
  private var hasSequences: Bool { graph.order?.sequence != nil }

  /// Which rows a term holds in, such as `n>1`.
  func condition(_ scope: Term.RowScope, _ letter: String) -> Formula {
    if hasSequences {
      let word = scope.rawValue
      return Formula("\(letter) \(word)", latex: "\(letter)\\ \\mathrm{\(word)}")
    }
    return switch scope {
    case .all: Formula(letter)
    case .first: Formula("\(letter)=1")
    case .later: Formula("\(letter)>1")
    case .followed: Formula("\(letter)<N")
    }
  }

  /// How many rows a scope has; nil for one.
  func rowCount(_ scope: Term.RowScope) -> Formula? {
    let sequences = graph.order?.sequence.map { v in
      shapes.map { Formula("\($0[v].dimension)") }
        ?? Formula(
          "levels(\(graph.variables[v].name))", latex: "\\mathrm{levels}(\(LaTeX.mathName(graph.variables[v].name)))")
    }
    return switch scope {
    case .all: Formula("N")
    case .first: sequences
    case .later, .followed: Formula("(N − ", latex: "(N - ") + (sequences ?? Formula("1")) + Formula(")")
    }
  }

  /// The sign for a sum over an index of a term.
  func sumSign(_ index: LogJoint.TermIndex, in summed: SummedProduct, _ letters: Letters) -> Formula {
    if isRow(index), summed.scope != .all {
      let rows = condition(summed.scope, letters[index])
      return Formula("Σ_{\(rows.text)}", latex: "\\sum_{\(rows.latex)}")
    }
    return .sum(over: [letters[index]])
  }

  private func isRow(_ index: LogJoint.TermIndex) -> Bool {
    if case .plate(let plate) = index { graph.plates[plate].isRows } else { false }
  }

  /// `[n>1]`, where a derivative is of one row.
  func rowCondition(_ summed: SummedProduct, _ letters: Letters) -> Formula? {
    // The rows of neighbours stand beside their parameters.
    guard summed.scope != .all, summed.partner == nil, let row = summed.free.first(where: isRow) else { return nil }
    let scope = summed.isShifted ? .followed : summed.scope
    return Formula("[") + condition(scope, letters[row]) + Formula("]")
  }

  /// The letter of a row as it is written at a factor.
  func row(_ letter: String, isPrevious: Bool, in summed: SummedProduct) -> String {
    switch (isPrevious, summed.isShifted) {
    case (true, false): letter + "−1"
    case (false, true): letter + "+1"
    case (true, true), (false, false): letter
    }
  }

  /// Factors that are written as one: under expectations, those of neighbours in a chain.
  func joined(_ factors: [LogJoint.Factor], expected: Bool) -> [[LogJoint.Factor]] {
    if !expected { return factors.map { [$0] } }
    var groups: [[LogJoint.Factor]] = []
    var used: Set<Int> = []
    for (i, factor) in factors.enumerated() where !used.contains(i) {
      guard let v = factor.operand.variable, !graph.variables[v].isObserved,
        let j = factors.indices.first(where: {
          $0 > i && factors[$0].operand.variable == v && factors[$0].operand != factor.operand
        })
      else {
        groups.append([factor])
        continue
      }
      used.insert(j)
      // The row before comes first where labels are meant, second in an outer product.
      let isBefore = factor.operand == .previous(v)
      let (before, own) = isBefore ? (factor, factors[j]) : (factors[j], factor)
      groups.append([own, before])
    }
    return groups
  }

  /// Factors of one group, as they are or expected.
  func written(
    _ group: [LogJoint.Factor], in summed: SummedProduct, _ letters: Letters, withElements: Bool, expected: Bool
  ) -> Formula {
    guard group.count == 2 else {
      return factor(group[0], in: summed, letters, withElements: withElements, expected: expected)
    }
    let plain = group.map { factor($0, in: summed, letters, withElements: withElements, expected: false) }
    if group.allSatisfy({ $0.statistic == .indicator }) {
      func inner(_ f: Formula) -> Formula {
        Formula(String(f.text.dropFirst().dropLast()), latex: String(f.latex.dropFirst().dropLast()))
      }
      return Formula("q(") + inner(plain[1]) + Formula(", ", latex: ",\\, ") + inner(plain[0]) + Formula(")")
    }
    let isMatrix = !withElements && group.allSatisfy { $0.indices.count == 1 }
    return (plain[0] + Formula(" ", latex: "\\,") + (isMatrix ? plain[1].transposed : plain[1])).expected
  }

  /// Given which value of which label an expectation in a term is taken; nil for expectations over all.
  func givenValue(_ v: Int, in summed: SummedProduct, _ letters: Letters) -> Formula? {
    guard let label = givenLabels[v] else { return nil }
    let indicator = summed.factors.first { $0.operand == .variable(label) && $0.statistic == .indicator }
    guard let index = indicator?.indices.first else { return nil }
    return equation(label, letters[index])
  }

  /// `labelₙ=k`.
  func equation(_ label: Int, _ letter: String) -> Formula {
    let name = member(label)
    return Formula("\(name.text)=\(letter)", latex: "\(name.latex){=}\(LaTeX.letter(letter))")
  }

  /// What a row's variable is solved given: ` | labelₙ=k`.
  func given(_ v: Int) -> Formula? {
    guard let label = givenLabels[v] else { return nil }
    return Formula(" | ", latex: " \\mid ") + equation(label, givenLetter(label))
  }

  /// The letter of the values of a label that others are given.
  func givenLetter(_ label: Int) -> String { elementPlates[label].map { plateLetters[$0] } ?? "i" }

  /// Data of rows before: `y` with the rows that they are of; nil for other variables.
  func lagged(_ v: Int, row: String) -> (name: Int, row: String)? {
    guard case .lagged(let source, let lags, _) = graph.variables[v].role, let first = lags.first, let last = lags.last
    else { return nil }
    return (source, first == last ? "\(row)−\(first)" : "\(row)−\(first)…\(row)−\(last)")
  }

  /// The variables that a modeller wrote.
  var declared: [Int] {
    graph.variables.indices.filter {
      switch graph.variables[$0].role {
      case .latent, .observed, .given: true
      case .lagged, .position: false
      }
    }
  }
}
