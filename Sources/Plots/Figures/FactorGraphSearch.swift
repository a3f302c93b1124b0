import Glibc

/// A place on the grid that variables stand on.
struct GridCell: Hashable {
  var column: Int
  var row: Int
}

/// Finds places on a grid for the variables of a factor graph.
///
/// A plate's rectangle is the span of its variables' columns and rows, so whether it contains others is a question about the
/// grid alone. Simulated annealing with a fixed seed weighs that against the length and the crossings of edges (Davidson and
/// Harel, *Drawing graphs nicely using simulated annealing*, 1996).
struct FactorGraphSearch {
  private let plot: FactorGraphPlot
  private let members: [[Int]]
  private let isMember: [[Bool]]
  /// Pairs of plates that share no variable.
  private let apart: [(Int, Int)]
  private let edges: [FactorGraphPlot.Edge]
  private let columns: Int
  private let rows: Int
  private let depths: [Int]

  init(_ plot: FactorGraphPlot) {
    self.plot = plot
    let members = plot.members
    self.members = members
    isMember = members.map { plate in plot.variables.indices.map { plate.contains($0) } }
    apart = members.indices.flatMap { a in
      members.indices.filter { b in a < b && Set(members[a]).isDisjoint(with: members[b]) }.map { (a, $0) }
    }
    edges = plot.edges.filter { $0.from != $0.to }
    depths = Self.depths(plot)
    let count = plot.variables.count
    columns = max(2, min(9, count))
    rows = min(10, (depths.max() ?? 0) + 2)
  }

  /// How many variables at most stand above each.
  private static func depths(_ plot: FactorGraphPlot) -> [Int] {
    var depths = plot.variables.map { _ in 0 }
    // As many rounds as there are variables reach the end of every path, and cycles come to an end.
    for _ in plot.variables {
      for edge in plot.edges where edge.from != edge.to {
        depths[edge.to] = min(max(depths[edge.to], depths[edge.from] + 1), plot.variables.count)
      }
    }
    return depths
  }

  /// The places that several searches found, with what they cost.
  func placements() -> [(cells: [GridCell], cost: Double)] {
    if plot.variables.isEmpty { return [] }
    return (0..<5).map { attempt in
      var generator = Generator(state: UInt64(attempt) &* 7919 &+ 17)
      return anneal(start(), &generator)
    }
  }

  private func start() -> [GridCell] {
    var used: [Int: Int] = [:]
    return depths.map { depth in
      defer { used[depth, default: 0] += 1 }
      return GridCell(column: min(used[depth, default: 0], columns - 1), row: min(depth, rows - 1))
    }
  }

  private func anneal(_ start: [GridCell], _ generator: inout Generator) -> (cells: [GridCell], cost: Double) {
    var current = (cells: start, cost: cost(start))
    var best = current
    let steps = 1500 + 350 * plot.variables.count
    for step in 0..<steps {
      let temperature = 60 * pow(0.004, Double(step) / Double(steps))
      var cells = current.cells
      move(&cells, &generator)
      if cells == current.cells { continue }
      let cost = cost(cells)
      if cost < current.cost || generator.unit() < exp((current.cost - cost) / temperature) {
        current = (cells, cost)
        if cost < best.cost { best = current }
      }
    }
    return best
  }

  private func move(_ cells: inout [GridCell], _ generator: inout Generator) {
    func place() -> GridCell { GridCell(column: generator.below(columns), row: generator.below(rows)) }
    let v = generator.below(cells.count)
    switch generator.below(10) {
    case 0..<3: cells[v] = place()
    case 3..<5:
      cells[v].column = min(max(cells[v].column + generator.below(3) - 1, 0), columns - 1)
      cells[v].row = min(max(cells[v].row + generator.below(3) - 1, 0), rows - 1)
    case 5..<8: cells.swapAt(v, generator.below(cells.count))
    default:
      // A whole plate moves, or everything.
      let group = members.isEmpty ? Array(cells.indices) : members[generator.below(members.count)]
      let (right, down) = (generator.below(5) - 2, generator.below(3) - 1)
      let moved = group.map { GridCell(column: cells[$0].column + right, row: cells[$0].row + down) }
      if moved.allSatisfy({ (0..<columns).contains($0.column) && (0..<rows).contains($0.row) }) {
        for (member, cell) in zip(group, moved) { cells[member] = cell }
      }
    }
  }

  // MARK: What a placement costs

  private struct Span {
    var columns: ClosedRange<Int>
    var rows: ClosedRange<Int>

