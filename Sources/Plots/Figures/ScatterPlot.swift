/// Points in two dimensions with an ellipse for each component.
public struct ScatterPlot: Sendable {
  /// The horizontal coordinates; a point with a coordinate that is not finite is left out and counted in a note.
  public var x: [Double]
  /// The vertical coordinates.
  public var y: [Double]
  /// The component of each point, to colour it by; empty for points of one colour.
  public var assignments: [Int]
  /// The components.
  public var ellipses: [GaussianEllipse]
  /// The heading of the picture.
  public var title: String
  /// The name of the horizontal variable.
  public var xLabel: String
  /// The name of the vertical variable.
  public var yLabel: String
  /// How many points are drawn at most; of more, an even part is chosen, always the same one.
  public var pointLimit: Int
  /// The width in pixels.
  public var width: Double
  /// The height in pixels, not counting notes at the foot.
  public var height: Double

  /// Makes a scatter plot.
  public init(
    x: [Double], y: [Double], assignments: [Int] = [], ellipses: [GaussianEllipse] = [], title: String = "",
    xLabel: String = "", yLabel: String = "", pointLimit: Int = 4000, width: Double = 720, height: Double = 480
  ) {
    self.x = x
    self.y = y
    self.assignments = assignments
    self.ellipses = ellipses
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.pointLimit = pointLimit
    self.width = width
    self.height = height
  }

  /// Draws the points and the ellipses.
  public func picture() -> Picture {
    let count = min(x.count, y.count)
    let usable = (0..<count).filter { Domain.isDrawable(x[$0]) && Domain.isDrawable(y[$0]) }
    let valid = ellipses.enumerated().filter { $0.element.isValid }
    let viewX = RobustView(sorted: usable.map { x[$0] }.sorted())
    let viewY = RobustView(sorted: usable.map { y[$0] }.sorted())
    let reachX = valid.map { ($0.element.meanX, $0.element.reachX) }
    let reachY = valid.map { ($0.element.meanY, $0.element.reachY) }
    let domainX = Self.domain(usable.isEmpty ? nil : viewX.domain, ellipses: reachX)
    let domainY = Self.domain(usable.isEmpty ? nil : viewY.domain, ellipses: reachY)
    let inView = usable.filter { domainX.contains(x[$0]) && domainY.contains(y[$0]) }
    let chosen = Subsample.indices(count: inView.count, limit: max(pointLimit, 0)).map { inView[$0] }

    var notes = [CleanValues.note(max(x.count, y.count) - usable.count)].compactMap { $0 }
    if inView.count < usable.count {
      let outside = usable.count - inView.count
      notes.append("\(NumberText.counted(outside, "far point")) \(outside == 1 ? "lies" : "lie") outside the view.")
    }
    if chosen.count < inView.count {
      notes.append("\(NumberText.count(chosen.count)) of \(NumberText.count(inView.count)) points drawn.")
    }
    let skipped = ellipses.count - valid.count
    if skipped > 0 {
      notes.append("\(NumberText.counted(skipped, "ellipse")) left out: no valid covariance.")
    }
    let page = ChartPage(
      title: title, legend: legend, notes: notes.isEmpty ? [] : [notes.joined(separator: " ")], width: width,
      height: height)
    let panel = Panel(
      in: page.content, x: Panel.Axis(domain: domainX, title: xLabel),
      y: Panel.Axis(domain: domainY, title: yLabel))
    guard !(usable.isEmpty && valid.isEmpty) else {
      return page.picture([panel.message("no points to show")])
    }
    let marks = points(chosen, panel) + outlines(valid.map { ($0.offset, $0.element) }, panel)
    let elements = panel.backdrop(verticalGrid: true) + [panel.clipped(marks)] + panel.axes()
    return page.picture(elements, legendTop: panel.frame.y)
  }

  /// The stretch of the data, with some room for ellipses that reach past it but not for ones that dwarf it.
  private static func domain(_ data: Domain?, ellipses: [(mean: Double, reach: Double)]) -> Domain {
    let lows = ellipses.map { $0.mean - $0.reach }
    let highs = ellipses.map { $0.mean + $0.reach }
    guard let data else {
      guard let low = lows.min(), let high = highs.max() else { return Domain(0, 1) }
      return Domain(low, high).padded(by: 0.05)
    }
    let room = data.width * 0.3
    let low = lows.filter { $0 >= data.lower - room }.min() ?? data.lower
    let high = highs.filter { $0 <= data.upper + room }.max() ?? data.upper
    return Domain(min(data.lower, low), max(data.upper, high)).padded(by: 0.03)
  }

