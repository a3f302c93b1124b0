import Suffice
import SufficeTesting
import Testing

/// A family that is another one, except for what it overrides.
protocol Mutant: ExponentialFamily {
  associatedtype Base: ExponentialFamily
}

extension Mutant {
  static var domain: ValueDomain { Base.domain }
  static var hasConstantBaseMeasure: Bool { Base.hasConstantBaseMeasure }
  static func statistics(_ shape: FamilyShape) -> [Statistic] { Base.statistics(shape) }
  static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double { Base.logPartition(natural, shape) }
  static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    Base.meanStatistics(natural, shape)
  }
  static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { Base.isProper(natural, shape) }
  static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { Base.statistics(of: value, shape) }
  static func logBaseMeasure(of value: [Double], _ shape: FamilyShape) -> Double {
    Base.logBaseMeasure(of: value, shape)
  }
  static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    Base.expectation(violatedBy: value, shape)
  }
  static func valueCount(_ shape: FamilyShape) -> Int { Base.valueCount(shape) }
  static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    Base.sample(natural, shape, using: &random)
  }
  static func parameters(_ shape: FamilyShape) -> [Parameter] { Base.parameters(shape) }
  static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    Base.natural(from: parameters, shape)
  }
  static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    Base.parameters(from: natural, shape)
  }
  static func logPartitionIncrements(
    _ natural: [Double], adding increments: [Double], count: Int, _ shape: FamilyShape
  ) -> [Double] {
    Base.logPartitionIncrements(natural, adding: increments, count: count, shape)
  }
}

/// Families with one fault each, and the laws that must find it.
@Suite struct MutationTests {
  private func lawsBroken(by family: any ExponentialFamily.Type, samples: Int = 1000) -> Set<FamilyLaw> {
    do {
      try checkFamily(family, samples: samples)
      return []
    } catch let violation as LawViolation {
      return Set(violation.laws.compactMap(FamilyLaw.init))
    } catch {
      Issue.record(error)
      return []
    }
  }

  enum Faithful: Mutant { typealias Base = NormalGamma }

  @Test func noFault() {
    #expect(lawsBroken(by: Faithful.self) == [])
  }

