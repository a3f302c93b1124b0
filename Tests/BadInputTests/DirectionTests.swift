import Suffice
import Testing

/// Unit vectors as data.
@Suite struct DirectionTests {
  struct Directions: Model {
    let mean = Latent<VonMisesFisher>()
    let x = Observed<VonMisesFisher>()
    var body: [Statement] {
      mean ~ VonMisesFisher(direction: 0.0)
      Plate.rows { x ~ VonMisesFisher(mean: mean, concentration: 5, count: 2) }
    }
  }
  private let bind = ["x": ["a", "b"]]

  @Test func unitVectors() throws {
    #expect(refusal(Directions(), try DataTable(["a": [0.6, 1, 0], "b": [0.8, 0, -1]]), bind: bind) == nil)
  }

  @Test func otherVectors() throws {
    #expect(
      refusal(Directions(), try DataTable(["a": [0.6, 1, 0], "b": [0.8, 1, -1]]), bind: bind)
        == "the table: row 2 of the columns \"a\", \"b\" has length 1.4142135623730951, but \"x\" is VonMisesFisher: "
        + "a vector of length 1 was expected. Divide each row by its length.")
    #expect(
      refusal(Directions(), try DataTable(["a": [0.6, 0], "b": [0.8, 0]]), bind: bind)
        == "the table: row 2 of the columns \"a\", \"b\" has length 0, but \"x\" is VonMisesFisher: a vector of "
        + "length 1 was expected. Divide each row by its length.")
    #expect(
      refusal(Directions(), try DataTable(["a": [0.6, .nan], "b": [0.8, 0]]), bind: bind)
        == "column \"a\" of \"x\" has 1 missing cell, but the elements of VonMisesFisher are not independent. Fill "
        + "the cells, or drop the rows.")
    #expect(
      refusal(
        Directions(), try DataTable(["a": [0.6, 1], "b": [0.8, 0], "c": [0, 0]]), bind: ["x": ["a", "b", "c"]])
        == "\"x\" is bound to 3 columns, but its distribution gives it 2. Make the two numbers one.")
    #expect(
      refusal(Directions(), try DataTable(["a": [1, 1], "b": [0, 0]]), bind: ["x": ["a"]])
        == "\"x\" is bound to 1 column, but its distribution gives it 2. Make the two numbers one.")
  }
}
