import Suffice

// The models of README, of the guides and of the examples, word for word: `GuideLawTests` compares them.

struct MyModel: Model {
  @Hyperparameter("Number of mixture components.") var components = 10

  let weights = Latent<Dirichlet>()
  let cluster = Latent<NormalWishart>()
  let label = Latent<Categorical>()
  let x = Observed<MultivariateNormal>()

  var body: [Statement] {
    weights ~ Dirichlet(concentration: 0.1, count: components)
    Plate("component", components) {
      cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance)
    }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ MultivariateNormal(cluster[label])
    }
  }
}

struct Heights: Model {
  let parameters = Latent<NormalGamma>()
  let height = Observed<Normal>()
  var body: [Statement] {
    parameters ~ NormalGamma(mean: height.mean, variance: height.variance)
    Plate.rows { height ~ Normal(parameters) }
  }
}

/// Short and long eruptions, and which follows which.
struct Geyser: Model {
  let start = Latent<Dirichlet>()
  let move = Latent<Dirichlet>()
  let cluster = Latent<NormalWishart>()
  let state = Latent<Categorical>()
  let x = Observed<MultivariateNormal>()

  var body: [Statement] {
    start ~ Dirichlet(concentration: 1.0, count: 2)
    Plate("state", 2) {
      move ~ Dirichlet(concentration: 1.0, count: 2)
      cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance)
    }
    Chain {
      state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
      x ~ MultivariateNormal(cluster[state])
    }
  }
}

/// Growth in two regimes, each an autoregression.
struct Growth: Model {
  let start = Latent<Dirichlet>()
  let move = Latent<Dirichlet>()
  let line = Latent<MatrixNormalWishart>()
  let state = Latent<Categorical>()
  let x = Observed<MultivariateNormal>()

  var body: [Statement] {
    start ~ Dirichlet(concentration: 1.0, count: 2)
    Plate("state", 2) {
      move ~ Dirichlet(concentration: 1.0, count: 2)
      line
        ~ MatrixNormalWishart(
          mean: .intercept(x.mean), covariance: x.stepVariance,
          inputPrecision: [0.1, 0.01] * x.lag(1...2, intercept: true).variance)
    }
    Chain {
      state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
      x ~ MultivariateNormal(line[state], inputs: x.lag(1...2, intercept: true))
    }
  }
}

/// Latent Dirichlet allocation with two topics.
struct Topics: Model {
  let document = Groups()
  let mixture = Latent<Dirichlet>()
  let words = Latent<Dirichlet>()
  let topic = Latent<Categorical>()
  let word = Observed<Categorical>()

  var body: [Statement] {
    Plate(per: document) { mixture ~ Dirichlet(concentration: 0.1, count: 2) }
    Plate("topic", 2) { words ~ Dirichlet(concentration: 0.1, count: word.levels) }
    Plate.rows {
      topic ~ Categorical(mixture[document])
      word ~ Categorical(words[topic])
    }
  }
}

/// Answers to items of a questionnaire, by two traits of the person.
struct Traits: Model {
  let level = Latent<Normal>()
  let loadings = Latent<MultivariateNormal>()
  let noise = Latent<Gamma>()
  let z = Latent<MultivariateNormal>()
  let x = Observed<Normal>()

  var body: [Statement] {
    level ~ Normal(mean: x.mean, precision: 1e-3 * x.precision)
    Plate(per: x) { loadings ~ MultivariateNormal(mean: 0.0, precision: x.precision) }
    noise ~ Gamma(shape: 0.5, rate: 0.05 * x.variance)
    Plate.rows {
      z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
      x ~ Normal(mean: level + loadings * z, precision: noise)
    }
  }
}

struct Progression: Model {
  let coefficients = Latent<MultivariateNormal>()
  let precision = Latent<Gamma>()
  let x = Covariates(intercept: true)
  let y = Observed<Normal>()

  var body: [Statement] {
    coefficients ~ MultivariateNormal(mean: .intercept(y.mean), precision: 1e-6 * x.variance / y.variance)
    precision ~ Gamma(shape: 1e-3, rate: 1e-3 * y.variance)
    Plate.rows { y ~ Normal(mean: coefficients * x, precision: precision) }
  }
}

/// Hours of work by education and by marital status.
struct Hours: Model {
  let level = Latent<Normal>()
  let byEducation = Latent<Normal>(), educationPrecision = Latent<Gamma>()
  let byStatus = Latent<Normal>(), statusPrecision = Latent<Gamma>()
  let within = Latent<Gamma>()
  let education = Groups(), status = Groups()
  let y = Observed<Normal>()

  var body: [Statement] {
    level ~ Normal(mean: y.mean, precision: 1e-3 * y.precision)
    educationPrecision ~ Gamma(shape: 0.5, rate: 0.05 * y.variance)
    statusPrecision ~ Gamma(shape: 0.5, rate: 0.05 * y.variance)
    Plate(per: education) { byEducation ~ Normal(mean: 0.0, precision: educationPrecision) }
    Plate(per: status) { byStatus ~ Normal(mean: 0.0, precision: statusPrecision) }
    within ~ Gamma(shape: 0.5, rate: 0.5 * y.variance)
    Plate.rows { y ~ Normal(mean: level + byEducation[education] + byStatus[status], precision: within) }
  }
}

struct Insured: Model {
  let coefficients = Latent<MultivariateNormal>()
  let omega = Latent<PolyaGamma>()
  let x = Covariates(intercept: true)
  let y = Observed<Bernoulli>()

  var body: [Statement] {
    coefficients ~ MultivariateNormal(mean: 0.0, precision: 0.01 * x.variance)
    Plate.rows {
      omega ~ PolyaGamma(shape: 1)
      y ~ Bernoulli(logit: coefficients * x, auxiliary: omega)
    }
  }
}

struct Species: Model {
  let coefficients = Latent<MultivariateNormal>()
  let omega = Latent<PolyaGamma>()
  let x = Covariates(intercept: true)
  let y = Observed<Categorical>()

  var body: [Statement] {
    Plate(per: y.splits) { coefficients ~ MultivariateNormal(mean: 0.0, precision: 0.01 * x.variance) }
    Plate.rows {
      omega ~ PolyaGamma(shape: 1)
      y ~ Categorical(logits: coefficients * x, auxiliary: omega)
    }
  }
}

/// A Dirichlet-process mixture whose prior expects components narrower than the whole.
struct GalaxyMixture: Model {
  @Hyperparameter("Largest number of groups.") var components = 10
  let weights = Latent<StickBreaking>()
  let group = Latent<NormalGamma>()
  let label = Latent<Categorical>()
  let velocity = Observed<Normal>()

  var body: [Statement] {
    weights ~ StickBreaking(concentration: 1.0, count: components)
    Plate("group", components) {
      group ~ NormalGamma(mean: velocity.mean, variance: 0.05 * velocity.variance, meanPrecision: 0.01, shape: 2)
    }
    Plate.rows {
      label ~ Categorical(weights)
      velocity ~ Normal(group[label])
    }
  }
}
