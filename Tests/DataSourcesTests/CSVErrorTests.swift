import DataSources
import Foundation
import Inference
import Testing

@Suite("Errors in CSV files")
struct CSVErrorTests {
  // MARK: Files

  @Test func missingFile() throws {
    let folder = try TemporaryFolder()
    expectError(is: "none.csv: cannot be opened: No such file or directory. Check the path.", in: folder) {
      () throws(DataError) in _ = try CSVFile(path: folder.file("none.csv")).read()
    }
  }

  @Test func directory() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.file("d"), withIntermediateDirectories: false)
    expectError(is: "d: is a directory. Name a file in it.", in: folder) { () throws(DataError) in
      _ = try CSVFile(path: folder.file("d")).read()
    }
  }

  @Test func notAPath() {
    expectError(is: "\"\" is not a path. Name a file.") { () throws(DataError) in _ = try CSVFile(path: "").read() }
    expectError(is: "\"a\\u{0}b\" is not a path. Name a file.") { () throws(DataError) in
      _ = try CSVFile(path: "a\u{0}b").read()
    }
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser may read everything"))
  func unreadableFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x\n1\n")
    chmod(path, 0)
    expectError(
      is: "data.csv: cannot be opened: Permission denied. Check the permissions of the file and its folder.",
      in: folder
    ) { () throws(DataError) in _ = try CSVFile(path: path).read() }
  }

  /// Reading from address 0 of a process fails, whoever asks.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/mem")))
  func readError() {
    expectError(is: "/proc/self/mem: cannot be read: Input/output error.") { () throws(DataError) in
      _ = try CSVFile(path: "/proc/self/mem").read()
    }
  }

  @Test func emptyFile() throws {
    let message = "data.csv: the file is empty; a header line and at least one row were expected."
    for text in ["", "\n", "\u{FEFF}", " \r\n\r\n"] { try expectCSVError(text, is: message) }
    try expectCSVError(
      "", CSVOptions(header: false), is: "data.csv: the file is empty; at least one row was expected.")
  }

  @Test func noRows() throws {
    let message = "data.csv: the file has a header line but no rows. At least one row was expected."
    for text in ["x,y", "x,y\n", "x,y\r\n\r\n", "x\n\n\n"] { try expectCSVError(text, is: message) }
  }

  // MARK: Lines

  @Test func raggedLines() throws {
    try expectCSVError(
      "x,y\n1,2\n3\n",
      is: "data.csv, line 3: the line has 1 field, but the header has 2. Text that holds the delimiter must be in "
        + "quotes.")
    try expectCSVError(
      "x,y\n1,2\n\"a\nb\",3,4,5\n",
      is: "data.csv, line 3: the line has 4 fields, but the header has 2. Text that holds the delimiter must be in "
        + "quotes.")
    try expectCSVError(
      "1,2\n1,2,3", CSVOptions(header: false),
      is: "data.csv, line 2: the line has 3 fields, but the first line has 2. Text that holds the delimiter must be in "
        + "quotes.")
    // Columns that are not read count as well.
    try expectCSVError(
      "x,y,z\n1,2\n", CSVOptions(columns: ["x"]),
      is: "data.csv, line 2: the line has 2 fields, but the header has 3. Text that holds the delimiter must be in "
        + "quotes.")
  }

  @Test func blankLineAmongRows() throws {
    try expectCSVError(
      "x,y\n1,2\n\n\n3,4\n",
      is: "data.csv, line 3: the line is blank, but rows follow; 2 fields were expected. Remove the line.")
  }

  @Test func openQuote() throws {
    try expectCSVError(
      "x,y\n1,2\n3,\"a\n4,5\n",
      is: "data.csv, line 3: the quote that begins here is not closed before the end of the file. Close it, or double "
        + "it if it belongs to the text.")
    try expectCSVError(
      "\"x\n1\n",
      is: "data.csv, line 1: the quote that begins here is not closed before the end of the file. Close it, or double "
        + "it if it belongs to the text.")
  }

  @Test func textBehindQuote() throws {
    try expectCSVError(
      "x\n\"a\nb\"c\n",
      is: "data.csv, line 3: text follows the closing quote of a field. Double a quote that belongs to the text.")
  }

  // MARK: Columns

  @Test func repeatedName() throws {
    try expectCSVError(
      "x,y,x\n1,2,3\n",
      is: "data.csv, line 1: two columns are named \"x\" (columns 1 and 3). Rename one of them.")
  }

  @Test func emptyName() throws {
    try expectCSVError(
      "x,,y\n1,2,3\n",
      is: "data.csv, line 1: column 2 of 3 has no name. Give it one, or choose the columns to read.")
  }

  @Test func unknownColumn() throws {
    try expectCSVError(
      "age,income\n1,2\n", CSVOptions(columns: ["incmoe"]),
      is: "data.csv, line 1: there is no column \"incmoe\". Did you mean \"income\"? The columns are \"age\", "
        + "\"income\".")
    try expectCSVError(
      "age,income\n1,2\n", CSVOptions(columns: ["AGE"]),
      is: "data.csv, line 1: there is no column \"AGE\". Did you mean \"age\"? The columns are \"age\", \"income\".")
    try expectCSVError(
      "age,income\n1,2\n", CSVOptions(categorical: ["weight"]),
      is: "data.csv, line 1: there is no column \"weight\". The columns are \"age\", \"income\".")
    try expectCSVError(
      "1,2\n", CSVOptions(columns: ["c3"], header: false),
      is: "data.csv: there is no column \"c3\". Did you mean \"c1\"? The columns are \"c1\", \"c2\".")
    let names = (10..<40).map { "n\($0)" }
    try expectCSVError(
      names.joined(separator: ","), CSVOptions(columns: ["other"]),
      is: "data.csv, line 1: there is no column \"other\". The columns are "
        + names.prefix(20).map { "\"\($0)\"" }.joined(separator: ", ") + " and 10 more.")
  }

  @Test func noColumns() throws {
    try expectCSVError(
      "x\n1\n", CSVOptions(columns: []), is: "data.csv, line 1: no column is to be read. Name at least one.")
  }

  // MARK: Cells

  @Test(arguments: ["nan", "NaN", "inf", "-Infinity", "+INF", "1e999", "-1e400"])
  func notFinite(_ text: String) throws {
    let message =
      "data.csv, line 4, column \"y\": \"\(text)\" is not a finite number; leave the cell empty if it is missing, "
      + "or say that the text means so."
    try expectCSVError("x,y\n1,2\n3,\n5,\(text)\n6,inf\n", is: message)
    try expectCSVError("x,y\n1,\n3,\n5,\"\(text)\"\n", is: message)
  }

  @Test func binaryFile() throws {
    try expectCSVError(
      Array("x\n1\n2".utf8) + [0, 1],
      is:
        "data.csv, line 3: a zero byte, which is in no text. The file is damaged, or no table: make it again, or check the path."
    )
    try expectCSVError(
      Array("PK".utf8) + [3, 4, 20, 0, 0],
      is: "data.csv, line 1: a zero byte, so the file is not UTF-8 text. It is a ZIP archive, such as .xlsx or .npz; "
        + "export the table in it as CSV.")
    try expectCSVError(
      gzipped([0x93] + Array("NUMPY".utf8) + [1, 0, 2, 0]), as: "data.npy.gz",
      is: "data.npy.gz, line 1: a zero byte, so the file is not UTF-8 text. It is a NumPy array inside of another "
        + "file; save it as a plain .npy file.")
  }

  @Test func invalidUTF8() throws {
    try expectCSVError(
      Array("x,y\n1,caf".utf8) + [0xE9, 10],
      is: "data.csv, line 2: column \"y\" has a byte that is not UTF-8, so the file is not UTF-8 text. "
        + "If it is the right file, say how its letters are stored, or save it as UTF-8.")
    try expectCSVError(
      Array("x,caf".utf8) + [0xE9] + Array("\n1,2\n".utf8),
      is: "data.csv, line 1: the name of column 2 is not UTF-8, so the file is not UTF-8 text. "
        + "If it is the right file, say how its letters are stored, or save it as UTF-8.")
    // A column that is not read is not looked at.
    #expect(
      try readCSV(Array("x,y\n1,caf".utf8) + [0xE9, 10], CSVOptions(columns: ["x"])).numbers("x") == [1])
  }

  // MARK: Gzip

  @Test func gzip() throws {
    let text = "x,y\n1,a\n2,b\n"
    #expect(try readCSV(gzipped(text), as: "data.csv.gz").labels("y") == ["a", "b"])
    // The name does not matter. Several members are one file, and zeros may follow.
    let members = gzipped(text) + gzipped("3,c\n") + [0, 0, 0, 0]
    #expect(try readCSV(members).labels("y") == ["a", "b", "c"])
  }

  @Test func largeGzipIsReadTwice() throws {
    var text = "x\n"
    for row in 0..<20_000 { text += "\(row)\n" }
    let table = try readCSV(gzipped(text + "end\n"))
    #expect(table.rowCount == 20_001)
    #expect(table["x"]?.findings.firstText?.line == 20_002)
  }

  @Test func damagedGzip() throws {
    let packed = gzipped("x,y\n1,a\n2,b\n")
    for length in [2, 9, 12, 20, packed.count - 1] {
      try expectCSVError(
        Array(packed[..<length]),
        is: "data.csv: the gzip file ends too early; a part of it is missing. Copy or download it again.")
    }
    var damaged = packed
    damaged[16] ^= 1
    try expectCSVError(
      damaged, is: "data.csv: the gzip file is damaged (zlib: incorrect data check). Copy or download it again.")
    try expectCSVError(
      packed + Array("garbage".utf8),
      is: "data.csv: the gzip file is damaged (zlib: incorrect header check). Copy or download it again.")
    try expectCSVError(
      gzipped(""), is: "data.csv: the file is empty; a header line and at least one row were expected.")
  }
}
