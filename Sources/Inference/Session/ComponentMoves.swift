import ExponentialFamilies
import PlanIR

/// Moves between optima: components are born, merged, deleted and put in order.
///
/// A move changes the responsibilities of the label that chooses components, for every row in the same way; the sums over rows,
/// the parameters and the bound follow from them as always. So the moves know no family: whatever a label gates is split
/// and merged with it. They are found on a sample of the rows; whoever makes them compares bounds over all rows.
///
/// Source: Hughes & Sudderth, *Memoized Online Variational Inference for Dirichlet Process Mixture Models* (NIPS 2013), section 4.
struct ComponentMoves {
  let engine: Engine
  let label: Plan.LocalVariable
  let rows: RowSelection

  /// Sweeps after which a move is judged; a birth needs some to find its shape.
  private static let sweeps = (others: 3, birth: 15)
  /// Pairs that are tried as merges, and components that are tried as births and as deletions, in each round.
  private static let trials = 6
  /// The mass from which a component costs something: less than one row's, for a row may be shared.
  private static let leastMass = 0.01
  /// Nats that a move must gain at least: what is less, further sweeps gain as well.
  static let leastGain = 0.01

  /// Moves of the label that chooses components; nil for a model that has none, or whose sums cannot be split.
  init?(_ engine: Engine, rows: RowSelection) {
    guard engine.canCarrySums, let label = engine.plan.componentLabel, label.members == 1, label.shape.dimension > 1
    else { return nil }
    self.engine = engine
    self.label = label
    self.rows = rows
  }

  private var count: Int { label.shape.dimension }

  /// One change of the responsibilities of every row.
  enum Move {
    /// The components in another order: in place i the one that was in place `order[i]`.
    case order([Int])
    /// Component `from` becomes a part of another.
    case merge(from: Int, into: Int)
    /// The rows of a component go to the others, in proportion to what these have of them.
    case delete(Int)
    /// The rows of a component that the second of two others explains better go to one that is free.
    case split(Int, into: Int, by: Seeding.Pair)

    /// How many components more are in use.
    var adds: Int {
      switch self {
      case .order: 0
      case .merge, .delete: -1
      case .split: 1
      }
    }
  }

  /// What a move leads to.
  private struct Outcome {
    var memory: ParameterMemory
    var bound: Double
  }

  /// Moves that may raise the bound over all rows, one after another.
  ///
  /// A component more must gain what chance would not give it on the sample; one less may lose as much, since a sample pays a
  /// component for fitting its noise. Components of rows that the sample lacks are proposed for deletion without a trial. The
  /// engine is left with the parameters that it had.
  ///
  /// - Parameter removals: How many components may go.
  func promising(removals: Int, random: inout RandomSource) -> [Move] {
    let start = engine.memory
    let saved = (engine.parts, engine.absorbed)
    defer {
      engine.memory = start
      (engine.parts, engine.absorbed) = saved
    }
    let all = engine.masses(of: label)
    let parameters = engine.plan.globals.reduce(0) { $0 + start[$1.natural].count } / count
    // Of all rows the bound itself says what a component is worth.
    let chance =
      rows.count == engine.rowCount
      ? 0 : GainForecast.statisticalError(parameters: parameters, rows: rows.count) * Double(engine.rowCount)
    let unseen = rows.count < engine.rowCount ? unseen(all) : []
    var (chosen, left) = ([Move](), removals)
    for k in unseen.prefix(removals) {
      chosen.append(.delete(k))
      left -= 1
    }
    var present = start
    for _ in 0..<2 * count {
      engine.memory = present
      let r = engine.expectations(of: label, over: rows)
      // What a move gains is what sweeps alone do not.
      let plain = settled(from: present, given: nil)
      var best: (outcome: Outcome, score: Double, move: Move)?
      for move in proposals(r, masses(r), random: &random) where move.adds >= 0 || left > 0 {
        let outcome = settled(from: present, given: changed(r, by: move, of: rows), isBirth: move.adds > 0)
        let score = outcome.bound - Double(move.adds) * chance
        // Several moves may lead to one optimum: which of them is taken is not left to rounding.
        if score > (best?.score ?? plain.bound) + Self.leastGain { best = (outcome, score, move) }
      }
      guard let best else { break }
      present = best.outcome.memory
      chosen.append(best.move)
      if best.move.adds < 0 { left -= 1 }
      // Further moves would be of components that all rows have not seen yet.
      if best.move.adds > 0 { break }
    }
    return chosen
  }

  /// The responsibilities of some rows after moves, where the parameters are these.
  func responsibilities(of rows: RowSelection, at memory: ParameterMemory, after moves: [Move]) -> [Double] {
    var r = engine.evaluate(rows, outputs: [label.mean], at: memory)[label.mean] ?? []
    for move in moves { r = changed(r, by: move, of: rows) }
    return r
  }

