import ExponentialFamilies
import ModelLanguage

// Arguments of distributions as the modeller wrote them.
extension Notation {
  /// What stands for a parameter, in the notation of the language.
  func argument(_ argument: ModelGraph.Argument, of source: Int) -> Formula {
    func times(_ factor: Double, _ what: Formula) -> Formula {
      factor == 1 ? what : .product([.number(factor), what])
    }
    switch argument {
    case .constant(let x): return .numbers(x)
    case .dimension(let factor): return times(factor, dimension(of: graph.factors[source].child))
    case .moment(let moment): return self.moment(moment, of: source)
    case .variable(let use): return language(use, of: source)
    case .table(let numbers, let gates, let isMatrix):
      let values = Formula.numbers(numbers, limit: 9)
      let word = gates.isEmpty && isMatrix ? "Matrix" : "Table"
      let name = Formula(word, latex: "\\mathrm{\(word)}") + values
      if gates.isEmpty { return name }
      return name
        + Formula(
          "[\(gates.map { language($0, of: source).text }.joined(separator: ", "))]",
          latex: "_{\(gates.map { language($0, of: source).latex }.joined(separator: ","))}")
    }
  }

  /// A property of data: `1e-06 x.variance / y.variance`, and that of the member's own element where these are a plate.
  private func moment(_ moment: ModelGraph.Moment, of source: Int) -> Formula {
    let above = moment.parts.filter { !$0.isReciprocal }.map { property($0, of: source) }
    let below = moment.parts.filter(\.isReciprocal).map { property($0, of: source) }
    let factor = moment.factor == [1] ? [] : [Formula.numbers(moment.factor)]
    var whole = factor.isEmpty && above.isEmpty ? Formula("1") : .product(factor + above)
    for part in below { whole = Formula("\(whole.text) / \(part.text)", latex: "\(whole.latex) / \(part.latex)") }
    return moment.isOfIntercept
      ? Formula("intercept(\(whole.text))", latex: "\\mathrm{intercept}(\(whole.latex))") : whole
  }

  /// A property of a variable's data, of the member's own element where the elements are a plate.
  func property(_ part: ModelGraph.Moment.Part, of source: Int? = nil) -> Formula {
    let variable = graph.variables[part.variable]
    var (text, latex) = (variable.name, LaTeX.mathName(variable.name))
    if case .lagged(let source, let lags, _) = variable.role, let first = lags.first, let last = lags.last {
      let range = first == last ? "\(first)" : "\(first)…\(last)"
      text = "\(graph.variables[source].name).lag(\(range))"
      latex = "\(LaTeX.mathName(graph.variables[source].name)).\\mathrm{lag}(\(LaTeX.letter(range)))"
    }
    let whole = Formula(
      "\(text).\(part.kind.rawValue)", latex: "\(latex).\\mathrm{\(part.kind.rawValue)}")
    if part.isAverage {
      return Formula("\(whole.text).average", latex: "\(whole.latex).\\mathrm{average}")
    }
    let plates = source.map { graph.variables[graph.factors[$0].child].plates } ?? []
    guard let own = plates.first(where: { graph.plates[$0].extent == .elements(variable: part.variable) }) else {
      return whole
    }
    return Formula(
      "\(whole.text)[\(plateLetters[own])]", latex: "\(whole.latex)_{\(LaTeX.letter(plateLetters[own]))}")
  }

  /// Whether a property is one number for each member, as its elements are plates.
  func isOfOneElement(_ moment: ModelGraph.Moment, of source: Int) -> Bool {
    let plates = graph.variables[graph.factors[source].child].plates.map { graph.plates[$0].extent }
    return moment.parts.allSatisfy { $0.isAverage || plates.contains(.elements(variable: $0.variable)) }
  }

  /// A use of a variable as a statement writes it.
  private func language(_ use: ModelGraph.Use, of source: Int) -> Formula {
    let factor = graph.factors[source]
    let home = graph.variables[factor.child].plates
    var remaining = use.gates[...]
    let members = graph.variables[use.variable].plates.map { plate -> Formula in
      let letter = plateLetters[plate]
      if home.contains(plate) {
        let before = use.isPrevious && graph.plates[plate].isRows
        return Formula(letter + (before ? "−1" : ""), latex: LaTeX.letter(letter) + (before ? "-1" : ""))
      }
      if graph.plates[plate].extent.user == factor.child {
        return Formula(letter, latex: LaTeX.letter(letter))
      }
      return remaining.popFirst().map { language($0, of: source) } ?? Formula("?")
    }
    return chosen(use.variable, members)
  }

  /// A variable as a statement writes it, with its plates in brackets.
  func language(_ v: Int) -> Formula {
    chosen(v, graph.variables[v].plates.map { Formula(plateLetters[$0], latex: LaTeX.letter(plateLetters[$0])) })
  }

  private func chosen(_ v: Int, _ members: [Formula]) -> Formula {
    let name = Formula.name(graph.variables[v].name)
    if members.isEmpty { return name }
    if case .lagged(let source, let lags, let intercept) = graph.variables[v].role, let first = lags.first,
      let last = lags.last
    {
      let rows = first == last ? "n−\(first)" : "n−\(first)…n−\(last)"
      let name = Formula.name(graph.variables[source].name)
      let values = Formula("\(name.text)[\(rows)]", latex: "\(name.latex)_{\(LaTeX.letter(rows))}")
      return intercept ? Formula("(1, ") + values + Formula(")") : values
    }
    return Formula(
      "\(name.text)[\(members.map(\.text).joined(separator: ", "))]",
      latex: "\(name.latex)_{\(members.map(\.latex).joined(separator: ","))}")
  }

  /// The dimension of a variable: the number where it is known.
  func dimension(of v: Int) -> Formula {
    if let shapes { return .number(Double(shapes[v].dimension)) }
    let name = Formula.name(graph.variables[v].name)
    return Formula("dim(\(name.text))", latex: "\\dim(\(name.latex))")
  }
}
