import CKernels
import Foundation
import Testing

extension KernelTests {
  /// The kernels of floats beside plain loops of doubles.
  @Suite struct SingleTests {
    private func room(_ m: Int) -> Int { (m + 15) / 16 * 16 }

    /// Row vectors with NaN in the padding, which no result may see.
    private func tile(_ count: Int, _ m: Int, _ numbers: inout Numbers) -> [Float] {
      let ld = room(m)
      return (0..<max(count * ld, 1)).map { $0 % max(ld, 1) < m ? Float(2 * numbers.next() - 1) : .nan }
    }

    private static let shapes = [(1, 1), (1, 3), (2, 5), (10, 2), (9, 17), (20, 40), (33, 9)]

    @Test func scoresAndSums() throws {
      var numbers = Numbers(seed: 11)
      try atEachLevel { level in
        for (K, F) in Self.shapes {
          for m in [1, 15, 16, 17, 100, 530] {
            let ld = room(m)
            let (features, r) = (tile(F, m, &numbers), tile(K, m, &numbers))
            let (weights, bias) = (numbers.array(K * F), numbers.array(K).map { Float($0) })
            var packed = [Float](repeating: 0, count: K * F)
            suffice_single_pack_weights(&packed, weights, F, K, F)
            var scores = [Float](repeating: 0, count: K * ld)
            suffice_single_scores(&scores, ld, packed, bias, features, ld, K, F, m, 0)
            var sums = [Double](repeating: 1, count: K * F)
            suffice_single_accumulate(&sums, F, r, ld, features, ld, K, F, m)
            // In units of what each may be off by.
            var errors = (scores: 0.0, sums: 0.0)
            for k in 0..<K {
              for i in 0..<m {
                let terms = (0..<F).map { weights[k * F + $0] * Double(features[$0 * ld + i]) }
                let wanted = terms.reduce(Double(bias[k]), +)
                let magnitude = terms.reduce(1) { $0 + abs($1) }
                errors.scores.note(abs(Double(scores[k * ld + i]) - wanted), of: Double(F + 2) * 0x1p-24 * magnitude)
              }
              for f in 0..<F {
                let terms = (0..<m).map { Double(r[k * ld + $0]) * Double(features[f * ld + $0]) }
                let magnitude = terms.reduce(1) { $0 + abs($1) }
                errors.sums.note(abs(sums[k * F + f] - terms.reduce(1, +)), of: 140 * 0x1p-24 * magnitude)
              }
            }
            try #require(
              errors.scores <= 1 && errors.sums <= 1, "level \(level), \(K) labels, \(F) features, \(m) rows")
          }
        }
      }
    }

