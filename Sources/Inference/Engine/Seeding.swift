import ExponentialFamilies
import PlanIR

/// Starting points for models with labels, for any family: k-means++ with the family's own divergence.
///
/// The first row is drawn at random. Each label's members are then fitted to one row, and the next row is drawn with
/// probability proportional to how badly the rows so far explain it: the shortfall of its expected log density from the
/// best explained row's. Of several candidates the one that leaves the least shortfall is kept. In the end every row goes
/// to the label that explains it best.
///
/// Source: Arthur & Vassilvitskii, *k-means++* (2007); with Bregman divergences, Nock, Luosto & Kivinen (2008).
struct Seeding {
  /// Rows that are looked at for one start.
  static let sampleSize = 2048

  let engine: Engine

  /// The first label that chooses members; nil for a model without one.
  private var label: Plan.LocalVariable? {
    engine.plan.locals.first { $0.family == Family(Categorical.self) && $0.shape.dimension > 1 }
  }

  /// Sets the engine to a random start from some rows.
  func seed(from rows: RowSelection, random: inout RandomSource) {
    engine.setToPrior()
    guard let label, reachesLabels else {
      seedAtRandom(rows, random: &random)
      return
    }
    let sample = Self.sample(rows, count: Self.sampleSize, random: &random)
    let features = SampleFeatures(engine, sample)
    let count = label.shape.dimension
    let prior = engine.memory
    let weights = engine.rowWeights(sample)
    let first = weights.map { random.index(weights: $0) } ?? Int(random.next() % UInt64(sample.count))
    var scores = [componentScores(sample[first], features, label, from: prior)]
    var best = scores[0]
    let candidates = 2 + Int(_log(Double(count)))
    while scores.count < min(count, sample.count) {
      let shortfall = Self.weighted(Self.shortfalls(best), by: weights)
      guard shortfall.contains(where: { $0 > 0 }) else { break }
      var chosen: (scores: [Double], best: [Double], total: Double)?
      for _ in 0..<candidates {
        let candidate = componentScores(
          sample[random.index(weights: shortfall)], features, label, from: prior)
        let improved = zip(best, candidate).map { max($0, $1) }
        let total = Self.weighted(improved, by: weights).reduce(0) { $0 + ($1.isFinite ? $1 : 0) }
        if chosen.map({ total > $0.total }) ?? true { chosen = (candidate, improved, total) }
      }
      guard let chosen else { break }
      scores.append(chosen.scores)
      best = chosen.best
    }
    assign(sample, by: scores, weights, label)
  }

  private static func weighted(_ values: [Double], by weights: [Double]?) -> [Double] {
    weights.map { zip($0, values).map { $0 == 0 ? 0 : $0 * $1 } } ?? values
  }

  /// How well rows are explained by a component that is fitted to one row alone: a weighted sum of their features.
  ///
  /// Base measures are left out: they cancel where scores of one row are compared.
  struct Score {
    let weights: [Double]
    let bias: Double

    /// The scores of rows whose features these are, row by row.
    func values(_ features: [Double]) -> [Double] {
      let width = weights.count
      return (0..<features.count / max(width, 1)).map { row in
        var sum = bias
        for f in 0..<width { sum += weights[f] * features[row * width + f] }
        return sum
      }
    }
  }

  /// The score of a component about one row; nil where seeding does not reach.
  func score(about center: Int32) -> Score? {
    guard let label, reachesLabels else { return nil }
    engine.setToPrior()
    return score(center, label, from: engine.memory)
  }

