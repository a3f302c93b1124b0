import SpecialFunctions

/// Another law between two numbers, both included: its distribution given that it lies there.
public struct TruncatedLaw: MarginLaw {
  /// The law that is cut.
  public let base: any MarginLaw
  /// The numbers between which it is kept.
  public let range: ClosedRange<Double>
  private let content: Content
  public let mean: Double
  public let variance: Double

  private enum Content {
    case invalid(String)
    case table(AtomTable)
    /// The tails outside of the range, on both sides, and which of the two kinds keeps the digits.
    case smooth(below: Double, above: Double, tail: Tail)
  }

  init(_ base: any MarginLaw, to range: ClosedRange<Double>) {
    self.base = base
    self.range = range
    let content = Self.content(base, range)
    self.content = content
    switch content {
    case .invalid: (mean, variance) = (.nan, .nan)
    case .table(let table): (mean, variance) = table.moments
    case .smooth(let below, let above, let tail):
      (mean, variance) = smoothMoments { z in
        Self.quantile(base, range, below, above, tail, normalProbability(-z.magnitude), z < 0 ? .lower : .upper)
      }
    }
  }

  private static func content(_ base: any MarginLaw, _ range: ClosedRange<Double>) -> Content {
    if let problem = base.problem { return .invalid(problem) }
    let nothing = Content.invalid(
      "truncated: \(base) has no probability between \(text(range.lowerBound)) and \(text(range.upperBound)).")
    switch base.shape {
    case .discrete(let table):
      let masses = table.masses
      let kept = table.values.indices.filter { range.contains(table.values[$0]) && masses[$0] > 0 }
      if kept.isEmpty { return nothing }
      return .table(AtomTable(values: kept.map { table.values[$0] }, weights: kept.map { masses[$0] }))
    case .mixed:
      return .invalid("truncated: \(base) is truncated after it was mixed; truncate its continuous part instead.")
    case .continuous:
      let tail: Tail = base.probability(range.lowerBound, tail: .lower) > 0.5 ? .upper : .lower
      let (first, last) = (
        base.probability(range.lowerBound, tail: tail), base.probability(range.upperBound, tail: tail)
      )
      if !((first - last).magnitude > 0) { return nothing }
      return .smooth(below: first, above: last, tail: tail)
    }
  }

  private static func quantile(
    _ base: any MarginLaw, _ range: ClosedRange<Double>, _ first: Double, _ last: Double, _ tail: Tail, _ p: Double,
    _ side: Tail
  ) -> Double {
    let target = side == .lower ? first + p * (last - first) : last - p * (last - first)
    return min(max(base.quantile(min(max(target, 0), 1), tail: tail), range.lowerBound), range.upperBound)
  }

  public var description: String { "truncated(\(base), \(text(range.lowerBound))...\(text(range.upperBound)))" }
  public var problem: String? {
    if case .invalid(let problem) = content { return problem }
    return nil
  }
  public var shape: LawShape {
    if case .table(let table) = content { return .discrete(table) }
    return .continuous
  }
  public func probability(_ x: Double, tail: Tail) -> Double {
    if x < range.lowerBound { return tail == .lower ? 0 : 1 }
    if x >= range.upperBound { return tail == .lower ? 1 : 0 }
    switch content {
    case .invalid: return .nan
    case .table(let table): return table.probability(x, tail: tail)
    case .smooth(let first, let last, let kind):
      let here = base.probability(x, tail: kind)
      return (tail == .lower ? here - first : last - here) / (last - first)
    }
  }
  public func quantile(_ p: Double, tail: Tail) -> Double {
    switch content {
    case .invalid: .nan
    case .table(let table): table.values[table.index(p, tail: tail)]
    case .smooth(let first, let last, let kind): Self.quantile(base, range, first, last, kind, p, tail)
    }
  }
}

/// 0 with a probability, else another law.
public struct ZeroInflatedLaw: MarginLaw {
  /// The other law.
  public let base: any MarginLaw
  /// The probability of a 0 that the other law does not give.
  public let zeroProbability: Double
  private let table: AtomTable?

  init(_ base: any MarginLaw, zero probability: Double) {
    self.base = base
    zeroProbability = probability
    guard base.problem == nil, case .discrete(let table) = base.shape else {
      self.table = nil
      return
    }
    var (values, weights) = (table.values, table.masses.map { $0 * (1 - probability) })
    if let position = values.firstIndex(of: 0) {
      weights[position] += probability
    } else {
      let position = values.firstIndex { $0 > 0 } ?? values.count
      values.insert(0, at: position)
      weights.insert(probability, at: position)
    }
    self.table = AtomTable(values: values, weights: weights)
  }

