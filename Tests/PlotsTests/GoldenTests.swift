import Testing

@testable import Plots

@Suite("The same input gives the same bytes")
struct PlotGoldenTests {
  @Test("every figure, drawn twice")
  func determinism() {
    let x = scattered(9000)
    let y = x.map { ($0 * 7919).truncatingRemainder(dividingBy: 1) }
    let figures: [@Sendable () -> Picture] = [
      { HistogramPlot(values: x, total: DensityCurve(label: "a", density: normal(0.5, 0.2))).picture() },
      { CountPlot(values: x.map { Int($0 * 20) }).picture() },
      { ScatterPlot(x: x, y: y, assignments: x.map { Int($0 * 5) }).picture() },
      { TracePlot(series: [TraceSeries(label: "a", values: y)], showsGap: true).picture() },
      { BarPlot(items: x.prefix(50).map { .init(label: "\($0)", value: $0) }, isSorted: true).picture() },
      {
        SeriesPlot(
          times: x, lines: [SeriesLine(label: "a", values: y, halfWidths: y), SeriesLine(label: "b", values: x)],
          probabilities: [SeriesLine(label: "c", values: y)], shades: [0.2...0.4], shadeLabel: "d"
        ).picture()
      }, { ImageGrid(images: [.init(pixels: Array(x.prefix(16)), caption: "a")], rowLength: 4).picture() },
      { HeatTable(rows: ["a", "b"], columns: ["c"], values: [[0.1], [0.9]]).picture() },
    ]
    for figure in figures { #expect(figure().svg == figure().svg) }
  }

  @Test("a small plot, to the byte")
  func smallPlot() {
    let run = TraceSeries(label: "a", values: [-3, -1, -0.5])
    let picture = TracePlot(series: [run], title: "Bound & gap", width: 320, height: 160).picture()
    #expect(picture.svg == Self.golden)
  }

  static let golden = #"""
    <?xml version="1.0" encoding="UTF-8"?>
    <svg xmlns="http://www.w3.org/2000/svg" width="320" height="160" viewBox="0 0 320 160" font-family="Helvetica, Arial, &#39;Liberation Sans&#39;, sans-serif" role="img" aria-label="Bound &amp; gap">
     <rect width="320" height="160" fill="#ffffff"/>
     <text x="14" y="28" font-size="16" fill="#1f2429" font-weight="bold">Bound &amp; gap</text>
     <path d="M58.68 99.5 L298 99.5 M58.68 79.5 L298 79.5 M58.68 60.5 L298 60.5" fill="none" stroke="#e6e9ec" stroke-width="1" stroke-linejoin="round" stroke-linecap="round"/>
     <svg x="58.68" y="48" width="239.32" height="54" viewBox="58.68 48 239.32 54" overflow="hidden">
      <path d="M62.86 99.55 L179.04 60.27 L295.21 50.45" fill="none" stroke="#0072b2" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round"/>
      <circle cx="62.86" cy="99.55" r="2.3" fill="#0072b2"/>
      <circle cx="179.04" cy="60.27" r="2.3" fill="#0072b2"/>
      <circle cx="295.21" cy="50.45" r="2.3" fill="#0072b2"/>
     </svg>
     <path d="M58.68 102.5 L298 102.5 M62.5 102 L62.5 106 M179.5 102 L179.5 106 M295.5 102 L295.5 106" fill="none" stroke="#8a9199" stroke-width="1" stroke-linejoin="round" stroke-linecap="round"/>
     <text x="62.5" y="120" font-size="12" fill="#3d444b" text-anchor="middle">1</text>
     <text x="179.5" y="120" font-size="12" fill="#3d444b" text-anchor="middle">2</text>
     <text x="295.5" y="120" font-size="12" fill="#3d444b" text-anchor="middle">3</text>
     <text x="51.68" y="103.55" font-size="12" fill="#3d444b" text-anchor="end">−3</text>
     <text x="51.68" y="83.91" font-size="12" fill="#3d444b" text-anchor="end">−2</text>
     <text x="51.68" y="64.27" font-size="12" fill="#3d444b" text-anchor="end">−1</text>
     <text x="178.34" y="140" font-size="13" fill="#3d444b" text-anchor="middle">Iteration</text>
     <text x="25" y="75" font-size="13" fill="#3d444b" text-anchor="middle" transform="rotate(-90 25 75)">ELBO</text>
    </svg>

    """#
}
