import Suffice
import Testing

@Suite("Golden values of fits") struct GoldenTests {
  /// #15 of the table: a joint Normal–Wishart mixture on standardised Old Faithful, agreed on by scikit-learn.
  @Test func faithfulNormalWishart() throws {
    struct Mixture: Model {
      let weights = Latent<Dirichlet>()
      let cluster = Latent<NormalWishart>()
      let label = Latent<Categorical>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1e-3, count: 6)
        Plate("component", 6) { cluster ~ NormalWishart(mean: 0.0, inverseScale: 1.0, degreesOfFreedom: 2) }
        Plate.rows {
          label ~ Categorical(weights)
          x ~ MultivariateNormal(cluster[label])
        }
      }
    }
    let golden = try Golden.load("faithful_niw")
    let (mean, deviation) = (golden.numbers("mean"), golden.numbers("std"))
    let rows = golden.rows("X").map { row in row.indices.map { (row[$0] - mean[$0]) / deviation[$0] } }
    var settings = FitSettings()
    settings.order = ["weights", "cluster", "label"]
    settings.start = .labels(golden.integers("init_label"))
    let bounds = golden.numbers("elbo")
    settings.maximumPasses = bounds.count
    settings.tolerance = 0
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Mixture(), to: table(rows), settings: settings, backend: backend)
      for (entry, expected) in zip(fit.trace, bounds) { #expect(abs(entry.bound - expected) < 1e-9 * abs(expected)) }
    }
  }

  /// #4: mean and precision as two variables, every one of BayesPy's 61 bounds.
  @Test func bayesPyGaussianMixture() throws {
    struct Mixture: Model {
      let mean = Latent<MultivariateNormal>()
      let precision = Latent<Wishart>()
      let label = Latent<Categorical>()
      let weights = Latent<Dirichlet>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        Plate("component", 10) {
          mean ~ MultivariateNormal(mean: 0.0, precision: 1e-5)
          precision ~ Wishart(degreesOfFreedom: 2.0, inverseScale: 1e-5)
        }
        weights ~ Dirichlet(concentration: 1e-5, count: 10)
        Plate.rows {
          label ~ Categorical(weights)
          x ~ MultivariateNormal(mean: mean[label], precision: precision[label])
        }
      }
    }
    let golden = try Golden.load("bayespy_golden").object("gmm")
    let bounds = golden.numbers("L")
    var settings = FitSettings()
    settings.order = ["mean", "precision", "label", "weights"]
    settings.start = .labels(golden.integers("z0"))
    settings.maximumPasses = bounds.count
    settings.tolerance = 0
    let fit = try Fit(Mixture(), to: table(golden.rows("y")), settings: settings)
    #expect(fit.trace.count == 61)
    for (entry, expected) in zip(fit.trace, bounds) { #expect(abs(entry.bound - expected) < 1e-8 * abs(expected)) }
  }

  /// #1: a normal sample with independent mean and precision.
  @Test func bayesPyQuickstart() throws {
    struct Sample: Model {
      let mean = Latent<Normal>()
      let precision = Latent<Gamma>()
      let y = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: 0.0, precision: 1e-6)
        precision ~ Gamma(shape: 1e-6, rate: 1e-6)
        Plate.rows { y ~ Normal(mean: mean, precision: precision) }
      }
    }
    let golden = try Golden.load("bayespy_golden").object("quickstart")
    let bounds = golden.numbers("L")
    var settings = FitSettings()
    settings.maximumPasses = bounds.count
    settings.tolerance = 0
    let fit = try Fit(Sample(), to: DataTable(["y": golden.numbers("data")]), settings: settings)
    for (entry, expected) in zip(fit.trace, bounds) { #expect(abs(entry.bound - expected) < 1e-9 * abs(expected)) }
  }
}
