import ExponentialFamilies
import ModelLanguage
import PlanIR

/// The update of every latent variable, derived: the natural parameter of each of its statistics is that of the prior
/// plus the derivatives of the expected log joint.
struct UpdateSection {
  let logJoint: LogJoint
  let notation: Notation
  private var graph: ModelGraph { logJoint.graph }

  init(_ logJoint: LogJoint, _ notation: Notation) {
    self.logJoint = logJoint
    self.notation = notation
  }

  /// One natural parameter's update.
  struct Row {
    /// `η(Λμ(cluster[k]))`.
    let parameter: Formula
    /// What it is set to.
    let summands: [Summand]
    /// How many terms of the log joint contribute.
    let derivatives: Int
  }

  var section: Explanation.Section {
    let order = notation.solved + graph.globals
    var text = introduction.map { "  " + $0.text }
    var latex = introduction.map(\.latex).joined(separator: "\n") + "\n"
    for v in order {
      let rows = rows(of: v)
      let width = rows.map { $0.parameter.text.count + 2 }.max() ?? 0
      text += ["", "  " + header(v).text]
      latex += "\n\\paragraph{\(header(v).latex)}\n"
      var lines: [String] = []
      for row in rows {
        let equation = Equation(head: padded(row.parameter, width), summands: row.summands)
        text += equation.text(headWidth: width).map { "    " + $0 }
        lines += equation.latex
      }
      latex += LaTeX.align(lines)
      if graph.locals.contains(v) {
        text += ["    " + solution(v).text]
        latex += solution(v).latex + "\n"
      }
    }
    if let paragraph = stochastic {
      text += ["", "  " + paragraph.text]
      latex += "\n" + paragraph.latex + "\n"
    }
    let bound = bound
    return Explanation.Section(
      title: "Updates", text: (text + ["", bound.text]).joined(separator: "\n"), latex: latex + "\n" + bound.latex)
  }

  private func padded(_ parameter: Formula, _ width: Int) -> Formula {
    Formula(ModelCompiler.padded(parameter.text, width - 2) + " ←", latex: "\(parameter.latex) &\\leftarrow")
  }

  private var introduction: [Formula] {
    let hasMatrices = graph.variables.indices.contains { v in notation.statistics(of: v).contains { $0.form.rank == 2 }
    }
    var lines = [
      Formula(
        "η(t) is the natural parameter of statistic t: that of the prior, η₀(t), plus the derivative of the expected log",
        latex:
          "$\\eta(t)$ is the natural parameter of statistic $t$: that of the prior, $\\eta_0(t)$, plus the derivative of the expected log"
      ),
      Formula(
        "joint in E[t]. E[t] = ∇A(η) is the mean map of the variable's family.",
        latex:
          "joint in $\\mathbb{E}[t]$. $\\mathbb{E}[t] = \\nabla\\! A(\\eta)$ is the mean map of the variable's family."),
    ]
    if !graph.locals.isEmpty, !notation.gatePlates.isEmpty {
      lines.append(
        Formula(
          "q(z=k) = E[[z=k]] is how probable it is that label z has value k.",
          latex: "$q(z{=}k) = \\mathbb{E}[[z{=}k]]$ is how probable it is that label $z$ has value $k$."))
    }
    if hasMatrices {
      lines.append(
        Formula(
          "Parameters of matrices are such that ⟨η(T), T⟩ is the sum over all elements of the symmetric matrix T.",
          latex:
            "Parameters of matrices are such that $\\langle \\eta(T), T\\rangle$ is the sum over all elements of the symmetric matrix $T$."
        ))
    }
    return lines
  }

  private func header(_ v: Int) -> Formula {
    let variable = graph.variables[v]
    let ranges = variable.plates.map { GraphSection.range(of: $0, notation) }
    var result =
      Formula("q(", latex: "$q(") + notation.member(v) + (notation.given(v) ?? Formula(""))
      + Formula(") = \(variable.family)(η)", latex: ") = \\mathrm{\(LaTeX.text("\(variable.family)"))}(\\eta)$")
    if let label = notation.givenLabels[v], let plate = notation.gatePlates[label] {
      let range = GraphSection.range(of: plate, notation)
      return result
        + (ranges + [range]).reduce(Formula("")) {
          $0 + Formula(", \($1.text)", latex: ",\\enspace $\($1.latex)$")
        }
    }
    for range in ranges { result += Formula(", \(range.text)", latex: ",\\enspace $\(range.latex)$") }
    return result
  }

  // MARK: Derivatives

