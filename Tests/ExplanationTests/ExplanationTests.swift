import ModelLanguage
import Testing

@testable import ModelCompiler

/// All models that tests explain.
private let models = explainedModels + widerModels

@Suite struct ExplanationTests {
  @Test(arguments: 0..<3) func goldenTexts(_ index: Int) throws {
    let explanation = Explanation(
      try CompiledModel(explainedModels[index].graph(), facts: explainedModels[index].facts))
    try expectGolden(explanation.text, "\(explanation.name).txt")
    try expectGolden(explanation.latex, "\(explanation.name).tex")
  }

  @Test func goldenTextWithoutData() throws {
    try expectGolden(Explanation(try explainedModels[0].graph()).text, "gaussian-mixture-without-data.txt")
  }

  /// Several row variables, labels that share a plate, joint parameters of columns, categorical columns.
  @Test(arguments: 3..<5) func goldenUpdates(_ index: Int) throws {
    let explanation = Explanation(
      try CompiledModel(explainedModels[index].graph(), facts: explainedModels[index].facts))
    try expectGolden(explanation.updates.text + "\n", "\(explanation.name)-updates.txt")
  }

  /// The wider language: chains, groups, given numbers, linear predictors.
  @Test(arguments: widerModels.indices) func goldenSections(_ index: Int) throws {
    let explanation = Explanation(try CompiledModel(widerModels[index].graph(), facts: widerModels[index].facts))
    let sections = explanation.sections.filter { $0.title != "Plan" }
    try expectGolden(
      sections.map { "\($0.title)\n\n\($0.text)" }.joined(separator: "\n\n\n") + "\n", "\(explanation.name).txt")
    try expectGolden(sections.map(\.latex).joined(separator: "\n"), "\(explanation.name).tex")
  }

  /// What the factor graph says of a chain: its own row before, and that this only chooses.
  @Test func factorGraphs() throws {
    let graph = FactorGraph(try widerModels[0].graph())
    #expect(graph.variables.map(\.name) == ["start", "move", "cluster", "state", "x"])
    #expect(graph.variables[3].distribution == "MarkovChain")
    #expect(graph.edges.contains(FactorGraph.Edge(from: 3, to: 3, isGate: true, rows: "row n−1")))
    for model in models {
      let graph = FactorGraph(try model.graph())
      try expectGolden(graph.dot, "\(graph.name).dot")
    }
  }

  /// Every model, with and without data.
  static let explained = models.indices.flatMap { [($0, false), ($0, true)] }

  private func explain(_ index: Int, withData: Bool) throws -> (
    logJoint: LogJoint, notation: Notation, explanation: Explanation
  ) {
    let graph = try models[index].graph()
    let logJoint = try LogJoint(graph)
    let blocks = RowBlocks(logJoint, partial: [])
    if !withData { return (logJoint, Notation(graph, blocks: blocks), try Explanation(graph)) }
    let model = try CompiledModel(graph, facts: models[index].facts)
    return (model.logJoint, Notation(graph, shapes: model.shapes, blocks: blocks), Explanation(model))
  }

  /// Every term is one summand of the log joint, and one of an update for every latent statistic that it has.
  @Test(arguments: explained) func everyTermIsThere(_ index: Int, withData: Bool) throws {
    let (logJoint, notation, _) = try explain(index, withData: withData)
    let graph = logJoint.graph
    let joint = LogJointSection(logJoint, notation)
    for factor in graph.factors.indices {
      let summands = joint.groups(of: factor, expected: false).reduce(0) { $0 + $1.summands.count }
      let v = graph.factors[factor].child
      let expected =
        logJoint.priors.contains(factor)
        ? notation.statistics(of: v).count + 1
        : logJoint.terms.filter { $0.source == factor && !$0.isZero(in: graph) }.count
      #expect(summands == expected)
    }
    let updates = UpdateSection(logJoint, notation)
    for v in graph.globals + graph.locals {
      let derivatives = updates.rows(of: v).reduce(0) { $0 + $1.derivatives }
      // A label's terms with what is solved given it are inside a log partition.
      let terms = logJoint.terms.filter { term in
        term.variables.contains(v) && !term.isZero(in: graph)
          && !term.variables.contains { notation.givenLabels[$0] == v }
      }
      #expect(derivatives == terms.count)
    }
  }

  /// The updates that are printed are those that run: the plan's update of a variable adds up as many contractions as
  /// there are derivatives, and one for a known prior.
  @Test(arguments: explainedModels.indices) func updatesAreThoseOfThePlan(_ index: Int) throws {
    let model = try CompiledModel(models[index].graph(), facts: models[index].facts)
    let updates = UpdateSection(model.logJoint, Notation(model.graph, shapes: model.shapes))
    for (v, variable) in zip(model.graph.globals, model.plan.globals) {
      let contractions = variable.update.filter { if case .contract = $0 { true } else { false } }.count
      let isPrior = model.logJoint.priors.contains { model.graph.factors[$0].child == v }
      #expect(contractions == updates.rows(of: v).reduce(isPrior ? 1 : 0) { $0 + $1.derivatives })
    }
  }

  /// 10 labels meet 5 features twice: in their natural parameters and in the sums.
  @Test func costOfAMixture() throws {
    let plan = try CompiledModel(explainedModels[0].graph(), facts: explainedModels[0].facts).plan
    let cost = plan.cost(rows: 1000)
    #expect(cost.contractionFlops == 2 * (2 * 10 * 5))
    #expect(cost.row.exponentials == 10)
    #expect(cost.dataBytes == 2 * 8)
    #expect(cost.total.exponentials == 1000 * 10)
  }

  /// `·` stands for a product between spaces, and for nothing else: the places of names are filled.
  @Test(arguments: explained) func noPlaceholders(_ index: Int, withData: Bool) throws {
    let explanation = try explain(index, withData: withData).explanation
    #expect(!explanation.text.split(separator: " · ", omittingEmptySubsequences: false).joined().contains("·"))
    #expect(!explanation.latex.contains("·"))
  }

  @Test(arguments: explained) func latexIsSound(_ index: Int, withData: Bool) throws {
    let latex = try explain(index, withData: withData).explanation.latex
    #expect(!latex.contains { !$0.isASCII })
    var depth = 0
    var previous: Character = " "
    for c in latex {
      if c == "{" && previous != "\\" { depth += 1 }
      if c == "}" && previous != "\\" { depth -= 1 }
      #expect(depth >= 0)
      previous = previous == "\\" && c == "\\" ? " " : c
    }
    #expect(depth == 0)
    func count(_ part: String) -> Int { latex.split(separator: part, omittingEmptySubsequences: false).count - 1 }
    #expect(count("\\begin{") == count("\\end{"))
    #expect(count("\\Bigl\\{") == count("\\Bigr\\}"))
    #expect(count("\\langle") == count("\\rangle"))
  }

  /// What a diagnostic says of a term.
  @Test func termsInMessages() throws {
    let logJoint = try LogJoint(explainedModels[0].graph())
    #expect(describe(logJoint.terms[0], in: logJoint.graph) == "Σₖ [labelₙ=k] · log weightsₖ")
    #expect(describe(logJoint.terms[2], in: logJoint.graph) == "−½ [labelₙ=k] · ⟨xₙxₙᵀ, Λ(cluster[k])⟩")
  }
}
