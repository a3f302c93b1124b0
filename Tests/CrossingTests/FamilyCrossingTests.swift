import Suffice
import SufficeTesting
import Testing

/// Every family that data can have, crossed with gaps and weights: alone, as one component and as two.
@Suite("Families and crossed features") struct FamilyCrossingTests {
  // MARK: Alone

  struct Numbers: Model {
    let cell = Latent<NormalGamma>()
    let x = Observed<Normal>()
    var body: [Statement] {
      cell ~ NormalGamma(mean: 1.0, meanPrecision: 0.5, shape: 2.0, rate: 3.0)
      Plate.rows { x ~ Normal(cell) }
    }
  }

  struct FollowingNumbers: Model {
    let cell = Latent<NormalGamma>()
    let x = Observed<Normal>()
    var body: [Statement] {
      cell ~ NormalGamma(mean: x.mean, variance: x.variance)
      Plate.rows { x ~ Normal(cell) }
    }
  }

  struct Rates: Model {
    let rate = Latent<Gamma>()
    let x = Observed<Poisson>()
    var body: [Statement] {
      rate ~ Gamma(shape: 2.0, rate: 0.5)
      Plate.rows { x ~ Poisson(rate) }
    }
  }

  struct Flags: Model {
    let chance = Latent<Beta>()
    let x = Observed<Bernoulli>()
    var body: [Statement] {
      chance ~ Beta(alpha: 2.0, beta: 3.0)
      Plate.rows { x ~ Bernoulli(chance) }
    }
  }

  struct Failures: Model {
    let chance = Latent<Beta>()
    let x = Observed<Geometric>()
    var body: [Statement] {
      chance ~ Beta(alpha: 2.0, beta: 3.0)
      Plate.rows { x ~ Geometric(chance) }
    }
  }

  struct Trials: Model {
    let chance = Latent<Beta>()
    let x = Observed<Counts>()
    var body: [Statement] {
      chance ~ Beta(alpha: 2.0, beta: 3.0)
      Plate.rows { x ~ Binomial(trials: 30, probability: chance) }
    }
  }

  struct Spread: Model {
    let chance = Latent<Beta>()
    let x = Observed<Counts>()
    var body: [Statement] {
      chance ~ Beta(alpha: 2.0, beta: 3.0)
      Plate.rows { x ~ NegativeBinomial(size: 2.5, probability: chance) }
    }
  }

  struct Labels: Model {
    let profile = Latent<Dirichlet>()
    let x = Observed<Categorical>()
    var body: [Statement] {
      profile ~ Dirichlet(concentration: 0.5, count: x.levels)
      Plate.rows { x ~ Categorical(profile) }
    }
  }

  struct Waits: Model {
    let rate = Latent<Gamma>()
    let x = Observed<Exponential>()
    var body: [Statement] {
      rate ~ Gamma(shape: 2.0, rate: 0.5)
      Plate.rows { x ~ Exponential(rate) }
    }
  }

  struct Products: Model {
    let cell = Latent<NormalGamma>()
    let x = Observed<LogNormal>()
    var body: [Statement] {
      cell ~ NormalGamma(mean: 1.0, meanPrecision: 0.5, shape: 2.0, rate: 3.0)
      Plate.rows { x ~ LogNormal(cell) }
    }
  }

  struct Tails: Model {
    let shape = Latent<Gamma>()
    let x = Observed<Pareto>()
    var body: [Statement] {
      shape ~ Gamma(shape: 2.0, rate: 3.0)
      Plate.rows { x ~ Pareto(minimum: 0.5, shape: shape) }
    }
  }

  struct Scales: Model {
    let scale = Latent<InverseGamma>()
    let x = Observed<Gamma>()
    var body: [Statement] {
      scale ~ InverseGamma(shape: 2.0, scale: 3.0)
      Plate.rows { x ~ Gamma(shape: 1.5, scale: scale) }
    }
  }

