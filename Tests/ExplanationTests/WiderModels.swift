import ExponentialFamilies
import ModelCompiler
import ModelLanguage

/// A label that follows the label of the row before, and a Gaussian for each of its values.
struct HiddenMarkov: Model {
  let start = Latent<Dirichlet>()
  let move = Latent<Dirichlet>()
  let cluster = Latent<NormalWishart>()
  let state = Latent<Categorical>()
  let x = Observed<MultivariateNormal>()
  static var summary: String { "A hidden state that moves from row to row." }

  var body: [Statement] {
    start ~ Dirichlet(concentration: 1.0, count: 3)
    Plate("state", 3) {
      move ~ Dirichlet(concentration: 1.0, count: 3)
      cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance)
    }
    Chain {
      state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
      x ~ MultivariateNormal(cluster[state])
    }
  }
}

/// Every word of a document comes from a topic.
struct TopicModel: Model {
  let document = Groups()
  let theta = Latent<Dirichlet>()
  let words = Latent<Dirichlet>()
  let topic = Latent<Categorical>()
  let word = Observed<Categorical>()
  static var summary: String {
    "Latent Dirichlet allocation: documents mix topics, topics are distributions over words."
  }

  var body: [Statement] {
    Plate("topic", 10) { words ~ Dirichlet(concentration: 0.1, count: word.levels) }
    Plate(per: document) { theta ~ Dirichlet(concentration: 0.1, count: 10) }
    Plate.rows {
      topic ~ Categorical(theta[document])
      word ~ Categorical(words[topic])
    }
  }
}

/// Columns that are linear in a few latent numbers.
struct FactorAnalysis: Model {
  let loading = Latent<MultivariateNormal>()
  let noise = Latent<Gamma>()
  let z = Latent<MultivariateNormal>()
  let x = Observed<Normal>()
  static var summary: String { "Columns are linear in a few latent numbers, with noise." }

  var body: [Statement] {
    noise ~ Gamma(shape: 1.0, rate: 1.0)
    Plate(per: x) { loading ~ MultivariateNormal(mean: 0.0, precision: 1.0) }
    Plate.rows {
      z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
      x ~ Normal(mean: loading * z, precision: noise)
    }
  }
}

/// A line through given numbers.
struct LinearRegression: Model {
  let inputs = Covariates(intercept: true)
  let coefficients = Latent<MultivariateNormal>()
  let noise = Latent<Gamma>()
  let y = Observed<Normal>()
  static var summary: String { "Bayesian linear regression." }

  var body: [Statement] {
    coefficients ~ MultivariateNormal(mean: 0.0, precision: 0.01)
    noise ~ Gamma(shape: 1.0, rate: 1.0)
    Plate.rows { y ~ Normal(mean: coefficients * inputs, precision: noise) }
  }
}

/// Repeated measurements of subjects that differ in their level and share their slope.
struct RandomEffects: Model {
  let subject = Groups()
  let level = Latent<Normal>()
  let spread = Latent<Gamma>()
  let effect = Latent<Normal>()
  let noise = Latent<Gamma>()
  let y = Observed<Normal>()
  static var summary: String { "Repeated measurements of subjects that differ in their level." }

  var body: [Statement] {
    level ~ Normal(mean: 0.0, precision: 0.01)
    spread ~ Gamma(shape: 1.0, rate: 1.0)
    noise ~ Gamma(shape: 1.0, rate: 1.0)
    Plate(per: subject) { effect ~ Normal(mean: 0.0, precision: spread) }
    Plate.rows { y ~ Normal(mean: level + effect[subject], precision: noise) }
  }
}

/// A regression with groups: slopes of given numbers and a level for each school.
struct GroupedRegression: Model {
  let school = Groups()
  let inputs = Covariates()
  let slopes = Latent<MultivariateNormal>()
  let level = Latent<Normal>()
  let spread = Latent<Gamma>()
  let noise = Latent<Gamma>()
  let y = Observed<Normal>()
  static var summary: String { "A regression whose level differs from school to school." }

