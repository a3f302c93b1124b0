import Suffice

/// A member of a family on which laws are checked: a shape and conventional parameters.
public struct FamilyMember: Hashable, Sendable {
  /// Its shape.
  public var shape: FamilyShape
  /// Its conventional parameters, in the order of `ExponentialFamily.parameters(_:)`.
  public var parameters: [[Double]]
  /// Whether its values fit well into doubles (most of a beta variable with β = 10⁻⁵ lies closer to 1 than a double can
  /// tell), so that laws about samples and integrals are meaningful.
  public var isTame: Bool

  /// Describes a member.
  public init(shape: FamilyShape, parameters: [[Double]], isTame: Bool = true) {
    self.shape = shape
    self.parameters = parameters
    self.isTame = isTame
  }
}

extension FamilyMember {
  /// At what scale a random member's parameters are drawn.
  enum Regime: CaseIterable {
    /// Positive numbers from 0.7 to 20, real ones of size 3: tame.
    case moderate
    /// Positive numbers from 0.01 to 100, real ones of size 10.
    case wide
    /// Half of the positive numbers from 10⁻⁵ to 10⁻², matrices of condition 10⁶.
    case boundary
    /// Half of the positive numbers from 10⁴ to 10⁸.
    case large
  }

  /// Draws conventional parameters that satisfy their constraints.
  static func random(
    _ family: any ExponentialFamily.Type, _ shape: FamilyShape, _ regime: Regime, using random: inout RandomSource
  ) -> FamilyMember {
    let parameters = family.parameters(shape).map { parameter -> [Double] in
      switch parameter.constraint {
      case .real:
        let size = regime == .wide ? 10.0 : 3
        return (0..<parameter.form.count).map { _ in size * random.normal() }
      case .positive:
        return (0..<parameter.form.count).map { _ in
          let x = regime.positive(using: &random)
          // The same law for the odds, where there is an upper bound.
          return parameter.upperBound.map { $0 * x / (1 + x) } ?? x
        }
      case .above(let bound): return (0..<parameter.form.count).map { _ in bound + regime.excess(using: &random) }
      case .positiveDefinite: return regime.matrix(order: parameter.form.extent, using: &random)
      }
    }
    return FamilyMember(shape: shape, parameters: parameters, isTame: regime == .moderate)
  }

  /// Parameters on the boundary of the domain and beyond, one at a time; the others have neutral values, for which the
  /// natural parameters are exact.
  static func improper(_ family: any ExponentialFamily.Type, _ shape: FamilyShape) -> [FamilyMember] {
    let specifications = family.parameters(shape)
    let neutral = specifications.map(\.neutral)
    var members: [FamilyMember] = []
    for (p, specification) in specifications.enumerated() {
      for bad in specification.improper {
        var parameters = neutral
        parameters[p] = bad
        members.append(FamilyMember(shape: shape, parameters: parameters, isTame: false))
      }
    }
    return members
  }
}

extension FamilyMember.Regime {
  private func logUniform(_ low: Double, _ high: Double, using random: inout RandomSource) -> Double {
    low * _exp(random.uniform() * _log(high / low))
  }

  fileprivate func positive(using random: inout RandomSource) -> Double {
    switch self {
    case .wide: logUniform(0.01, 100, using: &random)
    case .boundary where random.uniform() < 0.5: logUniform(1e-5, 1e-2, using: &random)
    case .large where random.uniform() < 0.5: logUniform(1e4, 1e8, using: &random)
    case .moderate, .boundary, .large: logUniform(0.7, 20, using: &random)
    }
  }

  /// How far a number lies above its bound.
  ///
  /// A matrix with fewer than one degree of freedom above the bound is often too
  /// close to a singular one, hence the larger moderate numbers.
  fileprivate func excess(using random: inout RandomSource) -> Double {
    switch self {
    case .moderate: logUniform(1, 20, using: &random)
    case .wide: logUniform(0.05, 100, using: &random)
    case .boundary: logUniform(1e-5, 1e-2, using: &random)
    case .large: logUniform(1e4, 1e8, using: &random)
    }
  }

  /// The lower triangle of L Lᵀ with a random lower triangle L.
  fileprivate func matrix(order: Int, using random: inout RandomSource) -> [Double] {
    var rows: [[Double]] = (0..<order).map { i in
      var row = [Double](repeating: 0, count: order)
      for j in 0..<i { row[j] = 0.5 * random.normal() }
      row[i] = 0.7 + random.uniform()
      return row
    }
    let scale = self == .moderate ? 1 : FamilyMember.Regime.wide.positive(using: &random).squareRoot()
    for i in 0..<order { for j in 0...i { rows[i][j] *= scale } }
    if self == .boundary && order > 1 { rows[order - 1][order - 1] *= 1e-3 }
    return (0..<order).flatMap { i in (0...i).map { dot(rows[i], rows[$0]) } }
  }
}

extension Parameter {
  /// Values well inside the domain, for which rounding plays no part.
  fileprivate var neutral: [Double] {
    switch constraint {
    case .real: [Double](repeating: 0, count: form.count)
    case .positive: [Double](repeating: upperBound.map { 0.5 * $0 } ?? 1, count: form.count)
    case .above(let bound): [Double](repeating: bound + 1, count: form.count)
    case .positiveDefinite: SymmetricMatrix(diagonal: [Double](repeating: 1, count: form.extent)).packed
    }
  }

  /// Values on the boundary and outside: each element by itself; for a matrix, a singular and a negative one.
  fileprivate var improper: [[Double]] {
    let values: [Double]
    switch constraint {
    case .real: return [.nan, .infinity].flatMap(replaced)
    case .positive: values = [0, -1] + (upperBound.map { [$0, 2 * $0] } ?? [])
    case .above(let bound): values = [bound, bound - 0.5]
    case .positiveDefinite:
      return (0..<form.extent).flatMap { i in
        [0.0, -1.0].map { x in
          SymmetricMatrix(diagonal: (0..<form.extent).map { $0 == i ? x : 1 }).packed
        }
      }
    }
    return values.flatMap(replaced)
  }

  private func replaced(with value: Double) -> [[Double]] {
    neutral.indices.map { i in
      var copy = neutral
      copy[i] = value
      return copy
    }
  }
}
