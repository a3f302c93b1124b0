import Glibc
import Testing

@testable import DataSources

@Suite("Decimal numbers")
struct DecimalTests {
  private let parser = DecimalParser()

  /// The number a text begins with, and how many bytes it has.
  private func parse(_ text: String) -> (value: Double, count: Int)? {
    let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: 8)
    return bytes.withUnsafeBufferPointer { bytes in
      var value = 0.0
      guard let start = bytes.baseAddress, let end = parser.parse(start, into: &value) else { return nil }
      return (value, end - start)
    }
  }

  private func expectSameAsStrtod(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let result = parse(text)
    // Comparing first is quicker than recording each expectation.
    if result?.count == text.utf8.count, result?.value.bitPattern == strtod(text, nil).bitPattern { return }
    Issue.record("\(text): \(String(describing: result)), not \(strtod(text, nil))", sourceLocation: sourceLocation)
  }

  @Test func edges() {
    for text in [
      "0", "0.0", "00012", "1.", ".5", ".5e+1", "9007199254740993", "9007199254740992", "18446744073709551615",
      "18446744073709551616", "99999999999999999999", "1e22", "1e23", "123456789012345678e-5", "1e308", "1e309",
      "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "2.2250738585072014e-308",
      "2.2250738585072011e-308", "2.2250738585072012e-308", "4.9e-324", "2.4703282292062327e-324",
      "2.4703282292062328e-324", "1e-400", "0e999999999999999999999", "1e99999999999999999999999",
      "1e-99999999999999999999999", "6.9294956446009195e15", "7.2057594037927933e16", "0.000000000000000000000000001",
      "3.1415926535897932384626433832795028841971", "8.5e-5", "1090544144181609348835077142190",
    ] {
      expectSameAsStrtod(text)
      expectSameAsStrtod("-" + text)
      expectSameAsStrtod("+" + text)
    }
    #expect(parse("-0")?.value.sign == .minus)
  }

  @Test func veryLongTexts() {
    expectSameAsStrtod(String(repeating: "0", count: 3000) + "1.5" + String(repeating: "0", count: 3000))
    expectSameAsStrtod("1" + String(repeating: "0", count: 3000) + "e-3000")
    expectSameAsStrtod("0." + String(repeating: "0", count: 3000) + "1e3001")
    expectSameAsStrtod(String(repeating: "123456789", count: 200) + "e-1500")
    // Just above the middle of two doubles, which only the last digit shows.
    expectSameAsStrtod("9007199254740993." + String(repeating: "0", count: 500) + "1")
    expectSameAsStrtod("9007199254740993." + String(repeating: "0", count: 500))
  }

  @Test func endOfNumber() throws {
    #expect(try #require(parse("12,5")).count == 2)
    #expect(try #require(parse("1.5.2")).count == 3)
    #expect(try #require(parse("-7 ")).count == 2)
    for text in ["", "-", "+", ".", "-.", "e5", "1e", "1e+", "x", "nan", "inf", "--1"] { #expect(parse(text) == nil) }
  }

  /// The definition of the table in its source, for exponents whose power fits into two words.
  @Test func powersOfFive() {
    let words = PowersOfFive.shared.words
    for exponent in 0...55 {
      var power = UInt128(1)
      for _ in 0..<exponent { power *= 5 }
      power <<= UInt128(power.leadingZeroBitCount)
      let index = 2 * (exponent - PowersOfFive.smallestExponent)
      #expect(words[index] == UInt64(power >> 64) && words[index + 1] == UInt64(truncatingIfNeeded: power))
    }
    // From the reference implementation of the authors.
    #expect(words[0] == 0xEEF4_53D6_923B_D65A && words[1] == 0x113F_AA29_06A1_3B3F)
    let last = 2 * (PowersOfFive.largestExponent - PowersOfFive.smallestExponent)
    #expect(words[last] == 0x8E67_9C2F_5E44_FF8F && words[last + 1] == 0x570F_09EA_A7EA_7648)
  }

  @Test func shortestDigitsOfRandomDoubles() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: generator.next())
      if value.isFinite { expectSameAsStrtod(value.description) }
    }
  }

  @Test func randomDigits() {
    var generator = SeededGenerator(seed: 2)
    func digits(_ count: Int) -> String {
      String((0..<count).map { _ in Character(String(generator.next() % 10)) })
    }
    for _ in 0..<10_000 {
      let (whole, fraction) = (Int.random(in: 0...22, using: &generator), Int.random(in: 1...22, using: &generator))
      let exponent = Int.random(in: -350...320, using: &generator)
      expectSameAsStrtod("\(digits(whole)).\(digits(fraction))e\(exponent)")
      expectSameAsStrtod("0.\(digits(17))")
    }
  }

  /// Exactly between two doubles, and next to it.
  @Test func middles() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<5000 {
      let odd = UInt64.random(in: 1 << 52..<1 << 53, using: &generator) * 2 + 1
      let middle = odd << UInt64.random(in: 0...10, using: &generator)
      expectSameAsStrtod("\(middle)")
      expectSameAsStrtod("\(middle - 1)")
      expectSameAsStrtod("\(middle + 1)")
      expectSameAsStrtod("\(middle).00000000000000000000000001")
      // An odd number of halves has one more digit.
      expectSameAsStrtod("\(odd / 2).5")
    }
  }
}
