/// The stretch of an axis on which most of the values lie, when a few far ones would squeeze the rest to nothing.
struct RobustView {
  let domain: Domain
  /// How many values lie outside, and how far they reach.
  let outside: Int
  private let extremes: (low: Double, high: Double)
  private let total: Int

  /// Finds the view of values in ascending order, all of them drawable.
  ///
  /// A tail is cut where it reaches further past the outer half per cent than one and a half times the whole stretch
  /// between the two half-per-cent points. An exponential tail is kept by that rule, a log-normal one may not be.
  init(sorted values: [Double]) {
    total = values.count
    guard let smallest = values.first, let largest = values.last else {
      domain = Domain(0, 1)
      outside = 0
      extremes = (0, 1)
      return
    }
    extremes = (smallest, largest)
    var (lower, upper) = (smallest, largest)
    if values.count >= 10 {
      // With few values half a per cent is less than one of them; a single stray one is still recognised.
      let skipped = max(1, Int(0.005 * Double(values.count)))
      let low = values[skipped]
      let high = values[values.count - 1 - skipped]
      let reach = 1.5 * (high - low)
      if high > low, low - smallest > reach { lower = low - 0.02 * (high - low) }
      if high > low, largest - high > reach { upper = high + 0.02 * (high - low) }
    }
    domain = Domain(lower, upper)
    outside = values.count { $0 < lower || $0 > upper }
  }

  /// A line for the foot of the picture, or nothing when all the values are in view.
  var note: String? {
    guard outside > 0 else { return nil }
    let (low, high) = (NumberText.compact(extremes.low), NumberText.compact(extremes.high))
    return "Tails cut: \(NumberText.count(outside)) of \(NumberText.counted(total, "value")) "
      + (outside == 1 ? "lies" : "lie") + " outside the view; the data run from \(low) to \(high)."
  }
}

/// The values that can be drawn, in ascending order, and a note about the ones that cannot.
struct CleanValues {
  let sorted: [Double]
  let dropped: Int

  init(_ values: [Double]) {
    sorted = values.filter(Domain.isDrawable).sorted()
    dropped = values.count - sorted.count
  }

  var note: String? { Self.note(dropped) }

  static func note(_ dropped: Int) -> String? {
    guard dropped > 0 else { return nil }
    return NumberText.counted(dropped, "missing or infinite value") + (dropped == 1 ? " is" : " are") + " left out."
  }
}
