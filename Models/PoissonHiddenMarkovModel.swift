import Suffice

/// Counts in order, each with the rate of the row's hidden state; the state depends on the state before.
public struct PoissonHiddenMarkovModel: Model {
  public static let summary = "Hidden Markov model for columns of counts."

  @Hyperparameter("Number of states.") public var states = 3
  @Hyperparameter("Concentration of the states that may follow a state.") public var concentration = 1.0
  @Hyperparameter("Shape of the gamma prior of the rates, whose mean is that of the data.") public var shape = 1.0

  /// The probabilities of the first row's state.
  public let start = Latent<Dirichlet>()
  /// The probabilities of the states that follow each state.
  public let move = Latent<Dirichlet>()
  /// The rate of each column in each state.
  public let rate = Latent<Gamma>()
  /// The state of each row.
  public let state = Latent<Categorical>()
  /// The columns of counts.
  public let x = Observed<Poisson>()

  /// Three states.
  public init() {}

  public var body: [Statement] {
    start ~ Dirichlet(concentration: concentration, count: states)
    Plate("state", states) {
      move ~ Dirichlet(concentration: concentration, count: states)
      rate ~ Gamma(shape: shape, rate: shape * x.reciprocalMean)
    }
    Chain {
      state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
      x ~ Poisson(rate[state])
    }
  }
}
