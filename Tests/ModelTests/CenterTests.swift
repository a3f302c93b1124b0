import Models
import Suffice
import Testing

/// Where the data lie on the number line does not matter.
@Suite struct CenterTests {
  @Test(arguments: ["DiagonalGaussianMixture", "GaussianMixture", "SphericalGaussianMixture", "TiedGaussianMixture"])
  func farFromZero(_ name: String) throws {
    let type = try #require(shippedModels.first { "\($0)" == name })
    let galaxies = try dataTable("galaxies")
    let column = galaxies.columns[0]
    let values = (0..<column.count).map { column[$0] }
    var settings = FitSettings()
    settings.start = .labels(values.map { $0 < 15_000 ? 0 : $0 < 30_000 ? 1 : 2 })
    settings.maximumPasses = 6
    settings.tolerance = 0
    func trace(_ values: [Double]) throws -> [Double] {
      try Fit(type.init(), to: DataTable(["x": values]), settings: settings).trace.map(\.bound)
    }
    let near = try trace(values)
    // Velocities are whole numbers: 1e9 more of each is exact, and only the mean is rounded, to 1e-7 of 5,000.
    let far = try trace(values.map { $0 + 1e9 })
    #expect(near.count == far.count)
    for (a, b) in zip(near, far) { #expect(abs(a - b) < 1e-9 * abs(a)) }
  }
}
