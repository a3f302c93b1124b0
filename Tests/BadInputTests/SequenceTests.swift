import Models
import Suffice
import Testing

/// Rows in order: sequences, time, lags.
@Suite("Sequences that are no sequences") struct BadSequenceTests {
  struct Visits: Model {
    let patient = Groups()
    let time = Covariates()
    let state = Latent<Categorical>()
    let x = Observed<Normal>()
    var body: [Statement] {
      Chain(of: patient, at: time) {
        state
          ~ MarkovChain(
            initial: Categorical([0.5, 0.5]),
            transition: Categorical(Table([[0.9, 0.1], [0.2, 0.8]])[state.previous]))
        x ~ Normal(mean: Table([0.0, 3])[state], precision: 1.0)
      }
    }
  }
  struct Regression: Model {
    let patient = Groups()
    let coefficients = Latent<MultivariateNormal>()
    let x = Observed<Normal>()
    var body: [Statement] {
      coefficients ~ MultivariateNormal(mean: 0.0, precision: 1.0)
      Chain(of: patient) { x ~ Normal(mean: coefficients * x.lag(1...2), precision: 1.0) }
    }
  }
  private let bind = ["patient": ["p"], "time": ["t"], "x": ["x"]]

  @Test func interleavedSequences() throws {
    #expect(
      refusal(Visits(), try DataTable(["p": [0, 1, 0, 1], "t": [0, 0, 1, 1], "x": [1, 2, 3, 4]]), bind: bind)
        == "the table: the rows of one sequence do not follow one another: in row 3 of column \"p\" begins again a "
        + "sequence that ended before. Sort the rows by \"p\", and within it by time.")
    let named = try DataTable(columns: [
      Column(name: "p", values: [0, 0, 1, 0], kind: .categorical(levels: ["ann", "bob"])),
      Column(name: "t", values: [0, 1, 0, 2]), Column(name: "x", values: [1, 2, 3, 4]),
    ])
    #expect(
      refusal(Visits(), named, bind: bind)
        == "the table: the rows of one sequence do not follow one another: in row 4 of column \"p\" begins again a "
        + "sequence that ended before. Sort the rows by \"p\", and within it by time.")
  }

  @Test func unsortedTime() throws {
    #expect(
      refusal(Visits(), try DataTable(["p": [0, 0, 0, 1], "t": [2, 1, 3, 0], "x": [1, 2, 3, 4]]), bind: bind)
        == "the table: column \"t\" goes from 2 to 1 in row 2; time must grow. Sort the rows.")
    #expect(
      refusal(Visits(), try DataTable(["p": [0, 0, 0, 1], "t": [1, 2, 1, 0], "x": [1, 2, 3, 4]]), bind: bind)
        == "the table: column \"t\" goes from 2 to 1 in row 3; time must grow. Sort the rows.")
    #expect(
      refusal(Visits(), try DataTable(["p": [0, 0, 0, 1], "t": [1, 2, 2, 0], "x": [1, 2, 3, 4]]), bind: bind)
        == "the table: column \"t\" goes from 2 to 2 in row 3; time must grow. Sort the rows.")
  }

  @Test func gap() throws {
    #expect(
      refusal(Visits(), try DataTable(["p": [0, 0, 0, 1], "t": [1, 2, 4, 0], "x": [1, 2, 3, 4]]), bind: bind)
        == "the table: column \"t\" goes from 2 to 4 in row 3; its smallest step is 1. Add the missing rows with "
        + "empty cells, or begin a new sequence.")
  }

  /// A gap between the first two rows shows in the step after it.
  @Test func gapAtTheBeginning() throws {
    #expect(
      refusal(Visits(), try DataTable(["p": [0, 0, 0, 0], "t": [1, 3, 4, 5], "x": [1, 2, 3, 4]]), bind: bind)
        == "the table: column \"t\" goes from 1 to 3 in row 2; its smallest step is 1. Add the missing rows with "
        + "empty cells, or begin a new sequence.")
  }

  @Test func missingTime() throws {
    #expect(
      refusal(Visits(), try DataTable(["p": [0, 0, 0, 1], "t": [1, 2, .nan, 0], "x": [1, 2, 3, 4]]), bind: bind)
        == "the table: column \"t\" has 1 missing cell, but the model conditions on \"time\" and cannot do without "
        + "it. Fill the cells, or drop the rows.")
  }

  @Test func timeOfSeveralColumns() throws {
    #expect(
      refusal(
        Visits(), try DataTable(["p": [0, 0, 0, 1], "t": [1, 2, 3, 0], "s": [1, 1, 1, 1], "x": [1, 2, 3, 4]]),
        bind: ["patient": ["p"], "time": ["t", "s"], "x": ["x"]])
        == "\"time\" is bound to 2 columns, \"t\", \"s\", but rows are ordered by one. Bind it to one column.")
    #expect(
      refusal(
        Visits(), try DataTable(["p": [0, 0, 0, 1], "t": [1, 2, 3, 0], "s": [1, 1, 1, 1], "x": [1, 2, 3, 4]]),
        bind: ["patient": ["p", "s"], "time": ["t"], "x": ["x"]])
        == "\"patient\" is bound to 2 columns, \"p\", \"s\", but groups are the levels of one. Bind it to one "
        + "column.")
  }

  @Test func missingSequence() throws {
    #expect(
      refusal(Visits(), try DataTable(["p": [0, 0, .nan, 1], "t": [1, 2, 3, 0], "x": [1, 2, 3, 4]]), bind: bind)
        == "the table: column \"p\" has 1 missing cell, but the model conditions on \"patient\" and cannot do "
        + "without it. Fill the cells, or drop the rows.")
  }

  /// One row is a sequence.
  @Test func sequencesOfLengthOne() throws {
    #expect(
      refusal(Visits(), try DataTable(["p": [0, 1, 2, 2], "t": [1, 2, 3, 4], "x": [1, 2, 3, 4]]), bind: bind)
        == nil)
    #expect(refusal(Visits(), try DataTable(["p": [0], "t": [1], "x": [1]]), bind: bind) == nil)
  }

  @Test func noRowsAfterLags() throws {
    let bind = ["patient": ["p"], "x": ["x"]]
    #expect(
      refusal(Regression(), try DataTable(["p": [0, 0, 1, 1], "x": [1, 2, 3, 4]]), bind: bind)
        == "the table: no sequence is longer than the largest lag, 2. Use longer sequences or shorter lags.")
    #expect(refusal(Regression(), try DataTable(["p": [0, 0, 0, 1], "x": [1, 2, 3, 4]]), bind: bind) == nil)
    #expect(
      refusal(Regression(), try DataTable(["p": [0, 0, 0, 0], "x": [1, .nan, 3, 4]]), bind: bind)
        == "column \"x.lag(1)\" of \"x.lag(1…2)\" has 1 missing cell, but the model conditions on \"x.lag(1…2)\" and "
        + "cannot do without it. Fill the cells, or drop the rows.")
  }

  /// Without Chain(of:) nobody says when a sequence ends; a column of a group is no sequence.
  @Test func weightsOfLags() throws {
    let bind = ["patient": ["p"], "x": ["x"]]
    #expect(
      refusal(
        Regression(), try DataTable(["p": [0, 0, 0, 0], "x": [1, 2, 3, 4], "w": [0, 1, 2, 1]]), bind: bind,
        weights: "w") == nil)
    #expect(
      refusal(
        Regression(), try DataTable(["p": [0, 0, 0, 0], "x": [1, 2, 3, 4], "w": [1, 1, 0, 0]]), bind: bind,
        weights: "w") == "the table: all weights in column \"w\" are 0: no row counts.")
  }
}
