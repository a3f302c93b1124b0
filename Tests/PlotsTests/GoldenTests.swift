import Testing

@testable import Plots

@Suite("The same input gives the same bytes")
struct GoldenTests {
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

  static let golden = """
    GOLDEN
    """
}
