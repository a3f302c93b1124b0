import CKernels
import Foundation
import Testing

extension KernelTests {
  /// A normal distribution in natural form, by plain elimination.
  private struct Normal {
    var mean: [Double]
    var covariance: [[Double]]
    var logPartition: Double

    init(linear: [Double], precision: [[Double]]) {
      let D = linear.count
      var left = precision
      var right = (0..<D).map { i in (0..<D).map { $0 == i ? 1.0 : 0 } }
      var logDeterminant = 0.0
      for i in 0..<D {
        let pivot = left[i][i]
        logDeterminant += log(pivot)
        for j in 0..<D {
          left[i][j] /= pivot
          right[i][j] /= pivot
        }
        for k in 0..<D where k != i && left[k][i] != 0 {
          let factor = left[k][i]
          for j in 0..<D {
            left[k][j] -= factor * left[i][j]
            right[k][j] -= factor * right[i][j]
          }
        }
      }
      let mean = right.map { row in zip(row, linear).reduce(0) { $0 + $1.0 * $1.1 } }
      self.mean = mean
      covariance = right
      logPartition =
        0.5 * zip(linear, mean).reduce(0) { $0 + $1.0 * $1.1 } - 0.5 * logDeterminant
        + 0.5 * Double(D) * log(2 * Double.pi)
    }

    /// E x_i x_j.
    func product(_ i: Int, _ j: Int) -> Double { covariance[i][j] + mean[i] * mean[j] }
  }

  @Suite struct GaussianTests {
    /// B B' + ridge, for some B.
    private func precision(_ D: Int, ridge: Double = 1, _ numbers: inout Numbers) -> [[Double]] {
      let B = (0..<D).map { _ in numbers.array(D) }
      return (0..<D).map { i in
        (0..<D).map { j in zip(B[i], B[j]).reduce(i == j ? ridge : 0) { $0 + $1.0 * $1.1 } }
      }
    }

    /// The natural parameters of a lower triangle, row by row.
    private func packed(_ P: [[Double]]) -> [Double] {
      P.indices.flatMap { i in (0...i).map { j in i == j ? -0.5 * P[i][i] : -P[i][j] } }
    }

    // MARK: A chain

    /// The log partition of a chain, if it has one; nobody wants what its rows add.
    private func shorterTotal(
      _ natural: inout [Double], _ cross: [Double], _ T: Int, _ D: Int, _ pairs: inout [Double],
      _ scratch: inout [Double]
    ) -> Double? {
      let total = suffice_gaussian_chain(&natural, cross, nil, T, D, &pairs, nil, &scratch)
      return total.isNaN ? nil : total
    }

    /// What a row adds to the potential of the row before, and to that of both.
    private struct Link {
      let linear: [Double], precision: [[Double]], cross: [Double]
    }

    /// The same chain with links, whose parts are taken out of what rows have.
    private func checkLinks(
      T: Int, D: Int, linear: [[Double]], precisions: [[[Double]]], cross: [Double], _ note: Comment,
      _ numbers: inout Numbers
    ) throws {
      let F = D + D * (D + 1) / 2
      let links = (0..<T).map { _ in
        Link(
          linear: numbers.array(D), precision: precision(D, &numbers),
          cross: numbers.array(D * D).map { $0 / Double(D) })
      }
      var whole = (0..<T).flatMap { linear[$0] + packed(precisions[$0]) }
      var own = links.flatMap { $0.linear + packed($0.precision) + $0.cross }
      var pairs = [Double](repeating: 0, count: D * D)
      var scratch = [Double](repeating: .nan, count: suffice_gaussian_chain_scratch(D))
      var logs = [Double](repeating: .nan, count: T)
      let total = suffice_gaussian_chain(&whole, cross, &own, T, D, &pairs, &logs, &scratch)
      try #require(close(logs.reduce(0, +), total, within: 1e-11), note)
      var (h, P) = ([Double](), [[Double]](repeating: [Double](repeating: 0, count: T * D), count: T * D))
      for t in 0..<T {
        let next = t + 1 < T ? links[t + 1] : nil
        h += (0..<D).map { linear[t][$0] + (next?.linear[$0] ?? 0) }
        for a in 0..<D {
          for b in 0..<D {
            P[t * D + a][t * D + b] = precisions[t][a][b] + (next?.precision[a][b] ?? 0)
            guard t > 0 else { continue }
            let between = cross[a * D + b] + links[t].cross[a * D + b]
            P[(t - 1) * D + a][t * D + b] = -between
            P[t * D + b][(t - 1) * D + a] = -between
          }
        }
      }
      let wanted = Normal(linear: h, precision: P)
      try #require(close(total, wanted.logPartition, within: 1e-11), note)
      for t in 0..<T {
        let o = t * D
        let mean = wanted.mean[o..<(o + D)] + (0..<D).flatMap { a in (0...a).map { wanted.product(o + a, o + $0) } }
        try #require(close(Array(whole[(t * F)..<((t + 1) * F)]), Array(mean), within: 1e-11), note)
        let link = Array(own[(t * (F + D * D))..<((t + 1) * (F + D * D))])
        guard t > 0 else {
          try #require(link.allSatisfy { $0 == 0 }, note)
          continue
        }
        try #require(Array(link[..<F]) == Array(whole[((t - 1) * F)..<(t * F)]), note)
        try #require(
          close(Array(link[F...]), (0..<(D * D)).map { wanted.product(o - D + $0 / D, o + $0 % D) }, within: 1e-11),
          note)
      }
      let sums = (0..<(D * D)).map { i in (1..<max(T, 1)).reduce(0) { $0 + own[$1 * (F + D * D) + F + i] } }
      try #require(close(pairs, sums, within: 1e-12), note)
    }