  public var description: String { "zeroInflated(\(base), zero: \(text(zeroProbability)))" }
  public var problem: String? {
    if let problem = base.problem { return problem }
    if !(zeroProbability > 0 && zeroProbability < 1) {
      return "zeroInflated: the probability \(text(zeroProbability)) of zero is not between 0 and 1."
    }
    if case .mixed = base.shape {
      return "zeroInflated: \(base) has an atom already; inflate its continuous part instead."
    }
    return nil
  }
  public var mean: Double { (1 - zeroProbability) * base.mean }
  public var variance: Double {
    (1 - zeroProbability) * (base.variance + zeroProbability * base.mean * base.mean)
  }
  public var shape: LawShape {
    if let table { return .discrete(table) }
    let below = (1 - zeroProbability) * base.probability(0, tail: .lower)
    return .mixed(breaks: [below, below + zeroProbability].filter { $0 > 0 && $0 < 1 })
  }
  public func probability(_ x: Double, tail: Tail) -> Double {
    let rest = (1 - zeroProbability) * base.probability(x, tail: tail)
    return (tail == .lower) == (x >= 0) ? rest + zeroProbability : rest
  }
  public func quantile(_ p: Double, tail: Tail) -> Double {
    if let table { return table.values[table.index(p, tail: tail)] }
    // Beyond the atom the other law has the same tail, scaled.
    let rest = 1 - zeroProbability
    let outside = rest * base.probability(0, tail: tail)
    if p <= outside { return base.quantile(p / rest, tail: tail) }
    if p <= outside + zeroProbability { return 0 }
    return base.quantile(min(1, (1 - p) / rest), tail: tail.opposite)
  }
}

/// Another law, rounded to a number of decimals.
public struct RoundedLaw: MarginLaw {
  /// The law that is rounded.
  public let base: any MarginLaw
  /// Number of decimals; negative for tens, hundreds ….
  public let decimals: Int
  public let problem: String?
  private let table: AtomTable
  public let mean: Double
  public let variance: Double

  init(_ base: any MarginLaw, decimals: Int) {
    self.base = base
    self.decimals = decimals
    (problem, table) = Self.rounded(base, decimals)
    (mean, variance) = table.moments
  }

  private static func rounded(_ base: any MarginLaw, _ decimals: Int) -> (String?, AtomTable) {
    let nothing = AtomTable(values: [0], weights: [1])
    if let problem = base.problem { return (problem, nothing) }
    guard (-15...15).contains(decimals) else {
      return ("rounded: \(decimals) decimals were asked for; -15 to 15 were expected.", nothing)
    }
    var power = 1.0
    for _ in 0..<abs(decimals) { power *= 10 }
    // Division by a power of ten gives the double nearest to the decimal number, multiplication by its reciprocal does not.
    func grid(_ k: Double) -> Double { decimals >= 0 ? k / power : k * power }
    func place(_ x: Double) -> Double { decimals >= 0 ? x * power : x / power }
    let first = place(base.quantile(1e-32, tail: .lower)).rounded()
    let last = place(base.quantile(1e-32, tail: .upper)).rounded()
    guard last - first < Double(AtomTable.largestCount), first.magnitude < 0x1p52, last.magnitude < 0x1p52 else {
      return (
        "rounded: \(base) has more than \(AtomTable.largestCount) values with \(decimals) decimals. Round less finely, or "
          + "truncate it first.", nothing
      )
    }
    var values: [Double] = []
    var (lower, upper): ([Double], [Double]) = ([], [])
    for k in stride(from: first, through: last, by: 1) {
      let edge = grid(k + 0.5)
      values.append(grid(k))
      lower.append(base.probability(edge, tail: .lower))
      upper.append(base.probability(edge, tail: .upper))
    }
    return (nil, AtomTable(values: values, lower: lower, upper: upper))
  }

  public var description: String { "rounded(\(base), decimals: \(decimals))" }
  public var shape: LawShape { .discrete(table) }
  public func probability(_ x: Double, tail: Tail) -> Double { table.probability(x, tail: tail) }
  public func quantile(_ p: Double, tail: Tail) -> Double { table.values[table.index(p, tail: tail)] }
}

extension MarginLaw where Self == TruncatedLaw {
  /// Another law, given that it lies in a range.
  public static func truncated(_ base: some MarginLaw, to range: ClosedRange<Double>) -> TruncatedLaw {
    TruncatedLaw(base, to: range)
  }
}

extension MarginLaw where Self == ZeroInflatedLaw {
  /// 0 with a probability, else another law.
  public static func zeroInflated(_ base: some MarginLaw, zero probability: Double) -> ZeroInflatedLaw {
    ZeroInflatedLaw(base, zero: probability)
  }
}

extension MarginLaw where Self == RoundedLaw {
  /// Another law, rounded to a number of decimals.
  public static func rounded(_ base: some MarginLaw, decimals: Int) -> RoundedLaw {
    RoundedLaw(base, decimals: decimals)
  }
}
