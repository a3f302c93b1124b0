import Foundation
import Models
import Suffice
import Testing

/// A default fit that says it has converged ends where its start leads to.
@Suite("Convergence of shipped models") struct ShippedConvergenceTests {
  /// The oracle is the same start, run until nothing is left.
  @Test(arguments: [
    "LinearRegression", "MultiOutputRegression", "RelevanceRegression", "HorseshoeRegression", "LogisticRegression",
    "ProbitRegression", "MultinomialRegression", "NegativeBinomialRegression", "PoissonRates", "HierarchicalNormal",
    "MixtureOfRegressions", "GaussianMixture", "RobustMixture", "PoissonMixture", "LatentClassAnalysis",
    "HiddenMarkovModel", "PrincipalComponents",
  ])
  func endsAtItsOptimum(_ name: String) throws {
    let model = try #require(shippedModels.first { "\($0)" == name }).init()
    let rows = 80
    let (a, b, noise) = (draws(rows, seed: 11), draws(rows, seed: 12), draws(rows, seed: 13))
    let chance = uniforms(rows * 4, seed: 14)
    let sum = a.indices.map { 1 + a[$0] - 0.5 * b[$0] + 0.7 * noise[$0] + ($0 % 3 == 0 ? 1.5 : 0) }
    let answers = (0..<4).map { j in
      Column(name: "q\(j)", values: a.indices.map { chance[4 * $0 + j] < ($0 % 2 == 0 ? 0.7 : 0.4) ? 1 : 0 })
    }
    let table = try DataTable(
      columns: [
        Column(name: "a", values: a), Column(name: "b", values: b), Column(name: "sum", values: sum),
        Column(name: "other", values: a.indices.map { -a[$0] + noise[rows - 1 - $0] }),
        Column(name: "count", values: sum.map { max($0.rounded(), 0) }),
        Column(name: "years", values: b.map { 1 + abs($0) }),
        Column(name: "group", values: a.indices.map { Double($0 % 5) }),
        Column(
          name: "kind", values: sum.map { $0 > 1.5 ? 0 : $0 > 0.5 ? 1 : 2 },
          kind: .categorical(levels: ["u", "v", "w"])),
      ] + answers)
    let bind: [String: [String]] =
      switch name {
      case "MultiOutputRegression": ["x": ["a", "b"], "y": ["sum", "other"]]
      case "LogisticRegression", "ProbitRegression": ["x": ["a", "b"], "y": ["q0"]]
      case "MultinomialRegression": ["x": ["a", "b"], "y": ["kind"]]
      case "NegativeBinomialRegression": ["x": ["a", "b"], "y": ["count"]]
      case "PoissonRates": ["group": ["group"], "exposure": ["years"], "y": ["count"]]
      case "HierarchicalNormal": ["group": ["group"], "y": ["sum"]]
      case "LatentClassAnalysis": ["answers": answers.map(\.name)]
      case "PoissonMixture": ["x": ["count"]]
      case "GaussianMixture", "RobustMixture", "HiddenMarkovModel": ["x": ["sum", "other"]]
      case "PrincipalComponents": ["x": ["a", "b", "sum", "other"]]
      default: ["x": ["a", "b"], "y": ["sum"]]
      }
    for seed in 0..<2 as Range<UInt64> {
      var settings = FitSettings()
      settings.restarts = 1
      settings.seed = seed
      settings.maximumPasses = 5000
      let fit = try Fit(model, to: table, bind: bind, settings: settings)
      settings.tolerance = 1e-12
      settings.maximumPasses = 50_000
      let best = try Fit(model, to: table, bind: bind, settings: settings)
      #expect(fit.converged && best.converged)
      let missing = (best.bound - fit.bound) / Double(rows)
      #expect(
        missing < 1e-5, "\(fit.trace.count) passes, \(best.trace.count) at most: \(missing) nats a row are missing")
    }
  }

  /// The votes of the US House in four classes: from each of twenty starts, one of which leads over a long plateau.
  @Test(arguments: 0..<20) func latentClassesHaveNoPlateaus(seed: Int) throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Examples/Data/house_votes_84.csv")
    let votes = try DataFile.read(path: url.path)
    var model = LatentClassAnalysis()
    model.classes = 4
    var settings = FitSettings()
    settings.restarts = 1
    settings.seed = UInt64(seed)
    let bind = ["answers": votes.columnNames.filter { $0 != "party" }]
    let fit = try Fit(model, to: votes, bind: bind, settings: settings)
    settings.tolerance = 1e-12
    settings.maximumPasses = 20_000
    let best = try Fit(model, to: votes, bind: bind, settings: settings)
    #expect(fit.converged)
    #expect(best.bound - fit.bound < 1e-5 * Double(votes.rowCount), "\(best.bound - fit.bound) nats are missing")
  }
}
