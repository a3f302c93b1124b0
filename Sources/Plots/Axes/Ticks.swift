/// The marked values of an axis, a step of 1, 2 or 5 times a power of ten apart.
///
/// Each tick is a whole multiple of the step, and the step a whole number times a power of ten; labels are made from
/// those integers and are therefore exact, however large the offset of the axis or small its range.
struct Ticks: Equatable {
  /// The marked values as multiples of `10^exponent`.
  let multiples: [Int]
  let exponent: Int
  let values: [Double]
  let labels: [String]
  /// What has to be added to, or multiplied with, each label: `×10⁶`, `+ 1,000,000,000`; usually empty.
  let note: String

  /// Chooses the finest step that gives at most `count` ticks.
  init(_ domain: Domain, atMost count: Int, wholeNumbers: Bool = false) {
    let count = max(count, 2)
    let coarsest = DecimalDigits(domain.width / Double(count)).exponent
    var exponent = wholeNumbers ? max(coarsest - 1, 0) : coarsest - 1
    var multiples: [Int] = []
    search: while exponent < 310 {
      for mantissa in [1, 2, 5] {
        let step = Self.value(mantissa, exponent)
        let low = domain.lower / step
        let high = domain.upper / step
        guard low.magnitude < 1e17, high.magnitude < 1e17 else { continue }
        let slack = max(1e-9, max(low.magnitude, high.magnitude) * 1e-15)
        let first = Int((low - slack).rounded(.up))
        let last = Int((high + slack).rounded(.down))
        guard last - first < count else { continue }
        multiples = first <= last ? (first...last).map { $0 * mantissa } : []
        break search
      }
      exponent += 1
    }
    self.multiples = multiples
    self.exponent = exponent
    let scale = exponent
    values = multiples.map { min(max(Self.value($0, scale), domain.lower), domain.upper) }
    (labels, note) = TickLabels.make(multiples: multiples, exponent: exponent)
  }

  /// Chooses as many ticks as fit along `length` pixels without their labels touching.
  static func fitting(
    _ domain: Domain, length: Double, fontSize: Double, wholeNumbers: Bool = false
  ) -> Ticks {
    var count = max(2, min(11, Int(length / 48)))
    while true {
      let ticks = Ticks(domain, atMost: count, wholeNumbers: wholeNumbers)
      let widest = ticks.labels.map { TextMetrics.width($0, size: fontSize) }.max() ?? 0
      let spacing =
        ticks.values.count > 1 ? (ticks.values[1] - ticks.values[0]) / domain.width * length : .infinity
      if spacing >= widest + 14 || count <= 2 { return ticks }
      count -= 1
    }
  }

  /// The number `multiple × 10^exponent`, correctly rounded.
  static func value(_ multiple: Int, _ exponent: Int) -> Double {
    Double("\(multiple)e\(exponent)") ?? 0
  }
}
