import SpecialFunctions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A column as a function of its normal score, g(z) = F⁻¹(Φ(z)), in normalized Hermite polynomials hₖ = Heₖ/√k!:
/// (g(z) − mean)/deviation = Σ_{k≥1} cₖhₖ(z), where Σcₖ² = 1.
///
/// Where two scores have the correlation r, the columns have the correlation Σ cₖdₖrᵏ (Mehler's formula).
/// Source: Cario & Nelson, "Modeling and generating random vectors with arbitrary marginal distributions and correlation
/// matrix" (1997), for the problem; Abramowitz & Stegun, chapter 22, for the polynomials.
struct HermiteExpansion: Sendable {
  /// c₁, c₂, ….
  private(set) var coefficients: [Double] = []
  /// A bound on the sum of squares of the coefficients left out.
  private(set) var rest = 0.0
  /// What the coefficients' squares lack of 1 beyond that.
  private(set) var defect = 0.0
  let mean: Double
  let deviation: Double
  /// The jumps of a law of atoms.
  private(set) var steps: Steps?
  /// Where a law that is smooth elsewhere has jumps and kinks.
  private(set) var breaks: [Double] = []
  /// g itself.
  let function: @Sendable (Double) -> Double

  /// The jumps of a function that is constant between them, in units of its deviation.
  struct Steps: Sendable {
    let scores: [Double]
    let sizes: [Double]
    /// The values below the first jump and between jumps, standardized, and their probabilities.
    let values: [Double]
    let table: AtomTable
  }

  /// The most coefficients that are kept: those of a step fall as k^(−3/4).
  static let largestOrder = 600

  /// Expands the quantile function of a law with a finite variance.
  init(_ law: any MarginLaw) {
    self.init(
      shape: law.shape, moments: (law.mean, law.variance), function: { law.value(atNormalScore: $0) })
  }

  /// Expands the grade of a law: the mean of P(X ≤ x) and P(X < x), whose correlation is Spearman's.
  init(gradesOf law: any MarginLaw) {
    switch law.shape {
    case .continuous:
      self.init(shape: .continuous, moments: (0.5, 1.0 / 12), function: { normalProbability($0) })
    case .discrete(let table):
      let masses = table.masses
      let grades = table.values.indices.map { table.lower[$0] - 0.5 * masses[$0] }
      // Where probabilities are too small to tell grades apart, the atoms are one.
      let kept = grades.indices.filter { $0 == 0 || grades[$0] > grades[$0 - 1] }
      let merged = AtomTable(
        values: kept.map { grades[$0] },
        lower: kept.indices.map { table.lower[$0 + 1 < kept.count ? kept[$0 + 1] - 1 : table.values.count - 1] },
        upper: kept.indices.map { table.upper[$0 + 1 < kept.count ? kept[$0 + 1] - 1 : table.values.count - 1] })
      self.init(shape: .discrete(merged), moments: merged.moments, function: { merged.value($0) })
    case .mixed(let breaks):
      var atoms: [ClosedRange<Double>] = []
      for (a, b) in zip(breaks, breaks.dropFirst())
      where law.quantile(a + 0.25 * (b - a), tail: .lower) == law.quantile(a + 0.75 * (b - a), tail: .lower) {
        atoms.append(a...b)
      }
      if let first = breaks.first, law.quantile(0.25 * first, tail: .lower) == law.quantile(0.75 * first, tail: .lower)
      {
        atoms.append(0...first)
      }
      if let last = breaks.last,
        law.quantile(1 - 0.25 * (1 - last), tail: .lower) == law.quantile(1 - 0.75 * (1 - last), tail: .lower)
      {
        atoms.append(last...1)
      }
      let jumps = atoms
      let grade: @Sendable (Double) -> Double = { z in
        let p = normalProbability(z)
        return jumps.first { $0.contains(p) }.map { 0.5 * ($0.lowerBound + $0.upperBound) } ?? p
      }
      self.init(shape: .mixed(breaks: breaks), moments: nil, function: grade)
    }
  }

