import Suffice
import SufficeTesting
import Testing

/// Labels of a row that depend on one another are one label, with known parameters and with parameters to find.
@Suite struct JointLabelTests {
  /// Labels with known effects that add up; a row has the posterior of twelve triples.
  private struct Effects: Model {
    let a = Latent<Categorical>(), b = Latent<Categorical>(), c = Latent<Categorical>()
    let x = Observed<Normal>(), y = Observed<Normal>()
    var body: [Statement] {
      Plate.rows {
        a ~ Categorical([0.3, 0.7])
        b ~ Categorical([0.5, 0.2, 0.3])
        c ~ Categorical([0.6, 0.4])
        x ~ Normal(mean: Table([0.0, 2])[a] + Table([-1.0, 0, 3])[b] + Table([0.0, 0.5])[c], precision: 2.0)
        y ~ Normal(mean: Table([1.0, -1])[a], precision: 0.5)
      }
    }
  }

  /// One combination of the labels.
  private struct Triple {
    let a: Int, b: Int, c: Int
    var mean: Double { [0.0, 2][a] + [-1.0, 0, 3][b] + [0.0, 0.5][c] }
    var log: Double { _log([0.3, 0.7][a] * [0.5, 0.2, 0.3][b] * [0.6, 0.4][c]) }
    static let all = (0..<12).map { Triple(a: $0 / 6, b: $0 / 2 % 3, c: $0 % 2) }
  }

  private static func logNormal(_ x: Double, _ mean: Double, _ precision: Double) -> Double {
    x.isNaN ? 0 : 0.5 * _log(precision / (2 * Double.pi)) - 0.5 * precision * (x - mean) * (x - mean)
  }

  /// For a row, the log density of each combination and what is seen of the row.
  private func logs(_ x: Double, _ y: Double) -> [Double] {
    Triple.all.map { $0.log + Self.logNormal(x, $0.mean, 2) + Self.logNormal(y, [1.0, -1][$0.a], 0.5) }
  }

  /// Rows in which some cells are missing.
  private let table: DataTable

  init() throws {
    var random = RandomSource(seed: 5)
    var (x, y) = ((0..<40).map { _ in 2 * random.normal() }, (0..<40).map { _ in random.normal() })
    (x[3], y[7], y[20]) = (.nan, .nan, .nan)
    table = try DataTable(["x": x, "y": y])
  }

  private func row(_ row: Int) -> (x: Double, y: Double) { (table.columns[0][row], table.columns[1][row]) }

