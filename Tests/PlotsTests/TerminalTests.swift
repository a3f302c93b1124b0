import Testing

@testable import Plots

@Suite("Terminal")
struct TerminalTests {
  @Test("a series becomes a line of blocks")
  func sparkline() {
    #expect(TerminalPlot.sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█")
    #expect(TerminalPlot.sparkline([1, .nan, 2]) == "▁ █")
    #expect(TerminalPlot.sparkline([4, 4]) == "▄▄")
    #expect(TerminalPlot.sparkline([]) == "")
    #expect(TerminalPlot.sparkline(scattered(1000), width: 20).count == 20)
    #expect(TerminalPlot.sparkline([1e308, -1e308], width: -4).count == 1)
  }

  @Test("a curve has its range at the side")
  func curve() {
    let lines = TerminalPlot.curve([-10, -5, -2, -1, 0], width: 20, height: 3).split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("  0 ┤"))
    #expect(lines[2].hasPrefix("-10 ┤"))
    #expect(lines.allSatisfy { $0.count <= 20 })
  }

  @Test("anything can be drawn", arguments: FigureTests.values)
  func degenerate(values: [Double]) {
    for width in [-1, 10, 72] {
      _ = TerminalPlot.sparkline(values, width: width)
      _ = TerminalPlot.curve(values, width: width, height: width / 10, skipsSteepStart: true)
      _ = TerminalPlot.bars(values.map { .init(label: "x", value: $0) }, width: width)
      let texts = [
        TerminalPlot.histogram(values, width: width) { 1 / $0 }, TerminalPlot.histogram(values, width: width, bins: 0),
      ]
      for text in texts {
        #expect(Set(["nan", "inf"]).isDisjoint(with: text.split { !$0.isLetter }.map(String.init)))
        #expect(text.hasSuffix("\n"))
      }
    }
  }

  @Test("a histogram, to the character")
  func histogram() {
    let values = [1, 2, 2, 3, 3, 3, 4, 4, 5].map(Double.init)
    #expect(
      TerminalPlot.histogram(values, width: 24) { $0 > 3.5 ? 0.1 : 0.3 } == """
        1  1  ██████          │
        2  2  ████████████    │
        3  3  ████████████████│█
        4  2  █████│██████
        5  1  █████│
        │ the fitted density

        """)
  }

  @Test("bars carry their values")
  func bars() {
    let items = [("long", 0.5), ("b", 0.25), ("c", .nan)].map { BarPlot.Item(label: $0.0, value: $0.1) }
    let lines = TerminalPlot.bars(items, width: 30).split(separator: "\n")
    #expect(lines == ["long 0.50  ███████████████████", "   b 0.25  █████████▌", "   c    -"])
  }

  @Test("a table lines up, wide characters included")
  func table() {
    let table = TextTable(columns: ["name", "mean"], rows: [["a", "1.5"], ["日本", "-12.25"], ["c"]])
    #expect(
      TerminalPlot.table(table) == """
        name    mean
        ────  ──────
        a        1.5
        日本  -12.25
        c

        """)
    #expect(TerminalPlot.table(TextTable(columns: [], rows: [])) == "")
  }

  @Test("a name cannot steer the terminal")
  func controlCharacters() {
    let text = TerminalPlot.table(TextTable(columns: ["a\u{1B}[31m"], rows: [["b\u{9B}2J\nc"], ["d\u{202E}"]]))
    #expect(!text.unicodeScalars.contains { $0.value != 0x0A && ($0.value < 0x20 || (0x7F...0x9F).contains($0.value)) })
    #expect(!text.contains("\u{202E}"))
    #expect(text.split(separator: "\n").count == 4)
  }
}
