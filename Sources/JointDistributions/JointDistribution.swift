/// A joint distribution with given margins and given correlations: the columns are increasing functions of normal scores
/// whose correlation matrix is such that the columns have theirs.
///
/// ```swift
/// let joint = try JointDistribution {
///   Margin("income", .logNormal(mean: 10, deviation: 1))
///   Margin("children", .poisson(mean: 1.4))
///   Margin("owner", .categorical(["no": 0.55, "yes": 0.45], ordered: false))
///   Correlation("income", "children", 0.2)
///   Correlation("income", "owner", 0.35)
/// }
/// let columns = joint.sample(rows: 1000, seed: 1)
/// ```
///
/// Margins are exact, and so are correlations, up to ``MatchedPair/error``, which is near 1e-14 for most pairs. Columns
/// whose correlation is not given are uncorrelated given the others, as far as their scores go.
///
/// Sources: Cario & Nelson (1997), "normal to anything"; bounds after Fréchet and Hoeffding.
public struct JointDistribution: Sendable {
  /// The columns.
  public let margins: [Margin]
  /// The pairs whose correlation was given, and what they have.
  public let pairs: [MatchedPair]
  /// The correlation matrix of the normal scores, row by row.
  public var latentCorrelations: [Double] { latent.elements }
  let latent: DenseMatrix
  let factor: DenseMatrix

  /// What happens where no joint distribution of this kind has the given correlations.
  public enum Infeasible: String, Sendable, CaseIterable {
    /// An error that lists what is wrong.
    case error
    /// The nearest correlations are taken; ``JointDistribution/changes`` lists them.
    case clip
  }

  /// The pairs whose correlation is not what was asked for; empty unless such changes were allowed.
  public var changes: [MatchedPair] { pairs.filter { $0.isChanged } }

  /// Finds the correlations of the normal scores.
  ///
  /// - Throws: ``JointError`` with all that is wrong: parameters, names, values, pairs that are impossible with their
  ///   bounds, or a matrix that is not positive definite.
  public init(
    infeasible: Infeasible = .error, threads: Int = 1, @JointBuilder _ statements: () -> [JointStatement]
  ) throws(JointError) {
    try self.init(statements(), infeasible: infeasible, threads: threads)
  }

  /// Finds the correlations of the normal scores of a list of statements.
  ///
  /// - Throws: ``JointError`` with all that is wrong.
  public init(_ statements: [JointStatement], infeasible: Infeasible = .error, threads: Int = 1) throws(JointError) {
    let declaration = try Declaration(statements)
    let matching = try Matching(declaration, infeasible: infeasible, threads: threads)
    margins = declaration.margins
    (latent, factor, pairs) = (matching.latent, matching.factor, matching.pairs)
  }
}

/// A pair of columns whose correlation was given.
public struct MatchedPair: Hashable, Sendable {
  /// Position of the first column.
  public let first: Int
  /// Position of the second column.
  public let second: Int
  /// How the correlation is measured.
  public let kind: CorrelationKind
  /// What was asked for.
  public let target: Double
  /// The correlation of the normal scores.
  public internal(set) var latent: Double
  /// What the columns have, up to `error`.
  public internal(set) var achieved: Double
  /// A bound on the numerical error of `achieved`.
  public internal(set) var error: Double
  /// Why the correlation is not what was asked for, where it is not.
  public internal(set) var reason: Reason?

  /// Why a correlation was changed.
  public enum Reason: Hashable, Sendable {
    /// No two columns with these margins have it; the least and largest possible correlations.
    case bounds(ClosedRange<Double>)
    /// The normal scores have no such correlations all at once.
    case notPositiveDefinite
  }

  /// Whether the correlation differs from what was asked for by more than rounding.
  public var isChanged: Bool { (achieved - target).magnitude > max(1e-9, error) }
}

/// A declaration whose names and values make sense.
struct Declaration {
  private(set) var margins: [Margin] = []
  /// Every pair at most once, with positions in ascending order.
  private(set) var targets: [(first: Int, second: Int, kind: CorrelationKind, value: Double)] = []

