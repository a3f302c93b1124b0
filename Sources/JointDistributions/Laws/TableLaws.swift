import SpecialFunctions

/// A law of finitely many values with given probabilities: levels of a label, or the values of a column of data.
public struct TableLaw: MarginLaw {
  /// The values and their tails.
  public let table: AtomTable
  /// Texts of the values of a label, in their order; nil for numbers.
  public let levels: [String]?
  /// Whether the order of the values means something.
  public let isOrdered: Bool
  public let description: String
  public let problem: String?
  public let mean: Double
  public let variance: Double
  public var shape: LawShape { .discrete(table) }

  init(_ table: AtomTable, levels: [String]? = nil, isOrdered: Bool = true, description: String, problem: String? = nil)
  {
    self.table = table
    self.levels = levels
    self.isOrdered = isOrdered
    self.description = description
    self.problem = problem
    (mean, variance) = table.moments
  }

  public func probability(_ x: Double, tail: Tail) -> Double { table.probability(x, tail: tail) }
  public func quantile(_ p: Double, tail: Tail) -> Double { table.values[table.index(p, tail: tail)] }

  /// Levels with probabilities, coded 0, 1, 2 … in the order given.
  static func categorical(_ levels: [(String, Double)], isOrdered: Bool) -> TableLaw {
    let names = levels.map(\.0)
    let weights = levels.map(\.1)
    let problem: String?
    let total = weights.reduce(0, +)
    if levels.isEmpty {
      problem = "categorical: at least one level was expected."
    } else if let wrong = levels.first(where: { !($0.1 >= 0 && $0.1 <= 1) }) {
      problem = "categorical: level \"\(wrong.0)\" has the probability \(text(wrong.1)), which is not between 0 and 1."
    } else if (total - 1).magnitude > 1e-9 {
      problem =
        "categorical: the probabilities of \(names.map { "\"\($0)\"" }.joined(separator: ", ")) add up to \(shortText(total)), not 1."
    } else if Set(names).count < names.count {
      problem = "categorical: a level occurs twice among \(names.map { "\"\($0)\"" }.joined(separator: ", "))."
    } else {
      problem = nil
    }
    let usable = problem == nil ? weights : [1]
    return TableLaw(
      AtomTable(values: usable.indices.map(Double.init), weights: usable), levels: names, isOrdered: isOrdered,
      description: "categorical(\(names.joined(separator: ", ")))", problem: problem)
  }

  /// The values of a column, each as probable as it is frequent; values that are not numbers do not count.
  static func empirical(_ column: [Double]) -> TableLaw {
    let sorted = column.filter { !$0.isNaN }.sorted()
    var values: [Double] = []
    var weights: [Double] = []
    for value in sorted {
      if value == values.last {
        weights[weights.count - 1] += 1
      } else {
        values.append(value)
        weights.append(1)
      }
    }
    let problem =
      values.isEmpty
      ? "empirical: the column has no values."
      : values.contains { $0.isInfinite } ? "empirical: a value of the column is infinite." : nil
    return TableLaw(
      problem == nil ? AtomTable(values: values, weights: weights) : AtomTable(values: [0], weights: [1]),
      description: "empirical(\(sorted.count) values)", problem: problem)
  }
}

extension MarginLaw where Self == TableLaw {
  /// Levels of a label with their probabilities, which must add up to 1.
  ///
  /// - Parameters:
  ///   - levels: The levels in their order; they are coded 0, 1, 2 ….
  ///   - ordered: Whether the order means something. Only then can more than two levels correlate with other columns.
  public static func categorical(_ levels: KeyValuePairs<String, Double>, ordered: Bool) -> TableLaw {
    .categorical(levels.map { ($0.key, $0.value) }, isOrdered: ordered)
  }

  /// Levels of a label with their probabilities, which must add up to 1.
  public static func categorical(_ levels: [(String, Double)], ordered: Bool) -> TableLaw {
    .categorical(levels, isOrdered: ordered)
  }

  /// The values of a column of data, each as probable as it is frequent.
  public static func empirical(_ column: [Double]) -> TableLaw { TableLaw.empirical(column) }
}
