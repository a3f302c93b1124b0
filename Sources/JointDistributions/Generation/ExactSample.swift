import COpenBLAS
import ExponentialFamilies
import SpecialFunctions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rows whose own correlations are the given ones, not only those of the distribution that they come from.
///
/// Every column is the law's quantiles at (i + ½)/N in some order, moved by less than half of their distance to the next
/// where a column has a density: its distribution function stays within 1/N of the law's. The order is found in three steps.
/// 1. Quantiles follow the ranks of normal scores that are exactly white; the scores' correlations are corrected by what
///    is missing, some rounds (the idea of Iman & Conover, *Communications in Statistics* B11 (1982), for Pearson's
///    correlation).
/// 2. Two values of a column change places where that lessens what is missing; the best of many pairs of rows, over and
///    over.
/// 3. Values of continuous columns move within their quantile's own cell: the least moves, relative to the cells, that close
///    the gap, by Newton's method.
public struct ExactSample: Sendable {
  /// The columns; levels are codes 0, 1, 2 ….
  public let columns: [[Double]]
  /// Largest difference between a pair's Pearson correlation in the rows and its target, for pairs with a continuous column.
  public let continuousError: Double
  /// The same for pairs of two columns of atoms, whose correlation only the order of rows can change.
  public let discreteError: Double
}

extension JointDistribution {
  /// The most correlations that rows can be made to have exactly.
  public static let largestExactCount = 1500

  /// Draws rows whose own Pearson correlations are the given ones.
  ///
  /// Correlations of other kinds are those of the distribution, up to chance.
  ///
  /// - Parameters:
  ///   - rows: How many rows; at least four times the number of columns, and 20.
  ///   - seed: Equal seeds give equal rows, for any number of threads.
  ///   - threads: How many threads may work.
  /// - Throws: ``JointError`` where there are too few rows, or too many correlations.
  public func exactSample(rows: Int, seed: UInt64, threads: Int = 1) throws(JointError) -> ExactSample {
    let least = max(20, 4 * margins.count)
    guard rows >= least else {
      throw JointError(
        "\(rows) rows of \(margins.count) columns cannot be made to have given correlations; at least \(least) rows were "
          + "expected.")
    }
    guard rows <= 1 << 30 else { throw JointError("\(rows) rows are more than exact mode takes, \(1 << 30).") }
    let constrained = pairs.filter { $0.kind == .pearson }
    guard constrained.count <= Self.largestExactCount else {
      throw JointError(
        "\(constrained.count) correlations are more than rows are made to have exactly, \(Self.largestExactCount).")
    }
    openblas_set_num_threads(1)
    var arrangement = Arrangement(self, constrained, rows: rows, seed: seed, threads: threads)
    arrangement.reorder()
    arrangement.exchange()
    var cells = CellMoves(arrangement)
    cells.move()
    return cells.sample
  }
}

/// An order of every column's quantiles.
struct Arrangement {
  let joint: JointDistribution
  let pairs: [MatchedPair]
  let rows: Int
  let threads: Int
  let source: RandomSource
  let transforms: [ScoreTransform]
  /// The law's quantiles in ascending order, column after column.
  let quantiles: ColumnBlock
  /// Their means and deviations.
  let means: [Double]
  let deviations: [Double]
  /// The rank of every row's value, column after column.
  private(set) var ranks: [[Int32]] = []
  /// The values in the order of rows, standardized.
  private(set) var values: ColumnBlock

  init(_ joint: JointDistribution, _ pairs: [MatchedPair], rows: Int, seed: UInt64, threads: Int) {
    let d = joint.margins.count
    (self.joint, self.pairs, self.rows, self.threads) = (joint, pairs, rows, threads)
    source = RandomSource(seed: seed)
    let transforms = parallelMap(threads, d) { ScoreTransform(joint.margins[$0].law) }
    self.transforms = transforms
    let scores = (0..<rows).map { Self.score(2 * $0 + 1, of: 2 * rows) }
    var quantiles = ColumnBlock(rows: rows, columns: d)
    var moments = [(Double, Double)](repeating: (0, 0), count: d)
    quantiles.values.withUnsafeMutableBufferPointer { memory in
      nonisolated(unsafe) let memory = memory
      moments.withUnsafeMutableBufferPointer { moments in
        nonisolated(unsafe) let moments = moments
        inParallel(threads, tasks: d) { column, _ in
          let part = UnsafeMutableBufferPointer(rebasing: memory[(column * rows)..<((column + 1) * rows)])
          _ = part.update(from: scores)
          if let base = part.baseAddress { transforms[column].apply(base, count: rows, stride: 1) }
          moments[column] = momentsOf(UnsafeBufferPointer(part))
        }
      }
    }
    self.quantiles = quantiles
    means = moments.map(\.0)
    deviations = moments.map(\.1)
    values = ColumnBlock(rows: rows, columns: d)
  }

