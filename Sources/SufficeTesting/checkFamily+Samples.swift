import Suffice

extension FamilyChecker {
  /// The tolerance of means over samples.
  func statistical(_ count: Int) -> Tolerance {
    .statistical(samples: count, failureProbability: 1e-7, because: "chance, in a fixed stream of random numbers")
  }

  /// Draws values of a member and checks their support, counts and statistics; none where something is wrong with them.
  mutating func sampleValues(_ point: Point, index: UInt64) -> [[Double]] {
    let (family, shape) = (family, point.shape)
    // Near the boundary, matrices are often too close to singular ones for doubles, and their laws are not checked.
    let isMatrix = family.statistics(shape).contains { $0.form.rank == 2 } && family.domain != .real
    let count = point.member.isTame ? samples : isMatrix ? 0 : 50
    var random = RandomSource(seed: seed).stream(index &* 1009 &+ UInt64(shape.dimension))
    var values: [[Double]] = []
    for _ in 0..<count {
      let value = family.sample(point.natural, shape, using: &random)
      if value.count != family.valueCount(shape) {
        fail(.counts, point.member, "a sample has \(value.count) numbers, not \(family.valueCount(shape))")
        return []
      }
      if let expectation = family.expectation(violatedBy: value, shape) {
        fail(.support, point.member, "the sample \(value) must be \(expectation)")
        return []
      }
      let statistics = family.statistics(of: value, shape)
      if statistics.count != point.natural.count || !statistics.allSatisfy(\.isFinite) {
        fail(.counts, point.member, "the statistics of the sample \(value) are \(statistics)")
        return []
      }
      values.append(value)
    }
    return values
  }

  /// Mean statistics, entropy and divergence of sampled values.
  mutating func checkSamples(_ point: Point, _ values: [[Double]], other: Point) {
    checkMeans(point, values.map { family.statistics(of: $0, point.shape) })
    checkEntropy(point, values)
    if other.member.isTame { checkSampledDivergence(point, other, values) }
  }

  /// The mean of the statistics along each principal direction of the Fisher matrix: n·Σ (vᵀ(mean − μ))²/λ is χ².
  ///
  /// The mean of (vᵀ(t − μ))²/λ is 1. Along directions of eigenvalue zero, statistics do not vary.
  private mutating func checkMeans(_ point: Point, _ statistics: [[Double]]) {
    let (values, vectors) = point.spectrum
    let scale = point.deviations
    let tolerance = statistical(statistics.count)
    func coordinate(_ t: [Double], _ v: [Double]) -> Double {
      t.indices.reduce(0) { scale[$1] > 0 ? $0 + v[$1] * (t[$1] - point.mean[$1]) / scale[$1] : $0 }
    }
    var (chiSquare, degreesOfFreedom) = (0.0, 0)
    for (value, vector) in zip(values, vectors) {
      let coordinates = statistics.map { coordinate($0, vector) }
      if value > Self.nullEigenvalue {
        let mean = coordinates.reduce(0, +) / Double(coordinates.count)
        chiSquare += Double(coordinates.count) * mean * mean / value
        degreesOfFreedom += 1
        expectMean(
          of: coordinates.map { $0 * $0 / value }, 1, .sampleVariance, point, "the mean square over the variance")
      } else if let largest = coordinates.map(abs).max(), largest > 100 * Self.nullEigenvalue.squareRoot() {
        fail(.fisher, point.member, "the Fisher matrix is singular along a direction in which statistics vary")
      }
    }
    if !(chiSquare <= tolerance.chiSquareLimit(degreesOfFreedom: degreesOfFreedom)) {
      fail(
        .sampleMean, point.member,
        "χ² of the mean of sampled statistics is \(chiSquare), with \(degreesOfFreedom) degrees of freedom (\(tolerance))"
      )
    }
    for i in scale.indices where scale[i] == 0 {
      for t in statistics where abs(t[i] - point.mean[i]) > 1e-12 * max(abs(point.mean[i]), 1) {
        fail(.fisher, point.member, "statistic \(i) varies, but has no variance")
        break
      }
    }
  }

  /// E[log p(x) − log h(x)] = ⟨η, μ⟩ − A, which is minus the entropy where h is 1.
  private mutating func checkEntropy(_ point: Point, _ values: [[Double]]) {
    let (family, shape) = (family, point.shape)
    let densities = values.map {
      family.logDensity(of: $0, natural: point.natural, shape) - family.logBaseMeasure(of: $0, shape)
    }
    expectMean(of: densities, -family.entropy(point.natural, shape), .entropy, point, "the mean log density")
    if family.hasConstantBaseMeasure, let first = values.first {
      let base = family.logBaseMeasure(of: first, shape)
      if values.contains(where: { family.logBaseMeasure(of: $0, shape) != base }) {
        fail(.entropy, point.member, "the base measure is not constant")
      }
    }
  }

