import ExponentialFamilies
import Foundation
import Models
import SpecialFunctions
import Suffice
import Testing

/// Coordinate ascent over groups of rows that are solved until they agree.
@Suite struct GroupAscentTests {
  private let bind = ["document": ["document"], "word": ["word"]]

  /// Documents of two topics each, out of four, which share half of their words; counts as weights.
  private func corpus(documents: Int, words: Int = 12) throws -> DataTable {
    var random = RandomSource(seed: 5)
    var columns: [[Double]] = [[], [], []]
    for d in 0..<documents {
      let topics = [Int(random.next() % 4), Int(random.next() % 4)]
      var counts: [Int: Double] = [:]
      for _ in 0..<50 {
        let topic = topics[Int(random.next() % 2)]
        counts[(topic * words / 2 + Int(random.next() % UInt64(words))) % (2 * words), default: 0] += 1
      }
      for (word, count) in counts.sorted(by: { $0.key < $1.key }) {
        columns[0].append(Double(d))
        columns[1].append(Double(word))
        columns[2].append(count)
      }
    }
    return try DataTable(["document": columns[0], "word": columns[1], "count": columns[2]])
  }

  private func model(_ topics: Int = 4) -> LatentDirichletAllocation {
    var model = LatentDirichletAllocation()
    model.topics = topics
    return model
  }

  private func settings(passes: Int, seed: UInt64 = 0) -> FitSettings {
    var settings = FitSettings()
    settings.weights = "count"
    settings.restarts = 2
    settings.seed = seed
    settings.maximumPasses = passes
    settings.tolerance = 1e-9
    return settings
  }

  /// The bound never falls, and at the end is what the sum over documents and topics says, each document solved by itself:
  /// Σ n log Σₖ exp(E log θₖ + E log βₖw) − KL(θ) − KL(β), by Blei, Ng & Jordan (2003), appendix A.3.
  @Test(arguments: 0..<4) func boundNeverFallsAndIsThatOfTheDocuments(seed: UInt64) throws {
    let data = try corpus(documents: 60)
    let fit = try Fit(model(), to: data, bind: bind, settings: settings(passes: 400, seed: seed))
    #expect(fit.converged)
    for (a, b) in zip(fit.trace, fit.trace.dropFirst()) { #expect(b.bound >= a.bound - 1e-11 * abs(a.bound)) }
    let words = try #require(fit.marginal("words")).naturals.map { $0.map { $0 + 1 } }
    func logs(_ a: [Double]) -> [Double] { Dirichlet.meanStatistics(a.map { $0 - 1 }, FamilyShape(dimension: a.count)) }
    /// Minus the divergence of a Dirichlet distribution from a symmetric one.
    func divergence(_ a: [Double], _ prior: Double) -> Double {
      let n = Double(a.count)
      return zip(a, logs(a)).reduce(0) { $0 + (prior - $1.0) * $1.1 + lgamma($1.0) } - lgamma(a.reduce(0, +))
        + lgamma(n * prior) - n * lgamma(prior)
    }
    let topics = words.map(logs)
    var bound = words.reduce(0) { $0 + divergence($1, 0.05) }
    let columns = try ["document", "word", "count"].map { name in
      let column = try #require(data[name])
      return (0..<data.rowCount).map { column[$0] }
    }
    for document in 0..<60 {
      let rows = (0..<data.rowCount).filter { columns[0][$0] == Double(document) }
      var gamma = try #require(fit.marginal("mixture")).naturals[document].map { $0 + 1 }
      var sum = 0.0
      for _ in 0..<200 {
        let shares = logs(gamma)
        gamma = [Double](repeating: 0.1, count: 4)
        sum = 0
        for row in rows {
          let p = (0..<4).map { exp(shares[$0] + topics[$0][Int(columns[1][row])]) }
          let total = p.reduce(0, +)
          sum += columns[2][row] * log(total)
          for k in 0..<4 { gamma[k] += columns[2][row] * p[k] / total }
        }
      }
      bound += sum + divergence(gamma, 0.1)
    }
    #expect(abs(fit.bound - bound) < 1e-6 * abs(bound), "\(fit.bound), \(bound)")
  }

  /// One pass does for documents what plain passes need many for, and does not freeze them where they first were: plain
  /// coordinate ascent from the same seed ends lower.
  @Test func endsHigherThanPlainPasses() throws {
    let data = try corpus(documents: 60, words: 30)
    var (solved, plain) = (0.0, 0.0)
    for seed in 0..<2 {
      var settings = settings(passes: 300, seed: UInt64(seed))
      solved += try Fit(model(8), to: data, bind: bind, settings: settings).bound
      // A given order is kept to.
      settings.order = ["topic", "mixture", "words"]
      plain += try Fit(model(8), to: data, bind: bind, settings: settings).bound
    }
    #expect(solved > plain + 20, "\(solved), \(plain)")
  }

  /// Words on a 5 × 5 grid from ten topics, the rows and the columns of the grid (Griffiths & Steyvers 2004): the usual starts
  /// find them all, and the best bound that many fits from few starts find.
  @Test func usualStartsFindBars() throws {
    var random = RandomSource(seed: 1)
    func bar(_ k: Int) -> [Int] { (0..<5).map { k < 5 ? 5 * k + $0 : 5 * $0 + k - 5 } }
    var columns: [[Double]] = [[], [], []]
    for document in 0..<100 {
      let weights = (0..<10).map { _ in exp(random.logGammaVariate(shape: 0.3)) }
      var counts = [Double](repeating: 0, count: 25)
      for _ in 0..<80 { counts[bar(random.index(weights: weights))[Int(random.next() % 5)]] += 1 }
      for word in 0..<25 where counts[word] > 0 {
        for (i, value) in [Double(document), Double(word), counts[word]].enumerated() { columns[i].append(value) }
      }
    }
    let data = try DataTable(["document": columns[0], "word": columns[1], "count": columns[2]])
    var bars = model(10)
    bars.concentration = 0.3
    var settings = FitSettings()
    settings.weights = "count"
    let fit = try Fit(bars, to: data, bind: bind, settings: settings)
    for k in 0..<10 {
      let nearest = try #require(fit.marginal("words")).means.map { topic in
        topic.enumerated().reduce(0) { $0 + abs($1.element - (bar(k).contains($1.offset) ? 0.2 : 0)) / 2 }
      }.min()
      #expect(nearest ?? 1 < 0.15, "bar \(k): \(nearest ?? 1)")
    }
    settings.restarts = 2
    let best = try (1...5).map { seed in
      settings.seed = UInt64(seed)
      return try Fit(bars, to: data, bind: bind, settings: settings).bound
    }.max()
    // 8000 words: a thousandth of a nat each.
    #expect(fit.bound >= (best ?? .infinity) - 8, "\(fit.bound), \(best ?? .nan)")
  }

