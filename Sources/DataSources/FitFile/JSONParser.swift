import Inference

extension JSON {
  /// How deep arrays and objects may be nested when they are parsed.
  public static let maximumDepth = 128

  /// Parses a text that is one JSON value.
  ///
  /// Numbers become the nearest double; one that is too large for any is an error, as is a name that an object has
  /// twice, or anything behind the value but white space.
  ///
  /// - Parameter name: What messages call the text, such as a path.
  /// - Throws: ``DataError`` with line and column of what is wrong.
  public init(parsing text: String, name: String = "JSON") throws(DataError) {
    try self.init(parsing: Array(text.utf8), name: name)
  }

  /// Parses bytes that are one JSON value in UTF-8.
  ///
  /// - Parameter name: What messages call the bytes, such as a path.
  /// - Throws: ``DataError`` with line and column of what is wrong.
  public init(parsing bytes: [UInt8], name: String = "JSON") throws(DataError) {
    var parser = JSONParser(bytes: bytes, name: name)
    try parser.checkEncoding()
    self = try parser.value(depth: 0)
    try parser.expectEnd()
  }
}

/// Reads one value from bytes, from the first to the last.
private struct JSONParser {
  private let bytes: [UInt8]
  private let name: String
  private var position = 0

  init(bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  // MARK: Messages

  private func error(_ message: String, at offset: Int? = nil) -> DataError {
    let before = bytes[..<(offset ?? position)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    // Columns are characters: bytes that go on with one do not count.
    let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
    return DataError("\(name), line \(line), column \(column): \(message)")
  }

  /// What stands where something else was expected.
  private func unexpected(_ expectation: String) -> DataError {
    guard position < bytes.count else { return error("the text ends where \(expectation) was expected.") }
    // The encoding was checked, so that a character is whole.
    let end = bytes[(position + 1)...].firstIndex { $0 & 0xC0 != 0x80 } ?? bytes.count
    let found = shown(String(decoding: bytes[position..<end], as: UTF8.self))
    return error("\(found == "\"" ? "a quote" : "\"\(found)\"") came where \(expectation) was expected.")
  }

  /// Bytes that are not UTF-8 are an error wherever they stand.
  func checkEncoding() throws(DataError) {
    if String(validating: bytes, as: UTF8.self) != nil { return }
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var offset = 0
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar): offset += scalar.count
      case .error:
        throw error("the byte 0x\(String(bytes[offset], radix: 16, uppercase: true)) is not UTF-8 here.", at: offset)
      case .emptyInput: return
      }
    }
  }

  // MARK: Values

  mutating func value(depth: Int) throws(DataError) -> JSON {
    skipSpace()
    guard position < bytes.count else { throw unexpected("a value") }
    switch bytes[position] {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      // A limit, since every level takes room on the stack.
      guard depth < JSON.maximumDepth else {
        throw error("arrays and objects are nested more than \(JSON.maximumDepth) deep.")
      }
      return bytes[position] == UInt8(ascii: "{") ? try object(depth: depth) : try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default:
      if take("true") { return .bool(true) }
      if take("false") { return .bool(false) }
      if take("null") { return .null }
      throw unexpected("a value")
    }
  }

  mutating func expectEnd() throws(DataError) {
    skipSpace()
    if position < bytes.count { throw unexpected("the end") }
  }

  private mutating func array(depth: Int) throws(DataError) -> JSON {
    position += 1
    var elements: [JSON] = []
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      if take("]") { return .array(elements) }
      guard take(",") else { throw unexpected("\",\" or \"]\"") }
    }
  }

  private mutating func object(depth: Int) throws(DataError) -> JSON {
    position += 1
    var members: [JSON.Member] = []
    var keys: Set<String> = []
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      let start = position
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw unexpected("a name in quotes") }
      let key = try string()
      guard keys.insert(key).inserted else {
        throw error("the name \"\(shown(key))\" occurs twice in one object.", at: start)
      }
      guard take(":") else { throw unexpected("\":\"") }
      members.append(JSON.Member(key, try value(depth: depth + 1)))
      if take("}") { return .object(members) }
      guard take(",") else { throw unexpected("\",\" or \"}\"") }
    }
  }

  // MARK: Numbers

  private mutating func number() throws(DataError) -> Double {
    let start = position
    _ = takeByte("-")
    if takeByte("0") {
      if position < bytes.count, isDigit(bytes[position]) {
        throw unexpected("a point, since a number has no leading zeros,")
      }
    } else {
      try digits()
    }
    if takeByte(".") { try digits() }
    if takeByte("e") || takeByte("E") {
      if !takeByte("+") { _ = takeByte("-") }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let number = Double(text), number.isFinite else {
      throw error("the number \(shown(text)) is too large for a double.", at: start)
    }
    return number
  }

  private mutating func digits() throws(DataError) {
    guard position < bytes.count, isDigit(bytes[position]) else { throw unexpected("a digit") }
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
  }

  private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  // MARK: Strings

  private mutating func string() throws(DataError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"):
        content += Array(String(Character(try escape())).utf8)
      case 0..<0x20:
        throw error(
          "a control character (0x\(String(byte, radix: 16, uppercase: true))) stands in a string; write it as an escape."
        )
      default:
        content.append(byte)
        position += 1
      }
    }
    throw error("the string that begins here is not closed.", at: start)
  }

  private mutating func escape() throws(DataError) -> Unicode.Scalar {
    let start = position
    position += 1
    guard position < bytes.count else { throw unexpected("the rest of an escape") }
    let letter = bytes[position]
    position += 1
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try hexadecimal()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      // A character beyond U+FFFF is a pair of surrogates.
      if unit < 0xDC00, takeByte("\\"), takeByte("u") {
        let low = try hexadecimal()
        if (0xDC00...0xDFFF).contains(low),
          let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
        {
          return scalar
        }
      }
      throw error("\\u\(String(unit, radix: 16)) is one half of a surrogate pair without the other.", at: start)
    default:
      position -= 1
      throw unexpected("one of \" \\ / b f n r t u, for an escape,")
    }
  }

  private mutating func hexadecimal() throws(DataError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw unexpected("a hexadecimal digit")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  // MARK: Bytes

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  /// Goes behind a word or a sign that comes next, after white space.
  private mutating func take(_ text: StaticString) -> Bool {
    skipSpace()
    guard bytes.count - position >= text.utf8CodeUnitCount else { return false }
    for index in 0..<text.utf8CodeUnitCount where bytes[position + index] != text.utf8Start[index] { return false }
    position += text.utf8CodeUnitCount
    return true
  }

  private mutating func takeByte(_ sign: Unicode.Scalar) -> Bool {
    guard position < bytes.count, UInt32(bytes[position]) == sign.value else { return false }
    position += 1
    return true
  }
}
