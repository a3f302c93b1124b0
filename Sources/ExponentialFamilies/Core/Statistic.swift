/// What a sufficient statistic is, whichever family offers it: the identity function, the logarithm, a square, and so on.
///
/// Conjugacy is a comparison of these names: a parent is conjugate to a child where the names that the child's log
/// density mentions are among those that the parent's family offers.
public struct StatisticName: Hashable, Sendable {
  /// The name that files and comparisons use.
  public let key: String
  /// How it is written in text, with `·` where the variable's name goes.
  public let text: String
  /// How it is written in LaTeX, with `·` where the variable's name goes.
  public let latex: String

  /// Names a statistic.
  ///
  /// - Parameters:
  ///   - key: One word; unique among the statistics of one kind of value.
  ///   - text: For example `log ·`.
  ///   - latex: For example `\log ·`.
  public init(_ key: String, text: String, latex: String) {
    self.key = key
    self.text = text
    self.latex = latex
  }

  /// Two names are one where their keys are.
  public static func == (a: StatisticName, b: StatisticName) -> Bool { a.key == b.key }

  /// Hashes the key.
  public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

extension StatisticName {
  /// The value itself, x.
  public static let value = StatisticName("value", text: "·", latex: "·")
  /// The square of each element, x².
  public static let square = StatisticName("square", text: "·²", latex: "·^2")
  /// The outer product, x xᵀ.
  public static let outerProduct = StatisticName("outerProduct", text: "··ᵀ", latex: "··^\\top")
  /// The logarithm of each element, log x.
  public static let logarithm = StatisticName("logarithm", text: "log ·", latex: "\\log ·")
  /// The square of the logarithm of each element, log² x.
  public static let squaredLogarithm = StatisticName("squaredLogarithm", text: "log² ·", latex: "\\log^2 ·")
  /// The reciprocal of each element, 1/x.
  public static let reciprocal = StatisticName("reciprocal", text: "1/·", latex: "·^{-1}")
  /// The logarithm of the complement of each element, log(1 − x).
  public static let logComplement = StatisticName("logComplement", text: "log(1−·)", latex: "\\log(1-·)")
  /// The logarithm of the gamma function of each element, log Γ(x); no family offers it, only known numbers have it.
  public static let logGamma = StatisticName("logGamma", text: "log Γ(·)", latex: "\\log\\Gamma(·)")
  /// The logarithm of the determinant, log|X|.
  public static let logDeterminant = StatisticName("logDeterminant", text: "log|·|", latex: "\\log|·|")
  /// The one-hot vector of a label, [x = k].
  public static let indicator = StatisticName("indicator", text: "[·]", latex: "[·]")

  /// Whether a label has each of its values but the last, [x = k]: a statistic of data only.
  public static let split = StatisticName("split", text: "[· here]", latex: "[·\\ \\text{here}]")
  /// Whether a label has each of its values but the last, or a later one, [x ≥ k]: a statistic of data only.
  public static let reached = StatisticName("reached", text: "[· here or later]", latex: "[·\\ \\text{here or later}]")

  /// A power of each element, x^k: a statistic of data only.
  public static func power(_ exponent: Double) -> StatisticName {
    StatisticName("power(\(exponent))", text: "·^\(exponent)", latex: "·^{\(exponent)}")
  }
  /// The exponent of a statistic that is a power; nil for other statistics.
  public var powerExponent: Double? {
    key.hasPrefix("power(") && key.hasSuffix(")") ? Double(key.dropFirst(6).dropLast()) : nil
  }
  /// The logarithm of the gamma function of each element plus a number, log Γ(x + r): a statistic of data only.
  public static func logGammaSum(_ number: Double) -> StatisticName {
    StatisticName("logGamma(·+\(number))", text: "log Γ(·+\(number))", latex: "\\log\\Gamma(·+\(number))")
  }
  /// The logarithm of the gamma function of a number minus each element, log Γ(n − x): a statistic of data only.
  public static func logGammaDifference(_ number: Double) -> StatisticName {
    StatisticName("logGamma(\(number)-·)", text: "log Γ(\(number)−·)", latex: "\\log\\Gamma(\(number)-·)")
  }
  /// The number r of a statistic log Γ(r + x) or log Γ(r − x), and the sign of x; nil for other statistics.
  public var logGammaArgument: (number: Double, sign: Double)? {
    guard key.hasPrefix("logGamma("), key.hasSuffix(")") else { return nil }
    let inner = key.dropFirst(9).dropLast()
    if inner.hasPrefix("·+") { return Double(inner.dropFirst(2)).map { ($0, 1) } }
    if inner.hasSuffix("-·") { return Double(inner.dropLast(2)).map { ($0, -1) } }
    return nil
  }
  /// The logarithm of n!/(n − x)! of a number of trials n of each row, where x is what the distribution is of: a part of the
  /// base measure, which data alone determine.
  public static let arrangements = StatisticName("arrangements", text: "log ·!/(·−x)!", latex: "\\log ·!/(·-x)!")

