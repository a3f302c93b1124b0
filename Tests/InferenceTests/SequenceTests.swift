import Models
import Suffice
import SufficeTesting
import Testing

/// Sequences that count more than once, and lags with an intercept.
@Suite("Sequences that count") struct SequenceTests {
  private let values: [[Double]]

  init() {
    var random = RandomSource(seed: 12)
    values = [40, 25, 30].map { length in
      (0..<length).map { (($0 / 8) % 2 == 0 ? -2.0 : 2) + random.normal() }
    }
  }

  private struct States: Model {
    let start = Latent<Dirichlet>()
    let move = Latent<Dirichlet>()
    let cluster = Latent<NormalGamma>()
    let state = Latent<Categorical>()
    let sequence = Groups()
    let x = Observed<Normal>()
    var body: [Statement] {
      start ~ Dirichlet(concentration: 1.0, count: 2)
      Plate("state", 2) {
        move ~ Dirichlet(concentration: 1.0, count: 2)
        cluster ~ NormalGamma(mean: 0.0, variance: 4.0)
      }
      Chain(of: sequence) {
        state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
        x ~ Normal(cluster[state])
      }
    }
  }

  private struct Tracking: Model {
    let noise = Latent<Gamma>()
    let z = Latent<MultivariateNormal>()
    let sequence = Groups()
    let x = Observed<Normal>()
    var body: [Statement] {
      noise ~ Gamma(shape: 1, rate: 1)
      Chain(of: sequence) {
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: 0.0, precision: 1.0, count: 1),
            transition: MultivariateNormal(mean: Matrix([[0.9]]) * z.previous, precisions: 2.0))
        x ~ Normal(mean: Matrix([[1]]) * z, precision: noise)
      }
    }
  }

  /// The sequences, each so often.
  private func table(_ times: [Int], weights: [Double]) throws -> DataTable {
    var (x, sequence, w) = ([Double](), [Double](), [Double]())
    var number = 0.0
    for (i, count) in times.enumerated() {
      for _ in 0..<count {
        x += values[i]
        sequence += values[i].map { _ in number }
        w += values[i].map { _ in weights[i] }
        number += 1
      }
    }
    return try DataTable(["x": x, "sequence": sequence, "w": w])
  }

  /// A sequence of weight 2 is the sequence twice, one of weight 0 its absence.
  @Test(arguments: [true, false]) func weights(areLabels: Bool) throws {
    func fit(_ table: DataTable, weighted: Bool, _ backend: any Backend) throws -> Fit {
      var settings = FitSettings()
      settings.weights = weighted ? "w" : nil
      settings.maximumPasses = 300
      settings.tolerance = 0
      let bind = ["x": ["x"], "sequence": ["sequence"]]
      // Both start from the same parameters.
      if !areLabels { return try Fit(Tracking(), to: table, bind: bind, settings: settings, backend: backend) }
      let x = try #require(table["x"])
      settings.start = .labels((0..<table.rowCount).map { x[$0] > 0 ? 1 : 0 })
      return try Fit(States(), to: table, bind: bind, settings: settings, backend: backend)
    }
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let repeated = try fit(table([2, 0, 1], weights: [1, 1, 1]), weighted: false, backend)
      let weighted = try fit(table([1, 1, 1], weights: [2, 0, 1]), weighted: true, backend)
      #expect(abs(repeated.bound - weighted.bound) < 1e-9 * abs(repeated.bound))
      for (a, b) in zip(repeated.naturals.flatMap { $0 }, weighted.naturals.flatMap { $0 }) {
        // Chains start from draws: they meet to about the root of what rounding leaves of the bound.
        #expect(abs(a - b) < 1e-6 * max(1, abs(a)))
      }
    }
  }

  /// Lags with an intercept are covariates whose columns are written out.
  @Test func lagsWithAnIntercept() throws {
    struct Lagged: Model {
      let line = Latent<MatrixNormalWishart>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        line ~ MatrixNormalWishart(covariance: 1.0, inputPrecision: [0.5, 2])
        Chain { x ~ MultivariateNormal(line, inputs: x.lag(1...2, intercept: true)) }
      }
    }
    struct Written: Model {
      let line = Latent<MatrixNormalWishart>()
      let past = Covariates(intercept: true)
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        line ~ MatrixNormalWishart(covariance: 1.0, inputPrecision: [0.5, 2, 2, 2, 2])
        Plate.rows { x ~ MultivariateNormal(line, inputs: past) }
      }
    }
    let (a, b) = (values[0], values[2] + values[1][..<10])
    let lagged = try Fit(Lagged(), to: DataTable(["a": a, "b": b]), bind: ["x": ["a", "b"]])
    let written = try Fit(
      Written(),
      to: DataTable([
        "a": Array(a[2...]), "b": Array(b[2...]), "a1": Array(a[1..<39]), "b1": Array(b[1..<39]), "a2": Array(a[..<38]),
        "b2": Array(b[..<38]),
      ]), bind: ["x": ["a", "b"], "past": ["a1", "b1", "a2", "b2"]])
    #expect(abs(lagged.bound - written.bound) < 1e-9 * abs(written.bound))
    let (found, expected) = (try #require(lagged.marginal("line")).mean, try #require(written.marginal("line")).mean)
    #expect(found.count == 10 && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  /// A chain that inputs drive: what the row before is moved by is the input of the row, in each of two sequences.
  @Test func drivenChain() throws {
    struct Driven: Model {
      let patient = Groups()
      let u = Covariates()
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Chain(of: patient) {
          z
            ~ MarkovChain(
              initial: MultivariateNormal(mean: 0.5, precisions: 1.0, count: 1),
              transition: MultivariateNormal(
                mean: Matrix([[0.8]]) * z.previous + Matrix([[0.7, -0.4]]) * u, precisions: 4.0))
          x ~ Normal(mean: Matrix([[1]]) * z, precision: 2.0)
        }
      }
    }
    let lengths = [7, 1, 5]
    var random = RandomSource(seed: 2)
    let (x, u, v) = (
      (0..<13).map { _ in random.normal() }, (0..<13).map { _ in random.normal() },
      (0..<13).map { _ in random.normal() }
    )
    var (expected, row) = (0.0, 0)
    for length in lengths {
      var (mean, variance) = (0.5, 1.0)
      for step in 0..<length {
        if step > 0 { (mean, variance) = (0.8 * mean + 0.7 * u[row] - 0.4 * v[row], 0.64 * variance + 0.25) }
        let (total, error) = (variance + 0.5, x[row] - mean)
        expected -= 0.5 * (error * error / total + _log(2 * Double.pi * total))
        (mean, variance) = (mean + variance / total * error, variance * 0.5 / total)
        row += 1
      }
    }
    let table = try DataTable([
      "x": x, "u": u, "v": v,
      "patient": lengths.enumerated().flatMap { [Double](repeating: Double($0), count: $1) },
    ])
    let bind = ["x": ["x"], "u": ["u", "v"], "patient": ["patient"]]
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Driven(), to: table, bind: bind, backend: backend)
      #expect(abs(fit.bound - expected) < 1e-10 * abs(expected))
    }
  }

  /// A sequence's density is an integral over the noise's posterior of what a Kalman filter says of it as a whole.
  @Test func densityOfSequences() throws {
    // Three rows leave the noise nearly as unknown as it was.
    let seen = try DataTable(["x": [0.5, -1, 2], "sequence": [0, 0, 0]])
    let fit = try Fit(Tracking(), to: seen, bind: ["x": ["x"], "sequence": ["sequence"]])
    let (x, lengths) = ([0.3, 3, -2, 1, -1, 4, 2, -5], [6, 2])
    let held = try DataTable(["x": x, "sequence": [0, 0, 0, 0, 0, 0, 1, 1]])
    let natural = try #require(fit.marginal("noise")).naturals[0]
    let engine = try Application(fit, to: held).engine
    let densities = try PredictiveDensity(engine, draws: 4000).logDensities(of: .range(0..<8))
    let shape = FamilyShape(dimension: 1)
    let center = Gamma.meanStatistics(natural, shape)[0]
    var row = 0
    for length in lengths {
      // Simpson's rule over ten times the mean, where the posterior has all its mass.
      var logs: [Double] = []
      let steps = 2000
      for step in 1...steps {
        let tau = 10 * center * Double(step) / Double(steps)
        var log = dot(natural, Gamma.statistics(of: [tau], shape)) - Gamma.logPartition(natural, shape)
        var (mean, variance) = (0.0, 1.0)
        for t in row..<row + length {
          if t > row { (mean, variance) = (0.9 * mean, 0.81 * variance + 0.5) }
          let (total, error) = (variance + 1 / tau, x[t] - mean)
          log -= 0.5 * (error * error / total + _log(2 * Double.pi * total))
          (mean, variance) = (mean + variance / total * error, variance / (tau * total))
        }
        logs.append(log + _log((step % 2 == 1 ? 4 : 2) * 10 * center / Double(3 * steps)))
      }
      let found = densities[row..<row + length].reduce(0, +)
      let near = Tolerance.absolute(0.1, because: "4000 draws, and densities that vary by their mean or less")
      #expect(near.allows(found, logSumExp(logs)))
      row += length
    }
  }
}
