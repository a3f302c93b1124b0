import Testing

@testable import Plots

@Suite("Figures")
struct FigureTests {
  static let values: [[Double]] = [
    [], [1], [5, 5, 5], [0, 0], [.nan, .infinity, -.infinity], [1, .nan, 3], [1e300, -1e300, 3e299],
    [1.7e308, -1.7e308],
    [1e-300, 2e-300], [.leastNonzeroMagnitude, 0, .leastNormalMagnitude / 8], [1e9, 1e9 + 1e-6], [1e15, 1e15 + 1],
    scattered(500),
    scattered(500).map { 1e9 + $0 }, scattered(500).map { 1 / ($0 - 0.5) }, Array(repeating: 0, count: 99) + [1e12],
  ]

  @Test("a histogram of anything is sound", arguments: values)
  func histogram(values: [Double]) throws {
    let curves = (0..<2).map { DensityCurve(label: "c\($0)", weight: 0.5, density: normal(Double($0), 1)) }
    try expectSound(HistogramPlot(values: values).picture())
    try expectSound(HistogramPlot(values: values, components: curves, title: "t", xLabel: "x").picture())
    let wild: [@Sendable (Double) -> Double] = [
      { _ in .nan }, { _ in .infinity }, { $0 > 0 ? .nan : 1 }, { 1 / $0.magnitude }, { _ in -1 }, { _ in 1e308 },
    ]
    for density in wild {
      try expectSound(HistogramPlot(values: values, total: DensityCurve(label: "wild", density: density)).picture())
    }
    try expectSound(HistogramPlot(values: values, range: -2...2, width: .nan, height: -3).picture())
    try expectSound(HistogramPlot(values: values, components: curves, range: 1...1, width: 1e9, height: 1).picture())
  }

  @Test("the pieces of a histogram")
  func histogramContent() throws {
    let plot = HistogramPlot(
      values: scattered(100) + [.nan],
      components: [
        DensityCurve(label: "left", weight: 0.4, density: normal(0.3, 0.1)),
        DensityCurve(label: "right", weight: 0.6, density: normal(0.7, 0.1)),
      ], title: "Title", xLabel: "share")
    let parsed = try expectSound(plot.picture())
    for text in ["Title", "share", "Density", "left", "right", "0.40", "0.60", "Mixture", "Data, n = 100"] {
      #expect(parsed.texts.contains(text), "\(text)")
    }
    #expect(parsed.texts.contains("1 missing or infinite value is left out."))
    #expect(parsed.all("path").contains { $0.attributes["stroke"] == Palette.colour(1) })
  }

  @Test(
    "counts of anything are sound",
    arguments: [[], [0], [3, 3], [.max, .min], [-5, 5], Array(0...2000), [0, 1_000_000]])
  func counts(values: [Int]) throws {
    try expectSound(CountPlot(values: values).picture())
    let curve = MassCurve(label: "even", weight: 1) { (0..<10).contains($0) ? 0.1 : 0 }
    try expectSound(CountPlot(values: values, components: [curve, curve], title: "t", xLabel: "x").picture())
    try expectSound(
      CountPlot(values: values, total: MassCurve(label: "n") { _ in .nan }, range: (.min)...(.max)).picture())
  }

  @Test("a scatter plot of anything is sound", arguments: values)
  func scatter(values: [Double]) throws {
    let ellipses = values.prefix(6).map {
      GaussianEllipse(label: "e", weight: $0, meanX: $0, meanY: 0, sxx: $0.magnitude, sxy: $0, syy: $0.magnitude)
    }
    try expectSound(ScatterPlot(x: values, y: values).picture())
    try expectSound(
      ScatterPlot(x: values, y: values.reversed(), assignments: [0, 1, -4], ellipses: ellipses).picture())
    try expectSound(ScatterPlot(x: [], y: values, ellipses: ellipses, pointLimit: -1).picture())
  }

  @Test("an impossible covariance is left out and said to be")
  func impossibleEllipse() throws {
    let good = GaussianEllipse(label: "good", weight: 0.5, meanX: 0, meanY: 0, sxx: 1, sxy: 0.5, syy: 1)
    let bad = GaussianEllipse(label: "bad", weight: 0.5, meanX: 0, meanY: 0, sxx: 1, sxy: 5, syy: 1)
    let parsed = try expectSound(ScatterPlot(x: [0, 1], y: [0, 1], ellipses: [good, bad]).picture())
    #expect(parsed.all("ellipse").count == 1)
    #expect(parsed.texts.contains("bad (not drawn)"))
    #expect(parsed.texts.contains("1 ellipse left out: no valid covariance."))
  }

  @Test("repeated points become one mark, and many points are thinned out")
  func manyPoints() throws {
    let same = try expectSound(
      ScatterPlot(x: Array(repeating: 1, count: 10_000), y: Array(repeating: 2, count: 10_000)).picture())
    #expect(same.all("circle").count == 1)
    let many = try expectSound(
      ScatterPlot(
        x: scattered(20_000), y: scattered(20_000).map { ($0 * 977).truncatingRemainder(dividingBy: 1) },
        pointLimit: 2000
      )
      .picture())
    #expect(many.all("circle").count <= 2000)
    #expect(many.texts.contains("2,000 of 20,000 points drawn."))
  }

