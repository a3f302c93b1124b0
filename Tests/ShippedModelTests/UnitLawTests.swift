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
      model.init(settings: settings.map { ($0, "2") }), data: try data(), bind: bind(name), sharing: sharing(name),
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

  private func data() throws -> DataTable {
    let rows = 60
    let (a, b, noise) = (draws(rows, seed: 1), draws(rows, seed: 2), draws(rows, seed: 3))
    let sum = a.indices.map { ($0 % 3 == 0 ? 4 : 1) + a[$0] - 0.5 * b[$0] + 0.5 * noise[$0] }
    var walk = [0.0]
    for step in noise.dropLast() { walk.append(walk[walk.count - 1] + step) }
    let chance = uniforms(rows, seed: 4)
    return try DataTable(
      columns: [
        Column(name: "a", values: a), Column(name: "b", values: b), Column(name: "sum", values: sum),
        Column(name: "other", values: a.indices.map { -a[$0] + noise[rows - 1 - $0] }),
        Column(name: "walk", values: walk),
        Column(name: "count", values: sum.map { max($0.rounded(), 0) }),
        Column(name: "years", values: b.map { 1 + abs($0) }),
        Column(name: "group", values: a.indices.map { Double($0 % 5) }),
        Column(name: "item", values: a.indices.map { Double($0 / 5 % 4) }),
        Column(name: "answer", values: a.indices.map { chance[$0] < (a[$0] > 0 ? 0.8 : 0.3) ? 1 : 0 }),
        Column(
          name: "kind", values: sum.map { $0 > 3 ? 0 : $0 > 1 ? 1 : 2 }, kind: .categorical(levels: ["u", "v", "w"])),
      ])
  }
}
