/// A text from a file as a message may show it: on one line, without what a terminal would obey, and not longer than a
/// glance.
package func shown(_ text: String) -> String {
  let part = String(text.unicodeScalars.prefix(60))
  return escapingControls(part, keeping: "") + (part.utf8.count < text.utf8.count ? "..." : "")
}

/// A text without the characters that a terminal obeys instead of showing them: an escape sequence in the name of a column
/// could rename the window, hide what follows, or print as something else.
///
/// - Parameter kept: Control characters that stay.
package func escapingControls(_ text: String, keeping kept: String) -> String {
  guard text.unicodeScalars.contains(where: isObeyed) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if !isObeyed(scalar) || kept.unicodeScalars.contains(scalar) {
      result.unicodeScalars.append(scalar)
      continue
    }
    switch scalar {
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    default: result += "\\u{\(String(scalar.value, radix: 16))}"
    }
  }
  return result
}

/// Whether a terminal obeys a character: control characters (C0, DEL, C1), ends of lines and paragraphs, and those that
/// change the direction of what follows.
private func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x61C: true
  default: false
  }
}
