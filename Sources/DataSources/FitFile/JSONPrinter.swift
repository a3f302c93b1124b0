extension JSON: CustomStringConvertible {
  /// The value as JSON on one line, without spaces.
  ///
  /// Doubles have as few digits as identify them, and whole numbers no point. NaN and infinity, for which JSON has no
  /// form, are printed as `null`.
  public var description: String {
    var printer = JSONPrinter(indentation: nil)
    printer.print(self, depth: 0)
    return printer.text
  }

  /// The value as JSON for people: a line for each member, and for each element that is not a plain value.
  ///
  /// Numbers are printed as in ``description``.
  ///
  /// - Parameter width: How many spaces a level is moved in.
  public func indented(by width: Int = 2) -> String {
    var printer = JSONPrinter(indentation: width)
    printer.print(self, depth: 0)
    return printer.text
  }
}

/// Writes values into a text.
private struct JSONPrinter {
  /// Spaces of a level; nil for everything on one line.
  let indentation: Int?
  var text = ""

  mutating func print(_ value: JSON, depth: Int) {
    switch value {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .number(let number): text += number.isFinite ? numberText(number) : "null"
    case .string(let string): print(string)
    case .array(let elements): print(elements, depth: depth)
    case .object(let members): print(members, depth: depth)
    }
  }

  private mutating func print(_ elements: [JSON], depth: Int) {
    text += "["
    // Numbers in a row are easier to read than in a column.
    let breaks = indentation != nil && elements.contains { $0.isContainer }
    for (position, element) in elements.enumerated() {
      if position > 0 { text += indentation == nil || breaks ? "," : ", " }
      if breaks { startLine(depth + 1) }
      print(element, depth: depth + 1)
    }
    if breaks { startLine(depth) }
    text += "]"
  }

  private mutating func print(_ members: [JSON.Member], depth: Int) {
    text += "{"
    for (position, member) in members.enumerated() {
      if position > 0 { text += "," }
      if indentation != nil { startLine(depth + 1) }
      print(member.key)
      text += indentation == nil ? ":" : ": "
      print(member.value, depth: depth + 1)
    }
    if indentation != nil, !members.isEmpty { startLine(depth) }
    text += "}"
  }

  private mutating func startLine(_ depth: Int) {
    text += "\n" + String(repeating: " ", count: depth * (indentation ?? 0))
  }

  private mutating func print(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

extension JSON {
  /// Whether it holds other values.
  fileprivate var isContainer: Bool {
    switch self {
    case .array(let elements): !elements.isEmpty
    case .object(let members): !members.isEmpty
    default: false
    }
  }
}
