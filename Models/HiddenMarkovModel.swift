import Suffice

/// Rows in order, each a Gaussian of the row's hidden state; the state depends on the state before.
public struct HiddenMarkovModel: Model {
  public static let summary = "Hidden Markov model with Gaussian states."

  @Hyperparameter("Number of states.") public var states = 5
  @Hyperparameter("Concentration of the states that may follow a state.") public var concentration = 1.0
  @Hyperparameter("How many observations the prior mean of a state is worth.") public var meanPrecision = 1.0

  /// The probabilities of the first row's state.
  public let start = Latent<Dirichlet>()
  /// The probabilities of the states that follow each state.
  public let move = Latent<Dirichlet>()
  /// Mean and precision of each state.
  public let cluster = Latent<NormalWishart>()
  /// The state of each row.
  public let state = Latent<Categorical>()
  /// The numeric columns.
  public let x = Observed<MultivariateNormal>()

  /// Five states.
  public init() {}

  public var body: [Statement] {
    start ~ Dirichlet(concentration: concentration, count: states)
    Plate("state", states) {
      move ~ Dirichlet(concentration: concentration, count: states)
      cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance, meanPrecision: meanPrecision)
    }
    Chain {
      state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
      x ~ MultivariateNormal(cluster[state])
    }
  }
}
