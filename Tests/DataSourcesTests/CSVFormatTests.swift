import Foundation
import Inference
import Testing

@testable import DataSources

/// Files that other countries, programs and times write.
@Suite("Delimiters, decimal marks, encodings of CSV files")
struct CSVFormatTests {
  // MARK: Delimiters

  @Test func theFirstLineTellsTheDelimiter() throws {
    #expect(try readCSV("a;b\n1;2\n").numbers("b") == [2])
    #expect(try readCSV("\n \t\na\tb\n1\t2\n").numbers("b") == [2])
    #expect(try readCSV("a|b\n1|2\n").numbers("b") == [2])
    // The comma comes first where there is one; in quotes nothing counts.
    #expect(try readCSV("a;b,c\n1,2\n").columnNames == ["a;b", "c"])
    #expect(try readCSV("\"a;b\"\n1\n").columnNames == ["a;b"])
    #expect(try readCSV("\"a,\"\"b\";c\n1;2\n").columnNames == ["a,\"b", "c"])
    #expect(try readCSV("a;b\n", CSVOptions(delimiter: .comma, header: false)).columnNames == ["c1"])
    #expect(try readCSV("a;b\n1\t2;3\n").labels("a") == ["1\t2"])
  }

  /// Spreadsheets begin files with a line that only they read.
  @Test func aFirstLineMayNameTheDelimiter() throws {
    for end in ["\n", "\r\n", "\r"] {
      for (mark, delimiter) in [(";", .semicolon), ("\t", .tab), ("|", .verticalBar), (",", .comma)]
        as [(String, CSVOptions.Delimiter)]
      {
        // The decimal comma, and the text in line 6, have the file read again.
        let number = mark == "," ? "1.5" : "1,5"
        let lines = ["sep=\(mark)", "", "x\(mark)y", "1\(mark)2", "\(number)\(mark)3", "4\(mark)q"]
        for options in [CSVOptions(), CSVOptions(delimiter: delimiter)] {
          let table = try readCSV(lines.joined(separator: end) + end, options)
          #expect(table.numbers("x") == [1, 1.5, 4] && table["y"]?.findings.firstText?.line == 6, "\(mark) \(end)")
        }
      }
    }
    #expect(try readCSV("sep=;a\n1;2\n").columnNames == ["sep=", "a"])
    #expect(try readCSV("a\nsep=;\n").labels("a") == ["sep=;"])
    #expect(try readCSV("\"sep=;\"\n1\n").columnNames == ["sep=;"])
  }

  @Test func withoutNamesNumbersTellTheDelimiter() throws {
    let table = try readCSV("1,5;2,5\n3;4,25\n", CSVOptions(header: false))
    #expect(table.numbers("c1") == [1.5, 3] && table.numbers("c2") == [2.5, 4.25])
    #expect(try readCSV("1,a;b\n2,c;d\n", CSVOptions(header: false)).labels("c2") == ["a;b", "c;d"])
  }

  /// What is written is read back without a word about its delimiter.
  @Test func writtenNamesHoldNoDelimiter() throws {
    let folder = try TemporaryFolder()
    let table = try DataTable(columns: [Column(name: "a;b|c\td", values: [1, 2])])
    try CSVWriter().write(table, to: folder.file("out.csv"))
    let back = try CSVFile(path: folder.file("out.csv")).read()
    #expect(back.columnNames == ["a;b|c\td"] && back.rowCount == 2)
  }

  // MARK: Decimal marks

  @Test func decimalCommas() throws {
    let table = try readCSV("x;y;word\n1,5;-2,25e1;a\n;3;1,2,3\n7;,5;b\n")
    #expect(table.numbers("x") == [1.5, nil, 7] && table.numbers("y") == [-22.5, 3, 0.5])
    #expect(table.labels("word") == ["a", "1,2,3", "b"])
    // Numbers of any length are read alike.
    let digits = "1,00000000000000022204460492503130808472633361816406"
    #expect(try readCSV("x;y\n\(digits);1,5\n").numbers("x") == [1.0000000000000002])
    // Points between thousands are no numbers; they are told, not guessed.
    let mixed = try readCSV("x;y\n1.234.567;1,5\n8;2\n")
    #expect(mixed["x"]?.findings.firstText?.text == "1.234.567" && mixed.numbers("y") == [1.5, 2])
  }

