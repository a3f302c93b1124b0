import Foundation
import JointDistributions
import Testing

@Suite("Drawing of rows")
struct SamplingTests {
  private func joint() throws -> JointDistribution {
    try JointDistribution {
      Margin("gamma", .gamma(shape: 0.3))
      Margin("student", .student(degreesOfFreedom: 10))
      Margin("beta", .beta(2, 5))
      Margin("count", .negativeBinomial(successes: 2.5, probability: 0.3))
      Margin("spend", .zeroInflated(.logNormal(deviation: 0.5), zero: 0.35))
      Margin("age", .rounded(.truncated(.normal(mean: 45, deviation: 20), to: 18...90), decimals: 0))
      Margin("owner", .categorical(["no": 0.55, "yes": 0.45], ordered: false))
      Margin("normal", .normal(mean: -3, deviation: 2))
      Correlation("gamma", "student", 0.4)
      Correlation("student", "beta", -0.5)
      Correlation("count", "spend", 0.45)
      Correlation("spend", "age", 0.3)
      Correlation("owner", "beta", 0.25)
      Correlation("gamma", "normal", 0.5, kind: .spearman)
    }
  }

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

  /// Largest distance between the distribution function of a column and its law's, on both sides of its jumps.
  private func distance(_ column: [Double], _ law: any MarginLaw) -> Double {
    let sorted = column.sorted()
    var worst = 0.0
    var first = 0
    while first < sorted.count {
      let value = sorted[first]
      var last = first
      while last < sorted.count, sorted[last] == value { last += 1 }
      let below = law.probability(value.nextDown, tail: .lower)
      worst = max(
        worst, (Double(last) / Double(sorted.count) - law.probability(value, tail: .lower)).magnitude,
        (Double(first) / Double(sorted.count) - below).magnitude)
      first = last
    }
    return worst
  }

  @Test func marginsAndCorrelations() throws {
    let joint = try joint()
    let n = 40_000
    let columns = joint.sample(rows: n, seed: 11, threads: 2)
    for (margin, column) in zip(joint.margins, columns) {
      // Kolmogorov's distance exceeds 2.2/√N once in ten thousand.
      #expect(distance(column, margin.law) < 2.2 / Double(n).squareRoot(), "\(margin.name)")
    }
    for pair in joint.pairs where pair.kind == .pearson {
      let found = correlation(columns[pair.first], columns[pair.second])
      #expect((found - pair.target).magnitude < 0.04, "\(pair.first), \(pair.second): \(found)")
    }
  }

  @Test func sameBitsForAnyThreads() throws {
    let joint = try joint()
    let one = joint.sample(rows: 9000, seed: 5, threads: 1)
    #expect(one == joint.sample(rows: 9000, seed: 5, threads: 3))
    #expect(one != joint.sample(rows: 9000, seed: 6, threads: 1))
    #expect(joint.sample(rows: 0, seed: 1).allSatisfy { $0.isEmpty })
  }

  /// The fast quantile functions agree with the slow ones, and keep to the law's range.
  @Test func everyValueIsAQuantile() throws {
    let joint = try joint()
    for (margin, column) in zip(joint.margins, joint.sample(rows: 2000, seed: 3)) {
      for x in column {
        guard case .continuous = margin.law.shape else { break }
        let p = margin.law.probability(x, tail: .lower)
        let back =
          p < 0.5
          ? margin.law.quantile(p, tail: .lower)
          : margin.law.quantile(margin.law.probability(x, tail: .upper), tail: .upper)
        #expect((back - x).magnitude <= 1e-11 * max(x.magnitude, 0.1), "\(margin.name) \(x)")
      }
    }
  }

  @Test func oneColumnDecidesAnother() throws {
    let joint = try JointDistribution {
      Margin("a", .normal())
      Margin("b", .normal(mean: 1, deviation: 2))
      Correlation("a", "b", 1)
    }
    let columns = joint.sample(rows: 100, seed: 1)
    for (a, b) in zip(columns[0], columns[1]) { #expect((b - 1 - 2 * a).magnitude < 1e-12) }
  }

  @Test func wrongDeclarations() throws {
    func message(@JointBuilder _ statements: () -> [JointStatement]) -> String {
      do throws(JointError) {
        _ = try JointDistribution(statements())
        return ""
      } catch { return error.description }
    }
    #expect(message {}.contains("no column is declared"))
    #expect(message { Margin("x", .normal(deviation: 0)) }.contains("deviation 0 is not positive"))
    #expect(
      message {
        Margin("x", .categorical(["a": 0.2, "b": 0.7], ordered: false))
      }.contains("add up to 0.9"))
    #expect(
      message {
        Margin("x", .normal())
        Margin("x", .normal())
      }.contains("two columns are named \"x\""))
    for (law, reason) in [
      (StudentLaw.student(degreesOfFreedom: 1) as any MarginLaw, "has no finite variance"),
      (StudentLaw.student(degreesOfFreedom: 2), "a Spearman correlation does"),
      (ParetoLaw.pareto(index: 1), "has no finite variance"), (TableLaw.empirical([2, 2]), "is a constant"),
      (TableLaw.categorical(["a": 0.2, "b": 0.3, "c": 0.5], ordered: false), "have no order"),
    ] {
      let text = message {
        Margin("x", law)
        Margin("y", .normal())
        Correlation("x", "y", 0.2)
      }
      #expect(text.contains(reason), "\(law): \(text)")
    }
    for (correlation, reason) in [
      (Correlation("x", "z", 0.2), "there is no column \"z\""), (Correlation("x", "x", 0.2), "with itself"),
      (Correlation("x", "y", 1.2), "not between -1 and 1"), (Correlation("x", "y", .nan), "not between -1 and 1"),
      (Correlation("x", "y", 0.2, kind: .kendall), "has ties"),
    ] {
      let text = message {
        Margin("x", .normal())
        Margin("y", .poisson(mean: 1))
        correlation
      }
      #expect(text.contains(reason), "\(text)")
    }
    for (matrix, reason) in [
      ([[1.0, 0.2]], "1 rows of 2 numbers"), ([[1, 0.2], [0.3, 1]], "not symmetric"),
      ([[1, 0.2], [0.2, 2]], "has 2 on"),
    ] {
      let text = message {
        Margin("x", .normal())
        Margin("y", .normal())
        CorrelationMatrix(matrix)
      }
      #expect(text.contains(reason), "\(text)")
    }
  }
}