  enum MeanOffByAThousandth: Mutant {
    typealias Base = Gamma
    static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
      Base.meanStatistics(natural, shape).map { 1.001 * $0 }
    }
  }

  @Test func meanOffByAThousandth() {
    #expect(lawsBroken(by: MeanOffByAThousandth.self).isSuperset(of: [.gradient]))
  }

  enum MeanNotSymmetric: Mutant {
    typealias Base = MultivariateNormal
    static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
      var mean = Base.meanStatistics(natural, shape)
      mean[0] += 0.01 * natural[natural.count - 1]
      return mean
    }
  }

  @Test func meanNotSymmetric() {
    #expect(lawsBroken(by: MeanNotSymmetric.self).isSuperset(of: [.gradient, .fisher]))
  }

  /// The natural parameter of an off-diagonal element taken for one of both.
  enum OffDiagonalOnce: Mutant {
    typealias Base = Wishart
    static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
      var statistics = Base.statistics(of: value, shape)
      for i in 0..<shape.dimension { for j in 0..<i { statistics[i * (i + 1) / 2 + j] *= 2 } }
      return statistics
    }
  }

  @Test func offDiagonalOnce() {
    #expect(lawsBroken(by: OffDiagonalOnce.self).isSuperset(of: [.sampleMean, .entropy]))
  }

  enum BaseMeasureForgotten: Mutant {
    typealias Base = Poisson
    static func logBaseMeasure(of value: [Double], _ shape: FamilyShape) -> Double { 0 }
  }

  @Test func baseMeasureForgotten() {
    #expect(lawsBroken(by: BaseMeasureForgotten.self) == [.normalization])
  }

  enum BaseMeasureSaidToBeConstant: Mutant {
    typealias Base = Poisson
    static let hasConstantBaseMeasure = true
  }

  @Test func baseMeasureSaidToBeConstant() {
    #expect(lawsBroken(by: BaseMeasureSaidToBeConstant.self) == [.entropy])
  }

  enum ConstantForgotten: Mutant {
    typealias Base = Normal
    static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
      Base.logPartition(natural, shape) - 0.5 * logTwoPi * Double(shape.dimension)
    }
  }

  @Test func constantForgotten() {
    #expect(lawsBroken(by: ConstantForgotten.self).isSuperset(of: [.normalization]))
  }

  enum ConstantOfOneElement: Mutant {
    typealias Base = NormalGamma
    static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
      Base.logPartition(natural, shape) - 0.5 * logTwoPi * Double(shape.dimension - 1)
    }
  }

  @Test func constantOfOneElement() {
    #expect(lawsBroken(by: ConstantOfOneElement.self).isSuperset(of: [.product]))
  }

  enum SamplesTooWide: Mutant {
    typealias Base = Normal
    static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
      let mean = Base.meanStatistics(natural, shape)
      return Base.sample(natural, shape, using: &random).enumerated().map { mean[$0] + 1.2 * ($1 - mean[$0]) }
    }
  }

  @Test func samplesTooWide() {
    #expect(lawsBroken(by: SamplesTooWide.self).isSuperset(of: [.sampleMean, .entropy]))
  }

  /// The right mean, which is all that the statistics tell, but half of the variance.
  enum SamplesTooNarrow: Mutant {
    typealias Base = Exponential
    static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
      let (a, b) = (Base.sample(natural, shape, using: &random), Base.sample(natural, shape, using: &random))
      return zip(a, b).map { 0.5 * ($0 + $1) }
    }
  }

  @Test func samplesTooNarrow() {
    #expect(lawsBroken(by: SamplesTooNarrow.self, samples: 4000) == [.sampleVariance])
  }

  enum SamplesOutside: Mutant {
    typealias Base = Beta
    static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
      Base.sample(natural, shape, using: &random).map { $0 > 0.9 ? 1 : $0 }
    }
  }

  @Test func samplesOutside() {
    #expect(lawsBroken(by: SamplesOutside.self).isSuperset(of: [.support]))
  }

  enum NaNAccepted: Mutant {
    typealias Base = Exponential
    static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
      value.contains { $0 < 0 } ? "above 0" : nil
    }
  }

  @Test func nanAccepted() {
    #expect(lawsBroken(by: NaNAccepted.self) == [.support])
  }

  enum EverythingProper: Mutant {
    typealias Base = Dirichlet
    static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { true }
  }

  @Test func everythingProper() {
    #expect(lawsBroken(by: EverythingProper.self) == [.properness])
  }

  enum SmallShapesImproper: Mutant {
    typealias Base = Gamma
    static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
      Base.isProper(natural, shape) && natural[shape.dimension...].allSatisfy { $0 > -0.99 }
    }
  }

  @Test func smallShapesImproper() {
    #expect(lawsBroken(by: SmallShapesImproper.self) == [.properness])
  }

  /// A constant's statistic that is not 0 on average.
  enum ConstantWithAMean: Mutant {
    typealias Base = PolyaGamma
    static let constantStatistics: Set<StatisticName> = Base.constantStatistics
    static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
      Base.meanStatistics(natural, shape).enumerated().map { $0.offset < shape.dimension ? $0.element : 1 }
    }
  }

  /// What is said to be a statistic, although nothing varies it.
  enum ConstantNotDeclared: Mutant { typealias Base = PolyaGamma }

  /// A constant is no excuse for a wrong mean of the other statistics.
  enum HalfOfTheMean: Mutant {
    typealias Base = PolyaGamma
    static let constantStatistics: Set<StatisticName> = Base.constantStatistics
    static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
      Base.meanStatistics(natural, shape).map { 0.5 * $0 }
    }
  }

  @Test func constants() {
    #expect(lawsBroken(by: ConstantWithAMean.self).isSuperset(of: [.gradient, .fisher]))
    #expect(lawsBroken(by: ConstantNotDeclared.self).isSuperset(of: [.gradient, .normalization]))
    #expect(lawsBroken(by: HalfOfTheMean.self).isSuperset(of: [.gradient, .sampleMean]))
  }

  enum ScaleForRate: Mutant {
    typealias Base = Gamma
    static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
      let parameters = Base.parameters(from: natural, shape)
      return [parameters[0], parameters[1].map { 1 / $0 }]
    }
  }

  @Test func scaleForRate() {
    #expect(lawsBroken(by: ScaleForRate.self) == [.roundTrip])
  }

  enum IncrementsReversed: Mutant {
    typealias Base = Categorical
    static func logPartitionIncrements(
      _ natural: [Double], adding increments: [Double], count: Int, _ shape: FamilyShape
    ) -> [Double] {
      Base.logPartitionIncrements(natural, adding: increments, count: count, shape).map { -$0 }
    }
  }

  @Test func incrementsReversed() {
    #expect(lawsBroken(by: IncrementsReversed.self) == [.increments])
  }

  enum PartitionNegated: Mutant {
    typealias Base = Bernoulli
    static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double { -Base.logPartition(natural, shape) }
    static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
      Base.meanStatistics(natural, shape).map { -$0 }
    }
  }

  @Test func partitionNegated() {
    #expect(lawsBroken(by: PartitionNegated.self).isSuperset(of: [.fisher, .divergence, .entropy, .normalization]))
  }

  enum StatisticMissing: Mutant {
    typealias Base = SphericalNormalGamma
    static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
      Base.statistics(of: value, shape).dropLast()
    }
  }

  enum ValueTooLong: Mutant {
    typealias Base = StickBreaking
    static func valueCount(_ shape: FamilyShape) -> Int { shape.dimension + 1 }
  }

  @Test func wrongCounts() {
    #expect(lawsBroken(by: StatisticMissing.self) == [.counts])
    #expect(lawsBroken(by: ValueTooLong.self) == [.counts])
  }

  @Test func statisticalTolerances() {
    let tolerance = Tolerance.statistical(samples: 100, failureProbability: 1e-3, because: "test")
    // Quantiles of χ² at 1 − 10⁻³ for 1, 10 and 100 degrees of freedom; the bound lies above, but not by much.
    for (degrees, quantile) in [(1, 10.83), (10, 29.59), (100, 149.45)] {
      let limit = tolerance.chiSquareLimit(degreesOfFreedom: degrees)
      #expect(limit > quantile && limit < 2.1 * quantile)
    }
    #expect(!tolerance.allows(.nan, .nan) && !tolerance.allows(1, 0) && tolerance.allows(0.1, 0))
    #expect(!Tolerance.relative(1, because: "test").allows(.infinity, 1))
    #expect(!Tolerance.absolute(1, because: "test").allows(.nan, 1))
    #expect(Tolerance.ulps(1, because: "test").allows(1 + 0x1p-52, 1))
  }
}
