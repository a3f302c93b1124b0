import Models
import Suffice
import SufficeTesting
import Testing

@Suite struct ModelLawTests {
  /// Every shipped model obeys every law, on one column and on several.
  @Test(arguments: shippedModels.map { "\($0)" })
  func shipped(_ name: String) throws {
    for (model, data, bind) in try cases(name) { try checkModel(model, data: data, bind: bind) }
  }

  /// The data that each shipped model is checked on.
  private func cases(_ name: String) throws -> [(model: any Model, data: DataTable, bind: [String: [String]])] {
    let galaxies = try dataTable("galaxies")
    let faithful = try dataTable("faithful")
    switch name {
    case "BernoulliMixture":
      var model = BernoulliMixture()
      model.components = 3
      let votes = try dataTable("house_votes_84")
      return [
        (model, votes, ["x": votes.columnNames.filter { $0 != "party" }]), (model, votes, ["x": ["crime"]]),
      ]
    case "DiagonalGaussianMixture":
      var model = DiagonalGaussianMixture()
      model.components = 4
      return [(model, galaxies, [:]), (model, faithful, [:])]
    case "DirichletProcessColumnMixture": return [(DirichletProcessColumnMixture(), galaxies, [:])]
    case "DirichletProcessGaussianMixture":
      var model = DirichletProcessGaussianMixture()
      model.components = 5
      return [(model, galaxies, [:]), (model, faithful, [:])]
    case "GaussianMixture":
      var model = GaussianMixture()
      model.components = 4
      return [(model, galaxies, [:]), (model, faithful, [:])]
    case "MixedMixture":
      var model = MixedMixture()
      model.components = 3
      let crabs = try dataTable("horseshoe_crabs")
      return [
        (model, crabs, ["counts": ["satellites"]]), (model, try dataTable("horseshoe_crabs", columns: ["color"]), [:]),
        (model, galaxies, [:]),
      ]
    case "NormalSample": return [(NormalSample(), galaxies, [:]), (NormalSample(), faithful, [:])]
    case "NormalSampleMeanField":
      return [(NormalSampleMeanField(), galaxies, [:]), (NormalSampleMeanField(), faithful, [:])]
    case "PoissonMixture":
      var model = PoissonMixture()
      model.components = 3
      return [(model, try dataTable("discoveries"), ["x": ["discoveries"]])]
    case "SphericalGaussianMixture":
      var model = SphericalGaussianMixture()
      model.components = 4
      return [(model, galaxies, [:]), (model, faithful, [:])]
    case "TiedGaussianMixture":
      var model = TiedGaussianMixture()
      model.components = 3
      return [(model, galaxies, [:]), (model, faithful, [:])]
    default:
      Issue.record("no data for the shipped model \(name)")
      return []
    }
  }
}
