/// The interval of values that an axis shows; always finite, and always wide enough to be divided.
struct Domain: Equatable {
  let lower: Double
  let upper: Double

  /// The largest magnitude that is drawn: differences and small multiples of such numbers stay finite.
  static let largest = 1e302
  /// The smallest width: a density over the widest interval is still a number an axis can show.
  private static let narrowest = 1e-305

  static func isDrawable(_ value: Double) -> Bool { value.magnitude <= largest }

  /// Makes an interval of two ends, in either order; equal ends are moved apart.
  init(_ first: Double, _ second: Double) {
    let ends = [first, second].map { $0.isNaN ? 0 : min(max($0, -Self.largest), Self.largest) }
    let lower = min(ends[0], ends[1])
    let upper = max(ends[0], ends[1])
    // Below this width neither the ticks nor the pixels of the axis are distinct numbers any more.
    let narrowest = max(max(lower.magnitude, upper.magnitude) * 1e-12, Self.narrowest)
    if upper - lower > narrowest {
      self.lower = lower
      self.upper = upper
    } else {
      let middle = lower / 2 + upper / 2
      let half = middle.magnitude > 100 * Self.narrowest ? middle.magnitude * 0.1 : 1
      self.lower = max(middle - half, -Self.largest)
      self.upper = min(middle + half, Self.largest)
    }
  }

  var width: Double { upper - lower }

  func contains(_ value: Double) -> Bool { value >= lower && value <= upper }

  /// The interval with a share of its width added at either end.
  func padded(by share: Double) -> Domain {
    Domain(lower - width * share, upper + width * share)
  }
}

/// Takes values to pixels along one axis.
struct LinearScale {
  let domain: Domain
  let start: Double
  let end: Double

  func callAsFunction(_ value: Double) -> Double {
    start + (value - domain.lower) / domain.width * (end - start)
  }

  /// Pixels per unit, negative where the axis grows upwards.
  var slope: Double { (end - start) / domain.width }
}
