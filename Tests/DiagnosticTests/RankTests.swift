import Suffice
import Testing

/// Covariances that too few rows tell of.
@Suite struct RankTests {
  private struct Joint: Model {
    let cluster = Latent<NormalWishart>()
    let x = Observed<MultivariateNormal>()
    var body: [Statement] {
      cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance)
      Plate.rows { x ~ MultivariateNormal(cluster) }
    }
  }

  @Test func fewCompleteRows() throws {
    let nan = Double.nan
    #expect(
      try diagnosis(of: Joint(), DataTable(["a": [1, nan, 7, nan], "b": [2, 5, nan, 1], "c": [3, nan, 9, 2]]))
        == "the covariance matrix of \"x\" is singular: only 1 of the 4 rows have no missing cell, for "
        + "3 columns. Leave out columns with many missing cells, or choose a model with diagonal covariances.")
    #expect(
      try diagnosis(of: Joint(), DataTable(["a": [1, nan, 7, nan], "b": [nan, 5, nan, 1]]))
        == "the covariance matrix of \"x\" is singular: only 0 of the 4 rows have no missing cell, for "
        + "2 columns. Leave out columns with many missing cells, or choose a model with diagonal covariances.")
    #expect(
      try diagnosis(of: Joint(), DataTable(["a": [1, 2, 7, 3], "b": [nan, 5, 2, 1], "c": [1, nan, 3, 3]]))
        == "the covariance matrix of \"x\" is singular: only 2 of the 4 rows have no missing cell, for "
        + "3 columns. Leave out columns with many missing cells, or choose a model with diagonal covariances.")
    #expect(
      try diagnosis(of: Joint(), DataTable(["a": [1, nan, nan, nan], "b": [nan, 5, nan, 1]]))
        == "a prior depends on the covariance of \"x\", but column \"a\" has too few rows: missing cells and rows of "
        + "weight 0 do not count, and weights must sum to more than 1. Leave it out, or use a model whose priors "
        + "are numbers.")
    // Two missing cells of one row take one row away.
    #expect(
      try diagnosis(of: Joint(), DataTable(["a": [1, 2, 7, 3, nan], "b": [2, 4, 14, 6, nan], "c": [3, 1, 4, 1, 5]]))
        == "the covariance matrix of \"x\" is singular: column \"b\" is a linear combination of \"a\". Leave it out, "
        + "or choose a model with diagonal covariances.")
    #expect(
      try diagnosis(of: Joint(), DataTable(["a": [1, 2, 7, 3, nan], "b": [2, 4, 14, 6, 3]]))
        == "the covariance matrix of \"x\" is singular: column \"b\" is a linear combination of \"a\". Leave it out, "
        + "or choose a model with diagonal covariances.")
  }
}
