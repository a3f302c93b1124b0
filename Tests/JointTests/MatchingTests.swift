import Foundation
import JointDistributions
import Testing

/// Correlations of columns against Golden/pairs.json, written by Golden/make_pairs.py without expansions, and known answers.
@Suite("Matching of correlations")
struct MatchingTests {
  struct Row: Decodable {
    let first: String
    let second: String
    let latent: Double
    let correlation: Double
  }

  static let laws: [String: any MarginLaw] = [
    "normal": NormalLaw.normal(mean: 4, deviation: 3), "uniform": UniformLaw.uniform(),
    "exponential": GammaLaw.exponential(), "gammaHalf": GammaLaw.gamma(shape: 0.5), "beta23": BetaLaw.beta(2, 3),
    "betaHalf": BetaLaw.beta(0.5, 0.5), "logNormal": LogNormalLaw.logNormal(mean: 3),
    "student10": StudentLaw.student(degreesOfFreedom: 10), "weibull": WeibullLaw.weibull(shape: 1.5),
    "chiSquared": GammaLaw.chiSquared(degreesOfFreedom: 3), "bernoulli": BinomialLaw.bernoulli(0.314),
    "binomial": BinomialLaw.binomial(trials: 20, probability: 0.2), "poisson": PoissonLaw.poisson(mean: 3),
    "negativeBinomial": NegativeBinomialLaw.negativeBinomial(successes: 20, probability: 0.5),
  ]

  private func pair(
    _ a: any MarginLaw, _ b: any MarginLaw, _ target: Double, _ kind: CorrelationKind = .pearson
  ) throws -> MatchedPair {
    let joint = try JointDistribution {
      Margin("a", a)
      Margin("b", b)
      Correlation("a", "b", target, kind: kind)
    }
    return try #require(joint.pairs.first)
  }

