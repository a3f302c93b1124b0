import Models
import Suffice
import Testing

/// Inputs of regressions.
@Suite struct CovariateTests {
  private let bind = ["y": ["y"], "x": ["u", "v"]]

  @Test func missing() throws {
    let data = try DataTable(["y": [1, 2, 4, 3], "u": [1, .nan, 3, .nan], "v": [0, 1, 1, 2]])
    #expect(
      refusal(LinearRegression(), data, bind: bind)
        == "the table: column \"u\" has 2 missing cells, but the model conditions on \"x\" and cannot do without it. "
        + "Fill the cells, or drop the rows.")
    #expect(
      try refusal(LinearRegression(), file: "y,u,v\n1,1,0\n2,,1\n4,3,1\n", bind: bind)
        == "rows.csv: column \"u\" has 1 missing cell (the first in line 3), but the model conditions on \"x\" and "
        + "cannot do without it. Fill the cells, or drop the rows.")
  }

  @Test func whollyMissing() throws {
    let data = try DataTable(["y": [1, 2, 4, 3], "u": [.nan, .nan, .nan, .nan], "v": [0, 1, 1, 2]])
    #expect(
      refusal(LinearRegression(), data, bind: bind)
        == "the table: column \"u\" is wholly missing: it says nothing. Leave it out, or bind other columns to \"x\".")
  }

  @Test func text() throws {
    let data = try DataTable(columns: [
      Column(name: "y", values: [1, 2, 4]),
      Column(name: "u", values: [0, 1, 0], kind: .categorical(levels: ["a", "b"])),
    ])
    #expect(
      refusal(LinearRegression(), data, bind: ["y": ["y"], "x": ["u"]])
        == "the table: column \"u\" is text, but \"x\" takes numbers.")
  }

  /// A prior of its own keeps a coefficient proper that the data say nothing of; without a deviation, an input has no unit for it.
  @Test func constantOrCollinear() throws {
    #expect(
      refusal(
        LinearRegression(), try DataTable(["y": [1, 2, 4, 3], "u": [2, 2, 2, 2], "v": [0, 1, 1, 2]]), bind: bind)
        == "column \"u\" is constant (every value is 2): a prior that depends on the variance of \"x\" is not "
        + "defined, and a constant says nothing about the rows. Leave it out.")
    #expect(
      refusal(
        LinearRegression(), try DataTable(["y": [1, 2, 4, 3], "u": [0, 2, 2, 4], "v": [0, 1, 1, 2]]), bind: bind)
        == nil)
    #expect(
      refusal(LinearRegression(), try DataTable(["y": [1], "u": [0], "v": [1]]), bind: bind)
        == "a prior depends on the variance of \"x\", but there is only one row. Use at least two rows, or a model "
        + "whose priors are numbers.")
    #expect(
      refusal(LinearRegression(), try DataTable(["y": [2, 2, 2], "u": [0, 1, 2], "v": [1, 1, 3]]), bind: bind)
        == "column \"y\" is constant (every value is 2): a prior that depends on the variance of \"y\" is not "
        + "defined, and a constant says nothing about the rows. Leave it out.")
    #expect(
      refusal(
        RelevanceRegression(), try DataTable(["y": [1, 2, 4, 3], "u": [0, 2, 2, 4], "v": [0, 1, 1, 2]]), bind: bind)
        == nil)
    #expect(
      refusal(
        HorseshoeRegression(), try DataTable(["y": [1, 2, 4, 3], "u": [0, 2, 2, 4], "v": [0, 1, 1, 2]]), bind: bind)
        == nil)
    #expect(
      refusal(
        LogisticRegression(), try DataTable(["y": [1, 1, 0, 0], "u": [9, 8, 2, 1], "v": [9, 8, 2, 1]]), bind: bind)
        == nil)
    #expect(
      refusal(
        MultiOutputRegression(), try DataTable(["y": [1, 2, 4, 3], "u": [0, 2, 2, 4], "v": [0, 1, 1, 2]]), bind: bind)
        == nil)
  }

  @Test func huge() throws {
    #expect(
      refusal(
        LinearRegression(), try DataTable(["y": [1, 2, 4, 3], "u": [1e100, 2, 2, 4], "v": [0, 1, 1, 2]]), bind: bind)
        == nil)
    #expect(
      refusal(
        LinearRegression(), try DataTable(["y": [1, 2, 4, 3], "u": [1e-100, 2e-100, 1e-101, 0], "v": [0, 1, 1, 2]]),
        bind: bind)
        == nil)
  }

  @Test func noneLeft() throws {
    #expect(
      refusal(LinearRegression(), try DataTable(["y": [1, 2, 4, 3]]))
        == "the table: no column fits \"x\", which takes numeric columns. Bind columns to it; there are "
        + "\"y\".")
    #expect(
      refusal(LinearRegression(), try DataTable(["a": [1, 2, 4, 3], "b": [1, 2, 4, 3]]))
        == "the table has no column \"y\". Bind columns to it, and \"x\" takes those that are left; there are "
        + "\"a\", \"b\".")
  }

  @Test func outputAmongTheInputs() throws {
    #expect(
      refusal(
        LinearRegression(), try DataTable(["y": [1, 2, 4, 3], "u": [1, 2, 1, 2]]), bind: ["y": ["y"], "x": ["u", "y"]])
        == "column \"y\" is bound to \"x\" and to \"y\". Bind it to one of them.")
  }

  @Test func newRows() throws {
    let fit = try Fit(
      LinearRegression(), to: DataTable(["y": [1, 2, 4, 3], "u": [1, 2, 1, 2], "v": [0, 1, 2, 2]]), bind: bind)
    #expect(
      refusal(fit, try DataTable(["y": [1], "u": [1]]))
        == "the table has no column \"v\", which \"x\" is bound to; it has \"y\", \"u\".")
    #expect(
      refusal(fit, try DataTable(["y": [1], "u": [1], "v": [.nan]]))
        == "the table: column \"v\" has 1 missing cell, but the model conditions on \"x\" and cannot do without it. "
        + "Fill the cells, or drop the rows.")
    #expect(refusal(fit, try DataTable(["y": [.nan], "u": [1], "v": [2]])) == nil)
    #expect(
      refusal(fit, try DataTable(["u": [1], "v": [2]]))
        == "the table has no column \"y\", which \"y\" is bound to; it has \"u\", \"v\".")
  }
}
