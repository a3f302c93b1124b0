import Models
import Suffice
import Testing

@Suite struct ConstantColumnTests {
  private static let hint = " is not defined, and a constant says nothing about the rows. Leave it out."

  @Test func oneColumn() throws {
    let data = try table([[1, 2, 4, 3], [5, 5, 5, 5]])
    let start = "column \"b\" is constant (every value is 5): a prior that depends on the "
    #expect(refusal(GaussianMixture(), data) == start + "covariance of \"x\"" + Self.hint)
    #expect(refusal(DirichletProcessGaussianMixture(), data) == start + "covariance of \"x\"" + Self.hint)
    #expect(refusal(DiagonalGaussianMixture(), data) == start + "variance of \"x\"" + Self.hint)
    #expect(refusal(SphericalGaussianMixture(), data) == start + "variance of \"x\"" + Self.hint)
  }

  /// A number that is no sum of powers of two is still seen to be constant.
  @Test func constantThatIsRounded() throws {
    let data = try table([(0..<100).map(Double.init), Array(repeating: 0.1, count: 100)])
    #expect(
      refusal(DiagonalGaussianMixture(), data)
        == "column \"b\" is constant (every value is 0.1): a prior that depends on the variance of \"x\"" + Self.hint)
  }

  @Test func allRowsEqual() throws {
    #expect(
      refusal(GaussianMixture(), try table([[2, 2, 2], [7, 7, 7], [0, 0, 0]]))
        == "column \"a\" is constant (every value is 2), and so are \"b\", \"c\": a prior that depends on the covariance of \"x\" is "
        + "not defined, and a constant says nothing about the rows. Leave them out.")
  }

  @Test func noCountsAtAll() throws {
    #expect(
      refusal(PoissonMixture(), try table([[1, 0, 2], [0, 0, 0]]))
        == "the mean of column \"b\" is 0: a prior that depends on the reciprocal mean of \"x\" is not defined. Leave the column "
        + "out.")
  }

  /// Priors that are numbers take constants: with one component the posterior is known.
  @Test func binaryColumnsTakeConstants() throws {
    var model = BernoulliMixture()
    model.components = 1
    let fit = try Fit(model, to: table([[1, 1, 1, 1], [0, 0, 0, 0]]))
    let probability = fit.marginal("probability")
    #expect(probability?.parameter("alpha") == [[4.5, 0.5]])
    #expect(probability?.parameter("beta") == [[0.5, 4.5]])
  }

  /// Equal rows all get the same labels, and the five components share four rows.
  @Test func equalBinaryRows() throws {
    let fit = try Fit(BernoulliMixture(), to: table([[1, 1, 1, 1], [0, 0, 0, 0]]))
    let counts = fit.marginal("weights")?.parameter("concentration").first ?? []
    // The prior's 5 · 0.1 and the four rows.
    #expect(agree([counts.reduce(0, +)], [4.5]))
    #expect(fit.bound.isFinite)
  }
}