  /// Every pair of laws and every score correlation of the table is found again from the columns' correlation.
  @Test func scoresFoundAgain() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: folder.appending(path: "Golden/pairs.json")))
    #expect(rows.count > 300)
    for row in rows {
      let found = try pair(
        #require(Self.laws[row.first]), #require(Self.laws[row.second]), row.correlation)
      // The columns' correlation is right to 1e-10 where the scores' is, times the slope, which is 0.01 at least.
      #expect(
        (found.latent - row.latent).magnitude < 1e-10,
        "\(row.first), \(row.second): \(found.latent), not \(row.latent)")
      #expect(found.error < 1e-10)
    }
  }

  @Test func knownAnswers() throws {
    let exponential = try pair(.exponential(), .negativeBinomial(successes: 20, probability: 0.5), 0.4)
    #expect((exponential.latent - 0.43612792).magnitude < 5e-9)
    let beta = try pair(.beta(2, 3), .binomial(trials: 20, probability: 0.2), 0.6)
    #expect((beta.latent - 0.61263231).magnitude < 5e-9)
    let bounds = try JointDistribution.possibleCorrelations(
      .exponential(), .negativeBinomial(successes: 20, probability: 0.5))
    #expect((bounds.lowerBound + 0.84968).magnitude < 5e-6 && (bounds.upperBound - 0.94388).magnitude < 5e-6)
    // Two log-normal columns, in closed form: (e^(st) − 1)/√((e^(s²) − 1)(e^(t²) − 1)).
    let (s, t) = (0.7, 2.0)
    let closed = try JointDistribution.possibleCorrelations(.logNormal(deviation: s), .logNormal(deviation: t))
    let scale = (expm1(s * s) * expm1(t * t)).squareRoot()
    #expect((closed.upperBound - expm1(s * t) / scale).magnitude < 1e-12)
    #expect((closed.lowerBound - expm1(-s * t) / scale).magnitude < 1e-12)
    // Two coins: the bounds are those of a table of four probabilities.
    let coins = try JointDistribution.possibleCorrelations(.bernoulli(0.3), .bernoulli(0.6))
    #expect((coins.upperBound - (0.3 - 0.18) / (0.21 * 0.24).squareRoot()).magnitude < 1e-13)
    #expect((coins.lowerBound - (0 - 0.18) / (0.21 * 0.24).squareRoot()).magnitude < 1e-13)
  }

  /// Sheppard's formula: two fair coins have the correlation (2/π) arcsin r, also near 1.
  @Test(arguments: [-0.999, -0.7, 0.2, 0.96, 0.9999])
  func fairCoins(r: Double) throws {
    let found = try pair(.bernoulli(0.5), .bernoulli(0.5), 2 / .pi * asin(r))
    #expect((found.latent - r).magnitude < 1e-12)
  }

  @Test func ranks() throws {
    let spearman = try pair(.logNormal(), .gamma(shape: 0.3), 0.5, .spearman)
    #expect((spearman.latent - 2 * sin(.pi / 12)).magnitude < 1e-14)
    // Ranks exist where no moments do.
    let heavy = try pair(.student(degreesOfFreedom: 1), .pareto(index: 0.5), -0.5, .spearman)
    #expect((heavy.latent + 2 * sin(.pi / 12)).magnitude < 1e-14)
    let kendall = try pair(.normal(), .exponential(), 0.5, .kendall)
    #expect((kendall.latent - sin(.pi / 4)).magnitude < 1e-15)
    // Ranks of a coin are an increasing function of it.
    let coin = try pair(.bernoulli(0.3), .uniform(), 0.4, .spearman)
    let values = try pair(.bernoulli(0.3), .uniform(), 0.4)
    #expect((coin.latent - values.latent).magnitude < 1e-13)
    #expect(try pair(.poisson(mean: 2), .normal(), 0.3, .latent).latent == 0.3)
  }

  /// A law of zeros and log-normal numbers, whose moments with a normal score have closed forms.
  @Test func zeroInflated() throws {
    let (zero, sigma) = (0.4, 0.5)
    let law = ZeroInflatedLaw.zeroInflated(.logNormal(deviation: sigma), zero: zero)
    let found = try pair(law, .normal(), 0.3)
    // E[g(Z)Z] by a fine midpoint rule over the probabilities above the zeros.
    let count = 400_000
    var moment = 0.0
    for i in 0..<count {
      let p = zero + (1 - zero) * (Double(i) + 0.5) / Double(count)
      moment +=
        (1 - zero) / Double(count) * law.quantile(p, tail: .lower) * NormalLaw.normal().quantile(p, tail: .lower)
    }
    #expect((found.latent - 0.3 * law.variance.squareRoot() / moment).magnitude < 1e-4)
    // Of two such columns each is an increasing function of the other at the upper bound.
    let bounds = try JointDistribution.possibleCorrelations(law, law)
    #expect((bounds.upperBound - 1).magnitude < 1e-10)
  }

  @Test func impossiblePairsAreListed() throws {
    let statements: [JointStatement] = [
      .margin(Margin("a", .beta(2, 3))), .margin(Margin("b", .logNormal(mean: 3, deviation: 1))),
      .margin(Margin("c", .bernoulli(0.01))), .correlation(Correlation("a", "b", -0.8153)),
      .correlation(Correlation("a", "c", 0.9)),
    ]
    let error = #expect(throws: JointError.self) { try JointDistribution(statements) }
    let message = try #require(error).description
    #expect(message.contains("\"a\" and \"b\" cannot have the Pearson correlation -0.8153"))
    #expect(message.contains("between -0.683662 and"))
    #expect(message.contains("\"a\" and \"c\" cannot"))
    let joint = try JointDistribution(statements, infeasible: .clip)
    #expect(joint.changes.count == 2)
    #expect((joint.changes[0].achieved + 0.68366).magnitude < 1e-5)
  }

  @Test func nearestMatrix() throws {
    // Higham's example, and its nearest correlation matrix.
    let statements: [JointStatement] =
      (0..<3).map { .margin(Margin("x\($0)", .normal())) } + [
        .matrix(CorrelationMatrix([[1, 1, 0], [1, 1, 1], [0, 1, 1]]))
      ]
    let error = #expect(throws: JointError.self) { try JointDistribution(statements) }
    #expect(try #require(error).description.contains("no columns at all have these correlations"))
    let joint = try JointDistribution(statements, infeasible: .clip)
    let nearest = [0.7607, 0.1573, 0.7607]
    for (pair, (i, j)) in zip(nearest, [(0, 1), (0, 2), (1, 2)]) {
      #expect((joint.latentCorrelations[i * 3 + j] - pair).magnitude < 5e-5)
    }
    #expect(joint.changes.count == 3 && joint.changes.allSatisfy { $0.reason == .notPositiveDefinite })
  }

  /// What is left open is conditionally independent: of a chain, products of neighbours.
  @Test func completion() throws {
    let joint = try JointDistribution {
      for name in ["a", "b", "c", "d"] { Margin(name, .normal()) }
      Correlation("a", "b", 0.5)
      Correlation("b", "c", -0.6)
    }
    let r = joint.latentCorrelations
    #expect((r[0 * 4 + 2] + 0.3).magnitude < 1e-14)
    #expect(r[0 * 4 + 3] == 0 && r[2 * 4 + 3] == 0)
  }

  /// A cycle, which has no closed form: the inverse has zeros where nothing was given, and the determinant is at its largest.
  @Test func completionOfACycle() throws {
    let joint = try JointDistribution {
      for name in ["a", "b", "c", "d"] { Margin(name, .normal()) }
      Correlation("a", "b", 0.5)
      Correlation("b", "c", 0.4)
      Correlation("c", "d", 0.3)
      Correlation("d", "a", -0.2)
    }
    func determinant(_ r: [Double]) -> Double {
      var (m, value) = (r, 1.0)
      for k in 0..<4 {
        value *= m[k * 4 + k]
        for i in (k + 1)..<4 {
          let factor = m[i * 4 + k] / m[k * 4 + k]
          for j in 0..<4 { m[i * 4 + j] -= factor * m[k * 4 + j] }
        }
      }
      return value
    }
    let r = joint.latentCorrelations
    for (i, j) in [(0, 2), (1, 3)] {
      for step in [-1e-3, 1e-3] {
        var moved = r
        moved[i * 4 + j] += step
        moved[j * 4 + i] += step
        #expect(determinant(moved) < determinant(r))
      }
    }
    #expect((r[1] - 0.5).magnitude < 1e-12 && (r[3] + 0.2).magnitude < 1e-12)
  }
}
