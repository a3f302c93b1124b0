import CKernels
import Testing

extension KernelTests {
  /// Sums in which most factors are zero, beside plain loops.
  @Suite struct SparseTests {
    /// One label in `labels` for each row, and NaN behind the rows.
    private func factors(_ labels: Int, _ m: Int, _ ld: Int, _ numbers: inout Numbers) -> [Double] {
      var r = [Double](repeating: 0, count: labels * ld)
      for k in 0..<labels { for i in m..<ld { r[k * ld + i] = .nan } }
      for i in 0..<m { r[Int(numbers.next() * Double(labels)) * ld + i] = numbers.next() }
      return r
    }

    @Test func mostlyZeros() throws {
      var numbers = Numbers(seed: 5)
      try atEachLevel { level in
        for (K, F) in [(64, 12), (70, 13), (200, 45)] {
          for m in [1, 9, 64, 255, 256, 523] {
            let ld = (m + 15) / 16 * 16
            let r = factors(K, m, ld, &numbers)
            let features = (0..<F * ld).map { $0 % ld < m ? 2 * numbers.next() - 1 : .nan }
            var sums = [Double](repeating: 1, count: K * F)
            suffice_accumulate(&sums, F, r, ld, features, ld, K, F, m)
            var floats = [Double](repeating: 1, count: K * F)
            suffice_single_accumulate(&floats, F, r.map { Float($0) }, ld, features.map { Float($0) }, ld, K, F, m)
            let wrong = (0..<K * F).first { i in
              let terms = (0..<m).map { r[i / F * ld + $0] * features[i % F * ld + $0] }
              let (wanted, size) = (terms.reduce(1, +), terms.reduce(1) { $0 + abs($1) })
              return !(abs(sums[i] - wanted) <= 64 * 0x1p-53 * size)
                || !(abs(Double(floats[i]) - wanted) <= 140 * 0x1p-24 * size)
            }
            try #require(wrong == nil, "level \(level), \(K) labels, \(F) features, \(m) rows")
          }
        }
      }
    }

    /// A factor that is no number is not taken for a zero.
    @Test func notANumber() throws {
      let (K, F, m) = (64, 12, 256)
      try atEachLevel { level in
        var r = [Double](repeating: 0, count: K * m)
        r[3 * m + 100] = .nan
        let features = [Double](repeating: 1, count: F * m)
        var sums = [Double](repeating: 0, count: K * F)
        suffice_accumulate(&sums, F, r, m, features, m, K, F, m)
        for k in 0..<K { try #require(sums[k * F].isNaN == (k == 3), "level \(level), label \(k)") }
      }
    }

    /// What lies more than 44.36 below the largest score has no probability left.
    @Test func impossibleLabels() throws {
      try atEachLevel { level in
        var scores = [Double](repeating: 0, count: 3 * 8)
        for i in 0..<8 { (scores[8 + i], scores[16 + i]) = (-44.3, -44.4) }
        var normalizers = [Double](repeating: .nan, count: 8)
        _ = suffice_softmax(&scores, 8, 3, 8, &normalizers)
        try #require(scores[8] > 0 && scores[16] == 0 && scores[0] == 1 && normalizers[0] == 0, "level \(level)")
      }
    }
  }
}