  var body: [Statement] {
    slopes ~ MultivariateNormal(mean: 0.0, precision: 0.01)
    spread ~ Gamma(shape: 1.0, rate: 1.0)
    noise ~ Gamma(shape: 1.0, rate: 1.0)
    Plate(per: school) { level ~ Normal(mean: 0.0, precision: spread) }
    Plate.rows { y ~ Normal(mean: level[school] + slopes * inputs, precision: noise) }
  }
}

/// Known moves between states, sequences of their own, and a regression on the row before in each state.
struct KnownMoves: Model {
  let patient = Groups()
  let slopes = Latent<MultivariateNormal>()
  let noise = Latent<Gamma>()
  let state = Latent<Categorical>()
  let y = Observed<Normal>()
  static var summary: String { "Regressions on the row before, of which a chain with known moves chooses one." }

  var body: [Statement] {
    Plate("state", 2) {
      slopes ~ MultivariateNormal(mean: 0.0, precision: 1.0)
      noise ~ Gamma(shape: 1.0, rate: 1.0)
    }
    Chain(of: patient) {
      state
        ~ MarkovChain(
          initial: Categorical([0.5, 0.5]), transition: Categorical(Table([[0.9, 0.1], [0.2, 0.8]])[state.previous]))
      y ~ Normal(mean: slopes[state] * y.lag(1), precision: noise[state])
    }
  }
}

/// Clusters, each linear in a few latent numbers of the row.
struct FactorMixture: Model {
  let weights = Latent<Dirichlet>()
  let loading = Latent<MultivariateNormal>()
  let noise = Latent<Gamma>()
  let label = Latent<Categorical>()
  let z = Latent<MultivariateNormal>()
  let x = Observed<Normal>()
  static var summary: String { "Clusters, each linear in a few latent numbers of the row." }

  var body: [Statement] {
    weights ~ Dirichlet(concentration: 1.0, count: 3)
    noise ~ Gamma(shape: 1.0, rate: 1.0)
    Plate("component", 3) {
      Plate(per: x) { loading ~ MultivariateNormal(mean: 0.0, precision: 1.0) }
    }
    Plate.rows {
      label ~ Categorical(weights)
      z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
      x ~ Normal(mean: loading[label] * z, precision: noise)
    }
  }
}

/// A position that moves linearly and is seen with noise.
struct Tracking: Model {
  let move = Latent<MultivariateNormal>()
  let drift = Latent<Gamma>()
  let seen = Latent<MultivariateNormal>()
  let noise = Latent<Gamma>()
  let z = Latent<MultivariateNormal>()
  let x = Observed<Normal>()
  static var summary: String { "A position that moves linearly and is seen with noise." }

  var body: [Statement] {
    Plate(per: z) { move ~ MultivariateNormal(mean: 0.0, precision: 1.0) }
    Plate(per: x) { seen ~ MultivariateNormal(mean: 0.0, precision: 1.0) }
    drift ~ Gamma(shape: 1.0, rate: 1.0)
    noise ~ Gamma(shape: 1.0, rate: 1.0)
    Chain {
      z
        ~ MarkovChain(
          initial: MultivariateNormal(mean: 0.0, precisions: 1.0, count: 2),
          transition: MultivariateNormal(mean: move * z.previous, precisions: drift))
      x ~ Normal(mean: seen * z, precision: noise)
    }
  }
}

/// A position whose rule a Markov label of the row chooses and an input varies.
struct SwitchingTracking: Model {
  let u = Covariates()
  let start = Latent<Dirichlet>()
  let turn = Latent<Dirichlet>()
  let move = Latent<MultivariateNormal>()
  let change = Latent<MultivariateNormal>()
  let drift = Latent<Gamma>()
  let mode = Latent<Categorical>()
  let z = Latent<MultivariateNormal>()
  let x = Observed<Normal>()
  static var summary: String { "A position that moves by one of two rules." }