    init(_ members: [Int], _ cells: [GridCell]) {
      columns = cells[members[0]].column...cells[members[0]].column
      rows = cells[members[0]].row...cells[members[0]].row
      for member in members.dropFirst() {
        let cell = cells[member]
        columns = min(columns.lowerBound, cell.column)...max(columns.upperBound, cell.column)
        rows = min(rows.lowerBound, cell.row)...max(rows.upperBound, cell.row)
      }
    }

    func contains(_ cell: GridCell) -> Bool { columns.contains(cell.column) && rows.contains(cell.row) }
    func overlaps(_ other: Span) -> Bool { columns.overlaps(other.columns) && rows.overlaps(other.rows) }
  }

  private func cost(_ cells: [GridCell]) -> Double {
    platesCost(cells) + edgesCost(cells)
  }

  private func platesCost(_ cells: [GridCell]) -> Double {
    var cost = 0.0
    for a in cells.indices {
      for b in 0..<a where cells[a] == cells[b] { cost += 2000 }
    }
    let all = Span(Array(cells.indices), cells)
    cost += 3 * Double(all.columns.count) + 2 * Double(all.rows.count)
    let spans = members.map { $0.isEmpty ? nil : Span($0, cells) }
    for (plate, span) in spans.enumerated() {
      guard let span else { continue }
      cost += 0.7 * Double(span.columns.count * span.rows.count)
      for v in cells.indices where !isMember[plate][v] && span.contains(cells[v]) { cost += 1000 }
    }
    for (a, b) in apart {
      if let first = spans[a], let second = spans[b], first.overlaps(second) { cost += 500 }
    }
    return cost
  }

  private func edgesCost(_ cells: [GridCell]) -> Double {
    var cost = 0.0
    func node(_ v: Int) -> PlanePoint { PlanePoint(x: Double(cells[v].column), y: Double(cells[v].row)) }
    func factor(_ v: Int) -> PlanePoint { PlanePoint(x: Double(cells[v].column), y: Double(cells[v].row) - 0.5) }
    for (i, edge) in edges.enumerated() {
      let (from, to) = (node(edge.from), factor(edge.to))
      let across = Double(abs(cells[edge.from].column - cells[edge.to].column))
      let down = Double(cells[edge.to].row - cells[edge.from].row)
      cost += 1.2 * across * across + 2 * (down - 1) * (down - 1) + (across > 0 && down > 1 ? 1 : 0)
      if down < 1 { cost += plot.variables[edge.from].kind == .given && down == 0 ? 3 : 25 - 12 * down }
      for v in cells.indices where v != edge.from {
        if v != edge.to, node(v).distance(from, to) < 0.32 { cost += 40 }
        if v != edge.to, plot.variables[v].factor != nil {
          if factor(v).distance(from, to) < 0.2 { cost += 30 }
        }
        guard plot.variables[v].factor != nil else { continue }
        // A factor's name stands to its right.
        let place = factor(v)
        let (start, end) = (PlanePoint(x: place.x + 0.08, y: place.y), PlanePoint(x: place.x + 0.5, y: place.y))
        if PlanePoint.cross(from, to, start, end) { cost += 5 }
      }
      for other in edges[..<i] where other.from != edge.from && other.to != edge.to {
        if PlanePoint.cross(from, to, node(other.from), factor(other.to)) { cost += 12 }
      }
      for v in cells.indices where v != edge.to && v != edge.from && plot.variables[v].factor != nil {
        if PlanePoint.cross(from, to, factor(v), node(v)) { cost += 12 }
      }
    }
    return cost
  }

  /// Numbers that are the same in every run.
  private struct Generator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }

    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
    mutating func below(_ n: Int) -> Int { Int(next() % UInt64(n)) }
  }
}

/// A point of the plane.
struct PlanePoint: Equatable {
  var x: Double
  var y: Double

  /// The distance from a segment.
  func distance(_ a: PlanePoint, _ b: PlanePoint) -> Double {
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    let length = dx * dx + dy * dy
    let t = length == 0 ? 0 : min(max(((x - a.x) * dx + (y - a.y) * dy) / length, 0), 1)
    let (ex, ey) = (x - a.x - t * dx, y - a.y - t * dy)
    return (ex * ex + ey * ey).squareRoot()
  }

  /// Whether two segments cross.
  static func cross(_ a: PlanePoint, _ b: PlanePoint, _ c: PlanePoint, _ d: PlanePoint) -> Bool {
    func side(_ p: PlanePoint, _ q: PlanePoint, _ r: PlanePoint) -> Double {
      (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x)
    }
    return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0
  }
}
