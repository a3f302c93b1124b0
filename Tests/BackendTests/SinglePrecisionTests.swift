import Models
import Suffice
import SufficeTesting
import Testing

/// Sweeps whose rows are floats.
@Suite struct SinglePrecisionTests {
  private static let single = CPUBackend(precision: .single)

  // MARK: Sums over rows

  @Test func sums() throws { try checkPrecision(Self.single) }

  /// What is off by a thousandth is found out.
  @Test func wrongSums() throws {
    #expect(throws: LawViolation.self) {
      try checkPrecision(InexactBackend(error: 1e-3), threads: [1], rowCounts: [257])
    }
  }

  /// A backend that keeps to double precision does not pass for one in single precision.
  @Test func doublePrecision() {
    #expect(throws: LawViolation.self) { try checkPrecision(CPUBackend(), threads: [1], rowCounts: [33]) }
  }

  /// Everything else about a backend holds as well: outputs, given expectations and other plans are in double precision.
  @Test func otherSteps() throws { try checkBackend(Self.single, threads: [1, 2], rowCounts: [0, 1, 33, 257]) }

  // MARK: Which plans

  @Test func plansThatCannot() throws {
    let chain = try plan(HiddenMarkovModel(), table(rows: 40, columns: 2))
    #expect(CPUBackend.obstacleToSingle(chain) == "rows are linked to the rows before them")
    let factors = try plan(FactorAnalysis(), table(rows: 40, columns: 3))
    #expect(CPUBackend.obstacleToSingle(factors) == "rows have other variables than one label")
    #expect(try CPUBackend.obstacleToSingle(plan(GaussianMixture(), table(rows: 40, columns: 3))) == nil)
  }

  private func plan(_ model: some Model, _ table: DataTable) throws -> Plan {
    let graph = try ModelGraph(model)
    let data = try BoundData(graph, table: table, binding: ColumnBinding(graph, table: table, explicit: [:]))
    return try CompiledModel(graph, facts: DataFacts(graph, data, backend: CPUBackend(), threads: 1)).plan
  }

  // MARK: Accuracy of fits

  /// Two groups, three deviations apart.
  private func table(
    rows: Int, columns: Int, seed: UInt64 = 3, _ transform: (Int, [Double]) -> Double = { $1[$0] }
  ) throws -> DataTable {
    var random = RandomSource(seed: seed)
    let values = (0..<rows).map { _ -> [Double] in
      let group = random.uniform() < 0.3 ? 2.0 : -1.0
      let row = (0..<columns).map { _ in group + random.normal() }
      return (0..<columns).map { transform($0, row) }
    }
    return try DataTable(
      columns: (0..<columns).map { j in Column(name: "x\(j + 1)", values: values.map { $0[j] }) })
  }

  /// Passes from the same labels in both precisions: all natural parameters, by deviations of the columns, and bounds.
  private func compare(_ model: some Model, _ table: DataTable) throws {
    let passes = 20
    var results: [(bound: Double, means: [[Double]])] = []
    for backend in [CPUBackend(), Self.single] {
      let graph = try ModelGraph(model)
      let data = try BoundData(graph, table: table, binding: ColumnBinding(graph, table: table, explicit: [:]))
      let facts = try DataFacts(graph, data, backend: CPUBackend(), threads: 1)
      let plan = try CompiledModel(graph, facts: facts).plan
      let executor = try backend.executor(for: plan, inputs: data.inputs, threads: 2)
      var memory = ParameterMemory(plan)
      for variable in plan.globals { executor.run(variable.prior, on: &memory, rate: 1) }
      var random = RandomSource(seed: 5)
      for pass in 0...passes {
        var given: [TileSlot: RowOverride] = [:]
        if pass == 0 {
          for local in plan.locals {
            given[local.mean] = .labels(
              (0..<table.rowCount).map { _ in Int32(random.next() % UInt64(local.shape.dimension)) })
          }
        }
        executor.run(plan.messages, on: &memory, rate: 1)
        memory.set(
          executor.sweep(.range(0..<table.rowCount), at: memory, overrides: given, outputs: []).statistics)
        executor.run(plan.entropy, on: &memory, rate: 1)
        for variable in plan.globals { executor.run(variable.update, on: &memory, rate: 1) }
      }
      executor.run(plan.bound, on: &memory, rate: 1)
      results.append((memory[plan.boundSlot][0], plan.globals.map { memory[$0.mean] }))
      if backend.precision == .single {
        // The coordinates are made by one sweep in double precision, and the first pass is one.
        #expect(executor.precision.singleSweeps == passes, "\(executor.precision)")
      }
    }
    let bound = Tolerance.relative(
      1e-6, because: "scores to 1e-5 or better, the errors of thousands of rows in both directions")
    #expect(bound.allows(results[1].bound, results[0].bound), "\(results[1].bound), \(results[0].bound)")
    for (single, double) in zip(results[1].means, results[0].means) {
      let largest = double.reduce(0) { max($0, abs($1)) }
      let off = zip(single, double).reduce(0) { max($0, abs($1.0 - $1.1)) }
      // Twenty passes let a difference grow where clusters overlap.
      #expect(off <= 1e-3 * largest, "expectations are off by \(off), the largest is \(largest)")
    }
  }

  private func components<M: Model>(_ model: M, _ path: WritableKeyPath<M, Int>, _ count: Int) -> M {
    var model = model
    model[keyPath: path] = count
    return model
  }

  @Test(arguments: [1, 2, 3, 6])
  func standardColumns(_ columns: Int) throws {
    try compare(
      components(GaussianMixture(), \.components, 3), table(rows: 4000, columns: columns))
  }

  /// Seven digits would not tell such values apart.
  @Test(arguments: [1, 2, 5])
  func columnsFarFromZero(_ columns: Int) throws {
    try compare(
      components(GaussianMixture(), \.components, 3),
      table(rows: 4000, columns: columns) { 1e9 * Double($0 + 1) + $1[$0] })
  }

  /// Squares of such values would be out of the range of floats.
  @Test(arguments: [2, 4])
  func columnsOfDifferentScale(_ columns: Int) throws {
    let scales = [1e-25, 1e25, 1e-3, 1e12]
    try compare(
      components(GaussianMixture(), \.components, 3),
      table(rows: 4000, columns: columns) { scales[$0] * $1[$0] })
    try compare(
      components(DiagonalGaussianMixture(), \.components, 3),
      table(rows: 4000, columns: columns) { scales[$0] * $1[$0] })
  }

  /// Columns that differ by a ten-thousandth of their deviation.
  @Test(arguments: [2, 3, 5])
  func columnsAlmostEqual(_ columns: Int) throws {
    try compare(
      components(GaussianMixture(), \.components, 3),
      table(rows: 4000, columns: columns) { $0 == 0 ? $1[0] : $1[0] + 1e-4 * $1[$0] })
  }

  @Test func otherMixtures() throws {
    try compare(components(DiagonalGaussianMixture(), \.components, 3), table(rows: 3000, columns: 7))
    try compare(components(TiedGaussianMixture(), \.components, 3), table(rows: 3000, columns: 2))
    try compare(components(DirichletProcessGaussianMixture(), \.components, 6), table(rows: 3000, columns: 2))
    try compare(
      components(GaussianMixture(), \.components, 2), table(rows: 1500, columns: 34))
  }

  /// A label a ten-millionth of the data's deviation wide, one deviation off: floats cannot hold both, and do not try.
  @Test func narrowLabel() throws {
    let table = try table(rows: 1000, columns: 2)
    let graph = try ModelGraph(components(GaussianMixture(), \.components, 2))
    let data = try BoundData(graph, table: table, binding: ColumnBinding(graph, table: table, explicit: [:]))
    let plan = try CompiledModel(graph, facts: DataFacts(graph, data, backend: CPUBackend(), threads: 1)).plan
    var slot: ParameterSlot?
    for case .affine(let weights, _, _, _, _) in plan.rows { slot = weights }
    let weights = try #require(slot)
    for (precision, isSingle) in [(1.0, true), (1e14, false)] {
      var memory = ParameterMemory(plan)
      // Λμ, and −Λ/2 with both halves of what is off the diagonal in one number.
      for k in 0..<2 {
        let values = [precision, precision, -0.5 * precision, 0, -0.5 * precision]
        memory[weights].replaceSubrange(k * 5..<(k + 1) * 5, with: values)
      }
      let executor = try Self.single.executor(for: plan, inputs: data.inputs, threads: 1)
      let found = executor.sweep(.range(0..<1000), at: memory)
      #expect((executor.precision.singleSweeps == 1) == isSingle)
      #expect((executor.precision.reasonForDouble == nil) == isSingle)
      let expected = try CPUBackend().executor(for: plan, inputs: data.inputs, threads: 1)
        .sweep(.range(0..<1000), at: memory)
      for (sums, expected) in zip(found.sums, expected.sums) {
        let scale = expected.reduce(1) { max($0, abs($1)) }
        #expect(zip(sums, expected).allSatisfy { abs($0.0 - $0.1) <= (isSingle ? 1e-6 : 1e-12) * scale })
      }
    }
  }

  /// A whole fit, seeded and stopped as any other.
  @Test func fit() throws {
    let table = try table(rows: 5000, columns: 2)
    var settings = FitSettings()
    settings.seed = 1
    settings.threads = 2
    let model = components(GaussianMixture(), \.components, 2)
    let double = try Fit(model, to: table, settings: settings)
    let single = try Fit(model, to: table, settings: settings, backend: Self.single)
    let bound = Tolerance.relative(1e-5, because: "two runs that stop within the tolerance of the bound")
    #expect(bound.allows(single.bound, double.bound))
  }
}

/// Single precision, and sums that are off by a factor.
private struct InexactBackend: Backend {
  let name = "inexact"
  let error: Double

  func executor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any Executor {
    InexactExecutor(
      inner: try CPUBackend(precision: .single).executor(for: plan, inputs: inputs, threads: threads), plan: plan,
      error: error)
  }
}

private final class InexactExecutor: Executor {
  private let inner: any Executor
  private let plan: Plan
  private let error: Double

  init(inner: any Executor, plan: Plan, error: Double) { (self.inner, self.plan, self.error) = (inner, plan, error) }

  var precision: PrecisionUse { inner.precision }

  func run(_ steps: [Step], on memory: inout ParameterMemory, rate: Double) {
    inner.run(steps, on: &memory, rate: rate)
  }

  func sweep(
    _ rows: RowSelection, at memory: ParameterMemory, overrides: [TileSlot: RowOverride], outputs: [TileSlot]
  ) -> RowSweep {
    var found = inner.sweep(rows, at: memory, overrides: overrides, outputs: outputs)
    found.statistics = found.statistics.scaled(by: 1 + error)
    return found
  }
}
