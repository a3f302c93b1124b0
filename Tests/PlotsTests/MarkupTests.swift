import Testing

@testable import Plots

@Suite("Markup")
struct MarkupTests {
  @Test("characters with a meaning are escaped, and ones that XML forbids replaced")
  func escaping() {
    #expect(MarkupText.escaped("a<b & \"c\" > 'd'") == "a&lt;b &amp; &quot;c&quot; &gt; &#39;d&#39;")
    #expect(MarkupText.escaped("a\u{0}b\u{1B}[31m\u{FFFF}") == "a\u{FFFD}b\u{FFFD}[31m\u{FFFD}")
    #expect(MarkupText.escaped("Gauß 日本 🙂\n") == "Gauß 日本 🙂\n")
  }

  @Test(
    "hostile names come back as they went in",
    arguments: ["</text><script>alert(1)</script>", "\" onload=\"x", "]]>&amp;"])
  func hostileNames(name: String) throws {
    let picture = HistogramPlot(
      values: [1, 2, 3, 4], components: [DensityCurve(label: name, weight: 1, density: normal(2, 1))], title: name,
      xLabel: name
    ).picture()
    let parsed = try expectSound(picture)
    #expect(parsed.all("script").isEmpty)
    #expect(parsed.texts.filter { $0 == name }.count >= 2)
    #expect(parsed.elements[0].attributes["aria-label"] == name)
    #expect(parsed.elements[0].attributes["onload"] == nil)
  }

  @Test("elements nest and numbers are compact")
  func elements() {
    let dot = SVGElement("circle", ["cx": .number(1.5), "cy": .number(.nan), "r": "2"])
    let group = SVGElement("g", ["fill": "red"], children: [dot, SVGElement("text", [:], text: "a & b")])
    let picture = Picture(width: 20, height: .infinity, description: "d", elements: [group])
    #expect(picture.height == 420)
    #expect(picture.inlineSVG.contains(#"<circle cx="1.5" cy="0" r="2"/>"#))
    #expect(picture.inlineSVG.contains("<text>a &amp; b</text>"))
    #expect(ParsedPicture(picture.svg)?.elements.map(\.name) == ["svg", "rect", "g", "circle", "text"])
  }

  @Test("texts are wrapped, and shortened to fit")
  func metrics() {
    #expect((TextMetrics.width("0000", size: 10) - 22.24).magnitude < 1e-9)
    #expect(TextMetrics.shortened("short", to: 100, size: 12) == "short")
    let cut = TextMetrics.shortened("a name that is much too long", to: 60, size: 12)
    #expect(cut.hasSuffix("…"))
    #expect(TextMetrics.width(cut, size: 12) <= 60)
    let lines = TextMetrics.wrapped("one two three four five six seven", to: 50, size: 12, lines: 3)
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { TextMetrics.width($0, size: 12) <= 50 })
    #expect(TextMetrics.wrapped("", to: 50, size: 12, lines: 2).isEmpty)
  }

  @Test("the hues of neighbouring components differ, and later ones are dashed")
  func palette() {
    #expect(Set((0..<Palette.count).map(Palette.colour)).count == Palette.count)
    #expect(Palette.dash(0) == nil)
    #expect(Palette.dash(Palette.count) != nil)
    #expect(Palette.colour(-1).hasPrefix("#"))
    #expect(ColourScale.sequential.colour(at: 1).isDark)
    #expect(!ColourScale.sequential.colour(at: 0).isDark)
    #expect(ColourScale.diverging.colour(at: 0.5).hex == "#f7f7f7")
  }
}