  /// The updates of a variable's natural parameters.
  func rows(of v: Int) -> [Row] {
    let all = logJoint.terms.filter { !$0.isZero(in: graph) }.flatMap { $0.derivatives(in: v, notation) }
    let derivatives = all.filter { $0.partner == nil }
    func isPrior(_ v: Int) -> Bool { logJoint.priors.contains { graph.factors[$0].child == v } }
    let inside = graph.locals.filter { notation.givenLabels[$0] == v }
    let own = notation.statistics(of: v).map { statistic -> Row in
      let mine = derivatives.filter { $0.target?.statistic == statistic.name }
      // Element indices are left out only where every contribution can do without.
      let hidesFree = mine.allSatisfy { notation.compact($0, expected: true) != nil }
      let isVector = statistic.form.rank > 0 && (notation.shapes == nil || statistic.form.extent > 1)
      var elements: [String] = []
      let members = graph.variables[v].plates.map { notation.plateLetters[$0] }
      var prior: [Summand] = []
      if let labels = notation.joints[v] {
        elements = letters(ofJoint: labels, besides: members)
        prior = zip(labels, elements).filter { isPrior($0.0) }.map {
          Summand(body: notation.priorParameter(statistic.name, of: $0, elements: [$1]))
        }
      } else {
        if isVector, !hidesFree || notation.elementPlates[v] != nil {
          elements = Self.letters(statistic.form.rank, notation.elementWishes(v), besides: members)
        }
        if isPrior(v) { prior = [Summand(body: notation.priorParameter(statistic.name, of: v, elements: elements))] }
      }
      let evidence = inside.map { Summand(body: Formula("A(") + conditionalParameter($0) + Formula(")")) }
      let summands =
        prior + mine.map { notation.summand($0, expected: true, hidesFree: hidesFree) }
        + (statistic.name == .indicator ? evidence : [])
      return Row(
        parameter: parameter(statistic, of: v, elements: elements),
        summands: summands.isEmpty ? [Summand(body: .number(0))] : summands, derivatives: mine.count)
    }
    return own + neighbours(all.filter { $0.partner != nil })
  }

  /// Letters for elements that differ from those of members, as terms choose them.
  static func letters(_ count: Int, _ wishes: [String], besides members: [String]) -> [String] {
    var used = members
    return (0..<count).map { _ in
      var candidates = wishes
      while true {
        if let free = candidates.first(where: { !used.contains($0) }) {
          used.append(free)
          return free
        }
        candidates = [(candidates.first ?? "i") + "′"]
      }
    }
  }

  /// One letter for the values of each label that a joint label stands for.
  private func letters(ofJoint labels: [Int], besides members: [String]) -> [String] {
    labels.reduce(into: []) { $0 += Self.letters(1, notation.elementWishes($1), besides: members + $0) }
  }

  /// `aₙ=k, bₙ=l`: a joint label's value, with its letters.
  private func event(ofJoint v: Int, _ letters: [String]) -> Formula {
    notation.event(
      zip(notation.joints[v] ?? [], letters).map { ($0, $1) },
      members: graph.variables[v].plates.map { notation.plateLetters[$0] })
  }

  /// The natural parameters between neighbouring rows of a chain, one for each product of statistics.
  private func neighbours(_ derivatives: [SummedProduct]) -> [Row] {
    var rows: [(parameter: Formula, terms: [SummedProduct])] = []
    for term in derivatives {
      guard let target = term.target, let partner = term.partner else { continue }
      let letters = notation.letters(of: term)
      let isLabel = target.statistic == .indicator
      let isWhole = !(target.indices + partner.indices).contains { notation.isExplicit($0, in: term) }
      let hides = !isLabel && isWhole && notation.compact(term, expected: true) != nil
      let parts = [target, partner].map {
        notation.factor($0, in: term, letters, withElements: !hides, expected: false)
      }
      let product =
        isLabel ? parts[1] + parts[0] : parts[0] + Formula(" ", latex: "\\,") + (hides ? parts[1].transposed : parts[1])
      let parameter = Formula("η(", latex: "\\eta(") + product + Formula(")")
      if let known = rows.firstIndex(where: { $0.parameter == parameter }) {
        rows[known].terms.append(term)
      } else {
        rows.append((parameter, [term]))
      }
    }
    return rows.map { parameter, terms in
      var summands = terms.map { term in
        let elements = [term.target, term.partner].flatMap { $0?.indices ?? [] }
        return notation.summand(
          term, expected: true, hidesFree: !elements.contains { notation.isExplicit($0, in: term) })
      }
      let condition = notation.condition(.later, "n")
      summands[summands.count - 1].body += Formula("   for ", latex: "\\quad \\text{for } ") + condition
      return Row(parameter: parameter, summands: summands, derivatives: terms.count)
    }
  }

  /// `η(zₙ | labelₙ=k)`.
  private func conditionalParameter(_ v: Int) -> Formula {
    Formula("η(", latex: "\\eta(") + notation.member(v) + (notation.given(v) ?? Formula("")) + Formula(")")
  }

  private func parameter(_ statistic: Statistic, of v: Int, elements: [String]) -> Formula {
    let members = graph.variables[v].plates.map { notation.plateLetters[$0] }
    let value: Formula
    if notation.joints[v] != nil {
      value = Formula("[") + event(ofJoint: v, elements) + Formula("]")
    } else if statistic.name == .indicator, notation.gatePlates[v] != nil, let letter = elements.first {
      let label = notation.variable(v, members: members)
      value = Formula("[\(label.text)=\(letter)]", latex: "[\(label.latex){=}\(LaTeX.letter(letter))]")
    } else {
      value = notation.statistic(
        statistic.name, of: { notation.variable(v, members: members, elements: $0) }, elements: elements)
    }
    return Formula("η(", latex: "\\eta(") + value + (notation.given(v) ?? Formula("")) + Formula(")")
  }

