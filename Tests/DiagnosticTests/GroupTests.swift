import Suffice
import Testing

/// Groups of rows, and plates of elements.
@Suite("Messages about groups") struct GroupMessageTests {
  private func data() throws -> DataTable {
    try DataTable(["subject": [0, 0, 1, 1], "item": [0, 1, 2, 0], "a": [1, 2, 4, 3], "b": [2, 1, 1, 5]])
  }
  private let bind = ["subject": ["subject"], "item": ["item"], "x": ["a"]]

  @Test func labelOfAnotherPlate() throws {
    struct Broken: Model {
      let subject = Groups()
      let item = Groups()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: subject) { effect ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows { x ~ Normal(mean: effect[item], precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: bind)
        == "\"x\" chooses a member of \"effect\" with \"item\", but \"effect\" has one for each level of "
        + "\"subject\". Write effect[subject].")
  }

  @Test func noLabel() throws {
    struct Broken: Model {
      let subject = Groups()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: subject) { effect ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows { x ~ Normal(mean: effect, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["subject": ["subject"], "x": ["a"]])
        == "\"x\" uses \"effect\" out of its plate: \"effect\" has a member for each level of \"subject\". Choose "
        + "one with a label, as in 'effect[subject]', or move \"x\" into the plate.")
  }

  @Test func latentLabelOfGroups() throws {
    struct Broken: Model {
      let subject = Groups()
      let label = Latent<Categorical>()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: subject) { effect ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows {
          label ~ Categorical([0.2, 0.3, 0.5])
          x ~ Normal(mean: effect[label], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["subject": ["subject"], "x": ["a"]])
        == "\"label\": probabilities has 3 numbers, but one or 2 are needed.")
  }

  @Test func groupOfGroups() throws {
    struct Broken: Model {
      let subject = Groups()
      let item = Groups()
      let center = Latent<Normal>()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: subject) { center ~ Normal(mean: 0.0, precision: 1.0) }
        Plate(per: item) { effect ~ Normal(mean: center[subject], precision: 1.0) }
        Plate.rows { x ~ Normal(mean: effect[item], precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: bind)
        == "\"effect\" uses \"subject\", which labels rows, but \"effect\" stands outside the rows. Let the rows "
        + "choose: use the member of \"subject\" there, as a summand of its own.")
  }

  @Test func nestedGroups() throws {
    struct Broken: Model {
      let subject = Groups()
      let item = Groups()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: subject) { Plate(per: item) { effect ~ Normal(mean: 0.0, precision: 1.0) } }
        Plate.rows { x ~ Normal(mean: effect[subject][item], precision: 1.0) }
      }
    }
    #expect(try diagnosis(of: Broken(), data(), bind: bind) == nil)
  }

  @Test func nestedGroupsTheWrongWayRound() throws {
    struct Broken: Model {
      let subject = Groups()
      let item = Groups()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: subject) { Plate(per: item) { effect ~ Normal(mean: 0.0, precision: 1.0) } }
        Plate.rows { x ~ Normal(mean: effect[item][subject], precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: bind)
        == "\"x\" chooses a member of \"effect\" with \"item\", but \"effect\" has one for each level of "
        + "\"subject\". Write effect[subject].")
  }

  @Test func groupsInsideTheRows() throws {
    struct Broken: Model {
      let subject = Groups()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate.rows {
          Plate(per: subject) { effect ~ Normal(mean: 0.0, precision: 1.0) }
          x ~ Normal(mean: effect, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["subject": ["subject"], "x": ["a"]])
        == "\"effect\" is inside both the rows and the plate of the levels of \"subject\". Put Plate(per: subject) { "
        + "… } outside the rows, and let each row choose its member, as in 'effect[subject]'.")
  }

  @Test func observedOutsideTheRows() throws {
    struct Broken: Model {
      let subject = Groups()
      let x = Observed<Normal>()
      var body: [Statement] { Plate(per: subject) { x ~ Normal(mean: 0.0, precision: 1.0) } }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["subject": ["subject"], "x": ["a"]])
        == "\"x\" is observed but stands outside the rows. Put it inside Plate.rows { … }.")
  }

  @Test func rowVariableInAGroup() throws {
    struct Broken: Model {
      let subject = Groups()
      let z = Latent<Normal>()
      let effect = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        Plate(per: subject) { effect ~ Normal(mean: z, precision: 1.0) }
        Plate.rows {
          z ~ Normal(mean: 0.0, precision: 1.0)
          x ~ Normal(mean: effect[subject], precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["subject": ["subject"], "x": ["a"]])
        == "\"effect\" uses \"z\" out of its plate: \"z\" has a value for each row, \"effect\" stands outside the "
        + "rows. Move \"effect\" into Plate.rows { … }.")
  }

  @Test func covariatesOutsideTheRows() throws {
    struct Broken: Model {
      let input = Covariates()
      let center = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        center ~ Normal(mean: input, precision: 1.0)
        Plate.rows { x ~ Normal(mean: center, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["input": ["b"], "x": ["a"]])
        == "\"center\" uses \"input\" out of its plate: \"input\" has a value for each row, \"center\" stands "
        + "outside the rows. Move \"center\" into Plate.rows { … }.")
  }

  @Test func elementsOfAnotherVector() throws {
    struct Broken: Model {
      let level = Latent<Normal>()
      let x = Observed<Normal>()
      let y = Observed<Normal>()
      var body: [Statement] {
        Plate(per: x) { level ~ Normal(mean: 0.0, precision: 1.0) }
        Plate.rows {
          x ~ Normal(mean: 0.0, precision: 1.0)
          y ~ Normal(mean: level, precision: 1.0)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data(), bind: ["x": ["a", "b"], "y": ["item"]])
        == "\"y\" uses \"level\" out of its plate: \"level\" has a member for each element of x, and no label "
        + "chooses among elements. Put \"level\" in Plate(per: y) { … }, or outside.")
  }

  @Test func auxiliaryOutsideTheRows() throws {
    struct Broken: Model {
      let coefficients = Latent<MultivariateNormal>()
      let omega = Latent<PolyaGamma>()
      let input = Covariates()
      let y = Observed<Bernoulli>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        omega ~ PolyaGamma(shape: 1)
        Plate.rows { y ~ Bernoulli(logit: coefficients * input, auxiliary: omega) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), DataTable(["y": [0, 1, 1], "u": [1, 2, 4]]), bind: ["y": ["y"], "input": ["u"]])
        == "\"y\" has the auxiliary variable \"omega\", which stands outside the rows: each row needs its own. Move "
        + "\"omega\" into Plate.rows { … }.")
  }

  @Test func auxiliaryOfCountsOutsideTheRows() throws {
    struct Broken: Model {
      let coefficients = Latent<MultivariateNormal>()
      let omega = Latent<PolyaGamma>()
      let input = Covariates()
      let y = Observed<Counts>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        omega ~ PolyaGamma(shape: 3, plus: y)
        Plate.rows { y ~ NegativeBinomial(size: 3, logit: coefficients * input, auxiliary: omega) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), DataTable(["y": [0, 1, 4], "u": [1, 2, 4]]), bind: ["y": ["y"], "input": ["u"]])
        == "\"omega\" uses \"y\" out of its plate: \"y\" has a value for each row, \"omega\" stands outside the "
        + "rows. Move \"omega\" into Plate.rows { … }.")
  }

  @Test func auxiliaryOfOtherCounts() throws {
    struct Broken: Model {
      let coefficients = Latent<MultivariateNormal>()
      let omega = Latent<PolyaGamma>()
      let input = Covariates()
      let y = Observed<Counts>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        Plate.rows {
          omega ~ PolyaGamma(shape: 3)
          y ~ NegativeBinomial(size: 3, logit: coefficients * input, auxiliary: omega)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), DataTable(["y": [0, 1, 4], "u": [1, 2, 4]]), bind: ["y": ["y"], "input": ["u"]])
        == "\"omega\" is the auxiliary variable of \"y\", which holds for one distribution of it alone: write 'omega "
        + "~ PolyaGamma(shape: 3, plus: y)'.")
  }

  @Test func auxiliaryOfTwoVariables() throws {
    struct Broken: Model {
      let coefficients = Latent<MultivariateNormal>()
      let omega = Latent<PolyaGamma>()
      let input = Covariates()
      let y = Observed<Bernoulli>()
      let z = Observed<Bernoulli>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        Plate.rows {
          omega ~ PolyaGamma(shape: 1)
          y ~ Bernoulli(logit: coefficients * input, auxiliary: omega)
          z ~ Bernoulli(logit: coefficients * input, auxiliary: omega)
        }
      }
    }
    #expect(
      try diagnosis(
        of: Broken(), DataTable(["y": [0, 1, 1], "z": [0, 1, 1], "u": [1, 2, 4]]), bind: ["input": ["u"]])
        == "\"omega\" is the auxiliary variable of \"y\" and of another variable. Declare one for each.")
  }

  @Test func auxiliaryOfAnotherDistribution() throws {
    struct Broken: Model {
      let coefficients = Latent<MultivariateNormal>()
      let utility = Latent<TruncatedNormal>()
      let input = Covariates()
      let y = Observed<Bernoulli>()
      var body: [Statement] {
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        Plate.rows {
          utility ~ TruncatedNormal(mean: 1.0, precision: 1.0)
          y ~ Bernoulli(probit: coefficients * input, auxiliary: utility)
        }
      }
    }
    #expect(
      try diagnosis(of: Broken(), DataTable(["y": [0, 1, 1], "u": [1, 2, 4]]), bind: ["input": ["u"]])
        == "\"utility\" is the auxiliary variable of \"y\", which holds for one distribution of it alone: write "
        + "'utility ~ TruncatedNormal(mean: 0.0, precision: 1.0)'.")
  }
}
