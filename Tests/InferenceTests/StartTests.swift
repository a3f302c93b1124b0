import Foundation
import Models
import Suffice
import Testing

/// Where fits start when nothing is said: at no saddle, whatever the model.
@Suite struct StartTests {
  private func data(_ name: String) throws -> DataTable {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Data/\(name).csv")
    return try DataFile.read(path: url.path)
  }

  // MARK: Products

  /// Matrix factorisation whose noise is a Student's t: the one row variable is positive.
  struct RobustFactorisation: Model {
    let taste = Latent<MultivariateNormal>(), trait = Latent<MultivariateNormal>()
    let noise = Latent<Gamma>(), scale = Latent<Gamma>()
    let user = Groups(), item = Groups()
    let y = Observed<Normal>()
    var body: [Statement] {
      noise ~ Gamma(shape: 1, rate: 0.1 * y.variance)
      Plate(per: user) { taste ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2) }
      Plate(per: item) { trait ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2) }
      Plate.rows {
        scale ~ Gamma(shape: 2, rate: 2)
        y ~ Normal(mean: taste[user] * trait[item], precision: noise, factor: scale)
      }
    }
  }

  /// With all vectors at their prior means, each has nothing to learn from the other: the bound stays at −541.9.
  @Test(arguments: [0, 1, 2] as [UInt64]) func productsLeaveTheirSaddle(seed: UInt64) throws {
    var settings = FitSettings()
    (settings.seed, settings.restarts, settings.restartSweeps, settings.maximumPasses) = (seed, 4, 30, 60)
    let fit = try Fit(
      RobustFactorisation(), to: data("table20x10"), bind: ["user": ["user"], "item": ["item"], "y": ["y"]],
      settings: settings)
    #expect(fit.bound > -130)
    let size = try #require(fit.marginal("taste")).means.joined().map(abs).max()
    #expect(try #require(size) > 0.5)
  }

  // MARK: Vague priors

  /// Success rates of groups about a common level, on the scale of log odds.
  struct Effects: Model {
    var vague = 1e-6
    let level = Latent<Normal>(), spread = Latent<Gamma>(), effect = Latent<Normal>()
    let group = Groups()
    let omega = Latent<PolyaGamma>()
    let y = Observed<Bernoulli>()
    var body: [Statement] {
      level ~ Normal(mean: 0.0, precision: vague)
      spread ~ Gamma(shape: 1, rate: 1)
      Plate(per: group) { effect ~ Normal(mean: 0.0, precision: spread) }
      Plate.rows {
        omega ~ PolyaGamma(shape: 1)
        y ~ Bernoulli(logit: level + effect[group], auxiliary: omega)
      }
    }
  }

  /// The level is about log(72 / 1,005), for 72 of 1,077 succeed, however little its prior says.
  ///
  /// The bound of the vaguer prior
  /// is lower by half the logarithm of the precisions' ratio.
  @Test func vaguePriorsAreNoStart() throws {
    var settings = FitSettings()
    settings.weights = "n"
    settings.tolerance = 1e-10
    let bounds = try [1e-2, 1e-6, 1e-12].map { vague in
      var model = Effects()
      model.vague = vague
      let fit = try Fit(model, to: data("effects"), bind: ["group": ["g"], "y": ["y"]], settings: settings)
      #expect(abs(try #require(fit.marginal("level")).mean[0] + 2.52) < 0.1, "precision \(vague)")
      return fit.bound
    }
    #expect(abs(bounds[0] + 271.43) < 0.05)
    for (bound, decades) in zip(bounds.dropFirst(), [4.0, 10]) {
      #expect(abs(bounds[0] - bound - 0.5 * decades * 2.302585) < 0.1)
    }
  }

  // MARK: Global labels

  /// Two models of the same counts, one of which made all of them.
  struct Which: Model {
    let which = Latent<Categorical>(), probability = Latent<Beta>()
    let x = Observed<Counts>()
    var body: [Statement] {
      which ~ Categorical([0.5, 0.5])
      Plate("model", 2) { probability ~ Beta(alpha: 1, beta: 1) }
      Plate.rows { x ~ Binomial(trials: 30, probability: probability[which]) }
    }
  }

  /// The exact evidence is −20.232; one of two equal models has log 2 less.
  @Test func globalLabelsTryTheirValues() throws {
    let fit = try Fit(Which(), to: data("which"))
    #expect(fit.bound > -20.9249 && fit.bound < -20.92)
    let probabilities = try #require(fit.marginal("which")).parameter("probabilities")[0]
    #expect(try #require(probabilities.max()) > 0.999)
    #expect(fit.restartBounds.count == 2)
  }

  // MARK: Labels of groups

  /// A mixture of documents: each has one label.
  struct Documents: Model {
    let document = Groups()
    let weights = Latent<Dirichlet>(), words = Latent<Dirichlet>(), theme = Latent<Categorical>()
    let word = Observed<Categorical>()
    var body: [Statement] {
      weights ~ Dirichlet(concentration: 0.1, count: 12)
      Plate("theme", 12) { words ~ Dirichlet(concentration: 0.5, count: word.levels) }
      Plate(per: document) { theme ~ Categorical(weights) }
      Plate.rows { word ~ Categorical(words[theme[document]]) }
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>) func labelsOfGroupsUseWhatTheDataAskFor(seed: UInt64) throws {
    var random = RandomSource(seed: 7)
    let themes = (0..<4).map { theme in (0..<16).map { word in word / 4 == theme ? 6.0 : 1 } }
    var (documents, words): ([Double], [Double]) = ([], [])
    for document in 0..<40 {
      for _ in 0..<30 {
        documents.append(Double(document))
        words.append(Double(random.index(weights: themes[document % 4])))
      }
    }
    var settings = FitSettings()
    (settings.seed, settings.restarts, settings.restartSweeps) = (seed, 4, 10)
    let fit = try Fit(
      Documents(), to: DataTable(["document": documents, "word": words]),
      bind: ["document": ["document"], "word": ["word"]], settings: settings)
    let labels = try #require(fit.marginal("theme")).parameter("probabilities").map { probabilities in
      probabilities.indices.max { probabilities[$0] < probabilities[$1] }
    }
    #expect(Set(labels).count == 4)
    for document in 4..<40 { #expect(labels[document] == labels[document % 4]) }
  }

  /// Pairs of a sender and a receiver, each of which has a role: the roles of a sender show in whom it writes to only.
  struct Roles: Model {
    let sender = Groups(), receiver = Groups()
    let role = Latent<Categorical>(), part = Latent<Categorical>()
    let chance = Latent<Beta>()
    let y = Observed<Bernoulli>()
    var body: [Statement] {
      Plate(per: sender) { role ~ Categorical([0.5, 0.5]) }
      Plate(per: receiver) { part ~ Categorical([0.5, 0.5]) }
      Plate("from", 2) { Plate("to", 2) { chance ~ Beta(alpha: 0.5, beta: 0.5) } }
      Plate.rows { y ~ Bernoulli(chance[role[sender]][part[receiver]]) }
    }
  }

  @Test func rolesShowInWhomOneMeets() throws {
    var random = RandomSource(seed: 3)
    var columns: [[Double]] = [[], [], []]
    for sender in 0..<12 {
      for receiver in 0..<12 where receiver != sender {
        columns[0].append(Double(sender))
        columns[1].append(Double(receiver))
        columns[2].append(random.uniform() < (sender % 2 == receiver / 6 ? 0.9 : 0.1) ? 1 : 0)
      }
    }
    var settings = FitSettings()
    (settings.restarts, settings.restartSweeps) = (4, 10)
    let fit = try Fit(
      Roles(), to: DataTable(["s": columns[0], "r": columns[1], "y": columns[2]]),
      bind: ["sender": ["s"], "receiver": ["r"], "y": ["y"]], settings: settings)
    let role = try #require(fit.marginal("role")).parameter("probabilities").map { $0[0] > 0.5 }
    for sender in 2..<12 { #expect(role[sender] == role[sender % 2]) }
    #expect(role[0] != role[1])
  }

  // MARK: Samples

  private struct Switching: Model {
    let start = Latent<Dirichlet>(), move = Latent<Dirichlet>(), line = Latent<MatrixNormalWishart>()
    let state = Latent<Categorical>()
    let x = Observed<MultivariateNormal>()
    var body: [Statement] {
      start ~ Dirichlet(concentration: 1.0, count: 2)
      Plate("state", 2) {
        move ~ Dirichlet(concentration: 1.0, count: 2)
        line ~ MatrixNormalWishart(covariance: x.covariance, inputPrecision: [0.1, 1])
      }
      Chain {
        state ~ MarkovChain(initial: Categorical(start), transition: Categorical(move[state.previous]))
        x ~ MultivariateNormal(line[state], inputs: x.lag(1...1, intercept: true))
      }
    }
  }

  /// Starts of many rows in order are compared on stretches of them; the fit is that of starts on all rows.
  @Test func chainsStartOnStretches() throws {
    var random = RandomSource(seed: 5)
    var (x, isHigh): ([Double], Bool) = ([0], false)
    for _ in 1..<3000 {
      if random.uniform() < 0.03 { isHigh.toggle() }
      x.append((isHigh ? 3 : 0) + (isHigh ? -0.4 : 0.6) * x[x.count - 1] + random.normal())
    }
    let table = try DataTable(["x": x])
    let fits = try [20_000, 400].map { rows in
      var settings = FitSettings()
      (settings.restarts, settings.restartSweeps, settings.restartRows) = (3, 20, rows)
      return try Fit(Switching(), to: table, bind: ["x": ["x"]], settings: settings)
    }
    #expect(abs(fits[0].bound - fits[1].bound) < 1e-3 * abs(fits[0].bound))
    // Bounds on stretches are scaled to all rows, so that they are not those of all rows.
    #expect(fits[0].restartBounds.max() != fits[1].restartBounds.max())
  }

  // MARK: Moves

  /// A component that holds one row costs more than it explains, and is deleted.
  @Test func movesSeeComponentsOfOneRow() throws {
    var random = RandomSource(seed: 11)
    let x = (0..<300).map { ($0 % 2 == 0 ? -3.0 : 3) + random.normal() }
    var model = GaussianMixture()
    model.components = 8
    var labels = (0..<300).map { $0 % 2 }
    for k in 2..<8 { labels[40 * k] = k }
    var settings = FitSettings()
    settings.schedule = try MemoizedAscent(parts: 3)
    settings.start = .labels(labels)
    settings.maximumPasses = 100
    let fit = try Fit(model, to: DataTable(["x": x]), settings: settings)
    settings.start = .labels((0..<300).map { $0 % 2 })
    let two = try Fit(model, to: DataTable(["x": x]), settings: settings)
    #expect(fit.bound > two.bound - 0.1)
    #expect(try #require(fit.marginal("weights")).mean.count { $0 > 0.01 } == 2)
  }
}
