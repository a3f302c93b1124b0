/// Writes numbers for people: few digits, thousands grouped, powers of ten where plain digits would run long.
public enum NumberText {
  /// How a minus sign and a power of ten are written.
  public enum Style: Sendable {
    /// With a true minus sign and raised exponents, for pictures and pages: `−1.2×10⁶`.
    case typographic
    /// In ASCII and without grouping, for terminals and files: `-1.2e6`.
    case ascii

    var minus: String { self == .typographic ? "\u{2212}" : "-" }
  }

  /// A number to a few significant digits; the digits before the decimal point are always kept.
  ///
  /// A number that is not finite reads `–`, because a reader gains nothing from telling its kinds apart.
  public static func compact(_ value: Double, significant: Int = 4, style: Style = .typographic) -> String {
    let significant = min(max(significant, 1), 17)
    guard value.isFinite else { return style == .typographic ? "\u{2013}" : "-" }
    let number = DecimalDigits(value)
    if number.isZero { return "0" }
    if number.exponent >= 9 || number.exponent < -4 {
      return scientific(number.rounded(significant: significant), style: style)
    }
    let rounded = number.rounded(decimals: max(0, significant - 1 - number.exponent))
    return rounded.plain(
      decimals: rounded.decimals, grouped: style == .typographic && rounded.exponent >= 4, minus: style.minus)
  }

  /// A number with a fixed count of places after the decimal point, so that a column of them lines up.
  public static func fixed(_ value: Double, decimals: Int, style: Style = .typographic) -> String {
    guard value.isFinite else { return style == .typographic ? "\u{2013}" : "-" }
    let number = DecimalDigits(value)
    if number.exponent >= 15 { return scientific(number.rounded(significant: 6), style: style) }
    return number.plain(
      decimals: min(max(decimals, 0), 17), grouped: style == .typographic && number.exponent >= 4,
      minus: style.minus)
  }

  /// A whole number with its thousands grouped.
  public static func count(_ value: Int) -> String {
    DecimalDigits(value, exponent: 0).plain(decimals: 0, grouped: true, minus: Style.typographic.minus)
  }

  /// Weights for a column: all with two decimals, or three where one of them needs it, `<0.001` for smaller ones.
  ///
  /// Numbers that are no weights are written each on its own.
  static func weights(_ values: [Double], style: Style = .typographic) -> [String] {
    guard values.allSatisfy({ !$0.isFinite || ($0 >= 0 && $0 <= 1 + 1e-9) }) else {
      return values.map { compact($0, significant: 3, style: style) }
    }
    let decimals = values.contains { $0 > 0 && $0 < 0.095 } ? 3 : 2
    return values.map { $0 > 0 && $0 < 0.0005 ? "<0.001" : fixed($0, decimals: decimals, style: style) }
  }

  /// A noun after its count: `1 value`, `3 values`.
  static func counted(_ value: Int, _ noun: String) -> String {
    count(value) + " " + (value == 1 ? noun : noun + "s")
  }

  static func scientific(_ number: DecimalDigits, style: Style) -> String {
    let mantissa = DecimalDigits(isNegative: number.isNegative, digits: number.digits, point: 1)
    let digits = mantissa.plain(decimals: mantissa.decimals, grouped: false, minus: style.minus)
    switch style {
    case .ascii: return digits + "e" + String(number.exponent)
    case .typographic: return digits + "\u{00D7}" + powerOfTen(number.exponent)
    }
  }

  static func powerOfTen(_ exponent: Int) -> String {
    let raised: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    let digits = String(exponent.magnitude).compactMap { $0.wholeNumberValue.map { raised[$0] } }
    return "10" + (exponent < 0 ? "⁻" : "") + String(digits)
  }
}
