import Models
import Suffice
import SufficeTesting
import Testing

/// Whole plans over several tiles and chunks of rows, one feature block wide enough to be formed inside contractions.
@Suite struct PlanTests {
  private func simulated(rows: Int, columns: Int) throws -> DataTable {
    var random = RandomSource(seed: 3)
    // Two groups a few deviations apart, with a factor that correlates columns.
    let values = (0..<rows).map { _ in
      let (group, factor) = (random.uniform() < 0.3 ? 2.0 : -1.0, random.normal())
      return (0..<columns).map { j in group + 0.5 * factor * Double(j % 3) + random.normal() }
    }
    return try DataTable(
      columns: (0..<columns).map { j in Column(name: "x\(j + 1)", values: values.map { $0[j] }) })
  }

  @Test func fullCovarianceOfThreeColumns() throws {
    var model = GaussianMixture()
    model.components = 4
    try checkBackend(CPUBackend(), model: model, data: simulated(rows: 1000, columns: 3))
  }

  @Test func fullCovarianceOf35Columns() throws {
    var model = GaussianMixture()
    model.components = 2
    try checkBackend(CPUBackend(), model: model, data: simulated(rows: 300, columns: 35), passes: 2)
  }

  @Test func tiedCovariance() throws {
    var model = TiedGaussianMixture()
    model.components = 3
    try checkBackend(CPUBackend(), model: model, data: simulated(rows: 777, columns: 2))
  }

  @Test func withoutRowVariables() throws {
    try checkBackend(CPUBackend(), model: NormalSample(), data: simulated(rows: 777, columns: 3))
  }

  /// Numbers, counts, labels and answers together.
  @Test func mixed() throws {
    var random = RandomSource(seed: 4)
    let rows = 600
    let groups = (0..<rows).map { _ in random.uniform() < 0.4 }
    let table = try DataTable(columns: [
      Column(name: "height", values: groups.map { ($0 ? 2 : -1) + random.normal() }),
      Column(name: "visits", values: groups.map { random.poisson(mean: $0 ? 5 : 1) }),
      Column(
        name: "colour", values: groups.map { _ in Double(random.next() % 3) },
        kind: .categorical(levels: ["blue", "green", "red"])),
      Column(
        name: "shape", values: groups.map { _ in Double(random.next() % 4) },
        kind: .categorical(levels: ["a", "b", "c", "d"])),
      Column(name: "flag", values: groups.map { random.uniform() < ($0 ? 0.8 : 0.3) ? 1 : 0 }),
    ])
    var model = MixedMixture()
    model.components = 3
    try checkBackend(CPUBackend(), model: model, data: table, bind: ["counts": ["visits"]])
  }
}
