import Suffice
import Testing

/// A line with priors in absolute units.
private struct AbsoluteLine: Model {
  @Hyperparameter("Prior precision of the coefficients.") var precision = 1e-6
  let coefficients = Latent<MultivariateNormal>(), noise = Latent<Gamma>()
  let x = Covariates(intercept: true)
  let y = Observed<Normal>()

  var body: [Statement] {
    coefficients ~ MultivariateNormal(mean: 0.0, precision: precision)
    noise ~ Gamma(shape: 1e-3, rate: 1e-3 * y.variance)
    Plate.rows { y ~ Normal(mean: coefficients * x, precision: noise) }
  }
}

/// Effects of groups that a prior holds near 0.
private struct Offsets: Model {
  @Hyperparameter("Prior precision of the effects.") var precision = 1.0
  let effect = Latent<Normal>(), noise = Latent<Gamma>()
  let group = Groups()
  let y = Observed<Normal>()

  var body: [Statement] {
    Plate(per: group) { effect ~ Normal(mean: 0.0, precision: precision) }
    noise ~ Gamma(shape: 1e-3, rate: 1e-3 * y.variance)
    Plate.rows { y ~ Normal(mean: effect[group], precision: noise) }
  }
}

/// Priors and data that contradict each other are told, and others are not.
@Suite struct PriorConflictTests {
  private func table(scale: Double) throws -> DataTable {
    var random = RandomSource(seed: 3)
    let years = (0..<30).map { Double($0 % 15) }
    return try DataTable(columns: [
      Column(name: "years", values: years),
      Column(name: "salary", values: years.map { scale * (50 + 3 * $0 + 2 * random.normal()) }),
    ])
  }

  @Test func absolutePriorOfALine() throws {
    let fit = try Fit(AbsoluteLine(), to: table(scale: 1000), bind: ["x": ["years"], "y": ["salary"]])
    let conflict = try #require(fit.priorConflicts.first)
    #expect(fit.priorConflicts.count == 1)
    #expect(conflict.variable == "coefficients" && conflict.element == 0)
    // What least squares say, wherever the prior holds the fit.
    #expect(abs(conflict.data.value - 50_000) < 3000)
    // The prior of the intercept where all inputs are 0: its deviations at their centre, 7, and of seven slopes.
    #expect(abs(conflict.prior.value) < 1e-6 && abs((conflict.prior.deviation ?? 0) - 50e6.squareRoot()) < 1e-3)
    #expect(abs(conflict.posterior.value) < 0.5 * abs(conflict.data.value))
    #expect(conflict.logTail < -4 && conflict.loss > 0.3)
    let message = fit.message(conflict)
    #expect(message.contains("(intercept)") && message.contains("± 7071.1") && message.contains("give it less weight"))
  }

  /// The repairs that the message names: a wider prior, and other units.
  @Test func repairs() throws {
    var wide = AbsoluteLine()
    wide.precision = 1e-12
    #expect(try Fit(wide, to: table(scale: 1000), bind: ["x": ["years"], "y": ["salary"]]).priorConflicts.isEmpty)
    let other = try Fit(AbsoluteLine(), to: table(scale: 1), bind: ["x": ["years"], "y": ["salary"]])
    #expect(other.priorConflicts.isEmpty)
  }

  /// Of the groups, those far out are counted, and the farthest is named.
  @Test func members() throws {
    var random = RandomSource(seed: 5)
    let groups = (0..<80).map { Double($0 % 4) }
    let levels = [0.5, -30, 0, 80.0]
    let table = try DataTable(columns: [
      Column(name: "g", values: groups, kind: .categorical(levels: ["a", "b", "c", "d"])),
      Column(name: "y", values: groups.map { levels[Int($0)] + 10 * random.normal() }),
    ])
    let fit = try Fit(Offsets(), to: table, bind: ["group": ["g"], "y": ["y"]])
    let conflict = try #require(fit.priorConflicts.first)
    #expect(conflict.variable == "effect" && conflict.member == 3 && conflict.memberCount <= 3)
    #expect(fit.message(conflict).contains("d"))
    var fitting = Offsets()
    fitting.precision = 1 / 2500.0
    #expect(try Fit(fitting, to: table, bind: ["group": ["g"], "y": ["y"]]).priorConflicts.isEmpty)
  }

