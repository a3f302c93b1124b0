import Suffice
import Testing

@Suite struct NotAPropertyTests {
  @Test func givenADistribution() throws {
    struct Broken: Model {
      let x = Observed<Normal>()
      var body: [Statement] {
        Latent<Normal>() ~ Normal(mean: 0.0, precision: 1.0)
        Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "a variable that is given a distribution is not a stored property of the model. Declare it with 'let' beside the "
        + "others, so that it has a name.")
  }

  @Test func used() throws {
    struct Broken: Model {
      var mean: Latent<Normal> { Latent<Normal>() }
      let x = Observed<Normal>()
      var body: [Statement] { Plate.rows { x ~ Normal(mean: mean, precision: 1.0) } }
    }
    #expect(
      try diagnosis(of: Broken())
        == "a variable that \"x\" depends on is not a stored property of the model. Declare it with 'let' beside the others, so "
        + "that it has a name.")
  }

  @Test func label() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate("component", 2) { mean ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows { x ~ Normal(mean: mean[Latent<Categorical>()], precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "a variable that chooses a member for \"x\" is not a stored property of the model. Declare it with 'let' beside the "
        + "others, so that it has a name.")
  }

  @Test func data() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: Observed<Normal>().mean, precision: 1.0)
        Plate.rows { x ~ Normal(mean: mean, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "a variable whose data \"mean\" depends on is not a stored property of the model. Declare it with 'let' beside the "
        + "others, so that it has a name.")
  }
}
