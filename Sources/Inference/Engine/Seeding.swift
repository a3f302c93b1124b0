import ExponentialFamilies
import PlanIR

/// Starting points for models with labels, for any family: k-means++ with the family's own divergence.
///
/// The first row is drawn at random. Each label's members are then fitted to one row, and the next row is drawn with
/// probability proportional to how badly the rows so far explain it: the shortfall of its expected log density from the
/// best explained row's. Of several candidates the one that leaves the least shortfall is kept. In the end every row goes
/// to the label that explains it best.
///
/// All starts take their steps together, and as many candidates as there are labels are fitted at once: each label's members
/// to one of them.
///
/// Source: Arthur & Vassilvitskii, *k-means++* (2007); with Bregman divergences, Nock, Luosto & Kivinen (2008).
struct Seeding {
  /// Rows that are looked at, at least, and for each label.
  private static let (leastSample, sampleOfLabel) = (2048, 16)
  /// Of so many labels one is chosen at a time; of more, several in one step.
  private static let labelsOfStep = 32

  let engine: Engine

  private var label: Plan.LocalVariable? { engine.plan.choosingLabel }

  /// Random starts from some rows, one for each source of random numbers.
  ///
  /// - Parameters:
  ///   - symmetries: What the starts must choose.
  ///   - mayGoOn: Asked between steps, with the number of starts that are done.
  /// - Returns: The parameters of each start; nil where it may not go on.
  func starts(
    from rows: RowSelection, _ symmetries: Symmetries, random: [RandomSource], mayGoOn: (Int) -> Bool
  ) -> [ParameterMemory]? {
    guard let label, reachesLabels(symmetries) else {
      var starts: [ParameterMemory] = []
      let sources = random.count
      for (index, var random) in random.enumerated() {
        engine.setToPrior()
        seedAtRandom(rows, start: (index, count: sources), random: &random)
        starts.append(engine.memory)
        guard mayGoOn(starts.count) else { return nil }
      }
      return starts
    }
    engine.setToPrior()
    var common = (random.first ?? RandomSource(seed: 0)).stream(0)
    let count = label.shape.dimension
    let sample = Self.sample(rows, count: max(Self.leastSample, Self.sampleOfLabel * count), random: &common)
    let weights = engine.rowWeights(sample)
    let scoring = Scoring(self, label, sample: sample)
    var climbs = random.map { Centers(count: min(count, sample.count), weights: weights, random: $0) }
    let candidates = 2 + Int(_log(Double(count)))
    let atOnce = max(1, min(count / (random.count * candidates), count / Self.labelsOfStep))
    while true {
      let drawn = climbs.indices.map { climbs[$0].draw(atOnce * candidates, of: sample.count) }
      if drawn.allSatisfy(\.isEmpty) { break }
      let scores = scoring.scores(about: drawn.flatMap { $0.map { sample[$0] } })
      var first = 0
      for i in climbs.indices {
        climbs[i].choose(from: scores[first..<first + drawn[i].count], atMost: atOnce, weights)
        first += drawn[i].count
      }
      guard mayGoOn(0) else { return nil }
    }
    var starts: [ParameterMemory] = []
    for climb in climbs {
      assign(sample, by: climb.scores, weights, label)
      starts.append(engine.memory)
      guard mayGoOn(starts.count) else { return nil }
    }
    return starts
  }

  /// The rows that one start has chosen, and how well they explain the sample.
  private struct Centers {
    let count: Int
    var random: RandomSource
    /// The scores of the sample's rows about each chosen row.
    var scores: [[Double]] = []
    private var best: [Double] = []
    private let weights: [Double]?

    init(count: Int, weights: [Double]?, random: RandomSource) {
      (self.count, self.weights, self.random) = (count, weights, random)
    }

    /// Places in the sample, of rows that may be chosen next: one for a first row; none where all are chosen.
    mutating func draw(_ candidates: Int, of rows: Int) -> [Int] {
      if scores.count >= count { return [] }
      if scores.isEmpty { return [weights.map { random.index(weights: $0) } ?? Int(random.next() % UInt64(rows))] }
      let shortfall = Seeding.weighted(Seeding.shortfalls(best), by: weights)
      if !shortfall.contains(where: { $0 > 0 }) { return [] }
      return (0..<candidates).map { _ in random.index(weights: shortfall) }
    }

