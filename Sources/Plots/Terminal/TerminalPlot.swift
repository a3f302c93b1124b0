/// Small pictures made of characters, for a terminal.
public enum TerminalPlot {
  /// A series as one line of blocks; a value that is not finite leaves a blank.
  ///
  /// A series longer than the line is averaged over stretches, a shorter one takes one character for each value.
  public static func sparkline(_ values: [Double], width: Int = 60) -> String {
    let blocks = Array("▁▂▃▄▅▆▇█")
    let columns = averaged(values, columns: sane(width, smallest: 1))
    let finite = columns.filter(Domain.isDrawable)
    guard let low = finite.min(), let high = finite.max() else {
      return String(repeating: " ", count: columns.count)
    }
    return String(
      columns.map { value -> Character in
        guard Domain.isDrawable(value) else { return " " }
        // A constant series is drawn at half height, neither at its floor nor at its ceiling.
        guard low < high else { return blocks[3] }
        return blocks[min(7, Int((value - low) / (high - low) * 8))]
      })
  }

  /// A series as a curve of dots with its range at the side, several lines high.
  ///
  /// With `skipsSteepStart` the scale leaves out a steep rise at the beginning, such as the bound of a fit has.
  public static func curve(
    _ values: [Double], width: Int = 64, height: Int = 8, skipsSteepStart: Bool = false
  ) -> String {
    let height = sane(height, smallest: 2)
    let finite = values.filter(Domain.isDrawable)
    guard let lowest = finite.min(), let high = finite.max() else { return "(no values to show)\n" }
    let view = skipsSteepStart ? TraceView([values.map { Domain.isDrawable($0) ? $0 : .nan }]) : nil
    let low = max(lowest, view?.domain.lower ?? lowest)
    let labels = [NumberText.compact(high, style: .ascii), NumberText.compact(low, style: .ascii)]
    let margin = labels.map(\.count).max() ?? 0
    let columns = max(4, sane(width, smallest: 8) - margin - 2)
    var canvas = BrailleCanvas(columns: columns, rows: height)
    let span = high - low
    func level(_ value: Double) -> Int {
      let share = span > 0 ? (value - low) / span : 0.5
      // Below the scale a point is kept just outside the canvas, for the line to leave it at about the right slope.
      return Int((min(1 - share, 3) * Double(canvas.height - 1)).rounded())
    }
    var previous: (x: Int, y: Int)?
    let reach = Double(max(values.count - 1, 1))
    for (index, value) in values.enumerated() {
      guard Domain.isDrawable(value) else {
        previous = nil
        continue
      }
      let x = values.count == 1 ? canvas.width / 2 : Int((Double(index) / reach * Double(canvas.width - 1)).rounded())
      let point = (x: x, y: level(value))
      canvas.line(from: previous ?? point, to: point)
      previous = point
    }
    let lines = canvas.lines.enumerated().map { row, line in
      let label = row == 0 ? labels[0] : row == height - 1 ? labels[1] : ""
      let side = label.isEmpty ? "│" : "┤"
      return TerminalText.withoutTrailingSpaces(
        TerminalText.padded(label, to: margin, right: true) + " " + side + line)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Labelled bars with their values, one to a line.
  public static func bars(_ items: [BarPlot.Item], width: Int = 72) -> String {
    guard !items.isEmpty else { return "(nothing to show)\n" }
    let width = sane(width, smallest: 24)
    let labels = items.map { TerminalText.shortened(TerminalText.safe($0.label), to: width / 3) }
    let texts = NumberText.weights(items.map(\.value), style: .ascii)
    let labelWidth = labels.map(TerminalText.width).max() ?? 0
    let textWidth = texts.map(\.count).max() ?? 0
    let room = max(4, width - labelWidth - textWidth - 3)
    let largest = items.map(\.value).filter(Domain.isDrawable).map(\.magnitude).max() ?? 0
    let lines = items.indices.map { index in
      let value = Domain.isDrawable(items[index].value) ? items[index].value.magnitude : 0
      let bar = bar(largest > 0 ? value / largest * Double(room) : 0)
      return TerminalText.withoutTrailingSpaces(
        TerminalText.padded(labels[index], to: labelWidth, right: true) + " "
          + TerminalText.padded(texts[index], to: textWidth, right: true) + "  " + bar)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A table with its columns lined up, numbers to the right.
  public static func table(_ table: TextTable) -> String {
    let columns = 0..<table.columnCount
    let heads = columns.map { TerminalText.safe(table.head($0)) }
    let rows = table.rows.map { row in columns.map { TerminalText.safe(table.cell(row, $0)) } }
    let widths = columns.map { column in
      max(TerminalText.width(heads[column]), rows.map { TerminalText.width($0[column]) }.max() ?? 0)
    }
    let sides = columns.map { table.alignment($0) == .right }
    func line(_ cells: [String]) -> String {
      let padded = columns.map { TerminalText.padded(cells[$0], to: widths[$0], right: sides[$0]) }
      return TerminalText.withoutTrailingSpaces(padded.joined(separator: "  ")) + "\n"
    }
    var result = ""
    if !table.columns.isEmpty {
      result += line(heads)
      result += widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ") + "\n"
    }
    return result + rows.map(line).joined()
  }

  /// A bar of a length in characters, to an eighth of one.
  static func bar(_ length: Double) -> String {
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let eighths = Int((max(length, 0) * 8).rounded())
    // Something is not nothing: a bar too short to see still gets its thinnest mark.
    if eighths == 0 { return length > 0 ? parts[1] : "" }
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }

  static func sane(_ length: Int, smallest: Int) -> Int { min(max(length, smallest), 400) }

  private static func averaged(_ values: [Double], columns: Int) -> [Double] {
    guard values.count > columns else { return values }
    return (0..<columns).map { column in
      let stretch = values[(column * values.count / columns)..<((column + 1) * values.count / columns)]
      let finite = stretch.filter(Domain.isDrawable)
      // Divided first: the sum of many large values would overflow.
      return finite.isEmpty ? .nan : finite.reduce(0) { $0 + $1 / Double(finite.count) }
    }
  }
}
