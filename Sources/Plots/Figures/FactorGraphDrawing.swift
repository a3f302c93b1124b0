/// A factor graph on its way from places on a grid to a picture.
struct FactorGraphDrawing {
  static let nameSize = 13.5
  static let factorSize = 11.0
  static let captionSize = 11.0
  static let margin = 18.0
  /// How far a factor stands above its variable.
  static let lift = 48.0
  static let square = 9.0

  let plot: FactorGraphPlot
  let cells: [GridCell]
  /// What the places cost, with what is in the way of edges.
  private(set) var cost: Double

  /// How much room a variable needs to either side of its centre.
  var left: [Double]
  var right: [Double]
  private(set) var centers: [PlanePoint] = []
  private(set) var frames: [Frame?] = []
  /// How deep each plate lies under others that share variables with it.
  let levels: [Int]
  var size = (width: 0.0, height: 0.0)
  /// Where each plate's caption stands.
  var corners: [Corner]

  /// A corner of a plate.
  struct Corner: Equatable {
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
    settleCaptions()
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

  static func width(of variable: FactorGraphPlot.Variable) -> Double {
    let text = TextMetrics.width(variable.name, size: nameSize)
    return variable.kind == .given ? text + 16 : max(38, text + 24)
  }

  static func halfHeight(of variable: FactorGraphPlot.Variable) -> Double {
    variable.kind == .given ? 13 : 19
  }

  /// The bow from a variable to its own factor, and the room that it takes with what stands beside it.
  static func loop(_ edge: FactorGraphPlot.Edge, half: Double) -> (bow: Double, room: Double) {
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
  func caption(_ plate: Int, _ corner: Corner, in frame: Frame) -> Frame {
    let width = TextMetrics.width(plot.plates[plate], size: Self.captionSize)
    return Frame(
      x: corner.isLeft ? frame.x + 10 : frame.right - 10 - width, y: corner.isTop ? frame.y + 5 : frame.bottom - 18,
      width: width, height: 12)
  }

  /// Moves captions to where nothing runs through them, and widens plates where there is no such corner.
  private mutating func settleCaptions() {
    corners = plot.plates.indices.map(freeCorner)
    place()
    frames = plot.plates.indices.map(frame)
    for plate in plot.plates.indices {
      guard let frame = frames[plate] else { continue }
      func missing(_ corner: Corner) -> Double {
        let box = caption(plate, corner, in: frame)
        let crossings = straight.compactMap { edge -> Double? in
          let (a, b) = (centers[edge.from], factor(edge.to))
          guard box.isCrossed(by: a, b) else { return nil }
          let middle = box.y + box.height / 2
          return abs(b.y - a.y) < 1 ? min(a.x, b.x) : a.x + (b.x - a.x) * (middle - a.y) / (b.y - a.y)
        }
        return crossings.map { box.right + 8 - $0 }.max() ?? 0
      }
      if missing(corners[plate]) <= 0 { continue }
      let choices = [false, true].map { Corner(isTop: $0, isLeft: true) }
      guard let corner = choices.min(by: { missing($0) < missing($1) }) else { continue }
      corners[plate] = corner
      let members = plot.members[plate]
      let first = members.map { cells[$0].column }.min()
      let room = max(0, missing(corner))
      for v in members where cells[v].column == first { left[v] += room }
      place()
      frames = plot.plates.indices.map(self.frame)
    }
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
    let width = across.end + 2 * Self.margin
    let title = Self.margin * 2 + TextMetrics.width(plot.title, size: 16, bold: true)
    size = (max(width, 240, title), down.end + heading + 2 * Self.margin)
    // A narrow graph stands in the middle below its title.
    for v in centers.indices { centers[v].x += (size.width - width) / 2 }
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

  func factor(_ v: Int) -> PlanePoint { PlanePoint(x: centers[v].x, y: centers[v].y - Self.lift) }

  /// Where a line from a variable's centre leaves its outline.
  func boundary(_ v: Int, towards target: PlanePoint) -> PlanePoint {
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

  var straight: [FactorGraphPlot.Edge] { plot.edges.filter { $0.from != $0.to } }

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
