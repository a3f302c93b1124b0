import Foundation
import Models
import Suffice
import Testing

/// Golden numbers of models other than Gaussian mixtures, and densities in closed form.
@Suite struct ConjugateGoldenTests {
  /// #2: three multinomials with Dirichlet(0.5) probabilities; BayesPy and the closed form agree on the evidence.
  @Test func dirichletMultinomialEvidence() throws {
    struct Draws: Model {
      let probability = Latent<Dirichlet>()
      let x = Observed<Categorical>()
      var body: [Statement] {
        probability ~ Dirichlet(concentration: 0.5, count: 5)
        Plate.rows { x ~ Categorical(probability) }
      }
    }
    let levels = ["a", "b", "c", "d", "e"]
    var evidence = 0.0
    for counts in [[0, 9, 2, 0, 9], [0, 18, 0, 0, 2], [5, 2, 1, 3, 9]] {
      let draws = counts.enumerated().flatMap { [Double](repeating: Double($0), count: $1) }
      let table = try DataTable(columns: [Column(name: "x", values: draws, kind: .categorical(levels: levels))])
      // The draws have an order; a vector of counts does not: the multinomial coefficient.
      let orders = lgamma(Double(draws.count + 1)) - counts.reduce(0) { $0 + lgamma(Double($1 + 1)) }
      evidence += try Fit(Draws(), to: table).bound + orders
    }
    // An exact posterior: the bound is the evidence, to rounding of some hundred terms.
    #expect(abs(evidence - -26.178938241943577) < 1e-12 * 26)
  }

