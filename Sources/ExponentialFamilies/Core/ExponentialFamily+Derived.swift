// What follows from statistics, log partition and mean map, for every family.

extension ExponentialFamily {
  /// The type's own name.
  public static var name: String { String(describing: Self.self) }

  /// True.
  public static var hasConstantBaseMeasure: Bool { true }

  /// None.
  public static var constantStatistics: Set<StatisticName> { [] }

  /// Zero.
  public static func logBaseMeasure(of value: [Double], _ shape: FamilyShape) -> Double { 0 }

  /// The shape's dimension.
  public static func valueCount(_ shape: FamilyShape) -> Int { shape.dimension }

  /// The conventional parameters by their names.
  public static func summary(_ natural: [Double], _ shape: FamilyShape) -> [Summary] {
    zip(parameters(shape), parameters(from: natural, shape)).map {
      Summary($0.name, $1, isLocation: $0.isLocation)
    }
  }

  /// Number of natural parameters.
  public static func statisticCount(_ shape: FamilyShape) -> Int {
    statistics(shape).reduce(0) { $0 + $1.count }
  }

  /// Where a statistic begins in the vectors of the family; nil where the family does not offer it.
  public static func offset(of name: StatisticName, _ shape: FamilyShape) -> Int? {
    var offset = 0
    for statistic in statistics(shape) {
      if statistic.name == name { return offset }
      offset += statistic.count
    }
    return nil
  }

  /// The log density log p(x | η).
  public static func logDensity(of value: [Double], natural: [Double], _ shape: FamilyShape) -> Double {
    logBaseMeasure(of: value, shape) + dot(natural, statistics(of: value, shape)) - logPartition(natural, shape)
  }

  /// The entropy −E[log p(x)], where the base measure is constant.
  public static func entropy(_ natural: [Double], _ shape: FamilyShape) -> Double {
    logPartition(natural, shape) - dot(natural, meanStatistics(natural, shape))
  }

  /// The Kullback–Leibler divergence KL(p ‖ q) of two members with natural parameters `p` and `q`.
  public static func divergence(_ p: [Double], from q: [Double], _ shape: FamilyShape) -> Double {
    let step = zip(q, p).map { $0 - $1 }
    return logPartition(q, shape) - logPartition(p, shape) - dot(step, meanStatistics(p, shape))
  }

  /// nil: concentration and centre are not told apart.
  public static func remoteness(of other: [Double], in natural: [Double], _ shape: FamilyShape) -> Double? { nil }

  /// As in one dimension.
  public static func discrepancy(_ a: [Double], _ b: [Double], _ shape: FamilyShape) -> Double? {
    discrepancyAsOne(a, b, shape)
  }

  private static func discrepancyAsOne(_ a: [Double], _ b: [Double], _ shape: FamilyShape) -> Double? {
    guard let first = remoteness(of: a, in: b, shape), let second = remoteness(of: b, in: a, shape) else { return nil }
    return 1 / (1 / first + 1 / second)
  }

  /// The sum over elements that are independent, where every statistic has one number an element.
  static func discrepancyByElement(_ a: [Double], _ b: [Double], _ shape: FamilyShape) -> Double? {
    let (d, one) = (shape.dimension, FamilyShape(dimension: 1))
    var sum = 0.0
    for e in 0..<d {
      let (first, second) = (
        stride(from: e, to: a.count, by: d).map { a[$0] }, stride(from: e, to: b.count, by: d).map { b[$0] }
      )
      guard let own = discrepancyAsOne(first, second, one) else { return nil }
      sum += own
    }
    return sum
  }

  /// The divergence, from a member, of one with some of its conventional parameters, by name, and the others of another.
  static func remoteness(
    of other: [Double], in natural: [Double], keeping kept: Set<String>, _ shape: FamilyShape
  ) -> Double {
    let (own, others) = (parameters(from: natural, shape), parameters(from: other, shape))
    let described = parameters(shape)
    let moved = described.indices.map { kept.contains(described[$0].name) ? own[$0] : others[$0] }
    return max(divergence(self.natural(from: moved, shape), from: natural, shape), 0)
  }

  /// All elements are known, or none.
  public static func expectations(
    _ natural: [Double], given value: [Double], _ shape: FamilyShape
  ) -> (mean: [Double], logPartition: Double) {
    if value.contains(where: \.isNaN) { return ([Double](repeating: 0, count: natural.count), 0) }
    let statistics = statistics(of: value, shape)
    return (statistics, dot(natural, statistics))
  }

  /// Two evaluations of the log partition for each increment.
  public static func logPartitionIncrements(
    _ natural: [Double], adding increments: [Double], count: Int, _ shape: FamilyShape
  ) -> [Double] {
    let size = natural.count
    let base = logPartition(natural, shape)
    var moved = natural
    return (0..<count).map { row in
      for i in 0..<size { moved[i] = natural[i] + increments[row * size + i] }
      return logPartition(moved, shape) - base
    }
  }
}

/// The inner product of two vectors of one length.
public func dot(_ a: [Double], _ b: [Double]) -> Double {
  precondition(a.count == b.count, "vectors of lengths \(a.count) and \(b.count)")
  var sum = 0.0
  for i in 0..<a.count { sum += a[i] * b[i] }
  return sum
}
