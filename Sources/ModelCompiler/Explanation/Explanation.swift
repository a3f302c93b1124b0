import ExponentialFamilies
import ModelLanguage
import PlanIR

/// What the compiler makes of a model, for people.
///
/// The graph, the log joint, the derived updates with the bound, and, where the model is bound to data, the plan with
/// what it costs. Each section is written as text and as LaTeX.
public struct Explanation: Hashable, Sendable {
  /// A section in both notations, without its title.
  public struct Section: Hashable, Sendable {
    /// Its title.
    public let title: String
    /// Plain text in Unicode; formulas are set with subscripts and Greek letters.
    public let text: String
    /// The body of a LaTeX section; needs amsmath, amssymb, array and longtable.
    public let latex: String
  }

  /// The model's name.
  public let name: String
  /// What the model is, in a sentence; may be empty.
  public let summary: String
  /// Plates, variables and distributions as the modeller wrote them.
  public let graph: Section
  /// Every term of the log joint density, by the statement that it comes from.
  public let logJoint: Section
  /// The update of every latent variable, how it is solved, and the bound.
  public let updates: Section
  /// How the latent variables of a row are solved; nil where rows have none.
  public let rowVariables: Section?
  /// Slots and steps with what they cost; nil where no data are bound.
  public let plan: Section?

  /// Explains a model without data: graph, log joint, updates.
  ///
  /// - Throws: ``ModelError`` where the model breaks a rule of the language.
  public init(_ graph: ModelGraph) throws(ModelError) { self.init(try LogJoint(graph)) }

  /// Explains a log joint without data.
  public init(_ logJoint: LogJoint) {
    self.init(logJoint, RowBlocks(logJoint, partial: [], levels: logJoint.graph.levels(of:)), shapes: nil, model: nil)
  }

  /// Explains a model that is bound to data: shapes are known, and so is the plan.
  public init(_ model: CompiledModel) {
    let partial = zip(model.graph.observed, model.facts.observed).filter { v, facts in
      facts.missing.contains { $0 > 0 } && !model.graph.variables[v].family.type.isElementwise(model.shapes[v])
    }
    let blocks = RowBlocks(model.logJoint, partial: Set(partial.map(\.0))) { model.shapes[$0].dimension }
    self.init(model.logJoint, blocks, shapes: model.shapes, model: model)
  }

  private init(_ logJoint: LogJoint, _ blocks: RowBlocks, shapes: [FamilyShape]?, model: CompiledModel?) {
    let notation = Notation(logJoint.graph, shapes: shapes)
    let solved = logJoint.joined(blocks.joints)
    let solution = Notation(solved.graph, shapes: shapes.map { $0.joined(blocks.joints) }, blocks: blocks)
    name = logJoint.graph.name
    summary = logJoint.graph.summary
    graph = GraphSection(notation, facts: model?.facts).section
    self.logJoint = LogJointSection(logJoint, notation).section
    updates = UpdateSection(solved, solution).section
    rowVariables =
      RowSection(notation: solution, logJoint: solved, blocks: blocks, rounds: Lowering.localSweeps).section
    plan = model.map { PlanSection($0.plan, rows: $0.facts.rowCount).section }
  }

  /// The sections in order.
  public var sections: [Section] { [graph, logJoint, updates] + [rowVariables, plan].compactMap { $0 } }

  /// All sections as one text.
  public var text: String {
    let title = name + (summary.isEmpty ? "" : "\n\(summary)")
    let numbered = sections.enumerated().map { i, section in
      let heading = "\(i + 1)  \(section.title)"
      return heading + "\n" + String(repeating: "─", count: heading.count) + "\n\n" + section.text
    }
    return ([title] + numbered).joined(separator: "\n\n\n") + "\n"
  }

  /// All sections as one LaTeX document that compiles as it is.
  public var latex: String {
    LaTeX.document(title: name, summary: summary, sections: sections.map { ($0.title, $0.latex) })
  }
}
