import Foundation
import SpecialFunctions
import Testing

/// Quantiles against Golden/quantiles.json, written by Golden/make_quantiles.py with mpmath.
@Suite("Quantile functions")
struct QuantileTests {
  struct Row: Decodable, CustomStringConvertible {
    let law: String
    let parameters: [Double]
    let probability: String
    let tail: String
    let value: String

    var p: Double { Double(probability) ?? .nan }
    var side: Tail { tail == "lower" ? .lower : .upper }
    var expected: Double { Double(value) ?? .nan }
    var description: String { "\(law)\(parameters) \(tail) \(probability)" }
  }

  static func load() throws -> [Row] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    return try JSONDecoder().decode([Row].self, from: Data(contentsOf: folder.appending(path: "Golden/quantiles.json")))
  }

  /// The library's own value for a row.
  private func quantile(_ row: Row) -> Double {
    let (a, b) = (row.parameters.first ?? 0, row.parameters.last ?? 0)
    switch row.law {
    case "normal": return normalQuantile(row.p, tail: row.side)
    case "gamma": return gammaQuantile(shape: a, row.p, tail: row.side)
    case "beta": return betaQuantile(a, b, row.p, tail: row.side).value
    case "betaComplement": return betaQuantile(a, b, row.p, tail: row.side).complement
    case "student": return studentQuantile(degreesOfFreedom: a, row.p, tail: row.side)
    case "poisson":
      return discreteQuantile(row.p, tail: row.side, start: a, limit: .infinity) { poissonTails(mean: a, $0) }
    case "binomial":
      return discreteQuantile(row.p, tail: row.side, start: a * b, limit: a) {
        binomialTails(trials: a, probability: b, $0)
      }
    case "negativeBinomial":
      return discreteQuantile(row.p, tail: row.side, start: a * (1 - b) / b, limit: .infinity) {
        negativeBinomialTails(successes: a, probability: b, $0)
      }
    default: return .nan
    }
  }

  @Test func fortyDigits() throws {
    let rows = try Self.load()
    #expect(rows.count > 800)
    for law in ["normal", "gamma", "beta", "betaComplement", "student"] {
      var worst = (error: 0.0, row: "")
      for row in rows where row.law == law {
        let error = (quantile(row) - row.expected).magnitude / row.expected
        if !(error <= worst.error) { worst = (error, "\(row): \(quantile(row)), not \(row.value)") }
      }
      #expect(worst.error <= 1e-13, "\(worst.error) at \(worst.row)")
    }
  }

  @Test func wholeNumbers() throws {
    for row in try Self.load() where ["poisson", "binomial", "negativeBinomial"].contains(row.law) {
      #expect(quantile(row) == row.expected, "\(row)")
    }
  }

  /// The lower tail of a value is what the upper tail of its mirror image is, also where both are tiny.
  @Test func tailsMirror() {
    for p in [1e-300, 1e-12, 0.2, 0.5, 0.77, 1 - 1e-12] {
      #expect(normalQuantile(p) == -normalQuantile(p, tail: .upper))
      #expect(
        studentQuantile(degreesOfFreedom: 3, p) == -studentQuantile(degreesOfFreedom: 3, p, tail: .upper))
      let (x, y) = (betaQuantile(2, 5, p), betaQuantile(5, 2, p, tail: .upper))
      #expect(x.value == y.complement && x.complement == y.value)
    }
  }

  @Test func ends() {
    #expect(gammaQuantile(shape: 2, 0) == 0 && gammaQuantile(shape: 2, 1) == .infinity)
    #expect(gammaQuantile(shape: 2, 0, tail: .upper) == .infinity && gammaQuantile(shape: 2, 1, tail: .upper) == 0)
    #expect(betaQuantile(2, 1, 0).value == 0 && betaQuantile(2, 1, 0, tail: .upper).value == 1)
    #expect(normalQuantile(0) == -.infinity && normalQuantile(0, tail: .upper) == .infinity)
    #expect(studentQuantile(degreesOfFreedom: 4, 1) == .infinity)
    for wrong in [-0.1, 1.1, .nan] {
      #expect(normalQuantile(wrong).isNaN && gammaQuantile(shape: 1, wrong).isNaN)
      #expect(betaQuantile(1, 1, wrong).value.isNaN && studentQuantile(degreesOfFreedom: 1, wrong).isNaN)
    }
    #expect(gammaQuantile(shape: 0, 0.5).isNaN && gammaQuantile(shape: .infinity, 0.5).isNaN)
  }

  /// Probabilities that were computed from a whole number give that number back.
  @Test func wholeNumbersComeBack() {
    for k in 0...40 {
      let tails = binomialTails(trials: 40, probability: 0.5, Double(k))
      for (p, tail) in [(tails.lower, Tail.lower), (tails.upper, .upper)] {
        let found = discreteQuantile(p, tail: tail, start: 20, limit: 40) {
          binomialTails(trials: 40, probability: 0.5, $0)
        }
        #expect(found == Double(k))
      }
    }
  }
}
