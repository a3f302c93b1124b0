import Models
import Suffice
import Testing

/// Shipped models do not contradict data that suit them: their priors pull no answer noticeably.
@Suite struct ShippedPriorTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let model: String
    let data: String
    var bind: [String: [String]] = [:]
    var settings: [String: String] = [:]
    var testDescription: String { "\(model), \(data)" }
  }

  private static let wine = [
    "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
    "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline",
  ]
  private static let iris = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
  private static let indices = ["DAX", "SMI", "CAC", "FTSE"]
  private static let macro = ["infl", "unemp", "tbilrate"]

  /// A regression of one output on inputs, by each of some models; near the line, far from it, and of levels that grow.
  private static func regressions(_ models: [String], _ x: String = "x", _ y: String = "y") -> [Case] {
    models.flatMap { model in
      [
        Case(model: model, data: "faithful", bind: [x: ["eruptions"], y: ["waiting"]]),
        Case(model: model, data: "iris", bind: [x: ["petal_length", "sepal_length"], y: ["petal_width"]]),
        Case(model: model, data: "diabetes", bind: [x: ["bmi", "bp", "s5"], y: ["progression"]]),
        Case(model: model, data: "us_macro_quarterly", bind: [x: ["realdpi", "tbilrate"], y: ["realcons"]]),
      ]
    }
  }

  private static let cases: [Case] =
    regressions([
      "linear-regression", "relevance-regression", "horseshoe-regression", "multi-output-regression",
      "mixture-of-regressions",
    ]) + regressions(["switching-regression"], "inputs")
    + [
      "gaussian-mixture", "tied-gaussian-mixture", "diagonal-gaussian-mixture", "spherical-gaussian-mixture",
      "robust-mixture", "dirichlet-process-gaussian-mixture", "dirichlet-process-tied-mixture",
      "dirichlet-process-spherical-mixture", "mixture-of-factor-analysers",
    ].flatMap { model in
      [
        Case(model: model, data: "faithful"), Case(model: model, data: "iris", bind: ["x": iris]),
        Case(model: model, data: "wine", bind: ["x": wine]),
      ]
    }
    + [
      Case(model: "dirichlet-process-column-mixture", data: "galaxies"),
      Case(model: "factor-analysis", data: "wine", bind: ["x": wine], settings: ["factors": "3"]),
      Case(model: "factor-analysis", data: "eu_stock_markets", bind: ["x": indices], settings: ["factors": "1"]),
      Case(model: "principal-components", data: "wine", bind: ["x": wine]),
      Case(model: "principal-components", data: "iris", bind: ["x": iris]),
      Case(
        model: "multi-output-regression", data: "us_macro_quarterly",
        bind: ["x": ["realgdp", "tbilrate"], "y": ["realcons", "realinv"]]),
      Case(
        model: "multinomial-regression", data: "iris",
        bind: ["x": ["sepal_length", "petal_width"], "y": ["species"]]),
      Case(model: "logistic-regression", data: "doctor_visits", bind: ["x": ["age", "income"], "y": ["private"]]),
      Case(model: "probit-regression", data: "doctor_visits", bind: ["x": ["age", "income"], "y": ["private"]]),
      Case(
        model: "negative-binomial-regression", data: "horseshoe_crabs",
        bind: ["x": ["width", "weight"], "y": ["satellites"]]),
      Case(
        model: "poisson-rates", data: "horseshoe_crabs",
        bind: ["group": ["color"], "exposure": ["weight"], "y": ["satellites"]]),
      Case(model: "hierarchical-normal", data: "iris", bind: ["group": ["species"], "y": ["petal_length"]]),
      Case(model: "normal-sample", data: "iris", bind: ["x": iris]),
      Case(model: "normal-sample-mean-field", data: "iris", bind: ["x": iris]),
      Case(model: "poisson-mixture", data: "coal_disasters_yearly", bind: ["x": ["disasters"]]),
      Case(model: "poisson-hidden-markov-model", data: "coal_disasters_yearly", bind: ["x": ["disasters"]]),
      Case(model: "bernoulli-mixture", data: "house_votes_84"),
      Case(model: "latent-class-analysis", data: "house_votes_84"),
      Case(model: "hidden-markov-model", data: "eu_stock_markets", bind: ["x": indices], settings: ["states": "3"]),
      Case(model: "hidden-markov-model", data: "us_gnp_growth_hamilton", bind: ["x": ["rgnp_growth"]]),
      Case(model: "autoregressive-hidden-markov-model", data: "eu_stock_markets", bind: ["x": ["DAX", "SMI"]]),
      Case(model: "autoregressive-hidden-markov-model", data: "sunspots_yearly", bind: ["x": ["sunspots"]]),
      Case(model: "random-walk-level", data: "uk_seatbelts_monthly", bind: ["x": ["drivers"]]),
      Case(model: "random-walk-level", data: "eu_stock_markets", bind: ["x": ["DAX"]]),
      Case(
        model: "linear-dynamical-system", data: "us_macro_quarterly", bind: ["x": macro],
        settings: ["dimension": "2"]),
      Case(model: "switching-linear-dynamical-system", data: "us_macro_quarterly", bind: ["x": macro]),
    ]

  @Test(arguments: cases) func noFalseAlarm(_ example: Case) throws {
    let model = try #require(shippedModels.first { $0.commandName == example.model })
    let graph = try ModelGraph(model.init(settings: example.settings.map { (name: $0.key, value: $0.value) }))
    var settings = FitSettings()
    settings.maximumPasses = 30
    settings.restarts = 2
    let fit = try Fit(
      graph, to: DataFile.read(path: examplePath(example.data)), bind: example.bind, settings: settings)
    for conflict in fit.priorConflicts { Issue.record("\(fit.message(conflict))") }
  }

  /// What prior and data agree upon is what least squares say: also where little is left to explain.
  @Test(arguments: [0.1, 0.5, 0.999]) func noiseOfRegressions(_ explained: Double) throws {
    var random = RandomSource(seed: 4)
    let x = (0..<60).map { _ in random.normal() }
    let y = x.map { 7 + 3 * explained.squareRoot() * $0 + 3 * (1 - explained).squareRoot() * random.normal() }
    let table = try DataTable(["x": x, "y": y])
    let center = x.reduce(0, +) / 60
    let (sxx, mean) = (x.reduce(0) { $0 + ($1 - center) * ($1 - center) }, y.reduce(0, +) / 60)
    let slope = zip(x, y).reduce(0) { $0 + ($1.0 - center) * ($1.1 - mean) } / sxx
    let rest = zip(x, y).reduce(0) { sum, pair in
      let left = pair.1 - mean - slope * (pair.0 - center)
      return sum + left * left
    }
    let fit = try Fit(MultiOutputRegression(), to: table)
    let map = try #require(fit.marginal("map"))
    #expect(abs(map.mean[1] - slope) < 0.01 * abs(slope) + 1e-3)
    let deviation = try #require(map.summary().first { $0.name == "deviation" }).values[0]
    #expect(abs(deviation / (rest / 59).squareRoot() - 1) < 0.1, "\(deviation), \((rest / 59).squareRoot())")
    #expect(fit.priorConflicts.isEmpty)
  }
}
