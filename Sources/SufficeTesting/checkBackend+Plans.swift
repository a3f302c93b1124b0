import Suffice

extension BackendChecker {
  /// A compiled model, sweep by sweep and update by update.
  ///
  /// - Parameter start: Where the first sweep begins; nil for random labels.
  mutating func checkPlan(
    _ graph: ModelGraph, data table: DataTable, bind: [String: [String]], weights: String? = nil,
    start: ModelStart? = nil, passes: Int
  ) throws {
    let reference = try boundEngine(
      graph, data: table, bind: bind, weights: weights, backend: ReferenceBackend(), threads: 1)
    let engines = try threads.map {
      try Engine(reference.model, data: reference.data, backend: backend, threads: $0)
    }
    let given = start?.rows ?? randomLabels(reference, using: &random)
    for engine in [reference] + engines {
      try engine.keepRows()
      for (slot, values) in start?.globals ?? [] { engine.memory[slot] = values }
    }
    let all = RowSelection.range(0..<reference.rowCount)
    let list = RowSelection.list((0..<Int32(reference.rowCount)).filter { $0 % 3 != 1 })
    for pass in 0...passes {
      // From a start, then with all rows, with a batch in between where rows may be left out.
      let rows = pass == 2 && list.count > 0 && graph.order == nil ? list : all
      for engine in [reference] + engines { engine.sweep(rows, given: pass == 0 ? given : [:]) }
      compareMemory(reference, engines, "\(graph.name), pass \(pass), after the sweep")
      // Rounding would grow from pass to pass: every update starts from one and the same memory.
      for engine in engines { engine.memory = reference.memory }
      for (position, variable) in reference.plan.globals.enumerated() {
        for engine in [reference] + engines { engine.update(position, rate: pass == 2 ? 0.5 : 1) }
        compareMemory(reference, engines, "\(graph.name), pass \(pass), after the update of \(variable.name)")
        for engine in engines { engine.memory = reference.memory }
      }
      let bounds = ([reference] + engines).map { $0.bound() }
      let tolerance = Tolerance.relative(1e-10, because: "a bound is a sum of terms that cancel in part")
      if !bounds.allSatisfy({ tolerance.allows($0, bounds[0]) }) {
        fail(.plan, "\(graph.name), pass \(pass): bounds are \(bounds), the reference's first (\(tolerance))")
      }
    }
  }

  /// Compares all slots: rounding moves a number by a part of the largest one of its slot.
  private mutating func compareMemory(_ reference: Engine, _ engines: [Engine], _ what: String) {
    // Rounding of rounds among several variables of a row.
    for (slot, expected) in reference.memory.rows {
      for (engine, count) in zip(engines, threads) {
        let found = engine.memory.rows[slot] ?? []
        let largest = expected.filter { !$0.isNaN }.map(abs).max() ?? 0
        let wrong = expected.indices.first { i in
          found.count != expected.count
            || !(expected[i].isNaN ? found[i].isNaN : abs(found[i] - expected[i]) <= 1e-9 * largest)
        }
        if let i = wrong {
          let name = reference.plan.tiles[slot.index].name
          fail(.plan, "\(what), \(count) threads: number \(i) of what rows keep of \(name)")
        }
      }
    }
    let sums = reference.plan.rowSums.flatMap { reference.memory[$0].map(abs) }.max() ?? 0
    for (slot, block) in reference.plan.parameters.enumerated() {
      let expected = reference.memory.values[slot]
      // A single number, such as an entropy, is what sums over rows leave where they cancel.
      let largest = expected.map(abs).max().map { expected.count == 1 ? max($0, sums) : $0 } ?? 0
      for (engine, count) in zip(engines, threads) {
        let found = engine.memory.values[slot]
        if let i = found.indices.first(where: { !(abs(found[$0] - expected[$0]) <= 1e-10 * largest) }) {
          fail(
            .plan, "\(what), \(count) threads: number \(i) of \(block.name) is \(found[i]) but should be \(expected[i])"
          )
          break
        }
        if found.map(\.bitPattern) != engines[0].memory.values[slot].map(\.bitPattern) {
          fail(.threads, "\(what), \(block.name): \(count) threads")
        }
      }
    }
  }
}

/// One-hot vectors of labels drawn at random, for every row variable that is a label.
func randomLabels(_ engine: Engine, using random: inout RandomSource) -> [TileSlot: [Double]] {
  var given: [TileSlot: [Double]] = [:]
  for local in engine.plan.locals where local.family == Family(Categorical.self) {
    let count = local.shape.dimension
    var values = [Double](repeating: 0, count: engine.rowCount * count)
    for row in 0..<engine.rowCount { values[row * count + Int(random.next() % UInt64(count))] = 1 }
    given[local.mean] = values
  }
  return given
}
