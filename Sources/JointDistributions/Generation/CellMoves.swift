#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Moves of continuous columns' values within the cells of their quantiles, from i/N to (i + 1)/N.
struct CellMoves {
  private let arrangement: Arrangement
  private var values: ColumnBlock
  /// Half of the width of every value's cell on its narrower side, in units of the column's deviation; 0 where a column has
  /// atoms.
  private var halves: ColumnBlock
  /// Whether a column has cells at all.
  private let isMovable: [Bool]
  /// The pairs that moves can change, with their targets.
  private let pairs: [MatchedPair]
  /// What was added to the values so far, in units of the quantiles' deviations, and what one such unit is now.
  private var moves: ColumnBlock
  private var scales: [Double]
  /// How much of the half cells has been used, at most.
  private static let share = 0.98

  init(_ arrangement: Arrangement) {
    self.arrangement = arrangement
    values = arrangement.values
    let rows = arrangement.rows
    let margins = arrangement.joint.margins
    let isMovable = margins.map { margin in
      if case .discrete = margin.law.shape { return false }
      return true
    }
    self.isMovable = isMovable
    pairs = arrangement.pairs.filter { isMovable[$0.first] || isMovable[$0.second] }
    halves = ColumnBlock(rows: rows, columns: margins.count)
    moves = halves
    scales = [Double](repeating: 1, count: margins.count)
    let edges = (0...rows).map { Arrangement.score($0, of: rows) }
    halves.values.withUnsafeMutableBufferPointer { memory in
      nonisolated(unsafe) let memory = memory
      inParallel(arrangement.threads, tasks: margins.count) { j, _ in
        guard isMovable[j] else { return }
        var ends = edges
        ends.withUnsafeMutableBufferPointer { ends in
          if let base = ends.baseAddress { arrangement.transforms[j].apply(base + 1, count: rows - 1, stride: 1) }
        }
        let scale = 1 / arrangement.deviations[j]
        for i in 0..<rows {
          let rank = Int(arrangement.ranks[j][i])
          let value = arrangement.quantiles.values[j * rows + rank]
          // The outermost cells may be unbounded on one side.
          let below = rank > 0 ? value - ends[rank] : .infinity
          let above = rank < rows - 1 ? ends[rank + 1] - value : .infinity
          memory[j * rows + i] = max(0, min(below, above)) * scale
        }
      }
    }
  }

  /// Closes the gaps by Newton's method; its matrix is made anew only where a step did too little.
  mutating func move() {
    guard !pairs.isEmpty else { return }
    var matrix: DenseMatrix?
    var last = Double.infinity
    for _ in 0..<8 {
      standardize()
      let gram = values.gram(threads: arrangement.threads)
      let gaps = gaps(gram)
      let largest = gaps.reduce(0) { max($0, $1.magnitude) }
      if largest < 2e-15 || largest > 0.5 * last { break }
      last = largest
      matrix = matrix ?? normalMatrix(gram)
      guard let factor = matrix, let multipliers = factor.solved(gaps) else { break }
      apply(multipliers, gram)
    }
  }

  private func gaps(_ gram: DenseMatrix) -> [Double] {
    pairs.map { $0.target - gram[$0.first, $0.second] / Double(values.rows) }
  }

  /// Brings means and deviations back to 0 and 1, which moves change a little.
  private mutating func standardize() {
    let rows = values.rows
    let count = isMovable.count
    let factors = values.values.withUnsafeMutableBufferPointer { memory in
      nonisolated(unsafe) let memory = memory
      return parallelMap(arrangement.threads, count) { j -> Double in
        let part = UnsafeMutableBufferPointer(rebasing: memory[(j * rows)..<((j + 1) * rows)])
        // Columns of atoms were standardized by the same sums once; doing it again rids them of rounding.
        let (mean, deviation) = momentsOf(UnsafeBufferPointer(part))
        if deviation == 0 { return 1 }
        let scale = 1 / deviation
        for i in part.indices { part[i] = (part[i] - mean) * scale }
        return scale
      }
    }
    for j in 0..<count { scales[j] *= factors[j] }
  }

