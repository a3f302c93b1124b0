import Suffice
import SufficeTesting
import Testing

/// The terms of every likelihood against densities written by hand from the textbooks, without the library's functions.
@Suite struct LikelihoodTests {
  private let shapes = [1, 3].map { FamilyShape(dimension: $0) }

  private func logNormal(_ x: Double, mean: Double, precision: Double) -> Double {
    0.5 * (_log(precision) - _log(2 * Double.pi)) - 0.5 * precision * (x - mean) * (x - mean)
  }

  @Test func normalWithTwoArguments() throws {
    for shape in shapes {
      try checkLikelihood(
        Normal(mean: FreeArgument<Normal>(), precision: FreeArgument<Gamma>()), shape: shape
      ) { x, arguments in
        x.indices.reduce(0) { $0 + logNormal(x[$1], mean: arguments[0][$1], precision: arguments[1][$1]) }
      }
    }
  }

  @Test func normalWithOneNumberForAllElements() throws {
    for dimensions in [["precision": 1], ["mean": 1], ["mean": 1, "precision": 1]] {
      try checkLikelihood(
        Normal(mean: FreeArgument<Normal>(), precision: FreeArgument<Gamma>()), shape: FamilyShape(dimension: 3),
        dimensions: dimensions
      ) { x, arguments in
        x.indices.reduce(0) { sum, i in
          sum
            + logNormal(
              x[i], mean: arguments[0][i % arguments[0].count], precision: arguments[1][i % arguments[1].count])
        }
      }
    }
  }

  @Test func normalWithKnownArguments() throws {
    try checkLikelihood(
      Normal(mean: [1, -2, 0.5], precision: FreeArgument<Gamma>()), shape: FamilyShape(dimension: 3)
    ) { x, arguments in
      x.indices.reduce(0) { $0 + logNormal(x[$1], mean: [1, -2, 0.5][$1], precision: arguments[1][$1]) }
    }
    try checkLikelihood(
      Normal(mean: FreeArgument<Normal>(), precision: 2.5), shape: FamilyShape(dimension: 3)
    ) { x, arguments in
      x.indices.reduce(0) { $0 + logNormal(x[$1], mean: arguments[0][$1], precision: 2.5) }
    }
  }

  @Test func normalWithJointArguments() throws {
    for shape in shapes {
      try checkLikelihood(Normal(FreeArgument<NormalGamma>()), shape: shape) { x, arguments in
        x.indices.reduce(0) { $0 + logNormal(x[$1], mean: arguments[0][$1], precision: arguments[0][x.count + $1]) }
      }
      try checkLikelihood(Normal(FreeArgument<SphericalNormalGamma>()), shape: shape) { x, arguments in
        x.indices.reduce(0) { $0 + logNormal(x[$1], mean: arguments[0][$1], precision: arguments[0][x.count]) }
      }
    }
    try checkLikelihood(
      Normal(FreeArgument<NormalGamma>()), shape: FamilyShape(dimension: 3), dimensions: ["parameters": 1]
    ) { x, arguments in
      x.indices.reduce(0) { $0 + logNormal(x[$1], mean: arguments[0][0], precision: arguments[0][1]) }
    }
  }

  /// The determinant by cofactors, and the quadratic form by all pairs: for orders up to 3.
  private func logMultivariateNormal(_ x: [Double], mean: [Double], precision packed: [Double]) -> Double {
    let n = x.count
    func p(_ i: Int, _ j: Int) -> Double { packed[max(i, j) * (max(i, j) + 1) / 2 + min(i, j)] }
    let determinant =
      n == 1
      ? p(0, 0)
      : p(0, 0) * (p(1, 1) * p(2, 2) - p(1, 2) * p(1, 2)) - p(0, 1) * (p(0, 1) * p(2, 2) - p(1, 2) * p(0, 2))
        + p(0, 2) * (p(0, 1) * p(1, 2) - p(1, 1) * p(0, 2))
    var square = 0.0
    for i in 0..<n { for j in 0..<n { square += (x[i] - mean[i]) * p(i, j) * (x[j] - mean[j]) } }
    return 0.5 * (_log(determinant) - Double(n) * _log(2 * Double.pi) - square)
  }

