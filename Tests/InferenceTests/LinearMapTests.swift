import Suffice
import SufficeTesting
import Testing

/// A matrix normal map with known noise: evidence, posterior and predictive density against those of all outputs as one
/// normal vector, Cov(yₙᵢ, yₘⱼ) = Σᵢⱼ (xₙᵀK⁻¹xₘ + [n = m]).
@Suite struct LinearMapTests {
  static let covariance = [[0.5, 0.2], [0.2, 1.5]]
  static let mean = [[1, -0.5, 0.25], [0, 2, -1]]
  static let inputPrecision = [0.5, 2, 2]

  struct Regression: Model {
    let map = Latent<MatrixNormal>()
    let x = Covariates(intercept: true)
    let y = Observed<MultivariateNormal>()
    var body: [Statement] {
      map
        ~ MatrixNormal(
          mean: LinearMapTests.mean.flatMap { $0 }, covariance: LinearMapTests.covariance.flatMap { $0 },
          inputPrecision: [0.5, 2])
      Plate.rows { y ~ MultivariateNormal(map, inputs: x) }
    }
  }

  /// Outputs with their prior moments.
  struct Outputs {
    let x: [[Double]], centred: [Double], factor: Cholesky

    init(x: [[Double]], y: [[Double]]) throws {
      self.x = x
      centred = zip(x, y).flatMap { x, y in zip(y, mean).map { $0 - dot($1, x) } }
      let n = 2 * y.count
      var packed: [Double] = []
      for a in 0..<n {
        for b in 0...a {
          let noise = a / 2 == b / 2 ? 1.0 : 0
          packed.append(covariance[a % 2][b % 2] * (Outputs.inner(x[a / 2], x[b / 2]) + noise))
        }
      }
      factor = try #require(SymmetricMatrix(order: n, packed: packed).cholesky())
    }

    /// xᵀK⁻¹x′.
    static func inner(_ a: [Double], _ b: [Double]) -> Double {
      a.indices.reduce(0) { $0 + a[$1] * b[$1] / inputPrecision[$1] }
    }

    var evidence: Double {
      let half = factor.forward(centred)
      return -0.5 * (dot(half, half) + factor.logDeterminant + Double(centred.count) * logTwoPi)
    }

    /// Cov(Mᵢₚ, y).
    func covariances(_ i: Int, _ p: Int) -> [Double] {
      x.flatMap { x in (0..<2).map { covariance[i][$0] * x[p] / inputPrecision[p] } }
    }
  }

  let tolerance = Tolerance.relative(1e-10, because: "a dense matrix of all outputs is factorised for comparison")

  /// Inputs about 0, where the prior's intercept is, and outputs.
  private func rows(_ count: Int, seed: UInt64 = 1) -> (x: [[Double]], y: [[Double]]) {
    var random = RandomSource(seed: seed)
    let x = about0((0..<count).map { _ in [random.normal(), random.normal()] }, count).map { [1] + $0 }
    return (x, x.map { x in LinearMapTests.mean.map { dot($0, x) + 1.5 * random.normal() } })
  }

  /// Rows less the mean of the first ones.
  private func about0(_ rows: [[Double]], _ first: Int) -> [[Double]] {
    let mean = (0..<2).map { j in rows[..<first].reduce(0) { $0 + $1[j] } / Double(first) }
    return rows.map { zip($0, mean).map { $0 - $1 } }
  }

  private func table(_ x: [[Double]], _ y: [[Double]]) throws -> DataTable {
    try DataTable([
      "u": x.map { $0[1] }, "v": x.map { $0[2] }, "a": y.map { $0[0] }, "b": y.map { $0[1] },
    ])
  }

  private let bind = ["x": ["u", "v"], "y": ["a", "b"]]

