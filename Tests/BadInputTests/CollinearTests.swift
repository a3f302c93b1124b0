import Models
import Suffice
import Testing

@Suite struct CollinearTests {
  private func expected(_ column: String, _ others: String) -> String {
    "the covariance matrix of \"x\" is singular: column \"\(column)\" is a linear combination of \(others). Leave it out, or "
      + "choose a model with diagonal covariances."
  }

  /// Rounding hides the dependence from a factorisation, but not from the check.
  @Test func combinations() throws {
    let columns = groups().map { $0.map { $0 * 0.1 + 0.3 } }
    let (a, b) = (columns[0], columns[1])
    let sum = zip(a, b).map { 0.7 * $0 - 0.1 * $1 + 3 }
    #expect(refusal(GaussianMixture(), try table([a, b, sum])) == expected("c", "\"a\", \"b\""))
    #expect(refusal(TiedGaussianMixture(), try table([a, b, sum])) == expected("c", "\"a\", \"b\""))
    #expect(refusal(GaussianMixture(), try table([a, a.map { -3 * $0 }, b])) == expected("b", "\"a\""))
    #expect(refusal(GaussianMixture(), try table([a, b, a.map { $0 + 1e9 }])) == expected("c", "\"a\", \"b\""))
  }

  /// A correlation near 1 is none of our business.
  @Test func nearCombination() throws {
    let columns = groups()
    let near = zip(columns[0], columns[1]).map { $0 + 1e-4 * $1 }
    var model = GaussianMixture()
    model.components = 3
    let fit = try Fit(model, to: table([columns[0], near]))
    let plain = try Fit(model, to: table(columns))
    // The model does not depend on the basis of the columns.
    #expect(agree((fit.marginal("weights")?.mean ?? []).sorted(), (plain.marginal("weights")?.mean ?? []).sorted()))
  }

  @Test func diagonalCovariancesDoNotMind() throws {
    let column = groups()[0]
    #expect(refusal(DiagonalGaussianMixture(), try table([column, column])) == nil)
  }
}