  @Test func multivariateNormal() throws {
    for shape in shapes {
      try checkLikelihood(
        MultivariateNormal(mean: FreeArgument<MultivariateNormal>(), precision: FreeArgument<Wishart>()), shape: shape
      ) { x, arguments in logMultivariateNormal(x, mean: arguments[0], precision: arguments[1]) }
      try checkLikelihood(MultivariateNormal(FreeArgument<NormalWishart>()), shape: shape) { x, arguments in
        let d = x.count
        return logMultivariateNormal(x, mean: Array(arguments[0][..<d]), precision: Array(arguments[0][d...]))
      }
      try checkLikelihood(
        MultivariateNormal(mean: 0.5, precision: FreeArgument<Wishart>()), shape: shape
      ) { x, arguments in logMultivariateNormal(x, mean: arguments[0], precision: arguments[1]) }
      try checkLikelihood(
        MultivariateNormal(mean: FreeArgument<MultivariateNormal>(), precision: 2.0), shape: shape
      ) { x, arguments in logMultivariateNormal(x, mean: arguments[0], precision: arguments[1]) }
    }
  }

  /// Both priors of a linear map, of which the value is the map row by row and the precision matrix.
  @Test func linearMaps() throws {
    for (d, p) in [(1, 1), (1, 3), (3, 2)] {
      let shape = FamilyShape(dimension: d, inputs: p)
      func logDensity(_ y: [Double], _ arguments: [[Double]]) -> Double {
        let (map, x) = (arguments[0], arguments[1])
        let mean = (0..<d).map { i in (0..<p).reduce(0.0) { $0 + map[i * p + $1] * x[$1] } }
        return logMultivariateNormal(y, mean: mean, precision: Array(map[(d * p)...]))
      }
      let inputs = FreeArgument<MultivariateNormal>()
      try checkLikelihood(
        MultivariateNormal(FreeArgument<MatrixNormal>(), inputs: inputs), shape: shape, dimensions: ["inputs": p],
        logDensity: logDensity)
      try checkLikelihood(
        MultivariateNormal(FreeArgument<MatrixNormalWishart>(), inputs: inputs), shape: shape,
        dimensions: ["inputs": p], logDensity: logDensity)
    }
  }

  @Test func categorical() throws {
    for shape in [1, 4].map({ FamilyShape(dimension: $0) }) {
      try checkLikelihood(Categorical(FreeArgument<Dirichlet>()), shape: shape) { x, arguments in
        _log(arguments[0][Int(x[0])])
      }
      try checkLikelihood(Categorical(FreeArgument<StickBreaking>()), shape: shape) { x, arguments in
        _log(arguments[0][Int(x[0])])
      }
    }
    try checkLikelihood(
      Categorical(FreeArgument<Dirichlet>()), shape: FamilyShape(dimension: 5, groups: [2, 3])
    ) { x, arguments in _log(arguments[0][Int(x[0])]) + _log(arguments[0][2 + Int(x[1])]) }
  }

  @Test func bernoulli() throws {
    for dimensions in [[:], ["probability": 1]] {
      try checkLikelihood(
        Bernoulli(FreeArgument<Beta>()), shape: FamilyShape(dimension: 3), dimensions: dimensions
      ) { x, arguments in
        x.indices.reduce(0) {
          let p = arguments[0][$1 % arguments[0].count]
          return $0 + (x[$1] == 1 ? _log(p) : _log(1 - p))
        }
      }
    }
    try checkLikelihood(Bernoulli([0.2, 0.7]), shape: FamilyShape(dimension: 2)) { x, arguments in
      _log(x[0] == 1 ? 0.2 : 0.8) + _log(x[1] == 1 ? 0.7 : 0.3)
    }
  }

  @Test func poisson() throws {
    for dimensions in [[:], ["rate": 1]] {
      try checkLikelihood(
        Poisson(FreeArgument<Gamma>()), shape: FamilyShape(dimension: 3), dimensions: dimensions
      ) { x, arguments in
        x.indices.reduce(0) { sum, i in
          let rate = arguments[0][i % arguments[0].count]
          return (0..<Int(x[i])).reduce(sum - rate) { $0 + _log(rate / Double($1 + 1)) }
        }
      }
    }
  }

