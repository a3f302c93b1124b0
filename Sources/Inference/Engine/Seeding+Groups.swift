import ExponentialFamilies
import PlanIR

// Starts for stochastic inference over groups of rows that are solved by themselves.
extension Seeding {
  /// Groups that are drawn for each value of the label.
  ///
  /// Few enough to cost less than a pass over many groups, enough for every value to meet what most groups share.
  private static let groupsOfLabel = 50
  /// The part of a group's probabilities that all values of the label share.
  ///
  /// Values that begin far apart stay where they began; batches tell those apart that begin near one another, and not at
  /// one point.
  private static let shared = 0.6

  /// Draws the probabilities of some groups from their prior, solves the groups' rows with them, and updates whatever
  /// outlives the groups.
  ///
  /// Source: starts near uniform are those of Hoffman, Blei & Bach, *Online learning for latent Dirichlet allocation*
  /// (2010), section 4; here noise is that of whole groups, whatever the rows hold.
  func seedFromGroups(without heldOut: Set<Int32>, random: inout RandomSource) {
    engine.setToPrior()
    guard let groups = engine.groups, let block = engine.model.groupedPlan?.groups else { return }
    let variable = engine.plan.globals[block.variable]
    let size = variable.shape.dimension
    let chosen = Self.sample(.range(0..<groups.rows.count), count: Self.groupsOfLabel * size, random: &random)
    let rows = chosen.flatMap { groups.rows[Int($0)] }.filter { !heldOut.contains($0) }
    if rows.isEmpty { return }
    let prior = engine.memory[variable.natural]
    let width = prior.count / max(variable.members, 1)
    engine.memory[variable.mean].withUnsafeMutableBufferPointer { means in
      for member in chosen.map({ groups.members[Int($0)] }) {
        let natural = Array(prior[member * width..<(member + 1) * width])
        let drawn = variable.family.type.sample(natural, variable.shape, using: &random)
        let softened = drawn.map { (1 - Self.shared) * $0 + Self.shared / Double(size) }
        for (k, value) in variable.family.type.statistics(of: softened, variable.shape).enumerated() {
          means[member * width + k] = value
        }
      }
    }
    engine.sweep(.list(rows))
    // The groups themselves go back to their prior: every batch solves its own.
    engine.executor.run(variable.prior, on: &engine.memory, rate: 1)
    for position in engine.plan.globals.indices where position != block.variable { engine.update(position) }
  }
}
