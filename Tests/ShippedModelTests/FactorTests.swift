import Models
import Suffice
import SufficeTesting
import Testing

/// Shipped models with latent vectors and classes find what made the data.
@Suite struct FactorTests {
  private let z = (0..<200).map { draws(2, seed: UInt64($0) + 1) }
  private let noise = (0..<200).map { draws(6, seed: UInt64($0) + 1001) }
  private let map = [[1, 0], [0.5, -1], [2, 0.3], [0, 1], [-1, 1], [0.7, 0.7]]

  private func factors(missing: Bool = false) -> [[Double]] {
    z.indices.map { i in
      map.indices.map { j in
        missing && (3 * i + 5 * j) % 11 == 0 ? .nan : 10 + Double(j) + dot(map[j], z[i]) + 0.2 * noise[i][j]
      }
    }
  }
  private let columns = (1...6).map { "x\($0)" }

  @Test(arguments: [false, true]) func factorAnalysis(missing: Bool) throws {
    var model = FactorAnalysis()
    model.factors = 2
    let fit = try checkedFit(model, to: table(factors(missing: missing)), bind: ["x": columns], passes: 100)
    let posterior = fit.posterior(of: FactorAnalysis.self)
    let loadings = posterior.loadings.means
    for i in 0..<6 {
      for j in 0..<i { #expect(abs(dot(loadings[i], loadings[j]) - dot(map[i], map[j])) < 0.5) }
      #expect(abs(posterior.level.mean[i] - 10 - Double(i)) < 0.35)
    }
  }

  /// Of three components two are needed.
  @Test(arguments: [false, true]) func principalComponents(missing: Bool) throws {
    var model = PrincipalComponents()
    model.components = 3
    let fit = try checkedFit(model, to: table(factors(missing: missing)), bind: ["x": columns], passes: 300)
    let posterior = fit.posterior(of: PrincipalComponents.self)
    // The Gram matrix of the loadings has nearly rank 2.
    let loadings = posterior.loadings.means
    var gram = SymmetricMatrix(diagonal: [1e-9, 1e-9, 1e-9])
    for row in loadings { for i in 0..<3 { for j in 0...i { gram[i, j] += row[i] * row[j] } } }
    let logDeterminant = try #require(gram.cholesky()).logDeterminant
    #expect(logDeterminant < 3 * _log(gram.diagonal.reduce(0, +) / 3) - 4)
    #expect(abs(posterior.noise.mean[0] - 25) < 6)
  }

  /// #7: principal components as in BayesPy's user guide, "Performing inference": from its start, in its passes, some of
  /// which leave variables out, to the bounds that it prints.
  @Test func bayesPyPrincipalComponents() throws {
    struct Components: Model {
      let z = Latent<MultivariateNormal>()
      let loadings = Latent<MultivariateNormal>()
      let relevance = Latent<Gamma>()
      let noise = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        relevance ~ Gamma(shape: 1e-3, rate: 1e-3, count: 3)
        Plate(per: x) { loadings ~ MultivariateNormal(mean: 0.0, precisions: relevance) }
        noise ~ Gamma(shape: 1e-3, rate: 1e-3, count: 1)
        Plate.rows {
          z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 3)
          x ~ Normal(mean: loadings * z, precision: noise)
        }
      }
    }
    let rows = try dataTable("pca_start")
    // After the guide's first update of the loadings; its passes begin with them, and these end with the next one's. The first
    // bound is not to be had: expectations to start from have no entropy.
    let start = FitSettings.Start.expectations([
      "loadings": (0..<rows.rowCount).flatMap { i in rows.columns.map { $0[i] } }
    ])
    let data = try dataTable("pca")
    func fit(_ order: [String], passes: Int = 1, from start: FitSettings.Start, by backend: any Backend) throws -> Fit {
      var settings = FitSettings()
      settings.schedule = CoordinateAscent()
      settings.tolerance = 0
      (settings.start, settings.order, settings.maximumPasses) = (start, order, passes)
      return try Fit(Components(), to: data, settings: settings, backend: backend)
    }
    let all = ["z", "relevance", "noise"]
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      func expect(_ bound: Double, _ printed: Double) {
        #expect(abs(bound - printed) < 1.01e-6 * abs(printed), "\(backend.name): \(bound), printed \(printed)")
      }
      var last = try fit(all + ["loadings"], from: start, by: backend)
      expect(try fit(["z"], from: .naturals(last.naturals), by: backend).bound, -8.818976e+02)
      last = try fit(["z", "loadings"], from: .naturals(last.naturals), by: backend)
      expect(try fit(["z", "loadings", "noise"], from: .naturals(last.naturals), by: backend).bound, -8.071222e+02)
      last = try fit(["z", "loadings", "noise", "loadings"], from: .naturals(last.naturals), by: backend)
      expect(try fit(all, from: .naturals(last.naturals), by: backend).bound, -7.167588e+02)
      last = try fit(all + ["loadings"], passes: 9, from: .naturals(last.naturals), by: backend)
      expect(try fit(all, from: .naturals(last.naturals), by: backend).bound, -1.405139e+02)
      guard backend is CPUBackend else { continue }
      last = try fit(all + ["loadings"], passes: 834, from: .naturals(last.naturals), by: backend)
      expect(try fit(all, from: .naturals(last.naturals), by: backend).bound, -1.222506e+02)
    }
  }

  @Test func mixtureOfFactorAnalysers() throws {
    let rows = z.indices.map { i in
      (0..<4).map { j in
        (i % 2 == 0 ? -3.0 : 3) * (j < 2 ? 1 : -1) + (i % 2 == 0 ? map[j] : map[5 - j])[0] * z[i][0] + 0.3 * noise[i][j]
      }
    }
    var model = MixtureOfFactorAnalysers()
    model.components = 2
    model.factors = 1
    let fit = try checkedFit(model, to: table(rows), bind: ["x": Array(columns[..<4])], passes: 60)
    let means = fit.posterior(of: MixtureOfFactorAnalysers.self).level.means.sorted { $0[0] < $1[0] }
    let found: [Double] = means.flatMap { $0 }
    for (found, expected) in zip(found, [-3.0, -3, 3, 3, 3, 3, -3, -3]) {
      #expect(abs(found - expected) < 0.5)
    }
  }

  @Test func robustMixture() throws {
    let rows = z.indices.map { i in
      i % 20 == 0 ? [30 * noise[i][0], 30 * noise[i][1]] : [(i % 2 == 0 ? -4 : 4) + z[i][0], z[i][1]]
    }
    var model = RobustMixture()
    model.components = 2
    let fit = try checkedFit(model, to: table(rows), bind: ["x": Array(columns[..<2])])
    let means = fit.posterior(of: RobustMixture.self).cluster.means.sorted { $0[0] < $1[0] }
    #expect(abs(means[0][0] + 4) < 0.5 && abs(means[1][0] - 4) < 0.5)
  }

  @Test func latentClasses() throws {
    let chance = uniforms(2000, seed: 5)
    let rows = z.indices.map { i in
      (0..<8).map { j -> Double in
        if (i + 3 * j) % 17 == 0 { return .nan }
        return chance[i * 8 + j] < ((i % 2 == 0) == (j < 4) ? 0.9 : 0.2) ? 1 : 0
      }
    }
    let fit = try checkedFit(LatentClassAnalysis(), to: table(rows), bind: ["answers": (1...8).map { "x\($0)" }])
    let means = fit.posterior(of: LatentClassAnalysis.self).probability.means.sorted { $0[0] > $1[0] }
    for j in 0..<8 {
      #expect(abs(means[0][j] - (j < 4 ? 0.9 : 0.2)) < 0.15 && abs(means[1][j] - (j < 4 ? 0.2 : 0.9)) < 0.15)
    }
  }

  /// Hidden numbers that turn slowly or fast: the states, and how far each turns them.
  @Test func switchingDynamics() throws {
    var random = RandomSource(seed: 4)
    let rows = 240
    let truth = (0..<rows).map { ($0 / 40) % 2 }
    var (z, x) = ([1.0, 0], [[Double]]())
    for row in 0..<rows {
      // cos and sin of 0.2 and of 1, times 0.98.
      let (c, s) = truth[row] == 0 ? (0.960465, 0.194696) : (0.529496, 0.824642)
      z = [c * z[0] - s * z[1] + 0.15 * random.normal(), s * z[0] + c * z[1] + 0.15 * random.normal()]
      x.append([z[0], 0.6 * z[0] + 0.8 * z[1], 0.2 * z[0] - z[1]].map { $0 + 0.2 * random.normal() })
    }
    let table = try DataTable(["a": x.map { $0[0] }, "b": x.map { $0[1] }, "c": x.map { $0[2] }])
    var settings = FitSettings()
    settings.restarts = 4
    settings.maximumPasses = 60
    let fit = try Fit(SwitchingLinearDynamicalSystem(), to: table, settings: settings)
    let states = try #require(try Application(fit, to: table).responsibilities()).values
    let agreeing = (0..<rows).filter { (states[2 * $0 + truth[$0]] > 0.5) }.count
    #expect(max(agreeing, rows - agreeing) > 220)
    // A rotation's trace is twice the cosine, in whatever coordinates.
    let traces = fit.posterior(of: SwitchingLinearDynamicalSystem.self).dynamics.means.map { $0[0] + $0[3] }.sorted()
    let near = Tolerance.absolute(0.15, because: "120 steps with noise tell each state's matrix")
    #expect(near.allows(traces[0], 2 * 0.529496) && near.allows(traces[1], 2 * 0.960465))
  }

  /// One precision for several columns may expect their variances on average.
  @Test func momentOfSeveralColumns() throws {
    let fit = try checkedFit(PrincipalComponents(), to: table(factors()), bind: ["x": columns], passes: 3)
    #expect(fit.posterior(of: PrincipalComponents.self).noise.mean.count == 1)
  }

  @Test func shippedNames() {
    let names = shippedModels.map { $0.commandName }
    #expect(Set(names).count == names.count)
    #expect(shippedModels.allSatisfy { !$0.summary.isEmpty })
  }
}
