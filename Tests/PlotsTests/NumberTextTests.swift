import Testing

@testable import Plots

@Suite("Numbers as text")
struct NumberTextTests {
  @Test(
    "compact keeps few digits and all of the whole part",
    arguments: [
      (0, "0"), (1, "1"), (-1.5, "−1.5"), (0.123456, "0.1235"), (1234.5678, "1235"), (9999.9, "10,000"),
      (123_456.789, "123,457"), (-1_234_567, "−1,234,567"), (0.00012345, "0.0001235"), (0.99996, "1"),
      (1.5e-7, "1.5×10⁻⁷"), (1e300, "1×10³⁰⁰"), (1e9, "1×10⁹"), (.leastNonzeroMagnitude, "5×10⁻³²⁴"), (.nan, "–"),
      (.infinity, "–"),
    ] as [(Double, String)])
  func compact(value: Double, text: String) {
    #expect(NumberText.compact(value) == text)
  }

  @Test("the plain style is ASCII that reads back as a number")
  func ascii() {
    for value in [-1_234_567.0, 1.5e-7, 0.1, -3e20, 12_345.678] {
      let text = NumberText.compact(value, significant: 15, style: .ascii)
      #expect(text.allSatisfy { $0.isASCII })
      #expect(Double(text) == value)
    }
  }

  @Test("fixed rounds halves away from zero and writes no negative zero")
  func fixed() {
    #expect(NumberText.fixed(2.5, decimals: 0) == "3")
    #expect(NumberText.fixed(0.125, decimals: 2) == "0.13")
    #expect(NumberText.fixed(-0.001, decimals: 2) == "0.00")
    #expect(NumberText.fixed(999.999, decimals: 2) == "1000.00")
    #expect(NumberText.fixed(12_345.6, decimals: 1) == "12,345.6")
  }

  @Test("digits round to any place")
  func digits() {
    #expect(DecimalDigits(0.06).rounded(decimals: 1) == DecimalDigits(0.1))
    #expect(DecimalDigits(0.04).rounded(decimals: 1).isZero)
    #expect(DecimalDigits(0.004).rounded(decimals: 1).isZero)
    #expect(DecimalDigits(99.5).rounded(decimals: 0) == DecimalDigits(100))
    #expect(DecimalDigits(-120, exponent: -1) == DecimalDigits(-12))
    #expect(DecimalDigits(1e16).exponent == 16)
  }

  @Test("weights of one column share their decimals")
  func weights() {
    #expect(NumberText.weights([0.36, 0.64]) == ["0.36", "0.64"])
    #expect(NumberText.weights([0.9, 0.05, 1e-7]) == ["0.900", "0.050", "<0.001"])
    #expect(NumberText.weights([12, .nan]) == ["12", "–"])
  }

  @Test(
    "coordinates are short and always numbers",
    arguments: [
      (1.0, "1"), (12.3456, "12.35"), (-0.5, "-0.5"), (0.0625, "0.063"), (-0.0001, "0"), (.nan, "0"), (100.0, "100"),
      (.infinity, "0"), (1e300, "100000"),
    ] as [(Double, String)])
  func coordinates(value: Double, text: String) {
    #expect(SVGValue.compact(value) == text)
  }
}