  @Test("hundreds of components are drawn, and the legend names the heaviest")
  func manyComponents() throws {
    let ellipses = (0..<100).map {
      GaussianEllipse(
        label: "component \($0)", weight: Double($0 + 1) / 5050, meanX: Double($0), meanY: 0, sxx: 1, sxy: 0, syy: 1)
    }
    let parsed = try expectSound(ScatterPlot(x: [], y: [], ellipses: ellipses).picture())
    #expect(parsed.all("ellipse").count == 100)
    #expect(parsed.texts.contains("… and 88 more"))
    #expect(parsed.texts.contains("component 99"))
    #expect(!parsed.texts.contains("component 0"))
  }

  @Test("a trace of anything is sound", arguments: values)
  func trace(values: [Double]) throws {
    for showsGap in [false, true] {
      let one = TraceSeries(label: "a", values: values)
      try expectSound(TracePlot(series: [one], title: "t", showsGap: showsGap).picture())
      try expectSound(TracePlot(series: [one, TraceSeries(label: "b", values: [])], showsGap: showsGap).picture())
      try expectSound(
        TracePlot(series: Array(repeating: one, count: 30), showsGap: showsGap, firstIteration: 0).picture())
    }
  }

  @Test("one iteration is a dot, and a long trace stays small")
  func traceLengths() throws {
    let single = try expectSound(TracePlot(series: [TraceSeries(label: "a", values: [-5])], showsGap: true).picture())
    #expect(single.all("circle").count == 1)
    #expect(single.texts.contains("1"))
    let long = scattered(200_000).map { -$0 }
    #expect(TracePlot(series: [TraceSeries(label: "a", values: long)]).picture().svg.utf8.count < 200_000)
  }

  @Test("series of anything are sound", arguments: values)
  func series(values: [Double]) throws {
    let one = SeriesLine(label: "a", values: values, halfWidths: values.reversed())
    let dots = SeriesLine(label: "b", values: values, isJoined: false)
    try expectSound(SeriesPlot(times: values, lines: [one, dots], shades: [0...1], title: "t").picture())
    try expectSound(
      SeriesPlot(times: values.indices.map(Double.init), lines: [], probabilities: [one], shadeLabel: "s").picture())
    let long = scattered(200_000)
    let plot = SeriesPlot(times: long.indices.map(Double.init), lines: [SeriesLine(label: "a", values: long)])
    #expect(plot.picture().svg.utf8.count < 200_000)
  }

  @Test("images of anything are sound", arguments: values)
  func images(values: [Double]) throws {
    let pixels = Array(values.prefix(50))
    for isSigned in [false, true] {
      let image = ImageGrid.Image(pixels: pixels, caption: "a caption")
      try expectSound(ImageGrid(images: [image, image], rowLength: 3, isSigned: isSigned, title: "t").picture())
    }
    try expectSound(ImageGrid(images: [], rowLength: 0, perRow: 0).picture())
  }

  @Test("bars of anything are sound", arguments: values)
  func bars(values: [Double]) throws {
    let items = values.enumerated().map { BarPlot.Item(label: "bar \($0.offset)", value: $0.element) }
    try expectSound(BarPlot(items: items, title: "t").picture())
    let parsed = try expectSound(BarPlot(items: items, isSorted: true, limit: 3).picture())
    #expect(parsed.texts.count { $0.hasPrefix("bar") } == min(3, values.count))
  }

  @Test("a table of anything is sound", arguments: values)
  func heat(values: [Double]) throws {
    for scale in [HeatTable.Scale.unit, .standardised] {
      let names = values.indices.map { "a rather long name \($0)" }
      try expectSound(HeatTable(rows: ["r"], columns: names, values: [values], scale: scale, title: "t").picture())
      try expectSound(HeatTable(rows: names, columns: ["c"], values: values.map { [$0] }, scale: scale).picture())
      try expectSound(
        HeatTable(rows: [], columns: ["c", "d"], values: [values, []], texts: [["x"]], scale: scale).picture())
    }
  }

  @Test("text in a dark cell is light")
  func heatContrast() throws {
    let parsed = try expectSound(
      HeatTable(rows: ["a"], columns: ["x", "y"], values: [[0.02, 0.98]], scaleLabel: "share").picture())
    let fills = parsed.all("text").filter { ["0.02", "0.98"].contains($0.text) }.map { $0.attributes["fill"] }
    #expect(fills == [Palette.ink, Palette.ground])
  }

  @Test("long names are cut, never clipped")
  func longNames() throws {
    let name = String(repeating: "very long name ", count: 20)
    let curve = DensityCurve(label: name, weight: 0.123, density: normal(0, 1))
    try expectSound(
      HistogramPlot(values: [1, 2], total: curve, components: [curve], title: name, xLabel: name, width: 320).picture())
    try expectSound(BarPlot(items: [.init(label: name, value: 1)], title: name).picture())
    try expectSound(
      TracePlot(
        series: [.init(label: name, values: [1, 2]), .init(label: name, values: [1])], title: name, yLabel: name
      ).picture())
    try expectSound(
      HeatTable(rows: [name], columns: [name, name], values: [[1, 0]], title: name, scaleLabel: name).picture())
  }
}
