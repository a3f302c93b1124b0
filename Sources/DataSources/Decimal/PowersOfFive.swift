/// The leading 128 bits of the powers of five from 5^-342 to 5^308, as the Eisel-Lemire algorithm wants them.
///
/// Outside this range a decimal of at most 19 digits is zero or infinite. The table is computed exactly, with integers,
/// when it is first needed (about 0.1 ms).
///
/// The memory is written once, before the shared object can be seen, and never freed.
final class PowersOfFive: @unchecked Sendable {
  static let smallestExponent = -342
  static let largestExponent = 308
  static let shared = PowersOfFive()

  /// Two words for each exponent, the high one first.
  let words: UnsafePointer<UInt64>

  private init() {
    let count = Self.largestExponent - Self.smallestExponent + 1
    let words = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * count)
    func store(_ value: (high: UInt64, low: UInt64), exponent: Int) {
      words[2 * (exponent - Self.smallestExponent)] = value.high
      words[2 * (exponent - Self.smallestExponent) + 1] = value.low
    }

    // 5^308 has 716 bits: 12 words.
    var power = [UInt64](repeating: 0, count: 12)
    power[0] = 1
    for exponent in 0...Self.largestExponent {
      store(Self.leadingBits(power), exponent: exponent)
      Self.multiplyByFive(&power)
    }

    // floor(floor(x / 5) / 5) = floor(x / 25), so dividing 2^1088 again and again gives the exact leading bits of each
    // reciprocal: 5^342 has 795 bits, which leaves 293.
    var reciprocal = [UInt64](repeating: 0, count: 18)
    reciprocal[17] = 1
    for exponent in stride(from: -1, through: Self.smallestExponent, by: -1) {
      Self.divideByFive(&reciprocal)
      var (high, low) = Self.leadingBits(reciprocal)
      // The algorithm's proof wants reciprocals rounded up while 5^-exponent fits into one word, and truncated beyond.
      if exponent >= -27 {
        low &+= 1
        if low == 0 { high += 1 }
      }
      store((high, low), exponent: exponent)
    }
    self.words = UnsafePointer(words)
  }

  private static func multiplyByFive(_ number: inout [UInt64]) {
    var carry: UInt64 = 0
    for index in number.indices {
      let (high, low) = number[index].multipliedFullWidth(by: 5)
      let (sum, overflow) = low.addingReportingOverflow(carry)
      number[index] = sum
      carry = high + (overflow ? 1 : 0)
    }
  }

  private static func divideByFive(_ number: inout [UInt64]) {
    var remainder: UInt64 = 0
    for index in number.indices.reversed() {
      let (quotient, rest) = UInt64(5).dividingFullWidth((remainder, number[index]))
      number[index] = quotient
      remainder = rest
    }
  }

  /// The 128 bits that begin with the leading one; zeros follow where the number has fewer.
  private static func leadingBits(_ number: [UInt64]) -> (high: UInt64, low: UInt64) {
    guard let top = number.lastIndex(where: { $0 != 0 }) else { return (0, 0) }
    let shift = number[top].leadingZeroBitCount
    func word(_ index: Int) -> UInt64 { index < 0 ? 0 : number[index] }
    // A shift by 64 gives zero, as it should.
    return (
      word(top) << shift | word(top - 1) >> (64 - shift),
      word(top - 1) << shift | word(top - 2) >> (64 - shift)
    )
  }
}
