import Suffice
import Testing

@Suite struct OutOfPlateTests {
  @Test func globalUsesRowVariable() throws {
    struct Broken: Model {
      let height = Latent<Normal>()
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        mean ~ Normal(mean: height, precision: 1.0)
        Plate.rows {
          height ~ Normal(mean: 0.0, precision: 1.0)
          x ~ Normal(mean: mean, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"mean\" uses \"height\" out of its plate: \"height\" has a value for each row, \"mean\" stands outside the rows. "
        + "Move \"mean\" into Plate.rows { … }.")
  }

  @Test func platedWithoutLabel() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate("component", 3) { mean ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows { x ~ Normal(mean: mean, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" uses \"mean\" out of its plate: \"mean\" has 3 members, one for each \"component\". Choose one with a label, "
        + "as in 'mean[label]', or move \"x\" into the plate.")
  }

  @Test func tooFewLabels() throws {
    struct Broken: Model {
      let weights = Latent<Dirichlet>()
      let mean = Latent<Normal>()
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1.0, count: 2)
        Plate("group", 2) { Plate("component", 3) { mean ~ Normal(mean: 0.0, precision: 1.0) } }
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(mean: mean[label], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" uses \"mean\" out of its plate: \"mean\" has 3 members, one for each \"component\". Choose one with one more "
        + "label, as in 'mean[label][other]', or move \"x\" into the plate.")
  }

  @Test func tooManyLabels() throws {
    struct Broken: Model {
      let weights = Latent<Dirichlet>()
      let mean = Latent<Normal>()
      let label = Latent<Categorical>()
      let other = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1.0, count: 3)
        Plate("component", 3) { mean ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows {
          label ~ Categorical(weights)
          other ~ Categorical(weights)
          x ~ Normal(mean: mean[label][other], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" chooses a member of \"mean\" with 2 labels, but \"mean\" has 1 plate to choose from. Remove a label.")
  }

  @Test func labelOfWhatIsNotPlated() throws {
    struct Broken: Model {
      let weights = Latent<Dirichlet>()
      let mean = Latent<Normal>()
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1.0, count: 3)
        mean ~ Normal(mean: 0.0, precision: 1.0)
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(mean: mean[label], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" chooses a member of \"mean\" with 1 label, but \"mean\" has one value here. Remove a label.")
  }

  @Test func labelFromElsewhere() throws {
    struct Broken: Model {
      let weights = Latent<Dirichlet>()
      let mean = Latent<Normal>()
      let center = Latent<Normal>()
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1.0, count: 3)
        Plate("component", 3) { mean ~ Normal(mean: 0.0, precision: 1.0) }
        center ~ Normal(mean: mean[label], precision: 1.0)
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(mean: center, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"center\" uses \"label\" out of its plate: as a label it must stand in the same plates as \"center\". Move it there."
    )
  }

  @Test func oneLabelForTwoPlates() throws {
    struct Broken: Model {
      let weights = Latent<Dirichlet>()
      let mean = Latent<Normal>()
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1.0, count: 3)
        Plate("group", 3) { Plate("component", 3) { mean ~ Normal(mean: 0.0, precision: 1.0) } }
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(mean: mean[label][label], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" chooses a member of \"mean\" with \"label\" in two plates, \"group\" and \"component\". Use a label of its own "
        + "for each plate.")
  }
}
