import ExponentialFamilies
import ModelCompiler
import ModelLanguage

/// Every row belongs to one of several Gaussians with full covariance.
struct GaussianMixture: Model {
  @Hyperparameter("Number of mixture components.") var components = 10
  @Hyperparameter("Concentration of the mixture weights.") var concentration = 0.1
  let weights = Latent<Dirichlet>()
  let cluster = Latent<NormalWishart>()
  let label = Latent<Categorical>()
  let x = Observed<MultivariateNormal>()
  static var summary: String { "Every row belongs to one of several Gaussians with full covariance." }

  var body: [Statement] {
    weights ~ Dirichlet(concentration: concentration, count: components)
    Plate("component", components) { cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance) }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ MultivariateNormal(cluster[label])
    }
  }
}

/// The same mixture with mean and precision as two variables.
struct MeanFieldMixture: Model {
  let weights = Latent<Dirichlet>()
  let mean = Latent<MultivariateNormal>()
  let precision = Latent<Wishart>()
  let label = Latent<Categorical>()
  let x = Observed<MultivariateNormal>()
  static var summary: String { "A mixture of Gaussians whose means and precisions are independent a priori." }

  var body: [Statement] {
    weights ~ Dirichlet(concentration: 1e-5, count: 10)
    Plate("component", 10) {
      mean ~ MultivariateNormal(mean: 0.0, precision: 1e-5)
      precision ~ Wishart(degreesOfFreedom: 2.0, inverseScale: 1e-5)
    }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ MultivariateNormal(mean: mean[label], precision: precision[label])
    }
  }
}

/// One column of numbers, normal with unknown mean and precision.
struct NormalSample: Model {
  let mean = Latent<Normal>()
  let precision = Latent<Gamma>()
  let y = Observed<Normal>()

  var body: [Statement] {
    mean ~ Normal(mean: 0.0, precision: 1e-6)
    precision ~ Gamma(shape: 1e-6, rate: 1e-6)
    Plate.rows { y ~ Normal(mean: mean, precision: precision) }
  }
}

/// Two row variables, one of them no label; two labels that choose in one plate; names that LaTeX must escape.
struct TwoLabels: Model {
  let weights_a = Latent<Dirichlet>()
  let weights_b = Latent<Dirichlet>()
  let level = Latent<Gamma>()
  let center = Latent<Normal>()
  let spread = Latent<Gamma>()
  let a = Latent<Categorical>()
  let b = Latent<Categorical>()
  let z = Latent<Normal>()
  let y = Observed<Normal>()

  var body: [Statement] {
    weights_a ~ Dirichlet(concentration: 1.0, count: 3)
    weights_b ~ Dirichlet(concentration: 1.0, count: 3)
    level ~ Gamma(shape: 1.0, rate: 1.0)
    Plate("group_1", 3) {
      center ~ Normal(mean: y.mean, precision: 0.1)
      spread ~ Gamma(shape: 2.0, rate: level)
    }
    Plate.rows {
      a ~ Categorical(weights_a)
      b ~ Categorical(weights_b)
      z ~ Normal(mean: center[a], precision: 4.0)
      y ~ Normal(mean: z, precision: spread[b])
    }
  }
}

/// Independent columns of two kinds, a joint mean and precision for each column.
struct MixedColumns: Model {
  let weights = Latent<Dirichlet>()
  let cluster = Latent<NormalGamma>()
  let ball = Latent<SphericalNormalGamma>()
  let answer = Latent<Dirichlet>()
  let label = Latent<Categorical>()
  let x = Observed<Normal>()
  let position = Observed<Normal>()
  let y = Observed<Categorical>()

  var body: [Statement] {
    weights ~ Dirichlet(concentration: 1.0, count: 4)
    Plate("component", 4) {
      cluster ~ NormalGamma(mean: x.mean, variance: x.variance)
      ball ~ SphericalNormalGamma(mean: position.mean, variance: position.variance)
      answer ~ Dirichlet(concentration: 1.0, count: y.levels)
    }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ Normal(cluster[label])
      position ~ Normal(ball[label])
      y ~ Categorical(answer[label])
    }
  }
}

/// Facts of columns of numbers with means 0, 1, 2 … and the identity as covariance.
func numbers(_ columns: [String]) -> DataFacts.Observed {
  DataFacts.Observed(
    columns: columns, levels: columns.map { _ in [] }, mean: columns.indices.map(Double.init),
    variance: columns.map { _ in 1 }, covariance: columns.indices.flatMap { i in (0...i).map { $0 == i ? 1 : 0 } },
    logBaseMeasure: 0)
}

/// Facts of a column of labels.
func labels(_ column: String, _ levels: [String]) -> DataFacts.Observed {
  DataFacts.Observed(columns: [column], levels: [levels], mean: [0], variance: [1], covariance: [], logBaseMeasure: 0)
}

/// The models with facts of some data to bind them to.
let explainedModels: [(graph: @Sendable () throws -> ModelGraph, facts: DataFacts)] = [
  ({ try ModelGraph(GaussianMixture()) }, DataFacts(rowCount: 1_800_000, observed: [numbers(["x1", "x2"])])),
  ({ try ModelGraph(MeanFieldMixture()) }, DataFacts(rowCount: 272, observed: [numbers(["x1", "x2"])])),
  ({ try ModelGraph(NormalSample()) }, DataFacts(rowCount: 10, observed: [numbers(["y"])])),
  ({ try ModelGraph(TwoLabels()) }, DataFacts(rowCount: 100, observed: [numbers(["y"])])),
  (
    { try ModelGraph(MixedColumns()) },
    DataFacts(rowCount: 50, observed: [numbers(["u", "v"]), numbers(["east", "north"]), labels("y", ["no", "yes"])])
  ),
]
