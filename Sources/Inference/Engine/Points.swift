import ExponentialFamilies
import ModelLanguage
import PlanIR

/// Columns of numbers, standardised; a missing cell lies at the mean.
struct Points {
  private(set) var columns: [[Double]]
  private let count: Int

  init(columns: [[Double]], count: Int) {
    self.count = count
    self.columns = columns.map { x in
      let present = x.filter { !$0.isNaN }
      let mean = present.reduce(0, +) / Double(max(present.count, 1))
      let spread = (present.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(present.count, 1))).squareRoot()
      return x.map { $0.isNaN || spread == 0 ? 0 : ($0 - mean) / spread }
    }
  }

  /// The columns of numbers of an engine's data.
  private static func views(_ engine: Engine) -> [InputColumns.View] {
    let graph = engine.model.graph
    return zip(graph.observed, engine.data.inputs).flatMap { variable, input -> [InputColumns.View] in
      switch graph.variables[variable].role {
      case .lagged(let source, _, _) where graph.variables[source].role != .observed: []
      case .observed, .lagged: graph.variables[variable].family.type.domain == .label ? [] : input.views
      case .given, .latent, .position: []
      }
    }
  }

  /// Whether an engine's data have numbers.
  static func areThere(_ engine: Engine) -> Bool { !views(engine).isEmpty }

  /// Some rows of an engine's data; nil for data without numbers.
  init?(_ engine: Engine, _ rows: RowSelection) {
    let views = Self.views(engine)
    if views.isEmpty || rows.count == 0 { return nil }
    self.init(
      columns: views.map { view in (0..<rows.count).map { view.base[rows[$0] * view.stride] } }, count: rows.count)
  }

  /// The means of groups of points.
  func means(by groups: [Int], count: Int) -> Points {
    var sizes = [Double](repeating: 0, count: count)
    for group in groups { sizes[group] += 1 }
    return Points(
      columns: columns.map { column in
        var sums = [Double](repeating: 0, count: count)
        for (group, x) in zip(groups, column) { sums[group] += x }
        return zip(sums, sizes).map { $0 / $1 }
      }, count: count)
  }

  /// Random combinations of the columns of each point, row by row; where rows follow from one another, also of those of the
  /// point before.
  ///
  /// They tell of the data from the start, and in rows that follow from one another they do so too.
  func combinations(count: Int, following: Bool, random: inout RandomSource) -> [Double] {
    let terms = (following ? 2 : 1) * columns.count
    let weights = (0..<count).map { _ in (0..<terms).map { _ in random.normal() } }
    return (0..<self.count).flatMap { row in
      weights.map { weights in
        let sum = columns.indices.reduce(0) {
          let here = $0 + weights[$1] * columns[$1][row]
          return following ? here + weights[columns.count + $1] * columns[$1][max(row - 1, 0)] : here
        }
        return sum / Double(terms).squareRoot() + 0.1 * random.normal()
      }
    }
  }

  /// Subtracts from each point the means of the points with the same label, by how probable its labels are.
  ///
  /// - Parameter probabilities: Those of `count` labels, point by point.
  mutating func explain(by probabilities: [Double], count: Int) {
    guard count > 0, probabilities.count == self.count * count else { return }
    var sizes = [Double](repeating: 0, count: count)
    for i in probabilities.indices { sizes[i % count] += probabilities[i] }
    self = Points(
      columns: columns.map { column in
        var sums = [Double](repeating: 0, count: count)
        for i in probabilities.indices { sums[i % count] += probabilities[i] * column[i / count] }
        let means = zip(sums, sizes).map { $1 > 0 ? $0 / $1 : 0 }
        return column.indices.map { row in
          (0..<count).reduce(column[row]) { $0 - probabilities[row * count + $1] * means[$1] }
        }
      }, count: self.count)
  }

  /// For each point the nearest of `count` points drawn by k-means++ and moved by some rounds of k-means, and those that
  /// follow it, as many as are asked for; the nearest is then subtracted from the point.
  mutating func nearest(count: Int, ranks: Int = 1, random: inout RandomSource) -> [Int] {
    func point(_ i: Int) -> [Double] { columns.map { $0[i] } }
    func distance(_ i: Int, _ center: [Double]) -> Double {
      var sum = 0.0
      for (column, c) in zip(columns, center) { sum += (column[i] - c) * (column[i] - c) }
      return sum
    }
    let all = 0..<self.count
    var centers = [point(Int(random.next() % UInt64(self.count)))]
    var shortest = all.map { distance($0, centers[0]) }
    while centers.count < min(count, self.count), shortest.contains(where: { $0 > 0 }) {
      let next = point(random.index(weights: shortest))
      centers.append(next)
      for i in all { shortest[i] = min(shortest[i], distance(i, next)) }
    }
    var labels = [Int](repeating: 0, count: self.count)
    for _ in 0..<5 {
      for i in all {
        labels[i] = centers.indices.min { distance(i, centers[$0]) < distance(i, centers[$1]) } ?? 0
      }
      for k in centers.indices {
        let own = labels.indices.filter { labels[$0] == k }
        if own.isEmpty { continue }
        centers[k] = columns.map { column in own.reduce(0) { $0 + column[$1] } / Double(own.count) }
      }
    }
    let rest = columns.indices.map { c in all.map { columns[c][$0] - centers[labels[$0]][c] } }
    let ranked =
      ranks == 1
      ? labels
      : all.flatMap { i in
        let distances = centers.map { distance(i, $0) }
        let order = centers.indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
        return (0..<ranks).map { order[$0 % order.count] }
      }
    self = Points(columns: rest, count: self.count)
    return ranked
  }
}
