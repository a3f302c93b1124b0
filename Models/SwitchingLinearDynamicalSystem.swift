import Suffice

/// Hidden numbers that evolve linearly, by one of a few rules: a hidden Markov state of each row chooses matrix and noise.
///
/// Source: Fox et al., *Bayesian nonparametric inference of switching dynamic linear models* (2011), with known states.
public struct SwitchingLinearDynamicalSystem: Model {
  public static let summary = "Linear dynamical system whose rule a hidden Markov state chooses among a few."

  @Hyperparameter("Number of states.") public var states = 2
  @Hyperparameter("Number of hidden numbers.") public var dimension = 2

  /// The probabilities of the first row's state, and of the states that follow each state.
  public let start = Latent<Dirichlet>(), move = Latent<Dirichlet>()
  /// How the hidden numbers follow from those before in each state: a matrix and the precision of the noise.
  public let dynamics = Latent<MatrixNormalWishart>()
  /// How the columns follow from the hidden numbers: loadings and the precision of the noise.
  public let loadings = Latent<MatrixNormalWishart>()
  /// The state of each row.
  public let state = Latent<Categorical>()
  /// The hidden numbers of each row.
  public let z = Latent<MultivariateNormal>()
  /// The numeric columns, about their means.
  public let x = Observed<MultivariateNormal>(centered: true)

  /// Two states with two hidden numbers.
  public init() {}

  public var body: [Statement] {
    start ~ Dirichlet(concentration: 1, count: states)
    Plate("state", states) {
      move ~ Dirichlet(concentration: 1, count: states)
      dynamics ~ MatrixNormalWishart(covariance: 1.0)
    }
    loadings ~ MatrixNormalWishart(covariance: 0.01 * x.covariance)
    Chain {
      state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
      z
        ~ MarkovChain(
          initial: MultivariateNormal(mean: 0.0, precision: 0.1, count: dimension),
          transition: MultivariateNormal(dynamics[state], inputs: z.previous))
      x ~ MultivariateNormal(loadings, inputs: z)
    }
  }
}
