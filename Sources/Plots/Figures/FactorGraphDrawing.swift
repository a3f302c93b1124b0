/// A factor graph on its way from places on a grid to a picture.
struct FactorGraphDrawing {
  private static let nameSize = 13.5
  private static let factorSize = 11.0
  private static let captionSize = 11.0
  private static let margin = 18.0
  /// How far a factor stands above its variable.
  private static let lift = 48.0
  private static let square = 9.0

  private let plot: FactorGraphPlot
  private let cells: [GridCell]
  /// What the places cost, with what is in the way of edges.
  private(set) var cost: Double

  /// How much room a variable needs to either side of its centre.
  private var left: [Double]
  private var right: [Double]
  private var centers: [PlanePoint] = []
  private var frames: [Frame?] = []
  /// How deep each plate lies under others that share variables with it.
  private let levels: [Int]
  private var size = (width: 0.0, height: 0.0)
  /// Where each plate's caption stands.
  private var corners: [Corner]

  /// A corner of a plate.
  private struct Corner: Equatable {
    var isTop = false
    var isLeft = false
  }

  init(_ plot: FactorGraphPlot, cells: [GridCell], cost: Double) {
    self.plot = plot
    self.cells = Self.compressed(cells)
    self.cost = cost
    levels = Self.levels(plot.members)
    corners = plot.plates.map { _ in Corner() }
    left = plot.variables.map { Self.width(of: $0) / 2 }
    right = left
    for (v, variable) in plot.variables.enumerated() {
      if let factor = variable.factor {
        right[v] = max(right[v], 12 + TextMetrics.width(factor, size: Self.factorSize))
      }
    }
    for edge in plot.edges where edge.from == edge.to {
      left[edge.to] = max(left[edge.to], Self.loop(edge, half: Self.width(of: plot.variables[edge.to]) / 2).room)
    }
    // Where a caption is wider than its plate, what is in the plate takes more room.
    for _ in 0...plot.plates.count {
      place()
      if !makeRoomForCaptions() { break }
    }
    place()
    frames = plot.plates.indices.map(frame)
    let free = plot.plates.indices.map(freeCorner)
    if free != corners {
      corners = free
      place()
      frames = plot.plates.indices.map(frame)
    }
    self.cost += obstacles()
  }

  /// Columns and rows that are used, numbered from 0.
  private static func compressed(_ cells: [GridCell]) -> [GridCell] {
    let columns = Set(cells.map(\.column)).sorted()
    let rows = Set(cells.map(\.row)).sorted()
    return cells.map {
      GridCell(column: columns.firstIndex(of: $0.column) ?? 0, row: rows.firstIndex(of: $0.row) ?? 0)
    }
  }

  private static func levels(_ members: [[Int]]) -> [Int] {
    var levels = members.map { _ in 0 }
    let order = members.indices.sorted { (members[$0].count, $0) < (members[$1].count, $1) }
    for (i, plate) in order.enumerated() {
      let inside = order[..<i].filter { !Set(members[$0]).isDisjoint(with: members[plate]) }
      levels[plate] = inside.map { levels[$0] + 1 }.max() ?? 0
    }
    return levels
  }

  private static func width(of variable: FactorGraphPlot.Variable) -> Double {
    let text = TextMetrics.width(variable.name, size: nameSize)
    return variable.kind == .given ? text + 16 : max(38, text + 24)
  }

  private static func halfHeight(of variable: FactorGraphPlot.Variable) -> Double {
    variable.kind == .given ? 13 : 19
  }

  /// The bow from a variable to its own factor, and the room that it takes with what stands beside it.
  private static func loop(_ edge: FactorGraphPlot.Edge, half: Double) -> (bow: Double, room: Double) {
    let bow = half + 20
    return (bow, bow + 4 + TextMetrics.width(edge.note, size: factorSize))
  }

  // MARK: Places in pixels

  private func sidePadding(_ plate: Int) -> Double { 12 + 11 * Double(levels[plate]) }
  private func topPadding(_ plate: Int) -> Double {
    (inside(plate).map { topPadding($0) + 8 }.max() ?? 12) + (corners[plate].isTop ? 15 : 0)
  }
  private func bottomPadding(_ plate: Int) -> Double {
    (inside(plate).map { bottomPadding($0) + 8 }.max() ?? 12) + (corners[plate].isTop ? 0 : 15)
  }
  /// The plates of lower levels that share variables with one.
  private func inside(_ plate: Int) -> [Int] {
    plot.plates.indices.filter {
      levels[$0] < levels[plate] && !Set(plot.members[$0]).isDisjoint(with: plot.members[plate])
    }
  }