  /// Whether components can be fitted to single rows.
  private var reachesLabels: Bool {
    engine.isContracted && !engine.model.facts.observed.contains { !$0.missing.isEmpty }
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
  static func shortfalls(_ best: [Double]) -> [Double] {
    let finite = best.filter(\.isFinite)
    guard let top = finite.max() else { return best.map { _ in 0 } }
    return best.map { $0.isFinite ? top - $0 : 0 }
  }

  /// The expected log density of each sampled row under label 0, when its members are fitted to one row and nothing else.
  ///
  /// Always label 0, so that what weights say of a label's number does not mix in.
  private func componentScores(
    _ center: Int32, _ features: SampleFeatures, _ label: Plan.LocalVariable, from prior: ParameterMemory
  ) -> [Double] {
    let score = score(center, label, from: prior)
    return features.scores(score.weights, score.bias)
  }

  private func score(_ center: Int32, _ label: Plan.LocalVariable, from prior: ParameterMemory) -> Score {
    engine.memory = prior
    var given = [Double](repeating: 0, count: label.shape.dimension)
    given[0] = 1
    sweepUnscaled(.list([center]), given: [label.mean: given])
    // What a component is like does not depend on how often the row counts.
    if let weight = engine.rowWeights([center])?.first, weight > 0 { engine.scaleSums(of: engine.plan, by: 1 / weight) }
    engine.updateAll()
    let (weights, bias) = engine.weights(of: label, element: 0)
    return Score(weights: weights, bias: bias)
  }

  /// A sweep whose rows stand for themselves, however many rows there are.
  private func sweepUnscaled(_ rows: RowSelection, given: [TileSlot: [Double]]) {
    engine.executor.run(engine.plan.messages, on: &engine.memory, rate: 1)
    _ = engine.executor.sweep(rows, memory: &engine.memory, given: given, outputs: [])
    if engine.isVast { engine.data.release(rows) }
  }

  /// Gives every row to the label whose row explains it best, the largest label first, and updates the global variables.
  private func assign(
    _ sample: [Int32], by scores: [[Double]], _ weights: [Double]?, _ label: Plan.LocalVariable
  ) {
    let count = label.shape.dimension
    let choice = sample.indices.map { i in
      scores.indices.max { scores[$0][i] < scores[$1][i] } ?? 0
    }
    // Labels in descending order of size: sticks are broken in this order, and others do not care.
    var sizes = [Double](repeating: 0, count: scores.count)
    for (i, c) in choice.enumerated() { sizes[c] += weights?[i] ?? 1 }
    let order = sizes.indices.sorted { (sizes[$0], $1) > (sizes[$1], $0) }
    var rank = [Int](repeating: 0, count: scores.count)
    for (position, c) in order.enumerated() { rank[c] = position }
    var given = [Double](repeating: 0, count: sample.count * count)
    for (i, c) in choice.enumerated() { given[i * count + rank[c]] = 1 }
    engine.setToPrior()
    engine.sweep(.list(sample), given: [label.mean: given])
    engine.updateAll()
  }
}

/// The features of some rows, and their log base measures.
private struct SampleFeatures {
  private let logBases: [Double]
  /// Feature by feature, so that sums over features run along the rows.
  private let values: [Double]

  init(_ engine: Engine, _ rows: [Int32]) {
    let byRow = engine.features(over: .list(rows))
    let width = rows.isEmpty ? 0 : byRow.count / rows.count
    logBases = rows.map { engine.logBaseMeasure(row: Int($0)) }
    var values = [Double](repeating: 0, count: byRow.count)
    for f in 0..<width { for i in rows.indices { values[f * rows.count + i] = byRow[i * width + f] } }
    self.values = values
  }

  /// A weighted sum of the features of each row, plus its log base measure.
  func scores(_ weights: [Double], _ bias: Double) -> [Double] {
    var scores = logBases.map { $0 + bias }
    let count = scores.count
    scores.withUnsafeMutableBufferPointer { scores in
      values.withUnsafeBufferPointer { values in
        guard let target = scores.baseAddress, let source = values.baseAddress else { return }
        // Four features at once, so that a sum is fetched and stored a quarter as often.
        var f = 0
        while f + 4 <= weights.count {
          let (a, b, c, d) = (weights[f], weights[f + 1], weights[f + 2], weights[f + 3])
          let feature = source + f * count
          for i in 0..<count {
            target[i] +=
              (a * feature[i] + b * feature[count + i]) + (c * feature[2 * count + i] + d * feature[3 * count + i])
          }
          f += 4
        }
        while f < weights.count {
          let feature = source + f * count
          for i in 0..<count { target[i] += weights[f] * feature[i] }
          f += 1
        }
      }
    }
    return scores
  }
}
