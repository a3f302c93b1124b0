import ExponentialFamilies
import PlanIR

// Starts for models with groups of rows that are solved by themselves.
extension Seeding {
  /// Groups that are drawn for each value of the label.
  ///
  /// Few enough to cost less than a pass over many groups, enough for every value to meet what most groups share.
  private static let groupsOfLabel = 50
  /// The part of a group's probabilities that all values of the label share.
  ///
  /// Values that begin far apart stay where they began; batches tell those apart that begin near one another, and not at
  /// one point.
  private static let shared = (draw: 0.6, climb: 0.95)
  /// Where groups are climbed batch by batch, the start counts as much as so many groups for each value of the label.
  ///
  /// Measured on corpora with 10 to 50 topics: of fewer, the first groups decide, and some values end without any; of more, the
  /// pass tells them apart less well, and the bound is lower.
  private static let weightOfStart = 40.0
  /// Groups of a batch.
  private static let batch = 16

  /// Draws the probabilities of some groups from their prior, solves the groups' rows with them, and updates whatever
  /// outlives the groups.
  ///
  /// Source: starts near uniform are those of Hoffman, Blei & Bach, *Online learning for latent Dirichlet allocation*
  /// (2010), section 4; here noise is that of whole groups, whatever the rows hold.
  func seedFromGroups(without heldOut: Set<Int32>, random: inout RandomSource) {
    drawGroups(perLabel: Self.groupsOfLabel, shared: Self.shared.draw, without: heldOut, random: &random)
  }

  /// Starts for coordinate ascent, one for each source of random numbers.
  ///
  /// There are two kinds, which take turns, since each finds what the other misses: a pass of small batches from near uniform
  /// on, which does well where labels have much in common, and a draw; where rows have numbers, some of the rows instead.
  ///
  /// - Parameter mayGoOn: Asked between starts, with the number of those that are done.
  /// - Returns: The parameters of each start; nil where it may not go on.
  func startsFromGroups(random: [RandomSource], mayGoOn: (Int) -> Bool) -> [ParameterMemory]? {
    var starts: [ParameterMemory] = []
    let sources = random.count
    let hasNumbers = Points.areThere(engine)
    for (i, var random) in random.enumerated() {
      if i % 2 == 0 {
        climbFromGroups(random: &random)
      } else if hasNumbers {
        engine.setToPrior()
        seedAtRandom(.range(0..<engine.rowCount), start: (i, sources), random: &random)
      } else {
        drawGroups(perLabel: engine.groups?.rows.count ?? 0, shared: Self.shared.draw, without: [], random: &random)
      }
      starts.append(engine.memory)
      guard mayGoOn(starts.count) else { return nil }
    }
    return starts
  }

  /// Starts near uniform and takes one pass over all groups in small batches, whose sums are averaged: every batch is solved
  /// with what was learnt from those before it, so that labels drift apart the way the data have them.
  ///
  /// A rate is the part that a batch has of all groups so far, those that the start counts for among them.
  /// Source: Neal & Hinton, *A view of the EM algorithm that justifies incremental, sparse, and other variants* (1998).
  private func climbFromGroups(random: inout RandomSource) {
    guard let groups = engine.groups, let block = engine.model.groupedPlan?.groups else { return }
    let count = groups.rows.count
    drawGroups(perLabel: count, shared: Self.shared.climb, without: [], random: &random)
    let order = RowOrder(total: count, random: random.stream(0))
    let labels = Double(engine.plan.globals[block.variable].shape.dimension)
    var (first, seen) = (0, Self.weightOfStart * labels)
    while first < count {
      let end = min(first + Self.batch, count)
      engine.sweepGroups(order.rows(first..<end, ofPass: 0))
      seen += Double(end - first)
      engine.updateBeyondGroups(rate: Double(end - first) / seen)
      first = end
    }
  }

  private func drawGroups(
    perLabel: Int, shared: Double, without heldOut: Set<Int32>, random: inout RandomSource
  ) {
    engine.setToPrior()
    guard let groups = engine.groups, let block = engine.model.groupedPlan?.groups else { return }
    let variable = engine.plan.globals[block.variable]
    let size = variable.shape.dimension
    let chosen = Self.sample(.range(0..<groups.rows.count), count: perLabel * size, random: &random)
    let rows = chosen.flatMap { groups.rows[Int($0)] }.filter { !heldOut.contains($0) }
    if rows.isEmpty { return }
    let prior = engine.memory[variable.natural]
    let width = prior.count / max(variable.members, 1)
    engine.memory[variable.mean].withUnsafeMutableBufferPointer { means in
      for member in chosen.map({ groups.members[Int($0)] }) {
        let natural = Array(prior[member * width..<(member + 1) * width])
        let drawn = variable.family.type.sample(natural, variable.shape, using: &random)
        let softened = drawn.map { (1 - shared) * $0 + shared / Double(size) }
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
