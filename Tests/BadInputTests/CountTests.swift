import Models
import Suffice
import Testing

/// Counts: negative, fractional, above their trials.
@Suite struct CountTests {
  struct Trials: Model {
    let probability = Latent<Beta>()
    let x = Observed<Counts>()
    var body: [Statement] {
      probability ~ Beta(alpha: 1, beta: 1)
      Plate.rows { x ~ Binomial(trials: 5, probability: probability) }
    }
  }
  struct Bags: Model {
    let probabilities = Latent<Dirichlet>()
    let x = Observed<Multinomial>()
    var body: [Statement] {
      probabilities ~ Dirichlet(concentration: 1.0)
      Plate.rows { x ~ Multinomial(probabilities: probabilities) }
    }
  }
  struct Votes: Model {
    let probabilities = Latent<Dirichlet>()
    let x = Observed<Multinomial>()
    var body: [Statement] {
      probabilities ~ Dirichlet(concentration: 1.0)
      Plate.rows { x ~ Multinomial(trials: 3, probabilities: probabilities) }
    }
  }
  struct Waiting: Model {
    let probability = Latent<Beta>()
    let x = Observed<Geometric>()
    var body: [Statement] {
      probability ~ Beta(alpha: 1, beta: 1)
      Plate.rows { x ~ Geometric(probability) }
    }
  }

  @Test func ofTrials() throws {
    #expect(
      refusal(Trials(), try DataTable(["x": [1, 2, -3]]))
        == "the table: column \"x\", row 3 is -3, but \"x\" is Poisson: a count 0, 1, 2 … was expected.")
    #expect(
      refusal(Trials(), try DataTable(["x": [1, 2.5, 3]]))
        == "the table: column \"x\", row 2 is 2.5, but \"x\" is Poisson: a count 0, 1, 2 … was expected.")
    #expect(
      refusal(Trials(), try DataTable(["x": [1, 6, 3]]))
        == "the table: column \"x\", row 2 is 6, but \"x\" counts at most 5 trials.")
    #expect(refusal(Trials(), try DataTable(["x": [5, 0, 5]])) == nil)
    #expect(refusal(Trials(), try DataTable(["x": [5, .nan, 5]])) == nil)
  }

  @Test func ofNewRows() throws {
    let fit = try Fit(Trials(), to: DataTable(["x": [5, 0, 5]]))
    #expect(
      refusal(fit, try DataTable(["x": [6, 1]]))
        == "the table: column \"x\", row 1 is 6, but \"x\" counts at most 5 trials.")
  }

  @Test func ofBags() throws {
    #expect(
      refusal(Bags(), try DataTable(["a": [1, 2, -3], "b": [2, 1, 1]]), bind: ["x": ["a", "b"]])
        == "the table: column \"a\", row 3 is -3, but \"x\" is Multinomial: a count 0, 1, 2 … was expected.")
    #expect(
      refusal(Bags(), try DataTable(["a": [1, 2, 0.5], "b": [2, 1, 1]]), bind: ["x": ["a", "b"]])
        == "the table: column \"a\", row 3 is 0.5, but \"x\" is Multinomial: a count 0, 1, 2 … was expected.")
    #expect(refusal(Bags(), try DataTable(["a": [1, 2, 0], "b": [2, 1, 0]]), bind: ["x": ["a", "b"]]) == nil)
    #expect(
      refusal(Bags(), try DataTable(["a": [1, 2, .nan], "b": [2, 1, 0]]), bind: ["x": ["a", "b"]])
        == "column \"a\" of \"x\" has 1 missing cell, but the elements of Multinomial are not independent. Fill the "
        + "cells, or drop the rows.")
  }

  @Test func ofVotes() throws {
    #expect(refusal(Votes(), try DataTable(["a": [1, 2, 3], "b": [2, 1, 0]]), bind: ["x": ["a", "b"]]) == nil)
    #expect(
      refusal(Votes(), try DataTable(["a": [1, 2, 3], "b": [2, 1, 1]]), bind: ["x": ["a", "b"]])
        == "the table: row 3 of the columns \"a\", \"b\" sums to 4, but \"x\" has 3 trials.")
  }

  @Test func ofWaiting() throws {
    #expect(
      refusal(Waiting(), try DataTable(["x": [1, 2, -3]]))
        == "the table: column \"x\", row 3 is -3, but \"x\" is Geometric: a count 0, 1, 2 … was expected.")
    #expect(
      refusal(Waiting(), try DataTable(["x": [1, 2, 0.5]]))
        == "the table: column \"x\", row 3 is 0.5, but \"x\" is Geometric: a count 0, 1, 2 … was expected.")
  }

  @Test func ofRegressions() throws {
    let bind = ["y": ["y"], "x": ["u"]]
    #expect(
      refusal(NegativeBinomialRegression(), try DataTable(["y": [1, -1, 2], "u": [1, 2, 3]]), bind: bind)
        == "the table: column \"y\", row 2 is -1, but \"y\" is Poisson: a count 0, 1, 2 … was expected.")
    #expect(
      refusal(NegativeBinomialRegression(), try DataTable(["y": [1, 1.5, 2], "u": [1, 2, 3]]), bind: bind)
        == "the table: column \"y\", row 2 is 1.5, but \"y\" is Poisson: a count 0, 1, 2 … was expected.")
    #expect(
      refusal(LogisticRegression(), try DataTable(["y": [1, 2, 0], "u": [1, 2, 3]]), bind: bind)
        == "the table: column \"y\", row 2 is 2, but \"y\" is Bernoulli: 0 or 1 was expected.")
    #expect(
      refusal(LogisticRegression(), try DataTable(["y": [1, .nan, 0], "u": [1, 2, 3]]), bind: bind)
        == nil)
    #expect(
      refusal(NegativeBinomialRegression(), try DataTable(["y": [1, .nan, 0], "u": [1, 2, 3]]), bind: bind)
        == nil)
  }

  struct Rates: Model {
    let rate = Latent<Gamma>()
    let exposure = Covariates()
    let x = Observed<Poisson>()
    var body: [Statement] {
      rate ~ Gamma(shape: 1, rate: 1)
      Plate.rows { x ~ Poisson(rate, exposure: exposure) }
    }
  }

  @Test func exposures() throws {
    let bind = ["x": ["x"], "exposure": ["e"]]
    #expect(
      refusal(Rates(), try DataTable(["x": [1, 2, 2], "e": [1, 0, 3]]), bind: bind)
        == "the table: column \"e\", row 2 is 0, but \"exposure\", the exposure of \"x\", must be above 0.")
    #expect(
      refusal(Rates(), try DataTable(["x": [1, 2, 2], "e": [1, -2, 3]]), bind: bind)
        == "the table: column \"e\", row 2 is -2, but \"exposure\", the exposure of \"x\", must be above 0.")
    #expect(
      refusal(Rates(), try DataTable(["x": [1, 2, 2], "e": [1, .nan, 3]]), bind: bind)
        == "the table: column \"e\" has 1 missing cell, but the model conditions on \"exposure\" and cannot do "
        + "without it. Fill the cells, or drop the rows.")
  }
}