  /// The normal score of the probability k/n.
  static func score(_ k: Int, of n: Int) -> Double {
    2 * k <= n ? normalQuantile(Double(k) / Double(n)) : normalQuantile(Double(n - k) / Double(n), tail: .upper)
  }

  /// The pairs' targets less what the rows have.
  func gaps(_ gram: DenseMatrix) -> [Double] {
    pairs.map { $0.target - gram[$0.first, $0.second] / Double(rows) }
  }

  private static func largest(_ gaps: [Double]) -> Double { gaps.reduce(0) { max($0, $1.magnitude) } }

  // MARK: Quantiles in the order of normal scores

  /// Gives rows the quantiles of their scores' ranks, and corrects the scores' correlations by what is missing.
  mutating func reorder() {
    let white = whiteScores()
    var latent = joint.latent
    var best = (gap: Double.infinity, ranks: ranks, latent: latent)
    // Many rows need fewer rounds, since chance has less to say.
    let rounds = rows > 200_000 ? 2 : 8
    for _ in 0..<rounds {
      guard let factor = latent.choleskyFactor() ?? (best.gap == .infinity ? joint.factor : nil) else { break }
      place(white, factor)
      let gaps = gaps(values.gram(threads: threads))
      let largest = Self.largest(gaps)
      if largest < best.gap { best = (largest, ranks, latent) }
      if largest < 1e-6 { break }
      for (pair, gap) in zip(pairs, gaps) {
        let next = min(max(latent[pair.first, pair.second] + gap, -1), 1)
        (latent[pair.first, pair.second], latent[pair.second, pair.first]) = (next, next)
      }
    }
    ranks = best.ranks
    fillValues()
  }

  /// Normal scores with means 0, variances 1 and no correlations in the rows themselves: the rows and what is to be done to
  /// them.
  private func whiteScores() -> (rows: ColumnBlock, root: DenseMatrix) {
    let d = joint.margins.count
    var scores = ColumnBlock(rows: rows, columns: d)
    scores.values.withUnsafeMutableBufferPointer { memory in
      nonisolated(unsafe) let memory = memory
      inParallel(threads, tasks: d) { column, _ in
        let part = UnsafeMutableBufferPointer(rebasing: memory[(column * rows)..<((column + 1) * rows)])
        var stream = NormalStream(source.stream(UInt64(column)))
        stream.fill(part)
        let mean = momentsOf(UnsafeBufferPointer(part)).mean
        for i in part.indices { part[i] -= mean }
      }
    }
    var gram = scores.gram(threads: threads)
    for i in gram.elements.indices { gram.elements[i] /= Double(rows) }
    // Rows are many more than columns, so that chance does not make the matrix singular.
    return (scores, gram.choleskyFactor() ?? DenseMatrix(identity: d))
  }

  private mutating func place(_ white: (rows: ColumnBlock, root: DenseMatrix), _ factor: DenseMatrix) {
    let d = joint.margins.count
    // Rows x become x G⁻ᵀFᵀ for the root G of their own covariance and the factor F of the wanted one.
    let matrix = white.root.transposeSolved(factor)
    var scores = ColumnBlock(rows: rows, columns: d)
    scores.values.withUnsafeMutableBufferPointer { memory in
      nonisolated(unsafe) let memory = memory
      white.rows.forEachProduct(matrix, threads: threads) { range, product in
        for j in 0..<d {
          for i in 0..<range.count { memory[j * rows + range.lowerBound + i] = product[j * range.count + i] }
        }
      }
    }
    let ranking = ScoreRanks(count: rows)
    ranks = scores.values.withUnsafeBufferPointer { memory in
      nonisolated(unsafe) let memory = memory
      return parallelMap(threads, d) {
        ranking.ranks(UnsafeBufferPointer(rebasing: memory[($0 * rows)..<(($0 + 1) * rows)]))
      }
    }
    fillValues()
  }

