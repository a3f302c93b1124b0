import Suffice

/// Words of documents, each from a topic; how many topics there are, and how many a document has, the data say.
///
/// A document has `tables` of its own, and each table points to one of the corpus's topics.
/// Source: Wang, Paisley & Blei, *Online variational inference for the hierarchical Dirichlet process* (2011).
public struct HierarchicalDirichletProcess: Model {
  public static let summary =
    "Topic model whose number of topics follows from the documents: a hierarchical Dirichlet process."

  @Hyperparameter("Largest number of topics.") public var topics = 50
  @Hyperparameter("Largest number of topics of one document.") public var tables = 10
  @Hyperparameter("Concentration of the corpus; larger values use more topics.") public var concentration = 1.0
  @Hyperparameter("Concentration of a document; larger values give it more topics.")
  public var documentConcentration = 1.0
  @Hyperparameter("Concentration of a topic's words.") public var wordConcentration = 0.05

  /// The document of each row.
  public let document = Groups()
  /// The weights of the topics in the corpus, and those of each document's tables.
  public let weights = Latent<StickBreaking>(), sticks = Latent<StickBreaking>()
  /// The topic of each table, and the probabilities of the words in each topic.
  public let pointer = Latent<Categorical>(), words = Latent<Dirichlet>()
  /// The table and the word of each row.
  public let table = Latent<Categorical>(), word = Observed<Categorical>()

  /// Fifty topics at most.
  public init() {}

  public var body: [Statement] {
    weights ~ StickBreaking(concentration: concentration, count: topics)
    Plate("topic", topics) { words ~ Dirichlet(concentration: wordConcentration, count: word.levels) }
    Plate(per: document) {
      sticks ~ StickBreaking(concentration: documentConcentration, count: tables)
      Plate("table", tables) { pointer ~ Categorical(weights) }
    }
    Plate.rows {
      table ~ Categorical(sticks[document])
      word ~ Categorical(words[pointer[document][table]])
    }
  }
}
