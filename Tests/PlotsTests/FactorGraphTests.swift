import Testing

@testable import Plots

@Suite("Factor graphs")
struct FactorGraphTests {
  private static func latent(_ name: String, _ plates: [Int] = []) -> FactorGraphPlot.Variable {
    FactorGraphPlot.Variable(name: name, kind: .latent, factor: "MultivariateNormal", plates: plates)
  }
  private static func observed(_ name: String, _ plates: [Int]) -> FactorGraphPlot.Variable {
    FactorGraphPlot.Variable(name: name, kind: .observed, factor: "Normal", plates: plates)
  }
  private static func given(_ name: String, _ plates: [Int]) -> FactorGraphPlot.Variable {
    FactorGraphPlot.Variable(name: name, kind: .given, factor: nil, plates: plates)
  }
  private static func edge(_ from: Int, _ to: Int, gate: Bool = false, note: String = "") -> FactorGraphPlot.Edge {
    FactorGraphPlot.Edge(from: from, to: to, isGate: gate, note: note)
  }

  static let mixture = FactorGraphPlot(
    title: "mixture", plates: ["component  k = 1 … 10", "row  n = 1 … N"],
    variables: [latent("weights"), latent("cluster", [0]), latent("label", [1]), observed("x", [1])],
    edges: [edge(0, 2), edge(1, 3), edge(2, 3, gate: true)])

  static let chain = FactorGraphPlot(
    title: "chain", plates: ["state  k = 1 … 3", "row  n = 1 … N"],
    variables: [
      latent("start"), latent("move", [0]), latent("cluster", [0]), latent("state", [1]), observed("x", [1]),
    ],
    edges: [
      edge(0, 3), edge(1, 3), edge(3, 3, gate: true, note: "row n−1"), edge(2, 4), edge(3, 4, gate: true),
    ])

  static let regression = FactorGraphPlot(
    title: "regression with groups", plates: ["school  s = 1 … levels(school)", "row  n = 1 … N"],
    variables: [
      given("school", [1]), given("inputs", [1]), latent("slopes"), latent("level", [0]), latent("spread"),
      latent("noise"), observed("y", [1]),
    ],
    edges: [edge(2, 6), edge(1, 6), edge(3, 6), edge(0, 6, gate: true), edge(5, 6), edge(4, 3)])

  /// One plate inside another, and two that cross.
  static let crossed = FactorGraphPlot(
    title: "crossed", plates: ["subject  s = 1 … 40", "item  l = 1 … 20", "row  n = 1 … N", "visit  v = 1 … 3"],
    variables: [
      latent("skill", [0]), latent("ease", [1]), latent("match", [0, 1]), latent("spread"), given("subject", [2]),
      given("item", [2]), observed("y", [2]), latent("mood", [0, 3]),
    ],
    edges: [
      edge(3, 0), edge(3, 1), edge(0, 2), edge(1, 2), edge(2, 6), edge(4, 6, gate: true), edge(5, 6, gate: true),
      edge(0, 7), edge(7, 6),
    ])

  static let plots = [mixture, chain, regression, crossed]

  @Test("a plate contains its variables and no others", arguments: plots.indices)
  func plates(_ index: Int) throws {
    let plot = Self.plots[index]
    let drawing = try #require(plot.drawing)
    for (plate, frame) in drawing.frames.enumerated() {
      let frame = try #require(frame)
      for (v, center) in drawing.centers.enumerated() {
        let isInside =
          frame.x < center.x && center.x < frame.right && frame.y < center.y && center.y < frame.bottom
        #expect(isInside == plot.variables[v].plates.contains(plate), "\(plot.variables[v].name)")
      }
    }
  }

  @Test("variables and factors keep apart", arguments: plots.indices)
  func distances(_ index: Int) throws {
    let parsed = try expectSound(Self.plots[index].picture())
    let boxes = parsed.all("rect").compactMap { element -> Frame? in
      guard element.attributes["stroke-width"] == "1.4", let x = Double(element.attributes["x"] ?? ""),
        let y = Double(element.attributes["y"] ?? ""), let width = Double(element.attributes["width"] ?? ""),
        let height = Double(element.attributes["height"] ?? "")
      else { return nil }
      return Frame(x: x, y: y, width: width, height: height)
    }
    #expect(boxes.count == Self.plots[index].variables.count)
    for (i, a) in boxes.enumerated() {
      for b in boxes[..<i] {
        let isApart = a.right + 8 < b.x || b.right + 8 < a.x || a.bottom + 8 < b.y || b.bottom + 8 < a.y
        #expect(isApart)
      }
    }
    for name in Self.plots[index].variables.map(\.name) + Self.plots[index].plates {
      #expect(parsed.texts.contains(name), "\(name)")
    }
  }

  @Test("what chooses is dashed, and the row before has a bow of its own")
  func edges() throws {
    let parsed = try expectSound(Self.chain.picture())
    #expect(parsed.all("path").filter { $0.attributes["stroke-dasharray"] != nil }.count == 2)
    #expect(parsed.all("path").filter { $0.attributes["d"]?.contains("C") == true }.count == 1)
    #expect(parsed.texts.contains("row n−1"))
  }

  @Test("one graph has one picture")
  func repeatable() { #expect(Self.crossed.picture().svg == Self.crossed.picture().svg) }

  @Test("small and odd graphs are sound")
  func odd() throws {
    try expectSound(FactorGraphPlot(title: "", plates: [], variables: [], edges: []).picture())
    try expectSound(FactorGraphPlot(title: "empty", plates: ["nothing"], variables: [], edges: []).picture())
    try expectSound(FactorGraphPlot(title: "one", plates: [], variables: [Self.latent("x")], edges: []).picture())
    let cycle = FactorGraphPlot(
      title: "a < b & c", plates: ["all"], variables: [Self.latent("a", [0]), Self.latent("b", [0])],
      edges: [Self.edge(0, 1), Self.edge(1, 0)])
    try expectSound(cycle.picture())
  }
}
