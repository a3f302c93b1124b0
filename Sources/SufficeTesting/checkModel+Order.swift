import Suffice

extension ModelChecker {
  /// A few passes only: every pass multiplies what rounding did before.
  private var fewPasses: Int { min(passes, 3) }
  /// What some hundred roundings of 1e-16 make of numbers after a few passes that may multiply each a thousand times.
  private var spread: Double { 1e-8 }

  // MARK: Rows

  /// Rows of a chain are not exchangeable.
  mutating func checkRowOrder() throws {
    if graph.order != nil { return }
    var random = RandomSource(seed: seed).stream(2)
    var order = Array(0..<table.rowCount)
    order.shuffle(using: &random)
    let permuted = try DataTable(
      columns: table.columns.map { column in
        Column(name: column.name, values: order.map { column[$0] }, kind: column.kind, findings: column.findings)
      })
    let other = try boundEngine(graph, data: permuted, bind: bind, weights: weights, backend: backend, threads: 1)
    try run(engine, from: start, passes: fewPasses)
    try run(other, from: start.reordered(order), passes: fewPasses)
    expectBounds(engine.bound(), other.bound(), .rowOrder)
    for variable in engine.plan.globals {
      expectEqual(
        other.memory[variable.natural], engine.memory[variable.natural], .rowOrder,
        "natural parameters of \(variable.name)")
    }
  }

  // MARK: Labels

  mutating func checkLabelOrder() throws {
    guard let local = engine.plan.locals.first, local.shape.dimension > 1, !labels.isEmpty, graph.order == nil,
      !engine.plan.globals.contains(where: { $0.family == Family(StickBreaking.self) })
    else { return }
    let count = local.shape.dimension
    var random = RandomSource(seed: seed).stream(3)
    var names = Array(0..<count)
    names.shuffle(using: &random)
    try run(engine, from: start, passes: fewPasses)
    let bound = engine.bound()
    let before = engine.memory
    let responsibilities = engine.expectations(of: local, over: all)
    try run(engine, from: ModelStart(engine, labels: labels.map { names[$0] }), passes: fewPasses)
    expectBounds(bound, engine.bound(), .labelOrder)
    let renamed = engine.expectations(of: local, over: all)
    var expected = responsibilities
    for row in 0..<engine.rowCount {
      for k in 0..<count { expected[row * count + names[k]] = responsibilities[row * count + k] }
    }
    expectEqual(renamed, expected, .labelOrder, "responsibilities")
    let prior = graph.variable(named: local.name).map { graph.factor(of: $0).arguments } ?? []
    for variable in engine.plan.globals {
      let natural = before[variable.natural]
      let size = natural.count / variable.members
      var expected = natural
      if size == count, prior.contains(where: { isVariable($0.value, named: variable.name) }) {
        for m in 0..<variable.members {
          for k in 0..<count { expected[m * count + names[k]] = natural[m * count + k] }
        }
      } else if size > 0, let within = members(of: variable.name, within: local.name) {
        // The numbers of all members that one value of the label chooses, beside each other.
        let width = within * size
        for outer in 0..<natural.count / (count * width) {
          for k in 0..<count {
            let (from, to) = ((outer * count + k) * width, (outer * count + names[k]) * width)
            expected.replaceSubrange(to..<to + width, with: natural[from..<from + width])
          }
        }
      }
      expectEqual(engine.memory[variable.natural], expected, .labelOrder, "natural parameters of \(variable.name)")
    }
  }

  /// How many neighbouring members one value of a label stands for, those of the plates inside the one that it chooses
  /// from; nil where it chooses none.
  private func members(of name: String, within label: String) -> Int? {
    for case .variable(let use) in graph.factors.flatMap({ $0.arguments.map(\.value) }) {
      let plates = graph.variables[use.variable].plates
      guard graph.variables[use.variable].name == name, plates.count == use.gates.count,
        let place = use.gates.firstIndex(where: { graph.variables[$0.variable].name == label })
      else { continue }
      return plates[(place + 1)...].reduce(1) { $0 * engine.model.plateSizes[$1] }
    }
    return nil
  }

