// Topics. Words on a 5 × 5 grid come from ten topics, the five rows and the five columns of the grid (Griffiths & Steyvers,
// "Finding scientific topics", 2004). Expected: latent Dirichlet allocation finds the ten bars, and the hierarchical
// Dirichlet process, which is offered thirty topics, uses ten.
//
// With a folder that holds ap_counts.csv.gz and ap_vocab.csv (the corpus of Associated Press articles of Blei, Ng & Jordan)
// as its argument, the example also shows the words of forty topics of newspaper articles.

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

let corpus = try barsCorpus(documents: 300, length: 80, seed: 1)
var settings = FitSettings()
settings.weights = "count"
settings.threads = 2

for (restarts, conc, words) in [(10, 0.1, 0.05), (10, 0.3, 0.05), (10, 0.3, 0.5), (1, 0.3, 0.5), (10, 1, 0.5)] {
  var model = LatentDirichletAllocation()
  model.topics = 10
  model.concentration = conc
  model.wordConcentration = words
  settings.restarts = restarts
  let fit = try Fit(model, to: corpus, settings: settings)
  let topics = fit.posterior(of: LatentDirichletAllocation.self).words.means
  let distances = (0..<10).map { distance($0, topics) }
  print(
    "bars, ten topics: bound \(text(fit.bound, 1)) after \(fit.trace.count) passes; seconds \(fit.trace.last!.seconds) \(distances.map { text($0, 2) })"
  )
  try save(
    ImageGrid(
      images: topics.map { .init(pixels: $0) }, rowLength: 5, perRow: 10, title: "Ten topics over a grid of words"
    )
    .picture(), as: "topics-bars\(restarts)-\(conc)")
}