  /// Where the prior wins, the noise takes the contradiction and the fit lies in the prior: the farther off the data, the more so.
  @Test(arguments: [60.0, 1500, 30_000, 300_000])
  func priorsThatWin(_ level: Double) throws {
    struct Level: Model {
      let level = Latent<Normal>(), noise = Latent<Gamma>(), y = Observed<Normal>()
      var body: [Statement] {
        level ~ Normal(mean: 0.0, precision: 1.0)
        noise ~ Gamma(shape: 1, rate: 1)
        Plate.rows { y ~ Normal(mean: level, precision: noise) }
      }
    }
    var random = RandomSource(seed: 9)
    let draws = (0..<200).map { _ in random.normal() }
    let far = try Fit(Level(), to: DataTable(["y": draws.map { level + $0 }]))
    #expect(far.priorConflicts.map(\.variable).contains("level"))
    let near = try Fit(Level(), to: DataTable(["y": draws.map { 0.5 + $0 }]))
    #expect(near.priorConflicts.isEmpty)
  }

  /// Parts of the rows lie closer together than all rows, of which the prior is; that all lie so close is not what it says.
  @Test func parts() throws {
    struct Parts: Model {
      @Hyperparameter("Prior variance.") var variance = 1.0
      let weights = Latent<Dirichlet>(), cluster = Latent<NormalGamma>(), label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1, count: 2)
        Plate("component", 2) { cluster ~ NormalGamma(mean: 0.0, variance: variance, shape: 5) }
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(cluster[label])
        }
      }
    }
    var random = RandomSource(seed: 2)
    func table(deviation: Double) throws -> DataTable {
      try DataTable(["x": (0..<60).map { ($0 % 2 == 0 ? -3.0 : 3) + deviation * random.normal() }])
    }
    var model = Parts()
    model.variance = 13
    #expect(try Fit(model, to: table(deviation: 2)).priorConflicts.isEmpty)
    // Of components that are as narrow as this, a prior of the rows' own deviation makes ones of seven times theirs.
    let table = try table(deviation: 0.2)
    model.variance = 9
    let wide = try #require(Fit(model, to: table).priorConflicts.first)
    #expect(wide.variable == "cluster" && wide.posterior.value > 5 * wide.data.value)
    model.variance = 9e6
    let conflict = try #require(Fit(model, to: table).priorConflicts.first)
    #expect(conflict.variable == "cluster" && conflict.memberCount >= 1)
  }

  /// What only gives other variables their priors is judged by these: here groups differ by far less than was held to be likely, and
  /// no group is pulled for that.
  @Test func priorsOfPriors() throws {
    struct Scaled: Model {
      let effect = Latent<Normal>(), scale = Latent<Gamma>(), noise = Latent<Gamma>()
      let group = Groups()
      let y = Observed<Normal>()
      var body: [Statement] {
        scale ~ Gamma(shape: 3, rate: 3e6)
        noise ~ Gamma(shape: 1e-3, rate: 1e-3 * y.variance)
        Plate(per: group) { effect ~ Normal(mean: 0.0, precision: scale) }
        Plate.rows { y ~ Normal(mean: effect[group], precision: noise) }
      }
    }
    var random = RandomSource(seed: 5)
    let groups = (0..<200).map { Double($0 % 20) }
    let levels = (0..<20).map { _ in 30 * random.normal() }
    let table = try DataTable(["g": groups, "y": groups.map { levels[Int($0)] + random.normal() }])
    let fit = try Fit(Scaled(), to: table, bind: ["group": ["g"], "y": ["y"]])
    #expect(fit.priorConflicts.isEmpty)
    let means = try #require(fit.marginal("effect")).means.map { $0[0] }
    for (found, level) in zip(means, levels) { #expect(abs(found - level) < 1.5) }
  }

  /// A precision far from what its prior expects, where the prior is worth more than the data.
  @Test func precision() throws {
    struct Noise: Model {
      let noise = Latent<Gamma>()
      let y = Observed<Normal>()
      var body: [Statement] {
        noise ~ Gamma(shape: 20.0, rate: 20.0)
        Plate.rows { y ~ Normal(mean: 0.0, precision: noise) }
      }
    }
    var random = RandomSource(seed: 9)
    let draws = (0..<40).map { _ in random.normal() }
    func conflicts(_ scale: Double) throws -> [PriorConflict] {
      let table = try DataTable(columns: [Column(name: "y", values: draws.map { scale * $0 })])
      let fit = try Fit(Noise(), to: table)
      return fit.priorConflicts
    }
    let found = try [1, 0.001, 1000].map(conflicts)
    #expect(found[0].isEmpty)
    #expect(found[1].first?.variable == "noise" && found[2].first?.variable == "noise")
  }
}