  private mutating func fillValues() {
    let (ranks, quantiles, means, deviations) = (ranks, quantiles, means, deviations)
    let rows = rows
    values.values.withUnsafeMutableBufferPointer { memory in
      nonisolated(unsafe) let memory = memory
      inParallel(threads, tasks: ranks.count) { j, _ in
        let scale = deviations[j] > 0 ? 1 / deviations[j] : 0
        ranks[j].withUnsafeBufferPointer { ranks in
          quantiles.values.withUnsafeBufferPointer { quantiles in
            for i in 0..<rows { memory[j * rows + i] = (quantiles[j * rows + Int(ranks[i])] - means[j]) * scale }
          }
        }
      }
    }
  }

  // MARK: Exchanges of two values

  /// How far exchanges go: what continuous columns can close by moves, and pairs of atoms are asked for.
  private static let exchangeGoal = 5e-8

  /// Exchanges two values of a column in a pool of rows, the best of many, as long as that helps.
  mutating func exchange() {
    let d = joint.margins.count
    let scale = 1 / Double(rows)
    var missing = DenseMatrix(order: d, elements: [Double](repeating: 0, count: d * d))
    var isPair = [Bool](repeating: false, count: d * d)
    for (pair, gap) in zip(pairs, gaps(values.gram(threads: threads))) {
      for (i, j) in [(pair.first, pair.second), (pair.second, pair.first)] {
        missing[i, j] = gap
        isPair[i * d + j] = true
      }
    }
    var random = source.stream(1 << 32)
    let pool = Pool(rows: rows, random: &random)
    // A copy of the pool's rows, each with its values side by side.
    var table = [Double](repeating: 0, count: pool.rows.count * d)
    for (p, row) in pool.rows.enumerated() { for j in 0..<d { table[p * d + j] = values.values[j * rows + row] } }
    var failures = 0
    for attempt in 0..<20_000 where failures < 4 * d {
      var (worst, first, second) = (0.0, 0, 0)
      for i in 0..<d {
        for j in 0..<i where missing[i, j].magnitude > worst {
          (worst, first, second) = (missing[i, j].magnitude, i, j)
        }
      }
      if worst < Self.exchangeGoal { break }
      let column = failures >= 2 ? (failures + attempt) % d : attempt % 2 == 0 ? first : second
      let partners = (0..<d).filter { isPair[column * d + $0] }
      if partners.isEmpty {
        failures += 1
        continue
      }
      let now = partners.reduce(0) { $0 + missing[column, $1] * missing[column, $1] }
      var best = (sum: now * (1 - 1e-6), a: 0, b: 0)
      table.withUnsafeBufferPointer { table in
        for _ in 0..<4096 {
          let bits = random.next()
          let a = Int(truncatingIfNeeded: bits & 0xFFFF_FFFF) % pool.rows.count
          let b = Int(truncatingIfNeeded: bits >> 32) % pool.rows.count
          let step = (table[a * d + column] - table[b * d + column]) * scale
          if step == 0 { continue }
          var sum = 0.0
          for k in partners {
            let gap = missing.elements[k * d + column] - step * (table[b * d + k] - table[a * d + k])
            sum += gap * gap
          }
          if sum < best.sum { best = (sum, a, b) }
        }
      }
      if best.a == best.b {
        failures += 1
        continue
      }
      failures = 0
      let step = (table[best.a * d + column] - table[best.b * d + column]) * scale
      for k in partners {
        missing[column, k] -= step * (table[best.b * d + k] - table[best.a * d + k])
        missing[k, column] = missing[column, k]
      }
      table.swapAt(best.a * d + column, best.b * d + column)
      ranks[column].swapAt(pool.rows[best.a], pool.rows[best.b])
    }
    fillValues()
  }

  /// Rows that are few enough for a processor's own cache.
  private struct Pool {
    let rows: [Int]

    init(rows count: Int, random: inout RandomSource) {
      let size = min(count, 8192)
      // One row out of each of as many stretches.
      rows = (0..<size).map { k in
        let (first, last) = (count * k / size, count * (k + 1) / size)
        return first + min(Int(random.uniform() * Double(last - first)), last - first - 1)
      }
    }
  }
}
