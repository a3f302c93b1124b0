import Models
import Suffice
import Testing

@Suite struct FewRowsTests {
  @Test func oneRowAndPriorsFromTheData() throws {
    let data = try table([[3], [1]])
    let end = " of \"x\", but there is only one row. Use at least two rows, or a model whose priors are numbers."
    #expect(refusal(GaussianMixture(), data) == "a prior depends on the covariance" + end)
    #expect(refusal(DiagonalGaussianMixture(), data) == "a prior depends on the variance" + end)
    #expect(refusal(SphericalGaussianMixture(), data) == "a prior depends on the variance" + end)
    #expect(refusal(DirichletProcessColumnMixture(), data) == "a prior depends on the variance" + end)
    #expect(refusal(TiedGaussianMixture(), data) == "a prior depends on the covariance" + end)
  }

  /// The conjugate update of one observation x = 9, Bishop (2.151–2.154): the mean (3·1 + 9)/4, the rate
  /// ½ + ½·¾·(9 − 1)².
  @Test func oneRowOfANormalSample() throws {
    struct Sample: Model {
      let parameters = Latent<NormalGamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        parameters ~ NormalGamma(mean: 1.0, meanPrecision: 3.0, shape: 2.0, rate: 0.5)
        Plate.rows { x ~ Normal(parameters) }
      }
    }
    let parameters = try Fit(Sample(), to: table([[9]])).marginal("parameters")
    #expect(agree(parameters?.parameter("mean").first ?? [], [3]))
    #expect(agree(parameters?.parameter("meanPrecision").first ?? [], [4]))
    #expect(agree(parameters?.parameter("shape").first ?? [], [2.5]))
    #expect(agree(parameters?.parameter("rate").first ?? [], [24.5]))
  }

  @Test func oneRowOfAnswers() throws {
    var model = BernoulliMixture()
    model.components = 1
    let fit = try Fit(model, to: table([[1], [0]]))
    #expect(fit.marginal("probability")?.parameter("alpha") == [[1.5, 0.5]])
    #expect(fit.marginal("probability")?.parameter("beta") == [[0.5, 1.5]])
    // Two fair coins: the evidence is B(1.5, 0.5)²/B(0.5, 0.5)² = ¼.
    #expect(agree([fit.bound], [-1.3862943611198906]))
  }

  /// Ten components for four rows: the rows are shared out, and components without rows keep the prior.
  @Test func fewerRowsThanComponents() throws {
    let columns = [[-4.0, 4, -3, 5], [2, 1, 0, 3]]
    for model in [GaussianMixture(), DiagonalGaussianMixture(), SphericalGaussianMixture()] as [any Model] {
      let fit = try Fit(model, to: table(columns))
      let counts = fit.marginal("weights")?.parameter("concentration").first ?? []
      // The prior's 10 · 0.1 and the four rows.
      #expect(agree([counts.reduce(0, +)], [5]))
      #expect(fit.bound.isFinite && fit.converged)
      let means = fit.marginal("cluster")?.means ?? []
      #expect(means.count == 10 && means.joined().allSatisfy { abs($0) <= 5 })
    }
  }

  @Test func fewerRowsThanColumns() throws {
    #expect(
      refusal(GaussianMixture(), try table([[1, 2, 4], [3, 1, 5], [2, 2, 7]]))
        == "the covariance matrix of \"x\" is singular: there are 3 rows and 3 columns. Use more rows than columns, or choose a "
        + "model with diagonal covariances.")
    #expect(refusal(DiagonalGaussianMixture(), try table([[1, 2, 4], [3, 1, 5], [2, 2, 7]])) == nil)
  }
}
