import Models
import Suffice
import Testing

@testable import DataSources

/// Files whose sums are right and whose numbers are finite, but such as no data leave: they are refused, or what comes of them
/// is finite or an error.
@Suite struct ExtremeNumberTests {
  private static let numbers = [1e308, -1e308, 1e155, 1e80, -1e20, 1e-300]

  private func table(_ columns: (String, [Double])...) throws -> DataTable {
    try DataTable(columns: columns.map { Column(name: $0, values: $1) })
  }

  private let x = (0..<24).map { Double($0 * 7919 % 101) / 10 }
  private let y = (0..<24).map { Double($0 * 31 % 17) }

  private func fit(_ model: some Model, _ table: DataTable) throws -> (Fit, DataTable) {
    var settings = FitSettings()
    (settings.restarts, settings.maximumPasses) = (1, 3)
    return (try Fit(model, to: table, settings: settings), table)
  }

  private func fits() throws -> [(Fit, DataTable)] {
    var mixture = GaussianMixture()
    mixture.components = 2
    var counts = PoissonMixture()
    counts.components = 2
    var chain = HiddenMarkovModel()
    chain.states = 2
    var factors = FactorAnalysis()
    factors.factors = 1
    let binary = y.map { $0 > 8 ? 1.0 : 0 }
    return [
      try fit(mixture, table(("a", x), ("b", y))), try fit(counts, table(("n", y))),
      try fit(chain, table(("x", x))), try fit(LinearRegression(), table(("x", x), ("y", y))),
      try fit(LogisticRegression(), table(("x", x), ("y", binary))), try fit(NormalSample(), table(("x", x))),
      try fit(factors, table(("a", x), ("b", y), ("c", zip(x, y).map { $0 - $1 }))),
      try fit(NegativeBinomialRegression(), table(("x", x), ("y", y))), (try Example.sample(), try table(("y", x))),
    ]
  }

  /// A table with a gap in each column that is not given.
  private func gaps(_ fit: Fit, _ table: DataTable) throws -> DataTable {
    let observed = zip(fit.model.graph.observed, fit.model.binding.columns).filter {
      fit.model.graph.variables[$0.0].role == .observed
    }.flatMap(\.1)
    return try DataTable(
      columns: table.columns.enumerated().map { j, column in
        Column(
          name: column.name,
          values: (0..<column.count).map { observed.contains(column.name) && $0 == j + 1 ? .nan : column[$0] })
      })
  }

  /// Everything that is computed of a fit, as long as there is no error.
  private func use(_ fit: Fit, _ table: DataTable, _ gaps: DataTable, _ what: String) {
    func check(_ name: String, _ body: () throws(FitError) -> [Double]) {
      guard let values = try? body() else { return }
      #expect(values.allSatisfy { $0.isFinite }, "\(fit.model.graph.name), \(what): \(name)")
    }
    func values(_ table: DataTable) -> [Double] {
      table.columns.flatMap { column in (0..<column.count).map { column[$0] } }
    }
    check("sample") { () throws(FitError) in
      values(
        fit.model.graph.observed.contains { fit.model.graph.variables[$0].role != .observed }
          ? try fit.sample(given: table, seed: 1) : try fit.sample(3, seed: 1))
    }
    check("score") { () throws(FitError) in try Application(fit, to: table).logDensities() }
    check("score with gaps") { () throws(FitError) in try Application(fit, to: gaps).logDensities() }
    check("impute") { () throws(FitError) in values(try Application(fit, to: gaps).imputed()) }
    check("draw") { () throws(FitError) in values(try Application(fit, to: gaps).imputed(seed: 1)) }
    check("predict") { () throws(FitError) in
      let application = try Application(fit, to: table)
      let probabilities = application.responsibilities()?.values ?? []
      try application.requireFinite(probabilities, what: "the probability")
      return probabilities
    }
  }

  @Test func parameters() throws {
    var read = 0
    for (fit, table) in try fits() {
      let (content, gaps) = (FitFile.content(of: fit), try gaps(fit, table))
      for (t, tensor) in content.tensors.enumerated() where tensor.name.hasPrefix("natural/") {
        // Every number once, in the first places, the last one, or everywhere.
        let places = Array(tensor.values.indices.prefix(3)) + [tensor.values.count - 1, -1]
        for (n, number) in Self.numbers.enumerated() {
          let place = places[(n + t) % places.count]
          var values = tensor.values
          if place < 0 { values = values.map { $0 * number } } else { values[place] = number }
          var changed = content
          changed.tensors[t] = .init(tensor.name, shape: tensor.shape, values)
          guard let fit = try? FitReader(file: FitFile.sealed(changed), name: "fit").fit([]) else { continue }
          read += 1
          use(fit, table, gaps, "\(tensor.name)[\(place)] \(number)")
        }
      }
    }
    #expect(read > 10)
  }

  @Test func facts() throws {
    for (fit, table) in try fits() {
      let (content, gaps) = (FitFile.content(of: fit), try gaps(fit, table))
      let text = try #require(content.metadata["facts"])
      for key in ["mean", "variance", "covariance", "rowCount", "logBaseMeasure"] {
        for number in [1e308, -1e308, 1e80].map({ JSON.number($0) }) {
          var changed = content
          let json = try JSON(parsing: text)
          let path: [PathStep] = key == "rowCount" ? [.key(key)] : [.key("observed"), .position(0), .key(key)]
          let old = fit.model.facts.observed[0]
          let count = ["mean": old.mean.count, "variance": old.variance.count, "covariance": old.covariance.count][key]
          changed.metadata["facts"] =
            json.replacing(path[...], with: count.map { .array(Array(repeating: number, count: $0)) } ?? number)
            .description
          guard let fit = try? FitReader(file: FitFile.sealed(changed), name: "fit").fit([]) else { continue }
          use(fit, table, gaps, "\(key) \(number)")
        }
      }
    }
  }

  /// A checkpoint whose memory is nonsense ends with an error, or goes on to a finite bound.
  @Test func checkpoints() throws {
    var settings = Example.settings(passes: 6)
    settings.schedule = try MemoizedAscent(parts: 2)
    var session = try FitSession(ModelGraph(Mixture()), to: Example.rows(), settings: settings)
    try session.start()
    _ = try session.step()
    let folder = try TemporaryFolder()
    try CheckpointFile.write(#require(session.checkpoint), command: ["/tmp", "fit"], to: folder.file("c"))
    let content = try SafeTensors(path: folder.file("c"))
    var resumed = 0
    for (t, tensor) in content.tensors.enumerated() where !tensor.values.isEmpty && !tensor.name.contains(".") {
      let numbers = [1e308, 1e20, -1, 0.5, .nan]
      for place in Set([0, tensor.values.count - 1]) {
        let number = numbers[(t + place) % numbers.count]
        var values = tensor.values
        values[place] = number
        var changed = content
        changed.tensors[t] = .init(tensor.name, shape: tensor.shape, values)
        guard let read = try? FitReader(file: FitFile.sealed(changed), name: "c").checkpoint([]).checkpoint else {
          continue
        }
        var session = try FitSession(ModelGraph(Mixture()), to: Example.rows(), settings: settings)
        do {
          try session.resume(from: read)
          resumed += 1
          for _ in 0..<3 where try session.step() {}
        } catch { continue }
        #expect(session.fit.bound.isFinite, "\(tensor.name)[\(place)] \(number): \(session.fit.bound)")
        #expect(session.fit.naturals.joined().allSatisfy { $0.isFinite }, "\(tensor.name)[\(place)] \(number)")
      }
    }
    #expect(resumed > 10)
  }
}
