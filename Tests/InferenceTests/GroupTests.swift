import Suffice
import Testing

/// Stochastic inference over groups of rows.
@Suite("Stochastic inference over groups") struct GroupTests {
  struct Topics: Model {
    let document = Groups()
    let word = Observed<Categorical>()
    let mixture = Latent<Dirichlet>()
    let words = Latent<Dirichlet>()
    let topic = Latent<Categorical>()
    var body: [Statement] {
      Plate(per: document) { mixture ~ Dirichlet(concentration: 0.5, count: 4) }
      Plate("topic", 4) { words ~ Dirichlet(concentration: 0.1, count: word.levels) }
      Plate.rows {
        topic ~ Categorical(mixture[document])
        word ~ Categorical(words[topic])
      }
    }
  }

  /// Documents of two topics each, out of four with some words of their own; counts as weights.
  private func corpus(documents: Int, words: Int = 10) throws -> DataTable {
    var random = RandomSource(seed: 2)
    var columns: [[Double]] = [[], [], []]
    for d in 0..<documents {
      let topics = [Int(random.next() % 4), Int(random.next() % 4)]
      var counts: [Int: Double] = [:]
      for _ in 0..<60 {
        let topic = topics[Int(random.next() % 2)]
        counts[topic * words + Int(random.next() % UInt64(words)), default: 0] += 1
      }
      for (word, count) in counts.sorted(by: { $0.key < $1.key }) {
        columns[0].append(Double(d))
        columns[1].append(Double(word))
        columns[2].append(count)
      }
    }
    return try DataTable(["document": columns[0], "word": columns[1], "count": columns[2]])
  }

  @Test func findsTopics() throws {
    let data = try corpus(documents: 300)
    var settings = FitSettings()
    settings.schedule = try StochasticNaturalGradient(batchSize: 30, forgetting: 0.7, delay: 1)
    settings.weights = "count"
    settings.maximumPasses = 15
    settings.restarts = 2
    settings.restartSweeps = 10
    let bind = ["document": ["document"], "word": ["word"]]
    var naturals: [[[Double]]] = []
    for threads in [1, 2] {
      settings.threads = threads
      let fit = try Fit(Topics(), to: data, bind: bind, settings: settings)
      naturals.append(fit.naturals)
      // Every topic keeps to the ten words of its own.
      let words = try #require(fit.marginal("words")).means
      for topic in words {
        let blocks = (0..<4).map { topic[$0 * 10..<$0 * 10 + 10].reduce(0, +) }
        #expect(try #require(blocks.max()) > 0.9)
      }
    }
    #expect(naturals[0] == naturals[1])
  }

  /// One sweep over groups means on the processor what it means on the reference backend: with words that are looked up in
  /// a table, and with so few that they are features of matrix products; with counts, and without.
  @Test(arguments: [10, 7], [true, false]) func backendsAgree(words: Int, isWeighted: Bool) throws {
    let data = try corpus(documents: 20, words: words)
    var settings = FitSettings()
    settings.schedule = try StochasticNaturalGradient(batchSize: 7)
    if isWeighted { settings.weights = "count" }
    settings.maximumPasses = 2
    settings.restarts = 1
    settings.restartSweeps = 2
    let fits = try [ReferenceBackend() as any Backend, CPUBackend()].map {
      try Fit(Topics(), to: data, bind: ["document": ["document"], "word": ["word"]], settings: settings, backend: $0)
    }
    for (a, b) in zip(fits[0].naturals.flatMap { $0 }, fits[1].naturals.flatMap { $0 }) {
      #expect(abs(a - b) < 1e-6 * max(1, abs(a)))
    }
  }

  private let bind = ["document": ["document"], "word": ["word"]]

  /// A stochastic fit says that it has converged where full passes gain next to nothing more, and only there.
  @Test func convergesWhereFullPassesGainNothing() throws {
    let data = try corpus(documents: 120, words: 20)
    var settings = FitSettings()
    settings.schedule = try StochasticNaturalGradient(batchSize: 15, rates: .adaptive)
    settings.weights = "count"
    settings.maximumPasses = 300
    settings.tolerance = 1e-5
    let fit = try Fit(Topics(), to: data, bind: bind, settings: settings)
    #expect(fit.converged && fit.expectedRemainingGain <= 1e-5)
    settings.schedule = CoordinateAscent()
    settings.start = .naturals(fit.naturals)
    settings.tolerance = 1e-9
    let full = try Fit(Topics(), to: data, bind: bind, settings: settings)
    // What is expected is an estimate: ten times as much is allowed, of 120 documents of 60 words.
    #expect(full.bound - fit.bound < 10 * 1e-5 * 7200, "\(fit.bound), \(full.bound)")
    // Stopped where passes still gain, a fit has not converged.
    let last = try #require(fit.trace.last).pass
    settings.start = .seeded
    settings.schedule = try StochasticNaturalGradient(batchSize: 15, rates: .adaptive)
    settings.tolerance = 1e-5
    settings.maximumPasses = last / 2
    let short = try Fit(Topics(), to: data, bind: bind, settings: settings)
    #expect(!short.converged && short.expectedRemainingGain > 1e-5)
    // Passes have a bound, whatever the batches.
    #expect(!short.trace.contains { !$0.bound.isFinite })
  }