  private var legend: Legend {
    var legend = Legend()
    legend.addComponents(
      ellipses.map { ($0.isValid ? $0.label : $0.label + " (not drawn)", $0.weight) }, lineWidth: 2.2)
    return legend
  }

  /// Points that fall on one another become one mark, larger and more opaque: a picture of rounded data stays small
  /// and still shows where most of them are.
  private func points(_ chosen: [Int], _ panel: Panel) -> [SVGElement] {
    struct Mark: Comparable {
      var component: Int
      var x: Int
      var y: Int

      static func < (left: Mark, right: Mark) -> Bool {
        (left.component, left.x, left.y) < (right.component, right.x, right.y)
      }
    }
    let placed = chosen.map { index in
      Mark(
        component: assignments.indices.contains(index) ? assignments[index] : -1,
        x: Int((panel.x(x[index]) * 2).rounded()), y: Int((panel.y(y[index]) * 2).rounded()))
    }.sorted()
    let base = chosen.count < 400 ? 0.6 : max(0.22, 0.6 * (400 / Double(chosen.count)).squareRoot())
    let radius = chosen.count < 400 ? 2.8 : chosen.count < 1500 ? 2.3 : 2
    var groups: [SVGElement] = []
    var dots: [SVGElement] = []
    var index = 0
    while index < placed.count {
      let mark = placed[index]
      var repeats = 1
      while index + repeats < placed.count, placed[index + repeats] == mark { repeats += 1 }
      index += repeats
      let growth = 1 + 0.28 * Double(min(repeats - 1, 12)).squareRoot()
      let opacity = min(0.9, base * (1 + 0.5 * Double(repeats - 1)))
      dots.append(
        SVGElement(
          "circle",
          ["cx": .number(Double(mark.x) / 2), "cy": .number(Double(mark.y) / 2), "r": .number(radius * growth)]
        )
        .adding("fill-opacity", repeats > 1 ? .number(opacity) : nil))
      if index == placed.count || placed[index].component != mark.component {
        let colour = mark.component < 0 ? Palette.point : Palette.colour(mark.component)
        groups.append(
          SVGElement("g", ["fill": .text(colour), "fill-opacity": .number(base)], children: dots))
        dots = []
      }
    }
    return groups
  }

  private func outlines(_ valid: [(Int, GaussianEllipse)], _ panel: Panel) -> [SVGElement] {
    let weighed = valid.map { (index: $0.0, ellipse: $0.1, weight: $0.1.weight.isFinite ? max($0.1.weight, 0) : 0) }
    let heaviest = weighed.map(\.weight).max() ?? 0
    // Light components first, so that the heavy ones end up on top.
    let ordered = weighed.sorted { ($0.weight, $0.index) < ($1.weight, $1.index) }
    return ordered.flatMap { index, ellipse, weight -> [SVGElement] in
      let share = heaviest > 0 ? (weight / heaviest).squareRoot() : 1
      let (cx, cy) = (panel.x(ellipse.meanX), panel.y(ellipse.meanY))
      let (major, minor, degrees) = ellipse.drawn(x: panel.x, y: panel.y)
      let colour = Palette.colour(index)
      let width = 1 + 1.4 * share
      let opacity = 0.3 + 0.7 * share
      var cross = SVGPath()
      for (dx, dy) in [(4.0, 0.0), (0.0, 4.0)] {
        cross.add(cx - dx, cy - dy)
        cross.add(cx + dx, cy + dy)
        cross.lift()
      }
      let center = [
        cross.stroke(Palette.ground, width: width + 2.4, opacity: opacity),
        cross.stroke(colour, width: width, opacity: opacity),
      ]
      guard major > 0.5 else { return center }
      let turn = "rotate(\(SVGValue.compact(degrees)) \(SVGValue.compact(cx)) \(SVGValue.compact(cy)))"
      let outline = SVGElement(
        "ellipse",
        [
          "cx": .number(cx), "cy": .number(cy), "rx": .number(major), "ry": .number(max(minor, 0.01)),
          "transform": .text(turn), "fill": .text(colour), "fill-opacity": .number(0.05 * share),
          "stroke": .text(colour), "stroke-width": .number(width), "stroke-opacity": .number(opacity),
        ]
      ).adding("stroke-dasharray", Palette.dash(index).map { .text($0) })
      return [outline] + center
    }
  }
}
