/// Labelled bars that run to the right, such as the weights of a mixture.
public struct BarPlot: Sendable {
  /// One bar.
  public struct Item: Sendable {
    /// The name, to the left of the bar.
    public var label: String
    /// The length of the bar; negative values run to the left.
    public var value: Double

    /// Makes a bar.
    public init(label: String, value: Double) {
      self.label = label
      self.value = value
    }
  }

  /// The bars, from the top; one whose value is not finite has a dash in place of a number.
  public var items: [Item]
  /// The heading of the picture.
  public var title: String
  /// Whether the longest bar comes first.
  public var isSorted: Bool
  /// How many bars are drawn before the rest is only counted, at most 250.
  public var limit: Int
  /// The width in pixels; the height follows from the bars.
  public var width: Double

  /// Makes a bar plot.
  public init(items: [Item], title: String = "", isSorted: Bool = false, limit: Int = 40, width: Double = 720) {
    self.items = items
    self.title = title
    self.isSorted = isSorted
    self.limit = limit
    self.width = width
  }

  private static let rowHeight = 24.0

  /// Draws the bars.
  public func picture() -> Picture {
    let ranked = ranking
    let shown = Array(ranked.prefix(min(max(limit, 1), 250)))
    var notes: [String] = []
    if shown.count < ranked.count {
      notes.append("\u{2026} and \(NumberText.count(ranked.count - shown.count)) more.")
    }
    let rows = Double(max(shown.count, 2)) * Self.rowHeight
    let page = ChartPage(
      title: title, notes: notes, width: width, height: ChartPage.height(for: rows, title: title, width: width),
      smallestHeight: 40)
    guard !shown.isEmpty else {
      let text = Label("nothing to show", size: 14, colour: Palette.muted, anchor: .middle)
      return page.picture([text.at(page.width / 2, page.content.y + page.content.height / 2)])
    }
    return page.picture(bars(shown, in: page.content))
  }

  private var ranking: [Int] {
    let key = items.map { Domain.isDrawable($0.value) ? $0.value : -.infinity }
    return isSorted ? items.indices.sorted { (key[$1], $0) < (key[$0], $1) } : Array(items.indices)
  }

  private func bars(_ shown: [Int], in room: Frame) -> [SVGElement] {
    let texts = NumberText.weights(shown.map { items[$0].value })
    let labelWidth = min(
      shown.map { TextMetrics.width(TextMetrics.oneLine(items[$0].label), size: 12.5) }.max() ?? 0,
      room.width * 0.35)
    let textWidth = texts.map { TextMetrics.width($0, size: Panel.tickSize) }.max() ?? 0
    let values = shown.map { Domain.isDrawable(items[$0].value) ? items[$0].value : 0 }
    let lowest = min(values.min() ?? 0, 0)
    let highest = max(values.max() ?? 0, 0)
    let left = room.x + labelWidth + 12 + (lowest < 0 ? textWidth + 6 : 0)
    let domain = lowest < highest ? Domain(lowest, highest) : Domain(0, 1)
    let scale = LinearScale(domain: domain, start: left, end: max(room.right - textWidth - 8, left + 20))
    var elements: [SVGElement] = []
    for (row, index) in shown.enumerated() {
      let middle = room.y + (Double(row) + 0.5) * Self.rowHeight
      elements.append(
        Label(
          TextMetrics.shortened(items[index].label, to: labelWidth + 1, size: 12.5), size: 12.5, anchor: .end
        )
        .at(room.x + labelWidth, middle + 4.3))
      let (from, to) = (scale(0), scale(values[row]))
      // Hues tell components apart as in the other pictures, as long as no two share one.
      let colour = items.count <= Palette.count ? Palette.colour(index) : Palette.colour(0)
      elements.append(
        SVGElement(
          "rect",
          [
            "x": .number(min(from, to)), "y": .number(middle - 8), "width": .number((to - from).magnitude),
            "height": .number(16), "fill": .text(colour), "fill-opacity": .number(0.85),
          ]))
      let isLeft = values[row] < 0
      elements.append(
        Label(texts[row], size: Panel.tickSize, anchor: isLeft ? .end : .start)
          .at(isLeft ? to - 6 : to + 6, middle + 4.3))
    }
    var baseline = SVGPath()
    baseline.add(scale(0), room.y)
    baseline.add(scale(0), room.y + Double(shown.count) * Self.rowHeight)
    return elements + [baseline.stroke(Palette.axis, width: 1)]
  }
}
