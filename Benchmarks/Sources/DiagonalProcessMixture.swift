import Suffice

/// Gaussians with diagonal covariance, as many as the data ask for: what scikit-learn fits with `covariance_type="diag"`.
struct DiagonalProcessMixture: Model {
  static let summary = "Dirichlet-process mixture of Gaussians with diagonal covariance matrices."

  @Hyperparameter("Largest number of mixture components.") var components = 20
  @Hyperparameter("Concentration of the process.") var concentration = 1.0

  let weights = Latent<StickBreaking>()
  let cluster = Latent<NormalGamma>()
  let label = Latent<Categorical>()
  let x = Observed<Normal>()

  var body: [Statement] {
    weights ~ StickBreaking(concentration: concentration, count: components)
    Plate("component", components) {
      cluster ~ NormalGamma(mean: x.mean, variance: x.variance)
    }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ Normal(cluster[label])
    }
  }
}
