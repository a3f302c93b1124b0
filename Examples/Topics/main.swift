// Topics. Words on a 5 × 5 grid come from ten topics, the five rows and the five columns of the grid (Griffiths & Steyvers,
// "Finding scientific topics", 2004). Expected: latent Dirichlet allocation finds the ten bars; the hierarchical Dirichlet
// process, which is offered twenty topics and begins from fits with five, ten and twenty, has its highest bound with ten.
//
// With a folder that holds ap_counts.csv.gz and ap_vocab.csv (the corpus of Associated Press articles of Blei, Ng & Jordan), or
// those of Reuters articles, as its argument, the example also shows the words of forty topics of newspaper articles, or
// twenty. Expected: nearly all are readable: courts, elections, the stock market, Iraq, the Soviet Union; the pope, Mother
// Teresa, the Kremlin, the British throne.

import ExampleSupport
import Foundation
import Models
import Plots
import Suffice

/// The topic of a bar over the grid's words: bars 0–4 are rows, 5–9 columns.
func bar(_ k: Int) -> [Double] {
  (0..<25).map { word in (k < 5 ? word / 5 == k : word % 5 == k - 5) ? 0.2 : 0 }
}

/// Counts of words in documents that mix a few of the bars.
func barsCorpus(documents: Int, length: Int, seed: UInt64) throws -> DataTable {
  var random = RandomSource(seed: seed)
  var (ids, words, counts): ([Double], [Double], [Double]) = ([], [], [])
  for document in 0..<documents {
    let logs = (0..<10).map { _ in random.logGammaVariate(shape: 0.3) }
    let top = logs.max() ?? 0
    let mixture = logs.map { exp($0 - top) }
    var count = [Double](repeating: 0, count: 25)
    for _ in 0..<length {
      count[random.index(weights: bar(random.index(weights: mixture)))] += 1
    }
    for word in 0..<25 where count[word] > 0 {
      ids.append(Double(document))
      words.append(Double(word))
      counts.append(count[word])
    }
  }
  return try DataTable(["document": ids, "word": words, "count": counts])
}

/// How far the nearest topic is from a bar, in total variation.
func distance(_ k: Int, _ topics: [[Double]]) -> Double {
  topics.map { zip($0, bar(k)).reduce(0) { $0 + abs($1.0 - $1.1) } / 2 }.min() ?? 1
}

let corpus = try barsCorpus(documents: 200, length: 80, seed: 1)
var settings = FitSettings()
settings.weights = "count"
settings.threads = 2
settings.restarts = 10

var model = LatentDirichletAllocation()
model.topics = 10
model.concentration = 0.3
let ten = try Fit(model, to: corpus, settings: settings)
let topics = ten.posterior(of: LatentDirichletAllocation.self).words.means
let distances = (0..<10).map { distance($0, topics) }
print("bars: bound \(short(ten.bound, 1)); the worst of the ten bars is \(short(distances.max() ?? 1, 3)) off")
try write(
  ImageGrid(images: topics.map { .init(pixels: $0) }, rowLength: 5, title: "Ten topics over a grid of words").picture(),
  "topics-bars")
check(distances.allSatisfy { $0 < 0.1 }, "these are not the bars")

// How many topics there are is to be found.
var process = HierarchicalDirichletProcess()
process.topics = 20
process.tables = 6

/// The process fitted from the topics of a fit with some number of them; in each document a table for each of its largest.
func fit(
  _ process: HierarchicalDirichletProcess, from breadth: Int, _ narrow: LatentDirichletAllocation,
  _ settings: FitSettings
) throws -> Fit {
  var (model, settings) = (narrow, settings)
  model.topics = breadth
  settings.restarts = 3
  let broad = try Fit(model, to: corpus, settings: settings)
  guard let words = broad.marginal("words"), let mixture = broad.marginal("mixture") else { fatalError("no topics") }
  let spare = [Double](repeating: process.wordConcentration - 1, count: 25)
  let naturals = words.naturals + Array(repeating: spare, count: process.topics - breadth)
  var pointers: [Double] = []
  for weights in mixture.means {
    let order = weights.indices.sorted { weights[$0] > weights[$1] }
    for table in 0..<process.tables {
      pointers += (0..<process.topics).map { table < breadth && $0 == order[table] ? 1 : 0 }
    }
  }
  settings.start = .expectations([
    "words": naturals.flatMap { Dirichlet.meanStatistics($0, words.shape) }, "pointer": pointers,
  ])
  settings.maximumPasses = 40
  return try Fit(process, to: corpus, settings: settings)
}

var best: (fit: Fit, used: [Int])?
for breadth in [5, 10, 20] {
  let fit = try fit(process, from: breadth, model, settings)
  let shares = fit.posterior(of: HierarchicalDirichletProcess.self).weights.mean
  let used = shares.indices.filter { shares[$0] > 0.01 }.sorted { shares[$0] > shares[$1] }
  print(
    "process from \(breadth) topics: bound \(short(fit.bound, 1)), \(used.count) topics used, \(short(fit.trace.last?.seconds ?? 0, 1)) s"
  )
  if best.map({ fit.bound > $0.fit.bound }) ?? true { best = (fit, used) }
}
guard let best else { fatalError("no fit") }
let found = best.fit.posterior(of: HierarchicalDirichletProcess.self)
try write(
  ImageGrid(
    images: best.used.map { .init(pixels: found.words.means[$0], caption: short(found.weights.mean[$0], 2)) },
    rowLength: 5, title: "The topics that a hierarchical Dirichlet process uses"
  ).picture(), "topics-process")
check(best.used.count == 10, "the process does not use ten topics")
check((0..<10).allSatisfy { distance($0, best.used.map { found.words.means[$0] }) < 0.1 }, "these are not the bars")

// Newspaper articles, in batches of whole articles; the rest of the settings is the default.
guard CommandLine.arguments.count > 1 else {
  print("newspaper articles left out: name a folder that holds ap_counts.csv.gz and ap_vocab.csv, or those of reuters")
  exit(0)
}
for (name, topics) in [("ap", 40), ("reuters", 20)] {
  let stem = "\(CommandLine.arguments[1])/\(name)"
  guard FileManager.default.fileExists(atPath: "\(stem)_vocab.csv") else { continue }
  let articles = try DataFile.read(path: "\(stem)_counts.csv.gz")
  let lookup = try DataFile.read(path: "\(stem)_vocab.csv")
  guard let column = lookup["term"], case .categorical(let terms) = column.kind else { fatalError("no terms") }
  var news = LatentDirichletAllocation()
  news.topics = topics
  var batches = FitSettings()
  batches.weights = "count"
  batches.maximumPasses = 40
  batches.schedule = try StochasticNaturalGradient(batchSize: 64)
  let binding = ["document": ["doc_id"], "word": ["term_id"]]
  let newsFit = try Fit(news, to: articles, bind: binding, settings: batches)
  let posterior = newsFit.posterior(of: LatentDirichletAllocation.self)
  // A term's number is its line; every one of them occurs.
  let names = (0..<lookup.rowCount).map { terms[Int(column[$0])] }
  check(posterior.words.means[0].count == names.count, "some terms do not occur")
  let last = newsFit.trace.last
  print("\(name): \(newsFit.trace.count) passes in \(short(last?.seconds ?? 0, 1)) s")
  for (k, topic) in posterior.words.means.enumerated() {
    let best = topic.indices.sorted { topic[$0] > topic[$1] }.prefix(12)
    print("  \(k + 1): \(best.map { names[$0] }.joined(separator: " "))")
  }
}
