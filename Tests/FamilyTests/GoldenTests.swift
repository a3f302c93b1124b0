import Suffice
import SufficeTesting
import Testing

@Suite("Golden values of families") struct FamilyGoldenTests {
  let golden: GoldenValues

  init() throws { golden = try GoldenValues.load() }

  private func family(_ name: String) throws -> any ExponentialFamily.Type {
    try #require(FamilyCatalog.family(named: name)).type
  }

  @Test func specialFunctions() throws {
    for row in golden.special {
      let x = row.arguments[0]
      let (value, tolerance): (Double, Tolerance)
      switch row.function {
      case "logGamma":
        value = logGamma(x)
        tolerance = .absolute(8 * row.value.number.ulp + 2e-15, because: "GSL's Lanczos sum, whose parts are of size 1")
      case "digamma":
        value = digamma(x)
        tolerance = .absolute(
          8 * row.value.number.ulp + 4e-16, because: "GSL's Chebyshev series and its zero near 1.46")
      case "trigamma":
        value = trigamma(x)
        tolerance = .ulps(4, because: "GSL's Hurwitz zeta function")
      case "logBeta":
        value = logBeta(x, row.arguments[1])
        tolerance = .relative(4e-15, because: "a few products of logarithms, without cancellation")
      case "digammaIncrease":
        value = digammaIncrease(x, by: row.arguments[1])
        tolerance = .relative(2e-15, because: "sums of positive numbers")
      case "multivariateLogGamma":
        value = multivariateLogGamma(x, dimension: row.dimension)
        tolerance = .relative(4e-15, because: "a sum of log-gamma functions")
      case "multivariateDigamma":
        value = multivariateDigamma(x, dimension: row.dimension)
        tolerance = .relative(4e-15, because: "a sum of digamma functions")
      default:
        Issue.record("no function \(row.function)")
        continue
      }
      #expect(
        tolerance.allows(value, row.value.number), "\(row.function)\(row.arguments): \(value) for \(row.value.number)")
    }
  }

  @Test func specialFunctionsOutsideTheirDomain() {
    for x in [0, -1, -0.5, Double.nan] {
      let values = [
        logGamma(x), digamma(x), trigamma(x), logBeta(x, 2), logBeta(2, x), digammaIncrease(x, by: 1),
      ]
      #expect(values.filter { !$0.isNaN }.isEmpty)
    }
    #expect(digammaIncrease(1, by: -0.5).isNaN)
    #expect(digammaIncrease(3, by: 0) == 0)
  }

  @Test func members() throws {
    for member in golden.members {
      let family = try family(member.family)
      let shape = FamilyShape(dimension: member.dimension, inputs: member.inputs)
      let natural = family.natural(from: member.parameters, shape)
      let partition = family.logPartition(natural, shape)
      let mean = family.meanStatistics(natural, shape)
      // α − 1 keeps 16 digits of 1, not of α: a relative error of 10⁻¹⁶/α.
      let loss = max(1, 0.1 / (member.parameters.joined().filter { $0 > 0 }.min() ?? 1))
      func expect(_ value: Double, _ expected: Double, size: Double, _ what: String) {
        let tolerance = Tolerance.absolute(
          4e-15 * loss * (size + abs(expected)), because: "rounding of the sum's parts and of the natural parameters")
        #expect(
          tolerance.allows(value, expected),
          "\(what) of \(member.family) \(member.parameters): \(value) for \(expected)")
      }
      #expect(mean.count == member.mean.count)
      for (i, (value, expected)) in zip(mean, member.mean).enumerated() {
        expect(value, expected.number, size: abs(expected.number), "mean statistic \(i)")
      }
      let size = abs(partition) + zip(natural, mean).reduce(0) { $0 + abs($1.0 * $1.1) }
      if let entropy = member.entropy { expect(family.entropy(natural, shape), entropy.number, size: size, "entropy") }
      for density in member.densities {
        let statistics = family.statistics(of: density.value, shape)
        let size = abs(partition) + zip(natural, statistics).reduce(0) { $0 + abs($1.0 * $1.1) }
        let value = family.logDensity(of: density.value, natural: natural, shape)
        expect(value, density.logDensity.number, size: size, "log density at \(density.value)")
      }
      for divergence in member.divergences {
        let other = family.natural(from: divergence.parameters, shape)
        let size =
          abs(partition) + abs(family.logPartition(other, shape))
          + natural.indices.reduce(0) { $0 + abs((other[$1] - natural[$1]) * mean[$1]) }
        expect(
          family.divergence(natural, from: other, shape), divergence.value.number, size: size,
          "divergence from \(divergence.parameters)")
      }
    }
  }

  /// The natural parameters that one observation of a normal likelihood adds, by the names of the statistics.
  static func observation(_ x: [Double], _ family: any ExponentialFamily.Type, _ shape: FamilyShape) -> [Double] {
    family.statistics(shape).flatMap { statistic -> [Double] in
      switch (statistic.name, statistic.form) {
      case (.precisionTimesMean, _): x
      case (.precision, .vector): x.map { -0.5 * $0 * $0 }
      case (.precision, .symmetric): SymmetricMatrix(outer: x).natural(times: -0.5)
      case (.precision, .scalar): [-0.5 * dot(x, x)]
      case (.meanPrecisionMean, let form): [Double](repeating: -0.5, count: form.count)
      case (.logPrecision, .scalar) where family == SphericalNormalGamma.self: [0.5 * Double(x.count)]
      case (.logPrecision, let form): [Double](repeating: 0.5, count: form.count)
      default: [.nan]
      }
    }
  }

  @Test func studentIncrements() throws {
    for member in golden.increments {
      let family = try family(member.family)
      let shape = FamilyShape(dimension: member.dimension)
      let natural = family.natural(from: member.parameters, shape)
      let increments = member.rows.map { Self.observation($0.observation, family, shape) }
      let values = family.logPartitionIncrements(
        natural, adding: increments.flatMap { $0 }, count: increments.count, shape)
      let size = abs(family.logPartition(natural, shape))
      for (row, (value, delta)) in zip(member.rows, zip(values, increments)) {
        let what = "\(member.family) \(member.parameters) at \(row.observation): \(value) for \(row.value.number)"
        let tolerance = Tolerance.absolute(
          4e-14 * (abs(row.value.number) + 1), because: "b and V are recovered from natural parameters as differences")
        #expect(tolerance.allows(value, row.value.number), "\(what)")
        // And the closed form is the difference of log partitions.
        let moved = family.logPartition(zip(natural, delta).map { $0 + $1 }, shape)
        let difference = moved - family.logPartition(natural, shape)
        let rough = Tolerance.absolute(
          1e-11 * (abs(moved) + size + 1), because: "both log partitions are rounded, and b is a difference")
        #expect(rough.allows(difference, value), "\(what), difference \(difference)")
      }
    }
  }
}
