/// A histogram of values with the density of a mixture over it, and each component's share of that density.
public struct HistogramPlot: Sendable {
  /// The data; values that are not finite are left out and counted in a note.
  public var values: [Double]
  /// The density of the whole mixture; where there is none, the sum of the components is drawn.
  public var total: DensityCurve?
  /// The components, each drawn as its weight times its density.
  public var components: [DensityCurve]
  /// The heading of the picture.
  public var title: String
  /// The name of the variable, under the axis.
  public var xLabel: String
  /// The stretch of the axis to show, chosen from the data if there is none.
  public var range: ClosedRange<Double>?
  /// The width in pixels.
  public var width: Double
  /// The height in pixels, not counting notes at the foot.
  public var height: Double

  /// Makes a histogram; without curves it shows the data alone.
  public init(
    values: [Double], total: DensityCurve? = nil, components: [DensityCurve] = [], title: String = "",
    xLabel: String = "", range: ClosedRange<Double>? = nil, width: Double = 720, height: Double = 400
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

  private var wholeWidth: Double { components.isEmpty ? 2 : 3 }
  /// So many components are a texture rather than single curves; fills would only muddy it.
  private var isCrowded: Bool { components.count > Legend.limit }

  /// Draws the histogram.
  public func picture() -> Picture {
    let clean = CleanValues(values)
    let robust = RobustView(sorted: clean.sorted)
    let view = range.map { Domain($0.lowerBound, $0.upperBound) } ?? robust.domain.padded(by: 0.02)
    let bins = HistogramBins(sorted: clean.sorted, view: view, limit: 80)
    let sampler = CurveSampler(view: view, sorted: clean.sorted)
    var notes = [clean.note, range == nil ? robust.note : nil].compactMap { $0 }

    let whole = wholeCurve
    let peak = sampler.values(of: { whole?.weighted($0) ?? 0 }).filter { $0.isFinite }.max() ?? 0
    let tallest = bins.heights.max() ?? 0
    var top = max(tallest, peak)
    // A density may run to infinity, or stand far above its bin; the histogram must stay readable beside it.
    if tallest > 0, top > 3 * tallest {
      top = 2 * tallest
      notes.append("The curve is cut off; its density reaches at least \(NumberText.compact(peak, significant: 3)).")
    }
    if top <= 0 { top = 1 }

    let page = ChartPage(
      title: title, legend: legend(count: clean.sorted.count), notes: notes, width: width, height: height)
    let panel = Panel(
      in: page.content, x: Panel.Axis(domain: view, title: xLabel),
      y: Panel.Axis(domain: Domain(0, top * 1.06), title: "Density"))
    guard !(clean.sorted.isEmpty && whole == nil) else {
      return page.picture([panel.message("no values to show")])
    }
    var marks = [bars(bins, panel)]
    let tolerance = top / panel.frame.height * 0.2
    // The whole lies under its parts and is wider: where one component makes up all of it, both are seen.
    if let whole {
      let points = sampler.points(of: whole.weighted, tolerance: tolerance)
      marks += line(points, panel, colour: Palette.ink, width: wholeWidth, dash: nil, isFilled: false)
    }
    for (index, curve) in components.enumerated() {
      let points = sampler.points(of: curve.weighted, tolerance: tolerance)
      marks += line(
        points, panel, colour: Palette.colour(index), width: isCrowded ? 1 : 1.8, dash: Palette.dash(index),
        isFilled: !isCrowded)
    }
    let elements = panel.backdrop() + [panel.clipped(marks)] + panel.axes()
    return page.picture(elements, legendTop: panel.frame.y)
  }

  private var wholeCurve: DensityCurve? {
    if let total { return total }
    guard components.count > 1 else { return nil }
    let components = components
    return DensityCurve(label: "Mixture") { place in
      components.reduce(0) { $0 + $1.weighted(place) }
    }
  }

  private func legend(count: Int) -> Legend {
    var legend = Legend()
    guard total != nil || !components.isEmpty else { return legend }
    if count > 0 {
      legend.add(
        Legend.Entry(label: "Data, n = \(NumberText.count(count))", swatch: .box(colour: Palette.bar)))
    }
    if let whole = wholeCurve {
      legend.add(
        Legend.Entry(label: whole.label, swatch: .line(colour: Palette.ink, width: wholeWidth, dash: nil)))
    }
    legend.addComponents(components.map { ($0.label, $0.weight) }, lineWidth: 1.8)
    return legend
  }

  private func bars(_ bins: HistogramBins, _ panel: Panel) -> SVGElement {
    let pixels = bins.width * panel.x.slope
    let gap = pixels > 5 ? 1.0 : 0
    var path = SVGPath()
    for (bin, height) in bins.heights.enumerated() where height > 0 {
      let left = panel.x(bins.left(bin)) + gap / 2
      let right = left + max(pixels - gap, 0.5)
      let top = panel.y(height)
      path.add(left, panel.frame.bottom)
      path.add(left, top)
      path.add(right, top)
      path.add(right, panel.frame.bottom)
      path.close()
    }
    return path.fill(Palette.bar)
  }

  private func line(
    _ points: [(x: Double, y: Double)], _ panel: Panel, colour: String, width: Double, dash: String?, isFilled: Bool
  ) -> [SVGElement] {
    var stroke = SVGPath()
    var area = SVGPath()
    var run: [(Double, Double)] = []
    func finishRun() {
      guard let first = run.first, let last = run.last, run.count > 1 else {
        run = []
        return
      }
      run = CurveSampler.thinned(run, tolerance: 0.1)
      stroke.lift()
      for (x, y) in run { stroke.add(x, y) }
      area.add(first.0, panel.frame.bottom)
      for (x, y) in run { area.add(x, y) }
      area.add(last.0, panel.frame.bottom)
      area.close()
      run = []
    }
    for point in points {
      if point.y.isFinite { run.append((panel.x(point.x), panel.y(point.y))) } else { finishRun() }
    }
    finishRun()
    guard !stroke.isEmpty else { return [] }
    let line = stroke.stroke(colour, width: width, dash: dash)
    return isFilled ? [area.fill(colour, opacity: 0.1), line] : [line]
  }
}
