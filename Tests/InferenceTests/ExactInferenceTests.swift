import Suffice
import Testing

/// Models with known parameters, or a single latent block: the bound is the evidence, which closed forms tell.
@Suite struct ExactInferenceTests {
  /// log N(x; 0, Σ) for a whole data set.
  private func logNormal(_ x: [Double], _ covariance: (Int, Int) -> Double) throws -> Double {
    let n = x.count
    let matrix = SymmetricMatrix(order: n, packed: (0..<n).flatMap { i in (0...i).map { covariance(i, $0) } })
    let factor = try #require(matrix.cholesky())
    let half = factor.forward(x)
    return -0.5 * (dot(half, half) + factor.logDeterminant + Double(n) * 1.8378770664093454836)
  }

  private func draws(_ n: Int, seed: UInt64 = 1) -> [Double] {
    var random = RandomSource(seed: seed)
    return (0..<n).map { _ in random.normal() }
  }

  /// A Kalman filter's evidence: two states, one of them seen, over two sequences.
  @Test func kalmanFilter() throws {
    struct Tracking: Model {
      let patient = Groups()
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Chain(of: patient) {
          z
            ~ MarkovChain(
              initial: MultivariateNormal(mean: [1.0, 0.0], precisions: [1.0, 4.0]),
              transition: MultivariateNormal(
                mean: Matrix([[1, 1], [-0.2, 0.9]]) * z.previous, precisions: [10.0, 5.0]))
          x ~ Normal(mean: Matrix([[1, 0.5]]) * z, precision: 2.0)
        }
      }
    }
    let lengths = [7, 1, 5]
    let x = draws(13)
    let patients = lengths.enumerated().flatMap { [Double](repeating: Double($0), count: $1) }
    // The state's mean and covariance, step by step, give those of all observations together.
    let a = [[1, 1], [-0.2, 0.9]]
    func times(_ m: [[Double]], _ n: [[Double]]) -> [[Double]] {
      m.map { row in n[0].indices.map { j in row.indices.reduce(0) { $0 + row[$1] * n[$1][j] } } }
    }
    func transposed(_ m: [[Double]]) -> [[Double]] { m[0].indices.map { j in m.map { $0[j] } } }
    var expected = 0.0
    var start = 0
    for length in lengths {
      var means: [[Double]] = [[1, 0]]
      var covariances: [[[Double]]] = [[[1, 0], [0, 0.25]]]
      for _ in 1..<max(length, 1) {
        means.append(a.map { dot($0, means[means.count - 1]) })
        var next = times(times(a, covariances[covariances.count - 1]), transposed(a))
        next[0][0] += 0.1
        next[1][1] += 0.2
        covariances.append(next)
      }
      let c = [1, 0.5]
      let centred = (0..<length).map { x[start + $0] - dot(c, means[$0]) }
      expected += try logNormal(centred) { s, t in
        // Cov(z_s, z_t) = A^(s−t) V_t for s ≥ t.
        var cross = covariances[t]
        for _ in 0..<(s - t) { cross = times(a, cross) }
        return dot(c, cross.map { dot($0, c) }) + (s == t ? 0.5 : 0)
      }
      start += length
    }
    let table = try DataTable(["x": x, "patient": patients])
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Tracking(), to: table, backend: backend)
      #expect(abs(fit.bound - expected) < 1e-10 * abs(expected))
    }
  }

  /// Factor analysis with known loadings: each row is normal with covariance W Wᵀ + Ψ.
  @Test(arguments: [false, true]) func factorAnalysis(missing: Bool) throws {
    struct Factors: Model {
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate.rows {
          z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
          x ~ Normal(mean: Matrix([[1, 0], [0.5, -1], [2, 0.3]]) * z, precision: [1.0, 2.0, 4.0])
        }
      }
    }
    let loadings = [[1, 0], [0.5, -1], [2, 0.3]]
    var rows = (0..<20).map { draws(3, seed: UInt64($0) + 1) }
    if missing {
      rows[0][1] = .nan
      rows[3] = [.nan, .nan, .nan]
      rows[5] = [.nan, rows[5][1], .nan]
    }
    var expected = 0.0
    for row in rows {
      let seen = row.indices.filter { !row[$0].isNaN }
      expected += try logNormal(seen.map { row[$0] }) { i, j in
        dot(loadings[seen[i]], loadings[seen[j]]) + (i == j ? [1, 0.5, 0.25][seen[i]] : 0)
      }
    }
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Factors(), to: table(rows), backend: backend)
      #expect(abs(fit.bound - expected) < 1e-11 * abs(expected))
    }
  }

  /// A mixture of factor analysers with known parameters: z is solved given the label, the label exactly.
  @Test func mixtureOfFactorAnalysers() throws {
    struct Analysers: Model {
      let label = Latent<Categorical>()
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate.rows {
          label ~ Categorical([0.3, 0.7])
          z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 1)
          x ~ Normal(mean: Table([2.0, -1.0])[label] * z, precision: Table([1.0, 5.0])[label])
        }
      }
    }
    let x = draws(20)
    let expected = try x.reduce(0) { sum, value in
      let joint = try [(0.3, 4.0 + 1), (0.7, 1 + 0.2)].map { weight, variance in
        _log(weight) + (try logNormal([value]) { _, _ in variance })
      }
      return sum + logSumExp(joint[...])
    }
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Analysers(), to: DataTable(["x": x]), backend: backend)
      #expect(abs(fit.bound - expected) < 1e-11 * abs(expected))
    }
  }

  /// A multivariate normal row conditions on what is seen: the evidence is that of the seen elements.
  @Test func missingElementsOfMixtures() throws {
    struct Mixture: Model {
      let label = Latent<Categorical>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        Plate.rows {
          label ~ Categorical([0.4, 0.6])
          x
            ~ MultivariateNormal(
              mean: Table([[0, 1, 2], [1, -1, 0]])[label],
              precision: Table([[2, 0.5, 0, 0.5, 1, 0.2, 0, 0.2, 3], [1, 0, 0.3, 0, 2, 0, 0.3, 0, 1]])[label])
        }
      }
    }
    let means = [[0, 1, 2.0], [1, -1, 0.0]]
    let precisions = [[2, 0.5, 1, 0, 0.2, 3], [1, 0, 2, 0.3, 0, 1]]
    var rows = (0..<20).map { draws(3, seed: UInt64($0) + 7) }
    rows[0][1] = .nan
    rows[3] = [.nan, .nan, .nan]
    rows[5] = [.nan, rows[5][1], .nan]
    var expected = 0.0
    for row in rows {
      let seen = row.indices.filter { !row[$0].isNaN }
      var joint: [Double] = []
      for k in 0..<2 {
        let covariance = try #require(SymmetricMatrix(order: 3, packed: precisions[k]).cholesky()).inverse()
        joint.append(
          [-0.916290731874155, -0.510825623765991][k]
            + (try logNormal(seen.map { row[$0] - means[k][$0] }) { covariance[seen[$0], seen[$1]] }))
      }
      expected += logSumExp(joint[...])
    }
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Mixture(), to: table(rows), backend: backend)
      #expect(abs(fit.bound - expected) < 1e-11 * abs(expected))
    }
  }

  /// #10: a clinical trial, with one or two probabilities of success: the bounds are the two evidences.
  @Test func clinicalTrial() throws {
    struct Effective: Model {
      let group = Groups()
      let success = Observed<Bernoulli>()
      let probability = Latent<Beta>()
      var body: [Statement] {
        Plate(per: group) { probability ~ Beta(alpha: 1, beta: 1, count: 1) }
        Plate.rows { success ~ Bernoulli(probability[group]) }
      }
    }
    struct Ineffective: Model {
      let success = Observed<Bernoulli>()
      let probability = Latent<Beta>()
      var body: [Statement] {
        probability ~ Beta(alpha: 1, beta: 1)
        Plate.rows { success ~ Bernoulli(probability) }
      }
    }
    let data = try DataTable([
      "success": [0, 0, 1, 0, 0, 1, 0, 1, 1, 1], "group": [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
    ])
    let bind = ["success": ["success"]]
    let one = try Fit(Effective(), to: data, bind: bind.merging(["group": ["group"]]) { $1 })
    let other = try Fit(Ineffective(), to: data, bind: bind)
    let odds = _exp(one.bound - other.bound)
    #expect(abs(odds / (1 + odds) - 77.0 / 102) < 1e-12)
    let means = try #require(one.marginal("probability")).means.map { $0[0] }
    #expect(abs(means[0] - 2.0 / 7) < 1e-12 && abs(means[1] - 5.0 / 7) < 1e-12)
  }

  /// Weight 2 is the row twice, weight 0 its absence.
  @Test func weightsCountRows() throws {
    let x = draws(40)
    let weights = (0..<40).map { Double($0 % 3) }
    let repeated = x.indices.flatMap { [Double](repeating: x[$0], count: $0 % 3) }
    var settings = FitSettings()
    settings.restarts = 1
    settings.maximumPasses = 20
    settings.tolerance = 0
    let labels = x.map { $0 < 0 ? 0 : 1 }
    settings.start = .labels(x.indices.flatMap { [Int](repeating: labels[$0], count: $0 % 3) })
    struct Two: Model {
      let weights = Latent<Dirichlet>()
      let cluster = Latent<NormalGamma>()
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1, count: 2)
        Plate("component", 2) { cluster ~ NormalGamma(mean: x.mean, variance: x.variance) }
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(cluster[label])
        }
      }
    }
    let expected = try Fit(Two(), to: DataTable(["x": repeated]), settings: settings)
    settings.start = .labels(labels)
    settings.weights = "w"
    let found = try Fit(Two(), to: DataTable(["x": x, "w": weights]), settings: settings)
    #expect(abs(found.bound - expected.bound) < 1e-10 * abs(expected.bound))
    for (a, b) in zip(found.naturals.flatMap { $0 }, expected.naturals.flatMap { $0 }) {
      #expect(abs(a - b) < 1e-9 * max(1, abs(b)))
    }
  }
}

