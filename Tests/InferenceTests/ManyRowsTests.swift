import Models
import Suffice
import SufficeTesting
import Synchronization
import Testing

/// Fits to more rows than are looked at together: by weights, by samples, and stretch by stretch.
@Suite struct ManyRowsTests {
  /// Three groups of rows in two columns, the third small.
  private func rows(_ count: Int, seed: UInt64) -> [[Double]] {
    var random = RandomSource(seed: seed)
    var columns: [[Double]] = [[], []]
    for row in 0..<count {
      let place = row % 10 < 5 ? -4.0 : row % 10 < 8 ? 3 : 9
      columns[0].append(place + random.normal())
      columns[1].append(0.5 * place + random.normal())
    }
    return columns
  }

  private var mixture: ModelGraph {
    get throws {
      var model = GaussianMixture()
      model.components = 5
      return try ModelGraph(model)
    }
  }

  private func meanLogDensity(_ fit: Fit) throws -> Double {
    let other = rows(4000, seed: 9)
    let densities = try Application(fit, to: DataTable(["a": other[0], "b": other[1]])).logDensities()
    return densities.reduce(0, +) / 4000
  }

  /// Weighted rows are fitted by the schedules of others, and as well as the rows that they stand for.
  @Test func weightedRowsAreSampled() throws {
    let columns = rows(6000, seed: 2)
    let often = (0..<6000).map { $0 / 10 % 4 }
    var settings = FitSettings()
    settings.restartRows = 1000
    let repeated = columns.map { column in column.indices.flatMap { [Double](repeating: column[$0], count: often[$0]) }
    }
    let whole = try Fit(mixture, to: DataTable(["a": repeated[0], "b": repeated[1]]), settings: settings)
    settings.weights = "w"
    let bind = ["x": ["a", "b"]]
    let table = try DataTable(["a": columns[0], "b": columns[1], "w": often.map(Double.init)])
    let weighted = try Fit(mixture, to: table, bind: bind, settings: settings)
    #expect(weighted.settings["schedule"] == "progressive")
    #expect(weighted.settings["scheduleReason"] == "6000 rows are many")
    let near = Tolerance.absolute(2e-3, because: "both stop where less is left to gain than this")
    #expect(near.allows(try meanLogDensity(weighted), try meanLogDensity(whole)))
    // Stochastic fits are judged by rows that count as often as their weights say.
    settings.schedule = try StochasticNaturalGradient(batchSize: 200, rates: .adaptive)
    let stochastic = try Fit(mixture, to: table, bind: bind, settings: settings)
    #expect(try meanLogDensity(stochastic) > meanLogDensity(whole) - 0.02)
  }

  /// A sample of rows does not stand for all where a few carry most of the weight.
  @Test func unevenWeightsTakeAllRows() throws {
    let columns = rows(6000, seed: 3)
    var settings = FitSettings()
    settings.restartRows = 1000
    settings.restarts = 2
    settings.maximumPasses = 3
    settings.weights = "w"
    let weights = (0..<6000).map { $0 % 100 == 0 ? 500.0 : 1 }
    let fit = try Fit(
      mixture, to: DataTable(["a": columns[0], "b": columns[1], "w": weights]), bind: ["x": ["a", "b"]],
      settings: settings)
    #expect(fit.settings["schedule"] == "coordinate-ascent")
    #expect(fit.settings["scheduleReason"] == "a few rows carry most of the weight")
  }

  /// A component about a row that counts a million times is like one about a row that counts once.
  @Test func seedsDoNotDependOnTheUnitOfWeights() throws {
    let columns = rows(500, seed: 4)
    func start(_ weight: Double) throws -> [Double] {
      var settings = FitSettings()
      settings.weights = "w"
      settings.restarts = 1
      let table = try DataTable([
        "a": columns[0], "b": columns[1], "w": [Double](repeating: weight, count: 500),
      ])
      var session = try FitSession(mixture, to: table, bind: ["x": ["a", "b"]], settings: settings)
      try session.start()
      return try #require(session.fit.marginal("weights")).mean
    }
    let near = Tolerance.absolute(0.01, because: "the prior counts 0.5 rows of 500")
    for (a, b) in zip(try start(1), try start(4096)) { #expect(near.allows(a, b)) }
  }

  /// Memory of a mapped file is given back before more of it is read, whatever the schedule and however wide the file.
  @Test func rowsAreGivenBackStretchByStretch() throws {
    let (count, stride) = (5000, 1 << 14)
    let columns = rows(count, seed: 5)
    let memory = UnsafeMutablePointer<Double>.allocate(capacity: count * stride)
    defer { memory.deallocate() }
    for row in 0..<count { for i in 0..<2 { memory[row * stride + i] = columns[i][row] } }
    let largest = Mutex(0)
    let table = try DataTable(
      columns: ["a", "b"].enumerated().map { i, name in
        Column(
          name: name,
          owner: ColumnOwner(
            base: UnsafePointer(memory + i), release: {},
            releasePages: { bytes in largest.withLock { $0 = max($0, bytes.count) } }),
          count: count, stride: stride)
      })
    for schedule in [CoordinateAscent(), try MemoizedAscent(parts: 2)] as [any Schedule] {
      var settings = FitSettings()
      settings.schedule = schedule
      settings.restarts = 2
      settings.maximumPasses = 5
      let fit = try Fit(mixture, to: table, settings: settings)
      let plain = try Fit(mixture, to: DataTable(["a": columns[0], "b": columns[1]]), settings: settings)
      let exact = Tolerance.relative(1e-9, because: "sums in another order")
      #expect(exact.allows(fit.bound, plain.bound), "\(schedule.name)")
    }
    let most = largest.withLock { $0 }
    #expect(most > 64 << 20)
    #expect(most <= 128 << 20)
  }
}
