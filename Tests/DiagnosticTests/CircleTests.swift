import Suffice
import Testing

@Suite struct CircleTests {
  @Test func twoVariables() throws {
    struct Broken: Model {
      let a = Latent<Normal>()
      let b = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        a ~ Normal(mean: b, precision: 1.0)
        b ~ Normal(mean: a, precision: 1.0)
        Plate.rows { x ~ Normal(mean: a, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"a\" depends on itself: \"a\" uses \"b\", \"b\" uses \"a\". Break the circle: give one of them an argument that is known."
    )
  }

  @Test func oneVariable() throws {
    struct Broken: Model {
      let a = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        a ~ Normal(mean: a, precision: 1.0)
        Plate.rows { x ~ Normal(mean: a, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"a\" depends on itself. Give it an argument that is known, or another variable.")
  }

  @Test func byWayOfALabel() throws {
    struct Broken: Model {
      let weights = Latent<Dirichlet>()
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate("state", 2) { weights ~ Dirichlet(concentration: 1.0, count: 2) }
        Plate.rows {
          label ~ Categorical(weights[label])
          x ~ Normal(mean: 0.0, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"label\" depends on itself. Give it an argument that is known, or another variable.")
  }
}
