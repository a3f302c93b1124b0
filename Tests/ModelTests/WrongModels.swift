import Models
import Suffice
import SufficeTesting
import Testing

/// Inference with one mistake each; every one must be caught, and by the law that it breaks.
@Suite struct WrongModels {
  private func laws(_ backend: any Backend) throws -> Set<String> {
    var model = DiagonalGaussianMixture()
    model.components = 3
    do {
      try checkModel(model, data: dataTable("galaxies"), backend: backend, passes: 4, samples: 500)
      return []
    } catch let violation as LawViolation { return violation.laws }
  }

  @Test func rightOne() throws { #expect(try laws(CPUBackend()).isEmpty) }

  /// Messages a hundredth too large: the update is not of the bound.
  @Test func messagesTooLarge() throws {
    let found = try laws(
      WrongBackend { plan, step in
        guard case .contract(let c) = step, plan.globals.contains(where: { $0.target == c.output.slot }),
          c.operands.contains(where: { plan.parameters[$0.slot.index].isRowSum })
        else { return step }
        return .contract(
          Contraction(1.01 * c.coefficient, extents: c.extents, operands: c.operands, output: c.output))
      })
    #expect(found.isSuperset(of: ["derivative", "backend"]))
  }

  /// Log partitions of the bound left out.
  @Test func logPartitionForgotten() throws {
    let found = try laws(
      WrongBackend { _, step in
        guard case .logPartition(let family, let shape, let members, let natural, _, let into) = step else {
          return step
        }
        return .logPartition(family, shape, members: members, natural: natural, coefficient: 0, into: into)
      })
    #expect(found.isSuperset(of: ["bound", "backend"]))
  }

  @Test func lastRowCountedTwice() throws {
    let found = try laws(WrongBackend(repeatsLastRow: true))
    #expect(found.isSuperset(of: ["rowOrder", "backend"]))
  }

  @Test func noise() throws {
    let found = try laws(WrongBackend(noise: 1e-14))
    #expect(found.contains("seed"))
    #expect(found.contains("threads"))
  }

  /// The first component takes more rows than its weight says.
  @Test func firstLabelFavoured() throws {
    let found = try laws(WrongBackend(favour: 0.1))
    #expect(found.contains("labelOrder"))
  }

  /// Counts without the 1/x! of their density.
  @Test func baseMeasureForgotten() throws {
    do {
      try checkModel(
        WrongCountMixture(), data: dataTable("discoveries"), bind: ["x": ["discoveries"]], passes: 4, samples: 500)
      Issue.record("nothing was found")
    } catch let violation as LawViolation { #expect(violation.laws == ["normalization", "sample"]) }
  }

  /// Rates taken for their square roots.
  @Test func wrongRate() throws {
    let found = try laws(WrongBackend(rate: { $0.squareRoot() }))
    #expect(found.isSuperset(of: ["rate"]))
  }
}

private struct WrongCountMixture: Model {
  let weights = Latent<Dirichlet>()
  let rate = Latent<Gamma>()
  let label = Latent<Categorical>()
  let x = Observed<WrongPoisson>()

  var body: [Statement] {
    weights ~ Dirichlet(concentration: 1.0, count: 2)
    Plate("component", 2) { rate ~ Gamma(shape: 1.0, rate: x.reciprocalMean) }
    Plate.rows {
      label ~ Categorical(weights)
      x ~ WrongPoisson(rate[label])
    }
  }
}

/// A Poisson distribution that forgets its base measure.
private struct WrongPoisson: ExponentialFamily, Distribution {
  let conditional: Conditional

  init(_ rate: some PositiveArgument) {
    conditional = Conditional(
      WrongPoisson.self, [("rate", rate)], count: nil,
      terms: [
        Term(1, child(.value, .i), argument("rate", .logarithm, .i)),
        Term(-1, argument("rate", .value, .i), over: [.i]),
      ])
  }

  static let domain = ValueDomain.count
  static func statistics(_ shape: FamilyShape) -> [Statistic] { Poisson.statistics(shape) }
  static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double { Poisson.logPartition(natural, shape) }
  static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    Poisson.meanStatistics(natural, shape)
  }
  static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { Poisson.isProper(natural, shape) }
  static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value }
  static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    Poisson.expectation(violatedBy: value, shape)
  }
  static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    Poisson.sample(natural, shape, using: &random)
  }
  static func parameters(_ shape: FamilyShape) -> [Parameter] { Poisson.parameters(shape) }
  static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    Poisson.natural(from: parameters, shape)
  }
  static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    Poisson.parameters(from: natural, shape)
  }
}

/// The CPU backend with something wrong.
private struct WrongBackend: Backend {
  let name = "wrong"
  var step: @Sendable (Plan, Step) -> Step = { $1 }
  var rate: @Sendable (Double) -> Double = { $0 }
  var repeatsLastRow = false
  var noise = 0.0
  var favour = 0.0

  init(_ step: @escaping @Sendable (Plan, Step) -> Step) { self.step = step }
  init(rate: @escaping @Sendable (Double) -> Double) { self.rate = rate }
  init(repeatsLastRow: Bool) { self.repeatsLastRow = repeatsLastRow }
  init(noise: Double) { self.noise = noise }
  init(favour: Double) { self.favour = favour }

  func executor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any Executor {
    WrongExecutor(
      backend: self, plan: plan, inner: try CPUBackend().executor(for: plan, inputs: inputs, threads: threads))
  }
}

private final class WrongExecutor: Executor {
  private let backend: WrongBackend
  private let plan: Plan
  private let inner: any Executor
  private var random = SystemRandomNumberGenerator()

  init(backend: WrongBackend, plan: Plan, inner: any Executor) {
    self.backend = backend
    self.plan = plan
    self.inner = inner
  }

  func run(_ steps: [Step], on memory: inout ParameterMemory, rate: Double) {
    inner.run(steps.map { backend.step(plan, $0) }, on: &memory, rate: backend.rate(rate))
    for case .expectations(Family(Dirichlet.self), _, _, _, let mean) in steps { memory[mean][0] += backend.favour }
  }

  func sweep(
    _ rows: RowSelection, at memory: ParameterMemory, overrides: [TileSlot: RowOverride], outputs: [TileSlot]
  ) -> RowSweep {
    var found = inner.sweep(rows, at: memory, overrides: overrides, outputs: outputs)
    if backend.repeatsLastRow, case .range(let range) = rows, let last = range.last {
      let again = overrides.mapValues { $0.rows(range.count - 1..<range.count, of: range.count) }
      found.statistics.add(
        inner.sweep(.range(last..<last + 1), at: memory, overrides: again, outputs: []).statistics)
    }
    if backend.noise > 0 {
      let factor = 1 + backend.noise * Double.random(in: -1...1, using: &random)
      found.statistics = found.statistics.scaled(by: factor)
    }
    return found
  }
}