    private func checkChain(
      T: Int, D: Int, linear: [[Double]], precisions: [[[Double]]], cross: [Double], _ note: Comment
    ) throws {
      let F = D + D * (D + 1) / 2
      var natural = (0..<T).flatMap { linear[$0] + packed(precisions[$0]) }
      var pairs = [Double](repeating: 0.25, count: D * D)
      var scratch = [Double](repeating: .nan, count: suffice_gaussian_chain_scratch(D))
      var logs = [Double](repeating: .nan, count: T)
      let total = suffice_gaussian_chain(&natural, cross, nil, T, D, &pairs, &logs, &scratch)
      try #require(close(logs.reduce(0, +), total, within: 1e-11), note)
      if T > 1 {
        // What the last row adds is what the chain without it lacks.
        var (fewer, unused) = ((0..<T - 1).flatMap { linear[$0] + packed(precisions[$0]) }, pairs)
        if let less = shorterTotal(&fewer, cross, T - 1, D, &unused, &scratch) {
          try #require(close(logs[T - 1], total - less, within: 1e-10), note)
        }
      }

      var P = [[Double]](repeating: [Double](repeating: 0, count: T * D), count: T * D)
      for t in 0..<T {
        for a in 0..<D {
          for b in 0..<D {
            P[t * D + a][t * D + b] = precisions[t][a][b]
            guard t > 0 else { continue }
            P[(t - 1) * D + a][t * D + b] = -cross[a * D + b]
            P[t * D + b][(t - 1) * D + a] = -cross[a * D + b]
          }
        }
      }
      let whole = Normal(linear: linear.flatMap { $0 }, precision: P)
      try #require(close(total, whole.logPartition, within: 1e-11), note)
      for t in 0..<T {
        let o = t * D
        let wanted = whole.mean[o..<(o + D)] + (0..<D).flatMap { a in (0...a).map { whole.product(o + a, o + $0) } }
        try #require(close(Array(natural[(t * F)..<((t + 1) * F)]), Array(wanted), within: 1e-11), note)
      }
      let wantedPairs = (0..<(D * D)).map { i in
        (1..<max(T, 1)).reduce(0.25) { $0 + whole.product(($1 - 1) * D + i / D, $1 * D + i % D) }
      }
      try #require(close(pairs, wantedPairs, within: 1e-11), note)
    }

    @Test func chainBesideTheWhole() throws {
      var numbers = Numbers(seed: 11)
      try atEachLevel { level in
        for D in [1, 2, 3, 7, 8, 9] {
          for T in [1, 2, 7, 8, 9] {
            let cross = numbers.array(D * D).map { $0 / Double(D) }
            try checkChain(
              T: T, D: D, linear: (0..<T).map { _ in numbers.array(D, from: -2, to: 2) },
              precisions: (0..<T).map { _ in precision(D, ridge: 3, &numbers) }, cross: cross,
              "level \(level), T \(T), D \(D)")
          }
        }
        for (T, D) in [(33, 2), (31, 1), (2, 31), (3, 33)] {
          try checkChain(
            T: T, D: D, linear: (0..<T).map { _ in numbers.array(D) },
            precisions: (0..<T).map { _ in precision(D, ridge: 3, &numbers) },
            cross: numbers.array(D * D).map { $0 / Double(D) }, "level \(level), T \(T), D \(D)")
        }
      }
    }

