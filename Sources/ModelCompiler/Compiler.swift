import ExponentialFamilies
import ModelLanguage
import PlanIR

/// A model bound to the facts of some data and lowered to a plan.
public struct CompiledModel: Hashable, Sendable {
  /// The model.
  public let graph: ModelGraph
  /// Its log joint density.
  public let logJoint: LogJoint
  /// What it was bound to.
  public let facts: DataFacts
  /// The shape of each variable.
  public let shapes: [FamilyShape]
  /// The size of each plate; 0 for the rows.
  public let plateSizes: [Int]
  /// What variables are kept about.
  public let frames: Frames
  /// What is subtracted from each location variable, and from inputs, by variable.
  public var centers: [Int: [Double]] { frames.centers }
  /// What runs.
  public let plan: Plan
  /// What runs over groups of rows; nil for a model without groups that are solved by themselves.
  public let groupedPlan: Plan?

  /// Compiles a model: log joint, checks, shapes, centres, plan.
  ///
  /// - Throws: ``ModelError`` with what is wrong and where.
  public init(_ graph: ModelGraph, facts: DataFacts) throws(ModelError) {
    try self.init(LogJoint(graph), facts: facts)
  }

  /// Binds a log joint to the facts of some data.
  public init(_ logJoint: LogJoint, facts: DataFacts) throws(ModelError) {
    let graph = logJoint.graph
    let sizes = try inferSizes(graph, facts)
    let shapes = sizes.shapes
    try checkRowCounts(graph, facts)
    try checkCountAugmentations(graph, facts)
    try requireRoom(graph, shapes, plates: sizes.plates)
    let frames = findFrames(graph, facts, shapes: shapes)
    let known = KnownParameters(graph: graph, facts: facts, sizes: sizes, frames: frames)
    var lowering = Lowering(logJoint, known)
    let plan = try lowering.plan()
    let groupedPlan = plan.groupedByMembership()
    let violations = plan.violations() + (groupedPlan?.violations() ?? [])
    if !violations.isEmpty {
      throw ModelError(
        "the plan of \(graph.name) is not sound (please report this): \(violations.joined(separator: "; "))")
    }
    self.graph = graph
    self.logJoint = logJoint
    self.facts = facts
    self.shapes = shapes
    plateSizes = sizes.plates
    self.frames = frames
    self.plan = plan
    self.groupedPlan = groupedPlan
  }
}

/// Asks for the memory of the global variables: their priors and posteriors, natural and expected, and what is made of them.
private func requireRoom(_ graph: ModelGraph, _ shapes: [FamilyShape], plates: [Int]) throws(ModelError) {
  for index in graph.globals {
    let variable = graph.variables[index]
    let members = variable.plates.reduce(1 as Int?) { product, plate in
      guard let (count, isTooLarge) = product?.multipliedReportingOverflow(by: plates[plate]), !isTooLarge else {
        return nil
      }
      return count
    }
    let size = variable.family.type.statisticCount(shapes[index])
    if Memory.has(members.flatMap { Memory.bytes($0, size, 8) }) { continue }
    throw ModelError(
      "there is no room in memory for the \(members.map(String.init) ?? "uncountably many") members of \"\(variable.name)\", of "
        + "\(size) numbers each. Use smaller plates, such as fewer components, or fewer columns.")
  }
}
