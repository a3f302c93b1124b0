import ExponentialFamilies
import SpecialFunctions
import SufficeTesting
import Testing

/// How far out the centre of one member lies in another: zero at itself, and calibrated for values drawn from the member.
@Suite struct RemotenessTests {
  private struct Case: CustomTestStringConvertible, Sendable {
    let family: any ExponentialFamily.Type
    let shape: FamilyShape
    let parameters: [[Double]]
    /// The conventional parameters of a member that is as good as one value of the family.
    let point: @Sendable ([Double], FamilyShape) -> [[Double]]
    var testDescription: String { "\(family.name) \(parameters)" }
  }

  private static let much = 1e10

  private static let cases: [Case] = [
    Case(family: Normal.self, shape: FamilyShape(dimension: 1), parameters: [[3], [0.25]]) { x, _ in [x, [much]] },
    Case(
      family: MultivariateNormal.self, shape: FamilyShape(dimension: 3),
      parameters: [[1, 2, 3], [2, 0.5, 1, 0, 0.1, 3]]
    ) { x, _ in [x, [much, 0, much, 0, 0, much]] },
    Case(family: Gamma.self, shape: FamilyShape(dimension: 1), parameters: [[0.5], [2]]) { x, _ in
      [[much], [much / x[0]]]
    },
    Case(family: Gamma.self, shape: FamilyShape(dimension: 1), parameters: [[40], [2]]) { x, _ in
      [[much], [much / x[0]]]
    },
    Case(family: InverseGamma.self, shape: FamilyShape(dimension: 1), parameters: [[5], [2]]) { x, _ in
      [[much], [much * x[0]]]
    },
    Case(family: Beta.self, shape: FamilyShape(dimension: 1), parameters: [[3], [5]]) { x, _ in
      [[much * x[0]], [much * (1 - x[0])]]
    },
    Case(family: Dirichlet.self, shape: FamilyShape(dimension: 3), parameters: [[2, 3, 4]]) { x, _ in
      [x.map { much * $0 }]
    },
    Case(family: Wishart.self, shape: FamilyShape(dimension: 2), parameters: [[9], [1, 0.2, 2]]) { x, shape in
      let inverse = SymmetricMatrix(order: shape.dimension, packed: x).cholesky()?.inverse().packed ?? []
      return [[much], inverse]
    },
    Case(
      family: NormalWishart.self, shape: FamilyShape(dimension: 2), parameters: [[1, 2], [2], [9], [1, 0.2, 2]]
    ) { x, shape in
      let inverse = SymmetricMatrix(order: shape.dimension, packed: Array(x[2...])).cholesky()?.inverse().packed ?? []
      return [Array(x[..<2]), [much], [much], inverse]
    },
    Case(family: NormalGamma.self, shape: FamilyShape(dimension: 1), parameters: [[1], [2], [6], [3]]) { x, _ in
      [[x[0]], [much], [much], [much / x[1]]]
    },
  ]

  /// Values drawn from a member are as far out as chance says: one in a hundred beyond the hundredth, half beyond the half.
  @Test(arguments: cases.indices)
  func calibration(_ index: Int) throws {
    let c = Self.cases[index]
    let natural = c.family.natural(from: c.parameters, c.shape)
    var random = RandomSource(seed: 11)
    let draws = 2000
    var (rare, common) = (0, 0)
    for _ in 0..<draws {
      let value = c.family.sample(natural, c.shape, using: &random)
      let other = c.family.natural(from: c.point(value, c.shape), c.shape)
      let found = c.family.remoteness(of: other, in: natural, c.shape)
      let remoteness = try #require(found)
      let tail = logChiSquareTail(2 * remoteness, degrees: Double(c.family.valueCount(c.shape)))
      if tail < -4.605 { rare += 1 }
      if tail < -0.693 { common += 1 }
    }
    // Three times as many as chance says at most; the Dirichlet has one free number less than a value has.
    #expect(rare <= 60, "\(rare) of \(draws) beyond one in a hundred")
    #expect(common > draws / 5 && common < draws * 3 / 4, "\(common) of \(draws) beyond a half")
  }

  @Test(arguments: cases.indices)
  func zeroAtItself(_ index: Int) throws {
    let c = Self.cases[index]
    let natural = c.family.natural(from: c.parameters, c.shape)
    let remoteness = c.family.remoteness(of: natural, in: natural, c.shape)
    #expect(abs(try #require(remoteness)) < 1e-9)
  }

  /// Against values to 16 digits (mpmath).
  @Test func chiSquareTail() {
    for (x, degrees, expected) in [
      (1.0, 1.0, -1.147_874_464_449_318_2), (30.0, 2.0, -15.0), (0.01, 4.0, -1.245_848_896_092_638_8e-5),
      (1000.0, 3.0, -496.770_915_208_839_95), (5.0, 10.0, -0.115_211_074_706_929_97),
    ] {
      let value = logChiSquareTail(x, degrees: degrees)
      #expect(abs(value - expected) <= 1e-12 * abs(expected), "\(x), \(degrees): \(value) for \(expected)")
    }
    #expect(logChiSquareTail(0, degrees: 2) == 0 && logChiSquareTail(-1, degrees: 2).isNaN)
  }
}