  /// The room of a caption in a corner of its plate.
  private func caption(_ plate: Int, _ corner: Corner, in frame: Frame) -> Frame {
    let width = TextMetrics.width(plot.plates[plate], size: Self.captionSize)
    return Frame(
      x: corner.isLeft ? frame.x + 10 : frame.right - 10 - width, y: corner.isTop ? frame.y + 5 : frame.bottom - 18,
      width: width, height: 12)
  }

  /// The corner where the fewest edges and outlines of other plates run through a plate's caption.
  private func freeCorner(_ plate: Int) -> Corner {
    guard let frame = frames[plate] else { return Corner() }
    let choices = [false, true].flatMap { top in [false, true].map { Corner(isTop: top, isLeft: $0) } }
    func hits(_ corner: Corner) -> Int {
      let box = caption(plate, corner, in: frame)
      let edges = straight.filter { box.isCrossed(by: centers[$0.from], factor($0.to)) }.count
      let outlines = plot.plates.indices.filter { other in
        guard other != plate, let neighbour = frames[other] else { return false }
        let sides = [neighbour.x, neighbour.right]
        return sides.contains { box.x - 4 < $0 && $0 < box.right + 4 } && neighbour.y < box.bottom
          && box.y < neighbour.bottom
      }.count
      return edges + outlines
    }
    return choices.min { hits($0) < hits($1) } ?? Corner()
  }

  /// The largest padding of the plates whose members end at a line of the grid.
  private func padding(_ along: KeyPath<GridCell, Int>, _ line: Int, last: Bool, _ room: (Int) -> Double) -> Double {
    var largest = 0.0
    for (plate, members) in plot.members.enumerated() {
      let lines = members.map { cells[$0][keyPath: along] }
      let end = last ? lines.max() : lines.min()
      if end == line { largest = max(largest, room(plate)) }
    }
    return largest
  }

  private mutating func place() {
    func positions(
      _ along: KeyPath<GridCell, Int>, gap: Double, before: (Int) -> Double, after: (Int) -> Double,
      _ first: (Int) -> Double, _ last: (Int) -> Double
    ) -> (places: [Double], end: Double) {
      let count = (cells.map { $0[keyPath: along] }.max() ?? 0) + 1
      var places: [Double] = []
      var end = 0.0
      for line in 0..<count {
        let inLine = cells.indices.filter { cells[$0][keyPath: along] == line }
        end += (line == 0 ? 0 : gap) + padding(along, line, last: false, first)
        places.append(end + (inLine.map(before).max() ?? 0))
        end = places[line] + (inLine.map(after).max() ?? 0) + padding(along, line, last: true, last)
      }
      return (places, end)
    }
    let across = positions(
      \.column, gap: 26, before: { left[$0] }, after: { right[$0] }, sidePadding, sidePadding)
    let down = positions(\.row, gap: 22, before: top, after: bottom, topPadding, bottomPadding)
    let heading = plot.title.isEmpty ? 0 : 30.0
    centers = cells.map {
      PlanePoint(x: Self.margin + across.places[$0.column], y: Self.margin + heading + down.places[$0.row])
    }
    size = (across.end + 2 * Self.margin, down.end + heading + 2 * Self.margin)
  }

  private func top(_ v: Int) -> Double {
    plot.variables[v].factor == nil ? Self.halfHeight(of: plot.variables[v]) : Self.lift + Self.square / 2 + 3
  }
  private func bottom(_ v: Int) -> Double { Self.halfHeight(of: plot.variables[v]) }

  private func frame(_ plate: Int) -> Frame? {
    let members = plot.members[plate]
    guard !members.isEmpty else { return nil }
    let x = (members.map { centers[$0].x - left[$0] }.min() ?? 0) - sidePadding(plate)
    let y = (members.map { centers[$0].y - top($0) }.min() ?? 0) - topPadding(plate)
    let end = (members.map { centers[$0].x + right[$0] }.max() ?? 0) + sidePadding(plate)
    let foot = (members.map { centers[$0].y + bottom($0) }.max() ?? 0) + bottomPadding(plate)
    return Frame(x: x, y: y, width: end - x, height: foot - y)
  }

