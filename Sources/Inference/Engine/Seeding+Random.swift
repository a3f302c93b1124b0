import ExponentialFamilies
import PlanIR

// Starts for models of any kind: rows' latent variables at random values that break every symmetry.
extension Seeding {
  /// Expectations drawn at random that are held at the same time: 128 MiB.
  private static let numbersAtOnce = 1 << 24
  /// Categories that are counted one by one; of more, as many sums of them.
  private static let categorySums = 64

  /// Gives the row variables random expectations and updates the global variables once.
  ///
  /// A label goes to the nearest of some rows, drawn to lie far apart, in the columns of numbers; a second label to the
  /// nearest in what the first leaves over. Labels of groups do the same with the means of their rows and how often they have
  /// each category; of several labels of a group the second goes to the second nearest, and so on, and all rows to the first.
  /// Other variables take values drawn from their priors, and chains of vectors random combinations of the rows' numbers.
  /// Without labels and row variables the global ones take values drawn from theirs.
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
    for local in walking {
      let units = units(of: local)
      walks[local.mean] = points?.walk(count: local.shape.dimension, random: &random).enumerated().map {
        $1 * units[$0 % units.count]
      }
    }
    for local in choosing {
      chosen[local.mean] = points?.nearest(count: local.shape.dimension, random: &random)
    }
    let ranked = placeLabelsOfGroups(labels, points, rows, random: &random)
    for local in choosing where local.members == 1 && ranked.contains(where: { $0.each == local.shape.dimension }) {
      chosen[local.mean] = [Int](repeating: 0, count: rows.count)
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
        if let plate = graph.variables[graph.globals[position]].plates.first,
          ranked.contains(where: { $0.plate == plate })
        {
          engine.executor.run(variable.prior, on: &engine.memory, rate: 1)
        }
      }
      engine.sweep(rows)
    }
    engine.updateAll()
  }

  /// Labels that choose for groups go to the nearest of some groups, the second label of a group to the second nearest.
  ///
  /// - Returns: The plates of groups that have several labels, and how many.
  private func placeLabelsOfGroups(
    _ labels: [Int], _ points: Points?, _ rows: RowSelection, random: inout RandomSource
  ) -> [(plate: Int, each: Int)] {
    let graph = engine.model.graph
    var ranked: [(plate: Int, each: Int)] = []
    for position in labels {
      let variable = engine.plan.globals[position]
      let count = variable.shape.dimension
      var values = (0..<variable.members).map { _ in Int(random.next() % UInt64(max(count, 1))) }
      if let groups = groups(of: graph.globals[position], rows, members: variable.members),
        var means = means(points, by: groups, of: variable.members, rows, random: &random)
      {
        values = means.nearest(count: count, ranks: groups.each, random: &random)
        if groups.each > 1 { ranked.append((graph.variables[graph.globals[position]].plates[0], groups.each)) }
      }
      engine.memory[variable.mean] = values.flatMap {
        variable.family.type.statistics(of: [Double($0)], variable.shape)
      }
    }
    return ranked
  }

  /// The deviations of the data whose elements a row variable's are, as the level of a walk is; 1 for a variable with a unit
  /// of its own.
  private func units(of local: Plan.LocalVariable) -> [Double] {
    let (graph, frames) = (engine.model.graph, engine.model.frames)
    guard let source = graph.variable(named: local.name).flatMap({ frames.sources[$0] }),
      let place = graph.observed.firstIndex(of: source)
    else { return [1] }
    return engine.model.facts.observed[place].variance.map { $0 > 0 ? $0.squareRoot() : 1 }
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
  private func groups(of v: Int, _ rows: RowSelection, members: Int) -> (rows: [Int], each: Int)? {
    let graph = engine.model.graph
    let plates = graph.variables[v].plates
    guard let first = plates.first, case .levels(let label) = graph.plates[first].extent,
      plates.dropFirst().allSatisfy({ if case .fixed = graph.plates[$0].extent { true } else { false } }),
      let place = graph.observed.firstIndex(of: label), let view = engine.data.inputs[place].views.first
    else { return nil }
    let values = (0..<rows.count).map { view.base[rows[$0] * view.stride] }
    if values.contains(where: \.isNaN) { return nil }
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
    for (variable, input) in zip(graph.observed, engine.data.inputs)
    where graph.variables[variable].role == .observed && graph.variables[variable].family.type.domain == .label {
      let shape = engine.model.shapes[variable]
      for (view, levels) in zip(input.views, shape.groups.isEmpty ? [shape.dimension] : shape.groups) {
        // Of many categories some sums with random signs: they keep distances (Johnson & Lindenstrauss 1984).
        let isCounted = levels <= Self.categorySums
        let signs = isCounted ? [] : (0..<levels).map { _ in random.next() }
        var totals = [[Double]](
          repeating: [Double](repeating: 0, count: count), count: isCounted ? levels : Self.categorySums)
        var mass = [Double](repeating: 0, count: count)
        for (place, group) in groups.rows.enumerated() {
          let value = view.base[rows[place] * view.stride]
          if value.isNaN { continue }
          let w = weight.map { $0.base[rows[place] * $0.stride] } ?? 1
          mass[group] += w
          if isCounted {
            totals[Int(value)][group] += w
          } else {
            for i in totals.indices { totals[i][group] += signs[Int(value)] >> UInt64(i) & 1 == 0 ? w : -w }
          }
        }
        columns += totals.map { total in zip(total, mass).map { $1 > 0 ? $0 / $1 : .nan } }
      }
    }
    return columns.isEmpty ? nil : Points(columns: columns, count: count)
  }
}
