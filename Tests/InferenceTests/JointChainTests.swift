import Suffice
import SufficeTesting
import Testing

/// Chains of labels that depend on one another are one chain of their combinations.
@Suite struct JointChainTests {
  private static let moves = [[[0.9, 0.1], [0.2, 0.8]], [[0.7, 0.3], [0.4, 0.6]], [[0.5, 0.5], [0.1, 0.9]]]
  private let lengths = [9, 1, 7]
  private let x: [Double]
  private let modes: [Int]

  init() {
    var random = RandomSource(seed: 8)
    var x = (0..<17).map { _ in 2 * random.normal() }
    (x[4], x[12]) = (.nan, .nan)
    self.x = x
    modes = (0..<17).map { $0 / 3 % 2 }
  }

  private var sequences: [Double] { lengths.enumerated().flatMap { [Double](repeating: Double($0), count: $1) } }

  private func table(weights: [Double]? = nil) throws -> DataTable {
    try DataTable(
      columns: [
        Column(name: "x", values: x), Column(name: "s", values: sequences),
        Column(name: "m", values: modes.map(Double.init), kind: .categorical(levels: ["calm", "wild"])),
      ] + (weights.map { w in [Column(name: "w", values: sequences.map { w[Int($0)] })] } ?? []))
  }

  /// The evidence of each sequence: the forward algorithm over combinations.
  ///
  /// - Parameters:
  ///   - start: The probability of each combination in a first row.
  ///   - move: The probability of a combination after another one, in a row.
  private func evidence(
    _ count: Int, start: (Int) -> Double, move: (_ row: Int, _ from: Int, _ to: Int) -> Double,
    mean: (Int) -> Double
  ) -> [Double] {
    var (row, totals) = (0, [Double]())
    for length in lengths {
      var forward: [Double] = []
      var total = 0.0
      for step in 0..<length {
        let joint = (0..<count).map { to -> Double in
          let prior =
            step == 0 ? start(to) : (0..<count).reduce(0) { $0 + forward[$1] * move(row, $1, to) }
          let error = x[row] - mean(to)
          return x[row].isNaN ? prior : prior * (2 / (2 * Double.pi)).squareRoot() * _exp(-error * error)
        }
        let sum = joint.reduce(0, +)
        total += _log(sum)
        forward = joint.map { $0 / sum }
        row += 1
      }
      totals.append(total)
    }
    return totals
  }

