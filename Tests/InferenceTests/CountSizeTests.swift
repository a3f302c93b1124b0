import Models
import Suffice
import Testing

/// Sizes of negative binomial counts at which the posterior says something are taken, and others are refused.
@Suite struct CountSizeTests {
  private let table: DataTable

  init() throws {
    var random = RandomSource(seed: 3)
    let x = (0..<200).map { _ in random.normal() }
    let y = x.map { random.poisson(mean: _exp(1 + 0.3 * $0)) }
    table = try DataTable(columns: [Column(name: "x", values: x), Column(name: "y", values: y)])
  }

  private func deviation(_ size: Double) throws -> Double {
    var model = NegativeBinomialRegression()
    model.size = size
    let fit = try Fit(model, to: table, bind: ["x": ["x"], "y": ["y"]])
    return fit.marginals[0].summary(0).first { $0.name == "deviation" }?.values[1] ?? .nan
  }

  /// Deviations shrink as the message says: at a size of c = log(size / mean) by the root of c / sinh c.
  @Test func deviationsOfSizes() throws {
    let mean = (0..<200).reduce(0) { $0 + table.columns[1][$1] } / 200
    for size in [30.0, 300] {
      let c = _log(size / mean)
      // The information of counts of this size, with inputs of variance 1.
      let exact = (1 / (200 * mean * size / (size + mean))).squareRoot()
      let shrunk = exact * (c / (0.5 * (_exp(c) - _exp(-c)))).squareRoot()
      let found = try deviation(size)
      #expect(abs(found / shrunk - 1) < 0.15)
      #expect(found < 0.7 * exact)
    }
  }

  @Test(arguments: [1e4, 1e6, 1e10])
  func sizesBeyondUse(_ size: Double) throws {
    do {
      _ = try deviation(size)
      Issue.record("a size at which deviations mean nothing")
    } catch {
      #expect("\(error)".contains("times the mean of column \"y\": deviations would be"))
    }
  }
}
