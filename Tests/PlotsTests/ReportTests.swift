import Testing

@testable import Plots

@Suite("Report")
struct ReportTests {
  let report = HTMLReport(
    title: "A <model>", subtitle: "of \"data\"", facts: [.init("n & m", "1 < 2")],
    sections: [
      .init(
        "First <section>",
        [
          .text("One & two.\n\nThree."),
          .figure(BarPlot(items: [.init(label: "a", value: 1)]).picture(), caption: "Figure <1>"),
          .figure(BarPlot(items: [.init(label: "b", value: 1)]).picture(), caption: ""),
          .table(TextTable(columns: ["name", "value"], rows: [["<a>", "1.5"], ["b"]]), caption: "Table"),
          .code("x < y\n  && z"),
        ]), .init("Empty", []),
    ], footer: "</main>")

  @Test("is well-formed and holds what was put into it")
  func content() throws {
    let body = report.html.split(separator: "\n").dropFirst().joined(separator: "\n")
    let parsed = try #require(ParsedPicture(body))
    #expect(report.html.hasPrefix("<!DOCTYPE html>\n"))
    #expect(parsed.all("title").map(\.text) == ["A <model>"])
    #expect(parsed.all("h2").map(\.text) == ["First <section>", "Empty"])
    #expect(parsed.all("p").map(\.text) == ["of \"data\"", "One & two.", "Three."])
    #expect(parsed.all("svg").count == 2)
    #expect(parsed.all("figcaption").map(\.text) == ["Figure <1>"])
    #expect(parsed.all("td").map(\.text) == ["1 < 2", "<a>", "1.5", "b", ""])
    #expect(parsed.all("td").map { $0.attributes["class"] } == [nil, nil, "number", nil, "number"])
    #expect(parsed.all("pre").map(\.text) == ["x < y\n  && z"])
    #expect(parsed.all("footer").map(\.text) == ["</main>"])
  }

  @Test("asks for nothing from elsewhere")
  func selfContained() {
    let page = report.html.replacing("http://www.w3.org/2000/svg", with: "").replacing(
      "http://www.w3.org/1999/xhtml", with: "")
    for trace in ["http", "<script", "<link", "<img", "url(", "@import"] {
      #expect(!page.contains(trace), "\(trace)")
    }
    #expect(report.html == report.html)
  }

  @Test("an empty report is a page")
  func empty() {
    let body = HTMLReport(title: "").html.split(separator: "\n").dropFirst().joined(separator: "\n")
    #expect(ParsedPicture(body) != nil)
  }

  @Test("columns of numbers line up to the right unless told otherwise")
  func alignment() {
    let table = TextTable(
      columns: ["a", "b", "c", "d"], rows: [["x1", "1.5", "−2×10⁻⁵", "1"], ["y", "–", "<0.001", "2"]],
      alignments: [nil, nil, nil, .left])
    #expect((0..<4).map(table.alignment) == [.left, .right, .right, .left])
    #expect(TextTable(columns: ["a"], rows: []).alignment(0) == .left)
  }
}
