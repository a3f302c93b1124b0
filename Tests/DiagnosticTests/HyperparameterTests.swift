import Models
import Suffice
import Testing

/// What is wrong with settings; nil where they can be made.
private func complaint<M: Model>(_ type: M.Type, _ settings: [(name: String, value: String)]) -> String? {
  do throws(ModelError) {
    _ = try M(settings: settings)
    return nil
  } catch {
    return error.description
  }
}

@Suite struct HyperparameterTests {
  @Test func unknownName() {
    #expect(
      complaint(GaussianMixture.self, [("clusters", "3")])
        == "gaussian-mixture has no hyperparameter \"clusters\". It has: components, concentration, mean-precision."
    )
  }

  @Test func modelWithoutHyperparameters() {
    struct Fixed: Model {
      let x = Observed<Normal>()
      var body: [Statement] { Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) } }
    }
    #expect(
      complaint(Fixed.self, [("components", "3")]) == "fixed has no hyperparameter \"components\". It has none.")
  }

  @Test(arguments: ["many", "", "3.5", "99999999999999999999"]) func noWholeNumber(text: String) {
    #expect(
      complaint(GaussianMixture.self, [("components", text)])
        == "the hyperparameter components is \"\(text)\"; a whole number was expected.")
  }

  @Test(arguments: ["little", "1,5", ""]) func noNumber(text: String) {
    #expect(
      complaint(GaussianMixture.self, [("mean-precision", text)])
        == "the hyperparameter mean-precision is \"\(text)\"; a number was expected.")
  }

  @Test func neitherTrueNorFalse() {
    struct Switched: Model {
      @Hyperparameter("Whether.") var isShared = true
      @Hyperparameter("Who.") var name = "nobody"
      let x = Observed<Normal>()
      var body: [Statement] { Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) } }
    }
    #expect(
      complaint(Switched.self, [("is_shared", "yes")])
        == "the hyperparameter is_shared is \"yes\"; true or false was expected.")
    #expect(complaint(Switched.self, [("name", ""), ("isShared", "false")]) == nil)
  }
}
