import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct SpecialTests {
    private typealias Map = (UnsafeMutablePointer<Double>?, UnsafePointer<Double>?, Int) -> Void

    /// Each x with digamma(x) and log gamma(x), computed with 40 digits.
    private static let golden: [(Double, Double, Double)] = [
      (1e-300, -9.999999999999999e+299, 690.7755278982137),
      (1e-10, -10000000000.577215, 23.025850929882736),
      (0.001, -1000.5755719318103, 6.907178885383853),
      (0.1, -10.423754940411076, 2.252712651734206),
      (0.5, -1.9635100260214235, 0.5723649429247001),
      (0.9, -0.7549269499470513, 0.06637623973474295),
      (1.0, -0.5772156649015329, 0.0),
      (1.25, -0.22745353337626542, -0.09827183642181316),
      (1.4616321449683622, -9.241265521729427e-17, -0.12148629053584961),
      (1.75, 0.24747245354686118, -0.08440112102048555),
      (2.0, 0.42278433509846713, 0.0),
      (2.5, 0.7031566406452432, 0.2846828704729192),
      (3.3, 1.0348224890596216, 0.9870985778947344),
      (5.0, 1.5061176684318005, 3.1780538303479458),
      (7.0, 1.8727843350984672, 6.579251212010101),
      (7.99, 2.014309222046224, 8.50501160608848),
      (8.0, 2.01564147795561, 8.525161361065415),
      (8.5, 2.08009081757942, 9.549267257300997),
      (10.0, 2.251752589066721, 12.801827480081469),
      (12.75, 2.5058032764013554, 19.358231220224358),
      (33.0, 3.4812795305349873, 81.55795945611504),
      (100.0, 4.600161852738087, 359.1342053695754),
      (1234.5, 7.118016231827998, 7550.550901077895),
      (1000000.0, 13.815510057964191, 12815504.569147611),
      (1000000000000000.0, 34.538776394910684, 3.3538776394910668e+16),
      (1e+100, 230.25850929940458, 2.2925850929940456e+102),
    ]

    private func apply(_ map: Map, _ x: [Double]) -> [Double] {
      // One more than there are, which stays.
      var out = [Double](repeating: 7, count: x.count + 1)
      map(&out, x, x.count)
      #expect(out[x.count] == 7)
      return Array(out.dropLast())
    }

    @Test func digammaAndLogGamma() throws {
      try atEachLevel { level in
        let x = Self.golden.map(\.0)
        try #require(close(apply(suffice_digamma, x), Self.golden.map(\.1), within: 2e-15), "level \(level)")
        try #require(close(apply(suffice_log_gamma, x), Self.golden.map(\.2), within: 1e-14), "level \(level)")
        try #require(close(apply(suffice_digamma, [0, -1, .infinity, .nan]), [-.infinity, .nan, .infinity, .nan]))
        try #require(close(apply(suffice_log_gamma, [0, -1, .infinity, .nan]), [.infinity, .nan, .infinity, .nan]))
      }
    }

    @Test func logGammaBesideTheLibrary() throws {
      var numbers = Numbers(seed: 4)
      let x = numbers.array(2000, from: 0.001, to: 30)
      try atEachLevel { _ in try #require(close(apply(suffice_log_gamma, x), x.map { lgamma($0) }, within: 1e-14)) }
    }

    @Test func exponentialAndLogarithm() throws {
      var numbers = Numbers(seed: 5)
      let x = numbers.array(3000, from: -708, to: 709.7) + numbers.array(1000)
      let positive = x.map { exp($0) }
      try atEachLevel { level in
        for (found, wanted) in [
          (apply(suffice_exp, x), positive), (apply(suffice_log, positive), positive.map { log($0) }),
        ] {
          let wrong = wanted.indices.first { !(abs(found[$0] - wanted[$0]) <= 2 * wanted[$0].ulp) }
          try #require(wrong == nil, "level \(level)")
        }
        let extremes: [Double] = [0, -.infinity, .infinity, .nan, 800, -800]
        try #require(close(apply(suffice_exp, extremes), [1, 0, Double.infinity, .nan, .infinity, 0], within: 0))
        let ends: [Double] = [0, -1, .infinity, .nan, 1, 0x1p-1074, 0x1p-1030]
        try #require(
          close(
            apply(suffice_log, ends), [-.infinity, .nan, .infinity, .nan, 0, log(0x1p-1074), log(0x1p-1030)],
            within: 1e-15))
        try #require(close(apply(suffice_exp, [-740]), [exp(-740)], within: 0x1p-1072))
      }
    }

    @Test func anyCount() throws {
      var numbers = Numbers(seed: 6)
      try atEachLevel { _ in
        for count in counts {
          let x = numbers.array(count, from: 0.1, to: 20)
          try #require(close(apply(suffice_exp, x), x.map { exp($0) }, within: 1e-15))
          try #require(close(apply(suffice_log, x), x.map { log($0) }, within: 1e-15))
          try #require(close(apply(suffice_log_gamma, x), x.map { lgamma($0) }, within: 1e-14))
          // The same bits wherever they lie.
          let whole = apply(suffice_digamma, x)
          try #require(x.flatMap { apply(suffice_digamma, [$0]) } == whole)
        }
      }
    }
  }
}
