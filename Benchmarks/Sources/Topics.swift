import Models
import Suffice

/// `suffice-bench topics`: times stochastic passes over documents, and leaves the topics for others to judge.
///
/// The file has a row for each word of each document: document, word, count. The output is a matrix of topics by words.
func runTopics(_ arguments: Arguments) throws {
  let table = try DataFile.read(path: arguments.positional(0, "a file of words"))
  let names = table.columnNames
  guard names.count == 3 else { throw BenchError("\(names.count) columns; document, word and count were expected.") }
  let vocabulary = try arguments.integer("words", 5000)
  let threads = try arguments.integer("threads", 2)
  var model = LatentDirichletAllocation()
  model.topics = try arguments.integer("topics", 50)
  var settings = FitSettings()
  settings.schedule = try StochasticNaturalGradient(
    batchSize: arguments.integer("batch", 256), forgetting: 0.7, delay: 10)
  settings.weights = names[2]
  settings.threads = threads
  settings.seed = try UInt64(arguments.integer("seed", 0))
  settings.restarts = 1
  settings.heldOutRows = 0
  settings.maximumPasses = try arguments.integer("passes", 3)
  let before = peakMemory()
  var driverBegan = Double.nan
  let began = monotonicSeconds()
  let fit = try Fit(model, to: table, bind: ["document": [names[0]], "word": [names[1]]], settings: settings) {
    if driverBegan.isNaN { driverBegan = monotonicSeconds() - $0.entry.seconds }
    return true
  }
  // The first pass has the start in it.
  let ends = [0] + fit.trace.map(\.seconds)
  let seconds = zip(ends, ends.dropFirst()).map { $1 - $0 }
  guard let words = fit.marginal("words"), let documents = fit.marginal("mixture") else {
    throw BenchError("the fit has no topics.")
  }
  let topics = try matrix(words.means, levels: fit.model.facts.observed, vocabulary: vocabulary)
  if let output = arguments.text("output") { try NPYFile.write(topics, columnCount: vocabulary, to: output) }
  printRecord([
    "work": "topics", "documents": documents.means.count, "rows": table.rowCount, "components": model.topics,
    "threads": threads, "seconds": seconds, "bindSeconds": driverBegan - began,
    "documentsPerSecond": Double(documents.means.count) / median(seconds), "extraPeakBytes": peakMemory() - before,
  ])
}

/// The topics over all words of the vocabulary: those that the data lack have no probability.
private func matrix(_ means: [[Double]], levels: [DataFacts.Observed], vocabulary: Int) throws -> [Double] {
  // The groups come without levels; words are the numbers of their columns.
  guard let names = levels.flatMap(\.levels).first(where: { $0.count == means.first?.count }) else {
    throw BenchError("the words have no names.")
  }
  var result = [Double](repeating: 0, count: means.count * vocabulary)
  for (position, name) in names.enumerated() {
    guard let number = Double(name).map(Int.init), (0..<vocabulary).contains(number) else {
      throw BenchError("the word \(name) is not below \(vocabulary).")
    }
    for topic in means.indices { result[topic * vocabulary + number] = means[topic][position] }
  }
  return result
}

/// What is wrong with the topics of documents that are mixtures of four topics with ten words each; empty where nothing is.
func topicComplaints(folder: String) throws -> [String] {
  var random = RandomSource(seed: 2)
  var rows: [Double] = []
  for document in 0..<400 {
    let topics = [Int(random.next() % 4), Int(random.next() % 4)]
    var counts = [Double](repeating: 0, count: 40)
    for _ in 0..<60 { counts[topics[Int(random.next() % 2)] * 10 + Int(random.next() % 10)] += 1 }
    for word in counts.indices where counts[word] > 0 { rows += [Double(document), Double(word), counts[word]] }
  }
  let path = "\(folder)/topics-train.npy"
  try NPYFile.write(rows, columnCount: 3, to: path)
  let table = try DataFile.read(path: path)
  let names = table.columnNames
  var model = LatentDirichletAllocation()
  model.topics = 4
  var settings = FitSettings()
  settings.schedule = try StochasticNaturalGradient(batchSize: 40, forgetting: 0.7, delay: 1)
  settings.weights = names[2]
  settings.restarts = 2
  settings.restartSweeps = 10
  settings.maximumPasses = 15
  let fits = try [1, 2].map { threads in
    settings.threads = threads
    return try Fit(model, to: table, bind: ["document": [names[0]], "word": [names[1]]], settings: settings)
  }
  var found: [String] = []
  if fits[0].naturals != fits[1].naturals { found.append("one thread and two give different parameters") }
  for (number, topic) in (fits[0].marginal("words")?.means ?? []).enumerated() {
    let blocks = (0..<4).map { topic[$0 * 10..<$0 * 10 + 10].reduce(0, +) }
    if (blocks.max() ?? 0) < 0.9 { found.append("topic \(number + 1) mixes the words of several") }
  }
  return found
}
