import Suffice

/// Rows in order, each a linear regression of the row's hidden state; the state depends on the state before.
///
/// `--bind y=… --bind inputs=…`; an intercept is added.
public struct SwitchingRegression: Model {
  public static let summary = "Linear regressions that a hidden Markov state chooses among."

  @Hyperparameter("Number of states.") public var states = 2
  @Hyperparameter("Concentration of the states that may follow a state.") public var concentration = 1.0
  @Hyperparameter("Prior precision of the coefficients, in units of the precision of the noise.")
  public var inputPrecision = 0.01

  /// The probabilities of the first row's state.
  public let start = Latent<Dirichlet>()
  /// The probabilities of the states that follow each state.
  public let move = Latent<Dirichlet>()
  /// The coefficients and the precision of the noise in each state.
  public let line = Latent<MatrixNormalWishart>()
  /// The state of each row.
  public let state = Latent<Categorical>()
  /// The inputs.
  public let inputs = Covariates(intercept: true)
  /// The outputs.
  public let y = Observed<MultivariateNormal>()

  /// Two states.
  public init() {}

  public var body: [Statement] {
    start ~ Dirichlet(concentration: concentration, count: states)
    Plate("state", states) {
      move ~ Dirichlet(concentration: concentration, count: states)
      line
        ~ MatrixNormalWishart(
          mean: .intercept(y.mean), covariance: 0.01 * y.covariance, inputPrecision: inputPrecision * inputs.variance)
    }
    Chain {
      state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
      y ~ MultivariateNormal(line[state], inputs: inputs)
    }
  }
}
