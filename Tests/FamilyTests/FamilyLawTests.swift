import Suffice
import SufficeTesting
import Testing

@Suite struct FamilyLawTests {
  @Test(arguments: FamilyCatalog.families.map(Family.init))
  func laws(_ family: Family) throws {
    // A unit vector of dimension 1 is a sign, whose rarer value samples need not show.
    let dimensions = family.type.domain == .unitVector ? [2, 3] : [1, 3]
    try checkFamily(family.type, shapes: dimensions.map { FamilyShape(dimension: $0) })
  }

  @Test(arguments: [Family(StickBreaking.self), Family(Dirichlet.self), Family(Categorical.self)])
  func weightsOfOtherSizes(_ family: Family) throws {
    try checkFamily(family.type, shapes: [2, 6].map { FamilyShape(dimension: $0) }, seed: 2)
  }

  @Test(arguments: [Family(Dirichlet.self), Family(Categorical.self)])
  func groups(_ family: Family) throws {
    try checkFamily(
      family.type, shapes: [[2, 3], [1, 4, 2]].map { FamilyShape(dimension: $0.reduce(0, +), groups: $0) })
  }

  @Test func signsAndUniformVectors() throws {
    try checkFamily(
      VonMisesFisher.self,
      members: [[0.7], [0.1, -0.5], [0, 0, 0, 0], [100, 400, 300]].map { direction in
        FamilyMember(shape: FamilyShape(dimension: direction.count), parameters: [direction])
      })
  }

  @Test(arguments: [Family(MatrixNormal.self), Family(MatrixNormalWishart.self)])
  func linearMaps(_ family: Family) throws {
    try checkFamily(
      family.type,
      shapes: [(1, 1), (1, 3), (2, 1), (3, 2)].map { FamilyShape(dimension: $0.0, inputs: $0.1) })
  }

  /// Counts with rates for which the sampler splits the interval instead of inverting.
  @Test func poissonWithLargeRates() throws {
    try checkFamily(
      Poisson.self,
      members: [35, 1000, 1e6].map { FamilyMember(shape: FamilyShape(dimension: 1), parameters: [[$0]]) }, samples: 2000
    )
  }

  /// What a table without columns of a kind leaves: nothing, of which everything is zero.
  @Test(arguments: FamilyCatalog.families.map(Family.init))
  func dimensionZero(_ family: Family) throws {
    let (family, shape) = (family.type, FamilyShape(dimension: 0))
    let natural = family.natural(
      from: family.parameters(shape).map { [Double](repeating: 1, count: $0.form.count) }, shape)
    #expect(natural.count == family.statisticCount(shape))
    let (isProper, partition) = (family.isProper(natural, shape), family.logPartition(natural, shape))
    #expect(isProper && partition.isFinite)
    let mean = family.meanStatistics(natural, shape)
    #expect(mean.count == natural.count)
    var random = RandomSource(seed: 1)
    let value = family.sample(natural, shape, using: &random)
    #expect(value.count == family.valueCount(shape))
    let statistics = family.statistics(of: value, shape)
    #expect(statistics.count == natural.count)
    let increment = FamilyGoldenTests.observation([], family, shape)
    if increment.count == natural.count && family.domain == .meanAndPrecision {
      let increments = family.logPartitionIncrements(natural, adding: increment, count: 1, shape)
      #expect(increments == [0])
    }
  }
}