  @Test func decimalCommasByName() throws {
    let comma = CSVOptions(decimalMark: .comma)
    #expect(try readCSV("x,y\n\"1,5\",2\n", comma).numbers("x") == [1.5])
    #expect(try readCSV("x,y\n\"1,5\",2.5\n", comma).labels("y") == ["2.5"])
    #expect(try readCSV("x;y\n1,5;1.5\n", CSVOptions(decimalMark: .point)).labels("x") == ["1,5"])
    // A comma between fields is not taken for a decimal one by itself.
    #expect(try readCSV("x,y\n\"1,5\",2.5\n").labels("x") == ["1,5"])
  }

  @Test func twoDecimalMarks() throws {
    let message =
      "data.csv: \"1,5\" in line 3 has a decimal comma, and \"1.234\" in line 2 a point. Say which of the two begins the "
      + "fraction; a point between thousands must be left out."
    try expectCSVError("x;y\n1;1.234\n1,5;2\n", is: message)
    #expect(try readCSV("x;y\n1;1.234\n1,5;2\n", CSVOptions(decimalMark: .point)).numbers("y") == [1.234, 2])
    // Labels are what they are.
    let options = CSVOptions(categorical: ["y"])
    #expect(try readCSV("x;y\n1;1.234\n1,5;2\n", options).numbers("x") == [1, 1.5])
  }

  @Test(arguments: [8, 11, 29, 200, 1 << 20], [1, 3])
  func decimalMarksHoweverTheFileIsCut(_ blockSize: Int, _ threads: Int) throws {
    let folder = try TemporaryFolder()
    func outcome(_ text: String, _ blockSize: Int, _ threads: Int) throws -> String {
      let path = try folder.write(text)
      do throws(DataError) {
        let table = try CSVFile(path: path, options: CSVOptions(threads: threads)).read(blockSize: blockSize)
        return table.columns.map { column in
          "\(column.name) \(column.kind) \(column.findings) \((0..<column.count).map { column[$0] })"
        }.joined(separator: "\n")
      } catch {
        return error.description
      }
    }
    let whole = (0..<60).map { "\($0);\($0 % 7)\n" }.joined()
    for late in ["1,5;2\n", "x;1,5\n2,5;x\n", "1;2.5\n3;2,5\n", "a;1.5\n1,5;2.5\n", "1,5;2;3\n"] {
      for rest in ["", whole] {
        let text = "x;y\n" + whole + late + rest
        #expect(try outcome(text, blockSize, threads) == outcome(text, 1 << 18, 1), "\(late)")
      }
    }
  }

  // MARK: Encodings