  /// Backends agree, and threads change no bit: with words that are looked up in a table, and with so few that they are
  /// features of matrix products.
  @Test(arguments: [12, 20]) func backendsAgree(words: Int) throws {
    let data = try corpus(documents: 20, words: words)
    // So many passes that groups begin at their priors first, and go on from where they are at last.
    var settings = settings(passes: 60)
    settings.tolerance = 1e-4
    let fits = try [ReferenceBackend() as any Backend, CPUBackend()].map {
      try Fit(model(), to: data, bind: bind, settings: settings, backend: $0)
    }
    #expect(fits[0].converged && fits[0].trace.count == fits[1].trace.count)
    for (a, b) in zip(fits[0].naturals.flatMap { $0 }, fits[1].naturals.flatMap { $0 }) {
      #expect(abs(a - b) < 1e-6 * max(1, abs(a)))
    }
    for threads in 2...3 {
      settings.threads = threads
      let fit = try Fit(model(), to: data, bind: bind, settings: settings)
      #expect(fit.naturals == fits[1].naturals)
      #expect(fit.trace.map(\.bound.bitPattern) == fits[1].trace.map(\.bound.bitPattern))
    }
  }

  /// A fit that is stopped goes on with the same bits, wherever its groups begin.
  @Test func goesOnAsIfItHadNotStopped() throws {
    let data = try corpus(documents: 40)
    let settings = settings(passes: 60)
    func session() throws -> FitSession {
      try FitSession(ModelGraph(model()), to: data, bind: bind, settings: settings)
    }
    var whole = try session()
    var checkpoints: [FitCheckpoint] = []
    while try whole.step() { checkpoints.append(try #require(whole.checkpoint)) }
    let change = checkpoints.firstIndex { $0.groupsGoOn }
    let last = try #require(change)
    for checkpoint in [checkpoints[0], checkpoints[last - 1], checkpoints[last]] {
      var rest = try session()
      try rest.resume(from: checkpoint)
      try rest.run()
      #expect(rest.fit.naturals == whole.fit.naturals)
      #expect(rest.fit.trace.map(\.bound.bitPattern) == whole.fit.trace.map(\.bound.bitPattern))
    }
  }
}
