import Suffice

/// The Rayleigh distribution over numbers x > 0, p(x | λ) = 2λx exp(−λx²), λ > 0, for each element: a family that the
/// library does not have, added in one file.
///
/// The statistic is x² with natural parameter −λ; the base measure is 2x and the log partition −Σ log λ.
///
/// Source: Johnson, Kotz & Balakrishnan, *Continuous Univariate Distributions*, vol. 1 (1994), section 18.10, with
/// λ = 1/(2σ²).
struct Rayleigh: ExponentialFamily, Distribution {
  let conditional: Conditional

  /// A Rayleigh distribution with a known rate λ, or a variable that offers λ and log λ.
  init(rate: some PositiveArgument, count: Int? = nil) {
    conditional = Conditional(
      Rayleigh.self, [("rate", rate)], count: count.map(Count.number),
      terms: [
        Term(1, argument("rate", .logarithm, .i), over: [.i]),
        Term(-1, child(.square, .i), argument("rate", .value, .i)),
      ])
  }

  static let domain = ValueDomain.positive
  static let hasConstantBaseMeasure = false

  static func statistics(_ shape: FamilyShape) -> [Statistic] { [Statistic(.square, .vector(shape.dimension))] }

  static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double { natural.reduce(0) { $0 - _log(-$1) } }

  static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] { natural.map { -1 / $0 } }

  static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool {
    natural.allSatisfy { $0 < 0 && $0.isFinite }
  }

  static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value.map { $0 * $0 } }

  static func logBaseMeasure(of value: [Double], _ shape: FamilyShape) -> Double {
    value.reduce(0) { $0 + _log(2 * $1) }
  }

  static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    value.allSatisfy { $0 > 0 && $0.isFinite } ? nil : "a finite number above 0"
  }

  static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    natural.map { (_log(random.uniform()) / $0).squareRoot() }
  }

  static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("rate", .vector(shape.dimension), .positive)]
  }

  static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] { parameters[0].map { -$0 } }

  static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] { [natural.map { -$0 }] }
}