    /// Chooses, of candidates with these scores, those that leave the least shortfall, one after another.
    mutating func choose(from candidates: ArraySlice<[Double]>, atMost atOnce: Int, _ weights: [Double]?) {
      var left = Array(candidates)
      for _ in 0..<min(atOnce, count - scores.count) where !left.isEmpty {
        var chosen = (place: 0, total: -Double.infinity)
        for (place, candidate) in left.enumerated() {
          var total = 0.0
          for i in candidate.indices {
            let improved = best.isEmpty ? candidate[i] : max(best[i], candidate[i])
            if improved.isFinite { total += improved * (weights?[i] ?? 1) }
          }
          if total > chosen.total { chosen = (place, total) }
        }
        let winner = left.remove(at: chosen.place)
        best = best.isEmpty ? winner : zip(best, winner).map { max($0, $1) }
        scores.append(winner)
      }
    }
  }

  fileprivate static func weighted(_ values: [Double], by weights: [Double]?) -> [Double] {
    weights.map { zip($0, values).map { $0 == 0 ? 0 : $0 * $1 } } ?? values
  }

  /// Whether components can be fitted to single rows, and nothing else has to be chosen.
  private func reachesLabels(_ symmetries: Symmetries) -> Bool {
    reachesLabels && symmetries.drawn.isEmpty && symmetries.labels.isEmpty
  }

  /// Whether components can be fitted to single rows.
  private var reachesLabels: Bool {
    engine.isContracted && engine.plan.joints.isEmpty && !engine.model.facts.observed.contains { !$0.missing.isEmpty }
  }

  static func sample(_ rows: RowSelection, count: Int, random: inout RandomSource) -> [Int32] {
    // Rows are drawn by numbers of 32 bits; of more than that, the first ones serve for a sample.
    let n = min(rows.count, Int(Int32.max))
    func row(_ position: Int) -> Int32 { Int32(rows[position]) }
    if n <= count { return (0..<n).map(row) }
    // Floyd's algorithm: distinct positions in time proportional to their number.
    var picked: Set<Int> = []
    for j in (n - count)..<n {
      let t = Int(random.next() % UInt64(j + 1))
      if !picked.insert(t).inserted { picked.insert(j) }
    }
    return picked.sorted().map(row)
  }

  /// How far each row's log density falls short of the best; the constant cancels in differences.
  fileprivate static func shortfalls(_ best: [Double]) -> [Double] {
    let finite = best.filter(\.isFinite)
    guard let top = finite.max() else { return best.map { _ in 0 } }
    return best.map { $0.isFinite ? top - $0 : 0 }
  }

  /// How well components about single rows explain the rows of a sample.
  private struct Scoring {
    private let seeding: Seeding
    private let label: Plan.LocalVariable
    private let sample: [Int32]
    let prior: ParameterMemory
    private let logBases: [Double]
    /// What each label's number says for it: components fitted to one and the same row differ by it.
    let offsets: [Double]

    init(_ seeding: Seeding, _ label: Plan.LocalVariable, sample: [Int32]) {
      let engine = seeding.engine
      (self.seeding, self.label, self.sample, prior) = (seeding, label, sample, engine.memory)
      logBases = sample.map { engine.logBaseMeasure(row: Int($0)) }
      let one = [sample[0]]
      let scores = engine.scores(of: label, over: .list(one), at: seeding.fitted(label, to: one, from: prior))
      offsets = scores.map { $0 - scores[0] }
    }

    /// For a component about each of some rows, the expected log density of each row of the sample.
    func scores(about rows: [Int32]) -> [[Double]] {
      let count = label.shape.dimension
      return stride(from: 0, to: rows.count, by: count).flatMap { first -> [[Double]] in
        let part = Array(rows[first..<min(first + count, rows.count)])
        let memory = seeding.fitted(label, to: part, from: prior)
        let scores = seeding.engine.scores(of: label, over: .list(sample), at: memory)
        return part.indices.map { k in
          sample.indices.map { i in scores[i * count + k] - offsets[k] + logBases[i] }
        }
      }
    }
  }

