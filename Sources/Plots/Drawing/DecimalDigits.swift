/// The decimal digits of a finite number, `±0.d₁d₂d₃… × 10^point`.
///
/// Labels are written from these digits rather than through `printf`, which Swift reaches only through Foundation
/// and which follows the locale: the same number must give the same text on every machine.
struct DecimalDigits: Equatable {
  var isNegative: Bool
  /// Values 0 to 9, without leading or trailing zeros; empty for zero.
  var digits: [UInt8]
  /// The place of the decimal point, counted from the first digit.
  var point: Int

  init(isNegative: Bool, digits: [UInt8], point: Int) {
    self.isNegative = isNegative
    self.digits = digits
    self.point = point
    normalise()
  }

  /// Reads the shortest decimal that gives the number back.
  init(_ value: Double) {
    guard value.isFinite, value != 0 else {
      self.init(isNegative: false, digits: [], point: 0)
      return
    }
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    let text = value.magnitude.description
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      index = text.index(after: index)
      if character == "." {
        point = digits.count
      } else if character == "e" {
        exponent = Int(text[index...]) ?? 0
        break
      } else if let digit = character.wholeNumberValue {
        digits.append(UInt8(digit))
      }
    }
    self.init(isNegative: value < 0, digits: digits, point: (point ?? digits.count) + exponent)
  }

  /// Reads `integer × 10^exponent`, exactly.
  init(_ integer: Int, exponent: Int) {
    let digits = String(integer.magnitude).compactMap { $0.wholeNumberValue.map { UInt8($0) } }
    self.init(isNegative: integer < 0, digits: digits, point: digits.count + exponent)
  }

  var isZero: Bool { digits.isEmpty }

  /// The exponent of the first digit: 3 for 1234, −2 for 0.012.
  var exponent: Int { isZero ? 0 : point - 1 }

  /// How many digits the number needs after the decimal point.
  var decimals: Int { isZero ? 0 : max(0, digits.count - point) }

  /// Rounds to a number of places after the decimal point, halves away from zero.
  func rounded(decimals: Int) -> DecimalDigits { keeping(point + decimals) }

  /// Rounds to a number of significant digits, halves away from zero.
  func rounded(significant: Int) -> DecimalDigits { keeping(max(1, significant)) }

  /// The digits as plain text, with exactly `decimals` places after the point.
  func plain(decimals: Int, grouped: Bool, minus: String) -> String {
    let number = rounded(decimals: decimals)
    var whole = ""
    let wholeCount = max(0, number.point)
    for place in 0..<max(1, wholeCount) {
      if grouped, place > 0, (wholeCount - place) % 3 == 0 { whole += "," }
      whole += String(wholeCount == 0 ? 0 : number.digit(at: place))
    }
    if decimals > 0 {
      whole += "."
      for place in 0..<decimals { whole += String(number.digit(at: number.point + place)) }
    }
    return number.isNegative && !number.isZero ? minus + whole : whole
  }

  private func digit(at place: Int) -> UInt8 {
    digits.indices.contains(place) ? digits[place] : 0
  }

  private func keeping(_ count: Int) -> DecimalDigits {
    guard count < digits.count else { return self }
    guard count >= 0 else { return DecimalDigits(isNegative: false, digits: [], point: 0) }
    var kept = Array(digits[..<count])
    var point = point
    if digits[count] >= 5 {
      var place = count - 1
      while place >= 0, kept[place] == 9 {
        kept[place] = 0
        place -= 1
      }
      if place >= 0 {
        kept[place] += 1
      } else {
        kept.insert(1, at: 0)
        point += 1
      }
    }
    return DecimalDigits(isNegative: isNegative, digits: kept, point: point)
  }

  private mutating func normalise() {
    let leading = digits.prefix { $0 == 0 }.count
    digits.removeFirst(leading)
    point -= leading
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty {
      point = 0
      isNegative = false
    }
  }
}
