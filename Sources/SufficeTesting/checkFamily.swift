import Suffice

/// The laws that every exponential family obeys.
public enum FamilyLaw: String, CaseIterable, Sendable {
  /// Statistics, parameters, values and samples have the numbers of elements that their forms say.
  case counts
  /// Samples lie in the support; NaN and infinite values do not.
  case support
  /// The mean map is the gradient of the log partition.
  case gradient
  /// The Jacobian of the mean map is symmetric and positive definite, up to directions in which statistics are constant.
  case fisher
  /// Natural parameters survive the way to conventional ones and back, and the other way round.
  case roundTrip
  /// `isProper` holds for members, and neither on the boundary of the domain nor outside.
  case properness
  /// The mean of sampled statistics is what the mean map says.
  case sampleMean
  /// The variance of sampled statistics, which the mean does not fix, is what the Fisher matrix says.
  case sampleVariance
  /// The mean log density of samples is minus the entropy.
  case entropy
  /// Divergences are not negative, zero between equals, and what samples say.
  case divergence
  /// The density integrates (or adds up) to one.
  case normalization
  /// `logPartitionIncrements` are differences of log partitions.
  case increments
  /// The density of a product is the product of its elements' densities.
  case product
}

/// Checks the laws of a family on random members, drawn with several scales of their conventional parameters: moderate,
/// wide, near the boundary of the domain, and large.
///
/// - Parameters:
///   - family: The family.
///   - shapes: The shapes of members. A family of one number is also integrated, where a shape has dimension 1 (or 2, on
///     the simplex).
///   - members: How many random members of each shape; a third of them are moderate.
///   - samples: How many samples statistical laws take from each moderate member.
///   - seed: The seed of members and samples; with one seed, the outcome is always the same.
/// - Throws: ``LawViolation`` with all laws that do not hold.
public func checkFamily(
  _ family: any ExponentialFamily.Type, shapes: [FamilyShape] = [FamilyShape(dimension: 1), FamilyShape(dimension: 3)],
  members: Int = 6, samples: Int = 1000, seed: UInt64 = 1
) throws {
  var random = RandomSource(seed: seed)
  let regimes: [FamilyMember.Regime] = [.moderate, .wide, .boundary, .moderate, .large, .boundary]
  let all = shapes.flatMap { shape in
    (0..<members).map { FamilyMember.random(family, shape, regimes[$0 % regimes.count], using: &random) }
  }
  try checkFamily(family, members: all, samples: samples, seed: seed)
}

/// Checks the laws of a family on given members.
///
/// - Parameters:
///   - family: The family.
///   - members: The members; statistical laws and integrals are checked on the tame ones.
///   - samples: How many samples statistical laws take from each tame member.
///   - seed: The seed of the samples.
/// - Throws: ``LawViolation`` with all laws that do not hold.
public func checkFamily(
  _ family: any ExponentialFamily.Type, members: [FamilyMember], samples: Int = 1000, seed: UInt64 = 1
) throws {
  var checker = FamilyChecker(family: family, samples: samples, seed: seed)
  var shapes: [FamilyShape] = []
  for member in members where !shapes.contains(member.shape) { shapes.append(member.shape) }
  for shape in shapes {
    checker.checkForms(shape)
    checker.checkImproper(shape)
    let points = members.filter { $0.shape == shape }.compactMap { checker.point($0) }
    for (index, point) in points.enumerated() {
      checker.checkGradient(point)
      checker.checkRoundTrip(point)
      checker.checkPair(point, points[(index + 1) % points.count])
      let values = checker.sampleValues(point, index: UInt64(index))
      if values.isEmpty { continue }
      checker.checkProduct(point, values: Array(values.prefix(20)))
      if point.member.isTame {
        checker.checkSamples(point, values, other: points[(index + 1) % points.count])
        checker.checkNormalization(point)
      }
    }
    checker.checkIncrements(points)
  }
  if !checker.failures.isEmpty { throw LawViolation(subject: family.name, failures: checker.failures) }
}

/// The state of one check: the family and the failures so far.
struct FamilyChecker {
  let family: any ExponentialFamily.Type
  let samples: Int
  let seed: UInt64
  private(set) var failures: [LawViolation.Failure] = []

  init(family: any ExponentialFamily.Type, samples: Int, seed: UInt64) {
    self.family = family
    self.samples = samples
    self.seed = seed
  }

  /// A member with what all laws need.
  struct Point {
    let member: FamilyMember
    let natural: [Double]
    let mean: [Double]
    /// What rounding makes of the mean.
    let noise: [Double]
    /// The Jacobian of the mean map, row by row.
    let fisher: [[Double]]
    /// Bounds of its errors.
    let fisherError: [[Double]]
    /// √F_ii.
    let deviations: [Double]
    /// Eigenvalues and eigenvectors of the Fisher matrix scaled to a unit diagonal, over statistics that vary at all.
    let spectrum: (values: [Double], vectors: [[Double]])
    var shape: FamilyShape { member.shape }
  }

