import ExponentialFamilies
import ModelLanguage

/// The log joint density, term by term and statement by statement; with expectations, the first part of the bound.
struct LogJointSection {
  let logJoint: LogJoint
  let notation: Notation
  private var graph: ModelGraph { logJoint.graph }

  init(_ logJoint: LogJoint, _ notation: Notation) {
    self.logJoint = logJoint
    self.notation = notation
  }

  var section: Explanation.Section {
    let comma = Formula(", ", latex: ",\\, ")
    var names = notation.declared.filter { !isGiven($0) }.map { notation.variable($0) }.joined(comma)
    let given = notation.declared.filter(isGiven).map { notation.variable($0) }
    if !given.isEmpty { names += Formula(" | ", latex: " \\mid ") + given.joined(comma) }
    var text = ["log p(\(names.text)) ="]
    var latex = "\\[ \\log p(\(names.latex)) = \\text{the sum of all that follows.} \\]\n"
    var isFirst = true
    for index in graph.factors.indices {
      let statement = GraphSection.statement(index, notation).whole
      let groups = groups(of: index, expected: false)
      text += ["", "  from \(statement.text)"]
      var lines: [String] = []
      for group in groups {
        text += group.text(isFirst: isFirst).map { "    " + $0 }
        lines += group.latex(isFirst: isFirst)
        isFirst = false
      }
      latex += "\n{\\raggedright From $\(statement.latex)$:\\par}\n\(LaTeX.align(lines))"
    }
    let remarks = Self.remarks(logJoint)
    if !remarks.isEmpty {
      text += [""] + remarks.map { "  " + $0.text }
      latex += "\n" + remarks.map(\.latex).joined(separator: "\\\\\n") + "\n"
    }
    return Explanation.Section(title: "Log joint", text: text.joined(separator: "\n"), latex: latex)
  }

  private func isGiven(_ v: Int) -> Bool {
    if case .given = graph.variables[v].role { true } else { false }
  }

  /// What the signs mean that this model needs.
  private static func remarks(_ logJoint: LogJoint) -> [Formula] {
    let graph = logJoint.graph
    var remarks: [Formula] = []
    if !graph.locals.isEmpty, logJoint.terms.contains(where: { $0.factors.contains { $0.statistic == .indicator } }) {
      remarks.append(
        Formula(
          "[z=k] is 1 where label z has value k, and 0 elsewhere.",
          latex: "$[z{=}k]$ is 1 where label $z$ has value $k$, and 0 elsewhere."))
    }
    remarks.append(
      Formula(
        "⟨a, b⟩ is the sum of the products of the elements of two vectors or two matrices.",
        latex: "$\\langle a, b\\rangle$ is the sum of the products of the elements of two vectors or two matrices."))
    if graph.order?.sequence != nil {
      remarks.append(
        Formula(
          "n first: the first row of each sequence; n later: all others.",
          latex: "$n\\ \\mathrm{first}$: the first row of each sequence; $n\\ \\mathrm{later}$: all others."))
    }
    if !logJoint.priors.isEmpty {
      remarks.append(
        Formula(
          "η₀ are the natural parameters of a known prior, A is the log partition function of its family.",
          latex:
            "$\\eta_0$ are the natural parameters of a known prior, $A$ is the log partition function of its family."))
    }
    return remarks
  }

  /// The summands of one statement under their sums.
  ///
  /// - Parameter expected: Whether statistics of latent variables are replaced by their expectations.
  func groups(of index: Int, expected: Bool) -> [SumGroup] {
    var groups =
      logJoint.priors.contains(index) ? [prior(index, expected: expected)] : terms(of: index, expected: expected)
    let variable = graph.variables[graph.factors[index].child]
    if variable.isObserved, !variable.family.type.hasConstantBaseMeasure {
      let x = notation.member(graph.factors[index].child)
      let body = Formula("log h(", latex: "\\log h(") + x + Formula(")")
      groups.append(SumGroup(sums: sums(over: variable.plates), summands: [Summand(body: body)]))
    }
    return groups
  }

  private func sums(over plates: [Int]) -> [Formula] { plates.map { .sum(over: [notation.plateLetters[$0]]) } }

  private func terms(of index: Int, expected: Bool) -> [SumGroup] {
    var groups: [(sums: [Formula], terms: [SummedProduct])] = []
    for term in logJoint.terms where term.source == index && !term.isZero(in: graph) {
      let summed = term.summed(in: notation)
      let letters = notation.letters(of: summed)
      let sums = summed.sums.filter(\.isRepetition).map { notation.sumSign($0, in: summed, letters) }
      if groups.last?.sums == sums {
        groups[groups.count - 1].terms.append(summed)
      } else {
        groups.append((sums, [summed]))
      }
    }
    return groups.map { sums, terms in
      // Alone, a term has its sums after its number.
      if terms.count == 1 { return SumGroup(sums: [], summands: [notation.summand(terms[0], expected: expected)]) }
      return SumGroup(
        sums: sums, summands: terms.map { notation.summand($0, expected: expected, showing: { !$0.isRepetition }) })
    }
  }

  /// ⟨η₀, t(v)⟩ − A(η₀), one summand a statistic.
  private func prior(_ index: Int, expected: Bool) -> SumGroup {
    let v = graph.factors[index].child
    let variable = graph.variables[v]
    let members = variable.plates.map { notation.plateLetters[$0] }
    var summands = notation.statistics(of: v).map { statistic in
      let parameter = notation.priorParameter(statistic.name, of: v)
      let plain = notation.statistic(
        statistic.name, of: { notation.variable(v, members: members, elements: $0) }, elements: [])
      let value = expected ? plain.expected : plain
      return Summand(
        body: statistic.form.rank == 0 || statistic.form.extent == 1
          ? .product([parameter, value]) : .inner(parameter, value))
    }
    let name = notation.variable(v)
    summands.append(
      Summand(isNegative: true, body: Formula("A(η₀(", latex: "A(\\eta_0(") + name + Formula("))")))
    return SumGroup(sums: sums(over: variable.plates), summands: summands)
  }
}

extension Notation {
  /// A variable's statistics; where its shape is not known, of a typical one, for names and ranks.
  func statistics(of v: Int) -> [Statistic] {
    graph.variables[v].family.type.statistics(shapes?[v] ?? FamilyShape(dimension: 3))
  }

  /// The natural parameter of a known prior that belongs to a statistic; one for all members.
  func priorParameter(_ name: StatisticName, of v: Int, elements: [String] = []) -> Formula {
    Formula("η₀(", latex: "\\eta_0(") + statistic(name, of: { variable(v, elements: $0) }, elements: elements)
      + Formula(")")
  }
}
