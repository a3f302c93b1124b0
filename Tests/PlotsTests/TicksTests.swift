import Testing

@testable import Plots

@Suite("Ticks")
struct TicksTests {
  static let domains: [Domain] =
    scattered(400).enumerated().map { index, share in
      let exponent = Double((index * 37) % 560 - 280)
      let offset = index % 3 == 0 ? 0 : (share - 0.5) * Double([1, 10, 1e6, 1e9][index % 4])
      let scale = DecimalScale.power(exponent)
      return Domain(offset * scale, (offset + 0.1 + share) * scale)
    } + [
      Domain(1e9 - 1, 1e9 + 1), Domain(0, 0), Domain(-1e302, 1e302), Domain(5, 5), Domain(0, 1e-305),
      Domain(1e300, 1e300), Domain(.nan, .infinity), Domain(-.leastNonzeroMagnitude, .leastNonzeroMagnitude),
      Domain(123_456.78, 123_456.79),
    ]

  enum DecimalScale {
    static func power(_ exponent: Double) -> Double { Double("1e\(Int(exponent))") ?? 1 }
  }

  @Test("are evenly spaced, inside, few, and labelled with distinct texts", arguments: domains)
  func properties(domain: Domain) {
    for count in 2...11 {
      let ticks = Ticks(domain, atMost: count)
      #expect(ticks.values.count <= count)
      #expect(ticks.values.count >= (count >= 5 ? 2 : 1))
      #expect(ticks.values.allSatisfy { $0.isFinite && domain.contains($0) })
      #expect(ticks.labels.count == ticks.values.count)
      #expect(Set(ticks.labels).count == ticks.labels.count)
      #expect(ticks.labels.allSatisfy { $0.count <= 12 }, "\(ticks.labels)")
      let steps = Set(zip(ticks.multiples, ticks.multiples.dropFirst()).map { $1 - $0 })
      #expect(steps.count <= 1)
      #expect(steps.isSubset(of: [1, 2, 5]))
    }
  }

  @Test("a label, with its note, is the number it stands at", arguments: domains)
  func exactness(domain: Domain) {
    let ticks = Ticks(domain, atMost: 7)
    let (power, offset) = Self.read(ticks.note)
    for (label, value) in zip(ticks.labels, ticks.values) {
      let number = Self.number(label) * DecimalScale.power(power) + offset
      #expect((number - value).magnitude <= value.magnitude * 1e-11 + domain.width * 1e-5)
    }
  }

  @Test("the labels of an axis")
  func labels() {
    func check(_ lower: Double, _ upper: Double, _ labels: [String], _ note: String = "") {
      let ticks = Ticks(Domain(lower, upper), atMost: 6)
      #expect(ticks.labels == labels)
      #expect(ticks.note == note)
    }
    check(0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    check(-1, 1, ["−1.0", "−0.5", "0.0", "0.5", "1.0"])
    check(0, 10_000, ["0", "2,000", "4,000", "6,000", "8,000", "10,000"])
    check(1950, 2000, ["1950", "1960", "1970", "1980", "1990", "2000"])
    check(1e9 - 1, 1e9 + 1, ["−1.0", "−0.5", "0.0", "0.5", "1.0"], "+ 1,000,000,000")
    check(-1e9 - 1, -1e9 + 1, ["−1.0", "−0.5", "0.0", "0.5", "1.0"], "− 1,000,000,000")
    check(0, 2e6, ["0.0", "0.5", "1.0", "1.5", "2.0"], "×10⁶")
    check(0, 1e-5, ["0", "2", "4", "6", "8", "10"], "×10⁻⁶")
    check(0, 0.0002, ["0", "50", "100", "150", "200"], "×10⁻⁶")
    check(0, 1e300, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"], "×10³⁰⁰")
    check(-1_231_500, -1_230_000, ["−1,231,500", "−1,231,000", "−1,230,500", "−1,230,000"])
  }

  @Test("whole numbers have no ticks between them")
  func wholeNumbers() {
    let one = Ticks(Domain(0.5, 1.5), atMost: 8, wholeNumbers: true)
    #expect(one.labels == ["1"])
    #expect(Ticks(Domain(0, 3), atMost: 8, wholeNumbers: true).labels == ["0", "1", "2", "3"])
  }

  @Test("labels keep apart along the axis", arguments: domains)
  func apart(domain: Domain) {
    for length in [120.0, 300, 640] {
      let ticks = Ticks.fitting(domain, length: length, fontSize: 12)
      let places = ticks.values.map { ($0 - domain.lower) / domain.width * length }
      let widths = ticks.labels.map { TextMetrics.width($0, size: 12) }
      for index in places.indices.dropFirst() {
        let gap = places[index] - places[index - 1] - (widths[index] + widths[index - 1]) / 2
        #expect(gap > 0 || ticks.values.count <= 2, "\(ticks.labels)")
      }
    }
  }

  private static func number(_ label: String) -> Double {
    Double(String(label.filter { $0 != "," }.map { $0 == "−" ? "-" : $0 })) ?? .nan
  }

  private static func plainPower(_ text: Substring) -> Double {
    let raised = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let digits = text.dropFirst(2).map { character -> Character in
      character == "⁻" ? "-" : raised.firstIndex(of: character).map { Character(String($0)) } ?? "?"
    }
    return Double(String(digits)) ?? .nan
  }

  /// Reads a note back: `×10⁶ + 1,000` or either half of it, or `+ 1.5×10⁹⁹`.
  private static func read(_ note: String) -> (power: Double, offset: Double) {
    var power = 0.0
    var rest = note[...]
    if rest.first == "×" {
      let end = rest.firstIndex(of: " ") ?? rest.endIndex
      power = plainPower(rest[rest.index(after: rest.startIndex)..<end])
      rest = rest[end...].drop { $0 == " " }
    }
    guard let sign = rest.first else { return (power, 0) }
    let parts = rest.dropFirst(2).split(separator: "×")
    let exponent = parts.count > 1 ? plainPower(parts[1]) : 0
    let digits = String(parts[0].filter { $0 != "," })
    let magnitude = Double("\(digits)e\(Int(exponent))") ?? .nan
    return (power, sign == "+" ? magnitude : -magnitude)
  }
}
