/// Sums of many summands, broken into lines in both notations.
struct Equation {
  /// The left-hand side with its sign, `η(…) ←`; empty for a sum that goes on.
  var head: Formula
  var summands: [Summand]

  /// About how many characters of text fill a line of the LaTeX page.
  private static let latexWidth = 88
  /// The widest line of text.
  private static let textWidth = 110

  /// The summands in lines no wider than asked; each line has at least one.
  private func lines(width: Int) -> [Formula] {
    var lines: [Formula] = []
    for (i, summand) in summands.enumerated() {
      let next = summand.signed(isFirst: i == 0)
      if let last = lines.last, last.text.count + 1 + next.text.count <= width {
        lines[lines.count - 1] = last + Formula(" ") + next
      } else {
        lines.append(next)
      }
    }
    return lines
  }

  /// Lines of text; those after the first stand under the first summand.
  ///
  /// - Parameter headWidth: The width that the left-hand side is padded to.
  func text(headWidth: Int) -> [String] {
    lines(width: Self.textWidth - headWidth).enumerated().map { i, line in
      (i == 0 ? padded(head.text, headWidth) : String(repeating: " ", count: headWidth)) + " " + line.text
    }
  }

  /// Lines of an `align*`.
  var latex: [String] {
    // A relation is aligned with what continues it a little further in.
    lines(width: Self.latexWidth - head.text.count).enumerated().map { i, line in
      i == 0 ? "\(head.latex) \(line.latex)" : "&\\qquad {}\(line.latex)"
    }
  }
}

/// Summands under common sums over rows, plates and labels.
struct SumGroup {
  /// The signs for the sums.
  var sums: [Formula]
  var summands: [Summand]

  /// Groups up to this many characters stand on one line.
  private static let narrow = 76

  /// The whole sum on one line, where it is short.
  private func line(isFirst: Bool) -> Formula? {
    let signed = plain.enumerated().map { $1.signed(isFirst: $0 == 0 && (isFirst || isBraced)) }
    var line = signed.joined(Formula(" "))
    if isBraced {
      let sign = sums.joined(Formula(" ", latex: ""))
      line =
        Formula(isFirst ? "" : "+ ") + sign + Formula(" { ", latex: " \\bigl\\{ ") + line
        + Formula(" }", latex: " \\bigr\\}")
    }
    return line.text.count <= Self.narrow ? line : nil
  }

  private var isBraced: Bool { !sums.isEmpty && summands.count > 1 }

  /// Lines of text, in braces where a sum has several summands; one summand each where they do not fit on one line.
  func text(isFirst: Bool) -> [String] {
    let margin = isFirst ? "  " : ""
    if let line = line(isFirst: isFirst) { return [margin + line.text] }
    if !isBraced {
      return plain.enumerated().map { i, summand in
        (i == 0 ? margin : "") + summand.signed(isFirst: isFirst && i == 0).text
      }
    }
    let head = (isFirst ? margin : "+ ") + sums.map(\.text).joined(separator: " ") + " { "
    let lines = summands.enumerated().map { i, summand in
      (i == 0 ? head : String(repeating: " ", count: head.count)) + summand.signed(isFirst: i == 0).text
    }
    return lines.dropLast() + [lines[lines.count - 1] + " }"]
  }

  /// Lines of an `align*`.
  func latex(isFirst: Bool) -> [String] {
    if let line = line(isFirst: isFirst) { return ["&{}" + line.latex] }
    if !isBraced {
      return plain.enumerated().map { i, summand in "&{}" + summand.signed(isFirst: isFirst && i == 0).latex }
    }
    let head = (isFirst ? "&" : "&{}+ ") + sums.map(\.latex).joined() + " \\Bigl\\{ "
    let lines = summands.enumerated().map { i, summand in
      (i == 0 ? head : "&\\qquad {}") + summand.signed(isFirst: i == 0).latex
    }
    return lines.dropLast() + [lines[lines.count - 1] + " \\Bigr\\}"]
  }

  /// The summands, the sums written into the only one.
  private var plain: [Summand] {
    if sums.isEmpty || isBraced { return summands }
    let sign = sums.joined(Formula(" ", latex: "")) + Formula(" ", latex: "\\,")
    return summands.map { Summand(isNegative: $0.isNegative, body: sign + $0.body) }
  }
}

/// A text filled up with spaces.
func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

/// Rows of cells as lines, each column as wide as its widest cell.
func columns(_ rows: [[String]], indent: String = "  ", gap: String = "  ") -> [String] {
  let count = rows.map(\.count).max() ?? 0
  let widths = (0..<count).map { c in rows.map { c < $0.count ? $0[c].count : 0 }.max() ?? 0 }
  return rows.map { row in
    var line = indent + row.enumerated().map { padded($1, widths[$0]) }.joined(separator: gap)
    while line.last == " " { line.removeLast() }
    return line
  }
}
