import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite("Kernels of groups") struct GroupKernelTests {
    /// Forty steps of the recurrence, then the series.
    private func digamma(_ x: Double) -> Double {
      let y = x + 40
      let z = 1 / (y * y)
      let series = 1 / 12.0 - z * (1 / 120.0 - z * (1 / 252.0 - z / 240))
      return (0..<40).reversed().reduce(log(y) - 0.5 / y - z * series) { $0 - 1 / (x + Double($1)) }
    }

    @Test func gammaMeanMap() throws {
      var numbers = Numbers(seed: 13)
      try atEachLevel { level in
        for D in counts {
          for m in counts {
            let ldt = padded(m) + 8
            var tile = [Double](repeating: .nan, count: max(1, 2 * D * ldt))
            var (wanted, logs) = (tile, [Double](repeating: 0, count: m))
            for d in 0..<D {
              for i in 0..<m {
                let (a, b) = (0.01 + 20 * numbers.next(), 0.1 + 3 * numbers.next())
                tile[d * ldt + i] = -b
                tile[(D + d) * ldt + i] = a - 1
                wanted[d * ldt + i] = a / b
                wanted[(D + d) * ldt + i] = digamma(a) - log(b)
                logs[i] += lgamma(a) - a * log(b)
              }
            }
            var out = [Double](repeating: 7, count: m + 1)
            suffice_gamma_mean_map(&tile, ldt, D, m, &out)
            for f in 0..<(2 * D) { for i in m..<padded(m) { tile[f * ldt + i] = .nan } }
            try #require(close(tile, wanted, within: 1e-12), "level \(level), D \(D), m \(m)")
            try #require(close(out, logs + [7], within: 1e-12), "level \(level), D \(D), m \(m)")
          }
        }
      }
    }

    @Test func dirichletExpectations() throws {
      var numbers = Numbers(seed: 14)
      try atEachLevel { level in
        for K in counts {
          for members in [0, 1, 3] {
            let alpha = numbers.array(K * members, from: 0.05, to: 5)
            var logs = alpha + [7]
            suffice_dirichlet_expectations(&logs, alpha, K, members)
            let wanted = (0..<members).flatMap { g in
              let own = alpha[(g * K)..<((g + 1) * K)]
              return own.map { digamma($0) - digamma(own.reduce(0, +)) }
            }
            try #require(close(logs, wanted + [7], within: 1e-13), "level \(level), K \(K)")
          }
        }
      }
    }

    // MARK: Membership

    private struct Group {
      var e: [Double]
      var weight: [Double]?
      var prior: [Double]
      var alpha: [Double]
    }

    private func wanted(_ group: Group, _ n: Int, _ K: Int, _ most: Int, _ tolerance: Double) -> (
      iterations: Int, r: [Double], alpha: [Double]
    ) {
      var (alpha, r, iterations) = (group.alpha, group.e, 0)
      func respond() {
        let p = alpha.map { exp(digamma($0)) }
        for i in 0..<n {
          let sum = (0..<K).reduce(0) { $0 + group.e[i * K + $1] * p[$1] }
          for k in 0..<K { r[i * K + k] = group.e[i * K + k] * p[k] / sum }
        }
      }
      if most == 0 { respond() }
      while iterations < most {
        respond()
        let next = (0..<K).map { k in
          (0..<n).reduce(group.prior[k]) { $0 + (group.weight?[$1] ?? 1) * r[$1 * K + k] }
        }
        let change = zip(next, alpha).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(max(K, 1))
        (alpha, iterations) = (next, iterations + 1)
        if change < tolerance { break }
      }
      return (iterations, r, alpha)
    }

    private func check(
      _ group: Group, _ n: Int, _ K: Int, _ most: Int, _ tolerance: Double, _ note: Comment
    ) throws {
      var (r, alpha) = ([Double](repeating: 7, count: n * K + 1), group.alpha)
      var scratch = [Double](repeating: .nan, count: suffice_membership_scratch(n, K))
      let iterations = suffice_membership(
        &r, group.e, group.weight, group.prior, &alpha, n, K, most, tolerance, &scratch)
      let wanted = wanted(group, n, K, most, tolerance)
      try #require(K == 0 || iterations == wanted.iterations, note)
      try #require(close(r, wanted.r + [7], within: 1e-10), note)
      try #require(close(alpha, wanted.alpha, within: 1e-10), note)
    }

    @Test func membership() throws {
      var numbers = Numbers(seed: 15)
      try atEachLevel { level in
        for n in counts {
          for K in counts + [50, 64, 70] {
            var group = Group(
              e: numbers.array(n * K, from: 0), weight: nil, prior: numbers.array(K, from: 0.05, to: 1), alpha: [])
            group.alpha = group.prior.map { $0 + Double(n) / Double(K) }
            if K > 2 { for i in 0..<n { group.e[i * K + i % K] = 0 } }
            for most in [0, 1, 5] { try check(group, n, K, most, 0, "level \(level), n \(n), K \(K)") }
            group.weight = (0..<n).map { $0 % 4 == 1 ? 0 : 2 * numbers.next() }
            try check(group, n, K, 100, 1e-2, "level \(level), n \(n), K \(K), weighted")
          }
        }
      }
    }

    /// Rows of a table mean what the same rows side by side do, and their sums what adding them up does.
    @Test func membershipOfTableRows() throws {
      var numbers = Numbers(seed: 17)
      try atEachLevel { level in
        for n in counts {
          for K in counts.filter({ $0 > 0 }) + [50, 64, 70] {
            let (members, N) = (5, (K + 7) / 8 * 8)
            var table = [Double](repeating: 0, count: members * N)
            for m in 0..<members { for k in 0..<K { table[m * N + k] = numbers.next() } }
            let index = (0..<n).map { Int32(($0 * 3 + $0 / 7) % members) }
            let weight = (0..<n).map { $0 % 4 == 1 ? 0 : 2 * numbers.next() }
            let prior = numbers.array(K, from: 0.05, to: 1)
            let group = Group(
              e: index.flatMap { table[Int($0) * N..<Int($0) * N + K] }, weight: weight, prior: prior, alpha: prior)
            let wanted = wanted(group, n, K, 20, 1e-2)
            var (q, p, alpha) = ([Double](repeating: 7, count: n + 1), [Double](repeating: 7, count: N + 1), prior)
            var scratch = [Double](repeating: .nan, count: suffice_membership_scratch(n, K))
            let iterations = suffice_membership_lookup(
              &q, &p, table, index, weight, prior, &alpha, n, K, 20, 1e-2, &scratch)
            try #require(iterations == wanted.iterations, "level \(level), n \(n), K \(K)")
            try #require(close(alpha, wanted.alpha, within: 1e-10), "level \(level), n \(n), K \(K)")
            try #require(q[n] == 7 && p[N] == 7)
            // Two groups with the same probabilities: every other row belongs to the second.
            let both = Array(p[..<N] + p[..<N])
            let groups = (0..<max(n, 1)).map { Int32($0 % 2) }
            for m in 0..<members {
              let rows = (0..<n).filter { index[$0] == m }
              var sums = [Double](repeating: 7, count: K + 1)
              suffice_membership_sums(
                &sums, Array(table[m * N..<(m + 1) * N]), q, both, rows.map(Int32.init), groups, rows.count, K)
              let each = (0..<K).map { k in rows.reduce(0) { $0 + weight[$1] * wanted.r[$1 * K + k] } }
              try #require(close(sums, each + [7], within: 1e-10), "level \(level), n \(n), K \(K)")
            }
          }
        }
      }
    }

    @Test func inPlaceAndWithSmallParameters() throws {
      var numbers = Numbers(seed: 16)
      try atEachLevel { _ in
        let (n, K) = (9, 5)
        let e = numbers.array(n * K, from: 0)
        // exp(digamma(0.0005)) is no double; their ratios are.
        let small = (0..<K).map { 0.0005 + 1e-7 * Double($0) }
        var (r, alpha) = (e, small)
        var scratch = [Double](repeating: 0, count: suffice_membership_scratch(n, K))
        let iterations = r.withUnsafeMutableBufferPointer {
          suffice_membership($0.baseAddress, $0.baseAddress, nil, small, &alpha, n, K, 0, 0, &scratch)
        }
        try #require(iterations == 0)
        for i in 0..<n { try #require(close(r[(i * K)..<((i + 1) * K)].reduce(0, +), 1)) }
        try #require(alpha == small)

        var none = e
        for k in 0..<K { none[3 * K + k] = 0 }
        alpha = small
        try #require(suffice_membership(&r, none, nil, small, &alpha, n, K, 50, 1e-3, &scratch) == 1)
        try #require(alpha.allSatisfy { $0.isNaN })
      }
    }
  }
}
