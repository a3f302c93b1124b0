import Foundation
import Inference
import Testing

@testable import DataSources

@Suite("Reading CSV files")
struct CSVReadingTests {
  // MARK: Kinds of columns

  @Test func numbersAndLabels() throws {
    let table = try readCSV("x,name,y\n1,pear,-2.5e3\n.5,apple,+7\n3.,pear,0\n")
    #expect(table.columnNames == ["x", "name", "y"])
    #expect(table.rowCount == 3)
    #expect(table.numbers("x") == [1, 0.5, 3])
    #expect(table.numbers("y") == [-2500, 7, 0])
    #expect(table["x"]?.kind == .numeric)
    // The levels are sorted, whatever comes first.
    #expect(table["name"]?.kind == .categorical(levels: ["apple", "pear"]))
    #expect(table.numbers("name") == [1, 0, 1])
    #expect(table.labels("name") == ["pear", "apple", "pear"])
    #expect(table["name"]?.findings.firstText == nil)
  }

  @Test func originIsThePath() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x\n1\n")
    #expect(try CSVFile(path: path).read().origin == path)
  }

  @Test func levelsAreSortedByBytes() throws {
    let table = try readCSV("x\nb\nä\nB\nab\n_\na\n")
    #expect(table["x"]?.kind == .categorical(levels: ["B", "_", "a", "ab", "b", "ä"]))
  }

  @Test func twoSpellingsOfOneTextAreOneLevel() throws {
    let table = try readCSV("x\ncafe\u{301}\ncaf\u{E9}\n")
    #expect(table.numbers("x") == [0, 0])
  }

  @Test func missingCells() throws {
    let table = try readCSV("x,y\n1,a\n,b\n3,\n  ,\"\"\n")
    #expect(table.numbers("x") == [1, nil, 3, nil])
    #expect(table.labels("y") == ["a", "b", nil, nil])
    #expect(table["x"]?.findings.missingCount == 2)
    #expect(table["x"]?.findings.firstMissingLine == 3)
    #expect(table["y"]?.findings.missingCount == 2)
    #expect(table["y"]?.findings.firstMissingLine == 4)
  }

  @Test func columnWithoutValuesIsNumeric() throws {
    let table = try readCSV("x,y\n,1\n,2\n")
    #expect(table["x"]?.kind == .numeric)
    #expect(table["x"]?.findings.missingCount == 2)
  }

  @Test func mixtureIsCategorical() throws {
    let table = try readCSV("x,y\n1.50,1\n,2\n2,3\nlow,4\n1e3,5\n")
    #expect(table.labels("x") == ["1.50", nil, "2", "low", "1e3"])
    #expect(table["x"]?.kind == .categorical(levels: ["1.50", "1e3", "2", "low"]))
    #expect(table["x"]?.findings.firstText?.line == 5)
    #expect(table["x"]?.findings.firstText?.text == "low")
    #expect(table["x"]?.findings.missingCount == 1)
    #expect(table["x"]?.findings.firstMissingLine == 3)
    #expect(table.numbers("y") == [1, 2, 3, 4, 5])
  }

  @Test func mixtureWithTextFirst() throws {
    let table = try readCSV("x\nlow\n3\nhigh\n")
    #expect(table.labels("x") == ["low", "3", "high"])
    #expect(table["x"]?.findings.firstText?.line == 2)
    #expect(table["x"]?.findings.firstText?.text == "low")
  }

  @Test(arguments: ["0x1p3", "1e", "e5", "-", ".", "1_000", "1,5", "12 3", "1d5", "--1", "1e+", "½", "٣"])
  func notNumbers(_ text: String) throws {
    let table = try readCSV("x\n\"\(text)\"\n1\n")
    #expect(table.labels("x") == [text, "1"])
  }

  @Test func notFiniteWordsAmongLabels() throws {
    // "inf" comes before any text, so its spelling must be found again.
    let table = try readCSV("x,y\ninf,nan\nword,NaN x\n-Infinity,1e999\n")
    #expect(table.labels("x") == ["inf", "word", "-Infinity"])
    #expect(table["x"]?.findings.firstText == nil)
    #expect(table.labels("y") == ["nan", "NaN x", "1e999"])
    #expect(table["y"]?.findings.firstText?.line == 2)
  }

  // MARK: Options

  @Test func missingTexts() throws {
    let options = CSVOptions(missingTexts: ["NA", " ? "])
    let table = try readCSV("x,y\nNA,?\n2, NA\n\"NA\",b\nNAB,\n", options)
    #expect(table.labels("x") == [nil, "2", nil, "NAB"])
    #expect(table.labels("y") == [nil, nil, "b", nil])
  }

  @Test func missingTextsThatAreNumbers() throws {
    let table = try readCSV("x\n-9\n1\n-9.0\n9\n", CSVOptions(missingTexts: ["-9"]))
    #expect(table.numbers("x") == [nil, 1, -9, 9])
    #expect(table["x"]?.kind == .numeric)
  }

  @Test func notFiniteWordsMayBeMissing() throws {
    let table = try readCSV("x\n1\nnan\ninf\n", CSVOptions(missingTexts: ["nan", "inf"]))
    #expect(table.numbers("x") == [1, nil, nil])
  }

  @Test func chosenColumns() throws {
    let text = "a,b,c,d\n1,\"x,\ny\",3,4\n5,nan,7,8\n"
    let table = try readCSV(text, CSVOptions(columns: ["d", "a"]))
    #expect(table.columnNames == ["a", "d"])
    #expect(table.numbers("a") == [1, 5])
    #expect(table.numbers("d") == [4, 8])
  }

  @Test func unchosenColumnsMayHaveBadNames() throws {
    let table = try readCSV(",a,a,b\n1,2,3,4\n", CSVOptions(columns: ["b"]))
    #expect(table.numbers("b") == [4])
  }

  @Test func categoricalColumns() throws {
    let table = try readCSV("x,y\n10,10\n9,9\n10,8\n", CSVOptions(categorical: ["x"]))
    #expect(table["x"]?.kind == .categorical(levels: ["10", "9"]))
    #expect(table.numbers("x") == [0, 1, 0])
    #expect(table["x"]?.findings.firstText == nil)
    #expect(table["y"]?.kind == .numeric)
  }

  @Test func categoricalColumnWithWordsHasNoFinding() throws {
    let table = try readCSV("x\n1\nA\n", CSVOptions(categorical: ["x"]))
    #expect(table["x"]?.findings.firstText == nil)
  }

  @Test func withoutHeader() throws {
    let table = try readCSV("1,a\n2,b\n", CSVOptions(header: false))
    #expect(table.columnNames == ["c1", "c2"])
    #expect(table.numbers("c1") == [1, 2])
    #expect(table.labels("c2") == ["a", "b"])
  }

  @Test func delimiters() throws {
    #expect(try readCSV("a;b\n1;2\n", CSVOptions(delimiter: .semicolon)).numbers("b") == [2])
    #expect(try readCSV("a|b\n1|2\n", CSVOptions(delimiter: .verticalBar)).numbers("b") == [2])
    #expect(try readCSV("a\tb\n1\t2\n", CSVOptions(delimiter: .tab)).numbers("b") == [2])
    #expect(try readCSV("a;b\n1;2\n", CSVOptions(delimiter: .comma)).columnNames == ["a;b"])
    #expect(try readCSV("a\tb\n\t2\n1\t\n", as: "data.tsv").numbers("a") == [nil, 1])
    #expect(try readCSV(gzipped("a\tb\n1\t2\n"), as: "data.TSV.gz").numbers("b") == [2])
    #expect(try readCSV("a,b\n1,2\n", CSVOptions(delimiter: .comma), as: "data.tsv").numbers("b") == [2])
  }

  // MARK: Lines and quotes

  @Test(arguments: ["\n", "\r\n", "\r"])
  func lineEnds(_ end: String) throws {
    let lines = ["x,y", "1,a", "2,\"b\(end)c\"", ",d", "\"4\",\"e\""]
    for ending in ["", end, end + end + end] {
      let table = try readCSV(lines.joined(separator: end) + ending)
      #expect(table.columnNames == ["x", "y"])
      #expect(table.numbers("x") == [1, 2, nil, 4])
      #expect(table.labels("y") == ["a", "b\(end)c", "d", "e"])
      // The line break inside of the quotes counts.
      #expect(table["x"]?.findings.firstMissingLine == 5)
    }
  }

  @Test func firstLineEndDecides() throws {
    // In a file with LF, a lone CR belongs to the text.
    #expect(try readCSV("x\n1\ra\r\n2\n").labels("x") == ["1\ra", "2"])
    // The one in quotes does not decide.
    #expect(try readCSV("\"x\r\",y\n1,2\n").columnNames == ["x\r", "y"])
  }

  @Test func quotes() throws {
    let table = try readCSV("\"x\",\"a \"\"b\"\", c\"\n\"1\",\"p,q\"\n 2 ,\"\"\"\"\n\"3\" ,5\" pipe\n")
    #expect(table.columnNames == ["x", "a \"b\", c"])
    #expect(table.numbers("x") == [1, 2, 3])
    #expect(table.labels("a \"b\", c") == ["p,q", "\"", "5\" pipe"])
  }

  @Test func spacesAroundFields() throws {
    let table = try readCSV(" x ,y\n 1 , a b \n\t2\t,\" c \"\n   3,d\n")
    #expect(table.numbers("x") == [1, 2, 3])
    #expect(table.labels("y") == ["a b", " c ", "d"])
  }

  @Test func byteOrderMark() throws {
    #expect(try readCSV("\u{FEFF}x\n1\n").numbers("x") == [1])
    #expect(try readCSV("\u{FEFF}\"x\"\n1\n").numbers("x") == [1])
  }

  @Test func blankLines() throws {
    // Before the header and at the end they do not count; in a single column they are missing cells.
    #expect(try readCSV("\n \nx,y\n1,2\n\n  \n\n").numbers("x") == [1])
    let table = try readCSV("x\n\n1\n\n \n2\n\n")
    #expect(table.numbers("x") == [nil, 1, nil, nil, 2])
    #expect(table["x"]?.findings.firstMissingLine == 2)
    // A quoted field is a cell, even if nothing is in it.
    #expect(try readCSV("x\n1\n\"\"\n").numbers("x") == [1, nil])
  }

  @Test func fieldsAtTheEndOfTheFile() throws {
    #expect(try readCSV("x,y\n1,").numbers("y") == [nil])
    #expect(try readCSV("x,y\n1,\"2\"").numbers("y") == [2])
    #expect(try readCSV("x,y\r\n1,2\r").numbers("y") == [2])
    #expect(try readCSV("x\n1\n  ").numbers("x") == [1])
  }

  // MARK: Blocks and passes

  @Test func fieldsAcrossBlocks() throws {
    let folder = try TemporaryFolder()
    var text = "\u{FEFF}number,label,\"quo\"\"ted\",none\r\n"
    for row in 0..<200 {
      text += "\(Double(row) / 7),label \(row % 13),\"a \"\"b\"\",\r\n\(row % 5)\",\(row % 3 == 0 ? " " : "\(row)")\r\n"
    }
    let path = try folder.write(text)
    let whole = try CSVFile(path: path).read()
    #expect(whole.rowCount == 200)
    #expect(whole.numbers("number")[6] == 6.0 / 7)
    for size in 8...150 {
      let table = try CSVFile(path: path).read(blockSize: size)
      for (a, b) in zip(whole.columns, table.columns) {
        #expect(a.kind == b.kind && a.findings == b.findings, "blocks of \(size) bytes")
        #expect((0..<200).allSatisfy { a[$0] == b[$0] || a[$0].isNaN && b[$0].isNaN }, "blocks of \(size) bytes")
      }
    }
  }

  /// A carriage return whose next byte is in the next block begins a line that is not blank.
  @Test func carriageReturnAtTheEndOfABlock() throws {
    let folder = try TemporaryFolder()
    // The spaces would make a blank line of it, were they looked at in its place.
    let path = try folder.write("x\r\naaaaaaaa\r\n\r\r\n                    b\r\n")
    for size in 8...30 {
      let table = try CSVFile(path: path).read(blockSize: size)
      #expect(table.labels("x") == ["aaaaaaaa", "\r", "b"], "blocks of \(size) bytes")
    }
  }

  /// Text that shows up in the first block, after it, and behind the part in which reading begins again at once.
  @Test(arguments: [1, 2000, 60_000])
  func lateText(_ position: Int) throws {
    let folder = try TemporaryFolder()
    var text = "x,y,z\n"
    for row in 0..<60_100 {
      // Forty bytes a line make 2.4 MB.
      text += "\(row == position ? "oops" : "\(row % 10).0"),\(row),00000000000000000000000000000001\n"
    }
    let path = try folder.write(text)
    let table = try CSVFile(path: path).read()
    #expect(table.rowCount == 60_100)
    #expect(
      table["x"]?.kind
        == .categorical(levels: ["0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", "8.0", "9.0", "oops"]))
    #expect(table["x"]?.findings.firstText?.line == position + 2)
    #expect(table["x"]?[position] == 10)
    #expect(table["x"]?[60_099] == 9)
    #expect(table["y"]?[60_099] == 60_099)
    #expect(table["z"]?[0] == 1)
  }

  @Test func manyRowsAndLabels() throws {
    var text = "x,y\n"
    for row in 0..<5000 { text += "\(row),label\(row)\n" }
    let table = try readCSV(text)
    #expect(table.rowCount == 5000)
    #expect(table.labels("y") == (0..<5000).map { "label\($0)" })
  }

  @Test func manyColumns() throws {
    let names = (1...3000).map { "v\($0)" }
    let row = (1...3000).map { "\($0)" }.joined(separator: ",")
    let table = try readCSV(names.joined(separator: ",") + "\n" + row + "\n" + row + "\n")
    #expect(table.columnNames == names)
    #expect(table["v3000"]?[1] == 3000)
  }
}
