import Models
import Suffice
import SufficeTesting
import Testing

/// Fits that stop and go on, keep sums of parts, and take new rows.
@Suite struct SessionTests {
  /// Three groups of rows in two columns, the third small.
  private func rows(_ count: Int, seed: UInt64 = 1) throws -> DataTable {
    var random = RandomSource(seed: seed)
    var (a, b): ([Double], [Double]) = ([], [])
    for row in 0..<count {
      let place = row % 10 < 5 ? -4.0 : row % 10 < 8 ? 3 : 9
      a.append(place + random.normal())
      b.append(0.5 * place + random.normal())
    }
    return try DataTable(["a": a, "b": b])
  }

  private var mixture: ModelGraph {
    get throws {
      var model = GaussianMixture()
      model.components = 6
      return try ModelGraph(model)
    }
  }

  private func schedules() throws -> [any Schedule] {
    [
      CoordinateAscent(), try ProgressiveAscent(firstRows: 100), try MemoizedAscent(parts: 4),
      try StochasticNaturalGradient(batchSize: 70, rates: .adaptive),
      try StochasticNaturalGradient(batchSize: 70, forgetting: 0.6, delay: 2),
    ]
  }

  private func settings(_ schedule: any Schedule) -> FitSettings {
    var settings = FitSettings()
    settings.schedule = schedule
    settings.restarts = 3
    settings.maximumPasses = 6
    settings.tolerance = 0
    return settings
  }

