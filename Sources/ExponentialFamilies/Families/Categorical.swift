/// The categorical distribution over labels 0 … K−1 with probabilities π.
///
/// The statistic is the one-hot vector of the label, with natural parameter log π up to a constant; A(η) = log Σ exp η.
/// With groups, a product of one label for each group: its value is one label a group, its statistic all one-hot
/// vectors one after another.
public struct Categorical: ExponentialFamily, Distribution {
  public let conditional: Conditional

  /// A label with known or latent probabilities.
  ///
  /// - Parameter probabilities: A variable that offers log π, or known positive numbers.
  public init(_ probabilities: some SimplexArgument) {
    conditional = Conditional(
      Categorical.self, [("probabilities", probabilities)],
      terms: [Term(1, child(.indicator, .i), argument("probabilities", .logarithm, .i))])
  }

  public static let domain = ValueDomain.label

  public static func statistics(_ shape: FamilyShape) -> [Statistic] {
    [Statistic(.indicator, .vector(shape.dimension))]
  }

  public static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double {
    shape.groupRanges.reduce(0) { $0 + logSumExp(natural[$1]) }
  }

  public static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] {
    shape.groupRanges.flatMap { group in
      let total = logSumExp(natural[group])
      return natural[group].map { _exp($0 - total) }
    }
  }

  public static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { natural.allSatisfy(\.isFinite) }

  public static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] {
    var result = [Double](repeating: 0, count: shape.dimension)
    for (group, label) in zip(shape.groupRanges, value) { result[group.lowerBound + Int(label)] = 1 }
    return result
  }

  public static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? {
    for (group, label) in zip(shape.groupRanges, value)
    where !(label >= 0 && label < Double(group.count) && label == label.rounded()) {
      return "a label from 0 to \(group.count - 1)"
    }
    return nil
  }

  public static func valueCount(_ shape: FamilyShape) -> Int { shape.groupRanges.count }

  public static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    let probabilities = meanStatistics(natural, shape)
    return shape.groupRanges.map { Double(random.index(weights: Array(probabilities[$0]))) }
  }

  public static func parameters(_ shape: FamilyShape) -> [Parameter] {
    [Parameter("probabilities", .vector(shape.dimension), .positive)]
  }

  public static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] {
    shape.groupRanges.flatMap { group in
      let total = parameters[0][group].reduce(0, +)
      return parameters[0][group].map { _log($0) - _log(total) }
    }
  }

  public static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] {
    [meanStatistics(natural, shape)]
  }
}
