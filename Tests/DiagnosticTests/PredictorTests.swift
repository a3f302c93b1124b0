import Models
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

  @Test func oneProductForSeveralOutputs() throws {
    #expect(
      try diagnosis(of: LinearRegression(), data(), bind: ["y": ["y", "w"], "x": ["u", "v"]])
        == "\"y\" has 2 elements, but 'coefficients * x' is the same for all of them. Put \"coefficients\" in "
        + "Plate(per: y) { … }, so that each has its own, or bind \"y\" to one column; multi-output-regression is for "
        + "several outputs with correlated noise.")
  }

  @Test func choicesBetweenLevels() throws {
    struct Broken: Model {
      let coefficients = Latent<MultivariateNormal>()
      let omega = Latent<PolyaGamma>()
      let x = Covariates(intercept: true)
      let y = Observed<Categorical>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        Plate.rows {
          omega ~ PolyaGamma(shape: 1)
          y ~ Categorical(logits: coefficients * x, auxiliary: omega)
        }
      }
    }
    func labels(_ names: [String], _ values: [Double] = [0, 1, 2, 1]) -> Column {
      Column(name: "kind", values: values, kind: .categorical(levels: names))
    }
    let inputs = try data().columns
    let table = try DataTable(columns: inputs + [labels(["a", "b", "c"])])
    #expect(
      try diagnosis(of: Broken(), table, bind: ["y": ["kind"], "x": ["u"]])
        == "\"y\" has 2 choices between its levels, but 'coefficients * x' is the same for all of them. Put "
        + "\"coefficients\" in Plate(per: y.splits) { … }.")
    #expect(
      try diagnosis(
        of: MultinomialRegression(), DataTable(columns: inputs + [labels(["a"], [0, 0, 0, 0])]),
        bind: ["y": ["kind"], "x": ["u"]])
        == "\"y\" has one level: there is nothing to choose between. Bind it to a column with two levels or more.")
    #expect(
      try diagnosis(
        of: MultinomialRegression(), DataTable(columns: table.columns + [labels(["a", "b", "c"]).renamed("other")]),
        bind: ["y": ["kind", "other"], "x": ["u"]])
        == "\"y\" is bound to 2 columns, but its levels are chosen one by one. Bind it to one column.")
  }

  @Test func countOfAuxiliaries() throws {
    struct Broken: Model {
      let coefficients = Latent<MultivariateNormal>()
      let omega = Latent<PolyaGamma>()
      let x = Covariates(intercept: true)
      let y = Observed<Categorical>()
      var body: [Statement] {
        Plate(per: y.splits) { coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0) }
        Plate.rows {
          omega ~ PolyaGamma(shape: 1, count: 3)
          y ~ Categorical(logits: coefficients * x, auxiliary: omega)
        }
      }
    }
    let table = try DataTable(
      columns: data().columns + [
        Column(name: "kind", values: [0, 1, 2, 1], kind: .categorical(levels: ["a", "b", "c"]))
      ])
    #expect(
      try diagnosis(of: Broken(), table, bind: ["y": ["kind"], "x": ["u"]])
        == "\"y\" has 3 levels and needs 2 elements of \"omega\", which has 3. Leave its 'count:' out.")
  }

  @Test func splitsOutOfTheirPlate() throws {
    struct Broken: Model {
      let level = Latent<Normal>()
      let kind = Observed<Categorical>()
      let y = Observed<Normal>()
      var body: [Statement] {
        Plate(per: kind.splits) { level ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows {
          kind ~ Categorical([0.5, 0.5])
          y ~ Normal(mean: level, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["y": ["y"], "kind": ["u"]])
        == "\"y\" uses \"level\" out of its plate: \"level\" has a member for each level of \"kind\" but the last, and only "
        + "the distribution of \"kind\" uses them. Put \"level\" outside the plate.")
  }

  /// Two numbers are the precision of an intercept and of all slopes; nowhere else.
  @Test func numbersOfInputs() throws {
    struct Broken: Model {
      var precision = [1.0, 2, 3]
      var covariance = [1.0]
      let line = Latent<MatrixNormalWishart>()
      let x = Covariates(intercept: true)
      let y = Observed<MultivariateNormal>()
      var body: [Statement] {
        line ~ MatrixNormalWishart(covariance: covariance, inputPrecision: precision)
        Plate.rows { y ~ MultivariateNormal(line, inputs: x) }
      }
    }
    var model = Broken()
    let bind = ["x": ["u"], "y": ["y", "v", "w"]]
    model.precision = [1, 2]
    #expect(try diagnosis(of: model, data(), bind: bind) == nil)
    model.covariance = [1, 2]
    #expect(
      try diagnosis(of: model, data(), bind: bind)
        == "\"line\": covariance has 2 numbers, but one, 3 (a diagonal) or 9 (a matrix) are needed.")
    model = Broken()
    #expect(
      try diagnosis(of: model, data(), bind: ["x": ["u", "v", "w"], "y": ["y"]])
        == "\"line\": inputPrecision has 3 numbers, but one, two (the first and all others), 4 (a diagonal) or 16 (a "
        + "matrix) are needed.")
  }

  @Test func exposureOfSeveralColumns() throws {
    #expect(
      try diagnosis(
        of: PoissonRates(), DataTable(["y": [1, 2], "g": [0, 1], "u": [1, 2], "w": [3, 1]]),
        bind: ["y": ["y"], "group": ["g"], "exposure": ["u", "w"]])
        == "\"y\" has dimension 1, but \"exposure\", its exposure, has 2. They must be equal, or the latter 1.")
  }

  @Test func trials() throws {
    struct Rates: Model {
      let probability = Latent<Beta>()
      let n = Covariates()
      let y = Observed<Counts>()
      var body: [Statement] {
        probability ~ Beta(alpha: 1, beta: 1)
        Plate.rows { y ~ Binomial(trials: n, probability: probability) }
      }
    }
    struct Broken: Model {
      let probability = Latent<Beta>()
      let kind = Groups()
      let y = Observed<Counts>()
      var body: [Statement] {
        probability ~ Beta(alpha: 1, beta: 1)
        Plate.rows { y ~ Binomial(trials: Table([2, 5, 3])[kind], probability: probability) }
      }
    }
    #expect(
      try diagnosis(of: Rates(), data(), bind: ["y": ["y"], "n": ["u"]])
        == "the table: column \"y\", row 2 is 2, but \"y\" counts at most the 1 trials of column \"u\".")
    #expect(
      try diagnosis(of: Rates(), DataTable(["y": [0, 1], "n": [2.5, 2]]), bind: ["y": ["y"], "n": ["n"]])
        == "the table: column \"n\", row 1 is 2.5, but \"n\", the trials of \"y\", must be whole numbers from 0 on.")
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["y": ["y"], "kind": ["v"]])
        == "the trials of \"y\" are no Covariates: each row's number of trials is data. Declare 'let trials = "
        + "Covariates()', or give one whole number for all rows.")
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

  @Test func scaleOfSeveralNumbers() throws {
    struct Broken: Model {
      let coefficients = Latent<MultivariateNormal>()
      let a = Covariates()
      let b = Covariates()
      let x = Observed<Normal>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        Plate.rows { x ~ Normal(mean: b * (coefficients * a), precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["y"], "a": ["u"], "b": ["u", "v"]])
        == "\"x\" multiplies an inner product by \"b\", which has 2 elements: one number is needed. Give \"b\" one, or write a "
        + "summand for each of its elements.")
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