/// Missing cells that are filled in.
@Suite struct ImputationTests {
  /// A known normal row: the missing element's conditional mean, and draws with its conditional variance.
  @Test func normalRow() throws {
    struct Known: Model {
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        Plate.rows { x ~ MultivariateNormal(mean: [1.0, 2.0], precision: [2, -1, -1, 1.0]) }
      }
    }
    let table = try table([[3, .nan], [.nan, 2.5], [0, 0], [3, .nan]])
    let fit = try Fit(Known(), to: table)
    let application = try Application(fit, to: table)
    let filled = try application.imputed()
    // E[x2 | x1] = μ2 − Λ21/Λ22 (x1 − μ1).
    #expect(abs(filled.columns[1][0] - 4) < 1e-12)
    #expect(abs(filled.columns[0][1] - 1.25) < 1e-12)
    #expect(filled.columns[0][2] == 0 && filled.columns[0][0] == 3)
    let draws = try (0..<2000).map { try application.imputed(seed: $0).columns[1][0] }
    let mean = draws.reduce(0, +) / 2000
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2000
    #expect(abs(mean - 4) < 0.12 && abs(variance - 1) < 0.17)
  }

  /// Cells of independent columns are filled by what the label says.
  @Test func mixedColumns() throws {
    struct Two: Model {
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      let color = Observed<Categorical>()
      var body: [Statement] {
        Plate.rows {
          label ~ Categorical([0.25, 0.75])
          x ~ Normal(mean: Table([[0, 0], [10, 20]])[label], precision: 1.0)
          color ~ Categorical(Table([[0.9, 0.1], [0.2, 0.8]])[label])
        }
      }
    }
    let data = try DataTable(
      columns: [
        Column(name: "a", values: [0, .nan, .nan, 10]), Column(name: "b", values: [.nan, 20, .nan, 20]),
        Column(name: "c", values: [.nan, .nan, 0, 1], kind: .categorical(levels: ["red", "blue"])),
      ])
    let bind = ["x": ["a", "b"], "color": ["c"]]
    let fit = try Fit(Two(), to: data, bind: bind)
    let filled = try Application(fit, to: data).imputed()
    #expect(abs(filled.columns[1][0]) < 1e-6 && abs(filled.columns[0][1] - 10) < 1e-6)
    #expect(filled.columns[2][0] == 0 && filled.columns[2][1] == 1)
    // Only the colour is seen: P(label 2 | red) = 0.75·0.2/(0.75·0.2 + 0.25·0.9).
    #expect(abs(filled.columns[0][2] - 10 * 0.4) < 1e-9)
  }
}

