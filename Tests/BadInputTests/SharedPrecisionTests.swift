import Models
import Suffice
import Testing

/// Missing cells where the elements of a row are not independent.
@Suite struct SharedPrecisionTests {
  @Test func spherical() throws {
    #expect(
      refusal(SphericalGaussianMixture(), try table([[1, 2, .nan, 4], [2, 1, 4, 5]]))
        == "column \"a\" of \"x\" has 1 missing cell, but its parameters are shared by all its elements: choose a "
        + "model with one precision for each column. Fill the cells, or drop the rows.")
  }

  @Test func usedByOthers() throws {
    struct Chained: Model {
      let omega = Latent<PolyaGamma>()
      let coefficients = Latent<MultivariateNormal>()
      let u = Covariates(intercept: true)
      let x = Observed<Counts>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        Plate.rows {
          omega ~ PolyaGamma(shape: 3, plus: x)
          x ~ NegativeBinomial(size: 3, logit: coefficients * u, auxiliary: omega)
        }
      }
    }
    #expect(
      refusal(
        Chained(), try DataTable(["x": [1, .nan, 2], "v": [0, 1, 3], "u": [1, 2, 3]]),
        bind: ["x": ["x", "v"], "u": ["u"]])
        == "column \"x\" of \"x\" has 1 missing cell, but other variables depend on it. Fill the cells, or drop the "
        + "rows.")
  }
}
