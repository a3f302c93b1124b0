extension TerminalPlot {
  /// A histogram, one bin to a line, with a mark where a density would have the bar end.
  public static func histogram(
    _ values: [Double], width: Int = 72, bins limit: Int = 18, density: (@Sendable (Double) -> Double)? = nil
  ) -> String {
    let clean = CleanValues(values)
    guard !clean.sorted.isEmpty else { return "(no values to show)\n" }
    let robust = RobustView(sorted: clean.sorted)
    let bins = HistogramBins(sorted: clean.sorted, view: robust.domain, limit: sane(limit, smallest: 2))
    let expected = bins.heights.indices.map { bin in
      density.map { mean(of: $0, from: bins.left(bin), width: bins.width) } ?? 0
    }
    let largest = bins.heights.max() ?? 0
    // A density far above every bar would flatten them all; its mark then stays at the edge.
    let top = min(max(largest, expected.max() ?? 0), largest * 2)
    let labels = middleLabels(bins)
    let counts = bins.counts.map { String($0) }
    let labelWidth = labels.map(\.count).max() ?? 0
    let countWidth = counts.map(\.count).max() ?? 0
    let room = max(4, sane(width, smallest: 24) - labelWidth - countWidth - 4)
    var lines = bins.heights.indices.map { bin -> String in
      var cells = Array(TerminalPlot.bar(bins.heights[bin] / top * Double(room)))
      if density != nil, expected[bin] > 0 {
        let place = min(Int((min(expected[bin] / top, 1) * Double(room)).rounded()), room - 1)
        while cells.count <= place { cells.append(" ") }
        cells[place] = "│"
      }
      return TerminalText.withoutTrailingSpaces(
        TerminalText.padded(labels[bin], to: labelWidth, right: true) + "  "
          + TerminalText.padded(counts[bin], to: countWidth, right: true) + "  " + String(cells))
    }
    if density != nil { lines.append("│ the fitted density") }
    lines += [robust.note, clean.note].compactMap { $0 }.map { $0.replacingMinus }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The middles of the bins, all with the same decimals and enough of them to differ.
  private static func middleLabels(_ bins: HistogramBins) -> [String] {
    let middles = bins.heights.indices.map { bins.left($0) + bins.width / 2 }
    let largest = middles.map(\.magnitude).max() ?? 0
    let decimals = max(0, 1 - DecimalDigits(bins.width).exponent)
    guard largest < 1e9, decimals <= 6 else {
      let digits = max(3, DecimalDigits(largest).exponent - DecimalDigits(bins.width).exponent + 2)
      return middles.map {
        NumberText.scientific(DecimalDigits($0).rounded(significant: min(digits, 15)), style: .ascii)
      }
    }
    let isWhole = bins.width >= 1 && middles.allSatisfy { $0 == $0.rounded() }
    return middles.map { NumberText.fixed($0, decimals: isWhole ? 0 : decimals, style: .ascii) }
  }

  private static func mean(of density: (Double) -> Double, from left: Double, width: Double) -> Double {
    let count = 16
    let values = (0..<count).map { density(left + width * (Double($0) + 0.5) / Double(count)) }
      .filter { $0 >= 0 && Domain.isDrawable($0) }
    return values.reduce(0) { $0 + $1 / Double(count) }
  }
}

extension String {
  /// Notes are shared with the pictures, whose minus sign some terminals cannot show.
  fileprivate var replacingMinus: String { String(map { $0 == "\u{2212}" ? "-" : $0 }) }
}
