/// A column of a joint distribution: its name and its law.
public struct Margin: Sendable {
  /// The column's name.
  public let name: String
  /// Its distribution.
  public let law: any MarginLaw

  /// Declares a column.
  public init(_ name: String, _ law: some MarginLaw) {
    self.name = name
    self.law = law
  }
}

/// What the correlation of two columns is measured by.
public enum CorrelationKind: String, Hashable, Sendable, CaseIterable {
  /// Of the values; of the codes 0, 1, 2 … for levels.
  case pearson
  /// Of the ranks, tied values having their mean rank.
  case spearman
  /// Probability of concordance minus that of discordance; for continuous columns.
  case kendall
  /// Of the normal scores behind the columns; for levels the polychoric correlation.
  case latent
}

/// The correlation that two columns are to have.
public struct Correlation: Hashable, Sendable {
  /// The name of one column.
  public let first: String
  /// The name of the other one.
  public let second: String
  /// The correlation, in [−1, 1].
  public let value: Double
  /// How it is measured.
  public let kind: CorrelationKind

  /// Declares the correlation of two columns.
  public init(_ first: String, _ second: String, _ value: Double, kind: CorrelationKind = .pearson) {
    self.first = first
    self.second = second
    self.value = value
    self.kind = kind
  }
}

/// The correlations of all columns, in the order in which they are declared.
public struct CorrelationMatrix: Hashable, Sendable {
  /// The rows of the matrix.
  public let rows: [[Double]]
  /// How the correlations are measured.
  public let kind: CorrelationKind

  /// Declares the correlations of all columns.
  public init(_ rows: [[Double]], kind: CorrelationKind = .pearson) {
    self.rows = rows
    self.kind = kind
  }

  /// The pairs below the diagonal.
  ///
  /// - Throws: ``JointError`` where the matrix is not square of this size, not symmetric, or its diagonal is not 1.
  func correlations(of names: [String]) throws(JointError) -> [Correlation] {
    let d = names.count
    guard rows.count == d, rows.allSatisfy({ $0.count == d }) else {
      let widths = Set(rows.map(\.count)).sorted().map { "\($0)" }.joined(separator: " or ")
      throw JointError(
        "the correlation matrix has \(rows.count) rows of \(widths.isEmpty ? "0" : widths) numbers, but there are \(d) "
          + "columns: \(d) rows of \(d) numbers were expected, in the order of the columns.")
    }
    var result: [Correlation] = []
    for i in 0..<d {
      if rows[i][i] != 1 {
        throw JointError(
          "the correlation matrix has \(text(rows[i][i])) on its diagonal, at \"\(names[i])\"; 1 was expected.")
      }
      for j in 0..<i {
        let (a, b) = (rows[i][j], rows[j][i])
        // Written decimals agree; results of computations may differ in the last digits.
        if !((a - b).magnitude <= 1e-12) {
          throw JointError(
            "the correlation matrix is not symmetric: \"\(names[i])\" with \"\(names[j])\" is \(text(a)), the other way round "
              + "\(text(b)).")
        }
        result.append(Correlation(names[j], names[i], a, kind: kind))
      }
    }
    return result
  }
}

/// One statement of a declaration.
public enum JointStatement: Sendable {
  /// A column.
  case margin(Margin)
  /// The correlation of two columns.
  case correlation(Correlation)
  /// Those of all columns.
  case matrix(CorrelationMatrix)
}

/// Builds a declaration from margins and correlations.
@resultBuilder
public enum JointBuilder {
  public static func buildExpression(_ margin: Margin) -> [JointStatement] { [.margin(margin)] }
  public static func buildExpression(_ correlation: Correlation) -> [JointStatement] { [.correlation(correlation)] }
  public static func buildExpression(_ matrix: CorrelationMatrix) -> [JointStatement] { [.matrix(matrix)] }
  public static func buildBlock(_ parts: [JointStatement]...) -> [JointStatement] { parts.flatMap { $0 } }
  public static func buildArray(_ parts: [[JointStatement]]) -> [JointStatement] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [JointStatement]?) -> [JointStatement] { part ?? [] }
  public static func buildEither(first: [JointStatement]) -> [JointStatement] { first }
  public static func buildEither(second: [JointStatement]) -> [JointStatement] { second }
}
