import Suffice
import Testing

/// Sums of products in which a variable occurs more than once, and products with numbers of the row: each is told as well
/// by one product with data that are put together beforehand.
@Suite struct PredictorSumTests {
  private let table: DataTable
  private let columns = (a: ["a1", "a2"], b: ["b1", "b2"])

  init() throws {
    var random = RandomSource(seed: 6)
    func draws() -> [Double] { (0..<30).map { _ in random.normal() } }
    let (a, b, u, y) = ([draws(), draws()], [draws(), draws()], draws(), draws())
    table = try DataTable([
      "a1": a[0], "a2": a[1], "b1": b[0], "b2": b[1], "u": u, "y": y,
      "sum1": zip(a[0], b[0]).map(+), "sum2": zip(a[1], b[1]).map(+),
      "scaled1": zip(a[0], u).map(*), "scaled2": zip(a[1], u).map(*),
      "varied1": zip(a[0], u).map { $0 * (1 + $1) }, "varied2": zip(a[1], u).map { $0 * (1 + $1) },
      "twice1": a[0].map { 2 * $0 }, "twice2": a[1].map { 2 * $0 },
    ])
  }

  struct Plain: Model {
    let z = Latent<MultivariateNormal>()
    let a = Covariates()
    let y = Observed<Normal>()
    var body: [Statement] {
      z ~ MultivariateNormal(mean: 0.5, precision: 1.0)
      Plate.rows { y ~ Normal(mean: z * a, precision: 2.0) }
    }
  }

  private func expectEqual(_ model: some Model, _ bind: [String: [String]], _ inputs: [String]) throws {
    let found = try Fit(model, to: table, bind: bind.merging(["y": ["y"]]) { $1 })
    let expected = try Fit(Plain(), to: table, bind: ["a": inputs, "y": ["y"]])
    #expect(abs(found.bound - expected.bound) < 1e-11 * abs(expected.bound))
    let pairs = zip(found.naturals.flatMap { $0 }, expected.naturals.flatMap { $0 })
    #expect(pairs.allSatisfy { abs($0 - $1) < 1e-11 * max(1, abs($1)) })
  }

  @Test func oneVariableInTwoProducts() throws {
    struct Sum: Model {
      let z = Latent<MultivariateNormal>()
      let a = Covariates(), b = Covariates()
      let y = Observed<Normal>()
      var body: [Statement] {
        z ~ MultivariateNormal(mean: 0.5, precision: 1.0)
        Plate.rows { y ~ Normal(mean: z * a + z * b, precision: 2.0) }
      }
    }
    try expectEqual(Sum(), ["a": columns.a, "b": columns.b], ["sum1", "sum2"])
  }

  @Test func productTimesANumberOfTheRow() throws {
    struct Scaled: Model {
      let z = Latent<MultivariateNormal>()
      let a = Covariates(), u = Covariates()
      let y = Observed<Normal>()
      var body: [Statement] {
        z ~ MultivariateNormal(mean: 0.5, precision: 1.0)
        Plate.rows { y ~ Normal(mean: u * (z * a), precision: 2.0) }
      }
    }
    try expectEqual(Scaled(), ["a": columns.a, "u": ["u"]], ["scaled1", "scaled2"])
  }

  @Test func productThatVaries() throws {
    struct Varied: Model {
      let z = Latent<MultivariateNormal>()
      let a = Covariates(), u = Covariates()
      let y = Observed<Normal>()
      var body: [Statement] {
        z ~ MultivariateNormal(mean: 0.5, precision: 1.0)
        Plate.rows { y ~ Normal(mean: z * a + u * (z * a), precision: 2.0) }
      }
    }
    try expectEqual(Varied(), ["a": columns.a, "u": ["u"]], ["varied1", "varied2"])
  }

  @Test func productTimesAKnownNumber() throws {
    struct Twice: Model {
      let z = Latent<MultivariateNormal>()
      let a = Covariates()
      let y = Observed<Normal>()
      var body: [Statement] {
        z ~ MultivariateNormal(mean: 0.5, precision: 1.0)
        Plate.rows { y ~ Normal(mean: 2.0 * (z * a), precision: 2.0) }
      }
    }
    try expectEqual(Twice(), ["a": columns.a], ["twice1", "twice2"])
  }

  /// A level that counts twice has a prior of four times the variance.
  @Test func levelThatCountsTwice() throws {
    struct Twice: Model {
      let level = Latent<Normal>()
      let y = Observed<Normal>()
      var body: [Statement] {
        level ~ Normal(mean: 0.0, precision: 1.0, count: 1)
        Plate.rows { y ~ Normal(mean: level + level, precision: 2.0) }
      }
    }
    struct Wide: Model {
      let level = Latent<Normal>()
      let y = Observed<Normal>()
      var body: [Statement] {
        level ~ Normal(mean: 0.0, precision: 0.25, count: 1)
        Plate.rows { y ~ Normal(mean: level, precision: 2.0) }
      }
    }
    let bind = ["y": ["y"]]
    let (found, expected) = (try Fit(Twice(), to: table, bind: bind), try Fit(Wide(), to: table, bind: bind))
    #expect(abs(found.bound - expected.bound) < 1e-11 * abs(expected.bound))
  }
}
