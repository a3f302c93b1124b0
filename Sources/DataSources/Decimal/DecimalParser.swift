/// Reads decimal numbers from bytes, rounded to the nearest double, ties to even, in whatever locale.
///
/// A number is an optional sign, digits with at most one point (or comma, where that is the mark) among or around them, and an optional exponent: what
/// `strtod` takes, without hexadecimal numbers and without words such as "inf". A number too large becomes infinity.
struct DecimalParser: @unchecked Sendable {
  /// What stands before the fraction: a point or a comma.
  let mark: UInt8
  private let powers = PowersOfFive.shared.words
  private let powersOfTen = DecimalParser.exactPowersOfTen

  init(mark: UInt8 = UInt8(ascii: ".")) { self.mark = mark }

  /// Whether bytes are a finite number.
  static func isNumber(_ bytes: some Collection<UInt8>, mark: UInt8) -> Bool {
    var value = 0.0
    let padded = Array(bytes) + [UInt8](repeating: 0, count: 8)
    return padded.withUnsafeBufferPointer { padded in
      guard let start = padded.baseAddress else { return false }
      return DecimalParser(mark: mark).parse(start, into: &value) == start + bytes.count && value.isFinite
    }
  }

  /// Ten to the 0...22: those that are doubles without rounding.
  ///
  /// Never freed.
  nonisolated(unsafe) private static let exactPowersOfTen: UnsafePointer<Double> = {
    let table = UnsafeMutablePointer<Double>.allocate(capacity: 23)
    table[0] = 1
    for exponent in 1...22 { table[exponent] = 10 * table[exponent - 1] }
    return UnsafePointer(table)
  }()

  /// Reads the longest number that begins at `start`.
  ///
  /// Eight bytes must be readable after the last byte of the number.
  ///
  /// - Returns: The first byte after the number; nil where no number begins at `start`.
  @inline(__always)
  func parse(_ start: UnsafePointer<UInt8>, into value: inout Double) -> UnsafePointer<UInt8>? {
    var p = start
    let isNegative = p.pointee == UInt8(ascii: "-")
    if isNegative || p.pointee == UInt8(ascii: "+") { p += 1 }

    // More than 19 digits overflow the word; they are noticed below, and read again with care.
    let digits = p
    var mantissa: UInt64 = 0
    Self.readDigits(&p, into: &mantissa)
    var digitCount = p - digits
    var exponent = 0
    if p.pointee == mark {
      p += 1
      let fraction = p
      while let eight = Self.eightDigits(p) {
        mantissa = mantissa &* 100_000_000 &+ eight
        p += 8
      }
      Self.readDigits(&p, into: &mantissa)
      exponent = fraction - p
      digitCount -= exponent
    }
    if digitCount == 0 { return nil }
    let mantissaEnd = p

    var writtenExponent = 0
    if p.pointee | 0x20 == UInt8(ascii: "e") {
      guard let end = Self.readExponent(p + 1, into: &writtenExponent) else { return nil }
      p = end
      exponent += writtenExponent
    }

    var magnitude: Double
    if digitCount > 19 {
      magnitude = long(digits..<mantissaEnd, writtenExponent: writtenExponent, end: p)
    } else if mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
      // Both are doubles without rounding, so one operation rounds once (Clinger's fast path).
      magnitude = Double(Int64(truncatingIfNeeded: mantissa))
      if exponent < 0 { magnitude /= powersOfTen[-exponent] } else { magnitude *= powersOfTen[exponent] }
    } else if let decided = eiselLemire(mantissa: mantissa, exponent: exponent, powers: powers) {
      magnitude = decided
    } else {
      magnitude = undecided(digits..<p)
    }
    value = isNegative ? -magnitude : magnitude
    return p
  }

  @inline(__always)
  private static func readDigits(_ p: inout UnsafePointer<UInt8>, into mantissa: inout UInt64) {
    while true {
      let digit = p.pointee &- UInt8(ascii: "0")
      if digit > 9 { return }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      p += 1
    }
  }

  /// The value of the next eight bytes, if all of them are digits.
  @inline(__always)
  private static func eightDigits(_ p: UnsafePointer<UInt8>) -> UInt64? {
    let word = UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
    // A byte is a digit if its high half is 3 and stays 3 when 6 is added.
    let high = word & 0xF0F0_F0F0_F0F0_F0F0
    let highAfterSix = (word &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0
    if high | highAfterSix &>> 4 != 0x3333_3333_3333_3333 { return nil }
    // Neighbours are joined: digits to pairs, pairs to fours, fours to eight.
    let pairs = ((word & 0x0F0F_0F0F_0F0F_0F0F) &* 2561) &>> 8
    let fours = ((pairs & 0x00FF_00FF_00FF_00FF) &* 6_553_601) &>> 16
    return ((fours & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) &>> 32
  }

  /// Reads an exponent after its "e"; nil where there is none.
  @inline(__always)
  private static func readExponent(_ start: UnsafePointer<UInt8>, into exponent: inout Int) -> UnsafePointer<UInt8>? {
    var p = start
    let isNegative = p.pointee == UInt8(ascii: "-")
    if isNegative || p.pointee == UInt8(ascii: "+") { p += 1 }
    let digits = p
    var magnitude = 0
    while true {
      let digit = p.pointee &- UInt8(ascii: "0")
      if digit > 9 { break }
      // Large enough to beat any number of digits that fits into memory, and never an overflow.
      if magnitude < 1 << 40 { magnitude = 10 * magnitude + Int(digit) }
      p += 1
    }
    if p == digits { return nil }
    exponent = isNegative ? -magnitude : magnitude
    return p
  }

  /// A number that is written with more than 19 digits.
  @inline(never)
  private func long(
    _ text: Range<UnsafePointer<UInt8>>, writtenExponent: Int, end: UnsafePointer<UInt8>
  ) -> Double {
    var mantissa: UInt64 = 0
    var significant = 0
    var exponent = writtenExponent
    var isTruncated = false
    var isFraction = false
    var p = text.lowerBound
    while p < text.upperBound {
      let digit = p.pointee &- UInt8(ascii: "0")
      p += 1
      if digit > 9 {
        isFraction = true
        continue
      }
      if significant < 19 {
        mantissa = mantissa * 10 + UInt64(digit)
        if mantissa != 0 { significant += 1 }
        if isFraction { exponent -= 1 }
      } else {
        if digit != 0 { isTruncated = true }
        if !isFraction { exponent += 1 }
      }
    }
    // The digits left out move the number by less than one unit of the 19th digit, which rarely matters.
    if let lower = eiselLemire(mantissa: mantissa, exponent: exponent, powers: powers) {
      if !isTruncated { return lower }
      let upper = eiselLemire(mantissa: mantissa + 1, exponent: exponent, powers: powers)
      if upper == lower { return lower }
    }
    return undecided(text.lowerBound..<end)
  }

  /// The standard library's conversion, which is exact for any number of digits, but slow.
  @inline(never)
  private func undecided(_ text: Range<UnsafePointer<UInt8>>) -> Double {
    let bytes = UnsafeBufferPointer(start: text.lowerBound, count: text.upperBound - text.lowerBound)
    let point = UInt8(ascii: ".")
    return Double(String(decoding: bytes.map { $0 == mark ? point : $0 }, as: UTF8.self)) ?? .nan
  }
}