/// What is missing altogether says nothing, exactly.
@Suite struct MissingRowTests {
  struct Clusters: Model {
    let weights = Latent<Dirichlet>()
    let cluster = Latent<NormalWishart>()
    let label = Latent<Categorical>()
    let x = Observed<MultivariateNormal>()
    let color = Observed<Categorical>()
    let shades = Latent<Dirichlet>()
    var body: [Statement] {
      weights ~ Dirichlet(concentration: 1, count: 2)
      Plate("component", 2) {
        cluster ~ NormalWishart(mean: 0.0, inverseScale: 1.0, degreesOfFreedom: 4)
        shades ~ Dirichlet(concentration: 1, count: color.levels)
      }
      Plate.rows {
        label ~ Categorical(weights)
        x ~ MultivariateNormal(cluster[label])
        color ~ Categorical(shades[label])
      }
    }
  }

  private func table(_ rows: [[Double]]) throws -> DataTable {
    try DataTable(
      columns: ["a", "b"].indices.map { j in Column(name: ["a", "b"][j], values: rows.map { $0[j] }) } + [
        Column(name: "c", values: rows.map { $0[2] }, kind: .categorical(levels: ["red", "blue"]))
      ])
  }

  @Test func emptyRowChangesNothing() throws {
    var random = RandomSource(seed: 8)
    let rows = (0..<30).map { i in [random.normal() + (i % 2 == 0 ? 3 : -3), random.normal(), Double(i % 2)] }
    var settings = FitSettings()
    settings.start = .labels((0..<30).map { $0 % 2 })
    settings.maximumPasses = 10
    settings.tolerance = 0
    let bind = ["x": ["a", "b"], "color": ["c"]]
    let full = try Fit(Clusters(), to: table(rows), bind: bind, settings: settings)
    let more = rows + [[.nan, .nan, .nan]]
    let with = try Fit(Clusters(), to: table(more), bind: bind, settings: settings)
    #expect(with.naturals == full.naturals && with.bound == full.bound)
    // A row of which only the colour is seen says nothing about where clusters lie, given the label.
    settings.start = .labels((0..<31).map { $0 % 2 })
    let colored = rows + [[.nan, .nan, 0]]
    let other = try Fit(Clusters(), to: table(colored), bind: bind, settings: settings)
    let counts = try #require(other.marginal("cluster")).parameter("degreesOfFreedom").map { $0[0] }.reduce(0, +)
    #expect(abs(counts - 8 - 30) < 1e-9)
    #expect(abs(try #require(other.marginal("weights")).parameter("concentration")[0].reduce(0, +) - 33) < 1e-9)
  }
}