  /// The Cholesky factor of Σ (gradient)(squared half cell)(gradient) over all values, for all pairs of pairs.
  private func normalMatrix(_ gram: DenseMatrix) -> DenseMatrix? {
    let (rows, count) = (values.rows, pairs.count)
    let n = Double(rows)
    var matrix = DenseMatrix(order: count, elements: [Double](repeating: 0, count: count * count))
    for c in isMovable.indices where isMovable[c] {
      let mine = pairs.indices.filter { pairs[$0].first == c || pairs[$0].second == c }
      if mine.isEmpty { continue }
      let weights = (0..<rows).map { i in
        let half = min(halves.values[c * rows + i], 0.05)
        return half * half
      }
      let weighted = weights.withUnsafeBufferPointer { values.gram(weights: $0, threads: arrangement.threads) }
      for p in mine {
        let k = pairs[p].first == c ? pairs[p].second : pairs[p].first
        let g = gram[c, k] / n
        for q in mine {
          let l = pairs[q].first == c ? pairs[q].second : pairs[q].first
          let h = gram[c, l] / n
          matrix[p, q] +=
            (weighted[k, l] - g * weighted[c, l] - h * weighted[k, c] + g * h * weighted[c, c]) / (n * n)
        }
      }
    }
    // Pairs that no move can change alone leave the matrix singular; a little on the diagonal then spreads the moves.
    let trace = (0..<count).reduce(0) { $0 + matrix[$1, $1] }
    for p in 0..<count { matrix[p, p] += 1e-14 * trace }
    return matrix.choleskyFactor()
  }

  private mutating func apply(_ multipliers: [Double], _ gram: DenseMatrix) {
    let d = isMovable.count
    let rows = values.rows
    let n = Double(rows)
    // Column c of the product is what its squared half cells are multiplied by.
    var matrix = DenseMatrix(order: d, elements: [Double](repeating: 0, count: d * d))
    for (pair, multiplier) in zip(pairs, multipliers) {
      for (c, k) in [(pair.first, pair.second), (pair.second, pair.first)] where isMovable[c] {
        matrix[k, c] += multiplier / n
        matrix[c, c] -= multiplier * gram[c, k] / (n * n)
      }
    }
    let (isMovable, halves, scales) = (isMovable, halves, scales)
    var next = values
    next.values.withUnsafeMutableBufferPointer { next in
      nonisolated(unsafe) let next = next
      moves.values.withUnsafeMutableBufferPointer { moves in
        nonisolated(unsafe) let moves = moves
        values.forEachProduct(matrix, threads: arrangement.threads) { range, product in
          halves.values.withUnsafeBufferPointer { halves in
            for j in 0..<d where isMovable[j] {
              for i in 0..<range.count {
                let place = j * rows + range.lowerBound + i
                let weight = min(halves[place], 0.05)
                let limit = Self.share * halves[place]
                let step = weight * weight * product[j * range.count + i] / scales[j]
                let moved = min(max(moves[place] + step, -limit), limit)
                next[place] += (moved - moves[place]) * scales[j]
                moves[place] = moved
              }
            }
          }
        }
      }
    }
    values = next
  }

  /// The columns in the units of their laws, and what is still missing.
  var sample: ExactSample {
    let rows = values.rows
    let (isMovable, arrangement, moves) = (isMovable, arrangement, moves)
    let columns = parallelMap(arrangement.threads, isMovable.count) { j -> [Double] in
      let quantiles = arrangement.quantiles.values
      let deviation = arrangement.deviations[j]
      return (0..<rows).map { i in
        quantiles[j * rows + Int(arrangement.ranks[j][i])] + deviation * moves.values[j * rows + i]
      }
    }
    let gram = values.gram(threads: arrangement.threads)
    func worst(_ isIncluded: (MatchedPair) -> Bool) -> Double {
      arrangement.pairs.filter(isIncluded).reduce(0) {
        max($0, ($1.target - gram[$1.first, $1.second] / Double(rows)).magnitude)
      }
    }
    return ExactSample(
      columns: columns, continuousError: worst { isMovable[$0.first] || isMovable[$0.second] },
      discreteError: worst { !isMovable[$0.first] && !isMovable[$0.second] })
  }
}