  /// Bound, densities and probabilities are those of the enumeration of all triples.
  @Test func knownEffects() throws {
    let exact = (0..<table.rowCount).map { logSumExp(logs(row($0).x, row($0).y)) }
    let near = Tolerance.relative(1e-12, because: "the same twelve numbers, added in another order")
    for backend in [ReferenceBackend(), CPUBackend()] as [any Backend] {
      let fit = try Fit(Effects(), to: table, backend: backend)
      #expect(Tolerance.relative(1e-11, because: "sums over forty rows").allows(fit.bound, exact.reduce(0, +)))
      let application = try Application(fit, to: table, backend: backend)
      let areBounds = application.densitiesAreBounds
      #expect(!areBounds)
      for (found, expected) in zip(try application.logDensities(), exact) { #expect(near.allows(found, expected)) }
      let found = application.responsibilitiesOfAllLabels()
      #expect(found.map(\.label) == ["a", "b", "c"] && found.map(\.count) == [2, 3, 2])
      for r in 0..<table.rowCount {
        let own = logs(row(r).x, row(r).y)
        for (label, value) in [(0, \Triple.a), (1, \Triple.b), (2, \Triple.c)] {
          for k in 0..<found[label].count {
            let expected = zip(Triple.all, own).reduce(0) {
              $0 + ($1.0[keyPath: value] == k ? _exp($1.1 - exact[r]) : 0)
            }
            #expect(abs(found[label].values[r * found[label].count + k] - expected) < 1e-12)
          }
        }
      }
    }
  }

  /// A missing cell is filled in by its mean over all triples; draws have that mean, and labels that belong together.
  @Test func missingCells() throws {
    let application = try Application(Fit(Effects(), to: table), to: table)
    let filled = try application.imputed()
    func mean(_ r: Int, of value: (Triple) -> Double) -> Double {
      let own = logs(row(r).x, row(r).y)
      return zip(Triple.all, own).reduce(0) { $0 + value($1.0) * _exp($1.1 - logSumExp(own)) }
    }
    let (x, y) = (try #require(filled["x"]), try #require(filled["y"]))
    #expect(abs(x[3] - mean(3) { $0.mean }) < 1e-10)
    for r in [7, 20] { #expect(abs(y[r] - mean(r) { [1.0, -1][$0.a] }) < 1e-10) }
    let draws = 300
    var total = 0.0
    for seed in 0..<UInt64(draws) { total += try #require(application.imputed(seed: seed)["x"])[3] }
    let chance = Tolerance.statistical(samples: draws, failureProbability: 1e-8, because: "draws of a cell")
    #expect(chance.allows(total / Double(draws), mean(3) { $0.mean }, deviation: 3))
  }

  /// Labels of drawn rows are as likely together as they should be: the mean of x is that of all triples.
  @Test func drawnRows() throws {
    let drawn = try Fit(Effects(), to: table).sample(500, seed: 2)
    let x = try #require(drawn["x"])
    let expected = Triple.all.reduce(0) { $0 + _exp($1.log) * $1.mean }
    let chance = Tolerance.statistical(samples: 500, failureProbability: 1e-8, because: "draws of rows")
    #expect(chance.allows((0..<500).reduce(0) { $0 + x[$1] } / 500, expected, deviation: 3))
  }

  /// Three two-valued labels of a row, each adding a load that is to be found.
  struct ThreeLabels: Model {
    let weightsA = Latent<Dirichlet>(), weightsB = Latent<Dirichlet>(), weightsC = Latent<Dirichlet>()
    let a = Latent<Categorical>(), b = Latent<Categorical>(), c = Latent<Categorical>()
    let loadA = Latent<Normal>(), loadB = Latent<Normal>(), loadC = Latent<Normal>()
    let noise = Latent<Gamma>()
    let x = Observed<Normal>()
    var body: [Statement] {
      weightsA ~ Dirichlet(concentration: 1.0, count: 2)
      weightsB ~ Dirichlet(concentration: 1.0, count: 2)
      weightsC ~ Dirichlet(concentration: 1.0, count: 2)
      Plate("a", 2) { loadA ~ Normal(mean: 0.0, precision: 0.1) }
      Plate("b", 2) { loadB ~ Normal(mean: 0.0, precision: 0.1) }
      Plate("c", 2) { loadC ~ Normal(mean: 0.0, precision: 0.1) }
      noise ~ Gamma(shape: 1, rate: 0.1 * x.variance)
      Plate.rows {
        a ~ Categorical(weightsA)
        b ~ Categorical(weightsB)
        c ~ Categorical(weightsC)
        x ~ Normal(mean: loadA[a] + loadB[b] + loadC[c], precision: noise)
      }
    }
  }

  /// The same model, declared and stated from the end.
  private struct Reversed: Model {
    let x = Observed<Normal>()
    let noise = Latent<Gamma>()
    let c = Latent<Categorical>(), a = Latent<Categorical>(), b = Latent<Categorical>()
    let loadA = Latent<Normal>(), loadB = Latent<Normal>(), loadC = Latent<Normal>()
    let weightsA = Latent<Dirichlet>(), weightsB = Latent<Dirichlet>(), weightsC = Latent<Dirichlet>()
    var body: [Statement] {
      noise ~ Gamma(shape: 1, rate: 0.1 * x.variance)
      Plate("c", 2) { loadC ~ Normal(mean: 0.0, precision: 0.1) }
      Plate("a", 2) { loadA ~ Normal(mean: 0.0, precision: 0.1) }
      Plate("b", 2) { loadB ~ Normal(mean: 0.0, precision: 0.1) }
      weightsA ~ Dirichlet(concentration: 1.0, count: 2)
      weightsB ~ Dirichlet(concentration: 1.0, count: 2)
      weightsC ~ Dirichlet(concentration: 1.0, count: 2)
      Plate.rows {
        c ~ Categorical(weightsC)
        b ~ Categorical(weightsB)
        a ~ Categorical(weightsA)
        x ~ Normal(mean: loadC[c] + loadB[b] + loadA[a], precision: noise)
      }
    }
  }

  /// Sixteen rows of three causes with loads of 4, 7 and 5 in some columns; fitted label by label, with rounds that began
  /// afresh in each pass, their bound went −133.18, −128.94, −124.84, −135.19.
  static let causes = [
    [3.6, 5.2, -0.8], [3.7, 0.0, 1.2], [1.0, 7.2, 3.5], [-2.9, 1.9, 3.8], [4.1, -0.0, 1.0], [-0.0, 0.1, -0.2],
    [0.7, 6.5, 3.2], [0.0, 0.3, -0.0], [3.9, 0.1, 1.0], [-3.3, 6.8, 2.4], [4.1, 0.1, 0.9], [-0.1, 0.2, -0.0],
    [-0.2, -0.0, -0.2], [4.0, 0.2, 0.8], [0.3, -0.1, 0.0], [0.8, 2.0, 5.0],
  ]

  static func causesTable(_ more: [Column] = [], missing: [(row: Int, column: Int)] = []) throws -> DataTable {
    var rows = causes
    for cell in missing { rows[cell.row][cell.column] = .nan }
    return try DataTable(
      columns: ["p", "q", "r"].enumerated().map { j, name in Column(name: name, values: rows.map { $0[j] }) } + more)
  }

  /// The same with columns about 0, where what variables are kept about is nothing.
  static func centredTable() throws -> DataTable {
    try DataTable(
      columns: ["p", "q", "r"].enumerated().map { j, name in
        let values = causes.map { $0[j] }
        let mean = values.reduce(0, +) / Double(values.count)
        return Column(name: name, values: values.map { $0 - mean })
      })
  }

  private static let columns = ["x": ["p", "q", "r"]]

  /// All laws, with missing cells and weights, and from the twenty starts of the law of traces.
  @Test(arguments: [nil, "w"]) func laws(weights: String?) throws {
    let table = try Self.causesTable(
      [Column(name: "w", values: (0..<16).map { [1.0, 2, 0.5, 0][$0 % 4] })],
      missing: weights == nil ? [] : [(2, 1), (5, 0), (9, 2)])
    try checkModel(ThreeLabels(), data: table, bind: Self.columns, weights: weights)
  }

  /// At any parameters the bound is what the parameters cost and the log sum over all triples of each row.
  @Test func boundAtAnyParameters() throws {
    let table = try Self.centredTable()
    let fit = try Fit(ThreeLabels(), to: table, bind: Self.columns)
    let engine = try Application(fit, to: table).engine
    var prior = engine.memory
    engine.setToPrior()
    prior = engine.memory
    engine.set(fit.naturals)
    engine.sweep(.range(0..<16))
    var expected = 0.0
    for variable in engine.plan.globals {
      let (own, before, mean) = (
        engine.memory[variable.natural], prior[variable.natural], engine.memory[variable.mean]
      )
      let size = own.count / variable.members
      for m in 0..<variable.members {
        let range = m * size..<(m + 1) * size
        let type = variable.family.type
        expected +=
          type.logPartition(Array(own[range]), variable.shape) - type.logPartition(Array(before[range]), variable.shape)
        for i in range { expected += (before[i] - own[i]) * mean[i] }
      }
    }
    func mean(_ name: String) throws -> [Double] {
      engine.memory[try #require(engine.plan.globals.first { $0.name == name }).mean]
    }
    let (loads, noise) = (
      try ["loadA", "loadB", "loadC"].map { try mean($0) }, try mean("noise")
    )
    let weights = try ["weightsA", "weightsB", "weightsC"].map { try mean($0) }
    for row in 0..<16 {
      let logs = (0..<8).map { combination in
        let values = [combination / 4, combination / 2 % 2, combination % 2]
        var log = (0..<3).reduce(0) { $0 + weights[$1][values[$1]] }
        for d in 0..<3 {
          let (x, first) = (table.columns[d][row], (0..<3).map { loads[$0][6 * values[$0] + d] })
          let second = (0..<3).map { loads[$0][6 * values[$0] + 3 + d] }
          let sum = first.reduce(0, +)
          // E(x − Σ load)², in which loads are independent of one another.
          let square = x * x - 2 * x * sum + sum * sum + zip(first, second).reduce(0) { $0 + $1.1 - $1.0 * $1.0 }
          log += 0.5 * (noise[3 + d] - _log(2 * Double.pi)) - 0.5 * noise[d] * square
        }
        return log
      }
      expected += logSumExp(logs)
    }
    let near = Tolerance.relative(1e-10, because: "a bound is a sum of terms that cancel in part")
    #expect(near.allows(engine.bound(), expected))
  }

  /// The order of declarations and of statements changes rounding alone.
  @Test func orderOfDeclarations() throws {
    // Which of several loads is kept about the columns' means is told by no model, and given expectations are about these.
    let table = try Self.centredTable()
    var settings = FitSettings()
    settings.maximumPasses = 60
    settings.tolerance = 0
    var random = RandomSource(seed: 4)
    var starts: [String: [Double]] = ["noise": [0.5, 0.5, 0.5, -1, -1, -1]]
    for name in ["weightsA", "weightsB", "weightsC"] { starts[name] = [-0.8, -0.9] }
    for name in ["loadA", "loadB", "loadC"] {
      starts[name] = (0..<2).flatMap { _ in
        let means = (0..<3).map { _ in random.normal() }
        return means + means.map { $0 * $0 + 0.5 }
      }
    }
    settings.start = .expectations(starts)
    settings.order = ["a", "noise", "loadA", "loadB", "loadC", "weightsA", "weightsB", "weightsC"]
    let fit = try Fit(ThreeLabels(), to: table, bind: Self.columns, settings: settings)
    let other = try Fit(Reversed(), to: table, bind: Self.columns, settings: settings)
    #expect(fit.trace.count == other.trace.count)
    for (a, b) in zip(fit.trace, other.trace) { #expect(abs(a.bound - b.bound) < 1e-9 * abs(a.bound)) }
  }

  /// A start of one label is that label's; the others follow it.
  @Test func oneLabelGiven() throws {
    let table = try Self.causesTable()
    let labels = (0..<16).map { $0 % 2 }
    let engine = try Application(Fit(ThreeLabels(), to: table, bind: Self.columns), to: table).engine
    let a = try #require(engine.plan.locals.first { $0.name == "a" })
    let free = engine.expectations(of: a, over: .range(0..<16))
    engine.sweep(.range(0..<16), overrides: [a.mean: .labels(labels.map { Int32($0) })])
    engine.update(try #require(engine.plan.globals.firstIndex { $0.name == "weightsA" }))
    let natural = engine.memory[try #require(engine.plan.globals.first { $0.name == "weightsA" }).natural]
    // Concentrations are natural parameters plus one.
    #expect(natural.map { $0 + 1 }.allSatisfy { abs($0 - 9) < 1e-9 } || natural.allSatisfy { abs($0 - 9) < 1e-9 })
    #expect(engine.expectations(of: a, over: .range(0..<16)).count == free.count)
  }

  /// Moves of the first label, and a schedule by parts: the bound never falls.
  @Test func memoized() throws {
    var settings = FitSettings()
    settings.schedule = try MemoizedAscent(parts: 3)
    settings.restarts = 2
    settings.maximumPasses = 30
    let trace = try Fit(ThreeLabels(), to: Self.causesTable(), bind: Self.columns, settings: settings).trace
    for (before, after) in zip(trace, trace.dropFirst()) { #expect(after.bound >= before.bound - 1e-9) }
  }

  /// What the modeller wants solved by itself is; the others are one label.
  @Test func meanField() throws {
    struct Apart: Model {
      let a = Latent<Categorical>(), b = Latent<Categorical>(), c = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        MeanField(a)
        Plate.rows {
          a ~ Categorical([0.3, 0.7])
          b ~ Categorical([0.5, 0.2, 0.3])
          c ~ Categorical([0.6, 0.4])
          x ~ Normal(mean: Table([0.0, 2])[a] + Table([-1.0, 0, 3])[b] + Table([0.0, 0.5])[c], precision: 2.0)
        }
      }
    }
    let fit = try Fit(Apart(), to: table, bind: ["x": ["x"]])
    let plan = fit.model.plan
    #expect(plan.joints.map { $0.labels.map { plan.locals[$0].name } } == [["b", "c"]])
    let rows = (0..<table.rowCount).filter { !row($0).x.isNaN }
    let exact = rows.reduce(0.0) { sum, r in
      sum + logSumExp(Triple.all.map { $0.log + Self.logNormal(row(r).x, $0.mean, 2) })
    }
    #expect(fit.bound < exact - 0.1)
  }
}