  @Test func regression() throws {
    let (x, y) = rows(25)
    let outputs = try Outputs(x: x, y: y)
    let weights = outputs.factor.solve(outputs.centred)
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Regression(), to: table(x, y), bind: bind, backend: backend)
      #expect(tolerance.allows(fit.bound, outputs.evidence), "\(fit.bound), \(outputs.evidence)")
      let map = try #require(fit.marginal("map"))
      let (mean, inputPrecision) = (map.parameter("mean")[0], map.parameter("inputPrecision")[0])
      let remaining = try #require(SymmetricMatrix(order: 3, packed: inputPrecision).cholesky()).inverse()
      for i in 0..<2 {
        for p in 0..<3 {
          let cross = outputs.covariances(i, p)
          #expect(tolerance.allows(mean[3 * i + p], LinearMapTests.mean[i][p] + dot(cross, weights)))
          for j in 0..<2 {
            for q in 0..<3 {
              let explained = dot(cross, outputs.factor.solve(outputs.covariances(j, q)))
              let prior = p == q ? LinearMapTests.covariance[i][j] / LinearMapTests.inputPrecision[p] : 0
              let variance = LinearMapTests.covariance[i][j] * remaining[p, q]
              #expect(abs(variance - (prior - explained)) < 1e-10)
            }
          }
        }
      }
      // What is known stays what it was.
      for (found, known) in zip(map.parameter("covariance")[0], [0.5, 0.2, 1.5]) { #expect(abs(found - known) < 1e-14) }
    }
  }

  /// The density of new rows is the ratio of two evidences.
  @Test func predictiveDensity() throws {
    let (x, y) = rows(12)
    let fit = try Fit(Regression(), to: table(x, y), bind: bind)
    let before = try Outputs(x: x, y: y).evidence
    let (newX, newY) = rows(5, seed: 2)
    let densities = try Application(fit, to: table(newX, newY)).logDensities()
    #expect(densities.count == 5)
    for (row, density) in densities.enumerated() {
      let expected = try Outputs(x: x + [newX[row]], y: y + [newY[row]]).evidence - before
      #expect(abs(density - expected) < 1e-9, "\(density), \(expected)")
    }
  }

  /// A vector autoregression is a regression on the row before: two columns, one lag, an intercept.
  @Test func vectorAutoregression() throws {
    struct Series: Model {
      let map = Latent<MatrixNormal>()
      let y = Observed<MultivariateNormal>()
      var body: [Statement] {
        map
          ~ MatrixNormal(
            mean: LinearMapTests.mean.flatMap { $0 }, covariance: LinearMapTests.covariance.flatMap { $0 },
            inputPrecision: [0.5, 2])
        Chain { y ~ MultivariateNormal(map, inputs: y.lag(1, intercept: true)) }
      }
    }
    let y = about0(rows(30).y, 29)
    let expected = try Outputs(x: y.dropLast().map { [1] + $0 }, y: Array(y[1...])).evidence
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(
        Series(), to: DataTable(["a": y.map { $0[0] }, "b": y.map { $0[1] }]), bind: ["y": ["a", "b"]],
        backend: backend)
      #expect(tolerance.allows(fit.bound, expected), "\(fit.bound), \(expected)")
    }
  }

  /// With as many degrees of freedom as make the noise known, the matrix normal–Wishart posterior is the matrix normal's.
  @Test func limitOfUnknownNoise() throws {
    struct Unknown: Model {
      let map = Latent<MatrixNormalWishart>()
      let x = Covariates(intercept: true)
      let y = Observed<MultivariateNormal>()
      var body: [Statement] {
        map
          ~ MatrixNormalWishart(
            mean: LinearMapTests.mean.flatMap { $0 }, covariance: LinearMapTests.covariance.flatMap { $0 },
            inputPrecision: [0.5, 2], degreesOfFreedom: 1e8)
        Plate.rows { y ~ MultivariateNormal(map, inputs: x) }
      }
    }
    let (x, y) = rows(25)
    let known = try Fit(Regression(), to: table(x, y), bind: bind)
    let unknown = try Fit(Unknown(), to: table(x, y), bind: bind)
    #expect(abs(known.bound - unknown.bound) < 1e-4)
    for (a, b) in zip(
      try #require(known.marginal("map")).parameter("mean")[0],
      try #require(unknown.marginal("map")).parameter("mean")[0])
    { #expect(abs(a - b) < 1e-10) }
  }

  /// Maps that a label chooses, under every law of models.
  struct Mixture: Model {
    let weights = Latent<Dirichlet>()
    let map = Latent<MatrixNormal>()
    let label = Latent<Categorical>()
    let x = Covariates(intercept: true)
    let y = Observed<MultivariateNormal>()
    var body: [Statement] {
      weights ~ Dirichlet(concentration: 1, count: 2)
      Plate("component", 2) { map ~ MatrixNormal(covariance: [0.5, 1.5], inputPrecision: 0.1) }
      Plate.rows {
        label ~ Categorical(weights)
        y ~ MultivariateNormal(map[label], inputs: x)
      }
    }
  }

  @Test func laws() throws {
    let (x, y) = rows(120)
    try checkModel(Regression(), data: table(x, y), bind: bind)
    let mixed = y.indices.map { $0 % 3 == 0 ? y[$0] : y[$0].map { -$0 } }
    try checkModel(Mixture(), data: table(x, mixed), bind: bind)
  }

  /// Schedules that see a part of the rows at a time find the same posterior.
  @Test func schedules() throws {
    let (x, y) = rows(200)
    let expected = try Fit(Regression(), to: table(x, y), bind: bind)
    var settings = FitSettings()
    settings.schedule = try MemoizedAscent(parts: 4)
    let found = try Fit(Regression(), to: table(x, y), bind: bind, settings: settings)
    #expect(tolerance.allows(found.bound, expected.bound))
  }
}