  /// A fit that is stopped after any batch ends with the same bits as one that is not.
  @Test func goesOnAsIfItHadNotStopped() throws {
    let data = try rows(800)
    var components = PrincipalComponents()
    components.components = 2
    // The second changes the basis of its components between passes.
    let fits =
      try schedules().map { (try mixture, $0) } + schedules().prefix(2).map { (try ModelGraph(components), $0) }
    for (model, schedule) in fits {
      let settings = settings(schedule)
      var whole = try FitSession(model, to: data, settings: settings)
      try whole.start()
      var checkpoints: [FitCheckpoint] = []
      while try whole.step() { checkpoints.append(try #require(whole.checkpoint)) }
      // Of every kind of batch one, whatever the schedule.
      let corrected = checkpoints.filter { $0.correction != nil && $0.fit.trace.last?.rows != 800 }
      for checkpoint in [0, checkpoints.count / 2, checkpoints.count - 2].map({ checkpoints[$0] }) + corrected.prefix(2)
      {
        var rest = try FitSession(model, to: data, settings: settings)
        try rest.resume(from: checkpoint)
        try rest.run()
        #expect(rest.fit.naturals == whole.fit.naturals, "\(schedule.name)")
        #expect(rest.fit.trace.map(\.bound.bitPattern) == whole.fit.trace.map(\.bound.bitPattern))
        #expect(rest.fit.converged == whole.fit.converged)
      }
    }
  }

  @Test func refusesForeignCheckpoints() throws {
    let settings = settings(CoordinateAscent())
    var session = try FitSession(mixture, to: rows(300), settings: settings)
    #expect(session.checkpoint == nil)
    try session.start()
    _ = try session.step()
    let checkpoint = try #require(session.checkpoint)
    func message(_ other: FitSession) -> String {
      var other = other
      do throws(FitError) {
        try other.resume(from: checkpoint)
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      message(try FitSession(mixture, to: rows(300, seed: 2), settings: settings))
        == "the fit cannot be resumed: the data are not those that the fit was begun with; bring them back, or fit again."
    )
    #expect(
      message(try FitSession(ModelGraph(GaussianMixture()), to: rows(300), settings: settings))
        == "the fit cannot be resumed: the checkpoint is one of another model.")
    var others = settings
    others.seed = 9
    #expect(
      message(try FitSession(mixture, to: rows(300), settings: others))
        == "the fit cannot be resumed: the settings are not those that the fit was begun with.")
  }

  /// The bound over all rows never falls, and ends where coordinate ascent could not climb further.
  @Test(arguments: [1, 3, 16]) func memoizedBoundNeverFalls(parts: Int) throws {
    let data = try rows(900)
    for moves in [false, true] {
      var settings = settings(try MemoizedAscent(parts: parts, moves: moves))
      settings.maximumPasses = 120
      let fit = try Fit(mixture, to: data, settings: settings)
      let bounds = fit.trace.map(\.bound)
      for (before, after) in zip(bounds, bounds.dropFirst()) { #expect(after >= before - 1e-9 * abs(before)) }
      // The kept sums are those of the rows: one more plain pass does not find another bound.
      var plain = self.settings(CoordinateAscent())
      plain.start = .naturals(fit.naturals)
      plain.maximumPasses = 1
      let again = try Fit(mixture, to: data, settings: plain)
      #expect(again.bound >= fit.bound - 1e-9 * abs(fit.bound))
      let slack = Tolerance.relative(1e-4, because: "so many passes leave little to climb")
      #expect(slack.allows(again.bound, fit.bound))
    }
  }

  /// Components that start in one place are split, surplus ones are merged: three are found, from any start.
  @Test func movesFindTheNumberOfComponents() throws {
    let data = try rows(2000)
    for seed in 0..<4 {
      for start in [[Int](repeating: 0, count: 2000), (0..<2000).map { $0 * 7 % 6 }] {
        var settings = settings(try MemoizedAscent(parts: 4))
        settings.seed = UInt64(seed)
        settings.start = .labels(start)
        settings.maximumPasses = 60
        settings.tolerance = 1e-7
        let fit = try Fit(mixture, to: data, settings: settings)
        let weights = try #require(fit.marginal("weights")).mean
        #expect(weights.count { $0 > 0.01 } == 3, "seed \(seed)")
      }
    }
  }

  /// Without latent variables of the rows, an update is a fit to all rows; with forgetting, to rows that count less.
  @Test func updatesAreFitsToAllRows() throws {
    struct Sample: Model {
      let center = Latent<NormalGamma>()
      let y = Observed<Normal>()
      var body: [Statement] {
        center ~ NormalGamma(mean: 1.0, meanPrecision: 0.5, shape: 2.0, rate: 3.0)
        Plate.rows { y ~ Normal(center) }
      }
    }
    var random = RandomSource(seed: 4)
    let values = (0..<90).map { _ in 1000 + random.normal() }
    let exact = Tolerance.relative(1e-10, because: "the first fit is centred elsewhere")
    let first = try Fit(Sample(), to: DataTable(["y": Array(values[..<50])]))
    var session = try FitSession(updating: first, with: DataTable(["y": Array(values[50...])]))
    try session.run()
    let whole = try Fit(Sample(), to: DataTable(["y": values]))
    let (a, b) = (try #require(session.fit.marginal("center")), try #require(whole.marginal("center")))
    for (x, y) in zip(a.parameters(0), b.parameters(0)) {
      #expect(zip(x.values, y.values).allSatisfy { exact.allows($0, $1) }, "\(x.name): \(x.values), \(y.values)")
    }
    #expect(exact.allows(session.fit.bound, whole.bound))
    // Earlier rows that count half are rows of weight 1/2.
    var halves = try FitSession(updating: first, with: DataTable(["y": Array(values[50...])]), forgetting: 0.5)
    try halves.run()
    var weighted = FitSettings()
    weighted.weights = "w"
    let table = try DataTable(["y": values, "w": (0..<90).map { $0 < 50 ? 0.5 : 1 }])
    let expected = try #require(try Fit(Sample(), to: table, settings: weighted).marginal("center"))
    for (x, y) in zip(try #require(halves.fit.marginal("center")).parameters(0), expected.parameters(0)) {
      #expect(zip(x.values, y.values).allSatisfy { exact.allows($0, $1) }, "\(x.name)")
    }
  }

  /// Weighted rows can be added to weighted rows, and kept part by part.
  @Test func weightedRowsAddUp() throws {
    let data = try rows(400)
    let weights = (0..<400).map { Double($0 % 4) }
    let weighted = try DataTable(columns: data.columns + [Column(name: "w", values: weights)])
    let repeated = try DataTable(
      columns: data.columns.map { column in
        Column(name: column.name, values: (0..<400).flatMap { [Double](repeating: column[$0], count: $0 % 4) })
      })
    var settings = settings(try MemoizedAscent(parts: 5, moves: false))
    settings.start = .naturals(try Fit(mixture, to: repeated, settings: self.settings(CoordinateAscent())).naturals)
    let whole = try Fit(mixture, to: repeated, settings: settings)
    settings.weights = "w"
    let parts = try Fit(mixture, to: weighted, settings: settings)
    let exact = Tolerance.relative(1e-9, because: "the same passes but for the order of sums and where parts begin")
    // Parts of other rows make other passes: compare where both have come close to the optimum.
    let near = Tolerance.relative(1e-4, because: "six passes over other parts")
    #expect(near.allows(parts.bound, whole.bound))
    var once = settings
    once.schedule = CoordinateAscent()
    once.maximumPasses = 1
    var plain = once
    plain.weights = nil
    #expect(
      exact.allows(
        try Fit(mixture, to: weighted, settings: once).bound, try Fit(mixture, to: repeated, settings: plain).bound))
    once.start = .seeded
    var session = try FitSession(updating: parts, with: weighted, settings: once)
    try session.run()
    let total = try #require(session.fit.marginal("weights")).parameters(0)[0].values.reduce(0, +)
    #expect(Tolerance.relative(1e-9, because: "sums of 800 weights").allows(total - 6 * 0.1, 2 * 600))
  }

  /// With labels, what was learnt stays: new rows from one component alone do not make the others vanish.
  @Test func updatesOfMixturesKeepWhatTheyKnow() throws {
    let first = try Fit(mixture, to: rows(600))
    var session = try FitSession(updating: first, with: rows(200, seed: 3))
    try session.run()
    #expect(session.fit.model.facts.rowCount == 800)
    let bounds = session.fit.trace.map(\.bound)
    for (before, after) in zip(bounds, bounds.dropFirst()) { #expect(after >= before - 1e-9 * abs(before)) }
    let weights = try #require(session.fit.marginal("weights"))
    // The concentrations add up to the prior's and all 800 rows.
    let total = weights.parameters(0)[0].values.reduce(0, +)
    #expect(Tolerance.relative(1e-9, because: "sums of 800 probabilities").allows(total - 6 * 0.1, 800))
    var halves = try FitSession(updating: first, with: rows(200, seed: 3), forgetting: 0)
    try halves.run()
    let forgotten = try #require(halves.fit.marginal("weights")).parameters(0)[0].values.reduce(0, +)
    #expect(Tolerance.relative(1e-9, because: "sums of 200 probabilities").allows(forgotten - 6 * 0.1, 200))
  }

  /// Rates that follow the noise of the gradient reach what full passes reach.
  @Test func adaptiveRatesConverge() throws {
    let data = try rows(4000)
    var settings = FitSettings()
    settings.schedule = try StochasticNaturalGradient(batchSize: 100, rates: .adaptive)
    settings.restarts = 4
    let stochastic = try Fit(mixture, to: data, settings: settings)
    settings.schedule = CoordinateAscent()
    let full = try Fit(mixture, to: data, settings: settings)
    func meanLogDensity(_ fit: Fit) throws -> Double {
      try Application(fit, to: rows(2000, seed: 8)).logDensities().reduce(0, +) / 2000
    }
    let slack = Tolerance.absolute(0.01, because: "about the statistical error of 33 parameters from 4000 rows")
    #expect(slack.allows(try meanLogDensity(stochastic), try meanLogDensity(full)))
  }

  /// The default takes nested samples where rows are many, and ends as good as full passes.
  @Test func progressiveReachesFullPasses() throws {
    let data = try rows(50_000)
    var settings = FitSettings()
    settings.restarts = 4
    let session = try FitSession(mixture, to: data, settings: settings)
    #expect(session.choice.schedule is ProgressiveAscent)
    #expect(session.choice.reason == "50000 rows are many")
    let fit = try Fit(mixture, to: data, settings: settings)
    #expect(Set(fit.trace.map(\.rows)).count > 1 && fit.trace.last?.rows == 50_000)
    settings.schedule = CoordinateAscent()
    let full = try Fit(mixture, to: data, settings: settings)
    let slack = Tolerance.absolute(
      2.5e-3 * 50_000, because: "where gains fall and rise again, at a saddle, what passes promise is too little")
    #expect(slack.allows(fit.bound, full.bound))
    #expect(fit.converged)
  }
}
