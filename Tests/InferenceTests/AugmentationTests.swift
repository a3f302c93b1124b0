import Suffice
import Testing

/// Likelihoods that auxiliary variables make conjugate: at known parameters their evidence is that of the likelihood
/// itself, and fits find what made the data.
@Suite struct AugmentationTests {
  private let x: [Double]
  private let uniform: [Double]

  init() {
    var random = RandomSource(seed: 3)
    x = (0..<400).map { _ in random.normal() }
    uniform = (0..<400).map { _ in random.uniform() }
  }

  /// The sum over rows of log densities under the posterior's draws agrees with the likelihood at the posterior's mean,
  /// where the posterior is narrow.
  @Test func logisticRegression() throws {
    struct Logistic: Model {
      let coefficients = Latent<MultivariateNormal>()
      let omega = Latent<PolyaGamma>()
      let x = Covariates(intercept: true)
      let y = Observed<Bernoulli>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 0.01)
        Plate.rows {
          omega ~ PolyaGamma(shape: 1)
          y ~ Bernoulli(logit: coefficients * x, auxiliary: omega)
        }
      }
    }
    let y = x.indices.map { uniform[$0] < 1 / (1 + _exp(-(0.5 + 2 * x[$0]))) ? 1.0 : 0 }
    let fit = try Fit(Logistic(), to: DataTable(["x": x, "y": y]), bind: ["y": ["y"], "x": ["x"]])
    let mean = try #require(fit.marginal("coefficients")).mean
    #expect(abs(mean[0] - 0.5) < 0.4 && abs(mean[1] - 2) < 0.6)
    #expect(fit.converged)
    let densities = try Application(fit, to: DataTable(["x": x, "y": y])).logDensities()
    let expected = x.indices.reduce(0) {
      let psi = mean[0] + mean[1] * x[$1]
      return $0 + (y[$1] == 1 ? -_log1p(_exp(-psi)) : -_log1p(_exp(psi)))
    }
    #expect(abs(densities.reduce(0, +) - expected) < 3)
    // The bound lies below the log evidence, which Laplace's method tells to a fraction of a nat.
    var precision = SymmetricMatrix(diagonal: [0.01, 0.01]).packed
    for value in x {
      let p = 1 / (1 + _exp(-(mean[0] + mean[1] * value)))
      for (place, t) in [1, value, value * value].enumerated() { precision[place] += p * (1 - p) * t }
    }
    let determinant = try #require(SymmetricMatrix(order: 2, packed: precision).cholesky()).logDeterminant
    let laplace = expected - 0.005 * dot(mean, mean) + _log(0.01) - 0.5 * determinant
    #expect(fit.bound < laplace + 0.1 && fit.bound > laplace - 3)
  }

  /// At known coefficients the auxiliary variables are integrated out exactly: the bound is the likelihood's logarithm.
  @Test func multinomialAtKnownCoefficients() throws {
    struct Known: Model {
      let omega = Latent<PolyaGamma>()
      let unused = Latent<Gamma>()
      let x = Covariates(intercept: true)
      let y = Observed<Categorical>()
      var body: [Statement] {
        unused ~ Gamma(shape: 1, rate: 1, count: 1)
        Plate.rows {
          omega ~ PolyaGamma(shape: 1)
          y ~ Categorical(logits: Matrix([[0.5, 2], [-1, 0.3], [0.2, -3]]) * x, auxiliary: omega)
        }
      }
    }
    let coefficients = [[0.5, 2], [-1, 0.3], [0.2, -3]]
    let y = uniform.map { ($0 * 4).rounded(.down) }
    let column = Column(name: "y", values: y, kind: .categorical(levels: ["a", "b", "c", "d"]))
    let table = try DataTable(columns: [Column(name: "x", values: x), column])
    let fit = try Fit(Known(), to: table, bind: ["x": ["x"], "y": ["y"]])
    var expected: [Double] = []
    for i in x.indices {
      var log = 0.0
      for k in 0..<3 where y[i] >= Double(k) {
        let psi = coefficients[k][0] + coefficients[k][1] * x[i]
        log -= _log1p(_exp(y[i] == Double(k) ? -psi : psi))
      }
      expected.append(log)
    }
    #expect(abs(fit.bound - expected.reduce(0, +)) < 1e-9 * abs(fit.bound))
    for (found, expected) in zip(try Application(fit, to: table).logDensities(), expected) {
      #expect(abs(found - expected) < 1e-12)
    }
  }

  @Test func probitRegression() throws {
    struct Probit: Model {
      let coefficients = Latent<MultivariateNormal>()
      let utility = Latent<TruncatedNormal>()
      let x = Covariates(intercept: true)
      let y = Observed<Bernoulli>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 0.01)
        Plate.rows {
          utility ~ TruncatedNormal(mean: 0.0, precision: 1.0)
          y ~ Bernoulli(probit: coefficients * x, auxiliary: utility)
        }
      }
    }
    var random = RandomSource(seed: 5)
    let y = x.map { 0.3 + 1.2 * $0 + random.normal() > 0 ? 1.0 : 0 }
    let fit = try Fit(Probit(), to: DataTable(["x": x, "y": y]))
    let mean = try #require(fit.marginal("coefficients")).mean
    #expect(abs(mean[0] - 0.3) < 0.3 && abs(mean[1] - 1.2) < 0.4)
    #expect(fit.trace.indices.dropFirst().allSatisfy { fit.trace[$0].bound > fit.trace[$0 - 1].bound - 1e-8 })
  }

  @Test func negativeBinomialRegression() throws {
    struct Regression: Model {
      let coefficients = Latent<MultivariateNormal>()
      let omega = Latent<PolyaGamma>()
      let x = Covariates(intercept: true)
      let y = Observed<Counts>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 0.01)
        Plate.rows {
          omega ~ PolyaGamma(shape: 3, plus: y)
          y ~ NegativeBinomial(size: 3, logit: coefficients * x, auxiliary: omega)
        }
      }
    }
    var random = RandomSource(seed: 6)
    // A negative binomial count is a Poisson one with a gamma rate.
    let y = x.map { value -> Double in
      let rate = _exp(random.logGammaVariate(shape: 3) + 0.2 + 0.7 * value)
      return Poisson.sample([_log(rate)], FamilyShape(dimension: 1), using: &random)[0]
    }
    let fit = try Fit(Regression(), to: DataTable(["x": x, "y": y]), bind: ["y": ["y"], "x": ["x"]])
    let mean = try #require(fit.marginal("coefficients")).mean
    #expect(abs(mean[0] - 0.2) < 0.25 && abs(mean[1] - 0.7) < 0.25)
    let densities = try Application(fit, to: DataTable(["x": x, "y": y])).logDensities()
    let expected = x.indices.reduce(0) {
      let psi = mean[0] + mean[1] * x[$1]
      return $0 + logGamma(y[$1] + 3) - logGamma(3) - logGamma(y[$1] + 1) + y[$1] * psi
        - (y[$1] + 3) * _log1p(_exp(psi))
    }
    #expect(abs(densities.reduce(0, +) - expected) < 3)
  }

  /// Rows of a Student-t: the precision's factor integrates to a Student-t density at known parameters.
  @Test func studentT() throws {
    struct Student: Model {
      let factor = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate.rows {
          factor ~ Gamma(shape: 2, rate: 2, count: 1)
          x ~ Normal(mean: 1.0, precision: 4.0, factor: factor)
        }
      }
    }
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Student(), to: DataTable(["x": x]), backend: backend)
      // Student-t with 4 degrees of freedom, location 1, scale 1/2.
      let expected = x.reduce(0) {
        let z = 2 * ($1 - 1)
        return $0 + logGamma(2.5) - logGamma(2) - 0.5 * _log(4 * 3.14159265358979323846) + _log(2)
          - 2.5 * _log1p(z * z / 4)
      }
      #expect(abs(fit.bound - expected) < 1e-10 * abs(expected))
    }
  }

  /// A robust mixture: the factor is solved given the label.
  @Test func robustMixture() throws {
    struct Robust: Model {
      let weights = Latent<Dirichlet>()
      let cluster = Latent<NormalWishart>()
      let label = Latent<Categorical>()
      let factor = Latent<Gamma>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1, count: 2)
        Plate("component", 2) { cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance) }
        Plate.rows {
          label ~ Categorical(weights)
          factor ~ Gamma(shape: 2, rate: 2, count: 1)
          x ~ MultivariateNormal(cluster[label], factor: factor)
        }
      }
    }
    let rows = x.indices.map { i -> [Double] in
      let side = i % 2 == 0 ? -4.0 : 4
      return i % 40 == 0 ? [30, 30] : [side + x[i], x[(i + 1) % 400]]
    }
    let fit = try Fit(Robust(), to: table(rows))
    let means = try #require(fit.marginal("cluster")).means.sorted { $0[0] < $1[0] }
    #expect(abs(means[0][0] + 4) < 0.5 && abs(means[1][0] - 4) < 0.5)
    #expect(fit.trace.indices.dropFirst().allSatisfy { fit.trace[$0].bound > fit.trace[$0 - 1].bound - 1e-8 })
  }

  /// Crossed effects and a matrix factorisation: sums over rows depend on what other variables are.
  @Test func crossedEffects() throws {
    struct Effects: Model {
      let user = Groups()
      let item = Groups()
      let level = Latent<Normal>()
      let generosity = Latent<Normal>()
      let quality = Latent<Normal>()
      let taste = Latent<MultivariateNormal>()
      let trait = Latent<MultivariateNormal>()
      let precision = Latent<Gamma>()
      let rating = Observed<Normal>()
      var body: [Statement] {
        level ~ Normal(mean: 0.0, precision: 0.01)
        Plate(per: user) {
          generosity ~ Normal(mean: 0.0, precision: 1.0)
          taste ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
        }
        Plate(per: item) {
          quality ~ Normal(mean: 0.0, precision: 1.0)
          trait ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
        }
        precision ~ Gamma(shape: 1, rate: 1)
        Plate.rows {
          rating
            ~ Normal(mean: level + generosity[user] + quality[item] + taste[user] * trait[item], precision: precision)
        }
      }
    }
    var rows: [[Double]] = []
    for u in 0..<12 {
      for i in 0..<12 where (u * 7 + i * 3) % 4 != 0 {
        let (a, b) = (x[u], x[100 + i])
        rows.append([Double(u), Double(i), 3 + a + b + x[200 + u] * x[300 + i] + 0.1 * uniform[(u * 20 + i) % 400]])
      }
    }
    let data = try DataTable(
      columns: [
        Column(name: "user", values: rows.map { $0[0] }), Column(name: "item", values: rows.map { $0[1] }),
        Column(name: "rating", values: rows.map { $0[2] }),
      ])
    var settings = FitSettings()
    settings.restarts = 1
    settings.restartSweeps = 3
    settings.maximumPasses = 60
    var bounds: [Double] = []
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Effects(), to: data, settings: settings, backend: backend)
      #expect(fit.trace.indices.dropFirst().allSatisfy { fit.trace[$0].bound > fit.trace[$0 - 1].bound - 1e-6 })
      let noise = try #require(fit.marginal("precision")).mean[0]
      #expect(noise > 10)
      bounds.append(fit.bound)
    }
    #expect(abs(bounds[0] - bounds[1]) < 1e-6 * abs(bounds[0]))
  }

  /// Known size, trials or shape: evidences are closed forms.
  @Test func distributionsWithKnownConstants() throws {
    struct Sizes: Model {
      let p = Latent<Beta>()
      let y = Observed<Counts>()
      var body: [Statement] {
        p ~ Beta(alpha: 2, beta: 3)
        Plate.rows { y ~ NegativeBinomial(size: 2.5, probability: p) }
      }
    }
    struct Trials: Model {
      let p = Latent<Beta>()
      let y = Observed<Counts>()
      var body: [Statement] {
        p ~ Beta(alpha: 2, beta: 3)
        Plate.rows { y ~ Binomial(trials: 7, probability: p) }
      }
    }
    struct Lifetimes: Model {
      let rate = Latent<Gamma>()
      let y = Observed<Exponential>()
      var body: [Statement] {
        rate ~ Gamma(shape: 2, rate: 3)
        Plate.rows { y ~ Weibull(shape: 1.5, rate: rate) }
      }
    }
    let y = [0, 3, 7, 1, 2.0]
    let total = 13.0
    func logBeta(_ a: Double, _ b: Double) -> Double { logGamma(a) + logGamma(b) - logGamma(a + b) }
    let counts = try DataTable(["y": y])
    let negative = y.reduce(logBeta(2 + total, 3 + 12.5) - logBeta(2, 3)) {
      $0 + logGamma($1 + 2.5) - logGamma(2.5) - logGamma($1 + 1)
    }
    #expect(abs(try Fit(Sizes(), to: counts).bound - negative) < 1e-10)
    let binomial = y.reduce(logBeta(2 + total, 3 + 35 - total) - logBeta(2, 3)) {
      $0 + logGamma(8) - logGamma($1 + 1) - logGamma(8 - $1)
    }
    #expect(abs(try Fit(Trials(), to: counts).bound - binomial) < 1e-10)
    let lives = [0.5, 1.2, 3, 0.1]
    let powers = lives.reduce(0) { $0 + _exp(1.5 * _log($1)) }
    let weibull = lives.reduce(2 * _log(3) - logGamma(2) + logGamma(6) - 6 * _log(3 + powers)) {
      $0 + _log(1.5) + 0.5 * _log($1)
    }
    #expect(abs(try Fit(Lifetimes(), to: DataTable(["y": lives])).bound - weibull) < 1e-10)
  }

  /// A factorisation that is asked for: the bound is lower, and nothing else is given up.
  @Test func meanFieldOnRequest() throws {
    struct Robust: Model {
      @Hyperparameter("Whether the factor is solved by itself.") var isMeanField = false
      let label = Latent<Categorical>()
      let factor = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate.rows {
          label ~ Categorical([0.5, 0.5])
          factor ~ Gamma(shape: 2, rate: 2, count: 1)
          x ~ Normal(mean: Table([-1.0, 1.0])[label], precision: 2.0, factor: factor)
        }
        if isMeanField { MeanField(factor) }
      }
    }
    var model = Robust()
    let exact = try Fit(model, to: DataTable(["x": x]))
    model.isMeanField = true
    let factorised = try Fit(model, to: DataTable(["x": x]))
    #expect(factorised.bound < exact.bound - 1e-3 && factorised.bound > exact.bound - 0.5 * 400)
    // The exact bound is the evidence of a mixture of two Student-t distributions.
    let expected = x.reduce(0) { sum, value in
      let parts = [-1.0, 1].map { mean -> Double in
        let z = (value - mean) * (2.0).squareRoot()
        return _log(0.5) + logGamma(2.5) - logGamma(2) - 0.5 * _log(4 * 3.14159265358979323846) + 0.5 * _log(2)
          - 2.5 * _log1p(z * z / 4)
      }
      return sum + logSumExp(parts[...])
    }
    #expect(abs(exact.bound - expected) < 1e-9 * abs(expected))
  }

  /// #17: with flat priors on an independent mean and precision, 1/E[τ] is the unbiased variance.
  @Test func flatPriors() throws {
    struct Sample: Model {
      let mean = Latent<Normal>()
      let precision = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: 0.0, precision: 1e-12)
        precision ~ Gamma(shape: 1e-12, rate: 1e-12)
        Plate.rows { x ~ Normal(mean: mean, precision: precision) }
      }
    }
    let sample = Array(x[..<25])
    var settings = FitSettings()
    settings.tolerance = 0
    settings.maximumPasses = 200
    let fit = try Fit(Sample(), to: DataTable(["x": sample]), settings: settings)
    let mean = sample.reduce(0, +) / 25
    let variance = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 24
    #expect(abs(1 / (try #require(fit.marginal("precision")).mean[0]) - variance) < 1e-9 * variance)
  }
}
