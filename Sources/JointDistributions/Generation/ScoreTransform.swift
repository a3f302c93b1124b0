import SpecialFunctions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A column's value at a normal score, fast.
///
/// Smooth stretches of the quantile function are polynomials of degree 15 over a quarter of a deviation each, taken only
/// where they agree with the function to a relative 1e-13; elsewhere the function itself is called. Atoms are looked up.
struct ScoreTransform: Sendable {
  private let content: Content

  private enum Content: Sendable {
    case linear(mean: Double, deviation: Double)
    case smooth(Pieces)
    case atoms(Atoms)
  }

  init(_ law: any MarginLaw) {
    if let normal = law as? NormalLaw {
      content = .linear(mean: normal.mean, deviation: normal.deviation)
    } else if case .discrete(let table) = law.shape {
      content = .atoms(Atoms(table))
    } else {
      content = .smooth(Pieces { law.value(atNormalScore: $0) })
    }
  }

  /// Replaces scores by values: every `stride`-th of them from the first on.
  func apply(_ scores: UnsafeMutablePointer<Double>, count: Int, stride: Int) {
    switch content {
    case .linear(let mean, let deviation):
      for i in 0..<count { scores[i * stride] = mean + deviation * scores[i * stride] }
    case .smooth(let pieces): pieces.apply(scores, count: count, stride: stride)
    case .atoms(let atoms): atoms.apply(scores, count: count, stride: stride)
    }
  }

  /// Polynomials over equal intervals of the score.
  private struct Pieces: Sendable {
    private static let reach = 8.5
    private static let perUnit = 4.0
    private static let size = 16
    private static let count = Int(2 * reach * perUnit)

    /// Coefficients of powers of the place in the interval, from −1 to 1, highest first.
    private var coefficients: [Double] = []
    private var isExact = [Bool](repeating: false, count: count)
    private let function: @Sendable (Double) -> Double

    init(_ function: @escaping @Sendable (Double) -> Double) {
      self.function = function
      let degree = Self.size
      let nodes = (0..<degree).map { cos(.pi * (Double($0) + 0.5) / Double(degree)) }
      coefficients.reserveCapacity(Self.count * degree)
      for interval in 0..<Self.count {
        let centre = (Double(interval) + 0.5) / Self.perUnit - Self.reach
        let half = 0.5 / Self.perUnit
        let values = nodes.map { function(centre + half * $0) }
        let powers = Self.interpolation(values)
        coefficients += powers
        var isExact = values.allSatisfy(\.isFinite)
        // Where the function crosses 0, its size in the interval counts, not that of single values.
        let crosses = values.contains { $0 < 0 } && values.contains { $0 > 0 }
        let size = crosses ? values.reduce(0) { max($0, $1.magnitude) } : 0
        for step in 0..<7 where isExact {
          let t = Double(step) / 3 * 0.9999 - 0.9999
          let value = function(centre + half * t)
          isExact = (Self.value(powers[...], t) - value).magnitude <= 1e-13 * max(value.magnitude, size)
        }
        self.isExact[interval] = isExact
      }
    }

    private static func value(_ powers: ArraySlice<Double>, _ t: Double) -> Double {
      var value = 0.0
      for c in powers { value = value * t + c }
      return value
    }

    /// The polynomial through values at Chebyshev's points, in powers of t, highest first.
    private static func interpolation(_ values: [Double]) -> [Double] {
      let n = values.count
      var powers = [Double](repeating: 0, count: n)
      var before = [Double](repeating: 0, count: n)
      var now = [Double](repeating: 0, count: n)
      now[0] = 1
      for k in 0..<n {
        var c = 0.0
        for (i, value) in values.enumerated() { c += value * cos(.pi * Double(k) * (Double(i) + 0.5) / Double(n)) }
        c *= (k == 0 ? 1 : 2) / Double(n)
        for i in 0..<n { powers[i] += c * now[i] }
        // T_{k+1} = 2tT_k − T_{k−1}; the first step is T₁ = t.
        var next = [Double](repeating: 0, count: n)
        for i in 0..<n { next[i] = (i > 0 ? (k == 0 ? 1 : 2) * now[i - 1] : 0) - (k == 0 ? 0 : before[i]) }
        (before, now) = (now, next)
      }
      return powers.reversed()
    }

    func apply(_ scores: UnsafeMutablePointer<Double>, count: Int, stride: Int) {
      coefficients.withUnsafeBufferPointer { coefficients in
        isExact.withUnsafeBufferPointer { isExact in
          for i in 0..<count {
            let z = scores[i * stride]
            let place = (z + Self.reach) * Self.perUnit
            guard place >= 0, place < Double(Self.count) else {
              scores[i * stride] = function(z)
              continue
            }
            let interval = Int(place)
            if isExact[interval] {
              let t = 2 * (place - Double(interval)) - 1
              var value = 0.0
              for k in (interval * Self.size)..<((interval + 1) * Self.size) { value = value * t + coefficients[k] }
              scores[i * stride] = value
            } else {
              scores[i * stride] = function(z)
            }
          }
        }
      }
    }
  }

  /// Values between thresholds of the score; where to begin to look is read off a grid.
  private struct Atoms: Sendable {
    private static let reach = 8.5
    private let thresholds: [Double]
    private let values: [Double]
    private let starts: [Int32]
    private let perUnit: Double

    init(_ table: AtomTable) {
      thresholds = table.thresholds
      values = table.values
      let cells = min(max(256, 4 * values.count), 1 << 18)
      perUnit = Double(cells) / (2 * Self.reach)
      var starts: [Int32] = []
      var index = 0
      for cell in 0..<cells {
        // One cell back, so that rounding of the place does no harm.
        let z = (Double(cell) - 1) / perUnit - Self.reach
        while index < thresholds.count, thresholds[index] < z { index += 1 }
        starts.append(cell == 0 ? 0 : Int32(index))
      }
      self.starts = starts
    }

    func apply(_ scores: UnsafeMutablePointer<Double>, count: Int, stride: Int) {
      thresholds.withUnsafeBufferPointer { thresholds in
        values.withUnsafeBufferPointer { values in
          starts.withUnsafeBufferPointer { starts in
            for i in 0..<count {
              let z = scores[i * stride]
              let place = min(max((z + Self.reach) * perUnit, 0), Double(starts.count - 1))
              var index = Int(starts[Int(place)])
              while index < thresholds.count, thresholds[index] < z { index += 1 }
              scores[i * stride] = values[index]
            }
          }
        }
      }
    }
  }
}