  /// The parameters of components that are fitted to one row each and nothing else; the rows are taken in turns, so that
  /// every label has one.
  private func fitted(_ label: Plan.LocalVariable, to rows: [Int32], from prior: ParameterMemory) -> ParameterMemory {
    let count = label.shape.dimension
    let centers = (0..<count).map { rows[$0 % rows.count] }
    // What a component is like does not depend on how often the row counts.
    let often = engine.rowWeights(centers)
    var given = [Double](repeating: 0, count: count * count)
    for k in 0..<count { given[k * count + k] = often.map { $0[k] > 0 ? 1 / $0[k] : 1 } ?? 1 }
    engine.memory = prior
    engine.executor.run(engine.plan.messages, on: &engine.memory, rate: 1)
    // These rows stand for themselves, however many rows there are.
    engine.memory.set(
      engine.executor.sweep(
        .list(centers), at: engine.memory, overrides: [label.mean: .values(given)], outputs: []
      ).statistics)
    if engine.isVast { engine.data.release(.list(centers)) }
    engine.updateAll()
    return engine.memory
  }

  /// Two components, each fitted to one row: those of labels 0 and 1.
  struct Pair {
    fileprivate let parameters: ParameterMemory
    /// What the label's number says for the second.
    fileprivate let offset: Double

    /// Whether the second explains each of some rows better.
    func prefersSecond(of label: Plan.LocalVariable, _ rows: RowSelection, _ engine: Engine) -> [Bool] {
      let scores = engine.scores(of: label, over: rows, at: parameters)
      let count = label.shape.dimension
      return (0..<rows.count).map { scores[$0 * count + 1] - offset > scores[$0 * count] }
    }
  }

  /// Components about two rows: one drawn by weights, and one drawn among those that the first explains badly.
  ///
  /// - Returns: nil where seeding does not reach, or no row stands out.
  func pair(from rows: [Int32], by weights: [Double], random: inout RandomSource) -> Pair? {
    guard let label, reachesLabels, weights.contains(where: { $0 > 0 }) else { return nil }
    engine.setToPrior()
    let scoring = Scoring(self, label, sample: rows)
    let first = rows[random.index(weights: weights)]
    let shortfall = zip(weights, Self.shortfalls(scoring.scores(about: [first])[0])).map(*)
    guard shortfall.contains(where: { $0 > 0 }) else { return nil }
    let second = rows[random.index(weights: shortfall)]
    return Pair(parameters: fitted(label, to: [first, second], from: scoring.prior), offset: scoring.offsets[1])
  }

  /// Gives every row to the label whose row explains it best, the largest label first, and updates the global variables.
  private func assign(
    _ sample: [Int32], by scores: [[Double]], _ weights: [Double]?, _ label: Plan.LocalVariable
  ) {
    let choice = sample.indices.map { i in
      scores.indices.max { scores[$0][i] < scores[$1][i] } ?? 0
    }
    // Labels in descending order of size: sticks are broken in this order, and others do not care.
    var sizes = [Double](repeating: 0, count: scores.count)
    for (i, c) in choice.enumerated() { sizes[c] += weights?[i] ?? 1 }
    let order = sizes.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }
    var rank = [Int](repeating: 0, count: scores.count)
    for (position, c) in order.enumerated() { rank[c] = position }
    engine.setToPrior()
    engine.sweep(.list(sample), overrides: [label.mean: .labels(choice.map { Int32(rank[$0]) })])
    engine.updateAll()
  }
}

extension Plan {
  /// The label that starts tell apart; nil where there is none, or it has one value.
  fileprivate var choosingLabel: LocalVariable? { componentLabel.flatMap { $0.shape.dimension > 1 ? $0 : nil } }

  /// The steps that end where a label's natural parameters are known, and nothing more; nil for a plan without such a label.
  var scorePlan: Plan? {
    guard let label = choosingLabel,
      let last = rows.firstIndex(where: {
        if case .affine(_, _, _, label.mean, false) = $0 { true } else { false }
      })
    else { return nil }
    var plan = self
    plan.rows = Array(rows[...last])
    return plan
  }
}
