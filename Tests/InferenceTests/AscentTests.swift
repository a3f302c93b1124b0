import Models
import Suffice
import SufficeTesting
import Testing

/// Row variables that are solved in turns go on from where the last sweep left them.
@Suite struct AscentTests {
  /// Labels of more combinations than are enumerated.
  private struct ManyValues: Model {
    let a = Latent<Categorical>(), b = Latent<Categorical>(), c = Latent<Categorical>()
    let weights = Latent<Dirichlet>()
    let loadA = Latent<Normal>(), loadB = Latent<Normal>(), loadC = Latent<Normal>()
    let noise = Latent<Gamma>()
    let x = Observed<Normal>()
    var body: [Statement] {
      weights ~ Dirichlet(concentration: 1.0, count: 7)
      Plate("a", 7) { loadA ~ Normal(mean: 0.0, precision: 0.1) }
      Plate("b", 7) { loadB ~ Normal(mean: 0.0, precision: 0.1) }
      Plate("c", 7) { loadC ~ Normal(mean: 0.0, precision: 0.1) }
      noise ~ Gamma(shape: 1, rate: 0.1 * x.variance)
      Plate.rows {
        a ~ Categorical(weights)
        b ~ Categorical(weights)
        c ~ Categorical(weights)
        x ~ Normal(mean: loadA[a] + loadB[b] + loadC[c], precision: noise)
      }
    }
  }

  private static let columns = ["x": ["p", "q", "r"]]

  @Test func manyCombinations() throws {
    let table = try JointLabelTests.causesTable()
    #expect(try Fit(ManyValues(), to: table, bind: Self.columns).model.plan.joints.isEmpty)
    try checkModel(ManyValues(), data: table, bind: Self.columns)
  }

  private static func trajectory() throws -> DataTable {
    var random = RandomSource(seed: 3)
    var (z, a, b) = (0.0, [Double](), [Double]())
    for row in 0..<50 {
      let mode = row / 9 % 2
      z = [0.95, -0.7][mode] * z + [0.3, 1][mode] * random.normal()
      a.append(z + 0.3 * random.normal())
      b.append(-0.5 * z + 0.3 * random.normal())
    }
    a[7] = .nan
    return try DataTable(["a": a, "b": b])
  }

  private var switching: SwitchingLinearDynamicalSystem {
    var model = SwitchingLinearDynamicalSystem()
    model.dimension = 1
    return model
  }

  /// A chain of labels that chooses how a chain of numbers goes on: whole fits from twenty starts, on both backends.
  @Test(arguments: 0..<20) func switchingSystems(_ seed: Int) throws {
    let table = try Self.trajectory()
    var settings = FitSettings()
    settings.seed = UInt64(seed)
    settings.restarts = 1
    settings.maximumPasses = 40
    for backend in (seed < 2 ? [CPUBackend(), ReferenceBackend()] : [CPUBackend()]) as [any Backend] {
      let trace = try Fit(switching, to: table, settings: settings, backend: backend).trace
      for (before, after) in zip(trace, trace.dropFirst()) {
        #expect(after.bound >= before.bound - 1e-10 * abs(before.bound), "pass \(after.pass)")
      }
    }
  }

