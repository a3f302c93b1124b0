import Suffice
import Testing

/// Mistakes that look like models.
@Suite struct MisuseTests {
  private func data() throws -> DataTable {
    try DataTable(["y": [1, 2, 4, 3], "u": [2, 1, 1, 5], "v": [1, 0, 2, 2], "g": [0, 0, 1, 1]])
  }

  @Test func timeWithAnIntercept() throws {
    struct Fine: Model {
      let time = Covariates(intercept: true)
      let state = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Chain(at: time) {
          state
            ~ MarkovChain(
              initial: Categorical([0.5, 0.5]),
              transition: Categorical(Table([[0.9, 0.1], [0.1, 0.9]])[state.previous]))
          x ~ Normal(mean: Table([0.0, 1])[state], precision: 1.0)
        }
      }
    }
    #expect(try diagnosis(of: Fine(), DataTable(["t": [1, 2, 3], "x": [1, 2, 3]]), bind: ["time": ["t"]]) == nil)
    #expect(
      try diagnosis(of: Fine(), DataTable(["t": [1, 2, 4], "x": [1, 2, 3]]), bind: ["time": ["t"]])
        == "the table: column \"t\" goes from 2 to 4 in row 3; its smallest step is 1. Add the missing rows with "
        + "empty cells, or begin a new sequence.")
  }

  @Test func unusedGroups() throws {
    struct Broken: Model {
      let subject = Groups()
      let x = Observed<Normal>()
      var body: [Statement] { Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) } }
    }
    #expect(
      try diagnosis(of: Broken(), DataTable(["x": [1, 2, 4, 3]]))
        == "the table has no column \"subject\". Bind a column to it; there are \"x\".")
  }

  @Test func unusedPlateOfGroups() throws {
    struct Broken: Model {
      let subject = Groups()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: subject) { effect ~ Normal(mean: 0.0, precision: 1.0, count: 1) }
        Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) }
      }
    }
    #expect(try diagnosis(of: Broken(), data(), bind: ["x": ["y"], "subject": ["g"]]) == nil)
  }

  @Test func levelsOfGroups() throws {
    struct Broken: Model {
      let subject = Groups()
      let weights = Latent<Dirichlet>()
      let label = Latent<Categorical>()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1, count: subject.levels)
        Plate("component", 3) { effect ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(mean: effect[label], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"], "subject": ["g"]])
        == "\"label\" takes 3 values, but \"weights\", its probabilities, has 2 elements. Make the two numbers one.")
  }

  @Test func groupsForAFixedPlate() throws {
    struct Broken: Model {
      let subject = Groups()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate("component", 3) { effect ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows { x ~ Normal(mean: effect[subject], precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"], "subject": ["g"]])
        == "\"subject\" takes 2 values, but chooses a member of \"effect\" in the plate \"component\", which has 3. "
        + "Make the two numbers one.")
  }

  @Test func elementsOfALatentVector() throws {
    struct Broken: Model {
      let z = Latent<MultivariateNormal>()
      let scale = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: z) { scale ~ Gamma(shape: 1, rate: 1) }
        Plate.rows {
          z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
          x ~ Normal(mean: 0.0, precision: scale)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"]])
        == "\"x\" uses \"scale\" out of its plate: \"scale\" has a member for each element of z, and no label "
        + "chooses among elements. Put \"scale\" in Plate(per: x) { … }, or outside.")
  }

  @Test func studentFactorOutsideTheRows() throws {
    struct Broken: Model {
      let factor = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        factor ~ Gamma(shape: 2, rate: 2)
        Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0, factor: factor) }
      }
    }
    #expect(try diagnosis(of: Broken(), data(), bind: ["x": ["y"]]) == nil)
  }

  @Test func precisionAsFactor() throws {
    struct Broken: Model {
      let precision = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        precision ~ Gamma(shape: 2, rate: 2)
        Plate.rows { x ~ Normal(mean: 0.0, precision: precision, factor: precision) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"]])
        == "\"precision\" occurs twice in the term −½ Σᵢ xₙᵢ² · precisionᵢ · precisionᵢ of the distribution of "
        + "\"x\": the expectation of a product of two statistics of one variable is not the product of their "
        + "expectations. Use two variables, or one family that joins them.")
  }

  @Test func inputsOfTheWrongLength() throws {
    struct Broken: Model {
      let map = Latent<MatrixNormalWishart>()
      let z = Latent<MultivariateNormal>()
      let input = Covariates()
      let a = Observed<MultivariateNormal>()
      let b = Observed<MultivariateNormal>()
      let other = Covariates()
      var body: [Statement] {
        map ~ MatrixNormalWishart(mean: 0.0, inverseScale: 1.0, inputPrecision: 1.0, degreesOfFreedom: 4)
        Plate.rows {
          z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 1)
          a ~ MultivariateNormal(map, inputs: input)
          b ~ MultivariateNormal(map, inputs: other)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["a": ["y"], "b": ["u"], "input": ["v"], "other": ["v", "g"]])
        == "\"a\" multiplies \"map\", which has 2 elements, with \"input\", which has 1. Make the two numbers one.")
  }

  @Test func covariatesAsCoefficientsOfCovariates() throws {
    struct Broken: Model {
      let a = Covariates()
      let b = Covariates()
      let x = Observed<Normal>()
      var body: [Statement] { Plate.rows { x ~ Normal(mean: a * b, precision: 1.0) } }
    }
    #expect(try diagnosis(of: Broken(), data(), bind: ["x": ["y"], "a": ["u"], "b": ["v"]]) == nil)
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"], "a": ["u"], "b": ["v", "g"]])
        == "\"x\" multiplies \"a\", which has 1 element, with \"b\", which has 2. Make the two numbers one.")
  }

  @Test func exposureOfSeveralColumns() throws {
    struct Broken: Model {
      let rate = Latent<Gamma>()
      let exposure = Covariates()
      let x = Observed<Poisson>()
      var body: [Statement] {
        rate ~ Gamma(shape: 1, rate: 1)
        Plate.rows { x ~ Poisson(rate, exposure: exposure) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"], "exposure": ["u", "y"]])
        == "column \"y\" is bound to \"exposure\" and to \"x\". Bind it to one of them.")
    #expect(
      try diagnosis(of: Broken(), data().with(), bind: ["x": ["y"], "exposure": ["u", "w"]])
        == "\"x\" has dimension 1, but \"exposure\", its exposure, has 2. They must be equal, or the latter 1.")
  }

  @Test func binomialWithoutTrials() throws {
    struct Broken: Model {
      var trials = 0
      let probability = Latent<Beta>()
      let x = Observed<Counts>()
      var body: [Statement] {
        probability ~ Beta(alpha: 1, beta: 1)
        Plate.rows { x ~ Binomial(trials: trials, probability: probability) }
      }
    }
    var negative = Broken()
    negative.trials = -2
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"]])
        == "the distribution of \"x\" has 0 trials; there must be at least 1.")
    #expect(
      try diagnosis(of: negative, data(), bind: ["x": ["y"]])
        == "the distribution of \"x\" has -2 trials; there must be at least 1.")
  }

  @Test func sizesThatAreNotPositive() throws {
    struct Broken: Model {
      var size = -1.0
      let probability = Latent<Beta>()
      let x = Observed<Counts>()
      var body: [Statement] {
        probability ~ Beta(alpha: 1, beta: 1)
        Plate.rows { x ~ NegativeBinomial(size: size, probability: probability) }
      }
    }
    var nothing = Broken()
    nothing.size = .nan
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"]])
        == "the size of the distribution of \"x\" is -1; it must be a finite number above 0.")
    #expect(
      try diagnosis(of: nothing, data(), bind: ["x": ["y"]])
        == "the size of the distribution of \"x\" is nan; it must be a finite number above 0.")
    struct Directions: Model {
      let mean = Latent<VonMisesFisher>()
      let x = Observed<VonMisesFisher>()
      var body: [Statement] {
        mean ~ VonMisesFisher(direction: 0.0)
        Plate.rows { x ~ VonMisesFisher(mean: mean, concentration: -5, count: 2) }
      }
    }
    #expect(
      try diagnosis(of: Directions(), DataTable(["a": [1, 0], "b": [0, 1]]))
        == "the distribution of \"x\" has a number that is not finite or outside its domain. Check the numbers that "
        + "it is given.")
  }
}

extension DataTable {
  fileprivate func with() throws -> DataTable {
    try DataTable(columns: columns + [Column(name: "w", values: [1, 1, 2, 3])])
  }
}
