import Suffice
import SufficeTesting
import Testing

/// Chains whose rows follow from the rows before by rules of their own, with known parameters.
@Suite struct LinkedChainTests {
  /// Two hidden numbers; the mode of a row chooses how they follow from those before, where they drift, and with how much
  /// noise.
  struct Modes: Model {
    let sequence = Groups()
    let mode = Groups()
    let u = Covariates()
    let z = Latent<MultivariateNormal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Chain(of: sequence) {
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: [1.0, 0.0], precisions: [1.0, 4.0]),
            transition: MultivariateNormal(
              mean: Table([[0.3, -1], [0, 2]])[mode]
                + Table([Matrix([[0.7, 0.4], [-0.5, 0.3]]), Matrix([[0.2, -0.6], [0.5, 0.8]])])[mode] * z.previous
                + Matrix([[0.5], [-1]]) * u,
              precisions: Table([[10, 5], [1, 2]])[mode]))
        x ~ Normal(mean: Matrix([[1, 0.5], [0, 1]]) * z, precision: 2.0)
      }
    }
  }

  private let lengths = [7, 1, 5]
  private static let bind = ["x": ["a", "b"], "u": ["u"], "sequence": ["s"], "mode": ["m"]]

  private func modeTable(x: [[Double]], modes: [Int], u: [Double]) throws -> DataTable {
    try DataTable(columns: [
      Column(name: "a", values: x.map { $0[0] }), Column(name: "b", values: x.map { $0[1] }),
      Column(name: "u", values: u), Column(name: "s", values: sequences),
      Column(name: "m", values: modes.map(Double.init), kind: .categorical(levels: ["calm", "wild"])),
    ])
  }

  private func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var random = RandomSource(seed: seed)
    return (0..<count).map { _ in random.normal() }
  }

  private var sequences: [Double] {
    lengths.enumerated().flatMap { [Double](repeating: Double($0), count: $1) }
  }

  /// How a row follows from the row before.
  private struct Move {
    let matrix: [[Double]], drift: [Double], noise: [Double]

    init(matrix: [[Double]], drift: [Double], noise: [Double]) {
      (self.matrix, self.drift, self.noise) = (matrix, drift, noise)
    }

    /// What the mode of a row chooses.
    init(mode: Int, _ u: Double) {
      self.init(
        matrix: [[[0.7, 0.4], [-0.5, 0.3]], [[0.2, -0.6], [0.5, 0.8]]][mode],
        drift: [[0.3 + 0.5 * u, -1 - u], [0.5 * u, 2 - u]][mode],
        noise: [[0.1, 0.2], [1, 0.5]][mode])
    }

    /// The next mean and covariance of the hidden numbers.
    func step(_ m: inout [Double], _ v: inout [[Double]]) {
      let (mean, spread) = (m, v)
      m = (0..<2).map { drift[$0] + dot(matrix[$0], mean) }
      v = (0..<2).map { i in
        (0..<2).map { j in dot(matrix[i], spread.map { dot($0, matrix[j]) }) + (i == j ? noise[i] : 0) }
      }
    }
  }

  /// The evidence of rows, by a Kalman filter that takes one seen number at a time.
  private func filtered(_ x: [[Double]], by move: (Int) -> Move) -> Double {
    let loadings = [[1, 0.5], [0, 1.0]]
    var (total, row) = (0.0, 0)
    for length in lengths {
      var (m, v) = ([1.0, 0.0], [[1, 0], [0, 0.25]])
      for step in 0..<length {
        if step > 0 {
          move(row).step(&m, &v)
        }
        for (c, value) in zip(loadings, x[row]) where !value.isNaN {
          let gain = v.map { dot($0, c) }
          let (spread, error) = (dot(c, gain) + 0.5, value - dot(c, m))
          total -= 0.5 * (error * error / spread + _log(2 * Double.pi * spread))
          for i in 0..<2 {
            m[i] += gain[i] / spread * error
            for j in 0..<2 { v[i][j] -= gain[i] * gain[j] / spread }
          }
        }
        row += 1
      }
    }
    return total
  }

  /// Observed switches: the evidence is a Kalman filter's with transitions that vary; a sequence of one row among them.
  @Test(arguments: [false, true]) func observedModes(isMissing: Bool) throws {
    let modes = [0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0]
    let (a, b, u) = (numbers(13, seed: 1), numbers(13, seed: 2), numbers(13, seed: 3))
    var x = zip(a, b).map { [$0, $1] }
    if isMissing {
      x[2][1] = .nan
      x[4] = [.nan, .nan]
      x[7][0] = .nan
    }
    let table = try modeTable(x: x, modes: modes, u: u)
    let expected = filtered(x) { Move(mode: modes[$0], u[$0]) }
    let near = Tolerance.relative(1e-10, because: "a filter and smoothing in natural parameters round differently")
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Modes(), to: table, bind: Self.bind, backend: backend)
      #expect(near.allows(fit.bound, expected))
      let application = try Application(fit, to: table)
      #expect(near.allows(try application.logDensities().reduce(0, +), expected))
      let areBounds = application.densitiesAreBounds
      #expect(!areBounds)
    }
  }

  /// The matrix of a row is a sum of known ones that numbers of the row weigh.
  struct Varying: Model {
    let sequence = Groups()
    let u = Covariates(), v = Covariates()
    let z = Latent<MultivariateNormal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Chain(of: sequence) {
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: [1.0, 0.0], precisions: [1.0, 4.0]),
            transition: MultivariateNormal(
              mean: Matrix([[0.7, 0.4], [-0.5, 0.3]]) * z.previous + u
                * (Matrix([[0.1, -0.3], [0, 0.2]]) * z.previous)
                + v * (Matrix([[0, 0.5], [0.25, 0]]) * z.previous) + Matrix([[0.5], [-1]]) * u,
              precisions: [10.0, 2.0]))
        x ~ Normal(mean: Matrix([[1, 0.5], [0, 1]]) * z, precision: 2.0)
      }
    }
  }

  /// Matrices that vary with inputs: the evidence is a Kalman filter's.
  @Test func weighedMatrices() throws {
    let (a, b) = (numbers(13, seed: 1), numbers(13, seed: 2))
    let (u, v) = (numbers(13, seed: 3), numbers(13, seed: 4))
    let table = try DataTable(["a": a, "b": b, "u": u, "v": v, "s": sequences])
    let bind = ["x": ["a", "b"], "u": ["u"], "v": ["v"], "sequence": ["s"]]
    let expected = filtered(zip(a, b).map { [$0, $1] }) { row in
      let parts = [[[0.7, 0.4], [-0.5, 0.3]], [[0.1, -0.3], [0, 0.2]], [[0, 0.5], [0.25, 0]]]
      let matrix = (0..<2).map { i in
        (0..<2).map { parts[0][i][$0] + u[row] * parts[1][i][$0] + v[row] * parts[2][i][$0] }
      }
      return Move(matrix: matrix, drift: [0.5 * u[row], -u[row]], noise: [0.1, 0.5])
    }
    let near = Tolerance.relative(1e-10, because: "a filter and smoothing in natural parameters round differently")
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Varying(), to: table, bind: bind, backend: backend)
      #expect(near.allows(fit.bound, expected))
    }
  }

  /// A hidden Markov model whose transition an input chooses, by name or as one of many.
  struct Driven: Model {
    let sequence = Groups()
    let input = Groups()
    let state = Latent<Categorical>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Chain(of: sequence) {
        state
          ~ MarkovChain(
            initial: Categorical([0.6, 0.4]),
            transition: Categorical(
              Table([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.5, 0.5]])[input][state.previous]))
        x ~ Normal(mean: Table([-1.0, 1])[state], precision: 1.5)
      }
    }
  }

  /// The evidence is the sum over all paths.
  @Test func labelsDrivenByInputs() throws {
    let (x, inputs) = (numbers(13, seed: 5), [0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0])
    let move = [[[0.9, 0.1], [0.2, 0.8]], [[0.3, 0.7], [0.5, 0.5]]]
    var (expected, row) = (0.0, 0)
    for length in lengths {
      var sum = 0.0
      for path in 0..<(1 << length) {
        var density = 1.0
        for t in 0..<length {
          let (s, before) = (path >> t & 1, t > 0 ? path >> (t - 1) & 1 : 0)
          density *= t == 0 ? [0.6, 0.4][s] : move[inputs[row + t]][before][s]
          let error = x[row + t] - [-1.0, 1][s]
          density *= (1.5 / (2 * Double.pi)).squareRoot() * _exp(-0.75 * error * error)
        }
        sum += density
      }
      expected += _log(sum)
      row += length
    }
    let table = try DataTable(columns: [
      Column(name: "x", values: x), Column(name: "s", values: sequences),
      Column(name: "i", values: inputs.map(Double.init), kind: .categorical(levels: ["a", "b"])),
    ])
    let bind = ["x": ["x"], "sequence": ["s"], "input": ["i"]]
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Driven(), to: table, bind: bind, backend: backend)
      #expect(abs(fit.bound - expected) < 1e-10 * abs(expected))
    }
  }

  /// A Markov label that chooses how a hidden number goes on.
  struct Switching: Model {
    let s = Latent<Categorical>()
    let z = Latent<MultivariateNormal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Chain {
        s
          ~ MarkovChain(
            initial: Categorical([0.7, 0.3]), transition: Categorical(Table([[0.8, 0.2], [0.4, 0.6]])[s.previous]))
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: 0.0, precision: 1.0, count: 1),
            transition: MultivariateNormal(
              mean: Table([0.9, -0.6])[s] * z.previous, precisions: Table([4.0, 1])[s]))
        x ~ Normal(mean: Matrix([[1]]) * z, precision: 2.0)
      }
    }
  }

  /// The parts of the switching model, path by path: log p(s), and the precision matrix and log normalizer of p(z | s).
  private struct Paths {
    let x: [Double]
    let logs: [Double]
    /// Of each row and label: what the row adds to the precision matrix at the row before and here, between, and to the
    /// log normalizer.
    let own: [(before: Double, between: Double, here: Double, log: Double)] = zip([0.9, -0.6], [4.0, 1]).map { a, q in
      (a * a * q, -a * q, q, 0.5 * _log(q / (2 * Double.pi)))
    }

    init(_ x: [Double]) {
      self.x = x
      logs = (0..<(1 << x.count)).map { path in
        x.indices.reduce(0) { sum, t in
          let s = path >> t & 1
          return sum
            + _log(t == 0 ? [0.7, 0.3][s] : [[0.8, 0.2], [0.4, 0.6]][path >> (t - 1) & 1][s])
        }
      }
    }

    /// Integral over z of the product of all potentials, each label's as often as its weight in its row; mean and
    /// covariance of z.
    func integral(_ weights: [[Double]]) throws -> (log: Double, mean: [Double], covariance: (Int, Int) -> Double) {
      let n = x.count
      var precision = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
      var log = -0.5 * _log(2 * Double.pi)
      precision[0][0] += 1
      for t in 0..<n {
        precision[t][t] += 2
        log += 0.5 * _log(2 / (2 * Double.pi)) - x[t] * x[t]
        if t == 0 { continue }
        for (w, part) in zip(weights[t], own) {
          precision[t - 1][t - 1] += w * part.before
          precision[t - 1][t] += w * part.between
          precision[t][t - 1] += w * part.between
          precision[t][t] += w * part.here
          log += w * part.log
        }
      }
      let matrix = SymmetricMatrix(order: n, packed: (0..<n).flatMap { i in (0...i).map { precision[i][$0] } })
      let factor = try #require(matrix.cholesky())
      let linear = x.map { 2 * $0 }
      let mean = factor.solve(linear)
      let covariance = factor.inverse()
      log += 0.5 * dot(linear, mean) - 0.5 * factor.logDeterminant + 0.5 * Double(n) * _log(2 * Double.pi)
      return (log, mean, { covariance[$0, $1] })
    }

    func onehot(_ path: Int) -> [[Double]] { x.indices.map { [Double(1 - (path >> $0 & 1)), Double(path >> $0 & 1)] } }
  }

  /// Observed switches of the coefficient: the path's own integral.
  @Test func observedCoefficients() throws {
    struct Known: Model {
      let s = Groups()
      let z = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Chain {
          z
            ~ MarkovChain(
              initial: MultivariateNormal(mean: 0.0, precision: 1.0, count: 1),
              transition: MultivariateNormal(
                mean: Table([0.9, -0.6])[s] * z.previous, precisions: Table([4.0, 1])[s]))
          x ~ Normal(mean: Matrix([[1]]) * z, precision: 2.0)
        }
      }
    }
    let (x, path) = (numbers(6, seed: 4), 0b101100)
    let paths = Paths(x)
    let expected = try paths.integral(paths.onehot(path)).log
    let labels = x.indices.map { Double(path >> $0 & 1) }
    let table = try DataTable(columns: [
      Column(name: "x", values: x), Column(name: "s", values: labels, kind: .categorical(levels: ["a", "b"])),
    ])
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Known(), to: table, bind: ["x": ["x"], "s": ["s"]], backend: backend)
      #expect(abs(fit.bound - expected) < 1e-10 * abs(expected))
    }
  }

  /// Rows are drawn as their modes go on: the mean square of what is seen is that of the recursion of variances.
  @Test func sampledModes() throws {
    let (count, modes) = (6000, (0..<6000).map { ($0 / 3) % 2 })
    let fitted = try modeTable(
      x: (0..<13).map { _ in [0, 0] }, modes: Array(modes[..<13]), u: [Double](repeating: 0, count: 13))
    let fit = try Fit(Modes(), to: fitted, bind: Self.bind)
    let given = try DataTable(columns: [
      Column(name: "u", values: [Double](repeating: 0, count: count)),
      Column(name: "s", values: [Double](repeating: 0, count: count)),
      Column(name: "m", values: modes.map(Double.init), kind: .categorical(levels: ["calm", "wild"])),
    ])
    let drawn = try fit.sample(given: given, seed: 3)
    let x = try #require(drawn["b"])
    var (m, v) = ([1.0, 0.0], [[1, 0], [0, 0.25]])
    var (expected, found) = (0.0, 0.0)
    for t in 0..<count {
      if t > 0 { Move(mode: modes[t], 0).step(&m, &v) }
      expected += (v[1][1] + m[1] * m[1] + 0.5) / Double(count)
      found += x[t] * x[t] / Double(count)
    }
    #expect(
      Tolerance.relative(0.1, because: "a mean of 6000 squares that follow from one another").allows(found, expected))
  }

  /// Latent switches: the bound is that of q(s) q(z) made by hand, over all paths and with dense matrices, and lies below
  /// the evidence.
  @Test func latentSwitches() throws {
    let x = [0.8, 1.1, -0.9, 0.7, 0.6, 2.5]
    let paths = Paths(x)
    let evidence = try logSumExp(
      paths.logs.indices.map { try paths.logs[$0] + paths.integral(paths.onehot($0)).log })
    // q(s) as a table of all paths.
    var q = paths.logs.map(_exp)
    var bound = -Double.infinity
    for _ in 0..<200 {
      let weights = x.indices.map { t in
        (0..<2).map { s in q.indices.reduce(0) { $0 + (($1 >> t & 1) == s ? q[$1] : 0) } }
      }
      let z = try paths.integral(weights)
      func second(_ a: Int, _ b: Int) -> Double { z.covariance(a, b) + z.mean[a] * z.mean[b] }
      let entropy = q.reduce(0) { $1 > 0 ? $0 - $1 * _log($1) : $0 }
      let next = zip(q, paths.logs).reduce(0) { $0 + $1.0 * $1.1 } + entropy + z.log
      #expect(next > bound - 1e-12)
      bound = next
      let scores = paths.logs.enumerated().map { path, log in
        x.indices.dropFirst().reduce(log) { sum, t in
          let part = paths.own[path >> t & 1]
          return sum - 0.5 * part.before * second(t - 1, t - 1) - part.between * second(t - 1, t)
            - 0.5 * part.here * second(t, t) + part.log
        }
      }
      let total = logSumExp(scores)
      q = scores.map { _exp($0 - total) }
    }
    #expect(bound < evidence)
    let table = try DataTable(["x": x])
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      var settings = FitSettings()
      settings.maximumPasses = 1
      let fit = try Fit(Switching(), to: table, settings: settings, backend: backend)
      let application = try Application(fit, to: table)
      let same = Tolerance.relative(1e-10, because: "the same sums in another order")
      #expect(same.allows(try application.logDensities().reduce(0, +), fit.bound))
      let areBounds = application.densitiesAreBounds
      #expect(areBounds)
      let near = Tolerance.relative(
        1e-8, because: "ten rounds, whose error in the bound is the square of that of a mean")
      #expect(near.allows(fit.bound, bound))
    }
  }
}
