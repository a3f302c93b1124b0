import Foundation
import Models
import Suffice
import Testing

/// Sums that shares of the rows are made into, wherever they are, and fits that are moved by them.
@Suite struct ShareTests {
  /// Three groups of rows in two columns, with gaps in one, and weights.
  private struct Rows {
    var (a, b, weight): ([Double], [Double], [Double]) = ([], [], [])

    init(_ count: Int, gaps: Bool = false) {
      var random = RandomSource(seed: 3)
      for row in 0..<count {
        let place = row % 10 < 5 ? -4.0 : row % 10 < 8 ? 3 : 9
        a.append(place + random.normal())
        b.append(gaps && row % 7 == 3 ? .nan : 0.5 * place + random.normal())
        weight.append(Double(1 + row % 3))
      }
    }

    func table(_ rows: some Sequence<Int>, isWeighted: Bool = false) throws -> DataTable {
      var columns = [
        Column(name: "a", values: rows.map { a[$0] }), Column(name: "b", values: rows.map { b[$0] }),
      ]
      if isWeighted { columns.append(Column(name: "w", values: rows.map { weight[$0] })) }
      return try DataTable(columns: columns)
    }
  }

  private func settings(weights: String? = nil) -> FitSettings {
    var settings = FitSettings()
    settings.weights = weights
    settings.restarts = 2
    settings.maximumPasses = 3
    return settings
  }

  private func mixture() -> GaussianMixture {
    var model = GaussianMixture()
    model.components = 3
    return model
  }

  private func isClose(_ a: Fit, _ b: Fit, within tolerance: Double = 1e-10) -> Bool {
    let scale = b.naturals.joined().reduce(1) { max($0, abs($1)) }
    return abs(a.bound - b.bound) <= tolerance * abs(b.bound)
      && zip(a.naturals.joined(), b.naturals.joined()).allSatisfy { abs($0 - $1) <= tolerance * scale }
  }

  /// Shares in any order and of any size, one row among them, are the whole table; which is a pass of coordinate ascent.
  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func shuffledSharesAreTheTable(gaps: Bool, isWeighted: Bool) throws {
    let rows = Rows(900, gaps: gaps)
    let weights = isWeighted ? "w" : nil
    let fit = try Fit(
      mixture(), to: rows.table(0..<300, isWeighted: isWeighted), bind: ["x": ["a", "b"]],
      settings: settings(weights: weights))
    let whole = try fit.updated(with: [
      fit.statistics(of: rows.table(0..<900, isWeighted: isWeighted), weights: weights)
    ])
    var order = Array(0..<900)
    var random = RandomSource(seed: 8)
    order.shuffle(using: &random)
    let cuts = [0, 1, 350, 360, 900]
    var shares = try zip(cuts, cuts.dropFirst()).map {
      try fit.statistics(of: rows.table(order[$0..<$1], isWeighted: isWeighted), weights: weights, threads: 2)
    }
    shares.shuffle(using: &random)
    let updated = try fit.updated(with: shares)
    #expect(isClose(updated, whole))
    #expect(shares.reduce(0) { $0 + $1.rowCount } == 900)

    let application = try Application(fit, to: rows.table(0..<900))
    if !isWeighted {
      let engine = application.engine
      engine.sweep(.range(0..<900))
      engine.updateAll()
      let scale = updated.naturals.joined().reduce(1) { max($0, abs($1)) }
      for (variable, found) in zip(engine.plan.globals, updated.naturals) {
        #expect(zip(engine.memory[variable.natural], found).allSatisfy { abs($0 - $1) <= 1e-10 * scale })
      }
    }
  }

  /// Passes over shares end where a fit to all rows ends, and tell so.
  @Test func passesConverge() throws {
    let rows = Rows(600)
    let start = try Fit(mixture(), to: rows.table(0..<600), bind: ["x": ["a", "b"]], settings: settings())
    var shared = start
    var bounds: [Double] = []
    for _ in 0..<200 where !shared.converged {
      let shares = try [0..<100, 100..<600].map { try shared.statistics(of: rows.table($0)) }
      shared = try shared.updated(with: shares, tolerance: 1e-9)
      bounds.append(shared.bound)
    }
    #expect(shared.converged)
    #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $1 >= $0 - 1e-9 * abs($0) })
    var settings = settings()
    settings.maximumPasses = 500
    settings.tolerance = 1e-9
    let whole = try Fit(mixture(), to: rows.table(0..<600), bind: ["x": ["a", "b"]], settings: settings)
    #expect(abs(shared.bound - whole.bound) < 1e-5 * 600)
  }

  /// Statistics travel as numbers, and fits as files, between those who make them.
  @Test func numbersAndFilesTravel() throws {
    let rows = Rows(300)
    let fit = try Fit(mixture(), to: rows.table(0..<200), bind: ["x": ["a", "b"]], settings: settings())
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "share-\(UInt64.random(in: 0...UInt64.max))"
    )
    .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FitFile.write(fit, to: path)
    let read = try FitFile.read(path)
    let share = try read.statistics(of: rows.table(100..<300))
    #expect(share.numbers.count == ShareStatistics.count(of: fit))
    let received = try ShareStatistics(numbers: share.numbers, of: fit)
    #expect(received == share)
    #expect(try isClose(fit.updated(with: [received]), fit.updated(with: [fit.statistics(of: rows.table(100..<300))])))
    #expect(throws: FitError.self) { try ShareStatistics(numbers: share.numbers.dropLast(), of: fit) }
    #expect(throws: FitError.self) { try ShareStatistics(numbers: share.numbers.map { _ in .nan }, of: fit) }
  }

  /// What cannot be added up is refused, and why.
  @Test func refusals() throws {
    let rows = Rows(300)
    let fit = try Fit(mixture(), to: rows.table(0..<200), bind: ["x": ["a", "b"]], settings: settings())
    let share = try fit.statistics(of: rows.table(0..<300))
    let moved = try fit.updated(with: [share])
    func message(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return "no error"
    }
    #expect(message { _ = try moved.updated(with: [share]) }.contains("before it was updated"))
    #expect(
      message { _ = try fit.updated(with: [share, moved.statistics(of: rows.table(0..<10))]) }.contains("another fit"))
    #expect(message { _ = try fit.updated(with: []) }.contains("at least one share"))
    #expect(
      message { _ = try fit.statistics(of: Rows(30, gaps: true).table(0..<30)) }.contains("missing cells"))
    let chain = try Fit(
      HiddenMarkovModel(), to: rows.table(0..<100), bind: ["x": ["a"]], settings: settings())
    #expect(message { _ = try chain.statistics(of: rows.table(0..<100)) }.contains("no sums to share"))
  }
}
