import Models
import Suffice
import Testing

/// Groups of rows: documents of words, subjects' effects.
@Suite("Groups that are no groups") struct BadGroupTests {
  struct Effects: Model {
    let subject = Groups()
    let effect = Latent<Normal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Plate(per: subject) { effect ~ Normal(mean: 0.0, precision: 1.0) }
      Plate.rows { x ~ Normal(mean: effect[subject], precision: 1.0) }
    }
  }
  private let bind = ["subject": ["s"], "x": ["x"]]

  private func topics() -> LatentDirichletAllocation {
    var model = LatentDirichletAllocation()
    model.topics = 2
    return model
  }

  /// A document without words has no rows; one with a single word has one.
  @Test func documentWithOneWord() throws {
    let data = try DataTable(["d": [0, 0, 1, 2, 2], "w": [0, 1, 1, 2, 0]])
    #expect(refusal(topics(), data, bind: ["document": ["d"], "word": ["w"]]) == nil)
    let none = try DataTable(columns: [
      Column(name: "d", values: [0, 0, 2], kind: .categorical(levels: ["a", "b", "c"])),
      Column(name: "w", values: [0, 1, 1]),
    ])
    #expect(refusal(topics(), none, bind: ["document": ["d"], "word": ["w"]]) == nil)
  }

  @Test func unknownWord() throws {
    let fit = try Fit(
      topics(), to: DataTable(["d": [0, 0, 1], "w": [0, 1, 1]]), bind: ["document": ["d"], "word": ["w"]])
    #expect(
      refusal(fit, try DataTable(["d": [0, 1], "w": [0, 7]]))
        == "the table: column \"w\" holds \"7\", which the fitted data did not have; it had \"0\", \"1\". Leave such "
        + "rows out, or fit again with them.")
    #expect(
      refusal(fit, try DataTable(["d": [0, 5], "w": [0, 1]]))
        == "the table: column \"d\" holds \"5\", which the fitted data did not have; it had \"0\", \"1\". Leave such "
        + "rows out, or fit again with them.")
    #expect(
      refusal(fit, try DataTable(["d": [0, .nan], "w": [0, 1]]))
        == "the table: column \"d\" has 1 missing cell, but the model conditions on \"document\" and cannot do "
        + "without it. Fill the cells, or drop the rows.")
    #expect(refusal(fit, try DataTable(["d": [0, 1], "w": [0, .nan]])) == nil)
    #expect(
      refusal(fit, try DataTable(["d": [0, 1]]))
        == "the table has no column \"w\", which \"word\" is bound to; it has \"d\".")
    #expect(
      refusal(fit, try DataTable(["w": [0, 1]]))
        == "the table has no column \"d\", which \"document\" is bound to; it has \"w\".")
  }

  @Test func unseenGroup() throws {
    let fit = try Fit(Effects(), to: DataTable(["s": [0, 0, 1], "x": [0, 1, 1]]), bind: bind)
    #expect(
      refusal(fit, try DataTable(["s": [0, 2], "x": [0, 7]]))
        == "the table: column \"s\" holds \"2\", which the fitted data did not have; it had \"0\", \"1\". Leave such "
        + "rows out, or fit again with them.")
    #expect(
      refusal(fit, try DataTable(["s": [0.5], "x": [0]]))
        == "the table: column \"s\" holds \"0.5\", which the fitted data did not have; it had \"0\", \"1\". Leave "
        + "such rows out, or fit again with them.")
  }

  @Test func missingGroup() throws {
    #expect(
      refusal(Effects(), try DataTable(["s": [0, .nan, 1], "x": [0, 1, 1]]), bind: bind)
        == "the table: column \"s\" has 1 missing cell, but the model conditions on \"subject\" and cannot do "
        + "without it. Fill the cells, or drop the rows.")
    #expect(
      refusal(Effects(), try DataTable(["s": [.nan, .nan], "x": [0, 1]]), bind: bind)
        == "the table: column \"s\" is wholly missing: it says nothing. Leave it out, or bind other columns to "
        + "\"subject\".")
  }

  @Test func missingGroupOfAFile() throws {
    #expect(
      try refusal(Effects(), file: "s,x\na,1\n,2\nb,3\n", bind: bind)
        == "rows.csv: column \"s\" has 1 missing cell (the first in line 3), but the model conditions on \"subject\" "
        + "and cannot do without it. Fill the cells, or drop the rows.")
  }

  @Test func oneGroup() throws {
    #expect(refusal(Effects(), try DataTable(["s": [3, 3, 3], "x": [0, 1, 1]]), bind: bind) == nil)
  }

  @Test func groupPerRow() throws {
    let n = 20_000
    #expect(
      refusal(
        Effects(), try DataTable(["s": (0..<n).map(Double.init), "x": (0..<n).map { Double($0 % 7) }]), bind: bind)
        == nil)
  }

  @Test func twoGroupColumns() throws {
    #expect(
      refusal(
        Effects(), try DataTable(["s": [0, 0, 1], "t": [0, 1, 1], "x": [0, 1, 1]]),
        bind: ["subject": ["s", "t"], "x": ["x"]])
        == "\"subject\" is bound to 2 columns, \"s\", \"t\", but groups are the levels of one. Bind it to one "
        + "column.")
  }

  @Test func noGroupColumn() throws {
    #expect(
      refusal(Effects(), try DataTable(["s": [0, 0, 1], "x": [0, 1, 1]]))
        == "the table has no column \"subject\". Bind a column to it; there are \"s\", "
        + "\"x\".")
    #expect(
      refusal(Effects(), try DataTable(["s": [0, 0, 1], "x": [0, 1, 1]]), bind: ["subject": [], "x": ["x"]])
        == "\"subject\" is bound to no columns. Name some, or leave the binding out.")
    #expect(
      refusal(Effects(), try DataTable(["s": [0, 0, 1], "x": [0, 1, 1]]), bind: ["subject": ["s"], "x": ["s"]])
        == "column \"s\" is bound to \"subject\" and to \"x\". Bind it to one of them.")
  }

  @Test func missingWord() throws {
    #expect(
      refusal(
        topics(), try DataTable(["d": [0, 0, 1, 1], "w": [0, 1, .nan, 1]]), bind: ["document": ["d"], "word": ["w"]])
        == nil)
  }

  @Test func oneLevelOfWords() throws {
    #expect(
      refusal(
        topics(), try DataTable(["d": [0, 0, 1, 1], "w": [5, 5, 5, 5]]), bind: ["document": ["d"], "word": ["w"]])
        == nil)
  }
}
