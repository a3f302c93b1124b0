import Suffice
import Testing

/// The line of the declaration in the model below.
private let declared = #line + 3

private struct Unfinished: Model {
  let rate = Latent<Gamma>()
  let x = Observed<Poisson>()
  var body: [Statement] {
    Plate.rows { x ~ Poisson(2.0) }
  }
}

@Suite struct PlaceTests {
  /// A message begins with the file and the line where the variable is declared.
  @Test func messageBeginsWithTheDeclaration() throws {
    #expect(
      try fullDiagnosis(of: Unfinished())
        == "DiagnosticTests/PlaceTests.swift:\(declared): \"rate\" has no distribution. Add 'rate ~ Gamma(…)' to the body, "
        + "or remove the variable.")
  }
}
