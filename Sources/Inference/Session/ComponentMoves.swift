import ExponentialFamilies
import PlanIR

/// Moves between optima: components are born, merged, deleted and put in order.
///
/// A move changes the responsibilities of the label that chooses components, for every row in the same way; the sums over rows,
/// the parameters and the bound follow from them as always. So the moves know no family: whatever a label gates is split
/// and merged with it. They are tried on a sample of the rows; whoever uses the result compares bounds over all rows.
///
/// Source: Hughes & Sudderth, *Memoized Online Variational Inference for Dirichlet Process Mixture Models* (NIPS 2013), section 4.
struct ComponentMoves {
  let engine: Engine
  let label: Plan.LocalVariable
  let rows: RowSelection

  /// Sweeps after which a move is judged; a birth needs some to find its shape.
  private static let sweeps = (others: 3, birth: 15)
  /// Pairs that are tried as merges, and components that are tried as births, in each round.
  private static let trials = 4

  /// Moves of the label that chooses components; nil for a model that has none, or whose sums cannot be split.
  init?(_ engine: Engine, rows: RowSelection) {
    guard engine.canCarrySums,
      let label = engine.plan.locals.first(where: {
        $0.family == Family(Categorical.self) && $0.members == 1 && $0.shape.dimension > 1
      })
    else { return nil }
    self.engine = engine
    self.label = label
    self.rows = rows
  }

  private var count: Int { label.shape.dimension }

  /// What a move leads to.
  private struct Outcome {
    var memory: ParameterMemory
    var bound: Double
  }

  /// Parameters with a better bound over the sample than the present ones lead to; nil where no move finds any.
  ///
  /// The engine is left with the parameters that it had.
  func improved(random: inout RandomSource) -> ParameterMemory? {
    let start = engine.memory
    let saved = (engine.parts, engine.absorbed)
    defer {
      engine.memory = start
      (engine.parts, engine.absorbed) = saved
    }
    var present = settled(from: start, given: nil)
    // One more component must gain more than its parameters would gain from noise.
    let parameters = engine.plan.globals.reduce(0) { $0 + start[$1.natural].count } / count
    let least =
      GainForecast.statisticalError(parameters: parameters, rows: rows.count) * Double(engine.rowCount)
    var isImproved = false
    for _ in 0..<count {
      engine.memory = present.memory
      let r = engine.expectations(of: label, over: rows)
      let mass = masses(r)
      var best = present
      for proposal in proposals(r, mass, random: &random) {
        let outcome = settled(from: present.memory, given: proposal.responsibilities, isBirth: proposal.adds)
        if outcome.bound > best.bound + (proposal.adds ? least : 0) { best = outcome }
      }
      guard best.bound > present.bound else { break }
      present = best
      isImproved = true
    }
    return isImproved ? present.memory : nil
  }

  /// Parameters after some sweeps, the first of them with responsibilities that are given.
  private func settled(
    from start: ParameterMemory, given responsibilities: [Double]?, isBirth: Bool = false
  ) -> Outcome {
    engine.memory = start
    engine.sweep(rows, given: responsibilities.map { [label.mean: $0] } ?? [:])
    engine.updateAll()
    for _ in 0..<(isBirth ? Self.sweeps.birth : Self.sweeps.others) {
      engine.sweep(rows)
      engine.updateAll()
    }
    return Outcome(memory: engine.memory, bound: engine.bound())
  }

  private func masses(_ r: [Double]) -> [Double] {
    var mass = [Double](repeating: 0, count: count)
    for row in 0..<rows.count { for k in 0..<count { mass[k] += r[row * count + k] } }
    return mass
  }

  // MARK: Proposals

  private struct Proposal {
    let responsibilities: [Double]
    /// Whether one more component is in use.
    var adds = false
  }