  /// #5: a Bernoulli mixture, every one of BayesPy's bounds.
  @Test func bayesPyBernoulliMixture() throws {
    struct Mixture: Model {
      let weights = Latent<Dirichlet>()
      let probability = Latent<Beta>()
      let label = Latent<Categorical>()
      let x = Observed<Bernoulli>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1e-5, count: 10)
        Plate("component", 10) { probability ~ Beta(alpha: 0.5, beta: 0.5) }
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Bernoulli(probability[label])
        }
      }
    }
    let golden = try Golden.load("bayespy_golden").object("bmm")
    let bounds = golden.numbers("L")
    // Columns by components there, components by columns here.
    let initial = golden.rows("P_init")
    let statistics = initial[0].indices.flatMap { k in
      initial.map { log($0[k]) } + initial.map { log1p(-$0[k]) }
    }
    var settings = FitSettings()
    settings.order = ["label", "weights", "probability"]
    settings.start = .expectations(["probability": statistics])
    settings.maximumPasses = bounds.count
    settings.tolerance = 0
    let fit = try Fit(Mixture(), to: table(golden.rows("x")), settings: settings)
    #expect(fit.trace.count == bounds.count)
    // Digamma functions of 1e-5 and rounding that passes carry on.
    for (entry, expected) in zip(fit.trace, bounds) { #expect(abs(entry.bound - expected) < 1e-8 * abs(expected)) }
    let sizes = fit.marginal("weights")?.parameter("concentration").first.map { $0.map { $0 - 1e-5 } } ?? []
    for (size, expected) in zip(sizes, golden.numbers("Nk")) { #expect(abs(size - expected) < 1e-4) }
  }

  /// #8: Infer.NET's variational message passing on two numbers.
  @Test func inferNetTwoNumbers() throws {
    struct TwoNumbers: Model {
      let mean = Latent<Normal>()
      let precision = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: 0.0, precision: 0.01)
        precision ~ Gamma(shape: 1.0, rate: 1.0)
        Plate.rows { x ~ Normal(mean: mean, precision: precision) }
      }
    }
    var settings = FitSettings()
    settings.tolerance = 0
    settings.maximumPasses = 200
    let fit = try Fit(TwoNumbers(), to: DataTable(["x": [5, 7]]), settings: settings)
    let (mean, precision) = (try #require(fit.marginal("mean")), try #require(fit.marginal("precision")))
    // The bound is flat at its top: parameters 1e-9 beside the fixed point change it by less than rounding, and both
    // programs stop there. The bound itself is right to rounding.
    #expect(abs(mean.mean[0] - 5.9603207170807826) < 1e-9)
    #expect(abs(1 / (mean.parameter("precision")[0][0]) - 0.66132138200164436) < 1e-9)
    #expect(abs(precision.parameter("shape")[0][0] - 2) < 1e-12)
    #expect(abs(precision.parameter("rate")[0][0] - 2.6628958274937107) < 1e-9)
    #expect(abs(fit.bound - -5.986981932513572) < 1e-12 * 6)
  }

  /// The predictive density of one Gaussian in one dimension is a Student-t, written down here from a textbook
  /// (Bishop 2006, equation B.68, with the parameters of 10.81 and 10.82).
  @Test func studentPredictive() throws {
    var model = GaussianMixture()
    model.components = 1
    let x = [1.2, -0.4, 3.3, 0.7, 2.0, 1.1]
    let fit = try Fit(model, to: DataTable(["x": x]))
    let cluster = try #require(fit.marginal("cluster"))
    func parameter(_ name: String) -> Double { cluster.parameter(name).first?.first ?? .nan }
    let (freedom, strength) = (parameter("degreesOfFreedom"), parameter("meanPrecision"))
    // The covariance parameter is the inverse scale matrix over the degrees of freedom.
    let spread = (parameter("covariance") * (strength + 1) / strength).squareRoot()
    let half: Double = (freedom + 1) / 2
    let constant: Double = lgamma(half) - lgamma(freedom / 2) - 0.5 * log(freedom * Double.pi) - log(spread)
    let points = [-50, -3, 0, 1.3, 2, 8, 1e4]
    let found = try Application(fit, to: DataTable(["x": points])).logDensities()
    for (point, density) in zip(points, found) {
      let z = (point - parameter("mean")) / spread
      let expected = constant - half * log1p(z * z / freedom)
      // Differences of log partitions of size 10, and an lgamma of the C library.
      #expect(abs(density - expected) < 1e-12 * max(1, abs(expected)))
    }
    // The posterior that conjugacy gives: prior worth one observation at the mean of the data.
    let average = x.reduce(0, +) / 6
    #expect(abs(parameter("mean") - average) < 1e-14)
    #expect(strength == 7)
  }

  /// #16: scikit-learn's Dirichlet-process mixture of one column, with the settings that tabular generative models use.
  @Test func scikitLearnColumn() throws {
    let golden = try Golden.load("sklearn_dp_1d")
    var settings = FitSettings()
    settings.start = .labels(golden.integers("init_label"))
    // The same passes, of which the last does not reach the optimum.
    settings.accelerates = false
    settings.maximumPasses = 100
    settings.tolerance = 0
    let fit = try Fit(DirichletProcessColumnMixture(), to: DataTable(["x": golden.numbers("x")]), settings: settings)
    let cluster = try #require(fit.marginal("cluster"))
    let found = cluster.means.indices.map { k in
      [
        cluster.parameter("meanPrecision")[k][0], cluster.means[k][0],
        cluster.deviations[k][0] * cluster.deviations[k][0],
      ]
    }
    let expected = zip(
      golden.numbers("mean_precision"), zip(golden.numbers("means"), golden.numbers("covariances"))
    ).map { [$0, $1.0, $1.1] }
    // scikit-learn adds 1e-6 to every variance of 0.1 and more and breaks one stick too many; a hundred passes without
    // convergence carry that to 6e-5.
    #expect(found.count == expected.count)
    for (a, b) in zip(found.joined(), expected.joined()) { #expect(abs(a - b) < 2e-4 * abs(b)) }
    // It renormalises its weights, the last of which is 4e-9.
    let weights = fit.marginal("weights")?.mean ?? []
    #expect(weights.count == 10)
    for (a, b) in zip(weights, golden.numbers("weights")) { #expect(abs(a - b) < 1e-5) }
  }
}
