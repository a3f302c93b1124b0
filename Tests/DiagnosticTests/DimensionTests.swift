import Suffice
import Testing

@Suite struct DimensionTests {
  @Test func neighboursDisagree() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: 0.0, precision: 1.0, count: 3)
        Plate.rows { x ~ Normal(mean: mean, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" has dimension 2, but \"mean\", its mean, has 3. They must be equal, or the latter 1.")
  }

  /// One number serves all elements of a vector, but a matrix of order 1 serves no larger one.
  @Test func matrixOfOrderOne() throws {
    struct Broken: Model {
      let precision = Latent<Wishart>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        precision ~ Wishart(degreesOfFreedom: 2, inverseScale: 1.0, count: 1)
        Plate.rows { x ~ MultivariateNormal(mean: 0.0, precision: precision) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" has dimension 2, but \"precision\", its precision, has 1. They must be equal.")
  }

  @Test func weightsAndMembersDisagree() throws {
    struct Broken: Model {
      let weights = Latent<Dirichlet>()
      let mean = Latent<Normal>()
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1.0, count: 3)
        Plate("component", 4) { mean ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(mean: mean[label], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"label\" takes 4 values, but \"weights\", its probabilities, has 3 elements. Make the two numbers one.")
  }

  @Test func labelChoosesFromTwoPlates() throws {
    struct Broken: Model {
      let weights = Latent<Dirichlet>()
      let mean = Latent<Normal>()
      let precision = Latent<Gamma>()
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1.0, count: 3)
        Plate("location", 3) { mean ~ Normal(mean: 0.0, precision: 1.0) }
        Plate("scale", 4) { precision ~ Gamma(shape: 1.0, rate: 1.0) }
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(mean: mean[label], precision: precision[label])
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"label\" takes 3 values, but chooses a member of \"precision\" in the plate \"scale\", which has 4. Make the two "
        + "numbers one.")
  }

  @Test func followsFromNothing() throws {
    struct Broken: Model {
      let alone = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        alone ~ Gamma(shape: 1.0, rate: 1.0)
        Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "the dimension of \"alone\" follows from nothing: no observed variable depends on it. Give it with 'count:', or remove "
        + "the variable.")
  }

  @Test func wrongNumberOfConstants() throws {
    struct Broken: Model {
      let mean = Latent<MultivariateNormal>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        mean ~ MultivariateNormal(mean: 0.0, precision: [1, 2, 3])
        Plate.rows { x ~ MultivariateNormal(mean: mean, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"mean\": precision has 3 numbers, but one, 2 (a diagonal) or 4 (a matrix) are needed.")
  }

  @Test func emptyConstant() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: [Double](), precision: 1.0)
        Plate.rows { x ~ Normal(mean: mean, precision: 1.0) }
      }
    }
    #expect(try diagnosis(of: Broken()) == "\"mean\": mean has 0 numbers, but one or 2 are needed.")
  }

  @Test(arguments: [0, -1]) func noElements(count: Int) throws {
    struct Broken: Model {
      @Hyperparameter("Number of elements.") var count = 1
      let weights = Latent<Dirichlet>()
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1.0, count: count)
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(mean: 0.0, precision: 1.0)
        }
      }
    }
    var model = Broken()
    model.count = count
    #expect(try diagnosis(of: model) == "\"weights\" is given \(count) elements; it must have at least 1.")
  }

  @Test func tooManyElements() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: 0.0, precision: 1.0, count: .max)
        Plate.rows { x ~ Normal(mean: mean, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"mean\" is given 9223372036854775807 elements; the largest number is 1000000.")
  }
}
