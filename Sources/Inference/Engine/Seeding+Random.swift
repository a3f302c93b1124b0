import ExponentialFamilies
import PlanIR

// Starts for models of any kind: random values for what equal starts would leave equal, everything else follows.
extension Seeding {
  /// Expectations drawn at random that are held at the same time: 128 MiB.
  private static let numbersAtOnce = 1 << 24

  /// Brings the global variables to a random start: those of rows, groups and products that a start must choose take random
  /// values, all others are updated once.
  ///
  /// A label goes to the nearest of some rows, drawn to lie far apart, in the columns of numbers; a second label to the
  /// nearest in what the first leaves over. Labels take turns in being the first, start by start, and so do factors of a product in
  /// being the one that is not drawn. Labels of groups: see ``placeLabelsOfGroups(_:_:_:start:random:)``. Real
  /// variables of rows are random combinations of the rows' numbers, or without any, draws from their priors; so are all
  /// but one of the global factors of a product.
  ///
  /// - Parameters:
  ///   - start: Which start this is, of how many.
  ///   - known: Expectations of labels that are given, row by row.
  func seedAtRandom(
    _ rows: RowSelection, start: (index: Int, count: Int), random: inout RandomSource,
    given known: [TileSlot: RowOverride] = [:]
  ) {
    let plan = engine.plan
    // Starts of two kinds of scales follow one another.
    let turn = start.index / 2
    let symmetries = Symmetries(engine, turn: turn)
    placeGlobals(drawing: symmetries.drawn, rescaling: start.index % 2 == 1, random: &random)
    let free = symmetries.rows.map { plan.locals[$0] }.filter { known[$0.mean] == nil }
    let labels = symmetries.labels
    engine.executor.run(plan.messages, on: &engine.memory, rate: 1)
    var chosen: [TileSlot: [Int]] = [:]
    // A label that is solved given another one has the same values given each; which of two that is, their order says.
    let choosing = inTurn(
      free.filter {
        $0.family == Family(Categorical.self)
          && ($0.members == 1 || engine.memory[$0.bias].count == $0.shape.dimension * $0.members)
      }, turn, random: &random)
    let combined = free.filter { $0.family.type.domain == .real }
    var points = choosing.isEmpty && labels.isEmpty && combined.isEmpty ? nil : Points(engine, rows)
    var combinations: [TileSlot: [Double]] = [:]
    for local in combined {
      let units = units(of: local)
      combinations[local.mean] = points?.combinations(
        count: local.shape.dimension, following: isChain(local), random: &random
      ).enumerated().map { $1 * units[$0 % units.count] }
    }
    // What given labels say is left over for no other.
    for local in plan.locals {
      guard let size = known[local.mean].map({ _ in local.family.type.statisticCount(local.shape) }),
        let values = known[local.mean]?.values(size: size, members: local.members)
      else { continue }
      points?.explain(by: values, count: size * local.members)
    }
    for local in choosing {
      chosen[local.mean] = points?.nearest(count: local.shape.dimension, random: &random)
    }
    let ranked = placeLabelsOfGroups(labels, points, rows, start: start, random: &random)
    for local in choosing where local.members == 1 && ranked.contains(where: { $0.each == local.shape.dimension }) {
      chosen[local.mean] = [Int](repeating: 0, count: rows.count)
    }
    func given(_ part: Range<Int>, _ random: inout RandomSource) -> [TileSlot: RowOverride] {
      var given = known.mapValues { $0.rows(part, of: rows.count) }
      for local in free {
        if let labels = chosen[local.mean] {
          given[local.mean] = .values(softened(labels[part], count: local.shape.dimension, members: local.members))
        } else if let values = combinations[local.mean] {
          let count = local.shape.dimension
          given[local.mean] = .values(
            part.flatMap { row in
              let own = local.family.type.statistics(of: Array(values[row * count..<(row + 1) * count]), local.shape)
              return (0..<local.members).flatMap { _ in own }
            })
        } else {
          given[local.mean] = .values(drawn(local, rows: part.count, random: &random))
        }
      }
      return given
    }
    let width = free.reduce(1) { $0 + engine.memory[$1.bias].count }
    let size = engine.model.graph.order == nil ? max(1024, Self.numbersAtOnce / width) : rows.count
    // The same values in every sweep, however often it is made.
    let values = random.stream(1)
    func sweep() {
      var random = values
      engine.sweep(rows, inPartsOf: size) { given($0, &random) }
    }
    sweep()
    // All variables learn from the values that were chosen; labels of groups move last.
    for position in firstUpdates(drawn: symmetries.drawn) where !labels.contains(position) {
      if !plan.globals[position].staleAfter.isDisjoint(with: engine.moved) { sweep() }
      engine.update(position)
    }
    if labels.isEmpty { return }
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

  /// Labels, of which another one comes first at each turn and the others follow at random.
  private func inTurn(
    _ labels: [Plan.LocalVariable], _ turn: Int, random: inout RandomSource
  ) -> [Plan.LocalVariable] {
    if labels.count < 2 { return labels }
    var rest = labels
    var order = [rest.remove(at: turn % labels.count)]
    while !rest.isEmpty { order.append(rest.remove(at: Int(random.next() % UInt64(rest.count)))) }
    return order
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
}