  private func isVariable(_ argument: ModelGraph.Argument, named name: String) -> Bool {
    if case .variable(let use) = argument { graph.variables[use.variable].name == name } else { false }
  }

  // MARK: Comparisons

  private mutating func expectBounds(_ bound: Double, _ other: Double, _ law: ModelLaw) {
    let tolerance = Tolerance.relative(1e-10, because: "a bound is a sum of terms that cancel in part")
    if !tolerance.allows(other, bound) { fail(law, "the bound is \(other) instead of \(bound) (\(tolerance))") }
  }

  /// Compares numbers by the largest of them.
  private mutating func expectEqual(_ found: [Double], _ expected: [Double], _ law: ModelLaw, _ what: String) {
    let largest = expected.map(abs).max() ?? 0
    guard found.count == expected.count else {
      return fail(law, "\(what): \(found.count) instead of \(expected.count)")
    }
    if let i = found.indices.first(where: { !(abs(found[$0] - expected[$0]) <= spread * largest) }) {
      fail(law, "\(what): number \(i) is \(found[i]) instead of \(expected[i])")
    }
  }

  // MARK: Whole fits

  mutating func checkFits() throws {
    var settings = FitSettings()
    settings.seed = seed
    settings.restarts = 2
    settings.restartSweeps = 5
    settings.maximumPasses = 3
    settings.tolerance = 0
    settings.weights = weights
    let fit = try Fit(graph, to: table, bind: bind, settings: settings, backend: backend)
    let again = try Fit(graph, to: table, bind: bind, settings: settings, backend: backend)
    if bits(fit) != bits(again) { fail(.seed, "two fits from seed \(seed) differ") }
    for threads in 2...3 {
      settings.threads = threads
      if try bits(Fit(graph, to: table, bind: bind, settings: settings, backend: backend)) != bits(fit) {
        fail(.threads, "a fit on \(threads) threads differs from one on 1")
      }
    }
    try checkRate()
  }

  private func bits(_ fit: Fit) -> [[UInt64]] {
    fit.naturals.map { $0.map(\.bitPattern) } + [fit.trace.map(\.bound.bitPattern), [fit.bound.bitPattern]]
  }

  private mutating func checkRate() throws {
    // A stochastic step that solves groups to the end goes further than one coordinate update.
    if graph.order == nil && engine.model.groupedPlan == nil { try checkFullBatch() }
    // Rate 1/4 goes a quarter of the way.
    try run(engine, from: start, passes: 1)
    // New responsibilities, or variables would be where they are going already.
    engine.sweep(all)
    let before = engine.memory
    for (position, variable) in engine.plan.globals.enumerated() {
      engine.update(position, rate: 0.25)
      let expected = zip(before[variable.natural], engine.memory[variable.target]).map { 0.75 * $0 + 0.25 * $1 }
      expectEqual(
        engine.memory[variable.natural], expected, .rate, "natural parameters of \(variable.name) at rate 1/4")
      engine.memory = before
    }
  }

  /// A batch of all rows with a first rate of (1 + 0)⁻¹ = 1; no rows are held out.
  private mutating func checkFullBatch() throws {
    var settings = FitSettings()
    settings.weights = weights
    settings.maximumPasses = 1
    settings.heldOutFraction = 1e-9
    settings.restarts = 1
    if !labels.isEmpty { settings.start = .labels(labels) }
    let full = try Fit(graph, to: table, bind: bind, settings: settings, backend: backend)
    settings.schedule = try StochasticNaturalGradient(batchSize: table.rowCount, forgetting: 1, delay: 0)
    let step = try Fit(graph, to: table, bind: bind, settings: settings, backend: backend)
    for (variable, pair) in zip(full.model.plan.globals, zip(step.naturals, full.naturals)) {
      expectEqual(pair.0, pair.1, .rate, "natural parameters of \(variable.name) after a step with all rows at rate 1")
    }
  }
}
