import Foundation
import Inference
import Testing

@testable import DataSources

/// However a file is cut, and however many threads read it, the columns and the messages are the same.
@Suite("CSV files in parts")
struct CSVPartTests {
  /// What reading gives: everything about the columns, or the message.
  private func outcome(_ path: String, threads: Int, blockSize: Int, limit: Int = .max) -> String {
    do throws(DataError) {
      let table = try CSVFile(
        path: path, options: CSVOptions(missingTexts: ["NA"], memoryLimit: limit, threads: threads)
      )
      .read(blockSize: blockSize)
      return table.columns.map { column in
        let findings = column.findings
        return "\(column.name) \(column.kind) \(findings.missingCount) \(findings.firstMissingLine ?? 0) "
          + "\(findings.firstText.map { "\($0)" } ?? "") \((0..<column.count).map { column[$0] })"
      }.joined(separator: "\n")
    } catch {
      return error.description
    }
  }

  private func expectSameOutcome(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(text)
    let whole = outcome(path, threads: 1, blockSize: 1 << 20)
    for threads in 1...3 {
      for size in [8, 11, 16, 29, 64, 200] {
        #expect(
          outcome(path, threads: threads, blockSize: size) == whole,
          "\(threads) threads, parts of \(size) bytes:\n\(text)",
          sourceLocation: sourceLocation)
      }
    }
  }

  @Test func labelsInTheOrderOfTheirFirstRow() throws {
    try expectSameOutcome("x,y\n" + (0..<100).map { "\(1000 - $0 * 7 % 31),w\($0 * 13 % 17)\n" }.joined())
  }

  /// The first cell that says what a column is may be in any part.
  @Test(arguments: ["7", "seven", "\"7\"", "NA", "inf", "7\n8\nnine", "seven\n8"])
  func columnsThatAreDecidedLate(_ text: String) throws {
    let empty = (0..<40).map { $0 % 3 == 0 ? "NA" : "" }.joined(separator: "\n")
    try expectSameOutcome("x\n\(empty)\n\(text)\n\(empty)\n5\n")
    let rows = empty.split(separator: "\n", omittingEmptySubsequences: false)
    let cells = rows + text.split(separator: "\n") + rows
    try expectSameOutcome("x,y\n" + cells.enumerated().map { "\($1),\($0)\n" }.joined())
  }

  @Test func quotesAcrossCuts() throws {
    let texts = ["\"a\nb\"", "\"\"\"\"", "\"\n\n\"", "a\"b", "\"c,\"\"\nd\"", "\" \"", ""]
    try expectSameOutcome("x,y\n" + (0..<80).map { "\(texts[$0 % 7]),\(texts[$0 * 3 % 5])\n" }.joined())
    try expectSameOutcome("x,y\r\n" + (0..<80).map { "\(texts[$0 % 7]),\($0)\r\n" }.joined())
    try expectSameOutcome("x,y\r" + (0..<80).map { "\(texts[$0 * 5 % 7]),\($0)\r" }.joined())
  }

  /// Errors far behind the first part: the line in the message is that of the file.
  @Test(arguments: ["1,2,3", "1", "", "\"open,2", "\"shut\"x,2", "1,inf"])
  func errorsInLatePart(_ line: String) throws {
    let rows = (0..<60).map { "\($0),\"a\n\($0)\"\n" }.joined()
    try expectSameOutcome("x,y\n" + rows + line + "\n" + rows)
    try expectSameOutcome("x,y\n" + rows.replacing("\"", with: "") + line + "\n" + rows)
  }

  @Test func blankLines() throws {
    try expectSameOutcome("x\n" + String(repeating: "1\n\n\n\n\n\n2\n", count: 20) + "\n\n\n")
    try expectSameOutcome("\n\n\nx\n\n\n\n\n\n\n\n\n\n\n\n\n1")
    try expectSameOutcome("x,y\n1,2\n" + String(repeating: "\n", count: 50))
    try expectSameOutcome("x,y\n1,2\n" + String(repeating: "\n", count: 50) + "3,4\n")
  }

  /// Files put together at random out of what readers trip over.
  @Test(arguments: 0..<60)
  func randomFiles(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let pieces = [
      "1", "-2.5", "1e400", "\"", "\"\"", ",", ",", "\n", "\n", "\r\n", "\r", " ", "a", "é", "NA", "\"a,b\"", "\"\n\"",
      "0.1",
    ]
    var text = "x,y\n"
    for _ in 0..<Int.random(in: 0...60, using: &generator) { text += pieces.randomElement(using: &generator) ?? "" }
    try expectSameOutcome(text)
    // Mostly well-formed.
    let cells = ["1", "-2.5", "", "NA", "a", "\"a,b\"", "\"c\n\"\"d\"", "3.0"]
    let width = Int.random(in: 1...4, using: &generator)
    text = (0..<width).map { "c\($0)" }.joined(separator: ",") + "\n"
    for _ in 0..<Int.random(in: 1...60, using: &generator) {
      let row = (0..<width).map { _ in cells[Int.random(in: 0..<(seed % 8 + 1), using: &generator)] }
      text += row.joined(separator: ",") + (Int.random(in: 0..<9, using: &generator) == 0 ? "\r\n" : "\n")
    }
    try expectSameOutcome(text)
  }

  @Test func columnsBeyondTheLimit() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "x,y,z\n"
        + (0..<5000).map { "\(Double($0) / 8),word \($0 * 7919 % 5000),\($0 % 9 == 0 ? "" : "\($0)")\n" }.joined())
    let kept = outcome(path, threads: 2, blockSize: 4096)
    for limit in [0, 1, 30_000, 100_000] {
      #expect(outcome(path, threads: 2, blockSize: 4096, limit: limit) == kept, "a limit of \(limit) bytes")
    }
  }

  /// Pages that were let go are read again from the temporary file.
  @Test func releasedPages() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x\n" + (0..<20_000).map { "\($0)\n" }.joined())
    let table = try CSVFile(path: path, options: CSVOptions(memoryLimit: 0)).read()
    let column = try #require(table["x"])
    column.releasePages(rows: 0..<20_000)
    column.slice(1000..<19_000).releasePages(rows: 5..<17_000)
    #expect((0..<20_000).allSatisfy { column[$0] == Double($0) })
  }
}
