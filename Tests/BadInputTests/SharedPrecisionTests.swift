import Models
import Suffice
import Testing

/// Missing cells where the elements of a row are not independent.
@Suite struct SharedPrecisionTests {
  @Test func spherical() throws {
    #expect(
      refusal(SphericalGaussianMixture(), try table([[1, 2, .nan, 4], [2, 1, 4, 5]]))
        == "column \"a\" of \"x\" has 1 missing cell, but its parameters are shared by all its elements: choose a "
        + "model with one precision for each column. Fill the cells, or drop the rows.")
  }

  @Test func usedByOthers() throws {
    struct Chosen: Model {
      let level = Latent<Normal>()
      let kind = Observed<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: kind) { level ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows {
          kind ~ Categorical([0.5, 0.5])
          x ~ Normal(mean: level[kind], precision: 1.0)
        }
      }
    }
    #expect(
      refusal(
        Chosen(),
        try DataTable(columns: [
          Column(name: "x", values: [1, 2, 2]),
          Column(name: "kind", values: [0, .nan, 1], kind: .categorical(levels: ["a", "b"])),
        ]), bind: ["x": ["x"], "kind": ["kind"]])
        == "column \"kind\" of \"kind\" has 1 missing cell, but other variables depend on it. Fill the cells, or drop "
        + "the rows.")
  }
}
