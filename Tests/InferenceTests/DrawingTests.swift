import Models
import Suffice
import SufficeTesting
import Testing

/// Rows and cells are drawn, and filled in, as the distribution says: auxiliary variables are integrated out.
@Suite struct DrawingTests {
  private let x: [Double]

  init() {
    var random = RandomSource(seed: 8)
    x = (0..<300).map { _ in random.normal() }
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// Five standard errors of a mean of draws, and the posterior's own deviation.
  private func expectMean(
    _ found: [Double], _ expected: Double, own: Double, location: SourceLocation = #_sourceLocation
  ) {
    let center = mean(found)
    let variance = mean(found.map { ($0 - center) * ($0 - center) })
    #expect(
      abs(center - expected) < 5 * (variance / Double(found.count)).squareRoot() + own, sourceLocation: location)
  }

  /// Regressions of inputs all alike: draws have the mean that the posterior's means say.
  @Test func regressionsGivenInputs() throws {
    var random = RandomSource(seed: 9)
    let psi = x.map { 0.4 + 0.8 * $0 }
    func table(_ y: [Double], kind: Column.Kind = .numeric) throws -> DataTable {
      try DataTable(columns: [Column(name: "x", values: x), Column(name: "y", values: y, kind: kind)])
    }
    let bind = ["x": ["x"], "y": ["y"]]
    let given = try DataTable(["x": [Double](repeating: 0.5, count: 4000)])
    func values(_ model: some Model, _ data: DataTable) throws -> (draws: [Double], coefficients: [[Double]]) {
      let fit = try Fit(model, to: data, bind: bind)
      let drawn = try fit.sample(given: given, seed: 3)
      #expect(drawn.columnNames == ["x", "y"] && drawn.rowCount == 4000)
      let column = try #require(drawn["y"])
      return ((0..<4000).map { column[$0] }, try #require(fit.marginal("coefficients")).means)
    }
    func logistic(_ c: [Double]) -> Double { 1 / (1 + _exp(-(c[0] + 0.5 * c[1]))) }
    let binary = try table(psi.map { random.uniform() < 1 / (1 + _exp(-$0)) ? 1 : 0 })
    let (yes, coefficients) = try values(LogisticRegression(), binary)
    expectMean(yes, logistic(coefficients[0]), own: 0.01)
    let (side, slopes) = try values(ProbitRegression(), binary)
    expectMean(side, _exp(logNormalTail(-(slopes[0][0] + 0.5 * slopes[0][1]))), own: 0.01)
    let counts = try table(
      psi.map { p in
        let rate = _exp(random.logGammaVariate(shape: 1) + p)
        return Poisson.sample([_log(rate)], FamilyShape(dimension: 1), using: &random)[0]
      })
    let (numbers, logs) = try values(NegativeBinomialRegression(), counts)
    expectMean(numbers, _exp(logs[0][0] + 0.5 * logs[0][1]), own: 0.1)
    let kinds = try table(
      psi.map { random.uniform() < 0.3 ? 2 : $0 > random.normal() ? 0 : 1 },
      kind: .categorical(levels: ["a", "b", "c"]))
    let (labels, choices) = try values(MultinomialRegression(), kinds)
    let first = logistic(choices[0])
    let shares = [first, (1 - first) * logistic(choices[1])]
    for k in 0..<2 { expectMean(labels.map { $0 == Double(k) ? 1 : 0 }, shares[k], own: 0.01) }
  }

  /// A text of two levels is filled in with the likelier one, as one of three is; a number of zero and one with its mean.
  @Test func textsOfTwoLevels() throws {
    let answers = (0..<90).map { $0 % 3 == 0 ? 0.0 : 1 }
    var (words, numbers) = (answers, answers.map { 1 - $0 })
    for i in 0..<6 { (words[i], numbers[i + 6]) = (.nan, .nan) }
    let table = try DataTable(columns: [
      Column(name: "word", values: words, kind: .categorical(levels: ["no", "yes"])),
      Column(name: "number", values: numbers),
    ])
    var model = BernoulliMixture()
    model.components = 2
    let filled = try Application(Fit(model, to: table), to: table).imputed()
    let (word, number) = (try #require(filled["word"]), try #require(filled["number"]))
    #expect(word.kind == .categorical(levels: ["no", "yes"]))
    #expect((0..<6).map { word[$0] } == Array(answers[0..<6]))
    #expect((6..<12).allSatisfy { abs(number[$0] - (1 - answers[$0])) < 0.2 && number[$0] != 1 - answers[$0] })
  }

  /// Rows of one column in which it is missing say nothing, also where one precision serves all columns.
  @Test func missingCellsOfOnlyColumns() throws {
    var model = SphericalGaussianMixture()
    model.components = 2
    let seen = x.map { $0 + ($0 < 0 ? -3 : 3) }
    let fit = try Fit(model, to: DataTable(["v": seen + [.nan, .nan]]))
    let alone = try Application(fit, to: DataTable(["v": seen])).logDensities()
    let application = try Application(fit, to: DataTable(["v": seen + [.nan]]))
    #expect(try zip(application.logDensities(), alone).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(try abs(application.logDensities()[seen.count]) < 1e-12)
    let (labels, weights) = (application.responsibilities()?.values, try #require(fit.marginal("weights")).mean)
    #expect(zip(try #require(labels).suffix(2), weights).allSatisfy { abs($0 - $1) < 0.01 })
    let filled = try #require(application.imputed()["v"])
    #expect(abs(filled[seen.count] - seen.reduce(0, +) / Double(seen.count)) < 0.5)
  }

  /// Cells of counts and labels that auxiliary variables belong to are filled in.
  @Test func cellsWithAuxiliaries() throws {
    var y = x.map { max((2 + 2 * $0).rounded(), 0) }
    let whole = try DataTable(["x": x, "y": y])
    for i in y.indices where i % 10 == 0 { y[i] = .nan }
    let table = try DataTable(["x": x, "y": y])
    let fit = try Fit(NegativeBinomialRegression(), to: whole, bind: ["x": ["x"], "y": ["y"]])
    let c = fit.posterior(of: NegativeBinomialRegression.self).coefficients.mean
    let filled = try #require(Application(fit, to: table).imputed()["y"])
    for i in y.indices where i % 10 == 0 {
      #expect(abs(filled[i] / _exp(c[0] + c[1] * x[i]) - 1) < 0.05)
    }
    let drawn = try #require(Application(fit, to: table).imputed(seed: 1)["y"])
    #expect(y.indices.allSatisfy { drawn[$0] == drawn[$0].rounded() && drawn[$0] >= 0 })
    #expect(try Application(fit, to: table).observedRows == y.map { !$0.isNaN })
  }

  /// A Beta and counts of each row's own number of trials: evidence, predictive density and draws in closed form.
  @Test func trialsOfEachRow() throws {
    struct Rates: Model {
      let probability = Latent<Beta>()
      let n = Covariates()
      let y = Observed<Counts>()
      var body: [Statement] {
        probability ~ Beta(alpha: 2, beta: 3)
        Plate.rows { y ~ Binomial(trials: n, probability: probability) }
      }
    }
    func logBeta(_ a: Double, _ b: Double) -> Double { logGamma(a) + logGamma(b) - logGamma(a + b) }
    func logChoose(_ n: Double, _ k: Double) -> Double { logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) }
    let (n, y) = ([4.0, 7, 0, 10, 3], [1.0, 5, 0, .nan, 2])
    let table = try DataTable(["n": n, "y": y])
    let bind = ["n": ["n"], "y": ["y"]]
    let fit = try Fit(Rates(), to: table, bind: bind)
    let seen = y.indices.filter { !y[$0].isNaN }
    let successes = seen.reduce(0) { $0 + y[$1] }
    let failures = seen.reduce(0) { $0 + n[$1] - y[$1] }
    let evidence =
      logBeta(2 + successes, 3 + failures) - logBeta(2, 3) + seen.reduce(0) { $0 + logChoose(n[$1], y[$1]) }
    #expect(abs(fit.bound - evidence) < 1e-10)
    let densities = try Application(fit, to: DataTable(["n": [6.0], "y": [2.0]])).logDensities()
    let (a, b) = (2 + successes, 3 + failures)
    #expect(abs(densities[0] - (logChoose(6, 2) + logBeta(a + 2, b + 4) - logBeta(a, b))) < 1e-10)
    let filled = try #require(Application(fit, to: table).imputed()["y"])
    // The expected logarithms of a probability stand for it.
    #expect(abs(filled[3] - 10 * a / (a + b)) < 0.3)
    let drawn = try fit.sample(given: DataTable(["n": [Double](repeating: 6, count: 4000)]), seed: 2)
    let draws = (0..<4000).map { drawn.columns[1][$0] }
    #expect(draws.allSatisfy { $0 >= 0 && $0 <= 6 })
    expectMean(draws, 6 * a / (a + b), own: 0)
  }

  /// Counts with an exposure are drawn, and filled in, at the rate times the exposure.
  @Test func exposures() throws {
    struct Rate: Model {
      let rate = Latent<Gamma>()
      let exposure = Covariates()
      let y = Observed<Poisson>()
      var body: [Statement] {
        rate ~ Gamma(shape: 1, rate: 1, count: 1)
        Plate.rows { y ~ Poisson(rate, exposure: exposure) }
      }
    }
    let exposure = x.map { 1 + abs($0) }
    var random = RandomSource(seed: 6)
    var y = exposure.map { Poisson.sample([_log(2 * $0)], FamilyShape(dimension: 1), using: &random)[0] }
    y[7] = .nan
    let table = try DataTable(["exposure": exposure, "y": y])
    let fit = try Fit(Rate(), to: table, bind: ["exposure": ["exposure"], "y": ["y"]])
    let mean = try #require(fit.marginal("rate")).mean[0]
    let filled = try #require(Application(fit, to: table).imputed()["y"])
    #expect(abs(filled[7] / (mean * exposure[7]) - 1) < 0.02)
    let drawn = try fit.sample(given: DataTable(["exposure": [Double](repeating: 5, count: 4000)]), seed: 1)
    expectMean((0..<4000).map { drawn.columns[1][$0] }, 5 * mean, own: 0)
  }

  /// Draws of a row's cells share its latent vector: their covariance is that of the model.
  @Test func cellsShareLatentVectors() throws {
    var random = RandomSource(seed: 4)
    let z = (0..<500).map { _ in random.normal() }
    func column(_ name: String, _ sign: Double) -> Column {
      Column(name: name, values: z.map { sign * 2 * $0 + 0.5 * random.normal() })
    }
    let whole = try DataTable(columns: [column("a", 1), column("b", -1), column("c", 1)])
    var model = FactorAnalysis()
    model.factors = 1
    let fit = try Fit(model, to: whole, bind: ["x": ["a", "b", "c"]])
    // Nothing but a far less telling third column is known.
    let rows = 2000
    let empty = [Double](repeating: .nan, count: rows)
    let third = whole.columns[2]
    let table = try DataTable([
      "a": empty, "b": empty, "c": (0..<rows).map { third[$0 % 500] },
    ])
    let drawn = try Application(fit, to: table).imputed(seed: 5)
    var products = 0.0
    for i in 0..<rows {
      // About what the third column says: the residuals share the rest of the latent vector.
      products += drawn.columns[0][i] * drawn.columns[1][i] / Double(rows)
    }
    let expected = (0..<500).reduce(0) { $0 - 4 * z[$1] * z[$1] / 500 }
    #expect(abs(products / expected - 1) < 0.15)
  }

  /// Rows that depend on rows before go on from those of each sequence that are given, or from the means of the data.
  @Test func autoregressions() throws {
    struct Autoregression: Model {
      let line = Latent<MatrixNormalWishart>()
      let sequence = Groups()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        line ~ MatrixNormalWishart(covariance: x.covariance, inputPrecision: 0.01)
        Chain(of: sequence) { x ~ MultivariateNormal(line, inputs: x.lag(1...2, intercept: true)) }
      }
    }
    var random = RandomSource(seed: 3)
    var x = [2.0, 2]
    for i in 2..<3000 { x.append(1 + 0.5 * x[i - 1] - 0.3 * x[i - 2] + 0.2 * random.normal()) }
    let bind = ["sequence": ["s"], "x": ["x"]]
    let fit = try Fit(Autoregression(), to: DataTable(["s": x.map { _ in 0 }, "x": x]), bind: bind)
    let line = try #require(fit.marginal("line")).mean
    let (rows, length) = (2000, 4)
    let given = try DataTable([
      "s": [Double](repeating: 0, count: rows),
      "x": (0..<rows).map { $0 < 2 ? [7.0, -1][$0] : .nan },
    ])
    let drawn = try #require(try fit.sample(given: given, seed: 4)["x"])
    #expect(drawn[0] == 7 && drawn[1] == -1)
    // The next rows by hand, from the posterior means: draws are 0.2 about these.
    let third = line[0] + line[1] * drawn[1] + line[2] * drawn[0]
    #expect(abs(drawn[2] - third) < 5 * 0.25)
    // Every later row follows from the two drawn before it.
    let left = (2..<rows).map { drawn[$0] - line[0] - line[1] * drawn[$0 - 1] - line[2] * drawn[$0 - 2] }
    expectMean(left, 0, own: 0.02)
    expectMean(left.map { $0 * $0 }, 0.04, own: 0.004)
    // Without a past, and with one sequence after another, none goes on from the one before.
    let fresh = try DataTable(["s": [Double](repeating: 0, count: length)])
    let start = try #require(try fit.sample(given: fresh, seed: 6)["x"])
    let center = mean(x)
    #expect(abs(start[0] - line[0] - (line[1] + line[2]) * center) < 5 * 0.25)
  }

  /// Each sequence begins anew, and goes on from its own past.
  @Test func sequencesGoOnFromTheirOwnPast() throws {
    struct Walk: Model {
      let level = Latent<Normal>()
      let sequence = Groups()
      let x = Observed<Normal>()
      var body: [Statement] {
        level ~ Normal(mean: 0.0, precision: 1e6, count: 1)
        Chain(of: sequence) { x ~ Normal(mean: level + Matrix([[1]]) * x.lag(1), precision: 1e4) }
      }
    }
    let bind = ["sequence": ["s"], "x": ["x"]]
    let s = [0.0, 0, 0, 1, 1, 1, 2, 2, 2]
    let fit = try Fit(Walk(), to: DataTable(["s": s, "x": [0.0, 0, 0, 1, 1, 1, 2, 2, 2]]), bind: bind)
    // Sequences that the fit has not seen.
    let past = [10.0, .nan, .nan, 20, .nan, 5, .nan, .nan, .nan]
    let drawn = try #require(try fit.sample(given: DataTable(["s": s.map { 7 - $0 }, "x": past]), seed: 1)["x"])
    for (row, expected) in [10.0, 10, 10, 20, 20, 20, 1, 1, 1].enumerated() {
      #expect(abs(drawn[row] - expected) < 0.2)
    }
  }

  @Test func whatCannotBeDrawn() throws {
    let table = try DataTable(["x": x, "y": x.map { $0 > 0 ? 1 : 0 }])
    let fit = try Fit(LogisticRegression(), to: table, bind: ["x": ["x"], "y": ["y"]])
    func message(_ body: () throws -> DataTable) -> String? {
      switch Result(catching: body) {
      case .success: nil
      case .failure(let error): "\(error)"
      }
    }
    #expect(
      message { try fit.sample(3) }?.hasSuffix(
        "the model conditions on \"x\". Give a table of it.") == true)
    #expect(
      message { try fit.sample(given: DataTable(["z": [1.0]])) }?.contains("has no column \"x\"") == true)
    let sample = try Fit(NormalSample(), to: DataTable(["x": x]))
    #expect(
      message { try sample.sample(given: table) }?.hasSuffix(
        "normal-sample conditions on no data: ask for a number of rows, without a table.") == true)
    struct Lifetimes: Model {
      let rate = Latent<Gamma>()
      let y = Observed<Exponential>()
      var body: [Statement] {
        rate ~ Gamma(shape: 1, rate: 1)
        Plate.rows { y ~ Weibull(shape: 2, rate: rate) }
      }
    }
    let lifetimes = try Fit(Lifetimes(), to: DataTable(["y": x.map { 0.1 + abs($0) }]))
    #expect(message { try lifetimes.sample(3) }?.contains("values of \"y\" cannot be drawn") == true)
    struct Votes: Model {
      let shares = Latent<Dirichlet>()
      let y = Observed<Multinomial>()
      var body: [Statement] {
        shares ~ Dirichlet(concentration: 1.0, count: 2)
        Plate.rows { y ~ Multinomial(probabilities: shares) }
      }
    }
    let votes = try Fit(Votes(), to: DataTable(["a": [1, 2], "b": [3, 1]]), bind: ["y": ["a", "b"]])
    #expect(message { try votes.sample(3) }?.contains("a number that Multinomial takes as known") == true)
  }
}
