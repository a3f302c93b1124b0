import Suffice
import Testing

/// Normal numbers whose mean is the product of two variables.
private struct Product: Distribution {
  typealias Child = Normal
  let conditional: Conditional

  init(_ a: some RealArgument, _ b: some RealArgument) {
    conditional = Conditional(
      Normal.self, [("a", a), ("b", b)],
      terms: [
        Term(1, child(.value, .i), argument("a", .value, .i), argument("b", .value, .i)),
        Term(-0.5, child(.square, .i)),
        Term(-0.5, argument("a", .square, .i), argument("b", .square, .i)),
      ])
  }
}

@Suite struct TwiceInATermTests {
  @Test func argumentTwice() throws {
    struct Broken: Model {
      let a = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        a ~ Normal(mean: 0.0, precision: 1.0)
        Plate.rows { x ~ Product(a, a) }
      }
    }
    #expect(
      try diagnosis(of: Broken())
        == "\"a\" occurs twice in the term Σᵢ xₙᵢ · aᵢ · aᵢ of the distribution of \"x\": the expectation of a product of two statistics "
        + "of one variable is not the product of their expectations. Use two variables, or one family that joins them.")
  }

  /// The same distribution with two variables is sound.
  @Test func twoArguments() throws {
    struct Sound: Model {
      let a = Latent<Normal>()
      let b = Latent<Normal>()
      let x = Observed<Normal>()
      var body: [Statement] {
        a ~ Normal(mean: 0.0, precision: 1.0)
        b ~ Normal(mean: 1.0, precision: 1.0)
        Plate.rows { x ~ Product(a, b) }
      }
    }
    #expect(try diagnosis(of: Sound()) == nil)
  }
}
