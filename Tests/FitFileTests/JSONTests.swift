import Suffice
import Testing

@Suite struct JSONTests {
  @Test func printsCompactly() {
    let json: JSON = [
      "text": "a \"quote\", a \\, a\ttab,\n\u{1} and ü", "list": [1, -2.5, true, false, nil], "empty": [:], "none": [],
    ]
    #expect(
      json.description
        == #"{"text":"a \"quote\", a \\, a\ttab,\n\u0001 and ü","list":[1,-2.5,true,false,null],"empty":{},"none":[]}"#)
  }

  @Test func printsIndented() {
    let json: JSON = ["name": "x", "means": [[1, 2], [3, 4.5]], "empty": [:], "none": [], "deep": [["a": [1, 2]]]]
    #expect(
      json.indented() == """
        {
          "name": "x",
          "means": [
            [1, 2],
            [3, 4.5]
          ],
          "empty": {},
          "none": [],
          "deep": [
            {
              "a": [1, 2]
            }
          ]
        }
        """)
    #expect(JSON.null.indented() == "null")
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "-0"), (1, "1"), (-17, "-17"), (0.1, "0.1"), (0.1 + 0.2, "0.30000000000000004"), (1e-7, "1e-07"),
    (9_007_199_254_740_992, "9007199254740992"), (9_007_199_254_740_991, "9007199254740991"),
    (-9_007_199_254_740_992, "-9007199254740992"), (1e22, "1e+22"), (.leastNonzeroMagnitude, "5e-324"),
    (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (.nan, "null"), (.infinity, "null"), (-.infinity, "null"),
  ])
  func printsNumbers(_ number: Double, _ text: String) { #expect(JSON.number(number).description == text) }

  @Test func parsesAllForms() throws {
    let text =
      #" { "a" : [ 1 , 2.5e3, -0, 1E-2, 0.5, 0e1 ] ,"b":{"c":null},"d":"\"\\\/\b\f\n\r\t\u00e9\ud83d\uDE00é😀","":true,"f":[]} "#
      + "\r\n\t"
    let json = try JSON(parsing: text)
    #expect(
      json == [
        "a": [1, 2500, .number(-0.0), 0.01, 0.5, 0], "b": ["c": nil],
        "d": "\"\\/\u{8}\u{C}\n\r\té😀é😀", "": true, "f": [],
      ])
    #expect(json["a"]?[1] == 2500)
    #expect(json["b"]?["c"] == JSON.null)
    #expect(json["missing"] == nil)
    #expect(json["a"]?[6] == nil)
    #expect(json["a"]?["b"] == nil)
    #expect(json[0] == nil)
    #expect(try JSON(parsing: "1e-999") == 0)
  }

  @Test func readsTheNearestDouble() throws {
    // Half way between two doubles, a little above, and a number with many digits.
    for text in [
      "9007199254740993", "9007199254740993.0000000000000000000001", "0." + String(repeating: "123456789", count: 90),
    ] {
      #expect(try JSON(parsing: text) == .number(Double(text) ?? .nan))
    }
  }

  @Test(arguments: [
    ("", "JSON, line 1, column 1: the text ends where a value was expected."),
    (" \n ", "JSON, line 2, column 2: the text ends where a value was expected."),
    ("nul", "JSON, line 1, column 1: \"n\" came where a value was expected."),
    ("NaN", "JSON, line 1, column 1: \"N\" came where a value was expected."),
    ("'a'", "JSON, line 1, column 1: \"'\" came where a value was expected."),
    ("é", "JSON, line 1, column 1: \"é\" came where a value was expected."),
    ("\u{FEFF}1", "JSON, line 1, column 1: \"\u{FEFF}\" came where a value was expected."),
    ("+1", "JSON, line 1, column 1: \"+\" came where a value was expected."),
    (".5", "JSON, line 1, column 1: \".\" came where a value was expected."),
    ("truefalse", "JSON, line 1, column 5: \"f\" came where the end was expected."),
    ("1 2", "JSON, line 1, column 3: \"2\" came where the end was expected."),
    ("01", "JSON, line 1, column 2: \"1\" came where a point, since a number has no leading zeros, was expected."),
    ("-", "JSON, line 1, column 2: the text ends where a digit was expected."),
    ("-x", "JSON, line 1, column 2: \"x\" came where a digit was expected."),
    ("1.", "JSON, line 1, column 3: the text ends where a digit was expected."),
    ("1.e5", "JSON, line 1, column 3: \"e\" came where a digit was expected."),
    ("1e", "JSON, line 1, column 3: the text ends where a digit was expected."),
    ("1e+-2", "JSON, line 1, column 4: \"-\" came where a digit was expected."),
    ("0x1F", "JSON, line 1, column 2: \"x\" came where the end was expected."),
    ("[1e999]", "JSON, line 1, column 2: the number 1e999 is too large for a double."),
    ("[", "JSON, line 1, column 2: the text ends where a value was expected."),
    ("[1", "JSON, line 1, column 3: the text ends where \",\" or \"]\" was expected."),
    ("[1,]", "JSON, line 1, column 4: \"]\" came where a value was expected."),
    ("[1 2]", "JSON, line 1, column 4: \"2\" came where \",\" or \"]\" was expected."),
    ("[\"é\",\n \"ü\" x]", "JSON, line 2, column 6: \"x\" came where \",\" or \"]\" was expected."),
    ("{1:2}", "JSON, line 1, column 2: \"1\" came where a name in quotes was expected."),
    ("{\"a\"}", "JSON, line 1, column 5: \"}\" came where \":\" was expected."),
    ("{\"a\":}", "JSON, line 1, column 6: \"}\" came where a value was expected."),
    ("{\"a\":1,}", "JSON, line 1, column 8: \"}\" came where a name in quotes was expected."),
    ("{\"a\":1 \"b\":2}", "JSON, line 1, column 8: a quote came where \",\" or \"}\" was expected."),
    ("{\"a\":1,\"a\":2}", "JSON, line 1, column 8: the name \"a\" occurs twice in one object."),
    ("\"abc", "JSON, line 1, column 1: the string that begins here is not closed."),
    ("\"a\nb\"", "JSON, line 1, column 3: a control character (0xA) stands in a string; write it as an escape."),
    ("\"\\x\"", "JSON, line 1, column 3: \"x\" came where one of \" \\ / b f n r t u, for an escape, was expected."),
    ("\"\\", "JSON, line 1, column 3: the text ends where the rest of an escape was expected."),
    ("\"\\u12g4\"", "JSON, line 1, column 6: \"g\" came where a hexadecimal digit was expected."),
    ("\"\\u12", "JSON, line 1, column 6: the text ends where a hexadecimal digit was expected."),
    ("\"\\ud83d\"", "JSON, line 1, column 2: \\ud83d is one half of a surrogate pair without the other."),
    ("\"\\ude00\"", "JSON, line 1, column 2: \\ude00 is one half of a surrogate pair without the other."),
    ("\"\\ud83dx\"", "JSON, line 1, column 2: \\ud83d is one half of a surrogate pair without the other."),
    ("\"\\ud83d\\n\"", "JSON, line 1, column 2: \\ud83d is one half of a surrogate pair without the other."),
    ("\"\\ud83d\\ud83d\"", "JSON, line 1, column 2: \\ud83d is one half of a surrogate pair without the other."),
  ])
  func refuses(_ text: String, _ message: String) {
    expectError(is: message) { () throws(DataError) in _ = try JSON(parsing: text) }
  }

  @Test func limitsTheDepth() throws {
    let fits = String(repeating: "[", count: JSON.maximumDepth) + String(repeating: "]", count: JSON.maximumDepth)
    #expect(try JSON(parsing: fits).description == fits)
    for open in ["[", "{\"a\":"] {
      #expect(throws: DataError.self) { try JSON(parsing: String(repeating: open, count: 1_000_000)) }
    }
    expectError(is: "JSON, line 1, column 129: arrays and objects are nested more than 128 deep.") {
      () throws(DataError) in
      _ = try JSON(parsing: "[" + fits + "]")
    }
  }

  @Test(
    arguments: [
      ([0x22, 0xFF, 0x22], 2, "FF"), ([0x22, 0xC3, 0x22], 2, "C3"), ([0x22, 0x80, 0x22], 2, "80"),
      // An overlong zero, a surrogate, a character beyond the last, one that is cut off.
      ([0x22, 0xC0, 0x80, 0x22], 2, "C0"), ([0x22, 0xED, 0xA0, 0x80, 0x22], 2, "ED"),
      ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 2, "F4"), ([0x22, 0xC3, 0xA9, 0xE2, 0x82], 3, "E2"),
      ([0x31, 0xFE], 2, "FE"),
    ] as [([UInt8], Int, String)])
  func refusesWhatIsNotUTF8(_ bytes: [UInt8], _ column: Int, _ byte: String) {
    expectError(is: "JSON, line 1, column \(column): the byte 0x\(byte) is not UTF-8 here.") { () throws(DataError) in
      _ = try JSON(parsing: bytes)
    }
  }

  /// Printing and parsing is the identity, however a value looks.
  @Test(arguments: 0..<300) func roundTrips(_ seed: Int) throws {
    var random = RandomSource(seed: UInt64(seed))
    let json = JSON.random(using: &random, depth: 0)
    for text in [json.description, json.indented(), json.indented(by: 0)] {
      let read = try JSON(parsing: text)
      #expect(read == json)
      // Equality does not tell zeros apart, nor decomposed characters; the text does.
      #expect(Array(read.description.utf8) == Array(json.description.utf8))
    }
  }

  @Test func roundTripsDoubles() throws {
    var random = RandomSource(seed: 5)
    for _ in 0..<20_000 {
      let number = Double(bitPattern: random.next())
      let read = try JSON(parsing: JSON.exact(number).description).exactNumber
      #expect(read?.bitPattern == number.bitPattern)
    }
    for number in [Double.nan, -.nan, .signalingNaN, .infinity, -.infinity, -0.0, 0, .leastNonzeroMagnitude] {
      #expect(JSON.exact(number).exactNumber?.bitPattern == number.bitPattern)
    }
    #expect(JSON.exact(.nan) == "nan")
    #expect(JSON.exact(-.infinity) == "-inf")
    for other: JSON in ["NaN", "1", "", "nan:", "nan:0", "nan:7ff0000000000000", nil, [1]] {
      #expect(other.exactNumber == nil)
    }
  }

  /// Whatever bytes come, the answer is a value or an error.
  @Test func survivesAnyBytes() {
    var random = RandomSource(seed: 9)
    let alphabet = Array("{}[]:,\"\\u0123dDeE+-.tfn \n".utf8) + [0x80, 0xC3, 0xA9, 0xED, 0xFF, 0]
    for _ in 0..<20_000 {
      let length = Int(random.next() % 24)
      let bytes = (0..<length).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      if let json = try? JSON(parsing: bytes) { #expect((try? JSON(parsing: json.description)) == json) }
    }
  }
}