  private func proposals(_ r: [Double], _ mass: [Double], random: inout RandomSource) -> [Proposal] {
    let used = (0..<count).filter { mass[$0] >= 1 }
    var proposals: [Proposal] = []
    if let order = disorder(mass) { proposals.append(Proposal(responsibilities: permuted(r, order))) }
    for (a, b) in overlaps(r, mass, used).prefix(Self.trials) { proposals.append(merge(r, b, into: a)) }
    for k in used.sorted(by: { mass[$0] < mass[$1] }).prefix(2) where used.count > 1 {
      if let proposal = deletion(r, k) { proposals.append(proposal) }
    }
    if let free = (0..<count).min(by: { mass[$0] < mass[$1] }), mass[free] < 1 {
      for _ in 0..<Self.trials {
        let k = random.index(weights: mass)
        if let proposal = birth(r, of: free, from: k, mass: mass[k], random: &random) { proposals.append(proposal) }
      }
    }
    return proposals
  }

  /// The components in descending order of mass, where they are not in it: sticks are broken in this order.
  private func disorder(_ mass: [Double]) -> [Int]? {
    let order = mass.indices.sorted { (mass[$0], $1) > (mass[$1], $0) }
    return zip(order, order.dropFirst()).allSatisfy(<) ? nil : order
  }

  private func permuted(_ r: [Double], _ order: [Int]) -> [Double] {
    var result = r
    for row in 0..<rows.count {
      for (place, k) in order.enumerated() { result[row * count + place] = r[row * count + k] }
    }
    return result
  }

  /// Pairs of components whose responsibilities go together, the closest first.
  private func overlaps(_ r: [Double], _ mass: [Double], _ used: [Int]) -> [(Int, Int)] {
    var products = [Double](repeating: 0, count: count * count)
    for row in 0..<rows.count {
      let own = row * count
      for a in used where r[own + a] > 1e-3 {
        for b in used where b <= a { products[a * count + b] += r[own + a] * r[own + b] }
      }
    }
    var pairs: [(pair: (Int, Int), cosine: Double)] = []
    for a in used {
      for b in used where b < a {
        let norm = (products[a * count + a] * products[b * count + b]).squareRoot()
        let cosine = norm > 0 ? products[a * count + b] / norm : 0
        pairs.append(((min(a, b), max(a, b)), cosine))
      }
    }
    return pairs.sorted { $0.cosine > $1.cosine }.map(\.pair)
  }

  private func merge(_ r: [Double], _ b: Int, into a: Int) -> Proposal {
    var result = r
    for row in 0..<rows.count {
      result[row * count + a] += result[row * count + b]
      result[row * count + b] = 0
    }
    return Proposal(responsibilities: result)
  }

  /// The rows of a component go to the others; nil where some row has no other.
  private func deletion(_ r: [Double], _ k: Int) -> Proposal? {
    var result = r
    for row in 0..<rows.count {
      let own = row * count
      let rest = 1 - r[own + k]
      guard rest > 1e-12 else { return nil }
      for j in 0..<count { result[own + j] = j == k ? 0 : r[own + j] / rest }
    }
    return Proposal(responsibilities: result)
  }

  /// Two rows of a component are drawn; each of its rows goes to the one that explains it better.
  private func birth(
    _ r: [Double], of free: Int, from k: Int, mass: Double, random: inout RandomSource
  ) -> Proposal? {
    let own = (0..<rows.count).filter { r[$0 * count + k] > 0.1 }
    guard own.count >= 4 else { return nil }
    let weights = own.map { r[$0 * count + k] }
    let list: [Int32] =
      switch rows {
      case .range(let range): own.map { Int32(range.lowerBound + $0) }
      case .list(let list): own.map { list[$0] }
      }
    let seeding = Seeding(engine: engine)
    guard let first = seeding.scores(of: list, about: list[random.index(weights: weights)]) else { return nil }
    // The second row is drawn among those that the first one explains badly.
    let shortfall = zip(weights, Seeding.shortfalls(first)).map(*)
    guard shortfall.contains(where: { $0 > 0 }),
      let second = seeding.scores(of: list, about: list[random.index(weights: shortfall)])
    else { return nil }
    var result = r
    for (i, place) in own.enumerated() where second[i] > first[i] {
      result[place * count + free] += result[place * count + k]
      result[place * count + k] = 0
    }
    return Proposal(responsibilities: result, adds: true)
  }
}
