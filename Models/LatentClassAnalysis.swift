import Suffice

/// Every row of answers belongs to one of `classes` latent classes; answers may be missing.
public struct LatentClassAnalysis: Model {
  public static let summary = "Latent classes of yes-or-no and multiple-choice answers, some of which may be missing."

  @Hyperparameter("Number of classes.") public var classes = 2
  @Hyperparameter("Concentration of the class weights; small values leave classes empty.") public var concentration =
    1.0
  @Hyperparameter("Pseudocount of each possible answer in each class.") public var pseudocount = 0.5

  /// The weights of the classes.
  public let weights = Latent<Dirichlet>()
  /// The probability of a yes to each question in each class.
  public let probability = Latent<Beta>()
  /// The probability of each answer to each multiple-choice question in each class.
  public let profile = Latent<Dirichlet>()
  /// The class of each row.
  public let label = Latent<Categorical>()
  /// The yes-or-no answers.
  public let answers = Observed<Bernoulli>()
  /// The multiple-choice answers.
  public let choices = Observed<Categorical>()

  /// Two classes.
  public init() {}

  public var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: classes)
    Plate("class", classes) {
      probability ~ Beta(alpha: pseudocount, beta: pseudocount)
      profile ~ Dirichlet(concentration: pseudocount, count: choices.levels)
    }
    Plate.rows {
      label ~ Categorical(weights)
      answers ~ Bernoulli(probability[label])
      choices ~ Categorical(profile[label])
    }
  }
}
