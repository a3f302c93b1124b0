import Models
import Suffice
import Testing

/// Shipped regressions find what made the data.
@Suite struct RegressionTests {
  private let x = draws(200, seed: 1)
  private let u = draws(200, seed: 2)
  private let noise = draws(200, seed: 3)
  private let chance = uniforms(200, seed: 4)

  private func data(_ y: [Double], also: [Column] = []) throws -> DataTable {
    try DataTable(
      columns: [Column(name: "a", values: x), Column(name: "b", values: u), Column(name: "y", values: y)] + also)
  }
  private let bind = ["x": ["a", "b"], "y": ["y"]]

  @Test func linear() throws {
    let y = x.indices.map { 3 + 2 * x[$0] - u[$0] + 0.5 * noise[$0] }
    let posterior = try checkedFit(LinearRegression(), to: data(y), bind: bind).posterior(of: LinearRegression.self)
    for (found, expected) in zip(posterior.coefficients.mean, [3.0, 2, -1]) { #expect(abs(found - expected) < 0.12) }
    #expect(abs(posterior.precision.mean[0] - 4) < 1)
  }

  @Test func multiOutput() throws {
    let y = x.indices.map { 3 + 2 * x[$0] - u[$0] + 0.5 * noise[$0] }
    let w = x.indices.map { 1 - x[$0] + 0.5 * noise[$0] + 0.1 * noise[199 - $0] }
    let fit = try checkedFit(
      MultiOutputRegression(), to: data(y, also: [Column(name: "w", values: w)]),
      bind: ["x": ["a", "b"], "y": ["y", "w"]])
    let mean = fit.posterior(of: MultiOutputRegression.self).map.mean
    for (found, expected) in zip(mean, [3.0, 2, -1, 1, -1, 0]) { #expect(abs(found - expected) < 0.12) }
  }

  /// Relevance and horseshoe keep the two inputs that matter of twelve.
  @Test func sparse() throws {
    let others = (0..<10).map { k in Column(name: "c\(k)", values: draws(200, seed: UInt64(10 + k))) }
    let y = x.indices.map { 3 + 2 * x[$0] - u[$0] + 0.5 * noise[$0] }
    let table = try data(y, also: others)
    let bind = ["x": ["a", "b"] + others.map(\.name), "y": ["y"]]
    let relevance = try checkedFit(RelevanceRegression(), to: table, bind: bind, passes: 200)
    let horseshoe = try checkedFit(HorseshoeRegression(), to: table, bind: bind, passes: 200)
    for fit in [relevance, horseshoe] {
      let mean = try #require(fit.marginal("coefficients")).mean
      #expect(mean.count == 12 && abs(mean[0] - 2) < 0.12 && abs(mean[1] + 1) < 0.12)
      #expect(mean[2...].allSatisfy { abs($0) < 0.08 })
    }
  }

  @Test func logistic() throws {
    let y = x.indices.map { chance[$0] < 1 / (1 + _exp(-(0.5 + 2 * x[$0] - u[$0]))) ? 1.0 : 0 }
    let fit = try checkedFit(LogisticRegression(), to: data(y), bind: bind)
    let mean = fit.posterior(of: LogisticRegression.self).coefficients.mean
    for (found, expected) in zip(mean, [0.5, 2, -1]) { #expect(abs(found - expected) < 0.6) }
  }

  @Test func multinomial() throws {
    let y = x.indices.map { i -> Double in
      if chance[i] < 1 / (1 + _exp(-(0.5 + 2 * x[i]))) { return 0 }
      return draws(1, seed: UInt64(i))[0] < u[i] ? 1 : 2
    }
    let labels = Column(name: "kind", values: y, kind: .categorical(levels: ["u", "v", "w"]))
    let fit = try checkedFit(
      MultinomialRegression(), to: data(y, also: [labels]), bind: ["x": ["a", "b"], "y": ["kind"]], passes: 200)
    let means = fit.posterior(of: MultinomialRegression.self).coefficients.means
    for (found, expected) in zip(means[0], [0.5, 2, 0]) { #expect(abs(found - expected) < 0.6) }
  }

  /// The choices between a level and those after it are logistic regressions of the rows that reach them, where all have one
  /// prior.
  @Test func choicesOfLevels() throws {
    struct Choices: Model {
      let coefficients = Latent<MultivariateNormal>()
      let omega = Latent<PolyaGamma>()
      let x = Covariates()
      let y = Observed<Categorical>()
      var body: [Statement] {
        Plate(per: y.splits) { coefficients ~ MultivariateNormal(mean: 0.0, precision: 0.01) }
        Plate.rows {
          omega ~ PolyaGamma(shape: 1)
          y ~ Categorical(logits: coefficients * x, auxiliary: omega)
        }
      }
    }
    struct Choice: Model {
      let coefficients = Latent<MultivariateNormal>()
      let omega = Latent<PolyaGamma>()
      let x = Covariates()
      let y = Observed<Bernoulli>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 0.01)
        Plate.rows {
          omega ~ PolyaGamma(shape: 1)
          y ~ Bernoulli(logit: coefficients * x, auxiliary: omega)
        }
      }
    }
    let y = x.indices.map { i -> Double in
      if chance[i] < 1 / (1 + _exp(-(0.5 + 2 * x[i]))) { return 0 }
      return draws(1, seed: UInt64(i))[0] < u[i] ? 1 : 2
    }
    let kinds = Column(name: "kind", values: y, kind: .categorical(levels: ["u", "v", "w"]))
    let one = Column(name: "one", values: x.map { _ in 1 })
    let whole = try checkedFit(
      Choices(), to: data(y, also: [one, kinds]), bind: ["x": ["one", "a", "b"], "y": ["kind"]], passes: 200)
    let means = try #require(whole.marginal("coefficients")).means
    var bound = 0.0
    for k in 0..<2 {
      let rows = y.indices.filter { y[$0] >= Double(k) }
      let table = try DataTable([
        "one": rows.map { _ in 1 }, "a": rows.map { x[$0] }, "b": rows.map { u[$0] },
        "y": rows.map { y[$0] == Double(k) ? 1 : 0 },
      ])
      let part = try checkedFit(Choice(), to: table, bind: ["x": ["one", "a", "b"], "y": ["y"]], passes: 200)
      bound += part.bound
      for (found, expected) in zip(means[k], try #require(part.marginal("coefficients")).mean) {
        #expect(abs(found - expected) < 1e-3)
      }
    }
    #expect(abs(whole.bound - bound) < 1e-6)
  }

  @Test func probit() throws {
    let y = x.indices.map { 0.3 + x[$0] - u[$0] + noise[$0] > 0 ? 1.0 : 0 }
    let fit = try checkedFit(ProbitRegression(), to: data(y), bind: bind)
    let mean = fit.posterior(of: ProbitRegression.self).coefficients.mean
    for (found, expected) in zip(mean, [0.3, 1, -1]) { #expect(abs(found - expected) < 0.4) }
  }

  @Test func negativeBinomial() throws {
    var random = RandomSource(seed: 6)
    let y = x.indices.map { i -> Double in
      let rate = _exp(random.logGammaVariate(shape: 2) + 0.2 + 0.6 * x[i])
      return Poisson.sample([_log(rate)], FamilyShape(dimension: 1), using: &random)[0]
    }
    var model = NegativeBinomialRegression()
    model.size = 2
    let mean = try checkedFit(model, to: data(y), bind: bind).posterior(of: NegativeBinomialRegression.self)
      .coefficients.mean
    for (found, expected) in zip(mean, [0.2, 0.6, 0]) { #expect(abs(found - expected) < 0.25) }
  }

  @Test func poissonRates() throws {
    var random = RandomSource(seed: 7)
    let rates = [0.5, 2, 8.0]
    let exposure = x.map { 1 + abs($0) }
    let groups = x.indices.map { Double($0 % 3) }
    let y = x.indices.map { i in
      Poisson.sample([_log(rates[i % 3] * exposure[i])], FamilyShape(dimension: 1), using: &random)[0]
    }
    let table = try DataTable(["group": groups, "exposure": exposure, "y": y])
    let fit = try checkedFit(
      PoissonRates(), to: table, bind: ["group": ["group"], "exposure": ["exposure"], "y": ["y"]])
    let means = fit.posterior(of: PoissonRates.self).rate.means
    for (found, expected) in zip(means, rates) { #expect(abs(found[0] / expected - 1) < 0.25) }
  }

  @Test func mixture() throws {
    let y = x.indices.map { ($0 % 2 == 0 ? 2 + 3 * x[$0] : -2 - x[$0]) + 0.2 * noise[$0] }
    let table = try DataTable(["x": x, "y": y])
    let fit = try checkedFit(MixtureOfRegressions(), to: table, bind: ["x": ["x"], "y": ["y"]], restarts: 8)
    let means = fit.posterior(of: MixtureOfRegressions.self).line.means.sorted { $0[0] < $1[0] }
    let found: [Double] = means.flatMap { $0 }
    for (found, expected) in zip(found, [-2.0, -1, 2, 3]) { #expect(abs(found - expected) < 0.15) }
  }

  @Test func hierarchical() throws {
    let groups = x.indices.map { Double($0 % 10) }
    let levels = draws(10, seed: 8).map { 5 + 2 * $0 }
    let y = x.indices.map { levels[$0 % 10] + noise[$0] }
    let fit = try checkedFit(
      HierarchicalNormal(), to: DataTable(["group": groups, "y": y]), bind: ["group": ["group"], "y": ["y"]])
    let posterior = fit.posterior(of: HierarchicalNormal.self)
    for (found, expected) in zip(posterior.level.means, levels) { #expect(abs(found[0] - expected) < 0.8) }
    #expect(abs(posterior.within.mean[0] - 1) < 0.4)
  }

  @Test func matrixFactorization() throws {
    let (a, b) = (draws(24, seed: 9), draws(24, seed: 11))
    var rows: [[Double]] = []
    for i in 0..<12 {
      for j in 0..<12 where (i * 7 + j * 3) % 4 != 0 {
        rows.append([Double(i), Double(j), 3 + 0.5 * a[i] + b[j] + a[12 + i] * b[12 + j] + 0.1 * noise[i * 12 + j]])
      }
    }
    let table = try DataTable(
      columns: ["user", "item", "rating"].enumerated().map { k, name in
        Column(name: name, values: rows.map { $0[k] })
      })
    var model = MatrixFactorization()
    model.factors = 2
    let fit = try checkedFit(
      model, to: table, bind: ["user": ["user"], "item": ["item"], "rating": ["rating"]], passes: 100)
    #expect(fit.posterior(of: MatrixFactorization.self).noise.mean[0] > 10)
  }
}