    /// Products formed on the way are those formed before.
    @Test func outerProducts() throws {
      var numbers = Numbers(seed: 12)
      try atEachLevel { level in
        for (K, D) in [(1, 1), (3, 2), (10, 9), (7, 33)] {
          for m in [1, 47, 64, 200] {
            let (ld, F) = (room(m), D * (D + 1) / 2)
            let (x, r) = (tile(D, m, &numbers), tile(K, m, &numbers))
            let weights = numbers.array(K * F)
            var packed = [Float](repeating: 0, count: K * F)
            suffice_single_pack_weights(&packed, weights, F, K, F)
            var features = [Float](repeating: 0, count: F * ld)
            suffice_single_outer(&features, ld, x, ld, D, m)
            var (found, wanted) = ([Float](repeating: 0, count: K * ld), [Float](repeating: 0, count: K * ld))
            suffice_single_scores_outer(&found, ld, packed, nil, x, ld, K, D, m, 0)
            suffice_single_scores(&wanted, ld, packed, nil, features, ld, K, F, m, 0)
            var error = 0.0
            for k in 0..<K {
              for i in 0..<m {
                error.note(Double(abs(found[k * ld + i] - wanted[k * ld + i])), of: Double(F) * 0x1p-22)
              }
            }
            try #require(error <= 1, "level \(level), dimension \(D)")
            var (sums, all) = ([Double](repeating: 0, count: K * F), [Double](repeating: 0, count: K * F))
            suffice_single_accumulate_outer(&sums, F, r, ld, x, ld, K, D, m)
            suffice_single_accumulate(&all, F, r, ld, features, ld, K, F, m)
            try #require(
              zip(sums, all).allSatisfy { abs($0.0 - $0.1) <= Double(m) * 0x1p-22 }, "level \(level), dimension \(D)")
          }
        }
      }
    }

    @Test func softmax() throws {
      var numbers = Numbers(seed: 13)
      try atEachLevel { level in
        for (K, m) in [(1, 3), (2, 16), (10, 64), (10, 85), (40, 200)] {
          for isWeighted in [false, true] {
            let ld = room(m)
            var r = tile(K, m, &numbers).map { $0 * 60 }
            let scores = r
            let weight = (0..<ld).map { i in i < m ? Float(i % 3) : .nan }
            var total = 0.0
            var (magnitude, error) = (1.0, 0.0)
            let found = suffice_single_softmax(&r, ld, isWeighted ? weight : nil, K, m)
            for i in 0..<m {
              let w = isWeighted ? Double(weight[i]) : 1
              let powers = (0..<K).map { exp2(Double(scores[$0 * ld + i])) }
              let sum = powers.reduce(0, +)
              total += w * log(sum)
              magnitude += w * abs(log(sum))
              for k in 0..<K {
                // A score below another by d is rounded to d 2⁻²⁴, which the power makes a relative error; below 2⁻⁶⁴ are zeros.
                let wanted = w * powers[k] / sum
                error.note(abs(Double(r[k * ld + i]) - wanted), of: 1e-5 * wanted + 0x1p-63)
              }
            }
            try #require(error <= 1, "level \(level), \(K) labels")
            let padding = (0..<K).flatMap { r[($0 * ld + m)..<(($0 + 1) * ld)] }
            try #require(padding.allSatisfy { $0 == 0 }, "level \(level)")
            try #require(
              abs(found - total) <= 4e-7 * magnitude + 1e-6 * Double(m), "level \(level), \(K) labels, \(m) rows")
          }
        }
      }
    }

    /// Powers of two over the whole range, against those of the C library.
    @Test func powers() throws {
      try atEachLevel { level in
        let m = 4096
        // Two labels a row, one of them 0: the other's probability is p / (1 + p).
        var r = [Float](repeating: 0, count: 2 * m)
        for i in 0..<m { r[m + i] = -64 * Float(i) / Float(m - 1) }
        let x = Array(r[m...])
        _ = suffice_single_softmax(&r, m, nil, 2, m)
        let wrong = (0..<m).first { i in
          let p = exp2(Double(x[i]))
          let wanted = p / (1 + p)
          return !(abs(Double(r[m + i]) - wanted) <= 5 * 0x1p-24 * wanted)
        }
        try #require(wrong == nil, "level \(level), 2^\(x[wrong ?? 0])")
        var edge: [Float] = [0, -65, -.infinity] + [Float](repeating: 0, count: 13)
        edge += [Float](repeating: 0, count: 16)
        edge[16] = -200
        edge[17] = -.infinity
        edge[18] = -.infinity
        let total = suffice_single_softmax(&edge, 16, nil, 2, 3)
        try #require(edge[16] == 0 && edge[17] == 0 && edge[18].isNaN && total.isNaN, "level \(level)")
      }
    }

    @Test func whitened() throws {
      var numbers = Numbers(seed: 14)
      try atEachLevel { level in
        for D in 1...3 {
          for (K, m) in [(1, 1), (2, 16), (10, 33), (10, 512), (33, 300)] {
            let (ld, T) = (room(m), D * (D + 1) / 2)
            let (P, Q) = (1 + T + D, 1 + D + T)
            var y = numbers.array(D * ld, from: -3, to: 3).map { Float($0) }
            for i in 0..<D { for v in m..<ld { y[i * ld + v] = 0 } }
            var packed = numbers.array(K * P).map { Float($0) }
            for k in 0..<K {
              var diagonal = k * P + 1
              for i in 0..<D {
                packed[diagonal] += 1.5
                diagonal += D - i
              }
            }
            var sums = [Double](repeating: 0, count: K * Q)
            var wanted = sums
            var r = [Float](repeating: 0, count: (K + 1) * ld)
            let found = suffice_single_whitened(&sums, &r, ld, packed, y, ld, nil, K, D, m, nil, 0)
            var total = 0.0
            for row in 0..<m {
              var z = [[Double]](), scores = [Double]()
              for k in 0..<K {
                var next = k * P + 1
                var own: [Double] = []
                for i in 0..<D {
                  var value = -Double(packed[k * P + 1 + T + i])
                  for j in i..<D {
                    value += Double(packed[next]) * Double(y[j * ld + row])
                    next += 1
                  }
                  own.append(value)
                }
                z.append(own)
                scores.append(Double(packed[k * P]) - z[k].reduce(0) { $0 + $1 * $1 })
              }
              let powers = scores.map { exp2($0) }
              let sum = powers.reduce(0, +)
              total += log(sum)
              for k in 0..<K {
                let p = powers[k] / sum
                var moments = [1.0] + z[k]
                for i in 0..<D { for j in 0...i { moments.append(z[k][i] * z[k][j]) } }
                for q in 0..<Q { wanted[k * Q + q] += p * moments[q] }
              }
            }
            let name = "level \(level), dimension \(D), \(K) labels, \(m) rows"
            try #require(abs(found - total) <= 2e-6 * (abs(total) + Double(m)), "\(name)")
            // z is below 12 here: its square's rounding times that of 32 additions.
            try #require(zip(sums, wanted).allSatisfy { abs($0.0 - $0.1) <= 2e-5 * Double(m) }, "\(name)")
          }
        }
      }
    }

    @Test func frame() throws {
      var numbers = Numbers(seed: 15)
      try atEachLevel { level in
        for D in [1, 2, 3, 9] {
          for m in [1, 16, 33] {
            let (ld, ldx) = (room(m), room(m) + 8)
            let x = numbers.array(D * ldx, from: 1e9, to: 1e9 + 2)
            let G = numbers.array(D * (D + 1) / 2), diagonal = numbers.array(D)
            var shift = [Double](repeating: 0, count: D)
            for i in 0..<D { for j in 0...i { shift[i] += G[i * (i + 1) / 2 + j] * (1e9 + 1) } }
            var y = [Float](repeating: .nan, count: D * ld)
            suffice_single_frame(&y, ld, x, ldx, G, shift, D, 0, m)
            var scaled = y
            suffice_single_frame(&scaled, ld, x, ldx, diagonal, diagonal.map { $0 * 1e9 }, D, 1, m)
            var error = 0.0
            for i in 0..<D {
              for row in 0..<ld {
                var wanted = 0.0
                if row < m { for j in 0...i { wanted += G[i * (i + 1) / 2 + j] * (x[j * ldx + row] - (1e9 + 1)) } }
                // Doubles near 1e9 are 1.2e-7 apart.
                error.note(abs(Double(y[i * ld + row]) - wanted), of: 1e-5)
                let other = row < m ? diagonal[i] * (x[i * ldx + row] - 1e9) : 0
                error.note(abs(Double(scaled[i * ld + row]) - other), of: 1e-5)
              }
            }
            try #require(error <= 1, "level \(level), dimension \(D)")
          }
        }
      }
    }

    @Test func twoAndThreeColumns() throws {
      var numbers = Numbers(seed: 16)
      try atEachLevel { level in
        for D in [2, 3, 5, 11] {
          for m in [1, 8, 9, 40] {
            for centers in [nil, numbers.array(D)] {
              let (x, ld) = (numbers.array(D * m), padded(m))
              var tile = [Double](repeating: 0, count: D * ld)
              suffice_transpose(&tile, ld, x, D, D, m, centers)
              let wrong = (0..<D * m).first {
                tile[$0 / m * ld + $0 % m] != x[$0 % m * D + $0 / m] - (centers?[$0 / m] ?? 0)
              }
              try #require(wrong == nil, "level \(level), \(D) columns")
            }
          }
        }
      }
    }
  }
}

extension Double {
  /// Takes note of an error as a multiple of what is allowed; NaN is no small one.
  fileprivate mutating func note(_ error: Double, of allowed: Double) {
    self = error.isNaN ? .infinity : Swift.max(self, error / allowed)
  }
}
