import Suffice

/// Where a check of a model begins: what breaks the symmetry of its variables.
struct ModelStart {
  /// Expected statistics of row variables, row by row.
  private(set) var rows: [TileSlot: RowOverride] = [:]
  /// Expected statistics of global variables.
  private(set) var globals: [(slot: ParameterSlot, values: [Double])] = []
  private let rowCount: Int

  /// A start from labels of the first row variable.
  init(_ engine: Engine, labels: [Int]) {
    rowCount = engine.rowCount
    guard let local = engine.plan.locals.first else { return }
    rows[local.mean] = .labels(labels.map(Int32.init))
  }

  /// A start from random values of all labels and of all real numbers; other variables start at their priors.
  ///
  /// - Parameter engine: The engine, at the prior.
  init(_ engine: Engine, using random: inout RandomSource) {
    rowCount = engine.rowCount
    let plan = engine.plan
    for local in plan.locals {
      // What is partly observed is never given.
      let isPartlyObserved = plan.rows.contains { step in
        if case .meanMap(_, _, local.mean, _, .some, _) = step { true } else { false }
      }
      if isPartlyObserved { continue }
      var values: [Double] = []
      for _ in 0..<(rowCount * local.members) {
        values += Self.statistics(local.family, local.shape, using: &random) ?? []
      }
      if !values.isEmpty { rows[local.mean] = .values(values) }
    }
    for variable in plan.globals {
      let isFree = plan.locals.isEmpty || variable.family == Family(Categorical.self)
      guard isFree, Self.statistics(variable.family, variable.shape, using: &random) != nil else { continue }
      globals.append(
        (
          variable.mean,
          (0..<variable.members).flatMap { _ in
            Self.statistics(variable.family, variable.shape, using: &random) ?? []
          }
        ))
    }
  }

  /// The statistics of a random value; nil for families that start at their prior.
  private static func statistics(
    _ family: Family, _ shape: FamilyShape, using random: inout RandomSource
  ) -> [Double]? {
    switch family {
    case Family(Categorical.self):
      let value = Double(random.next() % UInt64(max(shape.dimension, 1)))
      return family.type.statistics(of: [value], shape)
    case Family(Normal.self), Family(MultivariateNormal.self):
      return family.type.statistics(of: (0..<shape.dimension).map { _ in random.normal() }, shape)
    case Family(Gamma.self), Family(PolyaGamma.self), Family(TruncatedNormal.self):
      return family.type.statistics(of: (0..<shape.dimension).map { _ in 0.5 + random.uniform() }, shape)
    default: return nil
    }
  }

  /// The start of the same rows in another order.
  func reordered(_ order: [Int]) -> ModelStart {
    var copy = self
    copy.rows = rows.mapValues { override in
      switch override {
      case .labels(let labels): return .labels(order.map { labels[$0] })
      case .values(let values):
        let width = values.count / max(rowCount, 1)
        return .values(order.flatMap { values[$0 * width..<($0 + 1) * width] })
      }
    }
    return copy
  }
}