  struct Vectors: Model {
    let cell = Latent<NormalWishart>()
    let x = Observed<MultivariateNormal>()
    var body: [Statement] {
      cell ~ NormalWishart(mean: x.mean, covariance: x.covariance)
      Plate.rows { x ~ MultivariateNormal(cell) }
    }
  }

  private static let models: [(any Model, [String])] = [
    (Numbers(), ["a", "b", "sum"]), (FollowingNumbers(), ["a", "b", "sum"]), (Rates(), ["count", "visits"]),
    (Flags(), ["q0", "q1", "q2"]), (Failures(), ["count", "visits"]), (Trials(), ["count", "visits"]),
    (Spread(), ["count", "visits"]), (Labels(), ["kind", "sort"]), (Waits(), ["years", "time"]),
    (Products(), ["years", "time"]), (Tails(), ["years", "time"]), (Scales(), ["years", "time"]),
    (Vectors(), ["a", "b", "sum"]),
  ]

  @Test(arguments: 0..<13) func alone(_ place: Int) throws {
    let (model, columns) = Self.models[place]
    let checked = try checkCrossings(model, data: rows(), bind: ["x": columns], crossings: crossings)
    // Nothing of what crosses is left out for want of a feature.
    #expect(checked.isSuperset(of: [.repetition, .rowOrder, .layout, .parts, .resume, .judge, .backend]))
    // A vector's elements share parameters, and its prior follows rows that are kept aside.
    #expect(checked.isSuperset(of: [.evidence, .update, .keptAside]) != model is Vectors)
  }

  // MARK: In components

  /// Cells of every kind in the rows of components.
  struct Mixture: Model {
    var components = 2
    let weights = Latent<Dirichlet>()
    let label = Latent<Categorical>()
    let cell = Latent<NormalGamma>(), rate = Latent<Gamma>(), profile = Latent<Dirichlet>(), chance = Latent<Beta>()
    let failure = Latent<Beta>(), product = Latent<NormalGamma>()
    let numbers = Observed<Normal>(), counts = Observed<Poisson>(), labels = Observed<Categorical>()
    let flags = Observed<Bernoulli>(), failures = Observed<Geometric>(), products = Observed<LogNormal>()
    init(_ components: Int = 2) { self.components = components }
    init() {}
    var body: [Statement] {
      weights ~ Dirichlet(concentration: 0.5, count: components)
      Plate("component", components) {
        cell ~ NormalGamma(mean: numbers.mean, variance: numbers.variance)
        rate ~ Gamma(shape: 1.0, rate: counts.reciprocalMean)
        profile ~ Dirichlet(concentration: 0.5, count: labels.levels)
        chance ~ Beta(alpha: 0.5, beta: 0.5)
        failure ~ Beta(alpha: 2.0, beta: 3.0)
        product ~ NormalGamma(mean: 0.0, meanPrecision: 0.5, shape: 2.0, rate: 3.0)
      }
      Plate.rows {
        label ~ Categorical(weights)
        numbers ~ Normal(cell[label])
        counts ~ Poisson(rate[label])
        labels ~ Categorical(profile[label])
        flags ~ Bernoulli(chance[label])
        failures ~ Geometric(failure[label])
        products ~ LogNormal(product[label])
      }
    }
  }

  @Test(arguments: [1, 2, 3]) func components(_ count: Int) throws {
    let bind = [
      "numbers": ["a", "b"], "counts": ["count"], "labels": ["kind", "sort"], "flags": ["q0", "q1", "q2"],
      "failures": ["visits"], "products": ["years", "time"],
    ]
    let checked = try checkCrossings(Mixture(count), data: rows(), bind: bind, crossings: crossings)
    #expect(
      checked.isSuperset(of: [
        .repetition, .rowOrder, .columnOrder, .layout, .summaries, .integration, .parts, .update, .resume, .judge,
        .keptAside, .backend,
      ]))
    #expect(checked.contains(.evidence) == (count == 1))
  }
}
