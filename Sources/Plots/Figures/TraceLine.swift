/// A run of points in pixels, drawn as a line with gaps, and as a dot where a point stands alone.
struct TraceLine {
  private var runs: [[(Double, Double)]] = []
  private let hasDots: Bool

  /// The most points that are drawn of an unbroken run; a picture has fewer columns of pixels than that.
  private static let limit = 4000

  init(_ points: [(Double, Double)]) {
    hasDots = points.count <= 25
    var run: [(Double, Double)] = []
    for point in points {
      if point.1.isFinite {
        run.append(point)
      } else if !run.isEmpty {
        runs.append(run)
        run = []
      }
    }
    if !run.isEmpty { runs.append(run) }
  }

  func draw(colour: String, width: Double) -> [SVGElement] {
    var path = SVGPath()
    var dots: [SVGElement] = []
    for run in runs {
      if run.count > 1 {
        for (x, y) in CurveSampler.thinned(Self.reduced(run), tolerance: 0.1) { path.add(x, y) }
        path.lift()
      }
      for (x, y) in run where hasDots || run.count == 1 {
        dots.append(
          SVGElement(
            "circle",
            [
              "cx": .number(x), "cy": .number(y), "r": .number(run.count == 1 ? width + 1.6 : width + 0.5),
              "fill": .text(colour),
            ]))
      }
    }
    return (path.isEmpty ? [] : [path.stroke(colour, width: width)]) + dots
  }

  /// Keeps the first, the lowest, the highest and the last point of each stretch, so that no spike is lost.
  private static func reduced(_ run: [(Double, Double)]) -> [(Double, Double)] {
    guard run.count > limit else { return run }
    let size = run.count / (limit / 4) + 1
    var kept: [(Double, Double)] = []
    for start in stride(from: 0, to: run.count, by: size) {
      let stretch = start..<min(start + size, run.count)
      guard let low = stretch.min(by: { run[$0].1 < run[$1].1 }), let high = stretch.max(by: { run[$0].1 < run[$1].1 })
      else { continue }
      var last = -1
      for index in [start, min(low, high), max(low, high), stretch.upperBound - 1] where index > last {
        kept.append(run[index])
        last = index
      }
    }
    return kept
  }
}
