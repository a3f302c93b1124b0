import ExponentialFamilies
import ModelLanguage

/// The model as it was written: hyperparameters, plates, variables, statements.
struct GraphSection {
  let notation: Notation
  let facts: DataFacts?
  private var graph: ModelGraph { notation.graph }

  init(_ notation: Notation, facts: DataFacts?) {
    self.notation = notation
    self.facts = facts
  }

  var section: Explanation.Section {
    let parts = [hyperparameters, plates, variables, statements, moments, data].compactMap { $0 }
    return Explanation.Section(
      title: "Graph", text: parts.map(\.text).joined(separator: "\n\n"),
      latex: parts.map(\.latex).joined(separator: "\n"))
  }

  /// A titled part in both notations.
  private struct Part {
    let text: String
    let latex: String

    init(_ title: String, lines: [String], latex: String) {
      text = ([title] + lines).joined(separator: "\n")
      self.latex = "\\subsection*{\(title)}\n\n\(latex)"
    }

    /// A table; cells are formulas where they are mathematics and text elsewhere.
    init(_ title: String, columns description: String, _ rows: [[Cell]]) {
      self.init(
        title, lines: columns(rows.map { $0.map(\.text) }),
        latex: LaTeX.table(description, rows.map { $0.map(\.latex) }))
    }
  }

  private struct Cell {
    let text: String
    let latex: String
    init(_ text: String) { (self.text, latex) = (text, LaTeX.text(text)) }
    init(_ formula: Formula) { (text, latex) = (formula.text, "$\(formula.latex)$") }
  }

  private var hyperparameters: Part? {
    if graph.hyperparameters.isEmpty { return nil }
    return Part(
      "Hyperparameters", columns: "lrl", graph.hyperparameters.map { [Cell($0.name), Cell($0.value), Cell($0.help)] })
  }

  /// `k = 1 … 10`.
  static func range(of plate: Int, _ notation: Notation) -> Formula {
    let letter = notation.plateLetters[plate]
    let end = notation.end(of: plate)
    return Formula("\(letter) = 1 … \(end.text)", latex: "\(LaTeX.letter(letter)) = 1, \\dots, \(end.latex)")
  }

  private var plates: Part? {
    if graph.plates.isEmpty { return nil }
    return Part(
      "Plates", columns: "ll",
      graph.plates.indices.map { [Cell(graph.plates[$0].name), Cell(Self.range(of: $0, notation))] })
  }

  private var variables: Part {
    Part(
      "Variables", columns: notation.shapes == nil ? "llll" : "llllr",
      notation.declared.map { v in
        let variable = graph.variables[v]
        let plates = variable.plates.map { "each \(graph.plates[$0].name)" }.joined(separator: ", ")
        let cells = [
          Cell(notation.language(v)), Cell(word(variable.role)), Cell("\(variable.family)"),
          Cell(plates.isEmpty ? "once" : plates),
        ]
        return cells + (notation.shapes.map { [Cell("dimension \($0[v])")] } ?? [])
      })
  }

  private func word(_ role: ModelGraph.Role) -> String {
    switch role {
    case .latent: "latent"
    case .observed: "observed"
    case .given: "given"
    case .lagged, .position: "derived"
    }
  }

  // MARK: Statements

  /// `x[n] ~ MultivariateNormal(cluster[label[n]])`, in its parts.
  struct Statement {
    let variable: Formula
    let family: Formula
    let arguments: [Formula]

    /// The right-hand side; in LaTeX it may break after a comma.
    var distribution: Formula {
      family + Formula("(") + arguments.joined(Formula(", ", latex: ",\\; \\allowbreak ")) + Formula(")")
    }

    /// The whole statement.
    var whole: Formula { variable + Formula(" ~ ", latex: " \\sim ") + distribution }

    /// Lines of an `align*` that are not wider than the page.
    ///
    /// - Parameter ranges: What stands to the right of the first line.
    func aligned(ranges: String) -> [String] {
      var lines: [Formula] = [family + Formula("(")]
      for (i, argument) in arguments.enumerated() {
        let next = argument + (i == arguments.count - 1 ? Formula(")") : Formula(", ", latex: ",\\; "))
        if i > 0, lines[lines.count - 1].text.count + next.text.count > 58 { lines.append(Formula("")) }
        lines[lines.count - 1] += next
      }
      return lines.enumerated().map { i, line in
        i == 0
          ? "\(variable.latex) &\\sim \(line.latex)" + (ranges.isEmpty ? "" : " && \(ranges)")
          : "&\\qquad \(line.latex)"
      }
    }
  }

  /// What a factor of the graph was written as.
  static func statement(_ index: Int, _ notation: Notation) -> Statement {
    let graph = notation.graph
    let factor = graph.factors[index]
    func label(_ name: String) -> Formula { Formula("\(name): ", latex: "\\mathit{\(LaTeX.text(name))}{:}\\ ") }
    let family = Formula.name("\(graph.variables[factor.child].family)")
    var arguments: [Formula]
    if factor.isChain {
      arguments = ["initial", "transition"].map { part in
        let own = factor.arguments.filter { $0.name.hasPrefix("\(part).") }
        return label(part) + family + Formula("(")
          + written(own, prefix: part.count + 1, of: index, notation).joined(Formula(", ", latex: ",\\; "))
          + Formula(")")
      }
    } else {
      arguments = written(factor.arguments, prefix: 0, of: index, notation)
    }
    switch factor.dimension {
    case .inherited: break
    case .number(let n): arguments.append(label("count") + Formula("\(n)"))
    case .levels(let v):
      arguments.append(label("count") + .name(graph.variables[v].name) + Formula(".levels", latex: ".\\mathrm{levels}"))
    }
    return Statement(
      variable: notation.language(factor.child), family: factor.isChain ? .name("MarkovChain") : family,
      arguments: arguments)
  }

