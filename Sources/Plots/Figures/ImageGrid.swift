/// Small grey-scale images side by side: topics over pixels, components of digits.
public struct ImageGrid: Sendable {
  /// One image: its pixels row by row, and a caption.
  public struct Image: Sendable {
    /// The brightness of each pixel, row by row; one that is not finite is left out.
    public var pixels: [Double]
    /// What stands below.
    public var caption: String

    /// Makes an image.
    public init(pixels: [Double], caption: String = "") {
      self.pixels = pixels
      self.caption = caption
    }
  }

  /// The images.
  public var images: [Image]
  /// How many pixels a row of an image has.
  public var rowLength: Int
  /// How many images stand side by side.
  public var perRow: Int
  /// Whether images are coloured about zero, on both sides, instead of from their smallest to their largest number.
  public var isSigned: Bool
  /// The heading of the picture.
  public var title: String
  /// The width in pixels.
  public var width: Double

  /// Makes a grid of images.
  public init(
    images: [Image], rowLength: Int, perRow: Int = 10, isSigned: Bool = false, title: String = "", width: Double = 720
  ) {
    self.images = images
    self.rowLength = max(rowLength, 1)
    self.perRow = max(perRow, 1)
    self.isSigned = isSigned
    self.title = title
    self.width = width
  }

  /// Draws the images.
  public func picture() -> Picture {
    let gap = 10.0
    let across = min(perRow, max(images.count, 1))
    let room = PictureSize.sane(width, smallest: 320, otherwise: 720) - 2 * 14
    let cell = min((room - gap * Double(across - 1)) / Double(across), 160)
    let pixel = cell / Double(rowLength)
    let tallest = images.map { ($0.pixels.count + rowLength - 1) / rowLength }.max() ?? 1
    let captionHeight = images.contains { !$0.caption.isEmpty } ? 18.0 : 0
    let step = Double(tallest) * pixel + captionHeight + gap
    let down = (images.count + across - 1) / across
    let page = ChartPage(
      title: title, notes: [], width: width,
      height: ChartPage.height(for: step * Double(max(down, 1)) - gap, title: title, width: width), smallestHeight: 40)
    var elements: [SVGElement] = []
    for (index, image) in images.enumerated() {
      let x = page.content.x + Double(index % across) * (cell + gap)
      let y = page.content.y + Double(index / across) * step
      elements += draw(image, x: x, y: y, pixel: pixel)
      if !image.caption.isEmpty {
        let text = TextMetrics.shortened(image.caption, to: cell, size: 11)
        elements.append(
          Label(text, size: 11, colour: Palette.muted, anchor: .middle)
            .at(x + cell / 2, y + Double(tallest) * pixel + 13))
      }
    }
    return page.picture(elements)
  }

  private func draw(_ image: Image, x: Double, y: Double, pixel: Double) -> [SVGElement] {
    let finite = image.pixels.filter(Domain.isDrawable)
    let largest = isSigned ? finite.map(abs).max() ?? 0 : finite.max() ?? 0
    let smallest = isSigned ? -largest : min(finite.min() ?? 0, 0)
    let range = Domain(smallest, largest)
    let scale = isSigned ? ColourScale.diverging : ColourScale.sequential
    var marks: [SVGElement] = []
    for (i, value) in image.pixels.enumerated() where Domain.isDrawable(value) {
      let share = largest > smallest ? (value - range.lower) / range.width : isSigned ? 0.5 : 0
      marks.append(
        SVGElement(
          "rect",
          [
            "x": .number(x + Double(i % rowLength) * pixel), "y": .number(y + Double(i / rowLength) * pixel),
            "width": .number(pixel), "height": .number(pixel), "fill": .text(scale.colour(at: share).hex),
          ]))
    }
    let rows = (image.pixels.count + rowLength - 1) / rowLength
    let frame = SVGElement(
      "rect",
      [
        "x": .number(x), "y": .number(y), "width": .number(pixel * Double(rowLength)),
        "height": .number(pixel * Double(rows)), "fill": "none", "stroke": .text(Palette.grid),
        "stroke-width": .number(1),
      ])
    return [SVGElement("g", ["shape-rendering": "crispEdges"], children: marks), frame]
  }
}
