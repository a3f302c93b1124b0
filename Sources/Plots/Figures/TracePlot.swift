import Glibc

/// One run of an iterative fit: the bound after each iteration.
public struct TraceSeries: Sendable {
  /// The name in the legend.
  public var label: String
  /// The bound after each iteration; where it is not finite the line has a gap.
  public var values: [Double]

  /// Makes a series.
  public init(label: String, values: [Double]) {
    self.label = label
    self.values = values
  }
}

/// The bound by iteration for one or several runs, and how far each is from the best.
public struct TracePlot: Sendable {
  /// The runs.
  public var series: [TraceSeries]
  /// The heading of the picture.
  public var title: String
  /// The name of the bound.
  public var yLabel: String
  /// Whether a second panel shows the gap to the best value reached, on a logarithmic scale.
  public var showsGap: Bool
  /// The number of the first iteration.
  public var firstIteration: Int
  /// The width in pixels.
  public var width: Double
  /// The height of the upper panel in pixels, with its title; the second panel adds to it.
  public var height: Double

  /// Makes a trace plot.
  public init(
    series: [TraceSeries], title: String = "", yLabel: String = "ELBO", showsGap: Bool = false,
    firstIteration: Int = 1, width: Double = 720, height: Double = 340
  ) {
    self.series = series
    self.title = title
    self.yLabel = yLabel
    self.showsGap = showsGap
    self.firstIteration = firstIteration
    self.width = width
    self.height = height
  }

  /// Draws the trace.
  public func picture() -> Picture {
    let drawn = series.map { $0.values.map { Domain.isDrawable($0) ? $0 : .nan } }
    let best = bestRun(drawn)
    let view = TraceView(drawn)
    let gaps = showsGap ? gapSeries(drawn) : nil
    var notes = [view.note].compactMap { $0 }
    if showsGap, gaps == nil, best != nil {
      notes.append("No panel for the gap to the best: no iteration lies below it.")
    }
    let upper = PictureSize.sane(height, smallest: 160, otherwise: 340)
    let lower = gaps == nil ? 0 : upper * 0.6
    let page = ChartPage(
      title: title, legend: legend(best: best), notes: notes, width: width, height: upper + lower)
    let longest = max(drawn.map(\.count).max() ?? 0, 1)
    let xDomain =
      longest == 1
      ? Domain(Double(firstIteration) - 0.5, Double(firstIteration) + 0.5)
      : Domain(
        Double(firstIteration) - min(0.5, 0.012 * Double(longest)),
        Double(firstIteration) + 1.012 * Double(longest - 1))

    var topRoom = page.content
    topRoom.height -= lower
    var bottomRoom = page.content
    bottomRoom.y = topRoom.bottom
    bottomRoom.height = lower
    let x = Panel.Axis(
      domain: xDomain, title: gaps == nil ? "Iteration" : "", wholeNumbers: true, isLabelled: gaps == nil)
    let y = Panel.Axis(domain: view.domain, title: yLabel)
    let gapDomain = Domain(
      gaps?.joined().filter { $0.isFinite }.min() ?? 0, gaps?.joined().filter { $0.isFinite }.max() ?? 1)
    let gapX = Panel.Axis(domain: xDomain, title: "Iteration", wholeNumbers: true)
    let gapY = Panel.Axis(domain: gapDomain.padded(by: 0.06), title: "log\u{2081}\u{2080} gap to best")
    let margin = max(
      Panel(in: topRoom, x: x, y: y).leftMargin, gaps == nil ? 0 : Panel(in: bottomRoom, x: gapX, y: gapY).leftMargin)

    let panel = Panel(in: topRoom, x: x, y: y, leftMargin: margin)
    guard best != nil else { return page.picture([panel.message("no iterations to show")]) }
    var elements = panel.backdrop() + [panel.clipped(lines(drawn, panel, best: best))] + panel.axes()
    if let gaps {
      let second = Panel(in: bottomRoom, x: gapX, y: gapY, leftMargin: margin)
      elements += second.backdrop() + [second.clipped(lines(gaps, second, best: best))] + second.axes()
    }
    return page.picture(elements, legendTop: panel.frame.y)
  }

  /// The run that ended highest.
  private func bestRun(_ drawn: [[Double]]) -> Int? {
    var best: (index: Int, value: Double)?
    for (index, values) in drawn.enumerated() {
      guard let last = values.last(where: { $0.isFinite }) else { continue }
      if best.map({ last > $0.value }) ?? true { best = (index, last) }
    }
    return best?.index
  }

  /// The logarithm of what each iteration lacks; nothing when no iteration lacks anything.
  private func gapSeries(_ drawn: [[Double]]) -> [[Double]]? {
    guard let best = drawn.joined().filter({ $0.isFinite }).max() else { return nil }
    // Differences below the rounding of the bound itself are noise, not progress.
    let noise = best.magnitude * 1e-15
    let gaps = drawn.map { values in
      values.map { best - $0 > noise ? Glibc.log10(best - $0) : .nan }
    }
    return gaps.joined().contains { $0.isFinite } ? gaps : nil
  }

  private var hasColours: Bool { series.count <= Palette.count }

  private func legend(best: Int?) -> Legend {
    var legend = Legend()
    guard series.count > 1 else { return legend }
    if hasColours {
      for (index, run) in series.enumerated() {
        legend.add(
          Legend.Entry(
            label: run.label,
            swatch: .line(colour: Palette.colour(index), width: index == best ? 2.6 : 1.6, dash: nil)))
      }
    } else {
      if let best {
        legend.add(
          Legend.Entry(
            label: "Best: \(series[best].label)",
            swatch: .line(colour: Palette.colour(0), width: 2.6, dash: nil)))
      }
      let others = series.count - (best == nil ? 0 : 1)
      legend.add(
        Legend.Entry(
          label: NumberText.counted(others, "other run"),
          swatch: .line(colour: Palette.context, width: 1.2, dash: nil)))
    }
    return legend
  }

  private func lines(_ runs: [[Double]], _ panel: Panel, best: Int?) -> [SVGElement] {
    // The best run is drawn last, over the others.
    let order = runs.indices.filter { $0 != best } + [best].compactMap { $0 }
    return order.flatMap { index -> [SVGElement] in
      let isBest = index == best
      let colour = hasColours ? Palette.colour(index) : isBest ? Palette.colour(0) : Palette.context
      let width = isBest && runs.count > 1 ? 2.6 : hasColours ? 1.8 : 1.2
      let points = runs[index].enumerated().map {
        (panel.x(Double(firstIteration) + Double($0.offset)), panel.y($0.element))
      }
      return TraceLine(points).draw(colour: colour, width: width)
    }
  }
}