  /// - Parameter moments: Mean and variance where they are known in closed form.
  private init(
    shape: LawShape, moments: (mean: Double, variance: Double)?, function: @escaping @Sendable (Double) -> Double
  ) {
    self.function = function
    switch shape {
    case .discrete(let table):
      let (mean, variance) = table.moments
      self.mean = mean
      deviation = variance.squareRoot()
      expand(table)
    case .continuous:
      let (rule, values) = ScoreRule.smooth(function)
      let (mean, variance) = moments ?? rule.moments(values)
      self.mean = mean
      deviation = variance.squareRoot()
      expand(rule, values)
    case .mixed(let probabilities):
      breaks = probabilities.map { $0 <= 0.5 ? normalQuantile($0) : normalQuantile(1 - $0, tail: .upper) }
      let reach = ScoreRule.smooth(function, step: 0.25).rule.scores.reduce(9) { max($0, $1.magnitude) }
      let rule = ScoreRule.panels(breaks: breaks, isGraded: true, limit: (reach * 4).rounded(.up) / 4)
      let values = rule.scores.map(function)
      let (mean, variance) = moments ?? rule.moments(values)
      self.mean = mean
      deviation = variance.squareRoot()
      expand(rule, values)
    }
  }

  /// By quadrature; what the squares lack of 1 bounds the rest, quadrature and moments included.
  private mutating func expand(_ rule: ScoreRule, _ values: [Double]) {
    let count = values.count
    let mean = mean
    let deviation = deviation
    let weighted = (0..<count).map { rule.weights[$0] * ((values[$0] - mean) / deviation) }
    var before = [Double](repeating: 1, count: count)
    var now = rule.scores
    var small = 0
    for k in 1...Self.largestOrder {
      var sum = 0.0
      for i in 0..<count { sum += weighted[i] * now[i] }
      coefficients.append(sum)
      // Beyond a run of coefficients below the rounding of sums there is rounding only.
      small = sum.magnitude < 2e-16 ? small + 1 : 0
      if small == 12 { break }
      let (root, scale) = (Double(k).squareRoot(), 1 / Double(k + 1).squareRoot())
      for i in 0..<count {
        let next = (rule.scores[i] * now[i] - root * before[i]) * scale
        before[i] = now[i]
        now[i] = next
      }
    }
    let missing = (1 - coefficients.reduce(0) { $0 + $1 * $1 }).magnitude
    let last = coefficients.suffix(12).reduce(0) { max($0, $1 * $1) }
    let tail = small == 12 ? 1e-30 : last * Double(coefficients.count)
    if missing < 1e-13 {
      rest = min(tail, 1e-13)
    } else if missing < 4 * tail {
      rest = missing
    } else {
      // The coefficients themselves are off: of a law whose variance is finite by a hair, tails beyond all doubles count.
      (rest, defect) = (tail, missing)
    }
  }

  /// In closed form: cₖ = Σ (jump) φ(t) hₖ₋₁(t)/√k over the jumps at scores t.
  private mutating func expand(_ table: AtomTable) {
    let (mean, deviation) = (mean, deviation)
    let thresholds = table.thresholds
    let kept = thresholds.indices.filter { thresholds[$0].isFinite }
    let scores = kept.map { thresholds[$0] }
    let sizes = kept.map { (table.values[$0 + 1] - table.values[$0]) / deviation }
    steps = Steps(scores: scores, sizes: sizes, values: table.values.map { ($0 - mean) / deviation }, table: table)
    let weighted = zip(scores, sizes).map { normalDensity($0) * $1 }
    let count = scores.count
    var before = [Double](repeating: 0, count: count)
    var now = [Double](repeating: 1, count: count)
    var squares = 0.0
    for k in 1...Self.largestOrder {
      var sum = 0.0
      for i in 0..<count { sum += weighted[i] * now[i] }
      let coefficient = sum / Double(k).squareRoot()
      coefficients.append(coefficient)
      squares += coefficient * coefficient
      // Many small steps are nearly a smooth function.
      if k % 50 == 0, 1 - squares < 1e-15 { break }
      let (root, scale) = (Double(k - 1).squareRoot(), 1 / Double(k).squareRoot())
      for i in 0..<count {
        let next = (scores[i] * now[i] - root * before[i]) * scale
        before[i] = now[i]
        now[i] = next
      }
    }
    rest = max(1 - squares, 0)
  }
}

extension AtomTable {
  /// The value at a normal score.
  func value(_ z: Double) -> Double {
    values[z < 0 ? index(normalProbability(z), tail: .lower) : index(normalProbability(z, tail: .upper), tail: .upper)]
  }
}