  /// The arguments of a distribution, with their names where these are needed.
  ///
  /// - Parameter prefix: How many characters of each name tell a part of the distribution.
  private static func written(
    _ arguments: [ModelGraph.Factor.NamedArgument], prefix: Int, of index: Int, _ notation: Notation
  ) -> [Formula] {
    func label(_ name: String) -> Formula { Formula("\(name): ", latex: "\\mathit{\(LaTeX.text(name))}{:}\\ ") }
    func isReference(_ argument: ModelGraph.Argument) -> Bool {
      switch argument {
      case .variable, .table: true
      case .constant, .moment, .dimension: false
      }
    }
    // Distributions with one argument that is a variable take it without a name.
    let isPlain = arguments.count == 1 && arguments.allSatisfy { isReference($0.value) }
    var predictor: [Formula] = []
    var others: [Formula] = []
    for argument in arguments {
      let name = String(argument.name.dropFirst(prefix))
      let value = notation.argument(argument.value, of: index)
      if name.hasPrefix("offset") || name.hasPrefix("coefficients") {
        predictor.append(value)
      } else if name.hasPrefix("inputs"), let last = predictor.popLast() {
        predictor.append(last + Formula(" * ", latex: "\\, ") + value)
      } else if name.hasPrefix("multiplier"), let last = predictor.popLast() {
        predictor.append(value + Formula(" * (", latex: "\\, (") + last + Formula(")"))
      } else {
        others.append(isPlain ? value : label(name) + value)
      }
    }
    // A sum of variables and products is one argument, the mean.
    return (predictor.isEmpty ? [] : [label("mean") + predictor.joined(Formula(" + "))]) + others
  }

  private var statements: Part {
    var lines: [String] = []
    var latex: [String] = []
    var open: [Int] = []
    for (index, factor) in graph.factors.enumerated() {
      let plates = graph.variables[factor.child].plates
      let shared = zip(open, plates).prefix { $0 == $1 }.count
      for (depth, plate) in plates.enumerated().dropFirst(shared) {
        lines.append(
          indentation(depth) + "for each \(graph.plates[plate].name) \(Self.range(of: plate, notation).text)")
      }
      open = plates
      let statement = Self.statement(index, notation)
      lines.append(indentation(plates.count) + statement.whole.text)
      latex += statement.aligned(ranges: plates.map { Self.range(of: $0, notation).latex }.joined(separator: ";\\ "))
    }
    return Part("Statements", lines: lines, latex: LaTeX.align(latex))
  }

  private func indentation(_ depth: Int) -> String { String(repeating: " ", count: 2 * (depth + 1)) }

  // MARK: What depends on data

  private var moments: Part? {
    var seen: [Formula] = []
    var rows: [[Cell]] = []
    for factor in graph.factors {
      for argument in factor.arguments {
        guard case .moment(let moment) = argument.value else { continue }
        for part in moment.parts {
          let name = notation.property(.init(variable: part.variable, kind: part.kind))
          if seen.contains(name) { continue }
          seen.append(name)
          rows.append(
            [Cell(name), Cell(meaning(part.kind, of: graph.variables[part.variable].name))]
              + (value(part.kind, of: part.variable).map { [Cell($0)] } ?? []))
        }
      }
    }
    if rows.isEmpty { return nil }
    return Part("Taken from the data", columns: facts == nil ? "ll" : "lll", rows)
  }

  private func meaning(_ kind: DataMoment.Kind, of name: String) -> String {
    switch kind {
    case .mean: "the mean of each column of \(name)"
    case .variance: "the variance of each column of \(name)"
    case .precision: "one over the variance of each column of \(name)"
    case .reciprocalMean: "one over the mean of each column of \(name)"
    case .covariance: "the covariance matrix of the columns of \(name)"
    case .stepVariance: "the mean square of each column's change from row to row of \(name)"
    case .levels: "the number of levels of each column of \(name)"
    }
  }

  private func value(_ kind: DataMoment.Kind, of v: Int) -> Formula? {
    guard let facts, let known = graph.observed.firstIndex(of: v).map({ facts.observed[$0] }) else { return nil }
    switch kind {
    case .covariance:
      let order = known.columns.count
      if order > 3 { return Formula("\(order) × \(order)", latex: "\(order)\\times \(order)") }
      let rows = (0..<order).map { i in
        (0..<order).map { known.covariance[max(i, $0) * (max(i, $0) + 1) / 2 + min(i, $0)] }
      }
      return rows.map { Formula.numbers($0) }.joined(Formula(" ", latex: "\\,"))
    case .mean, .variance, .precision, .reciprocalMean, .stepVariance, .levels:
      return .numbers(known.values(of: kind, hasIntercept: graph.variables[v].hasIntercept))
    }
  }

  private var data: Part? {
    guard let facts else { return nil }
    var rows = [[Cell("rows"), Cell(Formula("N = ") + Formula.whole(facts.rowCount))]]
    for (v, known) in zip(graph.observed, facts.observed) where notation.declared.contains(v) {
      let names = known.columns.prefix(8).joined(separator: ", ") + (known.columns.count > 8 ? ", …" : "")
      rows.append([
        Cell(.name(graph.variables[v].name)), Cell("\(known.columns.count == 1 ? "column" : "columns") \(names)"),
      ])
    }
    return Part("Data", columns: "ll", rows)
  }
}
