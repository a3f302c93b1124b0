import Models
import Suffice
import Testing

/// Data in units, and about origins, of which priors must know nothing.
///
/// Right values are those of least squares and of maximum likelihood.
@Suite struct UnitCaseTests {
  private let slow: FitSettings = {
    var settings = FitSettings()
    settings.tolerance = 1e-10
    settings.maximumPasses = 2000
    return settings
  }()

  /// Salaries are large beside 1, and still follow from the years.
  @Test func salaries() throws {
    let fit = try Fit(LinearRegression(), to: dataTable("salaries"), bind: ["y": ["salary"]], settings: slow)
    let line = fit.posterior(of: LinearRegression.self).coefficients.mean
    #expect(abs(line[0] - 50_154) < 1 && abs(line[1] - 2889.5) < 0.1, "\(line)")
  }

  /// Where calendar years begin changes the intercept only.
  @Test(arguments: [
    "LinearRegression", "RelevanceRegression", "HorseshoeRegression", "MultiOutputRegression", "MixtureOfRegressions",
  ])
  func calendarYears(_ name: String) throws {
    let model = try #require(shippedModels.first { "\($0)" == name })
    let settings = name == "MixtureOfRegressions" ? [(name: "components", value: "1")] : []
    let fit = try Fit(
      ModelGraph(model.init(settings: settings)), to: dataTable("year"), bind: ["x": ["year"], "y": ["y"]],
      settings: slow)
    let line = fit.marginals.first { ["coefficients", "map", "line"].contains($0.name) }?.mean ?? []
    #expect(abs((line.last ?? 0) - 49.8) < 0.05, "\(line)")
  }