  /// The member's natural parameters and what follows; nil, with a failure, where they are not proper.
  mutating func point(_ member: FamilyMember) -> Point? {
    let natural = family.natural(from: member.parameters, member.shape)
    guard natural.count == family.statisticCount(member.shape) else {
      fail(
        .counts, member, "\(natural.count) natural parameters, but \(family.statisticCount(member.shape)) statistics")
      return nil
    }
    guard family.isProper(natural, member.shape) else {
      fail(.properness, member, "a member with allowed parameters is not proper")
      return nil
    }
    let mean = family.meanStatistics(natural, member.shape)
    guard mean.count == natural.count else {
      fail(.counts, member, "\(mean.count) mean statistics, but \(natural.count) natural parameters")
      return nil
    }
    guard (mean + [family.logPartition(natural, member.shape)]).allSatisfy(\.isFinite) else {
      fail(.properness, member, "log partition or mean of a proper member is not finite")
      return nil
    }
    let noise = sensitivity(natural) { family.meanStatistics($0, member.shape) }
    // Along a constant of the member, statistics are not differentiated: nothing infers it.
    let constants = constantIndices(member.shape)
    let zeros = [Double](repeating: 0, count: natural.count)
    let columns = natural.indices.map { (i: Int) -> (values: [Double], errors: [Double]) in
      if constants.contains(i) { return (zeros, zeros) }
      return derivative(step: step(natural, i, member.shape), noise: noise) {
        family.meanStatistics(moved(natural, i, $0), member.shape)
      }
    }
    let fisher = columns.map(\.values)
    let deviations = fisher.indices.map { max(fisher[$0][$0], 0).squareRoot() }
    let correlation = fisher.indices.map { i in
      fisher.indices.map { j in
        let scale = deviations[i] * deviations[j]
        return scale > 0 ? 0.5 * (fisher[i][j] + fisher[j][i]) / scale : 0
      }
    }
    return Point(
      member: member, natural: natural, mean: mean, noise: noise, fisher: fisher, fisherError: columns.map(\.errors),
      deviations: deviations, spectrum: eigen(correlation))
  }

  /// The places of the natural parameters that are known constants of a member.
  func constantIndices(_ shape: FamilyShape) -> Set<Int> {
    var indices: Set<Int> = []
    for statistic in family.statistics(shape) where family.constantStatistics.contains(statistic.name) {
      let offset = family.offset(of: statistic.name, shape) ?? 0
      indices.formUnion(offset..<(offset + statistic.count))
    }
    return indices
  }

  /// Another member's natural parameters, but with the known constants of this one.
  func natural(of other: Point, constantsOf point: Point) -> [Double] {
    let constants = constantIndices(point.shape)
    return point.natural.indices.map { constants.contains($0) ? point.natural[$0] : other.natural[$0] }
  }

  /// A vector with one element moved.
  func moved(_ x: [Double], _ i: Int, _ step: Double) -> [Double] {
    var copy = x
    copy[i] += step
    return copy
  }

  /// The first step of a difference quotient: a tenth of the element, or 0.1 where it is smaller than 1, halved until
  /// twice the step stays in the domain on both sides, so that the function is analytic in a disc of twice the radius.
  func step(_ natural: [Double], _ i: Int, _ shape: FamilyShape) -> Double {
    func isInside(_ step: Double) -> Bool {
      let point = moved(natural, i, step)
      return family.isProper(point, shape) && family.logPartition(point, shape).isFinite
        && family.meanStatistics(point, shape).allSatisfy(\.isFinite)
    }
    var h = 0.1 * max(abs(natural[i]), 1)
    for _ in 0..<80 where !(isInside(2 * h) && isInside(-2 * h)) { h /= 2 }
    return h
  }

  /// How far a function of parameters moves when the parameters change by a few units in the last place: what rounding
  /// of its argument and inside of it amounts to.
  func sensitivity(_ x: [Double], _ function: ([Double]) -> [Double]) -> [Double] {
    let values = function(x)
    var random = RandomSource(seed: 7)
    var result = values.map { 4 * $0.ulp }
    for _ in 0..<8 {
      let near = x.map { $0 + (8 * random.uniform() - 4).rounded() * $0.ulp }
      for (i, value) in function(near).enumerated() { result[i] = max(result[i], abs(value - values[i])) }
    }
    return result
  }

  mutating func fail(_ law: FamilyLaw, _ member: FamilyMember, _ detail: String) {
    let parameters = zip(family.parameters(member.shape), member.parameters).map { "\($0.name) \($1)" }
    fail(law, member.shape, "\(detail) [\(parameters.joined(separator: ", "))]")
  }

  mutating func fail(_ law: FamilyLaw, _ shape: FamilyShape, _ detail: String) {
    failures.append(LawViolation.Failure(law: law.rawValue, detail: "dimension \(shape): \(detail)"))
  }

  /// Records a failure where a number is not what it should be.
  mutating func expect(
    _ value: Double, _ expected: Double, _ tolerance: Tolerance, _ law: FamilyLaw, _ point: Point,
    _ what: @autoclosure () -> String
  ) {
    if tolerance.allows(value, expected) { return }
    fail(law, point.member, "\(what()) is \(value) but should be \(expected) (\(tolerance))")
  }
}