extension JSON {
  /// A value that is unlikely to be thought of.
  static func random(using random: inout RandomSource, depth: Int) -> JSON {
    switch random.next() % (depth < 5 ? 9 : 5) {
    case 0: return .null
    case 1: return .bool(random.next() % 2 == 0)
    case 2:
      let number = Double(bitPattern: random.next())
      return .number(number.isFinite ? number : 0)
    case 3: return .number(Double(Int64(bitPattern: random.next()) >> Int64(random.next() % 60)))
    case 4: return .string(text(using: &random))
    case 5, 6: return .array((0..<Int(random.next() % 6)).map { _ in .random(using: &random, depth: depth + 1) })
    default:
      var keys: Set<String> = []
      var members: [Member] = []
      for _ in 0..<(random.next() % 6) {
        let key = text(using: &random)
        if keys.insert(key).inserted { members.append(Member(key, .random(using: &random, depth: depth + 1))) }
      }
      return .object(members)
    }
  }

  private static func text(using random: inout RandomSource) -> String {
    var text = ""
    for _ in 0..<(random.next() % 10) {
      // Control characters, ASCII, combining marks, the whole range.
      let limits: [UInt32] = [0x20, 0x80, 0x370, 0x11_0000]
      let scalar = Unicode.Scalar(UInt32(truncatingIfNeeded: random.next()) % limits[Int(random.next() % 4)])
      text.unicodeScalars.append(scalar ?? "\u{FFFD}")
    }
    return text
  }
}
