/// The sheet that a chart is drawn on: its title, its legend, the notes below, and the room left for the plot.
struct ChartPage {
  static let titleSize = 16.0
  static let noteSize = 11.5
  private static let margin = 14.0

  let title: String
  let legend: Legend
  let width: Double
  let height: Double
  /// The room for plot, tick labels and axis titles.
  let content: Frame
  private let titleLines: [String]
  private let noteLines: [String]
  private let legendWidth: Double

  init(
    title: String, legend: Legend = Legend(), notes: [String], width: Double, height: Double,
    smallestHeight: Double = 160
  ) {
    let width = PictureSize.sane(width, smallest: 320, otherwise: 720)
    let plotHeight = PictureSize.sane(height, smallest: smallestHeight, otherwise: 420)
    self.title = title
    self.legend = legend
    self.width = width
    titleLines = Self.lines(of: title, width: width)
    noteLines = notes.flatMap {
      TextMetrics.wrapped($0, to: width - 2 * Self.margin, size: Self.noteSize, lines: 3)
    }
    legendWidth = legend.width(within: width * 0.38)
    let top = Self.top(titleLines)
    let noteHeight = noteLines.isEmpty ? 0 : Double(noteLines.count) * 16 + 6
    let least = legend.height + top + Self.margin
    // Notes and a long legend lengthen the sheet, so that they never squeeze the plot.
    self.height = max(plotHeight, least) + noteHeight
    content = Frame(
      x: Self.margin, y: top, width: width - 2 * Self.margin - legendWidth,
      height: max(plotHeight, least) - top - Self.margin)
  }

  /// The height of a sheet that leaves a given room between title and margin.
  static func height(for content: Double, title: String, width: Double) -> Double {
    let width = PictureSize.sane(width, smallest: 320, otherwise: 720)
    return top(lines(of: title, width: width)) + content + margin
  }

  private static func lines(of title: String, width: Double) -> [String] {
    TextMetrics.wrapped(title, to: width - 2 * margin, size: titleSize, bold: true, lines: 2)
  }

  private static func top(_ titleLines: [String]) -> Double {
    titleLines.isEmpty ? margin : margin + Double(titleLines.count) * 20 + 8
  }

  /// The finished picture, with what was drawn inside the content.
  func picture(_ marks: [SVGElement], legendTop: Double? = nil) -> Picture {
    var elements: [SVGElement] = []
    for (index, line) in titleLines.enumerated() {
      elements.append(
        Label(line, size: Self.titleSize, colour: Palette.ink, isBold: true)
          .at(Self.margin, Self.margin + 14 + Double(index) * 20))
    }
    elements += marks
    elements += legend.draw(x: content.right, y: legendTop ?? content.y, width: legendWidth)
    for (index, line) in noteLines.reversed().enumerated() {
      elements.append(
        Label(line, size: Self.noteSize, colour: Palette.muted)
          .at(Self.margin, height - Self.margin + 2 - Double(index) * 16))
    }
    return Picture(
      width: width, height: height, description: TextMetrics.oneLine(title), elements: elements)
  }
}
