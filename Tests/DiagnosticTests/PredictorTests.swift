import Suffice
import Testing

/// Linear predictors, known tables and matrices.
@Suite struct PredictorTests {
  private func data() throws -> DataTable {
    try DataTable(["y": [1, 2, 4, 3], "u": [2, 1, 1, 5], "v": [1, 0, 2, 2], "w": [1, 3, 1, 0]])
  }

  @Test func vectorsOfDifferentLengths() throws {
    struct Broken: Model {
      let coefficients = Latent<MultivariateNormal>()
      let input = Covariates()
      let y = Observed<Normal>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
        Plate.rows { y ~ Normal(mean: coefficients * input, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["y": ["y"], "input": ["u", "v", "w"]])
        == "\"y\" multiplies \"coefficients\", which has 2 elements, with \"input\", which has 3. Make the two "
        + "numbers one.")
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["y": ["y"], "input": ["u"]])
        == "\"y\" multiplies \"coefficients\", which has 2 elements, with \"input\", which has 1. Make the two "
        + "numbers one.")
  }

  @Test func oneCoefficientForSeveralInputs() throws {
    struct Broken: Model {
      let coefficients = Latent<MultivariateNormal>()
      let input = Covariates()
      let y = Observed<Normal>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 1)
        Plate.rows { y ~ Normal(mean: coefficients * input, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["y": ["y"], "input": ["u", "v", "w"]])
        == "\"y\" multiplies \"coefficients\", which has 1 element, with \"input\", which has 3. Make the two "
        + "numbers one.")
  }

  @Test func latentVectorsOfDifferentLengths() throws {
    struct Broken: Model {
      let loadings = Latent<MultivariateNormal>()
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: x) { loadings ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 3) }
        Plate.rows {
          z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
          x ~ Normal(mean: loadings * z, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y", "u"]])
        == "\"x\" multiplies \"loadings\", which has 3 elements, with \"z\", which has 2. Make the two numbers one.")
  }

  @Test func sameVariableTwice() throws {
    struct Broken: Model {
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate.rows {
          z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
          x ~ Normal(mean: z * z, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"]])
        == "\"z\" occurs twice in the term Σᵢⱼ xₙᵢ · zₙⱼ · zₙⱼ of the distribution of \"x\": the expectation of a "
        + "product of two statistics of one variable is not the product of their expectations. Use two variables, "
        + "or one family that joins them.")
  }

  @Test func sameSummandTwice() throws {
    struct Broken: Model {
      let level = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        level ~ Normal(mean: 0.0, precision: 1.0)
        Plate.rows { x ~ Normal(mean: level + level, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"]])
        == "\"level\" occurs twice in the term −N · ⟨level, level⟩ of the distribution of \"x\": the expectation of "
        + "a product of two statistics of one variable is not the product of their expectations. Use two variables, "
        + "or one family that joins them.")
  }

  @Test func sameVariableInTwoProducts() throws {
    struct Broken: Model {
      let z = Latent<MultivariateNormal>()
      let a = Covariates()
      let b = Covariates()
      let x = Observed<Normal>()
      var body: [Statement] {
        z ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        Plate.rows { x ~ Normal(mean: z * a + z * b, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"], "a": ["u"], "b": ["v"]])
        == "\"z\" occurs twice in the term −dim(x) · Σⱼₖ zⱼ · bₙⱼ · zₖ · aₙₖ of the distribution of \"x\": the "
        + "expectation of a product of two statistics of one variable is not the product of their expectations. Use "
        + "two variables, or one family that joins them.")
  }

  @Test func tableWithTheWrongNumberOfMembers() throws {
    struct Broken: Model {
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var values: [Double]
      init() { values = [] }
      init(_ values: [Double]) { self.values = values }
      var body: [Statement] {
        Plate.rows {
          label ~ Categorical([0.2, 0.3, 0.5])
          x ~ Normal(mean: Table(values)[label], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken([0, 1]), data(), bind: ["x": ["y"]])
        == "\"x\": the table of mean has 2 numbers for 3 values of \"label\". Give each value equally many.")
    #expect(
      try diagnosis(of: Broken([0, 1, 2, 3]), data(), bind: ["x": ["y"]])
        == "\"x\": the table of mean has 4 numbers for 3 values of \"label\". Give each value equally many.")
    #expect(
      try diagnosis(of: Broken([]), data(), bind: ["x": ["y"]])
        == "\"x\": the table of mean has 0 numbers for 3 values of \"label\". Give each value equally many.")
    #expect(
      try diagnosis(of: Broken([0, 1, .nan]), data(), bind: ["x": ["y"]])
        == "\"x\": the table of mean has rows of different lengths, or a number that is not finite. Give each row "
        + "equally many finite numbers.")
    #expect(
      try diagnosis(of: Broken([0, 1, 2, 3, 4, 5]), data(), bind: ["x": ["y"]])
        == "\"x\": mean has 2 numbers, but one is needed.")
  }

  @Test func tableOfLabelsWithTheWrongNumberOfLevels() throws {
    struct Broken: Model {
      let label = Latent<Categorical>()
      let kind = Observed<Categorical>()
      var body: [Statement] {
        Plate.rows {
          label ~ Categorical([0.2, 0.8])
          kind ~ Categorical(Table([[0.2, 0.8], [0.5, 0.5]])[label])
        }
      }
    }
    #expect(
      try diagnosis(
        of: Broken(),
        DataTable(columns: [Column(name: "kind", values: [0, 1, 2], kind: .categorical(levels: ["a", "b", "c"]))]))
        == "\"kind\": probabilities has 2 numbers, but one or 3 are needed.")
  }

  @Test func tableOfNegativePrecisions() throws {
    struct Broken: Model {
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate.rows {
          label ~ Categorical([0.2, 0.8])
          x ~ Normal(mean: 0.0, precision: Table([1.0, -1])[label])
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"]])
        == "\"x\": the precision of Normal must be above 0, but is -1.")
  }

  @Test func matrixOfTheWrongSize() throws {
    struct Broken: Model {
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var rows: [[Double]]
      init() { rows = [] }
      init(_ rows: [[Double]]) { self.rows = rows }
      var body: [Statement] {
        Plate.rows {
          z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
          x ~ Normal(mean: Matrix(rows) * z, precision: 1.0)
        }
      }
    }
    let bind = ["x": ["y", "u"]]
    #expect(
      try diagnosis(of: Broken([[1, 0]]), data(), bind: bind)
        == "\"x\": the matrix of coefficients has 2 numbers, but 4 are needed: 2 rows, one for each element of "
        + "\"x\", of 2 numbers.")
    #expect(
      try diagnosis(of: Broken([[1, 0], [0, 1], [1, 1]]), data(), bind: bind)
        == "\"x\": the matrix of coefficients has 6 numbers, but 4 are needed: 2 rows, one for each element of "
        + "\"x\", of 2 numbers.")
    #expect(
      try diagnosis(of: Broken([[1, 0, 1], [0, 1, 1]]), data(), bind: bind)
        == "\"x\": the matrix of coefficients has 6 numbers, but 4 are needed: 2 rows, one for each element of "
        + "\"x\", of 2 numbers.")
    #expect(
      try diagnosis(of: Broken([[1], [0]]), data(), bind: bind)
        == "\"x\": the matrix of coefficients has 2 numbers, but 4 are needed: 2 rows, one for each element of "
        + "\"x\", of 2 numbers.")
    #expect(
      try diagnosis(of: Broken([[1, 0, 1], [0]]), data(), bind: bind)
        == "\"x\": the matrix of coefficients has rows of different lengths, or a number that is not finite. Give "
        + "each row equally many finite numbers.")
  }
}
