import Suffice
import Testing

/// A family that is not the library's works in a mixture, in every schedule and backend, without a line of the engine.
@Suite struct RayleighMixtureTests {
  struct RayleighMixture: Model {
    let weights = Latent<Dirichlet>()
    let rate = Latent<Gamma>()
    let label = Latent<Categorical>()
    let x = Observed<Rayleigh>()
    var body: [Statement] {
      weights ~ Dirichlet(concentration: 1.0, count: 2)
      Plate("component", 2) { rate ~ Gamma(shape: 1.0, rate: 1.0) }
      Plate.rows {
        label ~ Categorical(weights)
        x ~ Rayleigh(rate: rate[label])
      }
    }
  }

  /// Two thirds with rate 4, one third with rate 0.01, by inversion: x = √(−log u / λ).
  private func table() throws -> DataTable {
    var random = RandomSource(seed: 5)
    return try DataTable(["x": (0..<3000).map { (-_log(random.uniform()) / ($0 % 3 == 0 ? 0.01 : 4)).squareRoot() }])
  }

  @Test func findsBothGroups() throws {
    for backend in [CPUBackend(), ReferenceBackend()] as [any Backend] {
      let fit = try Fit(RayleighMixture(), to: table(), backend: backend)
      let posterior = fit.posterior(of: RayleighMixture.self)
      let rates = posterior.rate.means.map { $0[0] }.sorted()
      // The standard error of a rate from n exponential spacings is λ/√n: 3 % of 0.01, 2.2 % of 4; five of them.
      #expect(abs(rates[0] - 0.01) < 0.16 * 0.01)
      #expect(abs(rates[1] - 4) < 0.11 * 4)
      for (a, b) in zip(fit.trace, fit.trace.dropFirst()) { #expect(b.bound >= a.bound - 1e-10 * abs(a.bound)) }
    }
  }

  @Test func stochasticInferenceEndsNearby() throws {
    var settings = FitSettings()
    settings.schedule = try StochasticNaturalGradient(batchSize: 100)
    let stochastic = try Fit(RayleighMixture(), to: table(), settings: settings)
    let rates = stochastic.posterior(of: RayleighMixture.self).rate.means.map { $0[0] }.sorted()
    // Batch noise comes on top of the sampling error.
    #expect(abs(rates[0] - 0.01) < 0.3 * 0.01)
    #expect(abs(rates[1] - 4) < 0.3 * 4)
  }

  @Test func drawsAndScoresRows() throws {
    let fit = try Fit(RayleighMixture(), to: table())
    let drawn = try fit.sample(4000, seed: 2)
    let own = try Application(fit, to: drawn).logDensities()
    let given = try Application(fit, to: table()).logDensities()
    // Both estimate the same mean; the deviation of a log density is below 2 nats here, so five errors of a difference.
    let difference: Double = mean(own) - mean(given)
    let error: Double = 2 * (1.0 / 4000 + 1.0 / 3000).squareRoot()
    #expect(abs(difference) < 5 * error)
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