  /// Whether each element is present, 1 or 0: a statistic of data with missing cells.
  public static let observed = StatisticName("observed", text: "[· present]", latex: "[·\\ \\text{present}]")

  /// Whether any element is present, 1 or 0: a statistic of data with missing cells.
  public static let seen = StatisticName("seen", text: "[· seen]", latex: "[·\\ \\text{seen}]")

  /// Precision times mean, Λμ, of a joint (mean, precision) variable.
  public static let precisionTimesMean = StatisticName("precisionTimesMean", text: "Λμ(·)", latex: "\\Lambda\\mu(·)")
  /// The precision, Λ, of a joint (mean, precision) variable.
  public static let precision = StatisticName("precision", text: "Λ(·)", latex: "\\Lambda(·)")
  /// The precision-weighted square of the mean, μᵀΛμ, of a joint (mean, precision) variable.
  public static let meanPrecisionMean = StatisticName(
    "meanPrecisionMean", text: "μᵀΛμ(·)", latex: "\\mu^\\top\\!\\Lambda\\mu(·)")
  /// The logarithm of the precision (of its determinant, where it is a matrix) of a joint (mean, precision) variable.
  public static let logPrecision = StatisticName("logPrecision", text: "log|Λ|(·)", latex: "\\log|\\Lambda|(·)")
}

/// One sufficient statistic of a family at a given shape: its name and the form of its values.
public struct Statistic: Hashable, Sendable {
  /// The form of a statistic's values, and with it how many numbers they take.
  public enum Form: Hashable, Sendable {
    /// One number.
    case scalar
    /// A vector of so many numbers.
    case vector(Int)
    /// A symmetric matrix of that order, stored as its lower triangle row by row: element (i, j), i ≥ j, is number
    /// i(i+1)/2 + j. The natural parameter of an off-diagonal element counts both (i, j) and (j, i), so that ⟨η, t⟩ is
    /// the plain sum over the stored numbers.
    case symmetric(Int)
    /// A matrix of so many rows and columns, stored row by row.
    case matrix(Int, Int)

    /// How many numbers are stored.
    public var count: Int {
      switch self {
      case .scalar: 1
      case .vector(let n): n
      case .symmetric(let n): n * (n + 1) / 2
      case .matrix(let rows, let columns): rows * columns
      }
    }

    /// How many indices an element has.
    public var rank: Int {
      switch self {
      case .scalar: 0
      case .vector: 1
      case .symmetric, .matrix: 2
      }
    }

    /// The number of values that each index takes.
    public var extents: [Int] {
      switch self {
      case .scalar: []
      case .vector(let n): [n]
      case .symmetric(let n): [n, n]
      case .matrix(let rows, let columns): [rows, columns]
      }
    }

    /// The number of values of the first index; 1 where there is none.
    public var extent: Int { extents.first ?? 1 }
  }

  /// Which function of the value it is.
  public let name: StatisticName
  /// The form of its values.
  public let form: Form
  /// How many numbers are stored.
  public var count: Int { form.count }

  /// Describes a statistic.
  public init(_ name: StatisticName, _ form: Form) {
    self.name = name
    self.form = form
  }
}

/// The size of a member of a family: its dimension, and what else is known about it beforehand.
public struct FamilyShape: Hashable, Sendable {
  /// Number of elements: of a vector, of a probability vector; the order of a matrix.
  public var dimension: Int
  /// Where the member is a product of several (one probability vector for each categorical column, say), the dimension of
  /// each; they add up to ``dimension``.
  ///
  /// Empty for a single one.
  public var groups: [Int]
  /// Number of inputs of a linear map to the ``dimension`` outputs; 0 for members that are no such map.
  public var inputs: Int

  /// Describes a member's size.
  public init(dimension: Int, groups: [Int] = [], inputs: Int = 0) {
    self.dimension = dimension
    self.groups = groups.count > 1 ? groups : []
    self.inputs = inputs
  }

  /// The index range of each group: one range where there are no groups.
  public var groupRanges: [Range<Int>] {
    guard !groups.isEmpty else { return dimension == 0 ? [] : [0..<dimension] }
    var start = 0
    return groups.map { size in
      defer { start += size }
      return start..<(start + size)
    }
  }
}

extension FamilyShape: CustomStringConvertible {
  /// The dimension, or the groups; after a cross, the inputs.
  public var description: String {
    (groups.isEmpty ? "\(dimension)" : groups.map(String.init).joined(separator: "+"))
      + (inputs > 0 ? "×\(inputs)" : "")
  }
}
