/// A table of texts, for a page or a terminal.
public struct TextTable: Sendable {
  /// How the cells of a column line up.
  public enum Alignment: Sendable {
    /// Words to the left.
    case left
    /// Numbers to the right.
    case right
  }

  /// The heads of the columns.
  public var columns: [String]
  /// The cells, row by row; short rows are filled up with empty cells.
  public var rows: [[String]]
  /// How each column lines up; one that is not given lines up to the right if all its cells are numbers.
  public var alignments: [Alignment?]

  /// Makes a table.
  public init(columns: [String], rows: [[String]], alignments: [Alignment?] = []) {
    self.columns = columns
    self.rows = rows
    self.alignments = alignments
  }

  var columnCount: Int { max(columns.count, rows.map(\.count).max() ?? 0) }

  func head(_ column: Int) -> String { columns.indices.contains(column) ? columns[column] : "" }

  func cell(_ row: [String], _ column: Int) -> String { row.indices.contains(column) ? row[column] : "" }

  func alignment(_ column: Int) -> Alignment {
    if alignments.indices.contains(column), let given = alignments[column] { return given }
    let cells = rows.map { cell($0, column) }.filter { !$0.isEmpty }
    return !cells.isEmpty && cells.allSatisfy(Self.isNumber) ? .right : .left
  }

  /// Whether a text reads as a number, as this module and others write them.
  private static func isNumber(_ text: String) -> Bool {
    let marks: Set<Character> = [
      "+", "-", "\u{2212}", "\u{2013}", ".", ",", "%", "\u{00D7}", "\u{00B1}", "e", "E", " ", "<", "\u{207B}",
    ]
    let words: Set<String> = ["-", "\u{2013}", "nan", "inf", "-inf"]
    return words.contains(text)
      || (text.contains { $0.isNumber } && text.allSatisfy { $0.isNumber || marks.contains($0) })
  }
}
