import Suffice
import Testing

/// A model whose plates have the sizes that a test asks for.
private struct Sized: Model {
  @Hyperparameter("The size of the first plate.") var first = 3
  @Hyperparameter("The size of the second plate.") var second = 3
  @Hyperparameter("The name of the second plate.") var name = "component"
  let mean = Latent<Normal>()
  let precision = Latent<Gamma>()
  let x = Observed<Normal>()
  var body: [Statement] {
    Plate("component", first) { mean ~ Normal(mean: 0.0, precision: 1.0, count: 1) }
    Plate(name, second) { precision ~ Gamma(shape: 1.0, rate: 1.0, count: 1) }
    Plate.rows { x ~ Normal(mean: 0.0, precision: 1.0) }
  }

  func with(first: Int, second: Int, name: String = "component") -> Sized {
    var model = self
    model.first = first
    model.second = second
    model.name = name
    return model
  }
}

@Suite struct PlateSizeTests {
  @Test func soundSizes() throws { #expect(try diagnosis(of: Sized()) == nil) }

  @Test func twoSizes() throws {
    #expect(
      try diagnosis(of: Sized().with(first: 3, second: 4))
        == "the plate \"component\" around \"precision\" has size 4, but elsewhere size 3. Plates of one name are one plate: "
        + "give one of them another name.")
  }

  @Test func nameOfTheRows() throws {
    #expect(
      try diagnosis(of: Sized().with(first: 3, second: 4, name: "row"))
        == "the plate \"row\" around \"x\" has the rows as its size, but elsewhere size 4. Plates of one name are one plate: "
        + "give one of them another name.")
  }

  @Test(arguments: [0, -2]) func empty(size: Int) throws {
    #expect(
      try diagnosis(of: Sized().with(first: size, second: 3))
        == "the plate \"component\" around \"mean\" has size \(size); it must be at least 1.")
  }

  /// Counts that no memory holds are a message, not a trap.
  @Test func huge() throws {
    #expect(
      try diagnosis(of: Sized().with(first: .max, second: .max))
        == "the plate \"component\" around \"mean\" has size 9223372036854775807; the largest size is 1000000.")
  }
}
