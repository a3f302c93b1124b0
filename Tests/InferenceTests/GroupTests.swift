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
