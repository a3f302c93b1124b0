/// A finished drawing of a fixed size, ready to be written as SVG.
public struct Picture: Sendable {
  /// The width in pixels.
  public let width: Double
  /// The height in pixels.
  public let height: Double
  /// What a screen reader says in place of the picture.
  public let description: String
  private let elements: [SVGElement]

  /// Makes a picture of elements drawn in order on a white ground.
  ///
  /// A size that is not a sensible number of pixels is replaced by one.
  public init(width: Double, height: Double, description: String = "", elements: [SVGElement]) {
    self.width = PictureSize.sane(width, smallest: 16, otherwise: 720)
    self.height = PictureSize.sane(height, smallest: 16, otherwise: 420)
    self.description = description
    self.elements = elements
  }

  /// The picture as a file of its own.
  public var svg: String { "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + inlineSVG }

  /// The picture as an element to be set into a page.
  ///
  /// No element carries an `id`: many pictures can share a page without their names colliding.
  public var inlineSVG: String {
    let ground = SVGElement(
      "rect", ["width": .number(width), "height": .number(height), "fill": .text(Palette.ground)])
    let root = SVGElement(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "width": .number(width), "height": .number(height),
        "viewBox": "0 0 \(SVGValue.compact(width)) \(SVGValue.compact(height))",
        "font-family": .text(TextMetrics.fontFamily), "role": "img",
      ],
      children: [ground] + elements
    )
    .adding("aria-label", description.isEmpty ? nil : .text(description))
    var output = ""
    root.write(to: &output, indent: 0)
    return output
  }
}

enum PictureSize {
  static func sane(_ length: Double, smallest: Double, otherwise: Double) -> Double {
    length.isFinite ? min(max(length, smallest), 8000) : otherwise
  }
}

/// A rectangle in pixels, y growing downwards.
struct Frame: Equatable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
}
