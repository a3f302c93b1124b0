/// What a placed factor graph is drawn with.
extension FactorGraphDrawing {
  func picture() -> Picture {
    let note = "Shaded: observed. Boxes: given. Squares: distributions. Dashed: chooses a member."
    let width = size.width
    let lines = TextMetrics.wrapped(note, to: width - 2 * Self.margin, size: Self.captionSize, lines: 4)
    let height = size.height + 15 * Double(lines.count) + 4
    var elements: [SVGElement] = []
    if !plot.title.isEmpty {
      elements.append(
        Label(plot.title, size: 16, colour: Palette.ink, isBold: true).at(Self.margin, Self.margin + 12))
    }
    elements += plates() + straight.map(line) + loops() + stems() + names() + notes() + variables()
    for (i, line) in lines.enumerated() {
      elements.append(
        Label(line, size: Self.captionSize, colour: Palette.muted).at(Self.margin, size.height + 6 + 15 * Double(i)))
    }
    return Picture(
      width: width, height: height, description: "Factor graph of \(TextMetrics.oneLine(plot.title))",
      elements: elements)
  }

  private func plates() -> [SVGElement] {
    // The largest first, so that its ground lies under the others.
    plot.plates.indices.sorted { levels[$0] > levels[$1] }.flatMap { plate -> [SVGElement] in
      guard let frame = frames[plate] else { return [] }
      let box = SVGElement(
        "rect",
        [
          "x": .number(frame.x), "y": .number(frame.y), "width": .number(frame.width),
          "height": .number(frame.height), "rx": "9", "fill": .text(Palette.bar), "fill-opacity": "0.18",
          "stroke": .text(Palette.axis), "stroke-width": "1.1",
        ])
      let corner = corners[plate]
      let place = caption(plate, corner, in: frame)
      let label = Label(
        plot.plates[plate], size: Self.captionSize, colour: Palette.muted, anchor: corner.isLeft ? .start : .end)
      return [box, label.at(corner.isLeft ? place.x : place.right, place.bottom - 2)]
    }
  }

  private func colour(_ edge: FactorGraphPlot.Edge) -> String { edge.isGate ? Palette.colour(0) : Palette.point }

  private func line(_ edge: FactorGraphPlot.Edge) -> SVGElement {
    var path = SVGPath()
    let start = boundary(edge.from, towards: factor(edge.to))
    path.add(start.x, start.y)
    path.add(factor(edge.to).x, factor(edge.to).y)
    return path.stroke(colour(edge), width: 1.3, dash: edge.isGate ? "4 4" : nil)
  }

  /// Bows from variables to their own factors, with what stands beside them.
  private func loops() -> [SVGElement] {
    plot.edges.filter { $0.from == $0.to }.flatMap { edge -> [SVGElement] in
      let half = Self.width(of: plot.variables[edge.to]) / 2
      let bow = Self.loop(edge, half: half).bow
      let (center, square) = (centers[edge.to], factor(edge.to))
      func point(_ x: Double, _ y: Double) -> String { "\(SVGValue.compact(x)) \(SVGValue.compact(y))" }
      let tip = PlanePoint(x: square.x - Self.square / 2 - 1, y: square.y)
      let path =
        "M\(point(center.x - half, center.y)) C\(point(center.x - bow - 7, center.y)), "
        + "\(point(center.x - bow - 7, square.y)), \(point(tip.x - 7, tip.y))"
      let curve = SVGElement(
        "path",
        ["d": .text(path), "fill": "none", "stroke": .text(colour(edge)), "stroke-width": "1.3"]
      ).adding("stroke-dasharray", edge.isGate ? "4 4" : nil)
      let label = Label(edge.note, size: Self.factorSize, colour: Palette.muted, anchor: .end)
      return [curve, arrowhead(tip, dx: 1, dy: 0, colour: colour(edge))]
        + [label.at(center.x - bow - 2, center.y - Self.lift / 2 + 4)]
    }
  }

  private func arrowhead(_ tip: PlanePoint, dx: Double, dy: Double, colour: String) -> SVGElement {
    var path = SVGPath()
    path.add(tip.x, tip.y)
    path.add(tip.x - 8 * dx - 4 * dy, tip.y - 8 * dy - 4 * dx)
    path.add(tip.x - 8 * dx + 4 * dy, tip.y - 8 * dy + 4 * dx)
    path.close()
    return path.fill(colour)
  }

  /// From each factor down to its variable.
  private func stems() -> [SVGElement] {
    plot.variables.indices.filter { plot.variables[$0].factor != nil }.flatMap { v -> [SVGElement] in
      let (square, end) = (factor(v), centers[v].y - Self.halfHeight(of: plot.variables[v]) - 0.5)
      var path = SVGPath()
      path.add(square.x, square.y)
      path.add(square.x, end - 6)
      let box = SVGElement(
        "rect",
        [
          "x": .number(square.x - Self.square / 2), "y": .number(square.y - Self.square / 2),
          "width": .number(Self.square), "height": .number(Self.square), "fill": .text(Palette.ink),
        ])
      return [
        path.stroke(Palette.point, width: 1.3),
        arrowhead(PlanePoint(x: square.x, y: end), dx: 0, dy: 1, colour: Palette.point), box,
      ]
    }
  }

  /// A text on a ground of its own, so that edges behind it leave it readable.
  private func grounded(_ label: Label, _ x: Double, _ y: Double) -> [SVGElement] {
    let width = TextMetrics.width(label.text, size: label.size)
    let start = label.anchor == .start ? x : label.anchor == .end ? x - width : x - width / 2
    let ground = SVGElement(
      "rect",
      [
        "x": .number(start - 2), "y": .number(y - label.size + 1), "width": .number(width + 4),
        "height": .number(label.size + 2), "rx": "3", "fill": .text(Palette.ground), "fill-opacity": "0.8",
      ])
    return [ground, label.at(x, y)]
  }

  private func names() -> [SVGElement] {
    plot.variables.indices.flatMap { v -> [SVGElement] in
      guard let name = plot.variables[v].factor else { return [] }
      let place = factor(v)
      return grounded(Label(name, size: Self.factorSize, colour: Palette.text), place.x + 10, place.y + 4)
    }
  }

  /// What stands beside straight edges.
  private func notes() -> [SVGElement] {
    straight.filter { !$0.note.isEmpty }.flatMap { edge -> [SVGElement] in
      let (start, end) = (boundary(edge.from, towards: factor(edge.to)), factor(edge.to))
      let label = Label(edge.note, size: Self.factorSize, colour: Palette.muted, anchor: .middle)
      return grounded(label, (start.x + end.x) / 2, (start.y + end.y) / 2 + 4)
    }
  }

  private func variables() -> [SVGElement] {
    plot.variables.indices.flatMap { v -> [SVGElement] in
      let variable = plot.variables[v]
      let (a, b) = (Self.width(of: variable) / 2, Self.halfHeight(of: variable))
      let outline = SVGElement(
        "rect",
        [
          "x": .number(centers[v].x - a), "y": .number(centers[v].y - b), "width": .number(2 * a),
          "height": .number(2 * b), "rx": .number(variable.kind == .given ? 3 : b),
          "fill": .text(variable.kind == .observed ? Palette.bar : Palette.ground), "stroke": .text(Palette.ink),
          "stroke-width": "1.4",
        ])
      let label = Label(variable.name, size: Self.nameSize, colour: Palette.ink, anchor: .middle)
      return [outline, label.at(centers[v].x, centers[v].y + 4.5)]
    }
  }
}
