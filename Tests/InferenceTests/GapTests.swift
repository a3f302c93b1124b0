import Models
import Suffice
import SufficeTesting
import Testing

/// What is missing from a row is integrated out: the density of a row with a gap is the integral of the densities of whole rows.
@Suite struct GapTests {
  /// One multivariate Student-t distribution, whose factor is as the guide writes it.
  private struct Student: Model {
    let c = Latent<NormalWishart>(), u = Latent<Gamma>(), x = Observed<MultivariateNormal>()
    var body: [Statement] {
      c ~ NormalWishart(mean: x.mean, covariance: x.covariance)
      Plate.rows {
        u ~ Gamma(shape: 2.0, rate: 2.0)
        x ~ MultivariateNormal(c, factor: u)
      }
    }
  }

  /// The same with a number of elements of the factor.
  private struct Counted: Model {
    var count = 1
    let c = Latent<NormalWishart>(), u = Latent<Gamma>(), x = Observed<MultivariateNormal>()
    var body: [Statement] {
      c ~ NormalWishart(mean: x.mean, covariance: x.covariance)
      Plate.rows {
        u ~ Gamma(shape: 2.0, rate: 2.0, count: count)
        x ~ MultivariateNormal(c, factor: u)
      }
    }
  }

  private struct Sample: Model {
    let c = Latent<NormalWishart>(), x = Observed<MultivariateNormal>()
    var body: [Statement] {
      c ~ NormalWishart(mean: x.mean, covariance: x.covariance)
      Plate.rows { x ~ MultivariateNormal(c) }
    }
  }

  private static func mixture() -> GaussianMixture {
    var model = GaussianMixture()
    model.components = 2
    return model
  }

  private static func robust() -> RobustMixture {
    var model = RobustMixture()
    model.components = 2
    return model
  }

  private static func model(_ name: String) -> any Model {
    switch name {
    case "Student": Student()
    case "Sample": Sample()
    case "mixture": mixture()
    default: robust()
    }
  }

  /// Two groups of correlated rows.
  private func rows(_ count: Int, gaps: Bool) throws -> DataTable {
    var random = RandomSource(seed: 4)
    var (a, b): ([Double], [Double]) = ([], [])
    for i in 0..<count {
      let x = (i % 3 == 0 ? -3 : 2) + random.normal()
      a.append(x)
      b.append(0.7 * x + (i % 3 == 0 ? 2 : -1) + 0.5 * random.normal())
    }
    if gaps {
      for i in stride(from: 2, to: count, by: 7) { a[i] = .nan }
      for i in stride(from: 5, to: count, by: 7) { b[i] = .nan }
    }
    return try DataTable(columns: [Column(name: "a", values: a), Column(name: "b", values: b)])
  }

  @Test(arguments: ["Student", "Sample", "mixture", "robust"], [false, true])
  func gapsAreIntegrals(_ name: String, _ isFittedWithGaps: Bool) throws {
    let fit = try Fit(Self.model(name), to: rows(90, gaps: isFittedWithGaps))
    for value in [-4.0, 0.3, 2.5] {
      let gap = try Application(
        fit, to: DataTable(columns: [Column(name: "a", values: [value]), Column(name: "b", values: [.nan])]))
      // Heavy tails: points of the integral grow apart.
      let steps = (-1200...1200).map { 0.01 * Double($0) }
      let points = steps.map { _exp($0) - _exp(-$0) }
      let whole = try Application(
        fit,
        to: DataTable(columns: [
          Column(name: "a", values: points.map { _ in value }), Column(name: "b", values: points),
        ]))
      let logs = zip(try whole.logDensities(), steps).map { $0 + _log(_exp($1) + _exp(-$1)) }
      let integral = logSumExp(logs) + _log(0.01)
      let same = Tolerance.absolute(1e-5, because: "a fine grid over all that counts")
      #expect(same.allows(try gap.logDensities()[0], integral), "\(name) at \(value)")
    }
  }

  /// Probabilities of labels are those of the densities, and cells are filled with what depends on the row.
  @Test func robustMixturesHaveGaps() throws {
    let table = try rows(90, gaps: true)
    let fit = try Fit(Self.robust(), to: table)
    let application = try Application(fit, to: table)
    let labels = try #require(application.responsibilities()).values
    #expect(labels.allSatisfy { $0.isFinite })
    let areBounds = application.densitiesAreBounds
    #expect(!areBounds)
    // A row without b is told from the other group by a alone.
    let (filled, truth) = (try application.imputed(), try rows(90, gaps: false))
    for row in stride(from: 5, to: 90, by: 7) {
      #expect(abs((filled["b"]?[row] ?? .nan) - (truth["b"]?[row] ?? 0)) < 2.5)
      let own = [labels[row * 2], labels[row * 2 + 1]]
      #expect(abs(own.max()! - 1) < 0.2)
    }
    try checkModel(Self.robust(), data: table)
    try checkModel(Student(), data: table)
  }

  /// A factor is one number for all elements.
  @Test func factorsAreOneNumber() throws {
    let table = try rows(90, gaps: false)
    let fit = try Fit(Student(), to: table)
    #expect(fit.naturals == (try Fit(Counted(), to: table)).naturals)
    do {
      _ = try Fit(Counted(count: 2), to: table)
      Issue.record("a factor of two elements")
    } catch {
      #expect("\(error)".contains("takes \"u\", its factor, as one number, but it has 2 elements"))
    }
  }

  /// What is no number is an error and no result.
  @Test func brokenResultsAreTold() throws {
    let application = try Application(Fit(Sample(), to: rows(30, gaps: false)), to: rows(5, gaps: false))
    try application.requireFinite([1, 2, 3, 4, 5], what: "the log density")
    do {
      try application.requireFinite([0, 1, 2, 3, 4, 5, -.infinity, 7, 8, 9], what: "the log density")
      Issue.record("an infinite density")
    } catch { #expect("\(error)".hasPrefix("the log density of row 4 is -inf")) }
  }
}
