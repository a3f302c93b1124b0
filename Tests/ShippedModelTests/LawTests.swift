import Models
import Suffice
import SufficeTesting
import Testing

/// The shipped regressions and factor models obey the laws of every model.
@Suite struct LawTests {
  @Test(arguments: [
    "LinearRegression", "MultiOutputRegression", "MultinomialRegression", "RelevanceRegression", "HorseshoeRegression",
    "LogisticRegression",
    "ProbitRegression", "NegativeBinomialRegression", "PoissonRates", "MixtureOfRegressions", "FactorAnalysis",
    "PrincipalComponents", "MixtureOfFactorAnalysers", "RobustMixture", "LatentClassAnalysis", "HierarchicalNormal",
    "MatrixFactorization",
  ])
  func laws(_ name: String) throws {
    let model = try #require(shippedModels.first { "\($0)" == name }).init()
    let rows = 60
    let (a, b, noise) = (draws(rows, seed: 1), draws(rows, seed: 2), draws(rows, seed: 3))
    let chance = uniforms(rows * 4, seed: 4)
    let sum = a.indices.map { 1 + a[$0] - 0.5 * b[$0] + 0.5 * noise[$0] }
    let other = a.indices.map { -a[$0] + noise[rows - 1 - $0] }
    let binary = (0..<4).map { j in
      Column(name: "q\(j)", values: a.indices.map { chance[4 * $0 + j] < ($0 % 2 == 0 ? 0.8 : 0.3) ? 1 : 0 })
    }
    let table = try DataTable(
      columns: [
        Column(name: "a", values: a), Column(name: "b", values: b), Column(name: "sum", values: sum),
        Column(name: "other", values: other), Column(name: "count", values: sum.map { max($0.rounded(), 0) }),
        Column(name: "years", values: b.map { 1 + abs($0) }),
        Column(name: "group", values: a.indices.map { Double($0 % 5) }),
        Column(name: "item", values: a.indices.map { Double($0 / 5 % 4) }),
        Column(
          name: "kind", values: sum.map { $0 > 1 ? 0 : $0 > 0 ? 1 : 2 }, kind: .categorical(levels: ["u", "v", "w"])),
      ] + binary)
    let numbers = ["a", "b", "sum", "other"]
    let bind: [String: [String]] =
      switch name {
      case "MultiOutputRegression": ["x": ["a", "b"], "y": ["sum", "other"]]
      case "LogisticRegression", "ProbitRegression": ["x": ["a", "b"], "y": ["q0"]]
      case "MultinomialRegression": ["x": ["a", "b"], "y": ["kind"]]
      case "NegativeBinomialRegression": ["x": ["a", "b"], "y": ["count"]]
      case "PoissonRates": ["group": ["group"], "exposure": ["years"], "y": ["count"]]
      case "FactorAnalysis", "PrincipalComponents", "MixtureOfFactorAnalysers", "RobustMixture": ["x": numbers]
      case "LatentClassAnalysis": ["answers": binary.map(\.name)]
      case "HierarchicalNormal": ["group": ["group"], "y": ["sum"]]
      case "MatrixFactorization": ["user": ["group"], "item": ["item"], "rating": ["sum"]]
      default: ["x": ["a", "b"], "y": ["sum"]]
      }
    try checkModel(model, data: table, bind: bind, passes: 5, samples: 500)
  }
}
