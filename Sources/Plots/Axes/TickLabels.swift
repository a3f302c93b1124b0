/// Writes the labels of an axis: all with the same decimals, short enough to read, and distinct.
enum TickLabels {
  static func make(multiples: [Int], exponent: Int) -> (labels: [String], note: String) {
    guard let first = multiples.first, let last = multiples.last else { return ([], "") }
    let offset = needsOffset(first, last) ? roundest(from: first, to: last) : 0
    let shifted = multiples.map { $0 - offset }
    let power = commonPower(shifted, exponent: exponent)
    let isGrouped = shifted.contains { DecimalDigits($0, exponent: exponent - power).exponent >= 4 }
    let places = decimals(of: shifted, exponent: exponent - power)
    let labels = shifted.map {
      DecimalDigits($0, exponent: exponent - power)
        .plain(decimals: places, grouped: isGrouped, minus: NumberText.Style.typographic.minus)
    }
    var note = power == 0 ? "" : "\u{00D7}" + NumberText.powerOfTen(power)
    if offset != 0 {
      if !note.isEmpty { note += " " }
      note += offset < 0 ? "\u{2212} " : "+ "
      note += magnitude(DecimalDigits(offset, exponent: exponent))
    }
    return (labels, note)
  }

  /// Whether the labels would differ only after more digits than the eye compares.
  private static func needsOffset(_ first: Int, _ last: Int) -> Bool {
    guard first > 0 || last < 0 else { return false }
    let largest = DecimalDigits(max(first.magnitude, last.magnitude) == first.magnitude ? first : last, exponent: 0)
    return largest.exponent >= 7
  }

  /// The number with the most trailing zeros in an interval that does not hold zero.
  private static func roundest(from first: Int, to last: Int) -> Int {
    var best = first
    var unit = 1
    while unit <= Int.max / 10 {
      let candidate = (first > 0 ? (first + unit - 1) / unit : first / unit) * unit
      guard candidate >= first, candidate <= last, candidate != 0 else { break }
      best = candidate
      unit *= 10
    }
    return best
  }

  /// The power of ten to take out of every label, a multiple of three; zero where plain digits read well.
  private static func commonPower(_ multiples: [Int], exponent: Int) -> Int {
    guard let largest = multiples.max(by: { $0.magnitude < $1.magnitude }), largest != 0 else { return 0 }
    let order = DecimalDigits(largest, exponent: exponent).exponent
    let significant = multiples.map { DecimalDigits($0, exponent: 0).exponent }.max() ?? 0
    let isLong = order >= 9 || (order >= 6 && significant < 4)
    let isSmall = order < -4 || (order <= -3 && decimals(of: multiples, exponent: exponent) > 4)
    guard isLong || isSmall else { return 0 }
    return Int((Double(order) / 3).rounded(.down)) * 3
  }

  private static func decimals(of multiples: [Int], exponent: Int) -> Int {
    multiples.map { DecimalDigits($0, exponent: exponent).decimals }.max() ?? 0
  }

  private static func magnitude(_ number: DecimalDigits) -> String {
    guard number.exponent < 15, number.exponent > -5 else {
      let positive = DecimalDigits(isNegative: false, digits: number.digits, point: number.point)
      return NumberText.scientific(positive, style: .typographic)
    }
    let positive = DecimalDigits(isNegative: false, digits: number.digits, point: number.point)
    return positive.plain(decimals: positive.decimals, grouped: positive.exponent >= 4, minus: "")
  }
}
