import ModelLanguage

/// What the compiler must know of the data: dimensions, levels, and the moments that priors may depend on.
public struct DataFacts: Hashable, Sendable {
  /// What is known of one observed variable.
  public struct Observed: Hashable, Sendable {
    /// The names of its columns.
    public var columns: [String]
    /// The levels of each column, for labels and two-level columns; an empty list for numbers.
    public var levels: [[String]]
    /// The mean of each column.
    public var mean: [Double]
    /// The variance of each column, with N − 1 in the denominator; NaN for one row.
    public var variance: [Double]
    /// The covariance matrix of the columns, as its lower triangle; empty where the model asks for none.
    public var covariance: [Double]
    /// The mean over rows of the logarithm of the base measure.
    public var logBaseMeasure: Double
    /// How many cells of each column are missing; empty where none is.
    public var missing: [Int]
    /// How many rows have no missing cell, and a weight; nil where the model asks for no covariance of such rows.
    public var completeRows: Int?

    /// The mean square of each column's change from one row of a sequence to the next; empty where the model asks for none, NaN
    /// where no two rows follow one another.
    public var stepVariance: [Double]

    /// Collects facts.
    public init(
      columns: [String], levels: [[String]], mean: [Double], variance: [Double], covariance: [Double],
      logBaseMeasure: Double, missing: [Int] = [], completeRows: Int? = nil,
      stepVariance: [Double] = []
    ) {
      self.stepVariance = stepVariance
      self.missing = missing
      self.completeRows = completeRows
      self.columns = columns
      self.levels = levels
      self.mean = mean
      self.variance = variance
      self.covariance = covariance
      self.logBaseMeasure = logBaseMeasure
    }
  }

  /// Number of rows.
  public var rowCount: Int
  /// Whether rows have weights.
  public var isWeighted = false
  /// Facts of each observed variable, in the order of ``ModelGraph/observed``.
  public var observed: [Observed]

  /// Collects facts.
  public init(rowCount: Int, observed: [Observed]) {
    self.rowCount = rowCount
    self.observed = observed
  }
}
