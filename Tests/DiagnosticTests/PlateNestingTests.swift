import Suffice
import Testing

@Suite struct PlateNestingTests {
  @Test func nestedBothWays() throws {
    struct Broken: Model {
      let a = Latent<Normal>()
      let b = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate("group", 2) { Plate("component", 3) { a ~ Normal(mean: 0.0, precision: 1.0) } }
        Plate("component", 3) { Plate("group", 2) { b ~ Normal(mean: a, precision: 1.0) } }
        Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "the plates \"component\" and \"group\" do not nest: around \"b\" \"component\" is the outer one, around \"a\" \"group\" "
        + "is. Nest them the same way everywhere.")
  }

  @Test func observedOutsideRows() throws {
    struct Broken: Model {
      let x = Observed<Normal>()
      var body: [Statement] { x ~ Normal(mean: 0.0, precision: 1.0) }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"x\" is observed but stands outside the rows. Put it inside Plate.rows { … }.")
  }

  @Test(arguments: [true, false]) func fixedPlateAndRows(rowsAreOuter: Bool) throws {
    struct Broken: Model {
      @Hyperparameter("Which way round.") var rowsAreOuter = true
      let height = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        if rowsAreOuter {
          Plate.rows { Plate("rater", 3) { height ~ Normal(mean: 0.0, precision: 1.0) } }
        } else {
          Plate("rater", 3) { Plate.rows { height ~ Normal(mean: 0.0, precision: 1.0) } }
        }
        Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) }
      }
    }
    var model = Broken()
    model.rowsAreOuter = rowsAreOuter
    #expect(
      try diagnosis(of: model)
        == "\"height\" is inside both the rows and the plate \"rater\". A variable of a row stands in Plate.rows alone; bind several "
        + "columns to one variable instead, or choose members of \"rater\" with a label.")
  }

  @Test func plateTwice() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate("component", 3) { Plate("component", 3) { mean ~ Normal(mean: 0.0, precision: 1.0) } }
        Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"mean\" is inside the plate \"component\" twice. Remove one of the two, or give it another name.")
  }

  @Test func rowsTwice() throws {
    struct Broken: Model {
      let x = Observed<Normal>()
      var body: [Statement] { Plate.rows { Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) } } }
    }
    #expect(try diagnosis(of: Broken()) == "\"x\" is inside the rows twice. Remove one of the two Plate.rows.")
  }
}
