import ExponentialFamilies
import Models
import Suffice
import Testing

@Suite struct TopicTests {
  /// Documents that each mix two of four topics with words of their own.
  private func corpus() throws -> DataTable {
    var random = RandomSource(seed: 3)
    var (documents, words): ([Double], [Double]) = ([], [])
    for document in 0..<80 {
      let topics = [document % 4, (document / 4) % 4]
      for i in 0..<40 {
        documents.append(Double(document))
        words.append(Double(topics[i % 2] * 5 + Int(random.next() % 5)))
      }
    }
    return try DataTable(["document": documents, "word": words])
  }

  /// A hierarchical Dirichlet process finds them from its own start: several labels of a group are told apart.
  @Test func processFindsTopics() throws {
    var model = HierarchicalDirichletProcess()
    model.topics = 8
    model.tables = 4
    var settings = FitSettings()
    settings.restarts = 4
    settings.maximumPasses = 60
    let fit = try Fit(model, to: corpus(), settings: settings)
    let words = fit.posterior(of: HierarchicalDirichletProcess.self).words.means
    for topic in 0..<4 {
      let shares = words.map { $0[topic * 5..<topic * 5 + 5].reduce(0, +) }
      #expect((shares.max() ?? 0) > 0.95, "topic \(topic): \(shares)")
    }
  }
}
