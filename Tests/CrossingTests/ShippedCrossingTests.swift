import Models
import Suffice
import SufficeTesting
import Testing

/// Every shipped model, crossed with what its data can have.
@Suite("Shipped models and crossed features") struct ShippedCrossingTests {
  @Test(arguments: shippedModels.map { "\($0)" }) func shipped(_ name: String) throws {
    let type = try #require(shippedModels.first { "\($0)" == name })
    let data = try rows()
    let checked = try checkCrossings(small(type), data: data, bind: bind(name), crossings: crossings)
    #expect(checked.isSuperset(of: [.layout, .resume, .threads, .backend]))
  }

  /// A model with few components.
  private func small(_ type: any Model.Type) throws -> any Model {
    var model = type.init()
    switch model {
    case var own as GaussianMixture:
      own.components = 3
      model = own
    case var own as DiagonalGaussianMixture:
      own.components = 3
      model = own
    case var own as BernoulliMixture:
      own.components = 3
      model = own
    case var own as MixedMixture:
      own.components = 3
      model = own
    case var own as LatentDirichletAllocation:
      own.topics = 3
      model = own
    case var own as HierarchicalDirichletProcess:
      (own.topics, own.tables) = (4, 3)
      model = own
    case var own as HiddenMarkovModel:
      own.states = 3
      model = own
    default: break
    }
    return model
  }

  private func bind(_ name: String) -> [String: [String]] {
    let numbers = ["a", "b", "sum"]
    return switch name {
    case "MultiOutputRegression": ["x": ["a", "b"], "y": ["sum", "other"]]
    case "LogisticRegression", "ProbitRegression": ["x": ["a", "b"], "y": ["q0"]]
    case "MultinomialRegression": ["x": ["a", "b"], "y": ["kind"]]
    case "NegativeBinomialRegression": ["x": ["a", "b"], "y": ["count"]]
    case "PoissonRates": ["group": ["group"], "exposure": ["years"], "y": ["count"]]
    case "LatentClassAnalysis": ["answers": ["q0", "q1", "q2", "q3"]]
    case "HierarchicalNormal": ["group": ["group"], "y": ["sum"]]
    case "MatrixFactorization": ["user": ["group"], "item": ["item"], "rating": ["sum"]]
    case "BernoulliMixture": ["x": ["q0", "q1", "q2"]]
    case "PoissonMixture", "PoissonHiddenMarkovModel": ["x": ["count", "visits"]]
    case "LatentDirichletAllocation", "HierarchicalDirichletProcess": ["document": ["group"], "word": ["sort"]]
    case "MixedMixture":
      ["numbers": ["a", "b"], "counts": ["count"], "categories": ["kind", "sort"], "flags": ["q0"]]
    case "SwitchingRegression": ["inputs": ["a"], "y": ["sum"]]
    case "LinearRegression", "RelevanceRegression", "HorseshoeRegression", "MixtureOfRegressions":
      ["x": ["a", "b"], "y": ["sum"]]
    case "DirichletProcessColumnMixture", "RandomWalkLevel": ["x": ["sum"]]
    default: ["x": numbers]
    }
  }
}
