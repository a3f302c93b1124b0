import Glibc

/// Equal bins over the view, with heights on the density scale.
struct HistogramBins {
  let start: Double
  let width: Double
  /// Heights such that the bins of all the data, in view or not, would cover an area of one.
  let heights: [Double]
  let counts: [Int]

  /// Counts values in ascending order, in at most `limit` bins of the width of Freedman and Diaconis.
  init(sorted values: [Double], view: Domain, limit: Int) {
    let low = values.firstIndex { $0 >= view.lower } ?? values.count
    let high = (values.lastIndex { $0 <= view.upper } ?? -1) + 1
    let inView = low < high ? values[low..<high] : []
    guard let first = inView.first, let last = inView.last else {
      (start, width, heights, counts) = (view.lower, view.width, [], [])
      return
    }
    let limit = max(limit, 2)
    guard last - first > view.width * 1e-9 else {
      // A single distinct value, as far as pixels can tell: one bar, narrow enough to be seen as one.
      width = view.width / 15
      start = first - width / 2
      counts = [inView.count]
      heights = [Double(inView.count) / Double(values.count) / width]
      return
    }
    let span = last - first
    var width = span / Double(Self.binCount(inView, span: span, limit: limit))
    var start = first
    if let grain = Self.grain(inView, width: width) {
      // Values recorded to some number of decimals fall unevenly into bins that are no multiple of that grain.
      width = max((width / grain).rounded(), 1) * grain
      while (span / width).rounded(.down) + 1 > Double(limit) { width += grain }
      start = first - grain / 2
    }
    var counts = [Int](repeating: 0, count: max(1, Int((((last - start) / width) - 1e-9).rounded(.up))))
    for value in inView {
      counts[min(max(Int((value - start) / width), 0), counts.count - 1)] += 1
    }
    self.start = start
    self.width = width
    self.counts = counts
    heights = counts.map { Double($0) / Double(values.count) / width }
  }

  func left(_ bin: Int) -> Double { start + Double(bin) * width }

  private static func binCount(_ values: ArraySlice<Double>, span: Double, limit: Int) -> Int {
    let count = Double(values.count)
    let quartiles = (quantile(values, 0.25), quantile(values, 0.75))
    let width = 2 * (quartiles.1 - quartiles.0) / Glibc.cbrt(count)
    // Sturges' rule is the floor: it also serves data more than half of which are one and the same value.
    let fewest = min(Int(Glibc.log2(count).rounded(.up)) + 1, limit)
    guard width > 0 else { return max(fewest, min(limit, Int(count.squareRoot()))) }
    let wanted = (span / width).rounded(.up)
    return wanted < Double(limit) ? max(Int(wanted), fewest) : limit
  }

  private static func quantile(_ sorted: ArraySlice<Double>, _ level: Double) -> Double {
    let place = level * Double(sorted.count - 1)
    let below = sorted.startIndex + Int(place)
    let above = min(below + 1, sorted.endIndex - 1)
    return sorted[below] + (place - place.rounded(.down)) * (sorted[above] - sorted[below])
  }

  /// The power of ten that all the values are multiples of, when it is coarse enough to matter to the bins.
  private static func grain(_ values: ArraySlice<Double>, width: Double) -> Double? {
    var exponent = DecimalDigits(width).exponent + 1
    let lowest = exponent - 3
    let largest = max((values.first ?? 0).magnitude, (values.last ?? 0).magnitude)
    while exponent >= lowest {
      let grain = Ticks.value(1, exponent)
      guard grain > 0, largest / grain < 1e9 else { return nil }
      let isGrid = values.allSatisfy {
        let multiple = $0 / grain
        return (multiple - multiple.rounded()).magnitude < 1e-6
      }
      if isGrid { return grain }
      exponent -= 1
    }
    return nil
  }
}
