/// A line of a series plot, with a band about it where its uncertainty is known.
public struct SeriesLine: Sendable {
  /// The name in the legend.
  public var label: String
  /// The value at each place; where one is not finite the line has a gap.
  public var values: [Double]
  /// Half the width of the band at each place; empty for none.
  public var halfWidths: [Double]
  /// Whether the values are joined by a line, and not drawn as points.
  public var isJoined: Bool

  /// Makes a line.
  public init(label: String, values: [Double], halfWidths: [Double] = [], isJoined: Bool = true) {
    self.label = label
    self.values = values
    self.halfWidths = halfWidths
    self.isJoined = isJoined
  }
}

/// Values over time, with stretches of time shaded; below, where there are any, probabilities over time.
public struct SeriesPlot: Sendable {
  /// The time of each value.
  public var times: [Double]
  /// What is drawn over time.
  public var lines: [SeriesLine]
  /// Probabilities over time, for a panel of their own.
  public var probabilities: [SeriesLine]
  /// Stretches of time to shade.
  public var shades: [ClosedRange<Double>]
  /// What the shade means; empty for no entry in the legend.
  public var shadeLabel: String
  /// The heading of the picture.
  public var title: String
  /// The name of time.
  public var xLabel: String
  /// The name of the values.
  public var yLabel: String
  /// The width in pixels.
  public var width: Double
  /// The height in pixels of the upper panel, with its title; the second panel adds to it.
  public var height: Double

  /// Makes a plot over time.
  public init(
    times: [Double], lines: [SeriesLine], probabilities: [SeriesLine] = [], shades: [ClosedRange<Double>] = [],
    shadeLabel: String = "", title: String = "", xLabel: String = "", yLabel: String = "", width: Double = 860,
    height: Double = 340
  ) {
    self.times = times
    self.lines = lines
    self.probabilities = probabilities
    self.shades = shades
    self.shadeLabel = shadeLabel
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.width = width
    self.height = height
  }

  /// Draws the plot.
  public func picture() -> Picture {
    let upper = PictureSize.sane(height, smallest: 160, otherwise: 340)
    let lower = probabilities.isEmpty ? 0 : upper * 0.55
    let page = ChartPage(title: title, legend: legend, notes: [], width: width, height: upper + lower)
    var topRoom = page.content
    topRoom.height -= lower
    var bottomRoom = page.content
    bottomRoom.y = topRoom.bottom
    bottomRoom.height = lower
    let places = times.filter(Domain.isDrawable)
    let reach = lines.flatMap { line in
      line.values.enumerated().flatMap { i, value -> [Double] in
        let half = line.halfWidths.indices.contains(i) && line.halfWidths[i].isFinite ? line.halfWidths[i] : 0
        return [value - half, value + half].filter(Domain.isDrawable)
      }
    }
    let xDomain = Domain(places.min() ?? 0, places.max() ?? 1).padded(by: 0.01)
    let x = Panel.Axis(domain: xDomain, title: lower > 0 ? "" : xLabel, isLabelled: lower == 0)
    let y = Panel.Axis(domain: Domain(reach.min() ?? 0, reach.max() ?? 1).padded(by: 0.05), title: yLabel)
    let lowX = Panel.Axis(domain: xDomain, title: xLabel)
    let lowY = Panel.Axis(domain: Domain(-0.02, 1.02), title: "probability")
    let margin = max(
      Panel(in: topRoom, x: x, y: y).leftMargin,
      lower > 0 ? Panel(in: bottomRoom, x: lowX, y: lowY).leftMargin : 0)
    let panel = Panel(in: topRoom, x: x, y: y, leftMargin: margin)
    guard !places.isEmpty, !reach.isEmpty else { return page.picture([panel.message("nothing to show")]) }
    var elements = draw(lines, from: 0, in: panel)
    if lower > 0 {
      let second = Panel(in: bottomRoom, x: lowX, y: lowY, leftMargin: margin)
      elements += draw(probabilities, from: lines.count, in: second)
    }
    return page.picture(elements, legendTop: panel.frame.y)
  }

  private var legend: Legend {
    var legend = Legend()
    for (index, line) in (lines + probabilities).enumerated() {
      legend.add(
        Legend.Entry(
          label: line.label,
          swatch: line.isJoined
            ? .line(colour: colour(index), width: 2, dash: nil) : .dot(colour: colour(index))))
    }
    if !shadeLabel.isEmpty { legend.add(Legend.Entry(label: shadeLabel, swatch: .box(colour: Palette.bar))) }
    return legend
  }

  /// Points are the data and stay in the background.
  private func colour(_ index: Int) -> String {
    let all = lines + probabilities
    if !all[index].isJoined { return Palette.point }
    return Palette.colour(all[..<index].count { $0.isJoined })
  }

  private func draw(_ lines: [SeriesLine], from first: Int, in panel: Panel) -> [SVGElement] {
    var marks = shades.map { shade in
      let (start, end) = (panel.x(shade.lowerBound), panel.x(shade.upperBound))
      return SVGElement(
        "rect",
        [
          "x": .number(start), "y": .number(panel.frame.y), "width": .number(end - start),
          "height": .number(panel.frame.height), "fill": .text(Palette.bar), "opacity": .number(0.7),
        ])
    }
    for (index, line) in lines.enumerated() {
      if let band = band(line, panel) { marks.append(band.fill(colour(first + index), opacity: 0.18)) }
    }
    for (index, line) in lines.enumerated() {
      let points = zip(times, line.values).map { (panel.x($0), Domain.isDrawable($1) ? panel.y($1) : .nan) }
      let colour = colour(first + index)
      marks += line.isJoined ? TraceLine(points).draw(colour: colour, width: 1.8) : dots(points, colour)
    }
    return panel.backdrop() + [panel.clipped(marks)] + panel.axes()
  }

  private func dots(_ points: [(Double, Double)], _ colour: String) -> [SVGElement] {
    let drawn = points.filter { $0.0.isFinite && $0.1.isFinite }.map {
      SVGElement("circle", ["cx": .number($0.0), "cy": .number($0.1), "r": .number(2.2)])
    }
    return [SVGElement("g", ["fill": .text(colour), "fill-opacity": .number(0.6)], children: drawn)]
  }

  private func band(_ line: SeriesLine, _ panel: Panel) -> SVGPath? {
    let usable = line.values.indices.filter {
      times.indices.contains($0) && line.halfWidths.indices.contains($0) && Domain.isDrawable(line.values[$0])
        && Domain.isDrawable(line.halfWidths[$0])
    }
    if usable.isEmpty { return nil }
    var path = SVGPath()
    for i in usable { path.add(panel.x(times[i]), panel.y(line.values[i] + line.halfWidths[i])) }
    for i in usable.reversed() { path.add(panel.x(times[i]), panel.y(line.values[i] - line.halfWidths[i])) }
    path.close()
    return path
  }
}
