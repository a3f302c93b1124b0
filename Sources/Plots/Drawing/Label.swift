/// A piece of text with its looks, to be placed in a picture.
struct Label {
  enum Anchor: String {
    case start, middle, end
  }

  let text: String
  let size: Double
  let colour: String
  let anchor: Anchor
  let isBold: Bool

  init(
    _ text: String, size: Double, colour: String = Palette.text, anchor: Anchor = .start, isBold: Bool = false
  ) {
    self.text = TextMetrics.oneLine(text)
    self.size = size
    self.colour = colour
    self.anchor = anchor
    self.isBold = isBold
  }

  /// The text with its baseline at a height, turned about the anchor point by an angle in degrees.
  func at(_ x: Double, _ y: Double, turned angle: Double = 0) -> SVGElement {
    SVGElement(
      "text",
      [
        "x": .number(x), "y": .number(y), "font-size": .number(size), "fill": .text(colour),
      ], text: text
    )
    .adding("text-anchor", anchor == .start ? nil : .text(anchor.rawValue))
    .adding("font-weight", isBold ? "bold" : nil)
    .adding(
      "transform",
      angle == 0
        ? nil : "rotate(\(SVGValue.compact(angle)) \(SVGValue.compact(x)) \(SVGValue.compact(y)))")
  }
}