  /// Stopped after any pass, a fit ends with the same bits; what rows go on from is in its checkpoint.
  @Test func goesOnAsIfItHadNotStopped() throws {
    let cases: [(ModelGraph, DataTable, [String: [String]], [any Schedule])] = [
      (try ModelGraph(switching), try Self.trajectory(), [:], [CoordinateAscent()]),
      (
        try ModelGraph(ManyValues()), try JointLabelTests.causesTable(), Self.columns,
        [CoordinateAscent(), try ProgressiveAscent(firstRows: 5), try MemoizedAscent(parts: 3)]
      ),
    ]
    for (graph, table, bind, schedules) in cases {
      for schedule in schedules {
        var settings = FitSettings()
        settings.schedule = schedule
        settings.restarts = 2
        settings.maximumPasses = 8
        settings.tolerance = 0
        var whole = try FitSession(graph, to: table, bind: bind, settings: settings)
        try whole.start()
        var checkpoints: [FitCheckpoint] = []
        while try whole.step() { checkpoints.append(try #require(whole.checkpoint)) }
        for checkpoint in [checkpoints[0], checkpoints[checkpoints.count / 2]] {
          #expect(checkpoint.rows.contains { $0.contains { !$0.isNaN } })
          var rest = try FitSession(graph, to: table, bind: bind, settings: settings)
          try rest.resume(from: checkpoint)
          try rest.run()
          #expect(rest.fit.naturals == whole.fit.naturals, "\(schedule.name)")
          #expect(rest.fit.trace.map(\.bound.bitPattern) == whole.fit.trace.map(\.bound.bitPattern))
        }
      }
    }
  }

  /// Samples of the rows that grow: over the same rows the bound does not fall either.
  @Test func growingSamples() throws {
    var random = RandomSource(seed: 6)
    let x = (0..<600).map { i in [0.0, 10][i % 2] + [0.0, 2, 5][i % 3] + [0.0, 20, 45, 60][i % 4] + random.normal() }
    var settings = FitSettings()
    settings.schedule = try ProgressiveAscent(firstRows: 50)
    settings.restarts = 1
    settings.maximumPasses = 200
    let table = try DataTable(["x": x])
    let trace = try Fit(ManyValues(), to: table, settings: settings).trace
    #expect(Set(trace.map(\.rows)).count > 2)
    for (before, after) in zip(trace, trace.dropFirst()) where before.rows == after.rows {
      #expect(after.bound >= before.bound - 1e-10 * abs(before.bound))
    }
  }

  /// Whoever goes back to older parameters goes back to the rows that belonged to them.
  @Test func rowsBelongToTheirParameters() throws {
    let table = try JointLabelTests.causesTable()
    var settings = FitSettings()
    settings.restarts = 1
    settings.maximumPasses = 5
    let engine = try Application(
      Fit(ManyValues(), to: table, bind: Self.columns, settings: settings), to: table
    ).engine
    try engine.keepRows()
    let all = RowSelection.range(0..<16)
    engine.sweep(all)
    let (before, bound) = (engine.memory, engine.bound())
    engine.updateAll()
    engine.sweep(all)
    #expect(engine.memory.rows != before.rows)
    engine.memory = before
    #expect(engine.bound() == bound)
    engine.sweep(all)
    #expect(engine.bound() >= bound - 1e-10 * abs(bound))
  }

  /// Where the optimum is one, the order of declarations and of statements does not move it.
  @Test func orderOfDeclarations() throws {
    struct Sum: Model {
      let level = Latent<Normal>(), noise = Latent<Gamma>()
      let u = Latent<Normal>(), v = Latent<Gamma>()
      let x = Observed<Normal>(), y = Observed<Normal>()
      var body: [Statement] {
        level ~ Normal(mean: 0.0, precision: 0.1)
        noise ~ Gamma(shape: 2, rate: 2)
        Plate.rows {
          u ~ Normal(mean: level, precision: 1.0)
          v ~ Gamma(shape: 2, rate: 2)
          x ~ Normal(mean: u, precision: v)
          y ~ Normal(mean: u, precision: noise)
        }
      }
    }
    struct Reversed: Model {
      let y = Observed<Normal>(), x = Observed<Normal>()
      let v = Latent<Gamma>(), u = Latent<Normal>()
      let noise = Latent<Gamma>(), level = Latent<Normal>()
      var body: [Statement] {
        noise ~ Gamma(shape: 2, rate: 2)
        level ~ Normal(mean: 0.0, precision: 0.1)
        Plate.rows {
          v ~ Gamma(shape: 2, rate: 2)
          u ~ Normal(mean: level, precision: 1.0)
          y ~ Normal(mean: u, precision: noise)
          x ~ Normal(mean: u, precision: v)
        }
      }
    }
    var random = RandomSource(seed: 1)
    let table = try DataTable([
      "x": (0..<20).map { _ in 0.5 + random.normal() }, "y": (0..<20).map { _ in 0.5 + random.normal() },
    ])
    var settings = FitSettings()
    settings.maximumPasses = 300
    settings.tolerance = 1e-14
    let bind = ["x": ["x"], "y": ["y"]]
    let fit = try Fit(Sum(), to: table, bind: bind, settings: settings)
    let other = try Fit(Reversed(), to: table, bind: bind, settings: settings)
    #expect(!fit.model.plan.resumed.isEmpty)
    #expect(abs(fit.bound - other.bound) < 1e-9 * abs(fit.bound))
  }
}