  @Test func exponential() throws {
    for dimensions in [[:], ["rate": 1]] {
      try checkLikelihood(
        Exponential(FreeArgument<Gamma>()), shape: FamilyShape(dimension: 3), dimensions: dimensions
      ) { x, arguments in
        x.indices.reduce(0) {
          let rate = arguments[0][$1 % arguments[0].count]
          return $0 + _log(rate) - rate * x[$1]
        }
      }
    }
  }

  @Test func gamma() throws {
    for dimensions in [[:], ["rate": 1]] {
      // Γ(3) = 2 and Γ(1) = 1: no function of the library is needed.
      try checkLikelihood(
        Gamma(shape: [3, 1], rate: FreeArgument<Gamma>()), shape: FamilyShape(dimension: 2), dimensions: dimensions
      ) { x, arguments in
        let (first, second) = (arguments[1][0], arguments[1][arguments[1].count - 1])
        return 3 * _log(first) + 2 * _log(x[0]) - first * x[0] - _log(2) + _log(second) - second * x[1]
      }
    }
  }

  @Test func geometric() throws {
    for dimensions in [[:], ["probability": 1]] {
      try checkLikelihood(
        Geometric(FreeArgument<Beta>()), shape: FamilyShape(dimension: 3), dimensions: dimensions
      ) { x, arguments in
        x.indices.reduce(0) {
          let p = arguments[0][$1 % arguments[0].count]
          return $0 + _log(p) + x[$1] * _log(1 - p)
        }
      }
    }
  }

  @Test func multinomial() throws {
    func logDensity(_ x: [Double], _ probabilities: [Double]) -> Double {
      var (trial, sum) = (0.0, 0.0)
      for (count, p) in zip(x, probabilities) {
        for k in 0..<Int(count) {
          trial += 1
          sum += _log(trial / Double(k + 1)) + _log(p)
        }
      }
      return sum
    }
    for shape in [2, 4].map({ FamilyShape(dimension: $0) }) {
      try checkLikelihood(Multinomial(probabilities: FreeArgument<Dirichlet>()), shape: shape) { x, arguments in
        logDensity(x, arguments[0])
      }
      try checkLikelihood(Multinomial(trials: 9, probabilities: FreeArgument<StickBreaking>()), shape: shape) {
        x, arguments in logDensity(x, arguments[0])
      }
    }
  }

  @Test func logNormal() throws {
    for shape in shapes {
      try checkLikelihood(
        LogNormal(mean: FreeArgument<Normal>(), precision: FreeArgument<Gamma>()), shape: shape
      ) { x, arguments in
        x.indices.reduce(0) {
          $0 + logNormal(_log(x[$1]), mean: arguments[0][$1], precision: arguments[1][$1]) - _log(x[$1])
        }
      }
      try checkLikelihood(LogNormal(FreeArgument<NormalGamma>()), shape: shape) { x, arguments in
        x.indices.reduce(0) {
          $0 + logNormal(_log(x[$1]), mean: arguments[0][$1], precision: arguments[0][x.count + $1]) - _log(x[$1])
        }
      }
    }
    try checkLikelihood(
      LogNormal(mean: 0.5, precision: FreeArgument<Gamma>()), shape: FamilyShape(dimension: 3),
      dimensions: ["precision": 1]
    ) { x, arguments in
      x.reduce(0) { $0 + logNormal(_log($1), mean: 0.5, precision: arguments[1][0]) - _log($1) }
    }
  }

  @Test func inverseGamma() throws {
    for dimensions in [[:], ["scale": 1]] {
      // Γ(3) = 2 and Γ(1) = 1.
      try checkLikelihood(
        InverseGamma(shape: [3, 1], scale: FreeArgument<Gamma>()), shape: FamilyShape(dimension: 2),
        dimensions: dimensions
      ) { x, arguments in
        let (first, second) = (arguments[1][0], arguments[1][arguments[1].count - 1])
        return 3 * _log(first) - 4 * _log(x[0]) - first / x[0] - _log(2) + _log(second) - 2 * _log(x[1])
          - second / x[1]
      }
      try checkLikelihood(
        Gamma(shape: [3, 1], scale: FreeArgument<InverseGamma>()), shape: FamilyShape(dimension: 2),
        dimensions: dimensions
      ) { x, arguments in
        let (first, second) = (arguments[1][0], arguments[1][arguments[1].count - 1])
        return 2 * _log(x[0]) - 3 * _log(first) - x[0] / first - _log(2) - _log(second) - x[1] / second
      }
    }
    for dimensions in [[:], ["variance": 1]] {
      try checkLikelihood(
        Normal(mean: FreeArgument<Normal>(), variance: FreeArgument<InverseGamma>()),
        shape: FamilyShape(dimension: 3), dimensions: dimensions
      ) { x, arguments in
        x.indices.reduce(0) {
          $0 + logNormal(x[$1], mean: arguments[0][$1], precision: 1 / arguments[1][$1 % arguments[1].count])
        }
      }
    }
  }