/// Rows of chains that are drawn.
@Suite struct ChainSampleTests {
  struct Switching: Model {
    let state = Latent<Categorical>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Chain {
        state
          ~ MarkovChain(
            initial: Categorical([0.999, 0.001]),
            transition: Categorical(Table([[0.95, 0.05], [0.05, 0.95]])[state.previous]))
        x ~ Normal(mean: Table([0.0, 10.0])[state], precision: 4.0)
      }
    }
  }

  struct Drift: Model {
    let z = Latent<MultivariateNormal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Chain {
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: [5.0], precisions: 100.0, count: 1),
            transition: MultivariateNormal(mean: Matrix([[0.9]]) * z.previous, precisions: 1.0))
        x ~ Normal(mean: Matrix([[1.0]]) * z, precision: 100.0)
      }
    }
  }

  @Test func labels() throws {
    let fit = try Fit(Switching(), to: DataTable(["x": [0, 0, 10, 10, 0]]))
    let column = try fit.sample(4000, seed: 3).columns[0]
    let x = (0..<4000).map { column[$0] }
    #expect(abs(x[0]) < 3)
    // One row in twenty begins another stretch.
    let switches = (1..<4000).filter { (x[$0] > 5) != (x[$0 - 1] > 5) }.count
    #expect(abs(Double(switches) / 4000 - 0.05) < 0.02)
  }

  @Test func vectors() throws {
    let fit = try Fit(Drift(), to: DataTable(["x": [5, 4, 4, 3, 1]]))
    let column = try fit.sample(4000, seed: 3).columns[0]
    let x = (0..<4000).map { column[$0] }
    #expect(abs(x[0] - 5) < 1)
    let areFinite = x.allSatisfy { $0.isFinite }
    #expect(areFinite)
    // The stationary variance is 1/(1 − 0.81), plus that of the noise.
    let variance = x.reduce(0) { $0 + $1 * $1 } / 4000
    #expect(abs(variance - 5.27) < 1.2)
  }
}
