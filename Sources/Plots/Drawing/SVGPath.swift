/// The data of a `<path>`, gathered point by point; a gap starts a new stroke.
struct SVGPath {
  private(set) var data = ""
  private var isDown = false

  var isEmpty: Bool { data.isEmpty }

  mutating func add(_ x: Double, _ y: Double) {
    guard x.isFinite, y.isFinite else { return lift() }
    data += (data.isEmpty ? "" : " ") + (isDown ? "L" : "M") + SVGValue.compact(x) + " " + SVGValue.compact(y)
    isDown = true
  }

  mutating func lift() { isDown = false }

  mutating func close() {
    if isDown { data += "Z" }
    isDown = false
  }

  func stroke(_ colour: String, width: Double, dash: String? = nil, opacity: Double = 1) -> SVGElement {
    SVGElement(
      "path",
      [
        "d": .text(data), "fill": "none", "stroke": .text(colour), "stroke-width": .number(width),
        "stroke-linejoin": "round", "stroke-linecap": "round",
      ]
    )
    .adding("stroke-dasharray", dash.map { .text($0) })
    .adding("opacity", opacity < 1 ? .number(opacity) : nil)
  }

  func fill(_ colour: String, opacity: Double = 1) -> SVGElement {
    SVGElement("path", ["d": .text(data), "fill": .text(colour), "stroke": "none"])
      .adding("opacity", opacity < 1 ? .number(opacity) : nil)
  }
}