  @Test func pareto() throws {
    for dimensions in [[:], ["shape": 1]] {
      try checkLikelihood(
        Pareto(minimum: [0.5, 2], shape: FreeArgument<Gamma>()), shape: FamilyShape(dimension: 2),
        dimensions: dimensions
      ) { x, arguments in
        zip(x, [0.5, 2]).enumerated().reduce(0) { sum, element in
          let alpha = arguments[1][element.offset % arguments[1].count]
          let (x, minimum) = element.element
          return sum + _log(alpha / x) + alpha * _log(minimum / x)
        }
      }
    }
  }

  /// On the circle and the sphere; ∫ exp(κ cos θ) is 2π I₀(κ) and 4π sinh(κ)/κ.
  @Test func vonMisesFisher() throws {
    // I₀(3), Abramowitz & Stegun, table 9.11: e³ · 0.2430003542.
    let circle = _log(2 * Double.pi) + 3 + _log(0.24300035416182536)
    let sphere = _log(4 * Double.pi) + _log((_exp(3) - _exp(-3)) / 6)
    for (count, constant) in [(2, circle), (3, sphere)] {
      try checkLikelihood(
        VonMisesFisher(mean: FreeArgument<VonMisesFisher>(), concentration: 3, count: count),
        shape: FamilyShape(dimension: count)
      ) { x, arguments in zip(x, arguments[0]).reduce(-constant) { $0 + 3 * $1.0 * $1.1 } }
    }
  }

  /// The base measure of PG(b, 0) is not the family's: relative to it, the density is 1.
  @Test func polyaGamma() throws {
    try checkLikelihood(PolyaGamma(shape: [1, 2.5]), shape: FamilyShape(dimension: 2)) { _, _ in 0 }
  }

  // MARK: Wrong terms are found

  private struct Wrong: Distribution {
    typealias Child = Exponential
    let conditional: Conditional
    init(_ terms: Term...) {
      conditional = Conditional(Exponential.self, [("rate", FreeArgument<Gamma>())], terms: terms)
    }
  }

  private func lawsBroken(by distribution: some Distribution) -> Set<String> {
    do {
      try checkLikelihood(distribution, shape: FamilyShape(dimension: 3)) { x, arguments in
        x.indices.reduce(0) { $0 + _log(arguments[0][$1]) - arguments[0][$1] * x[$1] }
      }
      return []
    } catch let violation as LawViolation {
      return violation.laws
    } catch { return ["another error"] }
  }

  @Test func mutations() {
    let (log, product) = (
      Term(1, argument("rate", .logarithm, .i)), Term(-1, child(.value, .i), argument("rate", .value, .i))
    )
    #expect(lawsBroken(by: Wrong(log, product)) == [])
    #expect(lawsBroken(by: Wrong(product)) == ["density"])
    #expect(lawsBroken(by: Wrong(log, Term(-2, child(.value, .i), argument("rate", .value, .i)))) == ["density"])
    #expect(lawsBroken(by: Wrong(log, Term(-1, child(.value, .i), argument("rate", .value, .j)))) == ["density"])
    #expect(lawsBroken(by: Wrong(log, Term(-1, child(.square, .i), argument("rate", .value, .i)))) == ["terms"])
    #expect(lawsBroken(by: Wrong(log, Term(-1, child(.value, .i), argument("scale", .value, .i)))) == ["terms"])
    #expect(lawsBroken(by: Wrong(log, Term(-1, child(.value), argument("rate", .value, .i)))) == ["terms"])
    #expect(
      lawsBroken(by: Wrong(log, Term(1, argument("rate", .logarithm, .i), argument("rate", .value, .i)))) == ["terms"])
    #expect(lawsBroken(by: Wrong()) == ["terms"])
  }
}
