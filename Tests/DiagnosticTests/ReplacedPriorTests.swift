import ExponentialFamilies
import ModelLanguage
import Models
import Suffice
import Testing

/// Priors that take the place of a model's own.
@Suite struct ReplacedPriorTests {
  private func bound(_ priors: [PriorParameter]) throws -> Double {
    let table = try DataTable(["a": [1, 2, 4, 3, 7], "b": [0, 5, 2, 2, 1]])
    var model = GaussianMixture()
    model.components = 1
    return try Fit(ModelGraph(model).replacing(priors), to: table).bound
  }

  /// With the parameters that it has anyway, a model is the same.
  @Test func sameParameters() throws {
    let own = try bound([
      PriorParameter("cluster", "mean", .moment(.mean, of: "x", factor: 1)),
      PriorParameter("cluster", "covariance", .moment(.covariance, of: "x", factor: 1)),
      PriorParameter("cluster", "meanPrecision", .numbers([1])),
      PriorParameter("cluster", "degreesOfFreedom", .numbers([2])),
    ])
    let plain = try bound([])
    #expect(own == plain)
  }

  /// A diagonal, and the same matrix row by row.
  @Test func formsOfAMatrix() throws {
    let diagonal = try bound([PriorParameter("cluster", "covariance", .numbers([2, 3]))])
    let matrix = try bound([PriorParameter("cluster", "covariance", .numbers([2, 0, 0, 3]))])
    let plain = try bound([])
    #expect(diagonal == matrix && diagonal != plain)
  }

  @Test(arguments: [
    (
      PriorParameter("label", "probabilities", .numbers([1])),
      "gaussian-mixture has no variable \"label\" with a prior of known parameters; such are \"weights\", \"cluster\"."
    ),
    (
      PriorParameter("cluster", "location", .numbers([1])),
      "the prior of \"cluster\" has no parameter \"location\"; it has \"mean\", \"meanPrecision\", \"degreesOfFreedom\", "
        + "\"covariance\"."
    ),
    (
      PriorParameter("cluster", "mean", .moment(.mean, of: "y", factor: 1)),
      "gaussian-mixture has no observed variable \"y\"; it has \"x\"."
    ),
  ]) func noSuchParameter(_ prior: PriorParameter, _ expected: String) throws {
    let graph = try ModelGraph(GaussianMixture())
    do throws(ModelError) {
      _ = try graph.replacing([prior])
      Issue.record("was taken")
    } catch {
      #expect(error.description == expected)
    }
  }

  @Test(arguments: [
    ([1.0, 2, 3], "has 3 numbers, but one, 2 (a diagonal) or 4 (a matrix) are needed."),
    ([1, 2, 0, 1], "is not symmetric: 0 in row 2, column 1, but 2 in row 1, column 2."),
    ([1, 2, 2, 1], "must be positive definite, but is 1, 2, 1."),
  ]) func noCovariance(_ numbers: [Double], _ expected: String) throws {
    do {
      _ = try bound([PriorParameter("cluster", "covariance", .numbers(numbers))])
      Issue.record("was taken")
    } catch {
      #expect("\(error)".hasSuffix(expected), "\(error)")
    }
  }
}