  /// A hundred times the numbers have a hundred times the loadings, and each a density that is a hundredth.
  @Test(arguments: ["FactorAnalysis", "PrincipalComponents"])
  func metresAndCentimetres(_ name: String) throws {
    let model = try #require(shippedModels.first { "\($0)" == name })
    let option = name == "FactorAnalysis" ? "factors" : "components"
    let fits = try ["metres", "centimetres"].map {
      try Fit(ModelGraph(model.init(settings: [(option, "1")])), to: dataTable($0), settings: slow)
    }
    #expect(abs(fits[1].bound - fits[0].bound + 600 * _log(100)) < 1e-4, "\(fits.map(\.bound))")
    let loadings = fits.map { fit in (fit.marginal("loadings")?.means ?? []).map { abs($0[0]) } }
    for (a, b) in zip(loadings[0], loadings[1]) { #expect(abs(b - 100 * a) < 1e-3 * b && a > 0.1, "\(loadings)") }
  }

  /// How much of a column the factors tell does not depend on its unit: proline is large in milligrams a litre.
  @Test func communalities() throws {
    let wine = try DataFile.read(path: examplePath("wine"))
    var model = FactorAnalysis()
    model.factors = 3
    let columns = wine.columnNames.filter { $0 != "cultivar" && $0 != "class" }
    let fit = try Fit(model, to: wine, bind: ["x": columns], settings: slow)
    let posterior = fit.posterior(of: FactorAnalysis.self)
    for (name, expected) in [("proline", 0.63), ("magnesium", 0.17)] {
      let place = try #require(columns.firstIndex(of: name))
      let told = posterior.loadings.means[place].reduce(0) { $0 + $1 * $1 }
      let noise = 1 / posterior.noise.mean[place]
      #expect(abs(told / (told + noise) - expected) < 0.05, "\(name): \(told / (told + noise))")
    }
  }

  /// A geyser in nanoseconds takes as many passes to the same labels.
  @Test func geyserInOtherUnits() throws {
    let faithful = try DataFile.read(path: examplePath("faithful"))
    let small = try DataTable(
      columns: faithful.columns.map { column in
        Column(name: column.name, values: (0..<column.count).map { 1e9 * column[$0] })
      })
    var settings = FitSettings()
    settings.seed = 5
    settings.tolerance = 0
    settings.maximumPasses = 20
    var model = GaussianMixture()
    model.components = 2
    let fits = try [faithful, small].map { try Fit(model, to: $0, settings: settings) }
    let labels = try zip(fits, [faithful, small]).map { try Application($0, to: $1).responsibilities()?.values ?? [] }
    let farthest = zip(labels[0], labels[1]).map { abs($0 - $1) }.max() ?? 1
    #expect(farthest < 1e-7)
  }

  /// Steps of a random walk are what they are, however long it is.
  @Test(arguments: [200, 20_000]) func stepsOfALongWalk(_ rows: Int) throws {
    var walk: [Double] = [0]
    for step in draws(rows - 1, seed: 9) { walk.append(walk[walk.count - 1] + step) }
    let noise = draws(rows, seed: 10)
    let table = try DataTable(["x": zip(walk, noise).map { $0 + 0.5 * $1 }])
    let fit = try Fit(RandomWalkLevel(), to: table, settings: slow)
    let step = 1 / fit.posterior(of: RandomWalkLevel.self).steadiness.mean[0].squareRoot()
    #expect(abs(step - 1) < (rows > 1000 ? 0.03 : 0.25), "\(step)")
  }

  /// The Nile's level moves by 38.5 a year, seen through a deviation of 122.9, by maximum likelihood (Durbin & Koopman,
  /// section 2.10.3).
  @Test func levelOfTheNile() throws {
    let fit = try Fit(RandomWalkLevel(), to: dataTable("nile"), bind: ["x": ["flow"]], settings: slow)
    let posterior = fit.posterior(of: RandomWalkLevel.self)
    #expect(abs(1 / posterior.steadiness.mean[0].squareRoot() - 38.5) < 1.5)
    #expect(abs(1 / posterior.precision.mean[0].squareRoot() - 122.9) < 1)
  }

  /// What is filled in and what is drawn at an input far from the origin follows the line that is told.
  @Test func filledAndDrawnYears() throws {
    let table = try dataTable("year")
    let fit = try Fit(LinearRegression(), to: table, bind: ["x": ["year"], "y": ["y"]], settings: slow)
    let line = fit.posterior(of: LinearRegression.self).coefficients.mean
    let expected = line[0] + 2050 * line[1]
    let new = try DataTable(["year": [2050, 2050], "y": [.nan, 1]])
    let filled = try Application(fit, to: new).imputed()
    #expect(abs((filled["y"]?[0] ?? 0) - expected) < 1e-6 * abs(expected))
    let given = try DataTable(["year": [Double](repeating: 2050, count: 400)])
    let drawn = try fit.sample(given: given, seed: 1)
    let mean = (0..<400).reduce(0) { $0 + (drawn["y"]?[$1] ?? 0) / 400 }
    let deviation = 1 / fit.posterior(of: LinearRegression.self).precision.mean[0].squareRoot()
    #expect(abs(mean - expected) < deviation, "\(mean), \(expected)")
  }

  /// Inputs less their means have an origin no more: no exposure is such.
  @Test func centeredExposure() throws {
    struct Rates: Model {
      let rate = Latent<Gamma>()
      let exposure = Covariates(centered: true)
      let y = Observed<Poisson>()
      var body: [Statement] {
        rate ~ Gamma(shape: 1, rate: 1, count: 1)
        Plate.rows { y ~ Poisson(rate, exposure: exposure) }
      }
    }
    let error = #expect(throws: ModelError.self) { _ = try LogJoint(ModelGraph(Rates())) }
    #expect("\(try #require(error))".contains("is declared as less its mean"))
  }

  /// An input that does not vary is named.
  @Test func constantInput() throws {
    let table = try DataTable(["a": [2, 2, 2, 2], "y": [1, 2, 3, 5]])
    for model in [LinearRegression(), RelevanceRegression()] as [any Model] {
      let error = #expect(throws: FitError.self) { try Fit(ModelGraph(model), to: table, bind: ["x": ["a"]]) }
      #expect("\(try #require(error))".contains("column \"a\" is constant"))
    }
  }
}