  /// Widens what is in plates whose captions do not fit; whether any did not.
  private mutating func makeRoomForCaptions() -> Bool {
    var changed = false
    for plate in plot.plates.indices {
      guard let frame = frame(plate) else { continue }
      let missing = TextMetrics.width(plot.plates[plate], size: Self.captionSize) + 20 - frame.width
      if missing < 0.5 { continue }
      let members = plot.members[plate]
      let (first, last) = (members.map { cells[$0].column }.min(), members.map { cells[$0].column }.max())
      for v in members where cells[v].column == first { left[v] += missing / 2 }
      for v in members where cells[v].column == last { right[v] += missing / 2 }
      changed = true
    }
    return changed
  }

  // MARK: Edges

  private func factor(_ v: Int) -> PlanePoint { PlanePoint(x: centers[v].x, y: centers[v].y - Self.lift) }

  /// Where a line from a variable's centre leaves its outline.
  private func boundary(_ v: Int, towards target: PlanePoint) -> PlanePoint {
    let variable = plot.variables[v]
    let (a, b) = (Self.width(of: variable) / 2, Self.halfHeight(of: variable))
    let (dx, dy) = (target.x - centers[v].x, target.y - centers[v].y)
    func isInside(_ t: Double) -> Bool {
      let (x, y) = (abs(t * dx), abs(t * dy))
      if variable.kind == .given { return x < a && y < b }
      let beyond = max(x - (a - b), 0)
      return (beyond * beyond + y * y).squareRoot() < b
    }
    var (inside, outside) = (0.0, 1.0)
    for _ in 0..<20 {
      let middle = (inside + outside) / 2
      if isInside(middle) { inside = middle } else { outside = middle }
    }
    return PlanePoint(x: centers[v].x + outside * dx, y: centers[v].y + outside * dy)
  }

  private var straight: [FactorGraphPlot.Edge] { plot.edges.filter { $0.from != $0.to } }

  /// What edges run through in pixels: variables, factors, and the names of factors.
  private func obstacles() -> Double {
    var cost = 0.0
    for edge in straight {
      let (a, b) = (centers[edge.from], factor(edge.to))
      for v in plot.variables.indices {
        let center = centers[v]
        let half = Self.width(of: plot.variables[v]) / 2
        let (start, end) = (PlanePoint(x: center.x - half, y: center.y), PlanePoint(x: center.x + half, y: center.y))
        let isClose = center.distance(a, b) < Self.halfHeight(of: plot.variables[v]) + 4
        if v != edge.from, isClose || PlanePoint.cross(a, b, start, end) { cost += 60 }
        guard let name = plot.variables[v].factor else { continue }
        if v != edge.to, factor(v).distance(a, b) < 9 { cost += 40 }
        let place = factor(v)
        let width = 10 + TextMetrics.width(name, size: Self.factorSize)
        for height in [-5.0, 5] {
          let (start, end) = (
            PlanePoint(x: place.x + 9, y: place.y + height), PlanePoint(x: place.x + width, y: place.y + height)
          )
          if PlanePoint.cross(a, b, start, end) { cost += 8 }
        }
      }
      for (plate, frame) in frames.enumerated() {
        if let frame, caption(plate, corners[plate], in: frame).isCrossed(by: a, b) { cost += 6 }
      }
    }
    return cost + (size.width + size.height) / 60 + max(0, size.width / size.height - 1.8) * 10
  }

  // MARK: Drawing

  func picture() -> Picture {
    let note = "Shaded: observed. Boxes: given. Squares: distributions. Dashed: chooses a member."
    let width = max(size.width, 240, Self.margin * 2 + TextMetrics.width(plot.title, size: 16, bold: true))
    let shift = (width - size.width) / 2
    let lines = TextMetrics.wrapped(note, to: width - 2 * Self.margin, size: Self.captionSize, lines: 4)
    let height = size.height + 15 * Double(lines.count) + 4
    var elements: [SVGElement] = []
    if !plot.title.isEmpty {
      elements.append(
        Label(plot.title, size: 16, colour: Palette.ink, isBold: true).at(Self.margin, Self.margin + 12))
    }
    elements.append(
      SVGElement(
        "g", ["transform": "translate(\(SVGValue.compact(shift)) 0)"],
        children: plates() + straight.map(line) + loops() + stems() + names() + notes() + variables()))
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

extension Frame {
  /// Whether a segment runs through a rectangle.
  fileprivate func isCrossed(by a: PlanePoint, _ b: PlanePoint) -> Bool {
    let corners = [
      PlanePoint(x: x, y: y), PlanePoint(x: right, y: y), PlanePoint(x: right, y: bottom), PlanePoint(x: x, y: bottom),
    ]
    return (0..<4).contains { PlanePoint.cross(a, b, corners[$0], corners[($0 + 1) % 4]) }
  }
}