  var body: [Statement] {
    start ~ Dirichlet(concentration: 1.0, count: 2)
    Plate("mode", 2) {
      turn ~ Dirichlet(concentration: 1.0, count: 2)
      drift ~ Gamma(shape: 1.0, rate: 1.0)
      Plate(per: z) { move ~ MultivariateNormal(mean: 0.0, precision: 1.0) }
    }
    Plate(per: z) { change ~ MultivariateNormal(mean: 0.0, precision: 1.0) }
    Chain {
      mode ~ MarkovChain(initial: Categorical(start), transition: Categorical(turn[mode.previous]))
      z
        ~ MarkovChain(
          initial: MultivariateNormal(mean: 0.0, precisions: 1.0, count: 2),
          transition: MultivariateNormal(
            mean: move[mode] * z.previous + u * (change * z.previous), precisions: drift[mode]))
      x ~ Normal(mean: Matrix([[1, 0], [0, 1]]) * z, precision: 4.0)
    }
  }
}

/// Two chains of states whose effects add up, of which the first says how the second goes on.
struct FactorialStates: Model {
  let turn = Latent<Dirichlet>(), follow = Latent<Dirichlet>()
  let wide = Latent<Normal>(), narrow = Latent<Normal>()
  let noise = Latent<Gamma>()
  let leader = Latent<Categorical>(), state = Latent<Categorical>()
  let x = Observed<Normal>()
  static var summary: String { "Two chains of states whose effects add up." }

  var body: [Statement] {
    noise ~ Gamma(shape: 1.0, rate: 1.0)
    Plate("leader", 2) {
      turn ~ Dirichlet(concentration: 1.0, count: 2)
      wide ~ Normal(mean: 0.0, precision: 0.1)
      Plate("state", 3) { follow ~ Dirichlet(concentration: 1.0, count: 3) }
    }
    Plate("shift", 3) { narrow ~ Normal(mean: 0.0, precision: 0.1) }
    Chain {
      leader ~ MarkovChain(initial: Categorical([0.5, 0.5]), transition: Categorical(turn[leader.previous]))
      state
        ~ MarkovChain(
          initial: Categorical([0.2, 0.3, 0.5]), transition: Categorical(follow[leader][state.previous]))
      x ~ Normal(mean: wide[leader] + narrow[state], precision: noise)
    }
  }
}

/// What a chain derives from its sequences: which rows are first, later, followed by another.
let positions = ["first", "later", "followed"].map { numbers([$0]) }

/// Models of the wider language with facts of some data to bind them to.
let widerModels: [(graph: @Sendable () throws -> ModelGraph, facts: DataFacts)] = [
  (
    { try ModelGraph(HiddenMarkov()) }, DataFacts(rowCount: 1000, observed: [numbers(["x1", "x2"])] + positions)
  ),
  (
    { try ModelGraph(TopicModel()) },
    DataFacts(
      rowCount: 90_000, observed: [labels("document", ["a", "b", "c"]), labels("word", ["u", "v", "w", "x"])])
  ),
  ({ try ModelGraph(FactorAnalysis()) }, DataFacts(rowCount: 500, observed: [numbers(["a", "b", "c", "d"])])),
  (
    { try ModelGraph(LinearRegression()) },
    DataFacts(rowCount: 200, observed: [numbers(["1", "age", "dose"]), numbers(["y"])])
  ),
  (
    { try ModelGraph(RandomEffects()) },
    DataFacts(rowCount: 60, observed: [labels("subject", ["a", "b", "c", "d"]), numbers(["y"])])
  ),
  (
    { try ModelGraph(GroupedRegression()) },
    DataFacts(
      rowCount: 60, observed: [labels("school", ["a", "b", "c", "d"]), numbers(["age", "dose"]), numbers(["y"])])
  ),
  ({ try ModelGraph(FactorMixture()) }, DataFacts(rowCount: 500, observed: [numbers(["a", "b", "c", "d"])])),
  (
    { try ModelGraph(FactorialStates()) }, DataFacts(rowCount: 100, observed: [numbers(["x"])] + positions)
  ),
  ({ try ModelGraph(Tracking()) }, DataFacts(rowCount: 80, observed: [numbers(["a", "b"])] + positions)),
  (
    { try ModelGraph(SwitchingTracking()) },
    DataFacts(
      rowCount: 80, observed: [numbers(["u"]), numbers(["a", "b"])] + positions + [numbers(["u after"])])
  ),
  (
    { try ModelGraph(KnownMoves()) },
    DataFacts(
      rowCount: 60, observed: [labels("patient", ["a", "b"]), numbers(["y"])] + positions + [numbers(["y before"])])
  ),
]
