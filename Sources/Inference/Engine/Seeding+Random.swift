import ExponentialFamilies
import PlanIR

// Starts for models of any kind: rows' latent variables at random values that break every symmetry.
extension Seeding {
  /// Expectations drawn at random that are held at the same time: 128 MiB.
  private static let numbersAtOnce = 1 << 24
  /// Categories that are counted one by one; of more, so many sums are.
  private static let categorySums = 128

  /// Gives the row variables random expectations and updates the global variables once.
  ///
  /// A label goes to the nearest of some rows, drawn to lie far apart, in the columns of numbers; a second label to the
  /// nearest in what the first leaves over. Labels of groups do the same with the means of their rows. Other variables take
  /// values drawn from their priors, and chains of vectors random combinations of the rows' numbers. Without labels and row variables the global ones take values drawn from theirs.
  func seedAtRandom(_ rows: RowSelection, random: inout RandomSource) {
    let plan = engine.plan
    // Labels that choose for whole groups are drawn too, and the others learn from them before they move.
    let labels = plan.globals.indices.filter { plan.globals[$0].family == Family(Categorical.self) }
    if plan.locals.isEmpty && labels.isEmpty {
      engine.memory = engine.drawParameters(using: &random)
      engine.sweep(rows)
      engine.updateAll()
      return
    }
    engine.executor.run(plan.messages, on: &engine.memory, rate: 1)
    let free = plan.locals.filter { !isPartlyObserved($0) }
    var chosen: [TileSlot: [Int]] = [:]
    // Labels that are solved given another one come after it.
    let choosing = free.filter {
      $0.family == Family(Categorical.self)
        && ($0.members == 1 || engine.memory[$0.bias].count == $0.shape.dimension * $0.members)
    }.sorted { $0.members < $1.members }
    let walking = free.filter { isChain($0) && $0.family == Family(MultivariateNormal.self) }
    var points = choosing.isEmpty && labels.isEmpty && walking.isEmpty ? nil : Points(engine, rows)
    var walks: [TileSlot: [Double]] = [:]
    for local in walking { walks[local.mean] = points?.walk(count: local.shape.dimension, random: &random) }
    for local in choosing {
      chosen[local.mean] = points?.nearest(count: local.shape.dimension, random: &random)
    }
    // The plates of groups that have several labels.
    var ranked: Set<Int> = []
    for position in labels {
      let variable = plan.globals[position]
      let count = variable.shape.dimension
      let plates = engine.model.graph.variables[engine.model.graph.globals[position]].plates.prefix(1)
      let grouped = groups(of: engine.model.graph.globals[position], rows)
      var values = (0..<variable.members).map { _ in Int(random.next() % UInt64(max(count, 1))) }
      if let grouped, let found = means(points, by: grouped, of: variable.members, rows, random: &random) {
        var means = found
        values = means.nearest(count: count, ranks: grouped.each, random: &random)
        if grouped.each > 1 {
          for local in choosing where local.shape.dimension == grouped.each && local.members == 1 {
            chosen[local.mean] = [Int](repeating: 0, count: rows.count)
          }
          ranked.formUnion(plates)
        }
      }
      engine.memory[variable.mean] = values.flatMap {
        variable.family.type.statistics(of: [Double($0)], variable.shape)
      }
    }
    func given(_ part: Range<Int>) -> [TileSlot: [Double]] {
      var given: [TileSlot: [Double]] = [:]
      for local in free {
        if let labels = chosen[local.mean] {
          given[local.mean] = softened(labels[part], count: local.shape.dimension, members: local.members)
        } else if let walk = walks[local.mean] {
          let count = local.shape.dimension
          given[local.mean] = part.flatMap { row in
            local.family.type.statistics(of: Array(walk[row * count..<(row + 1) * count]), local.shape)
          }
        } else {
          given[local.mean] = drawn(local, rows: part.count, random: &random)
        }
      }
      return given
    }
    let width = free.reduce(1) { $0 + engine.memory[$1.bias].count }
    let size = engine.model.graph.order == nil ? max(1024, Self.numbersAtOnce / width) : rows.count
    engine.sweep(rows, inPartsOf: size, given: given)
    if !labels.isEmpty {
      for position in plan.globals.indices where !labels.contains(position) { engine.update(position) }
    }
    if !ranked.isEmpty {
      // What single groups have of their own was learnt as if each had one label; the rows tell them apart.
      let graph = engine.model.graph
      for (position, variable) in plan.globals.enumerated() where !labels.contains(position) {
        if let plate = graph.variables[graph.globals[position]].plates.first, ranked.contains(plate) {
          engine.executor.run(variable.prior, on: &engine.memory, rate: 1)
        }
      }
      engine.sweep(rows)
    }
    engine.updateAll()
  }

  /// Whether a variable's rows follow from one another.
  private func isChain(_ local: Plan.LocalVariable) -> Bool {
    engine.plan.rows.contains { step in
      if case .chain(let block) = step { block.mean == local.mean } else { false }
    }
  }

  /// Whether a variable's elements are data where they are present.
  private func isPartlyObserved(_ local: Plan.LocalVariable) -> Bool {
    engine.plan.rows.contains { step in
      if case .meanMap(_, _, local.mean, _, .some, _) = step { true } else { false }
    }
  }

