/// A table of coloured cells: components down, variables across.
public struct HeatTable: Sendable {
  /// What the numbers are, and with it how they are coloured.
  public enum Scale: Sendable {
    /// Shares between 0 and 1, white to blue.
    case unit
    /// Values on both sides of zero, blue over white to vermilion, as far as the largest magnitude reaches.
    case standardised
  }

  /// The names of the rows.
  public var rows: [String]
  /// The names of the columns.
  public var columns: [String]
  /// The numbers, row by row; one that is missing or not finite leaves a dash.
  public var values: [[Double]]
  /// What to write in the cells instead of the numbers that colour them.
  public var texts: [[String]]?
  /// How the numbers are coloured.
  public var scale: Scale
  /// The heading of the picture.
  public var title: String
  /// What the colours mean, beside their key.
  public var scaleLabel: String
  /// The width in pixels; the height follows from the rows.
  public var width: Double

  /// Makes a table of coloured cells.
  public init(
    rows: [String], columns: [String], values: [[Double]], texts: [[String]]? = nil, scale: Scale = .unit,
    title: String = "", scaleLabel: String = "", width: Double = 720
  ) {
    self.rows = rows
    self.columns = columns
    self.values = values
    self.texts = texts
    self.scale = scale
    self.title = title
    self.scaleLabel = scaleLabel
    self.width = width
  }

  private static let labelSize = 12.0
  private static let mostRows = 60
  private static let mostColumns = 64

  /// Draws the table.
  public func picture() -> Picture {
    let layout = Layout(self)
    let keyHeight = 40.0
    let height = ChartPage.height(
      for: layout.headHeight + layout.bodyHeight + keyHeight, title: title, width: width)
    let page = ChartPage(title: title, notes: layout.notes, width: width, height: height, smallestHeight: 40)
    guard layout.rowCount > 0, layout.columnCount > 0 else {
      let text = Label("nothing to show", size: 14, colour: Palette.muted, anchor: .middle)
      return page.picture([text.at(page.width / 2, page.content.y + page.content.height / 2)])
    }
    let body = Frame(
      x: page.content.x + layout.labelWidth, y: page.content.y + layout.headHeight,
      width: layout.cellWidth * Double(layout.columnCount), height: layout.bodyHeight)
    return page.picture(
      head(layout, body) + cells(layout, body) + key(below: body, right: max(body.right, page.content.x + 260)))
  }

  /// The sizes of the table's parts.
  private struct Layout {
    let rowCount: Int
    let columnCount: Int
    let labelWidth: Double
    let cellWidth: Double
    let cellHeight: Double
    let headHeight: Double
    let isTurned: Bool
    var notes: [String] = []

    var bodyHeight: Double { cellHeight * Double(rowCount) }

    init(_ table: HeatTable) {
      let rows = max(table.rows.count, table.values.count)
      let columns = max(table.columns.count, table.values.map(\.count).max() ?? 0)
      rowCount = min(rows, HeatTable.mostRows)
      columnCount = min(columns, HeatTable.mostColumns)
      if rowCount < rows { notes.append("\u{2026} and \(NumberText.counted(rows - rowCount, "more row")).") }
      if columnCount < columns {
        notes.append("\u{2026} and \(NumberText.counted(columns - columnCount, "more column")).")
      }
      let width = PictureSize.sane(table.width, smallest: 320, otherwise: 720) - 28
      let widest = table.rows.map { TextMetrics.width(TextMetrics.oneLine($0), size: HeatTable.labelSize) }.max()
      labelWidth = min(widest ?? 0, width * 0.3) + 10
      let room = width - labelWidth
      let names = table.columns.prefix(columnCount).map {
        TextMetrics.width(TextMetrics.oneLine($0), size: HeatTable.labelSize)
      }
      let longest = names.max() ?? 0
      let level = min(room / Double(max(columnCount, 1)), 92)
      isTurned = longest > level - 8
      // Turned names lean out to the right of their column, the last one past the table.
      let reach = isTurned ? min(longest, 130) * 0.71 : 0
      cellWidth = isTurned ? min(max((room - reach) / Double(max(columnCount, 1)), 4), 92) : level
      cellHeight = rowCount > 24 ? 18 : 26
      headHeight = isTurned ? reach + 16 : longest > 0 ? 22 : 4
    }
  }

  private func head(_ layout: Layout, _ body: Frame) -> [SVGElement] {
    columns.prefix(layout.columnCount).enumerated().compactMap { index, name in
      let middle = body.x + (Double(index) + 0.5) * layout.cellWidth
      let text = TextMetrics.shortened(name, to: layout.isTurned ? 130 : layout.cellWidth, size: Self.labelSize)
      // Where columns are narrower than a line of text, only every so many of them can be named.
      let every = layout.isTurned ? Int((14 / layout.cellWidth).rounded(.up)) : 1
      guard index % max(every, 1) == 0 else { return nil }
      return layout.isTurned
        ? Label(text, size: Self.labelSize).at(middle + 3, body.y - 7, turned: -45)
        : Label(text, size: Self.labelSize, anchor: .middle).at(middle, body.y - 8)
    }
  }

