/// The key to a picture, in a column to the right of it.
struct Legend {
  enum Swatch {
    case none
    case line(colour: String, width: Double, dash: String?)
    case box(colour: String)
    case dot(colour: String)
  }

  struct Entry {
    var label: String
    /// A short number set flush right, such as a weight.
    var detail = ""
    var swatch: Swatch
  }

  private(set) var entries: [Entry] = []
  /// How many components a legend names before it only counts the rest.
  static let limit = 12

  private static let size = 12.0
  private static let lineHeight = 19.0
  private static let swatchWidth = 26.0
  private static let gap = 12.0

  mutating func add(_ entry: Entry) { entries.append(entry) }

  /// Adds a line for each component; where there are too many, the weightiest are named and the rest counted.
  mutating func addComponents(_ components: [(label: String, weight: Double)], lineWidth: Double) {
    let weights = components.map { $0.weight.isFinite ? $0.weight : 0 }
    let isCapped = components.count > Self.limit
    let ranked =
      isCapped ? components.indices.sorted { (weights[$1], $0) < (weights[$0], $1) } : components.indices.map(\.self)
    let named = Array(ranked.prefix(Self.limit))
    for (index, detail) in zip(named, NumberText.weights(named.map { components[$0].weight })) {
      let swatch = Swatch.line(colour: Palette.colour(index), width: lineWidth, dash: Palette.dash(index))
      entries.append(Entry(label: components[index].label, detail: detail, swatch: swatch))
    }
    guard isCapped else { return }
    let rest = components.count - Self.limit
    entries.append(Entry(label: "\u{2026} and \(NumberText.count(rest)) more", swatch: .none))
  }

  /// The width of the column, including its distance from the plot; zero without entries.
  func width(within limit: Double) -> Double {
    guard !entries.isEmpty else { return 0 }
    return min(Self.swatchWidth + labelWidth + detailWidth, limit) + 20
  }

  var height: Double { Double(entries.count) * Self.lineHeight }

  func draw(x: Double, y: Double, width: Double) -> [SVGElement] {
    let labelRoom = width - 20 - Self.swatchWidth - detailWidth
    var elements: [SVGElement] = []
    for (index, entry) in entries.enumerated() {
      let middle = y + (Double(index) + 0.5) * Self.lineHeight
      var labelX = x + 20 + Self.swatchWidth
      switch entry.swatch {
      case .none: labelX = x + 20
      case .line(let colour, let width, let dash):
        var path = SVGPath()
        path.add(x + 20, middle)
        path.add(x + 20 + Self.swatchWidth - 8, middle)
        elements.append(path.stroke(colour, width: width, dash: dash))
      case .box(let colour):
        elements.append(
          SVGElement(
            "rect",
            [
              "x": .number(x + 20), "y": .number(middle - 5.5), "width": .number(Self.swatchWidth - 8),
              "height": .number(11), "fill": .text(colour),
            ]))
      case .dot(let colour):
        elements.append(
          SVGElement(
            "circle",
            [
              "cx": .number(x + 20 + (Self.swatchWidth - 8) / 2), "cy": .number(middle), "r": .number(4),
              "fill": .text(colour),
            ]))
      }
      let room = labelX == x + 20 ? labelRoom + Self.swatchWidth : labelRoom
      elements.append(
        Label(TextMetrics.shortened(entry.label, to: room, size: Self.size), size: Self.size)
          .at(labelX, middle + 4))
      if !entry.detail.isEmpty {
        elements.append(
          Label(entry.detail, size: Self.size, colour: Palette.muted, anchor: .end).at(x + width, middle + 4))
      }
    }
    return elements
  }

  private var labelWidth: Double {
    entries.map {
      if case .none = $0.swatch { return TextMetrics.width($0.label, size: Self.size) - Self.swatchWidth }
      return TextMetrics.width($0.label, size: Self.size)
    }.max().map { min($0, 180) + 2 } ?? 0
  }

  private var detailWidth: Double {
    let widest = entries.map { TextMetrics.width($0.detail, size: Self.size) }.max() ?? 0
    return widest > 0 ? widest + Self.gap : 0
  }
}
