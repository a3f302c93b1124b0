import Suffice
import Testing

@Suite struct ConjugacyTests {
  @Test func precisionIsExponential() throws {
    struct Broken: Model {
      let precision = Latent<Exponential>()
      let x = Observed<Normal>()
      var body: [Statement] {
        precision ~ Exponential(1.0)
        Plate.rows { x ~ Normal(mean: 0.0, precision: precision) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"precision\" is not conjugate to \"x\": the term ½ N · Σᵢ log precisionᵢ needs the statistic log precision, "
        + "but Exponential offers only precision. Families that offer log precision, precision: Gamma.")
  }

  @Test func rateIsExponential() throws {
    struct Broken: Model {
      let rate = Latent<Exponential>()
      let x = Observed<Poisson>()
      var body: [Statement] {
        rate ~ Exponential(1.0)
        Plate.rows { x ~ Poisson(rate) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"rate\" is not conjugate to \"x\": the term ⟨xₙ, log rate⟩ needs the statistic log rate, but Exponential offers only "
        + "rate. Families that offer log rate, rate: Gamma.")
  }

  @Test func meanHasTheWrongSquare() throws {
    struct Broken: Model {
      let mean = Latent<Normal>()
      let x = Observed<MultivariateNormal>()
      var body: [Statement] {
        mean ~ Normal(mean: 0.0, precision: 1.0)
        Plate.rows { x ~ MultivariateNormal(mean: mean, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"mean\" is not conjugate to \"x\": the term −½ N · ⟨mean meanᵀ, 1⟩ needs the statistic mean meanᵀ, but "
        + "Normal offers only mean, mean². Families that offer mean, mean meanᵀ: MultivariateNormal.")
  }

  /// The shape of a gamma distribution has no conjugate prior among the families.
  @Test func noFamilyOffersIt() throws {
    struct UnknownShape: Distribution {
      typealias Child = Gamma
      let conditional: Conditional
      init(_ shape: some PositiveArgument) {
        conditional = Conditional(
          Gamma.self, [("shape", shape)],
          terms: [
            Term(1, child(.logarithm, .i), argument("shape", .value, .i)),
            Term(-1, argument("shape", .logGamma, .i), over: [.i]),
          ])
      }
    }
    struct Broken: Model {
      let shape = Latent<Gamma>()
      let x = Observed<Gamma>()
      var body: [Statement] {
        shape ~ Gamma(shape: 1.0, rate: 1.0)
        Plate.rows { x ~ UnknownShape(shape) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"shape\" is not conjugate to \"x\": the term −N · Σᵢ log Γ(shapeᵢ) needs the statistic log Γ(shape), but "
        + "Gamma offers only log shape, shape. No family of the library offers log Γ(shape), shape: use a known value in its place."
    )
  }

  /// A distribution that its author wrote with a statistic that the child's family lacks.
  @Test func childLacksIt() throws {
    struct Broken: Model {
      struct LogNormal: Distribution {
        typealias Child = Normal
        let conditional = Conditional(Normal.self, [], terms: [Term(-1, child(.logarithm, .i))])
      }
      let x = Observed<Normal>()
      var body: [Statement] { Plate.rows { x ~ LogNormal() } }
    }
    #expect(
      try diagnosis(of: Broken())
        == "the distribution of \"x\" mentions the statistic log x of \"x\" itself, but Normal has only x, x². Write its terms in "
        + "these.")
  }

  @Test func argumentThatIsNotGiven() throws {
    struct Broken: Model {
      struct Scaled: Distribution {
        typealias Child = Normal
        let conditional = Conditional(
          Normal.self, [], terms: [Term(-1, child(.square, .i), argument("scale", .value, .i))])
      }
      let x = Observed<Normal>()
      var body: [Statement] { Plate.rows { x ~ Scaled() } }
    }
    #expect(try diagnosis(of: Broken()) == "\"x\" has no argument \"scale\".")
  }
}
