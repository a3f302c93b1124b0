import SpecialFunctions

/// The von Mises–Fisher distribution over unit vectors of dimension D, p(x) ∝ exp(κμᵀx), mean direction μ, concentration
/// κ ≥ 0.
///
/// The statistic is x with natural parameter κμ, any vector; at 0 the distribution is uniform. The density is with respect
/// to the area of the sphere; the log partition is `logSphereIntegral(concentration:dimension:)`. It is conjugate to
/// itself: a prior of the mean direction of vectors with known concentration. The conventional parameter is the vector
/// κμ too, named `direction`, so that it may be 0.
///
/// Source: Mardia & Jupp, *Directional Statistics* (2000), sections 9.3.2 and 12.2; Banerjee, Dhillon, Ghosh & Sra,
/// "Clustering on the unit hypersphere using von Mises–Fisher distributions", *JMLR* 6 (2005).
public struct VonMisesFisher: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A prior of a direction.
  ///
  /// - Parameters:
  ///   - direction: Mean direction times concentration, κμ; 0 is the uniform distribution.
  ///   - count: The dimension D; by default that of the variable that depends on it.
  public init(direction: some KnownArgument, count: Int? = nil) {
    conditional = Conditional(VonMisesFisher.self, [("direction", direction)], count: count.map(Count.number))
  }

  /// Unit vectors around a variable direction.
  ///
  /// - Parameters:
  ///   - mean: The mean direction μ, a variable.
  ///   - concentration: The concentration κ ≥ 0; known.
  ///   - count: The dimension D, which the normalizer depends on.
  public init(mean: some VariableArgument<VonMisesFisher>, concentration: Double, count: Int) {
    conditional = Conditional(
      VonMisesFisher.self, [("mean", mean)], count: .number(count),
      terms: [
        Term(concentration, child(.value, .i), argument("mean", .value, .i)),
        Term(-logSphereIntegral(concentration: concentration, dimension: count)),
      ])
  }

  public static let domain = ValueDomain.unitVector

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.value, .vector(shape.dimension))]
  }

  private static func length(_ x: [Double]) -> Double {
    // Relative to the largest element, so that no square overflows or underflows.
    let largest = x.map(abs).max() ?? 0
    guard largest > 0, largest.isFinite else { return largest }
    return largest * x.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    shape.dimension == 0 ? 0 : logSphereIntegral(concentration: length(natural), dimension: shape.dimension)
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    let ratio = sphereMeanRatio(concentration: length(natural), dimension: shape.dimension)
    return natural.map { ratio * $0 }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { natural.allSatisfy(\.isFinite) }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.isEmpty || abs(length(value) - 1) < 1e-9 ? nil : "a vector of length 1"
  }

  /// By rejection along the mean direction (Wood, *Communications in Statistics – Simulation* 23, 1994).
  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let kappa = length(natural)
    if shape.dimension == 0 { return [] }
    let free = 0.5 * Double(shape.dimension - 1)
    guard free > 0 else { return [random.uniform() < 1 / (1 + _exp(-2 * natural[0])) ? 1 : -1] }
    // A direction that is uniform, and its part across the mean direction.
    var across = (0..<shape.dimension).map { _ in random.normal() }
    guard kappa > 0 else {
      let size = length(across)
      return across.map { $0 / size }
    }
    let mean = natural.map { $0 / kappa }
    let along = dot(across, mean)
    across = zip(across, mean).map { $0 - along * $1 }
    let size = length(across)
    let b = free / (kappa + (kappa * kappa + free * free).squareRoot())
    let x = (1 - b) / (1 + b)
    // 1 − x² = 4b/(1 + b)²
    let bound = kappa * x + 2 * free * _log(4 * b / ((1 + b) * (1 + b)))
    while true {
      let (first, second) = (random.gamma(shape: free), random.gamma(shape: free))
      let z = first / (first + second)
      let cosine = (1 - (1 + b) * z) / (1 - (1 - b) * z)
      guard kappa * cosine + 2 * free * _log(1 - x * cosine) - bound >= _log(random.uniform()) else { continue }
      let sine = max(1 - cosine * cosine, 0).squareRoot()
      return zip(mean, across).map { cosine * $0 + sine / size * $1 }
    }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("direction", .vector(shape.dimension))]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] { parameters[0] }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] { [natural] }

  /// κ (1 − cos) of the angle between the directions.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? {
    let (own, others) = (length(natural), length(other))
    return own > 0 && others > 0 ? own - dot(natural, other) / others : 0
  }

  /// The mean, a vector shorter than 1, and the concentration.
  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    [Summary("mean", meanStatistics(natural, shape)), Summary("concentration", [length(natural)])]
  }
}