  /// Statistics of values drawn from what a row variable is without data, row by row.
  private func drawn(_ local: Plan.LocalVariable, rows: Int, random: inout RandomSource) -> [Double] {
    let bias = engine.memory[local.bias]
    let size = bias.count / local.members
    let type = local.family.type
    let naturals = (0..<local.members).map { m -> [Double] in
      let natural = Array(bias[m * size..<(m + 1) * size])
      if local.family == Family(Categorical.self) { return natural.map { _ in 0 } }
      return type.isProper(natural, local.shape) ? natural : []
    }
    if local.family == Family(Categorical.self) && local.shape.groups.isEmpty && size == local.shape.dimension {
      let weights = type.meanStatistics([Double](repeating: 0, count: size), local.shape)
      var result = [Double](repeating: 0, count: rows * bias.count)
      for i in 0..<rows * local.members { result[i * size + random.index(weights: weights)] = 1 }
      return result
    }
    var result: [Double] = []
    result.reserveCapacity(rows * bias.count)
    for _ in 0..<rows {
      for natural in naturals {
        if natural.isEmpty {
          result += [Double](repeating: 0, count: size)
        } else {
          result += type.statistics(of: type.sample(natural, local.shape, using: &random), local.shape)
        }
      }
    }
    return result
  }

  /// One-hot vectors that leave every label a little, so that no member starts without a row; the same for every member.
  private func softened(_ labels: ArraySlice<Int>, count: Int, members: Int) -> [Double] {
    let rest = 0.1 / Double(count)
    var result = [Double](repeating: rest, count: labels.count * members * count)
    for (row, label) in labels.enumerated() {
      for m in 0..<members { result[(row * members + m) * count + label] += 0.9 }
    }
    return result
  }

  /// The group of each row, and how many members a variable has for each group; nil where it has none for groups.
  private func groups(of v: Int, _ rows: RowSelection) -> (rows: [Int], each: Int)? {
    let graph = engine.model.graph
    let plates = graph.variables[v].plates
    guard let first = plates.first, case .levels(let label) = graph.plates[first].extent,
      plates.dropFirst().allSatisfy({ if case .fixed = graph.plates[$0].extent { true } else { false } }),
      let place = graph.observed.firstIndex(of: label), let view = engine.data.inputs[place].views.first
    else { return nil }
    let values = (0..<rows.count).map { view.base[rows[$0] * view.stride] }
    if values.contains(where: \.isNaN) { return nil }
    let members = engine.plan.globals[engine.model.graph.globals.firstIndex(of: v) ?? 0].members
    return (values.map { Int($0) }, members / max(engine.model.shapes[label].dimension, 1))
  }

  /// The means of groups: of points, and of how often they have each category.
  private func means(
    _ points: Points?, by groups: (rows: [Int], each: Int), of members: Int, _ rows: RowSelection,
    random: inout RandomSource
  ) -> Points? {
    let count = members / groups.each
    let weight = engine.plan.weightInput.flatMap { engine.data.inputs[$0].views.first }
    var columns = points?.means(by: groups.rows, count: count).columns ?? []
    let graph = engine.model.graph
    for (variable, input) in zip(graph.observed, engine.data.inputs) {
      guard graph.variables[variable].role == .observed, graph.variables[variable].family.type.domain == .label else {
        continue
      }
      for (view, levels) in zip(
        input.views,
        engine.model.shapes[variable].groups.isEmpty
          ? [engine.model.shapes[variable].dimension] : engine.model.shapes[variable].groups)
      {
        // Of many categories some random sums: they keep distances (Johnson & Lindenstrauss 1984).
        let width = min(levels, Self.categorySums)
        let sums: [[Double]] = (0..<levels).map { level in
          (0..<width).map { levels == width ? (level == $0 ? 1 : 0) : random.next() & 1 == 0 ? 1 : -1 }
        }
        var totals = [[Double]](repeating: [Double](repeating: 0, count: count), count: width)
        var mass = [Double](repeating: 0, count: count)
        for (place, group) in groups.rows.enumerated() {
          let value = view.base[rows[place] * view.stride]
          if value.isNaN { continue }
          let w = weight.map { $0.base[rows[place] * $0.stride] } ?? 1
          mass[group] += w
          for (i, x) in sums[Int(value)].enumerated() { totals[i][group] += w * x }
        }
        columns += totals.map { total in zip(total, mass).map { $1 > 0 ? $0 / $1 : .nan } }
      }
    }
    return columns.isEmpty ? nil : Points(columns: columns, count: count)
  }
}

/// Columns of numbers, standardised; a missing cell lies at the mean.
private struct Points {
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

  /// Some rows of an engine's data; nil for data without numbers.
  init?(_ engine: Engine, _ rows: RowSelection) {
    let graph = engine.model.graph
    let views = zip(graph.observed, engine.data.inputs).flatMap { variable, input -> [InputColumns.View] in
      switch graph.variables[variable].role {
      case .lagged(let source, _, _) where graph.variables[source].role != .observed: []
      case .observed, .lagged: graph.variables[variable].family.type.domain == .label ? [] : input.views
      case .given, .latent, .position: []
      }
    }
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

  /// Random combinations of the columns of each point and of the point before, row by row.
  ///
  /// In rows that follow from one another they do so too, and they tell of the data from the start.
  func walk(count: Int, random: inout RandomSource) -> [Double] {
    let weights = (0..<count).map { _ in (0..<2 * columns.count).map { _ in random.normal() } }
    return (0..<self.count).flatMap { row in
      weights.map { weights in
        let sum = columns.indices.reduce(0) {
          $0 + weights[2 * $1] * columns[$1][row] + weights[2 * $1 + 1] * columns[$1][max(row - 1, 0)]
        }
        return sum / Double(2 * columns.count).squareRoot() + 0.1 * random.normal()
      }
    }
  }

  /// For each point the nearest of `count` points drawn by k-means++ and moved by some rounds of k-means, and those that follow,
  /// as many as are asked for; the nearest is then subtracted from it.
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
