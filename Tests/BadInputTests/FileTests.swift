import Models
import Suffice
import Testing

@Suite struct FileTests {
  /// A row of missing cells alone says nothing.
  @Test func missingCells() throws {
    func bound(_ text: String) throws -> Double {
      var model = GaussianMixture()
      model.components = 1
      return try Fit(model, to: #require(read(text).table)).bound
    }
    let text = "a,b\n1,2\n2,3.5\n,5\n4,6.5\n7,11\n5,\n3,4.5\n"
    let known = try bound(text)
    let more = try bound(text + ",\n")
    #expect(more == known)
    // What is known of a row counts.
    #expect(try bound(text + "90,\n") < known - 1)
  }

  @Test func missingColumn() throws {
    #expect(
      try refusal(GaussianMixture(), file: "a,b,c\n1,2,\n2,5,\n7,,\n")
        == "rows.csv: column \"c\" is wholly missing: it says nothing. Leave it out, or bind other columns to \"x\"."
    )
  }

  /// Columns that are not used may miss what they like.
  @Test func missingCellsElsewhere() throws {
    let text = "a,b\n1,\n2,5\n4,\n3,1\n"
    #expect(try refusal(DiagonalGaussianMixture(), file: text, bind: ["x": ["a"]]) == nil)
  }

  @Test func textInANumericColumn() throws {
    let text = "a,b\n1,2\n2,n/k\n4,4\n"
    #expect(
      try refusal(GaussianMixture(), file: text)
        == "rows.csv: column \"b\" mixes numbers and text (\"n/k\" in line 3). Mend the cell, or bind other columns to \"x\"."
    )
    #expect(
      try refusal(GaussianMixture(), file: text, bind: ["x": ["a", "b"]])
        == "rows.csv: column \"b\" holds \"n/k\" in line 3, but \"x\" takes numbers.")
  }

  @Test func textAlone() throws {
    let text = "name\nann\nbob\n"
    #expect(
      try refusal(GaussianMixture(), file: text, bind: ["x": ["name"]])
        == "rows.csv: column \"name\" is text, but \"x\" takes numbers.")
  }

  @Test func emptyFiles() throws {
    #expect(
      try refusal(GaussianMixture(), file: "")
        == "rows.csv: the file is empty; a header line and at least one row were expected.")
    #expect(
      try refusal(GaussianMixture(), file: "a,b\n")
        == "rows.csv: the file has a header line but no rows. At least one row was expected.")
  }

  @Test(arguments: ["inf", "1e400"]) func infinity(cell: String) throws {
    #expect(
      try refusal(NormalSample(), file: "a\n1\n\(cell)\n2\n")
        == "rows.csv, line 3, column \"a\": \"\(cell)\" is not a finite number; leave the cell empty if it is missing, or say that "
        + "the text means so.")
  }

  /// A model that takes labels too must not take a column of numbers for one because of one cell.
  @Test func mixedColumnAmongLabels() throws {
    #expect(
      try refusal(MixedMixture(), file: "a,b\n1,2\n2,n/k\n3,4\n4,1\n")
        == "rows.csv: column \"b\" mixes numbers and text (\"n/k\" in line 3). Mend the cell, or bind other columns to \"flags\"."
    )
  }

  @Test func rowsWithNothingInThem() throws {
    let fit = try Fit(NormalSample(), to: DataTable(["a": [1, 2, 3, 5]]))
    let empty = try DataTable(["a": [.nan]])
    do throws(FitError) {
      _ = try FitSession(updating: fit, with: empty, forgetting: 1)
      Issue.record("an empty row is added")
    } catch {
      #expect(error.description.contains("nothing is observed in any row"), "\(error)")
    }
  }
}
