import Suffice

/// A series whose hidden state chooses how the next value follows from those before: its level, its slopes and its noise.
///
/// Source: Hamilton, *A new approach to the economic analysis of nonstationary time series* (1989), with levels that
/// switch for means that switch.
public struct AutoregressiveHiddenMarkovModel: Model {
  public static let summary = "Hidden Markov model whose states are autoregressions."

  @Hyperparameter("Number of states.") public var states = 2
  @Hyperparameter("How many values back a value depends on.") public var order = 1
  @Hyperparameter("Concentration of the states that may follow a state.") public var concentration = 1.0
  @Hyperparameter("Prior precision of the slopes.") public var slopePrecision = 1.0

  /// The probabilities of the first row's state.
  public let start = Latent<Dirichlet>()
  /// The probabilities of the states that follow each state.
  public let move = Latent<Dirichlet>()
  /// The value that a state adds to what the slopes say.
  public let level = Latent<Normal>()
  /// The slopes of each state.
  public let slopes = Latent<MultivariateNormal>()
  /// The precision of each state.
  public let precision = Latent<Gamma>()
  /// The state of each row.
  public let state = Latent<Categorical>()
  /// The column.
  public let x = Observed<Normal>()

  /// Two states with one lag.
  public init() {}

  /// The model.
  public var body: [Statement] {
    start ~ Dirichlet(concentration: concentration, count: states)
    Plate("state", states) {
      move ~ Dirichlet(concentration: concentration, count: states)
      level ~ Normal(mean: 0.0, precision: 0.1 * x.precision)
      slopes ~ MultivariateNormal(mean: 0.0, precision: slopePrecision)
      precision ~ Gamma(shape: 1, rate: x.variance)
    }
    Chain {
      state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
      x ~ Normal(mean: level[state] + slopes[state] * x.lag(1...order), precision: precision[state])
    }
  }
}