  /// E_p[log p(x) − log q(x)] = KL(p ‖ q).
  private mutating func checkSampledDivergence(_ p: Point, _ q: Point, _ values: [[Double]]) {
    let (family, shape) = (family, p.shape)
    let other = natural(of: q, constantsOf: p)
    let ratios = values.map {
      family.logDensity(of: $0, natural: p.natural, shape) - family.logDensity(of: $0, natural: other, shape)
    }
    let divergence = family.divergence(p.natural, from: other, shape)
    expectMean(of: ratios, divergence, .divergence, p, "the mean log ratio of densities")
  }

  private mutating func expectMean(
    of numbers: [Double], _ expected: Double, _ law: FamilyLaw, _ point: Point, _ what: String
  ) {
    let n = Double(numbers.count)
    let mean = numbers.reduce(0, +) / n
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    let largest = numbers.map(abs).max() ?? 0
    if Tolerance.absolute(1e-12 * largest, because: "rounding").allows(mean, expected) { return }
    let tolerance = statistical(numbers.count)
    if !tolerance.allows(mean, expected, deviation: variance.squareRoot()) {
      fail(law, point.member, "\(what) is \(mean) but should be \(expected) (\(tolerance))")
    }
  }

  /// The density of one number integrates to one; the probabilities of labels and counts add up to one; a mean and a
  /// precision are integrated one after the other.
  mutating func checkNormalization(_ point: Point) {
    let (family, shape) = (family, point.shape)
    func logDensity(_ value: [Double]) -> Double {
      family.expectation(violatedBy: value, shape) == nil
        ? family.logDensity(of: value, natural: point.natural, shape) : -.infinity
    }
    // The base measure of a member with constants is not the family's to know.
    guard family.constantStatistics.isEmpty, let total = Self.total(family, point, logDensity) else { return }
    expect(
      total, 1, .absolute(1e-7, because: "double-exponential quadrature, cut off where 1 − x rounds to 0"),
      .normalization, point, "the integral of the density")
  }

  private static func total(
    _ family: any ExponentialFamily.Type, _ point: Point, _ logDensity: ([Double]) -> Double
  ) -> Double? {
    let shape = point.shape
    var random = RandomSource(seed: 3)
    let draws = (0..<64).map { _ in family.sample(point.natural, shape, using: &random) }
    let size = draws.map { abs($0.last ?? 0) }.sorted()[32]
    switch (family.domain, shape.dimension) {
    case (.real, 1):
      let center = draws.reduce(0) { $0 + $1[0] } / 64
      let scale = (draws.reduce(0) { $0 + ($1[0] - center) * ($1[0] - center) } / 64).squareRoot()
      return Interval.line(center: center, scale: scale).integral(step: 0.05, of: logDensity)
    case (.positive, 1), (.positiveDefinite, 1):
      return Interval.halfLine(scale: size).integral(step: 0.025, of: logDensity)
    case (.unitInterval, 1): return Interval.unit.integral(step: 0.05) { logDensity([$0[0]]) }
    case (.simplex, 2) where shape.groups.isEmpty: return Interval.unit.integral(step: 0.05, of: logDensity)
    case (.meanAndPrecision, 1) where family.valueCount(shape) == 2:
      let center = draws.reduce(0) { $0 + $1[0] } / 64
      return Interval.halfLine(scale: size).integral(step: 0.1, range: 5) { precision in
        let line = Interval.line(center: center, scale: 1 / precision[0].squareRoot())
        return _log(line.integral(step: 0.1, range: 5) { logDensity([$0[0], precision[0]]) })
      }
    case (.label, _) where shape.groups.isEmpty: return sum(over: shape.dimension, logDensity)
    case (.binary, 1): return sum(over: 2, logDensity)
    case (.count, 1):
      let mean = draws.reduce(0) { $0 + $1[0] } / 64
      return sum(over: Int(mean + 40 * (mean + 1).squareRoot()) + 100, logDensity)
    default: return nil
    }
  }

  private static func sum(over count: Int, _ logDensity: ([Double]) -> Double) -> Double {
    (0..<count).reduce(0) { $0 + _exp(logDensity([Double($1)])) }
  }
}
