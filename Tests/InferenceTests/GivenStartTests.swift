import Models
import Suffice
import Testing

/// Fits that begin where they are told to.
@Suite struct GivenStartTests {
  private func rows() throws -> DataTable {
    var random = RandomSource(seed: 1)
    return try DataTable(["x": (0..<120).map { ($0 % 3 == 0 ? -4.0 : 3) + random.normal() }])
  }

  private var mixture: GaussianMixture {
    var model = GaussianMixture()
    model.components = 3
    return model
  }

  private func fit(_ start: FitSettings.Start, passes: Int = 5, to table: DataTable? = nil) throws -> Fit {
    var settings = FitSettings()
    settings.start = start
    settings.maximumPasses = passes
    settings.tolerance = 0
    return try Fit(mixture, to: table ?? rows(), settings: settings)
  }

  private func message(_ start: FitSettings.Start) throws -> String {
    do {
      _ = try fit(start)
      return ""
    } catch let error as FitError {
      return error.description
    }
  }

  /// Labels are probabilities of 0 and 1.
  @Test func labelsAreProbabilities() throws {
    let labels = (0..<120).map { $0 % 3 }
    let hard = try fit(.labels(labels))
    let soft = try fit(.responsibilities(labels.flatMap { label in (0..<3).map { $0 == label ? 1.0 : 0 } }))
    #expect(hard.naturals == soft.naturals)
    let shared = try fit(.responsibilities(labels.flatMap { label in (0..<3).map { $0 == label ? 0.8 : 0.1 } }))
    #expect(shared.trace[0].bound != hard.trace[0].bound)
  }

  /// Whatever is named, the bound is one of all rows: solving these once more, which can only raise it, does not lower it.
  @Test(arguments: [
    ["cluster"], ["weights"], ["label"], ["weights", "cluster"], ["cluster", "label"], ["weights", "cluster", "label"],
  ])
  func boundsOfAnyOrder(_ order: [String]) throws {
    for restarts in [1, 4] {
      var settings = FitSettings()
      (settings.order, settings.restarts, settings.restartRows, settings.maximumPasses) = (order, restarts, 30, 4)
      var session = try FitSession(ModelGraph(mixture), to: rows(), settings: settings)
      try session.run()
      let told = session.fit.bound
      session.engine.sweep(.range(0..<session.engine.rowCount))
      let solved = session.engine.bound()
      #expect(told <= solved + 1e-9 * abs(solved), "\(order): \(told) is told, \(solved) is the bound")
    }
  }

  /// Labels that are given count in the first pass, with whatever it begins.
  @Test func givenLabelsWithAnOrder() throws {
    let labels = (0..<120).map { $0 % 3 }
    let plain = try fit(.labels(labels), passes: 1)
    for order in [["label", "weights", "cluster"], ["weights", "cluster"]] {
      var settings = FitSettings()
      (settings.start, settings.order, settings.maximumPasses) = (.labels(labels), order, 1)
      let ordered = try Fit(mixture, to: rows(), settings: settings)
      #expect(abs(ordered.bound - plain.bound) < 1e-9 * abs(plain.bound))
    }
  }

  /// A fit that begins where another ended is there at once; with data far away, by the same means in the data's units.
  @Test func fitsGoOn() throws {
    let ended = try fit(.seeded, passes: 200)
    let again = try fit(.marginals(ended.marginals), passes: 1)
    #expect(abs(again.bound - ended.bound) < 1e-9 * abs(ended.bound))
    // Also where the order of updates begins with global variables.
    var settings = FitSettings()
    (settings.start, settings.order) = (.marginals(ended.marginals), ["weights", "cluster", "label"])
    settings.maximumPasses = 2
    let ordered = try Fit(mixture, to: rows(), settings: settings)
    #expect(abs(ordered.bound - ended.bound) < 1e-6 * abs(ended.bound))
    let far = try fit(
      .marginals(ended.marginals), passes: 1,
      to: DataTable(["x": (0..<90).map { $0 % 3 == 0 ? -4.0 : 3.1 + 0.01 * Double($0) }]))
    #expect(far.bound.isFinite)
  }

  /// Empty rows have a label in the start, as they have a row in the table.
  @Test func emptyRowsHaveLabels() throws {
    var random = RandomSource(seed: 2)
    var x = (0..<60).map { ($0 % 2 == 0 ? -4.0 : 3) + random.normal() }
    x[7] = .nan
    let all = (0..<60).map { $0 % 2 }
    let table = try DataTable(["x": x])
    let long = try fit(.labels(all), to: table)
    let short = try fit(.labels(all.enumerated().filter { $0.offset != 7 }.map(\.element)), to: table)
    #expect(long.naturals == short.naturals)
  }

  @Test func refusesWhatDoesNotFit() throws {
    #expect(
      try message(.labels([0, 1]))
        == "the start has 2 rows of labels, and the data have 120 rows. Give one for each row of the data, in their order."
    )
    #expect(
      try message(.labels([Int](repeating: 5, count: 120)))
        == "the start gives row 1 the label 5, counted from 0; \"label\" has 3 values, 0 to 2. Give the model more components, or "
        + "the start fewer labels.")
    #expect(
      try message(.responsibilities([Double](repeating: 0.5, count: 360)))
        == "the start gives row 1 the probabilities 0.5, 0.5, 0.5 of the labels; numbers from 0 on that add up to 1 were expected."
    )
    #expect(
      try message(.responsibilities([0.5])).hasPrefix(
        "the start has 0 rows of probabilities of 3 labels each and 1 numbers"))
    var other = PoissonMixture()
    other.components = 4
    let fit = try Fit(other, to: DataTable(["n": (0..<50).map { Double($0 % 5) }]))
    #expect(
      try message(.marginals(fit.marginals)).hasPrefix(
        "nothing of the fit that is to be the start belongs to gaussian-mixture: it has weights (Dirichlet), "))
  }
}
