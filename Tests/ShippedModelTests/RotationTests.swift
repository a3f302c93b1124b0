import Models
import Suffice
import SufficeTesting
import Testing

/// Bases of latent spaces: the published examples, which take hundreds of passes without changes of basis, take few.
@Suite struct RotationTests {
  /// Expected statistics of vectors that are known: each row, and the products of its elements.
  private func known(_ name: String) throws -> [Double] {
    let rows = try dataTable(name)
    return (0..<rows.rowCount).flatMap { i -> [Double] in
      let row = rows.columns.map { $0[i] }
      return row + SymmetricMatrix(outer: row).packed
    }
  }

  private func fit(
    _ model: some Model, to data: String, loadings: String, passes: Int, by backend: any Backend = CPUBackend()
  ) throws -> Fit {
    var settings = FitSettings()
    settings.schedule = CoordinateAscent()
    settings.tolerance = 0
    settings.maximumPasses = passes
    settings.start = .expectations(["loadings": try known(loadings)])
    let fit = try Fit(model, to: dataTable(data), settings: settings, backend: backend)
    for (before, after) in zip(fit.trace, fit.trace.dropFirst()) {
      #expect(after.bound > before.bound - 1e-9 * abs(before.bound))
    }
    return fit
  }

  struct Components: Model {
    let z = Latent<MultivariateNormal>()
    let loadings = Latent<MultivariateNormal>()
    let relevance = Latent<Gamma>()
    let noise = Latent<Gamma>()
    let x = Observed<Normal>()
    var body: [Statement] {
      relevance ~ Gamma(shape: 1e-5, rate: 1e-5, count: 10)
      Plate(per: x) { loadings ~ MultivariateNormal(mean: 0.0, precisions: relevance) }
      noise ~ Gamma(shape: 1e-5, rate: 1e-5, count: 1)
      Plate.rows {
        z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 10)
        x ~ Normal(mean: loadings * z, precision: noise)
      }
    }
  }

  /// "Principal component analysis" of BayesPy's user guide: 650.0367 after 23 passes.
  @Test func bayesPyPrincipalComponents() throws {
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try fit(Components(), to: "pca_example", loadings: "pca_example_start", passes: 23, by: backend)
      #expect(fit.bound > 650.0367, "\(backend.name): \(fit.bound)")
    }
  }

  struct StateSpace: Model {
    let z = Latent<MultivariateNormal>()
    let loadings = Latent<MultivariateNormal>()
    let relevance = Latent<Gamma>()
    let dynamics = Latent<MultivariateNormal>()
    let dynamicsRelevance = Latent<Gamma>()
    let noise = Latent<Gamma>()
    let x = Observed<Normal>()
    var body: [Statement] {
      dynamicsRelevance ~ Gamma(shape: 1e-5, rate: 1e-5, count: 10)
      Plate(per: z) { dynamics ~ MultivariateNormal(mean: 0.0, precisions: dynamicsRelevance, count: 10) }
      relevance ~ Gamma(shape: 1e-5, rate: 1e-5, count: 10)
      Plate(per: x) { loadings ~ MultivariateNormal(mean: 0.0, precisions: relevance, count: 10) }
      noise ~ Gamma(shape: 1e-5, rate: 1e-5, count: 1)
      Chain {
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: 0.0, precision: 1e-3, count: 10),
            transition: MultivariateNormal(mean: dynamics * z.previous, precisions: 1.0))
        x ~ Normal(mean: loadings * z, precision: noise)
      }
    }
  }

  /// "Linear state-space model" of BayesPy's user guide, with four cells of five missing: −8906.434 after 57 passes.
  @Test func bayesPyStateSpace() throws {
    let fit = try fit(StateSpace(), to: "state_space", loadings: "state_space_start", passes: 57)
    #expect(fit.bound > -8906.434, "\(fit.bound)")
  }

  /// From wherever they begin, principal components end in one place: none is left at 0, where its sign makes no difference.
  @Test(arguments: 0..<4) func componentsLeaveSaddles(seed: Int) throws {
    let wine = try DataFile.read(path: examplePath("wine"))
    var settings = FitSettings()
    (settings.seed, settings.restarts) = (UInt64(seed), 1)
    let columns = wine.columnNames.filter { $0 != "cultivar" }
    let fit = try Fit(PrincipalComponents(), to: wine, bind: ["x": columns], settings: settings)
    #expect(fit.converged && abs(fit.bound + 4291.87) < 0.1, "\(fit.bound)")
    for (before, after) in zip(fit.trace, fit.trace.dropFirst()) { #expect(after.bound > before.bound - 1e-6) }
  }

  /// Which shipped models have spaces whose basis is free.
  @Test func shippedSpaces() throws {
    let expected = [
      "factor-analysis": ["loadings, z"], "principal-components": ["loadings, z"],
      "mixture-of-factor-analysers": (0..<10).map { "loadings, z given label \($0)" },
      "linear-dynamical-system": ["dynamics, loadings, z"],
      "matrix-factorization": ["taste, trait"],
    ]
    let rows = 30
    let (a, b) = (draws(rows, seed: 1), draws(rows, seed: 2))
    let table = try DataTable(
      columns: [
        Column(name: "a", values: a), Column(name: "b", values: b),
        Column(name: "c", values: zip(a, b).map { $0 - $1 }),
        Column(name: "count", values: a.map { (2 * abs($0)).rounded() }),
        Column(name: "positive", values: b.map { 1 + abs($0) }),
        Column(name: "group", values: a.indices.map { Double($0 % 5) }),
        Column(name: "item", values: a.indices.map { Double($0 / 5 % 4) }),
        Column(name: "binary", values: a.map { $0 > 0 ? 1 : 0 }),
        Column(
          name: "kind", values: a.indices.map { Double($0 % 3) }, kind: .categorical(levels: ["u", "v", "w"])),
      ])
    for type in shippedModels {
      let graph = try ModelGraph(type.init())
      var bind: [String: [String]] = [:]
      for v in graph.observed {
        let variable = graph.variables[v]
        switch variable.role {
        case .lagged, .position, .latent: continue
        case .observed, .given: break
        }
        let isLabel = variable.family == Family(Categorical.self)
        bind[variable.name] =
          switch variable.name {
          case "group", "document", "user": ["group"]
          case "item": ["item"]
          case "exposure": ["positive"]
          case "y", "rating":
            variable.family == Family(Bernoulli.self)
              ? ["binary"]
              : variable.family == Family(Normal.self) || variable.family == Family(MultivariateNormal.self)
                ? ["c"] : isLabel ? ["kind"] : ["count"]
          case _ where isLabel: ["kind"]
          case _ where type.commandName == "random-walk-level": ["a"]
          default:
            variable.family == Family(Bernoulli.self)
              ? ["binary"] : variable.family == Family(Poisson.self) ? ["count"] : ["a", "b"]
          }
      }
      let session = try FitSession(graph, to: table, bind: bind)
      #expect(session.engine.plan.latentBases.map(\.name) == expected[type.commandName] ?? [], "\(type.commandName)")
    }
  }
}
