import Models
import Suffice
import Testing

/// What is wrong with a shipped model under some settings.
private func complaint<M: Model>(_ type: M.Type, _ name: String, _ value: String) throws -> String? {
  let count = Double(name.count)
  let table = try DataTable(["a": [0, 1, 2, 5, count], "b": [3, 1, 1, 2, 0]])
  return try diagnosis(of: M(settings: [(name, value)]), table).map(withoutDeclaration)
}

/// The message after the place in the file of a shipped model.
private func withoutDeclaration(_ message: String) -> String {
  guard message.hasPrefix("Models/"), let space = message.firstIndex(of: " ") else { return message }
  return String(message[message.index(after: space)...])
}

private struct AbsoluteSample: Model {
  @Hyperparameter("Prior mean.") var mean = 0.0
  @Hyperparameter("Rate of the gamma prior.") var rate = 1.0
  let parameters = Latent<NormalGamma>()
  let x = Observed<Normal>()
  var body: [Statement] {
    parameters ~ NormalGamma(mean: mean, meanPrecision: 1.0, shape: 1.0, rate: rate)
    Plate.rows { x ~ Normal(parameters) }
  }
}

@Suite struct ParameterDomainTests {
  @Test(arguments: [("0", "0"), ("-1", "-1"), ("nan", "nan"), ("inf", "inf")])
  func concentration(value: String, shown: String) throws {
    #expect(
      try complaint(GaussianMixture.self, "concentration", value)
        == "\"weights\": the concentration of Dirichlet must be above 0, but is "
        + Array(repeating: shown, count: 6).joined(separator: ", ") + ", ….")
    #expect(
      try complaint(DirichletProcessGaussianMixture.self, "concentration", value)
        == "\"weights\": the stickBeta of StickBreaking must be above 0, but is "
        + Array(repeating: shown, count: 6).joined(separator: ", ") + ", ….")
  }

  @Test func negativeRate() throws {
    #expect(
      try complaint(AbsoluteSample.self, "rate", "-2")
        == "\"parameters\": the rate of NormalGamma must be above 0, but is -2, -2.")
    #expect(
      try complaint(PoissonMixture.self, "shape", "-1")
        == "\"rate\": the shape of Gamma must be above 0, but is -1, -1.")
    #expect(
      try complaint(BernoulliMixture.self, "components", "0")
        == "the plate \"component\" around \"probability\" has size 0; it must be at least 1.")
  }

  @Test func meanThatIsNoNumber() throws {
    #expect(
      try complaint(AbsoluteSample.self, "mean", "nan")
        == "\"parameters\": the mean of NormalGamma must be finite, but is nan, nan.")
  }

  @Test(arguments: [1.0, 0, -3, .nan]) func degreesOfFreedom(value: Double) throws {
    struct Mixture: Model {
      @Hyperparameter("Degrees of freedom.") var degreesOfFreedom = 2.0
      let parameters = Latent<NormalWishart>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        parameters ~ NormalWishart(mean: 0.0, inverseScale: 1.0, degreesOfFreedom: degreesOfFreedom)
        Plate.rows { x ~ MultivariateNormal(parameters) }
      }
    }
    var model = Mixture()
    model.degreesOfFreedom = value
    let shown = value.isNaN ? "nan" : "\(Int(value))"
    #expect(
      try diagnosis(of: model)
        == "\"parameters\": the degreesOfFreedom of NormalWishart must be above 1, but is \(shown).")
  }

  @Test func matrixThatIsNotPositiveDefinite() throws {
    struct Sample: Model {
      let mean = Latent<MultivariateNormal>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        mean ~ MultivariateNormal(mean: 0.0, precision: [1, 2, 2, 1])
        Plate.rows { x ~ MultivariateNormal(mean: mean, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Sample())
        == "\"mean\": the precision of MultivariateNormal must be positive definite, but is 1, 2, 1.")
  }

  @Test(arguments: [0.0, 1, 1.5, -0.5, .nan]) func probability(value: Double) throws {
    struct Answers: Model {
      @Hyperparameter("Probability of a 1.") var probability = 0.5
      let x = Observed<Bernoulli>()
      var body: [Statement] { Plate.rows { x ~ Bernoulli(probability) } }
    }
    var model = Answers()
    model.probability = value
    let shown = value.isNaN ? "nan" : value == value.rounded() ? "\(Int(value))" : "\(value)"
    #expect(
      try diagnosis(of: model, DataTable(["a": [0, 1, 1]]))
        == "\"x\": the probability of Bernoulli must be above 0 and below 1, but is \(shown).")
  }
}
