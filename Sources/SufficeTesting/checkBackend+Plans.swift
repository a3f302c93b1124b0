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
      for engine in [reference] + engines { engine.sweep(rows, overrides: pass == 0 ? given : [:]) }
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
    try checkGroups(reference)
  }

  /// Groups of rows, where a model has any that are solved by themselves, at the parameters that an engine has.
  private mutating func checkGroups(_ engine: Engine) throws {
    guard let plan = engine.model.groupedPlan, let block = plan.groups, engine.rowCount > 0 else { return }
    var rows: [Int32] = []
    for case .load(let input, block.index.slot) in block.steps {
      let view = engine.data.inputs[input].views[block.index.features.lowerBound]
      func group(_ row: Int32) -> Double { view.base[Int(row) * view.stride] }
      rows = (0..<Int32(engine.rowCount)).sorted { (group($0), $0) < (group($1), $1) }
    }
    typealias Solved = (statistics: RowStatistics?, memory: ParameterMemory)
    func solved(_ backend: any Backend, _ threads: Int, from start: GroupStart?) throws -> Solved {
      let executor = try backend.groupExecutor(for: plan, inputs: engine.data.inputs, threads: threads)
      var memory = engine.memory
      executor.run(plan.messages, on: &memory, rate: 1)
      guard let start else { return (executor.sweepGroups(rows, memory: &memory), memory) }
      executor.solveGroups(rows, from: start, memory: &memory)
      return (nil, memory)
    }
    for start in [nil, GroupStart.prior, .present] {
      let what = "\(plan.name), groups " + (start.map { "solved from \($0)" } ?? "swept")
      let expected = try solved(ReferenceBackend(), 1, from: start)
      var first: Solved?
      for count in threads {
        let found = try solved(backend, count, from: start)
        // Rounds end when they agree to 1e-3: one more or less on a border moves a group by that at most.
        func compare(_ found: [Double], _ expected: [Double], _ name: String) {
          let largest = expected.map(abs).max() ?? 0
          let wrong = expected.indices.first { i in
            found.count != expected.count || !(abs(found[i] - expected[i]) <= 1e-8 * largest)
          }
          if let i = wrong { fail(.groups, "\(what), \(count) threads: number \(i) of \(name) differs") }
        }
        for slot in [block.natural, block.expected] {
          compare(found.memory[slot], expected.memory[slot], plan.parameters[slot.index].name)
        }
        for (i, slot) in (expected.statistics?.slots ?? []).enumerated() {
          compare(
            found.statistics?.sums[i] ?? [], expected.statistics?.sums[i] ?? [], plan.parameters[slot.index].name)
        }
        if let first, first.statistics != found.statistics || first.memory[block.natural] != found.memory[block.natural]
        {
          fail(.threads, "\(what): \(count) threads")
        }
        if first == nil { first = found }
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

/// Labels drawn at random, for every row variable that is a label.
func randomLabels(_ engine: Engine, using random: inout RandomSource) -> [TileSlot: RowOverride] {
  var given: [TileSlot: RowOverride] = [:]
  for local in engine.plan.locals where local.family == Family(Categorical.self) {
    let count = UInt64(local.shape.dimension)
    given[local.mean] = .labels((0..<engine.rowCount).map { _ in Int32(random.next() % count) })
  }
  return given
}