  /// Two chains whose effects add up.
  private struct Two: Model {
    let s = Groups()
    let a = Latent<Categorical>(), b = Latent<Categorical>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Chain(of: s) {
        a
          ~ MarkovChain(
            initial: Categorical([0.6, 0.4]), transition: Categorical(Table([[0.9, 0.1], [0.2, 0.8]])[a.previous]))
        b
          ~ MarkovChain(
            initial: Categorical([0.3, 0.7]), transition: Categorical(Table([[0.7, 0.3], [0.4, 0.6]])[b.previous]))
        x ~ Normal(mean: Table([0.0, 2])[a] + Table([-1.0, 3])[b], precision: 2.0)
      }
    }
  }

  /// The second chain goes on as the first one and an input say.
  private struct Led: Model {
    let s = Groups(), m = Groups()
    let a = Latent<Categorical>(), b = Latent<Categorical>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Chain(of: s) {
        a
          ~ MarkovChain(
            initial: Categorical([0.6, 0.4]),
            transition: Categorical(Table([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]])[m][a.previous]))
        b
          ~ MarkovChain(
            initial: Categorical([0.3, 0.7]),
            transition: Categorical(Table([[0.7, 0.3], [0.4, 0.6], [0.5, 0.5], [0.1, 0.9]])[a][b.previous]))
        x ~ Normal(mean: Table([0.0, 2])[a] + Table([-1.0, 3])[b], precision: 2.0)
      }
    }
  }

  /// A chain and two labels of each row.
  private struct Mixed: Model {
    let s = Groups()
    let a = Latent<Categorical>(), b = Latent<Categorical>(), c = Latent<Categorical>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Chain(of: s) {
        a
          ~ MarkovChain(
            initial: Categorical([0.6, 0.4]), transition: Categorical(Table([[0.9, 0.1], [0.2, 0.8]])[a.previous]))
        b ~ Categorical([0.3, 0.7])
        c ~ Categorical([0.2, 0.5, 0.3])
        x ~ Normal(mean: Table([0.0, 2])[a] + Table([-1.0, 3])[b] + Table([0.0, 0.3, 7])[c], precision: 2.0)
      }
    }
  }

  private func check(_ model: some Model, bind: [String: [String]], _ expected: [Double]) throws {
    let near = Tolerance.relative(1e-10, because: "messages in logarithms and plain ones round differently")
    let bind = bind.merging(["x": ["x"], "s": ["s"]]) { a, _ in a }
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      for weights in [nil, [2.0, 0, 1]] {
        var settings = FitSettings()
        settings.weights = weights == nil ? nil : "w"
        let table = try table(weights: weights)
        let fit = try Fit(model, to: table, bind: bind, settings: settings, backend: backend)
        #expect(fit.model.plan.joints.count == 1)
        #expect(near.allows(fit.bound, zip(expected, weights ?? [1, 1, 1]).reduce(0) { $0 + $1.0 * $1.1 }))
        let application = try Application(fit, to: table, backend: backend)
        let areBounds = application.densitiesAreBounds
        #expect(!areBounds)
        #expect(near.allows(try application.logDensities().reduce(0, +), expected.reduce(0, +)))
      }
    }
  }

  @Test func twoChains() throws {
    let expected = evidence(
      4, start: { [0.6, 0.4][$0 / 2] * [0.3, 0.7][$0 % 2] },
      move: { _, from, to in Self.moves[0][from / 2][to / 2] * Self.moves[1][from % 2][to % 2] },
      mean: { [0.0, 2][$0 / 2] + [-1.0, 3][$0 % 2] })
    try check(Two(), bind: [:], expected)
  }

  @Test func chainThatLeads() throws {
    let expected = evidence(
      4, start: { [0.6, 0.4][$0 / 2] * [0.3, 0.7][$0 % 2] },
      move: { row, from, to in
        Self.moves[modes[row]][from / 2][to / 2] * Self.moves[1 + to / 2][from % 2][to % 2]
      },
      mean: { [0.0, 2][$0 / 2] + [-1.0, 3][$0 % 2] })
    try check(Led(), bind: ["m": ["m"]], expected)
  }

  @Test func chainWithLabels() throws {
    let expected = evidence(
      12, start: { [0.6, 0.4][$0 / 6] * [0.3, 0.7][$0 / 3 % 2] * [0.2, 0.5, 0.3][$0 % 3] },
      move: { _, from, to in Self.moves[0][from / 6][to / 6] * [0.3, 0.7][to / 3 % 2] * [0.2, 0.5, 0.3][to % 3] },
      mean: { [0.0, 2][$0 / 6] + [-1.0, 3][$0 / 3 % 2] + [0.0, 0.3, 7][$0 % 3] })
    try check(Mixed(), bind: [:], expected)
  }

  /// Two chains with everything to be found: every law, twenty starts among them.
  @Test func laws() throws {
    struct Found: Model {
      let s = Groups()
      let moveA = Latent<Dirichlet>(), moveB = Latent<Dirichlet>()
      let wide = Latent<Normal>(), narrow = Latent<Normal>()
      let noise = Latent<Gamma>()
      let a = Latent<Categorical>(), b = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        noise ~ Gamma(shape: 1, rate: x.variance)
        Plate("a", 2) {
          moveA ~ Dirichlet(concentration: 1, count: 2)
          wide ~ Normal(mean: x.mean, precision: 0.1 * x.precision)
        }
        Plate("b", 2) {
          moveB ~ Dirichlet(concentration: 1, count: 2)
          narrow ~ Normal(mean: 0.0, precision: 0.1 * x.precision)
        }
        Chain(of: s) {
          a ~ MarkovChain(initial: Categorical([0.5, 0.5]), transition: Categorical(moveA[a.previous]))
          b ~ MarkovChain(initial: Categorical([0.5, 0.5]), transition: Categorical(moveB[b.previous]))
          x ~ Normal(mean: wide[a] + narrow[b], precision: noise)
        }
      }
    }
    try checkModel(Found(), data: table(), bind: ["x": ["x"], "s": ["s"]], passes: 8)
  }
}
