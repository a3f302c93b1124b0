import Suffice
import Testing

/// Families where their reciprocals belong.
@Suite struct VarianceTests {
  private func data() throws -> DataTable { try DataTable(["x": [1, 2, 4, 3]]) }

  @Test func gammaAsVariance() throws {
    struct Broken: Model {
      let spread = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        spread ~ Gamma(shape: 1, rate: 1)
        Plate.rows { x ~ Normal(mean: 0.0, variance: spread) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data())
        == "\"spread\" is not conjugate to \"x\": the term −½ ⟨xₙ², 1/spread⟩ needs the statistic 1/spread, but "
        + "Gamma offers only log spread, spread. Families that offer 1/spread, log spread: InverseGamma. A Gamma is "
        + "conjugate to a precision, not to a variance: write 'precision:' in place of 'variance:', or give the "
        + "variable an InverseGamma distribution.")
  }

  @Test func inverseGammaAsPrecision() throws {
    struct Broken: Model {
      let spread = Latent<InverseGamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        spread ~ InverseGamma(shape: 1, scale: 1)
        Plate.rows { x ~ Normal(mean: 0.0, precision: spread) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data())
        == "\"spread\" is not conjugate to \"x\": the term −½ ⟨xₙ², spread⟩ needs the statistic spread, but "
        + "InverseGamma offers only 1/spread, log spread. Families that offer log spread, spread: Gamma. An "
        + "InverseGamma is conjugate to a variance or a scale, not to a precision or a rate: write 'variance:' or "
        + "'scale:', or give the variable a Gamma distribution.")
  }

  @Test func inverseGammaAsRate() throws {
    struct Broken: Model {
      let tail = Latent<InverseGamma>()
      let precision = Latent<Gamma>()
      let x = Observed<Normal>()
      var body: [Statement] {
        tail ~ InverseGamma(shape: 0.5, scale: 1)
        precision ~ Gamma(shape: 0.5, rate: tail)
        Plate.rows { x ~ Normal(mean: 0.0, precision: precision) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data())
        == "\"tail\" is not conjugate to \"precision\": the term −⟨precision, tail⟩ needs the statistic tail, but "
        + "InverseGamma offers only 1/tail, log tail. Families that offer log tail, tail: Gamma. An InverseGamma is "
        + "conjugate to a variance or a scale, not to a precision or a rate: write 'variance:' or 'scale:', or give "
        + "the variable a Gamma distribution.")
  }

  @Test func logNormalAsPrecision() throws {
    struct Broken: Model {
      let precision = Latent<LogNormal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        precision ~ LogNormal(mean: 0.0, precision: 1.0)
        Plate.rows { x ~ Normal(mean: 0.0, precision: precision) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), data())
        == "\"precision\" is not conjugate to \"x\": the term −½ ⟨xₙ², precision⟩ needs the statistic precision, but "
        + "LogNormal offers only log precision, log² precision. Families that offer log precision, precision: "
        + "Gamma.")
  }

  @Test func normalWhereAVectorBelongs() throws {
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

  /// A product of a normal variable is a type error; a distribution that someone else wrote may hold one.
  @Test func normalInAProduct() throws {
    struct Slopes: VectorArgument {
      let variable: Latent<Normal>
      var argument: Argument { variable.argument }
    }
    struct Broken: Model {
      let slope = Latent<Normal>()
      let input = Covariates()
      let x = Observed<Normal>()
      var body: [Statement] {
        slope ~ Normal(mean: 0.0, precision: 1.0)
        Plate.rows { x ~ Normal(mean: Slopes(variable: slope) * input, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), DataTable(["x": [1, 2, 4], "u": [1, 3, 2]]), bind: ["x": ["x"], "input": ["u"]])
        == "\"slope\" is not conjugate to \"x\": the term −½ dim(x) · ⟨slope slopeᵀ, inputₙ inputₙᵀ⟩ needs the "
        + "statistic slope slopeᵀ, but Normal offers only slope, slope². Families that offer slope, slope slopeᵀ: "
        + "MultivariateNormal.")
  }

  @Test func vectorAsASummand() throws {
    struct Broken: Model {
      let level = Latent<MultivariateNormal>()
      let coefficients = Latent<MultivariateNormal>()
      let input = Covariates()
      let x = Observed<Normal>()
      var body: [Statement] {
        level ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
        Plate.rows { x ~ Normal(mean: level + coefficients * input, precision: 1.0) }
      }
    }
    #expect(
      try diagnosis(of: Broken(), DataTable(["x": [1, 2, 4], "u": [1, 3, 2]]), bind: ["x": ["x"], "input": ["u"]])
        == "\"level\" is not conjugate to \"x\": the term −½ N · Σᵢ levelᵢ² needs the statistic level², but "
        + "MultivariateNormal offers only level, level levelᵀ. Families that offer level, level²: Normal.")
  }
}
