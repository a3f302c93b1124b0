import Suffice

/// How far two numbers that should be equal may lie apart, and why that far.
public struct Tolerance: Hashable, Sendable, CustomStringConvertible {
  /// In what the distance is measured.
  public enum Measure: Hashable, Sendable {
    /// Units in the last place of the expected number.
    case ulps(Double)
    /// A fraction of the larger of both numbers.
    case relative(Double)
    /// The plain distance.
    case absolute(Double)
    /// Standard errors of a mean over so many samples: the distance that chance exceeds with at most that probability.
    case statistical(samples: Int, failureProbability: Double)
  }

  /// In what the distance is measured, and how large it may be.
  public let measure: Measure
  /// Why it may be that large.
  public let reason: String

  private init(_ measure: Measure, _ reason: String) {
    self.measure = measure
    self.reason = reason
  }

  /// So many units in the last place of the expected number.
  public static func ulps(_ count: Double, because reason: String) -> Tolerance { Tolerance(.ulps(count), reason) }

  /// A fraction of the larger of both numbers.
  public static func relative(_ fraction: Double, because reason: String) -> Tolerance {
    Tolerance(.relative(fraction), reason)
  }

  /// The plain distance.
  public static func absolute(_ distance: Double, because reason: String) -> Tolerance {
    Tolerance(.absolute(distance), reason)
  }

  /// What chance explains, up to a probability of failure, in a mean over so many samples.
  public static func statistical(samples: Int, failureProbability: Double, because reason: String) -> Tolerance {
    Tolerance(.statistical(samples: samples, failureProbability: failureProbability), reason)
  }

  /// Whether a number is close enough to the expected one.
  ///
  /// Equal infinities are; NaN never is.
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - expected: What it should be.
  ///   - deviation: The standard deviation of one sample, for a statistical tolerance.
  public func allows(_ value: Double, _ expected: Double, deviation: Double = 1) -> Bool {
    if value == expected { return true }
    let distance = abs(value - expected)
    switch measure {
    case .ulps(let n): return distance <= n * expected.ulp
    case .relative(let r): return distance <= r * max(abs(value), abs(expected)) && distance.isFinite
    case .absolute(let a): return distance <= a
    case .statistical(let samples, _):
      return distance * distance * Double(samples) <= chiSquareLimit(degreesOfFreedom: 1) * deviation * deviation
    }
  }

  /// The number that a χ² variable with so many degrees of freedom exceeds with at most the failure probability;
  /// infinite for a tolerance that is not statistical.
  ///
  /// The bound d + 2√(dt) + 2t with t = −log p holds for every d (Laurent & Massart, *Annals of Statistics* 28 (2000),
  /// lemma 1); it is somewhat wider than the quantile.
  public func chiSquareLimit(degreesOfFreedom: Int) -> Double {
    guard case .statistical(_, let probability) = measure else { return .infinity }
    let (d, t) = (Double(degreesOfFreedom), -_log(probability))
    return d + 2 * (d * t).squareRoot() + 2 * t
  }

  /// The measure and the reason.
  public var description: String {
    switch measure {
    case .ulps(let n): "\(n) ulp: \(reason)"
    case .relative(let r): "relative \(r): \(reason)"
    case .absolute(let a): "absolute \(a): \(reason)"
    case .statistical(let n, let p): "\(n) samples, failure probability \(p): \(reason)"
    }
  }
}
