import Suffice
import Testing

/// Published and independently computed values for chains, groups and regressions.
@Suite struct WiderGoldenTests {
  /// #6: a hidden Markov model of which everything is known; the bound is the evidence.
  @Test func knownHiddenMarkovModel() throws {
    struct Weather: Model {
      let state = Latent<Categorical>()
      let activity = Observed<Categorical>()
      var body: [Statement] {
        Chain {
          state
            ~ MarkovChain(
              initial: Categorical([0.6, 0.4]),
              transition: Categorical(Table([[0.7, 0.3], [0.4, 0.6]])[state.previous]))
          activity ~ Categorical(Table([[0.1, 0.4, 0.5], [0.6, 0.3, 0.1]])[state])
        }
      }
    }
    let golden = try Golden.load("bayespy_golden").object("hmm_known")
    let table = try DataTable(["activity": golden.numbers("obs")])
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Weather(), to: table, backend: backend)
      #expect(abs(fit.bound - golden.number("forward_loglik")) < 1e-10 * 110)
    }
  }

  /// #6b: known Gaussian emissions, unknown initial and transition probabilities.
  @Test func hiddenMarkovModel() throws {
    struct Regimes: Model {
      let start = Latent<Dirichlet>()
      let move = Latent<Dirichlet>()
      let state = Latent<Categorical>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        start ~ Dirichlet(concentration: 1e-3, count: 3)
        Plate("state", 3) { move ~ Dirichlet(concentration: 1e-3, count: 3) }
        Chain {
          state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
          x ~ MultivariateNormal(mean: Table([[0, 0], [3, 4], [6, 0]])[state], precision: 0.25)
        }
      }
    }
    let golden = try Golden.load("bayespy_hmm_lda").object("hmm")
    let bounds = golden.numbers("L")
    var settings = FitSettings()
    settings.order = ["state", "move", "start"]
    settings.start = .expectations([:])
    settings.maximumPasses = bounds.count
    settings.tolerance = 0
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Regimes(), to: table(golden.rows("y")), settings: settings, backend: backend)
      for (entry, expected) in zip(fit.trace, bounds) { #expect(abs(entry.bound - expected) < 1e-9 * abs(expected)) }
      let move = try #require(fit.marginal("move")).parameter("concentration").flatMap { $0 }
      for (found, expected) in zip(move, golden.rows("A").flatMap { $0 }) { #expect(abs(found - expected) < 1e-5) }
    }
  }

  /// #6c: latent Dirichlet allocation, every one of BayesPy's 88 bounds.
  @Test func latentDirichletAllocation() throws {
    let golden = try Golden.load("bayespy_hmm_lda").object("lda")
    let data = try DataTable(["document": golden.numbers("doc"), "word": golden.numbers("word")])
    let bounds = golden.numbers("L")
    var settings = FitSettings()
    settings.order = ["topic", "words", "mixture"]
    settings.start = .expectations([
      "words": golden.rows("init_logphi").flatMap { $0 }, "mixture": golden.rows("init_logtheta").flatMap { $0 },
    ])
    settings.maximumPasses = bounds.count
    settings.tolerance = 0
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Topics(), to: data, settings: settings, backend: backend)
      #expect(fit.trace.count == bounds.count)
      for (entry, expected) in zip(fit.trace, bounds) { #expect(abs(entry.bound - expected) < 1e-9 * abs(expected)) }
    }
  }

  private struct Topics: Model {
    let document = Groups()
    let word = Observed<Categorical>()
    let mixture = Latent<Dirichlet>()
    let words = Latent<Dirichlet>()
    let topic = Latent<Categorical>()
    var body: [Statement] {
      Plate(per: document) { mixture ~ Dirichlet(concentration: 1, count: 3) }
      Plate("topic", 3) { words ~ Dirichlet(concentration: 1, count: word.levels) }
      Plate.rows {
        topic ~ Categorical(mixture[document])
        word ~ Categorical(words[topic])
      }
    }
  }

  /// #3: linear regression with independent coefficients and precision.
  @Test func linearRegression() throws {
    struct Regression: Model {
      let coefficients = Latent<MultivariateNormal>()
      let precision = Latent<Gamma>()
      // A column of ones among the inputs: the prior is of the output where x is 0, and not at the inputs' centre.
      let x = Covariates()
      let y = Observed<Normal>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1e-6)
        precision ~ Gamma(shape: 1e-3, rate: 1e-3)
        Plate.rows { y ~ Normal(mean: coefficients * x, precision: precision) }
      }
    }
    let golden = try Golden.load("bayespy_golden").object("regression_mf")
    let data = try DataTable([
      "one": [Double](repeating: 1, count: 10), "x": (0..<10).map(Double.init), "y": golden.numbers("y"),
    ])
    let bounds = golden.numbers("L")
    var settings = FitSettings()
    settings.order = ["coefficients", "precision"]
    settings.maximumPasses = bounds.count
    settings.tolerance = 0
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(
        Regression(), to: data, bind: ["x": ["one", "x"]], settings: settings, backend: backend)
      for (entry, expected) in zip(fit.trace, bounds) { #expect(abs(entry.bound - expected) < 1e-9 * abs(expected)) }
      let mean = try #require(fit.marginal("coefficients")).mean
      for (found, expected) in zip(mean.reversed(), golden.numbers("Emu")) { #expect(abs(found - expected) < 1e-7) }
    }
  }

  /// #3b: linear regression with a joint normal–gamma prior: the bound is the evidence after one step.
  @Test func jointLinearRegression() throws {
    struct Regression: Model {
      let line = Latent<MatrixNormalWishart>()
      let x = Covariates()
      let y = Observed<MultivariateNormal>()
      var body: [Statement] {
        line ~ MatrixNormalWishart(mean: 0.0, inverseScale: 2e-3, inputPrecision: 1e-6, degreesOfFreedom: 2e-3)
        Plate.rows { y ~ MultivariateNormal(line, inputs: x) }
      }
    }
    let golden = try Golden.load("bayespy_golden").object("regression_mf")
    let data = try DataTable([
      "one": [Double](repeating: 1, count: 10), "x": (0..<10).map(Double.init), "y": golden.numbers("y"),
    ])
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Regression(), to: data, bind: ["x": ["one", "x"]], backend: backend)
      #expect(abs(fit.bound - -41.304234509621) < 1e-9)
    }
  }
}
