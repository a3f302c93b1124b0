/// Estimates how wide a text is drawn, so that labels can be placed, shortened and kept apart.
///
/// The widths are those of Helvetica, which Arial and Liberation Sans share.
enum TextMetrics {
  static let fontFamily = "Helvetica, Arial, 'Liberation Sans', sans-serif"

  /// Widths of the characters from space to tilde, in thousandths of the font size.
  private static let ascii: [Double] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
  ]

  static func width(_ text: String, size: Double, bold: Bool = false) -> Double {
    var thousandths = 0.0
    for scalar in text.unicodeScalars { thousandths += width(scalar) }
    return thousandths / 1000 * size * (bold ? 1.07 : 1)
  }

  /// The text itself, or as much of it as fits before an ellipsis.
  static func shortened(_ text: String, to width: Double, size: Double, bold: Bool = false) -> String {
    let line = oneLine(text)
    guard self.width(line, size: size, bold: bold) > width else { return line }
    let room = width - self.width("\u{2026}", size: size, bold: bold)
    var kept = ""
    var used = 0.0
    for character in line {
      used += self.width(String(character), size: size, bold: bold)
      if used > room { break }
      kept.append(character)
    }
    while kept.last == " " { kept.removeLast() }
    return kept + "\u{2026}"
  }

  /// The text broken at spaces into lines that fit; a last line that cannot hold the rest is shortened.
  static func wrapped(_ text: String, to width: Double, size: Double, bold: Bool = false, lines limit: Int) -> [String]
  {
    var lines: [String] = []
    var line = ""
    for word in oneLine(text).split(separator: " ") {
      let longer = line.isEmpty ? String(word) : line + " " + word
      if line.isEmpty || lines.count == limit - 1 || self.width(longer, size: size, bold: bold) <= width {
        line = longer
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines.map { shortened($0, to: width, size: size, bold: bold) }
  }

  /// Line breaks and tabs have no place in a label.
  static func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }

  private static func width(_ scalar: Unicode.Scalar) -> Double {
    switch scalar.value {
    case 0x20...0x7E: ascii[Int(scalar.value) - 0x20]
    case 0x00B2, 0x00B3, 0x00B9, 0x2070...0x207F: 333
    case 0x2212, 0x00D7: 584
    case 0x0300...0x036F, 0x200B...0x200F, 0xFE00...0xFE0F: 0
    case 0x2014, 0x2026, 0x1100...0x115F, 0x2E80...0xD7A3, 0xF900...0xFAFF, 0xFF00...0xFF60, 0x1F300...: 1000
    default: 580
    }
  }
}
