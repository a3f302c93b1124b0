import Suffice
import Testing

@Suite struct MomentTests {
  /// `latent.mean` is a type error; the moment can be written all the same.
  @Test func ofALatentVariable() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let center = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        center ~ Normal(mean: 0.0, precision: 1.0)
        mean
          ~ Normal(
            mean: DataMoment(.mean, of: VariableUse(variable: center.identity, family: Family(Normal.self))),
            precision: 1.0)
        Plate.rows { x ~ Normal(mean: mean, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"mean\" depends on the mean of \"center\", which is latent: only an observed variable has data. Use a number, the data "
        + "of an observed variable, or \"center\" itself.")
  }

  @Test func ofLabels() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      let kind = Observed<Categorical>()
      var body: [Statement] {
        mean ~ Normal(mean: kind.mean, precision: 1.0)
        Plate.rows {
          x ~ Normal(mean: mean, precision: 1.0)
          kind ~ Categorical([0.5, 0.5])
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"mean\" depends on the mean of \"kind\", whose values are labels and have none. Use a number, or the data of a "
        + "numeric variable.")
  }

  @Test func levelsOfNumbers() throws {
    struct Broken: Model {
      let weights = Latent<Dirichlet>()
      let label = Latent<Categorical>()
      let x = Observed<Normal>()
      var body: [Statement] {
        weights ~ Dirichlet(concentration: 1.0, count: x.levels)
        Plate.rows {
          label ~ Categorical(weights)
          x ~ Normal(mean: 0.0, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"weights\" has as many elements as \"x\" has levels, but \"x\" is Normal and has none: only an observed Categorical "
        + "has levels. Give a number with 'count:'.")
  }
}