  init(_ statements: [JointStatement]) throws(JointError) {
    var correlations: [Correlation] = []
    var matrices: [CorrelationMatrix] = []
    for statement in statements {
      switch statement {
      case .margin(let margin): margins.append(margin)
      case .correlation(let correlation): correlations.append(correlation)
      case .matrix(let matrix): matrices.append(matrix)
      }
    }
    var problems: [String] = []
    if margins.isEmpty { throw JointError("no column is declared; at least one Margin was expected.") }
    var positions: [String: Int] = [:]
    for (position, margin) in margins.enumerated() {
      if margin.name.isEmpty { problems.append("column \(position + 1) has no name.") }
      if positions.updateValue(position, forKey: margin.name) != nil {
        problems.append("two columns are named \"\(margin.name)\"; rename one of them.")
      }
      if let problem = margin.law.problem { problems.append("column \"\(margin.name)\": \(problem)") }
    }
    if !problems.isEmpty { throw Self.all(problems) }
    for matrix in matrices { correlations += try matrix.correlations(of: margins.map(\.name)) }
    var seen: Set<Int> = []
    for correlation in correlations {
      let place = "correlation of \"\(correlation.first)\" and \"\(correlation.second)\""
      guard let first = positions[correlation.first], let second = positions[correlation.second] else {
        let unknown = positions[correlation.first] == nil ? correlation.first : correlation.second
        problems.append(
          "\(place): there is no column \"\(unknown)\"; there are \(Self.list(margins.map { "\"\($0.name)\"" })).")
        continue
      }
      if first == second {
        problems.append("\(place): a column's correlation with itself is 1 and is not declared.")
      } else if !(correlation.value.magnitude <= 1) {
        problems.append("\(place): \(text(correlation.value)) is not between -1 and 1.")
      } else if !seen.insert(min(first, second) * margins.count + max(first, second)).inserted {
        problems.append("\(place) is declared twice.")
      } else if let problem = Self.problem(correlation, [margins[first], margins[second]]) {
        problems.append("\(place): \(problem)")
      } else {
        targets.append((min(first, second), max(first, second), correlation.kind, correlation.value))
      }
    }
    if !problems.isEmpty { throw Self.all(problems) }
  }

  /// Why two columns have no correlation of a kind; nil where they have one.
  private static func problem(_ correlation: Correlation, _ margins: [Margin]) -> String? {
    for margin in margins {
      if let law = margin.law as? TableLaw, law.levels != nil, !law.isOrdered, law.table.values.count > 2,
        correlation.value != 0
      {
        return
          "the levels of \"\(margin.name)\" have no order, so its codes have no correlation. Declare them ordered, or use a "
          + "column of two levels."
      }
      switch correlation.kind {
      case .pearson: if let problem = margin.law.momentProblem { return problem }
      case .kendall:
        if case .continuous = margin.law.shape {
        } else {
          return "\"\(margin.name)\" has ties, for which Kendall's correlation is not matched; Spearman's is."
        }
      case .spearman, .latent:
        if case .discrete(let table) = margin.law.shape, table.values.count < 2 {
          return "\"\(margin.name)\" is a constant, which correlates with nothing."
        }
      }
    }
    return nil
  }

  /// One error of several findings; the first twenty are listed.
  static func all(_ problems: [String]) -> JointError {
    if problems.count == 1 { return JointError(problems[0]) }
    let more = problems.count > 20 ? "\n  and \(problems.count - 20) more" : ""
    return JointError(
      "\(problems.count) things are wrong:" + problems.prefix(20).map { "\n  \($0)" }.joined() + more)
  }

  private static func list(_ names: [String]) -> String {
    names.count <= 12
      ? names.joined(separator: ", ") : names.prefix(12).joined(separator: ", ") + " and \(names.count - 12) more"
  }
}

extension JointDistribution {
  /// The least and largest Pearson correlation that two columns with given laws can have (Fréchet and Hoeffding): those of a
  /// column with a decreasing and with an increasing function of it.
  ///
  /// - Throws: ``JointError`` where a law's parameters are wrong, or it has no finite variance or none at all.
  public static func possibleCorrelations(
    _ first: some MarginLaw, _ second: some MarginLaw
  ) throws(JointError) -> ClosedRange<Double> {
    for law in [first, second] as [any MarginLaw] {
      if let problem = law.problem ?? law.momentProblem { throw JointError(problem) }
    }
    return PairCurve(a: HermiteExpansion(first), b: HermiteExpansion(second)).bounds()
  }
}
