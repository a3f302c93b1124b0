import Models
import Suffice
import Testing

/// Weights of rows.
@Suite struct WeightTests {
  private func weighted(_ weights: [Double]) throws -> String? {
    refusal(
      DiagonalGaussianMixture(), try DataTable(["x": [1, 2, 4], "w": weights]), bind: ["x": ["x"]], weights: "w")
  }

  @Test func below0() throws {
    #expect(
      try weighted([1, -1, 2])
        == "the table: the weight in column \"w\", row 2, is -1; weights are numbers from 0 to 1e15.")
  }
  @Test func missing() throws {
    #expect(
      try weighted([1, 2, .nan])
        == "the table: the weight in column \"w\", row 3, is missing; weights are numbers from 0 to 1e15.")
  }
  @Test func infinite() throws {
    #expect(
      try weighted([1, 2, .infinity])
        == "the table: the weight in column \"w\", row 3, is inf; weights are numbers from 0 to 1e15.")
  }
  @Test func huge() throws {
    #expect(
      try weighted([1, 2, 1e300])
        == "the table: the weight in column \"w\", row 3, is 1e+300; weights are numbers from 0 to 1e15.")
  }
  @Test func tiny() throws {
    #expect(
      try weighted([1e-300, 0, 0])
        == "a prior depends on the variance of \"x\", but column \"x\" has too few rows: missing cells and rows of "
        + "weight 0 do not count, and weights must sum to more than 1. Leave it out, or use a model whose priors "
        + "are numbers.")
  }
  @Test func all0() throws {
    #expect(try weighted([0, 0, 0]) == "the table: all weights in column \"w\" are 0: no row counts.")
  }
  @Test func oneRow() throws {
    #expect(
      try weighted([1, 0, 0])
        == "a prior depends on the variance of \"x\", but column \"x\" has too few rows: missing cells and rows of "
        + "weight 0 do not count, and weights must sum to more than 1. Leave it out, or use a model whose priors "
        + "are numbers.")
  }
  @Test func lessThanOneRow() throws {
    #expect(
      try weighted([0.25, 0.25, 0.25])
        == "a prior depends on the variance of \"x\", but column \"x\" has too few rows: missing cells and rows of "
        + "weight 0 do not count, and weights must sum to more than 1. Leave it out, or use a model whose priors "
        + "are numbers.")
  }

  @Test func text() throws {
    let data = try DataTable(columns: [
      Column(name: "x", values: [1, 2, 4]),
      Column(name: "w", values: [0, 1, 0], kind: .categorical(levels: ["one", "two"])),
    ])
    #expect(
      refusal(NormalSample(), data, bind: ["x": ["x"]], weights: "w")
        == "the table: column \"w\" holds text, but weights are numbers.")
  }

  @Test func noSuchColumn() throws {
    #expect(
      refusal(NormalSample(), try DataTable(["x": [1, 2, 4]]), bind: ["x": ["x"]], weights: "count")
        == "the table has no column \"count\" for the weights; it has \"x\".")
  }

  /// A column is either data or the weights.
  @Test func boundColumn() throws {
    #expect(
      refusal(
        NormalSample(), try DataTable(["x": [1, 2, 4], "w": [1, 2, 1]]), bind: ["x": ["x", "w"]], weights: "w")
        == "column \"w\" holds the weights of the rows, but \"x\" is bound to it too. Leave it out of one of the "
        + "two.")
  }

  @Test func columnTakenByName() throws {
    #expect(
      refusal(NormalSample(), try DataTable(["x": [1, 2, 4]]), weights: "x")
        == "the table: no column fits \"x\", which takes numeric columns. Bind columns to it; there are "
        + "none beside the weights.")
  }

  @Test func covarianceOfWeightedRows() throws {
    var model = GaussianMixture()
    model.components = 1
    #expect(
      refusal(
        model, try DataTable(["a": [1, 2, 4, 5], "b": [2, 1, 1, 0], "w": [1, 1, 0, 0]]),
        bind: ["x": ["a", "b"]], weights: "w")
        == "the covariance matrix of \"x\" is singular: only 2 of the 4 rows have a weight, for 2 columns. Use more rows than "
        + "columns, or choose a model with diagonal covariances.")
    #expect(
      refusal(
        model, try DataTable(["a": [1, 2, 4, 5], "b": [2, 1, 1, 1], "w": [0, 0, 1, 1]]),
        bind: ["x": ["a", "b"]], weights: "w")
        == "column \"b\" is constant (every value is 1): a prior that depends on the covariance of \"x\" is not "
        + "defined, and a constant says nothing about the rows. Leave it out.")
  }
}
