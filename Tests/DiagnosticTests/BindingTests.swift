import Suffice
import Testing

private struct Pair: Model {
  let x = Observed<Normal>()
  let y = Observed<Normal>()
  var body: [Statement] {
    Plate.rows {
      x ~ Normal(mean: 0.0, precision: 1.0)
      y ~ Normal(mean: 0.0, precision: 1.0)
    }
  }
}

private struct Counts: Model {
  let visits = Observed<Poisson>()
  var body: [Statement] { Plate.rows { visits ~ Poisson(2.0) } }
}

private struct Answers: Model {
  let flags = Observed<Bernoulli>()
  var body: [Statement] { Plate.rows { flags ~ Bernoulli(0.5) } }
}

private struct Words: Model {
  let word = Observed<Categorical>()
  var body: [Statement] { Plate.rows { word ~ Categorical([0.5, 0.5]) } }
}

@Suite struct BindingTests {
  @Test func unknownVariable() throws {
    #expect(
      try diagnosis(of: Pair(), bind: ["z": ["a"]])
        == "the model pair has no observed variable \"z\"; it has \"x\", \"y\".")
  }

  @Test func unknownColumn() throws {
    #expect(
      try diagnosis(of: Pair(), bind: ["x": ["c"]]) == "the table has no column \"c\" for \"x\"; it has \"a\", \"b\".")
  }

  @Test func noColumns() throws {
    #expect(
      try diagnosis(of: Pair(), bind: ["x": []])
        == "\"x\" is bound to no columns. Name some, or leave the binding out.")
  }

  @Test func columnTwice() throws {
    #expect(
      try diagnosis(of: Pair(), bind: ["x": ["a", "b", "a"]]) == "\"x\" is bound to column \"a\" twice. Name it once.")
  }

  @Test func nothingFitsOneVariable() throws {
    #expect(
      try diagnosis(of: Counts(), DataTable(["a": [0.5, 1, 2.5]]))
        == "the table: no column fits \"visits\", which takes columns of counts 0, 1, 2 …; column \"a\" is 0.5 in row 1. Bind "
        + "columns to it; there are \"a\".")
    #expect(
      try diagnosis(of: Answers())
        == "the table: no column fits \"flags\", which takes columns of 0 and 1, or with two levels; column \"a\" is 0.5 in row "
        + "1. Bind columns to it; there are \"a\", \"b\".")
    #expect(
      try diagnosis(of: Words())
        == "the table: no column fits \"word\", which takes text columns. Bind columns to it; there are \"a\", "
        + "\"b\".")
  }

  @Test func nothingFitsAnyVariable() throws {
    let text = Column(name: "name", values: [0, 1], kind: .categorical(levels: ["ann", "bob"]))
    #expect(
      try diagnosis(of: Pair(), DataTable(columns: [text]))
        == "the table: no column fits any variable of pair. Bind columns to \"x\" or \"y\"; there are \"name\".")
  }

  /// The setting that mends it comes with the error, for front ends to say how it is written there.
  @Test func remedies() throws {
    let table = try numbers()
    func remedy(_ model: some Model) -> Remedy? {
      do throws(FitError) { _ = try Fit(model, to: table) } catch { return error.remedy }
      return nil
    }
    #expect(remedy(Words()) == .bind("word"))
    #expect(remedy(Answers()) == .bind("flags"))
  }

  @Test func mixedColumn() throws {
    var findings = Column.Findings()
    findings.firstText = (line: 7, text: "n/k")
    let mixed = Column(
      name: "age", values: [0, 1], kind: .categorical(levels: ["30", "n/k"]), findings: findings)
    let table = try DataTable(columns: [mixed, Column(name: "b", values: [1, 2])])
    #expect(
      try diagnosis(of: Counts(), table)
        == "the table: column \"age\" mixes numbers and text (\"n/k\" in line 7). Mend the cell, or bind other columns to "
        + "\"visits\".")
    #expect(
      try diagnosis(of: Counts(), table, bind: ["visits": ["age"]])
        == "the table: column \"age\" holds \"n/k\" in line 7, but \"visits\" takes numbers.")
  }

  /// A saved fit names its columns; the table that it is applied to may lack one.
  @Test func columnOfASavedFit() throws {
    let graph = try ModelGraph(Counts())
    var message = ""
    do {
      _ = try BoundData(graph, table: numbers(), binding: ColumnBinding(columns: [["visits"]]))
    } catch {
      message = "\(error)"
    }
    #expect(
      message == "the table has no column \"visits\", which \"visits\" is bound to; it has \"a\", \"b\".")
  }
}
