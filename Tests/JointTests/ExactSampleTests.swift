import Foundation
import JointDistributions
import Testing

@Suite("Rows with exact correlations")
struct ExactSampleTests {
  private func joint() throws -> JointDistribution {
    try JointDistribution {
      Margin("normal", .normal(mean: 1e6, deviation: 3))
      Margin("logNormal", .logNormal())
      Margin("beta", .beta(0.5, 2))
      Margin("spend", .zeroInflated(.exponential(), zero: 0.4))
      Margin("count", .poisson(mean: 3))
      Margin("coin", .bernoulli(0.3))
      Correlation("normal", "logNormal", 0.5)
      Correlation("normal", "count", -0.4)
      Correlation("logNormal", "spend", 0.6)
      Correlation("beta", "coin", 0.45)
      Correlation("count", "coin", 0.2)
      Correlation("beta", "normal", 0.1, kind: .spearman)
    }
  }

  /// Pearson's correlation by sums about the means.
  private func correlation(_ x: [Double], _ y: [Double]) -> Double {
    let n = Double(x.count)
    let (mx, my) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    var (xx, xy, yy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xx += (a - mx) * (a - mx)
      xy += (a - mx) * (b - my)
      yy += (b - my) * (b - my)
    }
    return xy / (xx * yy).squareRoot()
  }

  @Test(arguments: [500, 6000])
  func correlations(rows: Int) throws {
    let joint = try joint()
    let sample = try joint.exactSample(rows: rows, seed: 4, threads: 2)
    for pair in joint.pairs where pair.kind == .pearson {
      let found = correlation(sample.columns[pair.first], sample.columns[pair.second])
      // A sum of products of two columns of whole numbers is whole: their correlation moves in steps of 1/Nστ.
      let step = 1 / (Double(rows) * 3.0.squareRoot() * 0.21.squareRoot())
      let isLattice = pair.first == 4 && pair.second == 5
      #expect((found - pair.target).magnitude < (isLattice ? 0.75 * step : 1e-11), "\(pair.first), \(pair.second)")
    }
    #expect(sample.continuousError < 1e-12)
  }

  /// Every column's distribution function is within 1/N of its law's, and columns of atoms hold their quantiles.
  @Test func margins() throws {
    let joint = try joint()
    let n = 700
    let sample = try joint.exactSample(rows: n, seed: 2)
    for (margin, column) in zip(joint.margins, sample.columns) {
      for (i, x) in column.sorted().enumerated() {
        let (low, high) = (Double(i) / Double(n), Double(i + 1) / Double(n))
        let below = margin.law.probability(x.nextDown, tail: .lower)
        let here = margin.law.probability(x, tail: .lower)
        #expect(here >= low - 1e-9 && below <= high + 1e-9, "\(margin.name): \(x)")
        if case .discrete = margin.law.shape {
          #expect(x == margin.law.quantile((Double(i) + 0.5) / Double(n), tail: .lower))
        }
      }
    }
  }

  @Test func sameBitsForAnyThreads() throws {
    let joint = try joint()
    let one = try joint.exactSample(rows: 5000, seed: 9, threads: 1)
    #expect(one.columns == (try joint.exactSample(rows: 5000, seed: 9, threads: 3)).columns)
    #expect(one.columns != (try joint.exactSample(rows: 5000, seed: 10, threads: 1)).columns)
  }

  @Test func tooFewRows() throws {
    let joint = try joint()
    let error = #expect(throws: JointError.self) { try joint.exactSample(rows: 5, seed: 1) }
    #expect(try #require(error).description.contains("at least 24 rows were expected"))
  }
}