  // MARK: How it is solved

  private func solution(_ v: Int) -> Formula {
    let variable = graph.variables[v]
    let member = notation.member(v)
    let given = notation.given(v) ?? Formula("")
    let isLabel = variable.family.type.domain == .label && notation.statistics(of: v).map(\.name) == [.indicator]
    if logJoint.chains.contains(v) {
      let what = isLabel ? "forward and backward messages give" : "smoothing forward and backward gives"
      return Formula(
        "\(what) the expectations of each row and of each two neighbours; η(\(notation.variable(v).text)) is all of the above",
        latex: "\(what.prefix(1).uppercased() + what.dropFirst()) the expectations of each row and of each two "
          + "neighbours; $\\eta(\(notation.variable(v).latex))$ is all of the above.")
    }
    // One-hot statistics leave no other log partition than log Σ exp η.
    if isLabel {
      var letters = [notation.elementPlates[v].map { notation.plateLetters[$0] } ?? "i"]
      var event = Formula("\(member.text)=\(letters[0])", latex: "\(member.latex){=}\(LaTeX.letter(letters[0]))")
      if let labels = notation.joints[v] {
        letters = self.letters(ofJoint: labels, besides: graph.variables[v].plates.map { notation.plateLetters[$0] })
        event = self.event(ofJoint: v, letters)
      }
      let sum = Formula.sum(over: letters)
      return Formula(
        "q(\(event.text)\(given.text)) = exp η([\(event.text)]\(given.text)) / \(sum.text) exp η([\(event.text)]\(given.text))   (softmax)",
        latex: "$q(\(event.latex)\(given.latex)) = \\exp \\eta([\(event.latex)]\(given.latex)) \\,/\\, "
          + "\(sum.latex) \\exp \\eta([\(event.latex)]\(given.latex))$ (softmax).")
    }
    return Formula(
      "E[t(\(member.text))\(given.text)] = ∇A(η)",
      latex: "$\\mathbb{E}[t(\(member.latex))\(given.latex)] = \\nabla\\! A(\\eta)$.")
  }

  private var stochastic: Formula? {
    if graph.globals.isEmpty { return nil }
    return Formula(
      "Stochastic inference blends, λ ← (1 − ρ) λ + ρ · target, for the natural parameters λ of every variable outside\n"
        + "  the rows: the target is the right-hand side above, with Σₙ over a batch B of rows and scaled by N/|B|.",
      latex:
        "Stochastic inference blends, $\\lambda \\leftarrow (1 - \\rho)\\,\\lambda + \\rho \\cdot \\text{target}$, for the natural "
        + "parameters $\\lambda$ of every variable outside the rows: the target is the right-hand side above, with $\\sum_n$ over "
        + "a batch $B$ of rows and scaled by $N/|B|$.")
  }

  // MARK: The bound

  private var bound: Formula {
    let joint = LogJointSection(logJoint, notation)
    var groups = graph.factors.indices.flatMap { joint.groups(of: $0, expected: true) }
    groups += (notation.solved + graph.globals).map(entropy)
    var text = ["  The bound on log p(data) is the expected log joint plus the entropy of every q:", "", "  L ="]
    var latex: [String] = []
    for (i, group) in groups.enumerated() {
      text += group.text(isFirst: i == 0).map { "    " + $0 }
      latex += group.latex(isFirst: i == 0)
    }
    if let first = latex.first { latex[0] = "\\mathcal{L} = {}" + first }
    return Formula(
      text.joined(separator: "\n"),
      latex:
        "\\subsection*{Bound}\n\nThe bound on $\\log p(\\text{data})$ is the expected log joint plus the entropy of every $q$:\n"
        + LaTeX.align(latex))
  }

  /// A(η) − ⟨η, E[t]⟩: of a chain for all rows together, of what is given a label on average over its values.
  private func entropy(_ v: Int) -> SumGroup {
    let isChain = logJoint.chains.contains(v)
    let member = isChain ? notation.variable(v) : notation.member(v)
    let given = notation.given(v) ?? Formula("")
    let parameter = Formula("η(", latex: "\\eta(") + member + given + Formula(")")
    var sums = isChain ? [] : graph.variables[v].plates.map { Formula.sum(over: [notation.plateLetters[$0]]) }
    var weight = Formula("")
    if let label = notation.givenLabels[v] {
      let letter = notation.givenLetter(label)
      sums.append(.sum(over: [letter]))
      weight = Formula("q(") + notation.equation(label, letter) + Formula(") · ", latex: ")\\, ")
    }
    return SumGroup(
      sums: sums,
      summands: [
        Summand(body: weight + Formula("A(") + parameter + Formula(")")),
        Summand(
          isNegative: true,
          body: weight + .inner(parameter, (Formula("t(") + member + Formula(")") + given).expected)),
      ])
  }
}