  /// A stochastic fit that is stopped goes on with the same bits, in its batches and in its full passes.
  @Test func goesOnAsIfItHadNotStopped() throws {
    let data = try corpus(documents: 60)
    var settings = FitSettings()
    settings.schedule = try StochasticNaturalGradient(batchSize: 20, rates: .adaptive)
    settings.weights = "count"
    settings.maximumPasses = 60
    func session() throws -> FitSession {
      try FitSession(ModelGraph(Topics()), to: data, bind: bind, settings: settings)
    }
    var whole = try session()
    var checkpoints: [FitCheckpoint] = []
    while try whole.step() { checkpoints.append(try #require(whole.checkpoint)) }
    // Full passes are over all rows, stochastic ones over all groups.
    let full = try #require(checkpoints.firstIndex { $0.fit.trace.last?.rows == data.rowCount })
    for checkpoint in [checkpoints[1], checkpoints[full - 1], checkpoints[full]] {
      var rest = try session()
      try rest.resume(from: checkpoint)
      try rest.run()
      #expect(rest.fit.naturals == whole.fit.naturals)
      #expect(rest.fit.trace.map(\.bound.bitPattern) == whole.fit.trace.map(\.bound.bitPattern))
    }
  }

  /// New words of known documents are added to what the documents and the topics know, in batches as in full passes: topics that
  /// share no words have what a fit to all rows gives them.
  @Test func updatesAreFitsToAllRows() throws {
    let all = try corpus(documents: 60)
    let columns = try ["document", "word", "count"].map { name in
      let column = try #require(all[name])
      return (0..<all.rowCount).map { column[$0] }
    }
    // Every other word of a document, another half of the words in each.
    func part(_ remainder: Int) throws -> DataTable {
      let rows = (0..<all.rowCount).filter { Int(columns[0][$0] + columns[1][$0]) % 2 == remainder }
      func half(_ column: [Double]) -> [Double] { rows.map { column[$0] } }
      return try DataTable([
        "document": half(columns[0]), "word": half(columns[1]), "count": half(columns[2]),
      ])
    }
    var settings = FitSettings()
    settings.weights = "count"
    settings.schedule = CoordinateAscent()
    settings.restarts = 8
    let first = try Fit(Topics(), to: part(0), bind: bind, settings: settings)
    settings.start = .naturals(first.naturals)
    let whole = try Fit(Topics(), to: all, bind: bind, settings: settings)
    settings.start = .seeded
    // A pass of one batch whose rate is 1, and as many of several as it takes.
    for (size, passes) in [(60, 1), (60, 200), (20, 200)] {
      settings.schedule = try StochasticNaturalGradient(batchSize: size, forgetting: 1, delay: 0)
      settings.maximumPasses = passes
      settings.heldOutRows = 0
      var session = try FitSession(updating: first, with: part(1), settings: settings)
      try session.run()
      for name in ["words", "mixture"] {
        let own = try #require(session.fit.marginal(name)).naturals
        let wanted = try #require(whole.marginal(name)).naturals
        for (a, b) in zip(own, wanted) {
          // Nearly all words are of a topic of their own; some of a document are not.
          #expect(
            zip(a, b).allSatisfy { abs($0 - $1) < 0.5 + 0.02 * abs($1) }, "\(name), \(size), \(passes): \(a), \(b)")
        }
      }
      // What the next update is told has all rows as well.
      #expect(abs((session.fit.statistics?.sums.first?.first ?? 0) - columns[2].reduce(0, +)) < 1e-6)
    }
  }

  /// Default settings try no starts over all rows.
  @Test func hasOneStart() throws {
    var settings = FitSettings()
    settings.schedule = try StochasticNaturalGradient(batchSize: 30)
    settings.weights = "count"
    settings.maximumPasses = 1
    let fit = try Fit(
      Topics(), to: corpus(documents: 100), bind: ["document": ["document"], "word": ["word"]], settings: settings)
    #expect(fit.restartBounds.isEmpty)
    #expect(fit.trace.count == 1)
  }
}