    @Test func linksBesideTheWhole() throws {
      var numbers = Numbers(seed: 12)
      try atEachLevel { level in
        for (T, D) in [(1, 2), (2, 1), (2, 3), (7, 2), (9, 1), (5, 8), (33, 3)] {
          try checkLinks(
            T: T, D: D, linear: (0..<T).map { _ in numbers.array(D, from: -2, to: 2) },
            precisions: (0..<T).map { _ in precision(D, ridge: 5, &numbers) },
            cross: numbers.array(D * D).map { $0 / Double(D) }, "level \(level), T \(T), D \(D)", &numbers)
        }
      }
    }

    /// A random walk, whose steps alone fix nothing, observed at a few times.
    @Test func walkWithGaps() throws {
      try atEachLevel { level in
        for T in [2, 7, 9, 31] {
          let seen = [0, T / 2]
          let precisions = (0..<T).map { t in
            [[(t > 0 ? 2.0 : 0) + (t + 1 < T ? 2 : 0) + (seen.contains(t) ? 5 : 0)]]
          }
          let linear = (0..<T).map { t in [seen.contains(t) ? Double(t) : 0] }
          try checkChain(T: T, D: 1, linear: linear, precisions: precisions, cross: [2], "level \(level), T \(T)")
        }
      }
    }

    @Test func improperChain() throws {
      try atEachLevel { _ in
        var scratch = [Double](repeating: 0, count: 100)
        var pairs = [0.0, 0, 0, 0]
        try #require(suffice_gaussian_chain(nil, [1, 0, 0, 1], nil, 0, 2, &pairs, nil, &scratch) == 0)
        try #require(suffice_gaussian_chain(nil, nil, nil, 3, 0, nil, nil, nil) == 0)
        for natural in [[0, 0, -1, 0.0], [0, -1, 0, -0.1], [0, -1, .nan, -1]] {
          var natural = natural
          var logs = [0.0, 0]
          try #require(suffice_gaussian_chain(&natural, [1], nil, 2, 1, &pairs, &logs, &scratch).isNaN)
          try #require(natural.allSatisfy(\.isNaN) && pairs[0].isNaN && logs[1].isNaN)
        }
      }
    }

    // MARK: Mean maps

    @Test func meanMap() throws {
      var numbers = Numbers(seed: 12)
      try atEachLevel { level in
        for D in [0, 1, 2, 3, 7, 8, 9, 31] {
          for m in counts where m * D < 300 {
            for shared in [false, true] {
              let (F, ldt) = (D + D * (D + 1) / 2, padded(m) + 8)
              var tile = [Double](repeating: .nan, count: max(1, F * ldt))
              var (wanted, wantedLogs) = (tile, [Double]())
              var P = precision(D, &numbers)
              for i in 0..<m {
                if !shared { P = precision(D, &numbers) }
                let linear = numbers.array(D)
                let normal = Normal(linear: linear, precision: P)
                for (f, value) in (linear + packed(P)).enumerated() { tile[f * ldt + i] = value }
                let products = (0..<D).flatMap { a in (0...a).map { normal.product(a, $0) } }
                for (f, value) in (normal.mean + products).enumerated() { wanted[f * ldt + i] = value }
                wantedLogs.append(normal.logPartition)
              }
              var logs = [Double](repeating: 7, count: m + 1)
              suffice_gaussian_mean_map(&tile, ldt, D, m, &logs)
              for f in 0..<F { for i in m..<padded(m) { tile[f * ldt + i] = .nan } }
              try #require(close(tile, wanted, within: 1e-11), "level \(level), D \(D), m \(m), shared \(shared)")
              try #require(close(logs, wantedLogs + [7], within: 1e-12), "level \(level), D \(D), m \(m)")
            }
          }
        }
      }
    }

    @Test func improperRows() throws {
      try atEachLevel { _ in
        var tile = [Double](repeating: 0, count: 2 * 24)
        for i in 0..<9 { (tile[i], tile[24 + i]) = (1, i == 4 ? 0 : -0.5) }
        var logs = [Double](repeating: 0, count: 9)
        suffice_gaussian_mean_map(&tile, 24, 1, 9, &logs)
        for i in 0..<9 {
          try #require(i == 4 ? tile[i].isNaN && logs[i].isNaN : tile[i] == 1 && tile[24 + i] == 2)
        }
      }
    }
  }
}