  /// Parameters after some sweeps, the first of them with responsibilities that are given.
  private func settled(
    from start: ParameterMemory, given responsibilities: [Double]?, isBirth: Bool = false
  ) -> Outcome {
    engine.memory = start
    engine.sweep(rows, overrides: responsibilities.map { [label.mean: .values($0)] } ?? [:])
    engine.updateAll()
    for _ in 0..<(isBirth ? Self.sweeps.birth : Self.sweeps.others) {
      engine.sweep(rows)
      engine.updateAll()
    }
    return Outcome(memory: engine.memory, bound: engine.bound())
  }

  private func masses(_ r: [Double]) -> [Double] {
    var mass = [Double](repeating: 0, count: count)
    let weights: [Double]?
    switch rows {
    case .range(let range): weights = engine.rowWeights(range.lazy.map { Int32($0) })
    case .list(let list): weights = engine.rowWeights(list)
    }
    for row in 0..<rows.count { for k in 0..<count { mass[k] += r[row * count + k] * (weights?[row] ?? 1) } }
    return mass
  }

  /// Components that some rows have and the sample has not, the smallest first.
  private func unseen(_ all: [Double]?) -> [Int] {
    guard let all else { return [] }
    let seen = masses(engine.expectations(of: label, over: rows))
    return (0..<count).filter { all[$0] >= Self.leastMass && seen[$0] < Self.leastMass }
      .sorted { (all[$0], $0) < (all[$1], $1) }
  }

  // MARK: Proposals

  private func proposals(_ r: [Double], _ mass: [Double], random: inout RandomSource) -> [Move] {
    let used = (0..<count).filter { mass[$0] >= Self.leastMass }
    var moves: [Move] = []
    if let order = disorder(mass) { moves.append(.order(order)) }
    for (a, b) in overlaps(r, used).prefix(Self.trials) { moves.append(.merge(from: b, into: a)) }
    if used.count > 1 {
      for k in used.sorted(by: { (mass[$0], $0) < (mass[$1], $1) }).prefix(Self.trials) { moves.append(.delete(k)) }
    }
    if let free = (0..<count).min(by: { mass[$0] < mass[$1] }), mass[free] < 1 {
      for _ in 0..<Self.trials {
        if let move = split(r, random.index(weights: mass), into: free, random: &random) { moves.append(move) }
      }
    }
    return moves
  }

  /// The components in descending order of mass, where they are not in it: sticks are broken in this order.
  private func disorder(_ mass: [Double]) -> [Int]? {
    let order = mass.indices.sorted { (mass[$0], $1) > (mass[$1], $0) }
    return zip(order, order.dropFirst()).allSatisfy(<) ? nil : order
  }

  /// Pairs of components whose responsibilities go together, the closest first.
  private func overlaps(_ r: [Double], _ used: [Int]) -> [(Int, Int)] {
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
        pairs.append(((min(a, b), max(a, b)), norm > 0 ? products[a * count + b] / norm : 0))
      }
    }
    return pairs.sorted { $0.cosine > $1.cosine }.map(\.pair)
  }

  /// Two rows of a component are drawn, the second among those that the first one explains badly.
  private func split(_ r: [Double], _ k: Int, into free: Int, random: inout RandomSource) -> Move? {
    let own = (0..<rows.count).filter { r[$0 * count + k] > 0.1 }
    guard own.count >= 4 else { return nil }
    let list: [Int32] =
      switch rows {
      case .range(let range): own.map { Int32(range.lowerBound + $0) }
      case .list(let list): own.map { list[$0] }
      }
    var weights = own.map { r[$0 * count + k] }
    if let often = engine.rowWeights(list) { weights = zip(weights, often).map(*) }
    return Seeding(engine: engine).pair(from: list, by: weights, random: &random).map { .split(k, into: free, by: $0) }
  }

  /// The responsibilities of some rows after a move.
  private func changed(_ r: [Double], by move: Move, of rows: RowSelection) -> [Double] {
    var result = r
    switch move {
    case .order(let order):
      for row in 0..<rows.count {
        for (place, k) in order.enumerated() { result[row * count + place] = r[row * count + k] }
      }
    case .merge(let from, let into):
      for row in 0..<rows.count {
        result[row * count + into] += result[row * count + from]
        result[row * count + from] = 0
      }
    case .delete(let k):
      for row in 0..<rows.count {
        let own = row * count
        let rest = 1 - r[own + k]
        // Rows that no other component knows are left to the next sweep.
        if rest < 1e-12 { continue }
        for j in 0..<count { result[own + j] = j == k ? 0 : r[own + j] / rest }
      }
    case .split(let k, let into, let pair):
      let prefersSecond = pair.prefersSecond(of: label, rows, engine)
      for row in 0..<rows.count where prefersSecond[row] {
        result[row * count + into] += result[row * count + k]
        result[row * count + k] = 0
      }
    }
    return result
  }
}