  private func cells(_ layout: Layout, _ body: Frame) -> [SVGElement] {
    let reach = largestMagnitude
    let texts = (0..<layout.rowCount).map { row in
      (0..<layout.columnCount).map { text(row, $0) }
    }
    let widest = texts.joined().map { TextMetrics.width($0, size: 11) }.max() ?? 0
    let hasTexts = widest <= layout.cellWidth - 5
    var elements: [SVGElement] = []
    for row in 0..<layout.rowCount {
      let y = body.y + Double(row) * layout.cellHeight
      let name = rows.indices.contains(row) ? rows[row] : ""
      elements.append(
        Label(
          TextMetrics.shortened(name, to: layout.labelWidth - 9, size: Self.labelSize), size: Self.labelSize,
          anchor: .end
        )
        .at(body.x - 8, y + layout.cellHeight / 2 + 4))
      for column in 0..<layout.columnCount {
        let x = body.x + Double(column) * layout.cellWidth
        let value = value(row, column)
        let colour = value.map { self.colour(of: $0, reach: reach) }
        elements.append(
          SVGElement(
            "rect",
            [
              "x": .number(x), "y": .number(y), "width": .number(layout.cellWidth),
              "height": .number(layout.cellHeight), "fill": .text(colour?.hex ?? Palette.grid),
              "stroke": .text(Palette.ground), "stroke-width": .number(layout.cellWidth > 12 ? 1.5 : 0.5),
            ]))
        if hasTexts {
          elements.append(
            Label(
              texts[row][column], size: 11, colour: colour?.isDark ?? false ? Palette.ground : Palette.ink,
              anchor: .middle
            )
            .at(x + layout.cellWidth / 2, y + layout.cellHeight / 2 + 4))
        }
      }
    }
    return elements
  }

  /// The key to the colours: a strip of steps, since a gradient would need an `id`.
  private func key(below body: Frame, right: Double) -> [SVGElement] {
    let (stepCount, width) = (48, 144.0)
    let ends =
      scale == .unit
      ? ["0", "1"] : [-largestMagnitude, largestMagnitude].map { NumberText.compact($0, significant: 2) }
    let y = (body.bottom + 16).rounded()
    let endWidth = TextMetrics.width(ends[1], size: 11)
    // Steps of whole pixels: fractions of one would let the ground shine through between them.
    let left = (right - endWidth - 8 - width).rounded()
    let step = width / Double(stepCount)
    var elements = (0..<stepCount).map { index in
      let place = Double(index) / Double(stepCount - 1)
      let colour = (scale == .unit ? ColourScale.sequential : .diverging).colour(at: place)
      return SVGElement(
        "rect",
        [
          "x": .number(left + Double(index) * step), "y": .number(y), "width": .number(step),
          "height": .number(11), "fill": .text(colour.hex), "shape-rendering": "crispEdges",
        ])
    }
    elements.append(
      SVGElement(
        "rect",
        [
          "x": .number(left), "y": .number(y), "width": .number(width), "height": .number(11), "fill": "none",
          "stroke": .text(Palette.axis), "stroke-width": .number(0.5),
        ]))
    elements.append(Label(ends[1], size: 11, anchor: .end).at(right, y + 9.5))
    elements.append(Label(ends[0], size: 11, anchor: .end).at(left - 8, y + 9.5))
    let labelRight = left - 18 - TextMetrics.width(ends[0], size: 11)
    let label = TextMetrics.shortened(scaleLabel, to: max(labelRight - 14, 0), size: 11)
    if !scaleLabel.isEmpty {
      elements.append(Label(label, size: 11, colour: Palette.muted, anchor: .end).at(labelRight, y + 9.5))
    }
    return elements
  }

  private func value(_ row: Int, _ column: Int) -> Double? {
    guard values.indices.contains(row), values[row].indices.contains(column) else { return nil }
    return Domain.isDrawable(values[row][column]) ? values[row][column] : nil
  }

  private func text(_ row: Int, _ column: Int) -> String {
    if let texts { return texts.indices.contains(row) && texts[row].indices.contains(column) ? texts[row][column] : "" }
    guard let value = value(row, column) else { return "\u{2013}" }
    return value.magnitude < 1000 ? NumberText.fixed(value, decimals: 2) : NumberText.compact(value, significant: 3)
  }

  private var largestMagnitude: Double {
    let largest = values.joined().filter(Domain.isDrawable).map(\.magnitude).max() ?? 0
    return largest > 0 ? largest : 1
  }

  private func colour(of value: Double, reach: Double) -> ColourScale.Colour {
    switch scale {
    case .unit: ColourScale.sequential.colour(at: value)
    case .standardised: ColourScale.diverging.colour(at: 0.5 + 0.5 * (value / reach))
    }
  }
}
