import Models
import Suffice
import SufficeTesting
import Testing

@testable import Inference

/// The laws of changes of basis, on models whose latent vectors meet in different ways.
@Suite struct LatentBasisTests {
  /// A prior with a precision matrix that is to be found, and one with scales beside the rows.
  struct Scales: Model {
    let z = Latent<MultivariateNormal>()
    let spread = Latent<Gamma>()
    let loadings = Latent<MultivariateNormal>()
    let precision = Latent<Wishart>()
    let level = Latent<Normal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      spread ~ Gamma(shape: 2, rate: 2, count: 2)
      precision ~ Wishart(degreesOfFreedom: 3, inverseScale: 3.0)
      level ~ Normal(mean: 0.0, precision: 0.1)
      Plate(per: x) { loadings ~ MultivariateNormal(mean: 0.0, precision: precision) }
      Plate.rows {
        z ~ MultivariateNormal(mean: 0.0, precisions: spread)
        x ~ Normal(mean: level + loadings * z, precision: 4.0)
      }
    }
  }

  /// A chain whose matrix has a known prior.
  struct Walk: Model {
    let z = Latent<MultivariateNormal>()
    let dynamics = Latent<MultivariateNormal>()
    let loadings = Latent<MultivariateNormal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Plate(per: z) { dynamics ~ MultivariateNormal(mean: 0.0, precision: 3.0) }
      Plate(per: x) { loadings ~ MultivariateNormal(mean: 0.0, precision: 1.0) }
      Chain {
        z
          ~ MarkovChain(
            initial: MultivariateNormal(mean: 0.0, precision: 0.5, count: 2),
            transition: MultivariateNormal(mean: dynamics * z.previous, precisions: [1.0, 2.0]))
        x ~ Normal(mean: loadings * z, precision: 4.0)
      }
    }
  }

  static let models: [any Model.Type] = [
    FactorAnalysis.self, PrincipalComponents.self, MixtureOfFactorAnalysers.self, MatrixFactorization.self,
    LinearDynamicalSystem.self, Scales.self, Walk.self,
  ]

  private func engine(_ model: some Model, _ backend: any Backend) throws -> Engine {
    try session(model, backend).engine
  }

  private func session(_ model: some Model, _ backend: any Backend) throws -> FitSession {
    var random = RandomSource(seed: 5)
    var columns = (0..<4).map { _ in (0..<40).map { _ in random.normal() } }
    for row in 1..<40 { columns[0][row] += 0.7 * columns[0][row - 1] }
    for (a, b) in [(1, 0), (3, 2)] { for row in 0..<40 { columns[a][row] += columns[b][row] } }
    if !(model is MatrixFactorization) { columns[1][7] = .nan }
    let table = try DataTable(
      columns: columns.enumerated().map { Column(name: "x\($0)", values: $1) } + [
        Column(name: "user", values: (0..<40).map { Double($0 % 7) }),
        Column(name: "item", values: (0..<40).map { Double($0 % 5) }),
      ])
    var settings = FitSettings()
    settings.schedule = CoordinateAscent()
    (settings.maximumPasses, settings.tolerance, settings.restarts, settings.rotates) = (3, 0, 1, false)
    let bind =
      model is MatrixFactorization
      ? ["rating": ["x0"], "user": ["user"], "item": ["item"]] : ["x": columns.indices.map { "x\($0)" }]
    var session = try FitSession(ModelGraph(model), to: table, bind: bind, settings: settings, backend: backend)
    try session.run()
    return session
  }

  private func small(_ model: any Model.Type) -> any Model {
    let made = model.init()
    if var made = made as? FactorAnalysis {
      made.factors = 3
      return made
    }
    if var made = made as? PrincipalComponents {
      made.components = 3
      return made
    }
    if var made = made as? MixtureOfFactorAnalysers {
      made.components = 2
      return made
    }
    if var made = made as? MatrixFactorization {
      made.factors = 2
      return made
    }
    return made
  }

  /// Where rows and scales are at their optimum, what the bound gains by a small change of basis, rows found anew, is the
  /// objective's gradient: so the terms that the objective leaves out do not depend on the basis.
  @Test(arguments: models.indices, [0, 1]) func gradientIsThatOfTheBound(_ model: Int, _ backend: Int) throws {
    let backends: [any Backend] = [ReferenceBackend(), CPUBackend()]
    let engine = try engine(small(Self.models[model]), backends[backend])
    let basis = try #require(engine.plan.latentBases.first)
    let k = basis.dimension
    let rows = RowSelection.range(0..<engine.rowCount)
    // Scales beside the rows' variables and these find each other's optimum.
    for _ in 0..<200 {
      for position in basis.scales { engine.update(position) }
      engine.sweep(rows)
    }
    let objective = try #require(BasisObjective(basis, engine))
    let here = engine.memory
    let identity = SquareMatrix(identity: k)
    let start = try #require(AffineMap(identity.rows).flatMap(objective.value))
    var random = RandomSource(seed: 8)
    for _ in 0..<3 {
      let direction = SquareMatrix(order: k, elements: (0..<k * k).map { _ in random.normal() })
      let step = 1e-4
      let bounds = try [-1.0, 1].map { sign in
        engine.memory = here
        let map = try #require(AffineMap((identity + (sign * step) * direction).rows))
        let value = try #require(objective.value(map))
        engine.change(objective, to: map, value)
        engine.sweep(rows)
        return engine.bound()
      }
      let slope = (bounds[1] - bounds[0]) / (2 * step)
      let near = Tolerance.absolute(
        1e-4 * (1 + direction.inner(direction)) * 40, because: "a difference of step 1e-4 of a bound of 40 rows")
      #expect(
        near.allows(slope, start.gradient.inner(direction)), "\(slope), not \(start.gradient.inner(direction))")
    }
  }

  /// In any basis, the gradient is that of the value.
  @Test(arguments: models.indices) func gradientIsThatOfTheObjective(_ model: Int) throws {
    let engine = try engine(small(Self.models[model]), ReferenceBackend())
    let basis = try #require(engine.plan.latentBases.first)
    let objective = try #require(BasisObjective(basis, engine))
    let k = objective.basis.dimension
    var random = RandomSource(seed: 9)
    func draw(_ size: Double) -> SquareMatrix {
      SquareMatrix(order: k, elements: (0..<k * k).map { _ in size * random.normal() })
    }
    for _ in 0..<3 {
      let place = SquareMatrix(identity: k) + draw(0.3)
      let value = try #require(AffineMap(place.rows).flatMap(objective.value))
      let direction = draw(1)
      let step = 1e-5
      let values = try [-1.0, 1].map { sign in
        let map = (SquareMatrix(identity: k) + (sign * step) * direction) * place
        return try #require(AffineMap(map.rows).flatMap(objective.value)).bound
      }
      let slope = (values[1] - values[0]) / (2 * step)
      let near = Tolerance.absolute(1e-4 * (1 + abs(slope)), because: "a difference of step 1e-5")
      #expect(near.allows(slope, value.gradient.inner(direction)), "\(slope), not \(value.gradient.inner(direction))")
    }
  }

  /// The bound after a change of basis and a sweep is at least what the change promised.
  @Test(arguments: models.indices, [0, 1]) func boundRises(_ model: Int, _ backend: Int) throws {
    let backends: [any Backend] = [ReferenceBackend(), CPUBackend()]
    let engine = try engine(small(Self.models[model]), backends[backend])
    let rows = RowSelection.range(0..<engine.rowCount)
    for _ in 0..<4 {
      let before = engine.bound()
      // Where a label chooses among spaces, each promises a part.
      let objectives = engine.plan.latentBases.compactMap { BasisObjective($0, engine) }
      #expect(!objectives.isEmpty)
      let promised = objectives.reduce(0) { $0 + (BasisSearch.climb($1)?.gain ?? 0) }
      _ = engine.changeBases()
      engine.sweep(rows)
      let after = engine.bound()
      #expect(after > before + promised - 1e-8 * abs(before), "\(before) + \(promised), but \(after)")
      engine.updateAll()
    }
  }

  /// A pass that ends lower after a change of basis is taken back, and the next trial waits, twice as long each time.
  @Test func isTakenBack() throws {
    var session = try session(small(FactorAnalysis.self), ReferenceBackend())
    let memory = session.engine.memory
    let before = FitSession.BasisBefore(memory: memory, bound: session.fit.bound)
    for failures in 1...3 {
      session.engine.setToPrior()
      let isLower = session.takesBack(before, at: before.bound - 1)
      #expect(isLower && session.engine.memory == memory)
      #expect(session.trials == BasisTrials(failures: failures, pause: 1 << failures))
    }
    let isUndefined = session.takesBack(before, at: .nan)
    #expect(isUndefined)
    let isSame = !session.takesBack(before, at: before.bound)
    #expect(isSame && session.trials.failures == 0)
  }

  /// A prior mean, or a known map, fixes a basis: it is left alone.
  @Test func fixedBases() throws {
    struct Known: Model {
      let z = Latent<MultivariateNormal>()
      let loadings = Latent<MultivariateNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: x) { loadings ~ MultivariateNormal(mean: [0.5, 0.0], precision: 1.0) }
        Plate.rows {
          z ~ MultivariateNormal(mean: 0.0, precision: 1.0, count: 2)
          x ~ Normal(mean: loadings * z, precision: 4.0)
        }
      }
    }
    #expect(try engine(Known(), CPUBackend()).plan.latentBases.isEmpty)
  }
}
