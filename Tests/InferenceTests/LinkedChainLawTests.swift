import Suffice
import SufficeTesting
import Testing

/// Chains whose rows follow from the rows before by rules that are to be found: every law of a model.
@Suite struct LinkedChainLawTests {
  private let table: DataTable

  init() throws {
    var random = RandomSource(seed: 3)
    let rows = 60
    var (z, x) = (0.0, [[Double]]())
    let modes = (0..<rows).map { ($0 / 7) % 2 }
    for row in 0..<rows {
      z = [0.9, -0.7][modes[row]] * z + [0.4, 1][modes[row]] * random.normal()
      x.append([z + 0.3 * random.normal(), -0.5 * z + 0.3 * random.normal()])
    }
    // A sequence of one row, and cells that are missing.
    let sequences = (0..<rows).map { $0 < 25 ? 0.0 : $0 == 25 ? 1 : 2 }
    x[4][1] = .nan
    x[30] = [.nan, .nan]
    table = try DataTable(columns: [
      Column(name: "a", values: x.map { $0[0] }), Column(name: "b", values: x.map { $0[1] }),
      Column(name: "u", values: (0..<rows).map { _ in random.normal() }), Column(name: "sequence", values: sequences),
      Column(name: "mode", values: modes.map(Double.init), kind: .categorical(levels: ["calm", "wild"])),
      Column(name: "weight", values: sequences.map { [1.0, 2, 0.5][Int($0)] }),
    ])
  }

  /// Matrix and noise are those of the row's mode, which is known.
  struct Modes: Model {
    let sequence = Groups()
    let mode = Groups()
    let dynamics = Latent<MultivariateNormal>()
    let noise = Latent<Gamma>()
    let z = Latent<MultivariateNormal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Plate(per: mode) {
        noise ~ Gamma(shape: 1, rate: 1)
        Plate(per: z) { dynamics ~ MultivariateNormal(mean: 0.0, precision: 1.0) }
      }
      Chain(of: sequence) {
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: 0.0, precision: 1.0, count: 2),
            transition: MultivariateNormal(mean: dynamics[mode] * z.previous, precisions: noise[mode]))
        x ~ Normal(mean: Matrix([[1, 0.2], [-0.5, 1]]) * z, precision: 4.0)
      }
    }
  }

  @Test(arguments: [nil, "weight"]) func knownModes(weights: String?) throws {
    try checkModel(
      Modes(), data: table, bind: ["x": ["a", "b"], "sequence": ["sequence"], "mode": ["mode"]], weights: weights,
      passes: 4)
  }

  /// Each row has a label of its own beside the row before's.
  struct Jumps: Model {
    let weights = Latent<Dirichlet>()
    let coefficient = Latent<MultivariateNormal>()
    let drift = Latent<MultivariateNormal>()
    let noise = Latent<Gamma>()
    let kind = Latent<Categorical>()
    let u = Covariates()
    let z = Latent<MultivariateNormal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      weights ~ Dirichlet(concentration: 2, count: 2)
      Plate("kind", 2) {
        coefficient ~ MultivariateNormal(mean: 0.5, precision: 4.0)
        drift ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        noise ~ Gamma(shape: 2, rate: 1)
      }
      Chain {
        kind ~ Categorical(weights)
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: 0.0, precision: 1.0, count: 1),
            transition: MultivariateNormal(
              mean: coefficient[kind] * z.previous + drift[kind] * u, precisions: noise[kind]))
        x ~ Normal(mean: Matrix([[1]]) * z, precision: 4.0)
      }
    }
  }

  @Test func independentLabels() throws {
    try checkModel(Jumps(), data: table, bind: ["x": ["a"], "u": ["u"]], passes: 6)
  }

  /// A matrix that varies with an input and with a chain of hidden numbers.
  struct Varying: Model {
    let u = Covariates()
    let dynamics = Latent<MultivariateNormal>(), trend = Latent<MultivariateNormal>()
    let change = Latent<MultivariateNormal>()
    let noise = Latent<Gamma>()
    let w = Latent<MultivariateNormal>()
    let z = Latent<MultivariateNormal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      noise ~ Gamma(shape: 1, rate: 1, count: 2)
      Plate(per: z) {
        dynamics ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        trend ~ MultivariateNormal(mean: 0.0, precision: 4.0)
        change ~ MultivariateNormal(mean: 0.0, precision: 4.0)
      }
      Chain {
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: 0.0, precision: 1.0, count: 2),
            transition: MultivariateNormal(
              mean: dynamics * z.previous + u * (trend * z.previous) + w * (change * z.previous), precisions: noise))
        w
          ~ MarkovChain(
            initial: MultivariateNormal(mean: 0.0, precision: 1.0, count: 1),
            transition: MultivariateNormal(mean: Matrix([[0.9]]) * w.previous, precisions: 5.0))
        x ~ Normal(mean: Matrix([[1, 0.2], [-0.5, 1]]) * z, precision: 4.0)
      }
    }
  }

  @Test func varyingMatrix() throws {
    try checkModel(Varying(), data: table, bind: ["x": ["a", "b"], "u": ["u"]], passes: 6)
  }

  /// Moves between states that an input chooses, and effects of the state that came from it.
  struct Driven: Model {
    let sequence = Groups()
    let input = Groups()
    let move = Latent<Dirichlet>()
    let level = Latent<NormalGamma>()
    let state = Latent<Categorical>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Plate("state", 2) { level ~ NormalGamma(mean: x.mean, variance: x.variance) }
      Plate(per: input) { Plate("state", 2) { move ~ Dirichlet(concentration: 1, count: 2) } }
      Chain(of: sequence) {
        state ~ MarkovChain(initial: Categorical([0.5, 0.5]), transition: Categorical(move[input][state.previous]))
        x ~ Normal(level[state])
      }
    }
  }

  @Test(arguments: [nil, "weight"]) func drivenStates(weights: String?) throws {
    try checkModel(
      Driven(), data: table, bind: ["x": ["a"], "sequence": ["sequence"], "input": ["mode"]], weights: weights)
  }

  /// Two chains, of which one says how the other goes on.
  struct Leading: Model {
    let move = Latent<Dirichlet>()
    let follow = Latent<Dirichlet>()
    let leader = Latent<Categorical>()
    let state = Latent<Categorical>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Plate("leader", 2) {
        move ~ Dirichlet(concentration: 1, count: 2)
        Plate("state", 2) { follow ~ Dirichlet(concentration: 1, count: 2) }
      }
      Chain {
        leader ~ MarkovChain(initial: Categorical([0.5, 0.5]), transition: Categorical(move[leader.previous]))
        state
          ~ MarkovChain(initial: Categorical([0.5, 0.5]), transition: Categorical(follow[leader][state.previous]))
        x ~ Normal(mean: Table([-1.0, 1])[state], precision: 1.0)
      }
    }
  }

  @Test func chainsThatFollow() throws { try checkModel(Leading(), data: table, bind: ["x": ["a"]], passes: 6) }
}
