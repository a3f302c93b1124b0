import Suffice

/// Words of documents, each from one of `topics` topics; every document mixes them in its own proportions.
///
/// One row for each word of each document: `--bind document=doc_id --bind word=term_id`, with `--weights count` where a
/// row says how often. Source: Blei, Ng & Jordan, *Latent Dirichlet Allocation* (2003), with Dirichlet topics.
///
/// The concentrations are not 1 over the number of topics, as in other programs: with that, many topics get documents and words
/// too few to share anything. Of Reuters articles that were kept aside, the second half of the words, given the first, is as probable
/// with either where there are 10 topics; with 50, these priors give 0.06 to 0.08 nats a word more here, and 0.02 to 0.05 more in scikit-learn.
public struct LatentDirichletAllocation: Model {
  public static let summary = "Topic model for words of documents: latent Dirichlet allocation."

  @Hyperparameter("Number of topics.") public var topics = 20
  @Hyperparameter("Concentration of a document's topics; small values give it few.") public var concentration = 0.1
  @Hyperparameter("Concentration of a topic's words; small values give it few.") public var wordConcentration = 0.05

  /// The document of each row.
  public let document = Groups()
  /// The proportions of the topics in each document.
  public let mixture = Latent<Dirichlet>()
  /// The probabilities of the words in each topic.
  public let words = Latent<Dirichlet>()
  /// The topic of each row.
  public let topic = Latent<Categorical>()
  /// The word of each row.
  public let word = Observed<Categorical>()

  /// Twenty topics.
  public init() {}

  public var body: [Statement] {
    Plate(per: document) { mixture ~ Dirichlet(concentration: concentration, count: topics) }
    Plate("topic", topics) { words ~ Dirichlet(concentration: wordConcentration, count: word.levels) }
    Plate.rows {
      topic ~ Categorical(mixture[document])
      word ~ Categorical(words[topic])
    }
  }
}
