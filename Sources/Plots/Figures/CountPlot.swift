/// How often each whole number occurs, with the probabilities of a mixture over it.
public struct CountPlot: Sendable {
  /// The data.
  public var values: [Int]
  /// The probabilities of the whole mixture; where there are none, the sum of the components is drawn.
  public var total: MassCurve?
  /// The components, each drawn as its weight times its probabilities.
  public var components: [MassCurve]
  /// The heading of the picture.
  public var title: String
  /// The name of the variable, under the axis.
  public var xLabel: String
  /// The counts to show, chosen from the data if there are none.
  public var range: ClosedRange<Int>?
  /// The width in pixels.
  public var width: Double
  /// The height in pixels, not counting notes at the foot.
  public var height: Double

  /// Makes a plot of counts; without curves it shows the data alone.
  public init(
    values: [Int], total: MassCurve? = nil, components: [MassCurve] = [], title: String = "",
    xLabel: String = "", range: ClosedRange<Int>? = nil, width: Double = 720, height: Double = 400
  ) {
    self.values = values
    self.total = total
    self.components = components
    self.title = title
    self.xLabel = xLabel
    self.range = range
    self.width = width
    self.height = height
  }

  /// Draws the plot.
  public func picture() -> Picture {
    let cells = CountCells(values, range: range)
    let probabilities = cells.shares(of: values)
    let whole = wholeCurve
    let wholeMasses = whole.map { cells.means(of: $0.weighted) }
    let highest = (probabilities + (wholeMasses ?? [])).filter(\.isFinite).max() ?? 0
    let page = ChartPage(title: title, legend: legend, notes: cells.notes, width: width, height: height)
    let panel = Panel(
      in: page.content, x: Panel.Axis(domain: cells.domain, title: xLabel, wholeNumbers: true),
      y: Panel.Axis(domain: Domain(0, highest > 0 ? highest * 1.06 : 1), title: "Probability"))
    guard !(values.isEmpty && whole == nil) else {
      return page.picture([panel.message("no values to show")])
    }
    var marks = [bars(probabilities, cells, panel)]
    // As in a histogram, the whole lies under its parts and is wider.
    if let wholeMasses {
      marks += points(wholeMasses, cells, panel, colour: Palette.ink, radius: 3.8, dash: nil)
    }
    for (index, curve) in components.enumerated() {
      marks += points(
        cells.means(of: curve.weighted), cells, panel, colour: Palette.colour(index), radius: 2.2,
        dash: Palette.dash(index))
    }
    let elements = panel.backdrop() + [panel.clipped(marks)] + panel.axes()
    return page.picture(elements, legendTop: panel.frame.y)
  }

  private var wholeCurve: MassCurve? {
    if let total { return total }
    guard components.count > 1 else { return nil }
    let components = components
    return MassCurve(label: "Mixture") { count in
      components.reduce(0) { $0 + $1.weighted(count) }
    }
  }

  private var legend: Legend {
    var legend = Legend()
    guard total != nil || !components.isEmpty else { return legend }
    legend.add(
      Legend.Entry(
        label: "Data, n = \(NumberText.count(values.count))", swatch: .box(colour: Palette.bar)))
    if let whole = wholeCurve {
      legend.add(
        Legend.Entry(label: whole.label, swatch: .line(colour: Palette.ink, width: 2.6, dash: nil)))
    }
    legend.addComponents(components.map { ($0.label, $0.weight) }, lineWidth: 1.8)
    return legend
  }

  private func bars(_ shares: [Double], _ cells: CountCells, _ panel: Panel) -> SVGElement {
    let pixels = Double(cells.size) * panel.x.slope
    let barWidth = max(0.5, pixels > 4 ? min(pixels * 0.82, 46) : pixels)
    var path = SVGPath()
    for (cell, share) in shares.enumerated() where share > 0 {
      let middle = panel.x(cells.middle(cell))
      path.add(middle - barWidth / 2, panel.frame.bottom)
      path.add(middle - barWidth / 2, panel.y(share))
      path.add(middle + barWidth / 2, panel.y(share))
      path.add(middle + barWidth / 2, panel.frame.bottom)
      path.close()
    }
    return path.fill(Palette.bar)
  }

  /// Probabilities exist at whole numbers only: the dots say so, the thin line only leads the eye.
  private func points(
    _ masses: [Double], _ cells: CountCells, _ panel: Panel, colour: String, radius: Double, dash: String?
  ) -> [SVGElement] {
    var path = SVGPath()
    var dots: [SVGElement] = []
    let hasDots = cells.size == 1 && cells.count <= 60
    for (cell, mass) in masses.enumerated() {
      let (x, y) = (panel.x(cells.middle(cell)), mass.isFinite ? panel.y(mass) : .nan)
      path.add(x, y)
      // A dot on the axis says nothing; leaving it out keeps hundreds of components light.
      if hasDots, mass.isFinite, panel.frame.bottom - y > 0.3 {
        dots.append(
          SVGElement("circle", ["cx": .number(x), "cy": .number(y), "r": .number(radius)]))
      }
    }
    guard !path.isEmpty else { return [] }
    let line = path.stroke(colour, width: radius > 3 ? 2.6 : hasDots ? 1.2 : 1.8, dash: dash)
    return dots.isEmpty ? [line] : [line, SVGElement("g", ["fill": .text(colour)], children: dots)]
  }
}
