import Models
import Suffice
import SufficeTesting
import Testing

/// Neither the unit nor the origin of any column that a shipped model reads as a number says anything.
@Suite struct UnitLawTests {
  /// The models that read labels, counts and two-valued columns only: these have no unit.
  private static let without: Set<String> = [
    "BernoulliMixture", "HierarchicalDirichletProcess", "LatentClassAnalysis", "LatentDirichletAllocation",
    "PoissonHiddenMarkovModel", "PoissonMixture",
  ]

  @Test(arguments: shippedModels.map { "\($0)" }.filter { !without.contains($0) })
  func shipped(_ name: String) throws {
    let model = try #require(shippedModels.first { "\($0)" == name })
    let settings = ["components", "factors", "states", "dimension"].filter { option in
      model.init().hyperparameters.contains { $0.name == option }
    }
    try checkUnits(
      model.init(settings: settings.map { ($0, "2") }), data: try lawTable(), bind: bind(name), sharing: sharing(name),
      scaled: name == "PoissonRates" ? ["exposure"] : [], unitless: unitless(name), passes: 5)
  }

  private func bind(_ name: String) -> [String: [String]] {
    switch name {
    case "MultiOutputRegression", "MixtureOfRegressions": ["x": ["a", "b"], "y": ["sum", "other"]]
    case "SwitchingRegression": ["inputs": ["a", "b"], "y": ["sum", "other"]]
    case "LogisticRegression", "ProbitRegression": ["x": ["a", "b"], "y": ["answer"]]
    case "MultinomialRegression": ["x": ["a", "b"], "y": ["kind"]]
    case "NegativeBinomialRegression": ["x": ["a", "b"], "y": ["count"]]
    case "LinearRegression", "RelevanceRegression", "HorseshoeRegression": ["x": ["a", "b"], "y": ["sum"]]
    case "PoissonRates": ["group": ["group"], "exposure": ["years"], "y": ["count"]]
    case "HierarchicalNormal": ["group": ["group"], "y": ["sum"]]
    case "MatrixFactorization": ["user": ["group"], "item": ["item"], "rating": ["sum"]]
    case "MixedMixture": ["numbers": ["a", "sum"], "counts": ["count"], "categories": ["kind"], "flags": ["answer"]]
    case "RandomWalkLevel": ["x": ["walk"]]
    case "DirichletProcessColumnMixture": ["x": ["sum"]]
    case "AutoregressiveHiddenMarkovModel": ["x": ["sum", "walk"]]
    case "LinearDynamicalSystem", "SwitchingLinearDynamicalSystem": ["x": ["sum", "other", "walk"]]
    default: ["x": ["a", "b", "sum", "other"]]
    }
  }

  /// One variance for all columns is one unit for all.
  private func sharing(_ name: String) -> Set<String> {
    ["SphericalGaussianMixture", "DirichletProcessSphericalMixture", "PrincipalComponents"].contains(name) ? ["x"] : []
  }

  private func unitless(_ name: String) -> [String] {
    switch name {
    case "FactorAnalysis", "PrincipalComponents", "RelevanceRegression", "MatrixFactorization": ["relevance"]
    case "LinearDynamicalSystem": ["relevance", "dynamicsRelevance"]
    case "HorseshoeRegression": ["local", "shrinkage"]
    case "AutoregressiveHiddenMarkovModel", "HiddenMarkovModel", "SwitchingLinearDynamicalSystem",
      "SwitchingRegression":
      ["start", "move"]
    case let name where name.contains("Mixture"): ["weights"]
    default: []
    }
  }
}
