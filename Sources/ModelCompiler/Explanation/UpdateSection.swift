import ExponentialFamilies
import ModelLanguage
import PlanIR

/// The update of every latent variable, derived: the natural parameter of each of its statistics is that of the prior
/// plus the derivatives of the expected log joint.
struct UpdateSection {
  let logJoint: LogJoint
  let notation: Notation
  /// How often the variables of a row are updated in turn, where that is known.
  let localSweeps: Int?
  private var graph: ModelGraph { logJoint.graph }

  init(_ logJoint: LogJoint, _ notation: Notation, localSweeps: Int?) {
    self.logJoint = logJoint
    self.notation = notation
    self.localSweeps = localSweeps
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
    let order = graph.locals + graph.globals
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
    for paragraph in [turns, stochastic].compactMap({ $0 }) {
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
      Formula("q(", latex: "$q(") + notation.member(v)
      + Formula(") = \(variable.family)(η)", latex: ") = \\mathrm{\(LaTeX.text("\(variable.family)"))}(\\eta)$")
    for range in ranges { result += Formula(", \(range.text)", latex: ",\\enspace $\(range.latex)$") }
    return result
  }

  // MARK: Derivatives

  /// The updates of a variable's natural parameters.
  func rows(of v: Int) -> [Row] {
    let derivatives = logJoint.terms.flatMap { $0.derivatives(in: v, notation) }
    let isPrior = logJoint.priors.contains { graph.factors[$0].child == v }
    return notation.statistics(of: v).map { statistic in
      let mine = derivatives.filter { $0.target?.statistic == statistic.name }
      // Element indices are left out only where every contribution can do without.
      let hidesFree = mine.allSatisfy { notation.compact($0, expected: true) != nil }
      let isVector = statistic.form.rank > 0 && (notation.shapes == nil || statistic.form.extent > 1)
      var elements: [String] = []
      if isVector, let plate = notation.elementPlates[v] {
        elements = [notation.plateLetters[plate]]
      } else if isVector, !hidesFree {
        elements = Array(["i", "j"].prefix(statistic.form.rank))
      }
      let prior = isPrior ? [Summand(body: notation.priorParameter(statistic.name, of: v, elements: elements))] : []
      let summands = prior + mine.map { notation.summand($0, expected: true, hidesFree: hidesFree) }
      return Row(
        parameter: parameter(statistic, of: v, elements: elements),
        summands: summands.isEmpty ? [Summand(body: .number(0))] : summands, derivatives: mine.count)
    }
  }

  private func parameter(_ statistic: Statistic, of v: Int, elements: [String]) -> Formula {
    let members = graph.variables[v].plates.map { notation.plateLetters[$0] }
    let value: Formula
    if statistic.name == .indicator, notation.gatePlates[v] != nil, let letter = elements.first {
      let label = notation.variable(v, members: members)
      value = Formula("[\(label.text)=\(letter)]", latex: "[\(label.latex){=}\(LaTeX.letter(letter))]")
    } else {
      value = notation.statistic(
        statistic.name, of: { notation.variable(v, members: members, elements: $0) }, elements: elements)
    }
    return Formula("η(", latex: "\\eta(") + value + Formula(")")
  }

  // MARK: How it is solved

  private func solution(_ v: Int) -> Formula {
    let variable = graph.variables[v]
    let how =
      graph.locals.count == 1
      ? "solved exactly, row by row: " : "given the other variables of the row: "
    // One-hot statistics leave no other log partition than log Σ exp η.
    if variable.family.type.domain == .label, notation.statistics(of: v).map(\.name) == [.indicator] {
      let letter = notation.elementPlates[v].map { notation.plateLetters[$0] } ?? "i"
      let label = notation.member(v)
      let event = Formula("\(label.text)=\(letter)", latex: "\(label.latex){=}\(LaTeX.letter(letter))")
      let sum = Formula.sum(over: [letter])
      return Formula(
        how + "q(\(event.text)) = exp η([\(event.text)]) / \(sum.text) exp η([\(event.text)])   (softmax)",
        latex: how.prefix(1).uppercased() + how.dropFirst()
          + "$q(\(event.latex)) = \\exp \\eta([\(event.latex)]) \\,/\\, \(sum.latex) \\exp \\eta([\(event.latex)])$ (softmax)."
      )
    }
    let member = notation.member(v)
    return Formula(
      how + "E[t(\(member.text))] = ∇A(η)",
      latex: how.prefix(1).uppercased() + how.dropFirst() + "$\\mathbb{E}[t(\(member.latex))] = \\nabla\\! A(\\eta)$.")
  }

  /// Several variables of a row are solved in turn.
  private var turns: Formula? {
    if graph.locals.count < 2 { return nil }
    let names = graph.locals.map { graph.variables[$0].name }.joined(separator: ", ")
    let often = localSweeps.map { "\($0) times" } ?? "several times"
    let text =
      "The variables of a row (\(names)) are solved by coordinate sweeps: each in turn given the others, \(often)."
    return Formula(text, latex: LaTeX.text(text))
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
    groups += (graph.locals + graph.globals).map(entropy)
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

  /// A(η) − ⟨η, E[t]⟩.
  private func entropy(_ v: Int) -> SumGroup {
    let member = notation.member(v)
    let parameter = Formula("η(", latex: "\\eta(") + member + Formula(")")
    return SumGroup(
      sums: graph.variables[v].plates.map { .sum(over: [notation.plateLetters[$0]]) },
      summands: [
        Summand(body: Formula("A(") + parameter + Formula(")")),
        Summand(isNegative: true, body: .inner(parameter, (Formula("t(") + member + Formula(")")).expected)),
      ])
  }
}
