import Suffice

/// Series whose hidden state chooses how the next values follow from those before: level, slopes and noise.
///
/// Source: Hamilton, *A new approach to the economic analysis of nonstationary time series* (1989), with levels that
/// switch for means that switch; of several columns, Fox et al., *Bayesian nonparametric inference of switching dynamic
/// linear models* (2011).
public struct AutoregressiveHiddenMarkovModel: Model {
  public static let summary = "Hidden Markov model whose states are autoregressions of one or several columns."

  @Hyperparameter("Number of states.") public var states = 2
  @Hyperparameter("How many values back a value depends on.") public var order = 1
  @Hyperparameter("Concentration of the states that may follow a state.") public var concentration = 1.0
  @Hyperparameter("Prior precision of the levels, relative to the noise's.") public var levelPrecision = 0.1
  @Hyperparameter("Prior precision of the slopes, relative to the noise's, per deviation of the values before.") public
    var slopePrecision = 0.01

  /// The probabilities of the first row's state.
  public let start = Latent<Dirichlet>()
  /// The probabilities of the states that follow each state.
  public let move = Latent<Dirichlet>()
  /// The level and the slopes of each column in each state, and the precision of the noise.
  public let line = Latent<MatrixNormalWishart>()
  /// The state of each row.
  public let state = Latent<Categorical>()
  /// The columns.
  public let x = Observed<MultivariateNormal>()

  /// Two states with one lag.
  public init() {}

  public var body: [Statement] {
    start ~ Dirichlet(concentration: concentration, count: states)
    Plate("state", states) {
      move ~ Dirichlet(concentration: concentration, count: states)
      line
        ~ MatrixNormalWishart(
          mean: .intercept(x.mean), covariance: x.stepVariance,
          inputPrecision: [levelPrecision, slopePrecision] * x.lag(1...order, intercept: true).variance)
    }
    Chain {
      state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
      x ~ MultivariateNormal(line[state], inputs: x.lag(1...order, intercept: true))
    }
  }
}
