import Suffice
import SufficeTesting
import Testing

/// Models of one conjugate pair: the laws of inference hold, and the bound is the evidence.
@Suite struct ConjugateModelTests {
  private let tolerance = Tolerance.relative(1e-12, because: "log gamma functions of sums over a few rows")

  private func bound(_ model: some Model, _ table: DataTable, bind: [String: [String]] = [:]) throws -> Double {
    try Fit(model, to: table, bind: bind).trace.last?.bound ?? .nan
  }

  private let positive = [0.75, 2.5, 1.25, 8, 0.5, 3.125, 1.0625]

  struct Failures: Model {
    let probability = Latent<Beta>()
    let x = Observed<Geometric>()
    var body: [Statement] {
      probability ~ Beta(alpha: 2.0, beta: 3.0)
      Plate.rows { x ~ Geometric(probability) }
    }
  }

  /// B(2 + N, 3 + Σx)/B(2, 3).
  @Test func geometric() throws {
    let table = try DataTable(["x": [0, 3, 1, 0, 7, 2]])
    let evidence = logBeta(8, 16) - logBeta(2, 3)
    #expect(tolerance.allows(try bound(Failures(), table), evidence))
    try checkModel(Failures(), data: table)
  }

  struct Tail: Model {
    let shape = Latent<Gamma>()
    let x = Observed<Pareto>()
    var body: [Statement] {
      shape ~ Gamma(shape: 2.0, rate: 3.0)
      Plate.rows { x ~ Pareto(minimum: 0.5, shape: shape) }
    }
  }

  /// log(x/m) is exponential.
  @Test func pareto() throws {
    let sum = positive.reduce(0) { $0 + _log($1 / 0.5) }
    let n = Double(positive.count)
    let evidence =
      2 * _log(3) - logGamma(2) + logGamma(2 + n) - (2 + n) * _log(3 + sum) - positive.reduce(0) { $0 + _log($1) }
    let table = try DataTable(["x": positive])
    #expect(tolerance.allows(try bound(Tail(), table), evidence))
  }

  struct Scale: Model {
    let scale = Latent<InverseGamma>()
    let x = Observed<Gamma>()
    var body: [Statement] {
      scale ~ InverseGamma(shape: 2.0, scale: 3.0)
      Plate.rows { x ~ Gamma(shape: 1.0, scale: scale) }
    }
  }

  /// bᵃ/Γ(a) · Γ(a + N)/(b + Σx)^(a + N), of exponential numbers with a common scale.
  @Test func inverseGamma() throws {
    let n = Double(positive.count)
    let evidence =
      2 * _log(3) - logGamma(2) + logGamma(2 + n) - (2 + n) * _log(3 + positive.reduce(0, +))
    let table = try DataTable(["x": positive])
    #expect(tolerance.allows(try bound(Scale(), table), evidence))
    try checkModel(Scale(), data: table)
  }

  struct Logs: Model {
    let parameters = Latent<NormalGamma>()
    let x = Observed<LogNormal>()
    var body: [Statement] {
      parameters ~ NormalGamma(mean: 0.5, variance: 2.0)
      Plate.rows { x ~ LogNormal(parameters) }
    }
  }

  struct Plain: Model {
    let parameters = Latent<NormalGamma>()
    let x = Observed<Normal>()
    var body: [Statement] {
      parameters ~ NormalGamma(mean: 0.5, variance: 2.0)
      Plate.rows { x ~ Normal(parameters) }
    }
  }

  /// The evidence of the logarithms, times Π 1/x.
  @Test func logNormal() throws {
    let table = try DataTable(["x": positive])
    let logs = try DataTable(["x": positive.map(_log)])
    let evidence = try bound(Plain(), logs) - positive.reduce(0) { $0 + _log($1) }
    #expect(tolerance.allows(try bound(Logs(), table), evidence))
    try checkModel(Logs(), data: table)
  }

  struct Counts: Model {
    let probabilities = Latent<Dirichlet>()
    let x = Observed<Multinomial>()
    var body: [Statement] {
      probabilities ~ Dirichlet(concentration: 0.5)
      Plate.rows { x ~ Multinomial(probabilities: probabilities) }
    }
  }

  /// Three rows, each with probabilities of its own (BayesPy 0.6.6).
  @Test func dirichletMultinomial() throws {
    var evidence = 0.0
    for row in [[0, 9, 2, 0, 9], [0, 18, 0, 0, 2], [5, 2, 1, 3, 9]] as [[Double]] {
      let table = try DataTable(["a": [row[0]], "b": [row[1]], "c": [row[2]], "d": [row[3]], "e": [row[4]]])
      evidence += try bound(Counts(), table, bind: ["x": ["a", "b", "c", "d", "e"]])
    }
    #expect(tolerance.allows(evidence, -26.178938241943577), "\(evidence)")
  }

  struct Votes: Model {
    let probabilities = Latent<Dirichlet>()
    let x = Observed<Multinomial>()
    var body: [Statement] {
      probabilities ~ Dirichlet(concentration: 0.5)
      Plate.rows { x ~ Multinomial(trials: 8, probabilities: probabilities) }
    }
  }

  /// With a known number of trials, rows are drawn; the evidence is the same.
  @Test func drawnCounts() throws {
    let table = try DataTable(["a": [0, 3, 5], "b": [6, 1, 1], "c": [2, 4, 2]])
    let bind = ["x": ["a", "b", "c"]]
    let fit = try Fit(Votes(), to: table, bind: bind)
    #expect(tolerance.allows(fit.trace.last?.bound ?? .nan, try bound(Counts(), table, bind: bind)))
    let drawn = try fit.sample(200, seed: 3)
    let columns = drawn.columns.map { column in (0..<200).map { column.base[$0 * column.stride] } }
    #expect(columns.count == 3)
    for row in 0..<200 { #expect(columns.reduce(0) { $0 + $1[row] } == 8) }
  }
}