  @Test func encodings() throws {
    let text = "naïve;prix\nÉté;1,5\n"
    let windows: [UInt8] = text.unicodeScalars.map { UInt8($0.value) }
    let read = try readCSV(windows + Array("euro".utf8) + [0x80, 0x3B, 0x32], CSVOptions(encoding: .windows1252))
    #expect(read.columnNames == ["naïve", "prix"])
    #expect(read.labels("naïve") == ["Été", "euro€"] && read.numbers("prix") == [1.5, 2])
    for isBig in [false, true] {
      func units(_ text: String) -> [UInt8] {
        text.utf16.flatMap { isBig ? [UInt8($0 >> 8), UInt8($0 & 0xFF)] : [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      }
      // A byte order mark tells; letters beyond the first plane take two units.
      let long = String(repeating: "🦆", count: 40_000)
      let table = try readCSV(units("\u{FEFF}" + text + "\(long);2\n"))
      #expect(table.labels("naïve") == ["Été", long] && table.numbers("prix") == [1.5, 2])
    }
    let unmarked = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect(try readCSV(unmarked, CSVOptions(encoding: .utf16)).labels("naïve") == ["Été"])
    #expect(try readCSV(gzipped(windows), CSVOptions(encoding: .windows1252)).labels("naïve") == ["Été"])
    // Half a letter is told as none.
    #expect(try readCSV(unmarked.dropLast(2) + [0x41], CSVOptions(encoding: .utf16)).labels("prix") == ["1,5\u{FFFD}"])
  }

  /// UTF-32, whose mark begins with that of UTF-16, is told.
  @Test func letters32() throws {
    let bytes = "\u{FEFF}a;b\n1;2\n".unicodeScalars.flatMap { scalar in
      (0..<4).map { UInt8(scalar.value >> (8 * $0) & 0xFF) }
    }
    let swapped = stride(from: 0, to: bytes.count, by: 4).flatMap { bytes[$0..<$0 + 4].reversed() }
    for bytes in [bytes, swapped] {
      try expectCSVError(bytes, is: "data.csv: the letters are stored as UTF-32. Save the file as UTF-8.")
    }
  }

  /// UTF-16 without a mark is known by its zeros, in both orders of bytes.
  @Test func unmarkedUTF16() throws {
    let folder = try TemporaryFolder()
    let units = Array("a,b\n1,2\n3,ü\n".utf16)
    for isBigEndian in [false, true] {
      let bytes = units.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
      let path = try folder.write(isBigEndian ? units.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } : bytes)
      do throws(DataError) {
        _ = try CSVFile(path: path).read()
        Issue.record("the file could be read")
      } catch {
        #expect(error.remedy == .encoding("utf-16"))
      }
      var options = CSVOptions()
      options.encoding = .utf16
      let table = try CSVFile(path: path, options: options).read()
      #expect(table.columnNames == ["a", "b"] && table["a"]?[1] == 3)
      #expect(table["b"]?.kind == .categorical(levels: ["2", "ü"]))
    }
  }

  @Test func otherEncodingsAreOffered() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("x\ncaf".utf8) + [0xE9, 10])
    do throws(DataError) {
      _ = try CSVFile(path: path).read()
      Issue.record("the file could be read")
    } catch {
      #expect(error.remedy == .encoding("windows-1252"))
    }
  }

  // MARK: Lines

  /// What comes before the header is gone through once.
  @Test func manyBlankLines() throws {
    let blank = String(repeating: "\n \r\n", count: 300_000)
    let folder = try TemporaryFolder()
    let path = try folder.write(blank + "x,y\n1,2\n3\n")
    expectError(
      is:
        "data.csv, line 600003: the line has 1 field, but the header has 2. Text that holds the delimiter must be in quotes.",
      in: folder
    ) { () throws(DataError) in _ = try CSVFile(path: path).read() }
  }

  // MARK: Missing values

  @Test func usualSpellings() throws {
    let options = CSVOptions(missingTexts: MissingValue.usualTexts)
    #expect(try readCSV("x,y\nNA,a\nnan,b\n1,null\n,None\n", options).numbers("x") == [nil, nil, 1, nil])
    #expect(try readCSV("x,y\nNA,a\nnan,b\n1,null\n,None\n", options).labels("y") == ["a", "b", nil, nil])
  }

  @Test func missingSpellingsAreOffered() throws {
    let table = try readCSV("x,y,z\n1,2,3\nNA,?,n/k\n")
    let remedies = ["x", "y", "z"].map { table[$0]?.mixture(in: "data", for: "v")?.remedy }
    #expect(remedies == [.missing("NA"), .missing("?"), .bind("v")])
    #expect(
      table["x"]?.mixture(in: "data", for: "v")?.description
        == "data: column \"x\" mixes numbers and text (\"NA\" in line 3). If that means a missing value, say so; otherwise mend "
        + "the cell, or bind other columns to \"v\".")
  }
}
