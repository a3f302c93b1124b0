import Models
import Suffice
import SufficeTesting
import Testing

/// Rows that hang together (groups, chains, lags, several labels), crossed with gaps, weights and schedules.
@Suite("Structured rows and crossed features") struct RowCrossingTests {
  struct States: Model {
    let start = Latent<Dirichlet>(), move = Latent<Dirichlet>(), cluster = Latent<NormalGamma>()
    let rate = Latent<Gamma>()
    let state = Latent<Categorical>()
    let sequence = Groups()
    let x = Observed<Normal>(), count = Observed<Poisson>()
    var body: [Statement] {
      start ~ Dirichlet(concentration: 1.0, count: 2)
      Plate("state", 2) {
        move ~ Dirichlet(concentration: 1.0, count: 2)
        cluster ~ NormalGamma(mean: x.mean, variance: x.variance)
        rate ~ Gamma(shape: 1.0, rate: count.reciprocalMean)
      }
      Chain(of: sequence) {
        state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
        x ~ Normal(cluster[state])
        count ~ Poisson(rate[state])
      }
    }
  }

  @Test func chainOfLabels() throws {
    try checkCrossings(
      States(), data: rows(), bind: ["x": ["a", "b"], "count": ["count"], "sequence": ["run"]], crossings: crossings)
  }

  struct Tracking: Model {
    let noise = Latent<Gamma>()
    let z = Latent<MultivariateNormal>()
    let sequence = Groups()
    let x = Observed<Normal>()
    var body: [Statement] {
      noise ~ Gamma(shape: 1, rate: 1)
      Chain(of: sequence) {
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: 0.0, precision: 1.0, count: 1),
            transition: MultivariateNormal(mean: Matrix([[0.9]]) * z.previous, precisions: 2.0))
        x ~ Normal(mean: Matrix([[1]]) * z, precision: noise)
      }
    }
  }

  @Test func chainOfVectors() throws {
    try checkCrossings(Tracking(), data: rows(), bind: ["x": ["sum"], "sequence": ["run"]], crossings: crossings)
  }

  /// Values before enter an autoregression, within their sequence only.
  struct Lagged: Model {
    let line = Latent<MatrixNormalWishart>()
    let sequence = Groups()
    let move = Latent<Dirichlet>(), start = Latent<Dirichlet>()
    let state = Latent<Categorical>()
    let x = Observed<MultivariateNormal>()
    var body: [Statement] {
      start ~ Dirichlet(concentration: 1.0, count: 2)
      Plate("state", 2) {
        move ~ Dirichlet(concentration: 1.0, count: 2)
        line
          ~ MatrixNormalWishart(
            mean: .intercept(x.mean), covariance: x.covariance,
            inputPrecision: [0.1, 1] * x.lag(1...2, intercept: true).variance)
      }
      Chain(of: sequence) {
        state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
        x ~ MultivariateNormal(line[state], inputs: x.lag(1...2, intercept: true))
      }
    }
  }

  @Test func lags() throws {
    let checked = try checkCrossings(
      Lagged(), data: rows(), bind: ["x": ["a", "b"], "sequence": ["run"]], crossings: crossings)
    #expect(checked.isSuperset(of: [.repetition, .rowOrder, .resume]))
  }

  /// Two labels whose effects add up are solved as one.
  struct TwoLabels: Model {
    let first = Latent<Dirichlet>(), second = Latent<Dirichlet>()
    let a = Latent<Categorical>(), b = Latent<Categorical>()
    let cell = Latent<NormalGamma>(), chance = Latent<Beta>()
    let x = Observed<Normal>(), flags = Observed<Bernoulli>()
    var body: [Statement] {
      first ~ Dirichlet(concentration: 1.0, count: 2)
      second ~ Dirichlet(concentration: 2.0, count: 3)
      Plate("one", 2) { Plate("other", 3) { cell ~ NormalGamma(mean: x.mean, variance: x.variance) } }
      Plate("third", 3) { chance ~ Beta(alpha: 1, beta: 2) }
      Plate.rows {
        a ~ Categorical(first)
        b ~ Categorical(second)
        x ~ Normal(cell[a][b])
        flags ~ Bernoulli(chance[b])
      }
    }
  }

  @Test func severalLabels() throws {
    try checkCrossings(
      TwoLabels(), data: rows(), bind: ["x": ["a", "b"], "flags": ["q0", "q1"]], crossings: crossings)
  }

  /// Groups with probabilities of their own; a group's rows meet values of several columns.
  struct Topics: Model {
    let document = Groups()
    let mixture = Latent<Dirichlet>(), words = Latent<Dirichlet>()
    let topic = Latent<Categorical>()
    let word = Observed<Categorical>()
    var body: [Statement] {
      Plate(per: document) { mixture ~ Dirichlet(concentration: 0.5, count: 3) }
      Plate("topic", 3) { words ~ Dirichlet(concentration: 0.4, count: word.levels) }
      Plate.rows {
        topic ~ Categorical(mixture[document])
        word ~ Categorical(words[topic])
      }
    }
  }

  @Test(arguments: [["sort"], ["kind", "sort"]]) func groups(words: [String]) throws {
    try checkCrossings(Topics(), data: rows(), bind: ["document": ["group"], "word": words], crossings: crossings)
  }

  /// The same labels, solved in turns: rows go on from where the last sweep left them.
  struct LabelsInTurns: Model {
    let first = Latent<Dirichlet>(), second = Latent<Dirichlet>()
    let a = Latent<Categorical>(), b = Latent<Categorical>()
    let cell = Latent<NormalGamma>()
    let x = Observed<Normal>()
    var body: [Statement] {
      MeanField(a)
      MeanField(b)
      first ~ Dirichlet(concentration: 1.0, count: 2)
      second ~ Dirichlet(concentration: 2.0, count: 3)
      Plate("one", 2) { Plate("other", 3) { cell ~ NormalGamma(mean: x.mean, variance: x.variance) } }
      Plate.rows {
        a ~ Categorical(first)
        b ~ Categorical(second)
        x ~ Normal(cell[a][b])
      }
    }
  }

  @Test func labelsInTurns() throws {
    try checkCrossings(LabelsInTurns(), data: rows(), bind: ["x": ["a", "b"]], crossings: crossings)
  }

  /// Moves are tried, and refused, where components are many.
  @Test func movesThatAreNotTaken() throws {
    var model = DiagonalGaussianMixture()
    model.components = 5
    let checked = try checkCrossings(model, data: rows(120), bind: ["x": ["a", "b"]], crossings: crossings)
    #expect(checked.contains(.rejection))
  }
}
