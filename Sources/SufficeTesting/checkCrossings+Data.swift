import CKernels
import Suffice

extension CrossingChecker {
  // MARK: Rows and columns

  mutating func checkRepetition() throws {
    guard let repeated = try scenario.repeated() else { return }
    expectSame(own, try fit(repeated, isWeighted: false), .repetition, "rows that count n times, and n rows")
  }

  mutating func checkOrder() throws {
    guard let order = scenario.shuffledOrder(seed: seed) else { return }
    let table = try scenario.rows(order)
    expectSame(try fit(table), own, .rowOrder, "rows in another order")
    let densities = try Application(own, to: scenario.table).logDensities()
    let shuffled = try Application(own, to: table).logDensities()
    // Rows that nothing is said of, those before the first lag, are left out.
    guard densities.count == order.count else { return }
    expectEqual(
      shuffled, order.map { densities[$0] }, .rowOrder, "densities of rows in another order", within: 1e-9)
  }

  mutating func checkColumnOrder() throws {
    // Elements of parameters are named by columns: only labels can be a start that knows none.
    let engine = try session(CoordinateAscent()).engine
    guard engine.plan.locals.isEmpty || isLabelled(engine) else { return }
    var settings = settings(CoordinateAscent(), weights: scenario.weights)
    settings.start = .seeded
    if isLabelled(engine), let label = engine.plan.locals.first {
      settings.start = .labels((0..<scenario.table.rowCount).map { $0 % label.shape.dimension })
    }
    var reversed = scenario.bind
    for (variable, columns) in scenario.observed { reversed[variable.name] = columns.reversed() }
    if reversed == scenario.bind { return }
    note(.columnOrder)
    let (own, other) = try (
      Fit(scenario.graph, to: scenario.table, bind: scenario.bind, settings: settings),
      Fit(scenario.graph, to: scenario.table, bind: reversed, settings: settings)
    )
    let tolerance = Tolerance.relative(1e-9, because: "sums in another order")
    if !tolerance.allows(other.bound, own.bound) {
      fail(.columnOrder, "the bound is \(other.bound) instead of \(own.bound)")
    }
    let application = try Application(own, to: scenario.table)
    guard try PredictiveDensity(application.engine).isExact else { return }
    expectEqual(
      try Application(other, to: scenario.table).logDensities(), try application.logDensities(), .columnOrder,
      "densities with columns in another order", within: 1e-7)
  }

  /// Whether rows have one label that a start can name.
  private func isLabelled(_ engine: Engine) -> Bool {
    engine.plan.locals.count == 1 && engine.plan.locals[0].members == 1
      && engine.plan.locals[0].family == Family(Categorical.self)
      && engine.plan.globals.allSatisfy { $0.family != Family(Categorical.self) }
  }

  mutating func checkLayout() throws {
    let table = scenario.table
    let (rows, width) = (table.rowCount, table.columns.count + 1)
    // Row by row with something between rows, and the same from the last row on.
    var matrix = [Double](repeating: .infinity, count: rows * width)
    var backward = matrix
    for (j, column) in table.columns.enumerated() {
      for row in 0..<rows {
        matrix[row * width + j] = column[row]
        backward[(rows - 1 - row) * width + j] = column[row]
      }
    }
    for (name, owner, first, stride) in [
      ("row by row", ColumnOwner(copying: matrix), 0, width),
      ("backwards", ColumnOwner(copying: backward), (rows - 1) * width, -width),
    ] {
      let other = try DataTable(
        columns: table.columns.enumerated().map { j, column in
          Column(
            name: column.name, owner: ColumnOwner(base: owner.base + first + j, keeping: owner), count: rows,
            stride: stride, kind: column.kind, findings: column.findings)
        })
      expectSame(try fit(other), own, .layout, name, within: 1e-10)
    }
  }

  /// What the compiler is told of numbers is what two plain passes over the present cells find.
  mutating func checkSummaries() throws {
    let session = try session(CoordinateAscent())
    let facts = session.engine.model.facts
    let weights = scenario.weights.flatMap { scenario.table[$0]?.array }
    for (variable, columns) in scenario.observed {
      let family = variable.family.type
      guard let known = facts.observed.first(where: { $0.columns == columns }), scenario.graph.order == nil,
        family.domain != .label
      else { continue }
      var base = 0.0
      for (j, name) in columns.enumerated() {
        guard let values = scenario.table[name]?.array else { continue }
        let cells = values.indices.filter { !values[$0].isNaN }.map { (values[$0], weights?[$0] ?? 1) }
        let total = cells.reduce(0) { $0 + $1.1 }
        let mean = cells.reduce(0) { $0 + $1.0 * $1.1 } / total
        let variance = cells.reduce(0) { $0 + $1.1 * ($1.0 - mean) * ($1.0 - mean) } / (total - 1)
        expectEqual([known.mean[j]], [mean], .summaries, "the mean of \(name)", within: 1e-11)
        expectEqual([known.variance[j]], [variance], .summaries, "the variance of \(name)", within: 1e-9)
        let missing = values.count - cells.count
        if missing != (known.missing.isEmpty ? 0 : known.missing[j]) {
          fail(.summaries, "\(name) has \(missing) gaps, not \(known.missing)")
        }
        if !family.hasConstantBaseMeasure && family.isElementwiseFamily(columns.count) {
          let one = FamilyShape(dimension: 1)
          base += cells.reduce(0) { $0 + $1.1 * family.logBaseMeasure(of: [$1.0], one) }
        }
      }
      let rows = weights?.reduce(0, +) ?? Double(session.engine.rowCount)
      if base != 0 && !scenario.graph.factors.contains(where: { $0.trials != nil }) {
        expectEqual(
          [known.logBaseMeasure * rows], [base], .summaries, "the log base measure of \(variable.name)", within: 1e-10)
      }
    }
  }

  // MARK: Gaps

  /// For a few gaps, the densities of the row with all values that the cell could have add up to that of the row.
  mutating func checkIntegration() throws {
    guard scenario.features.contains(.gaps), scenario.graph.order == nil else { return }
    guard try PredictiveDensity(Application(own, to: scenario.table).engine).isExact else { return }
    let densities = try Application(own, to: scenario.table).logDensities()
    for (variable, columns) in scenario.observed {
      guard let known = own.model.facts.observed.first(where: { $0.columns == columns }) else { continue }
      var left = 2
      for (j, name) in columns.enumerated() {
        guard let column = scenario.table[name], let row = column.array.firstIndex(where: \.isNaN), left > 0,
          let grid = PredictiveGrid(
            variable.family.type.domain, largest: column.array.filter { !$0.isNaN }.max() ?? 1,
            levels: known.levels[j], mean: known.mean.isEmpty ? 0 : known.mean[j],
            variance: known.variance.isEmpty ? 1 : known.variance[j], step: 0.02)
        else { continue }
        left -= 1
        let filled = try DataTable(
          columns: scenario.table.columns.map { other in
            other.name == name ? other.with(grid.values) : other.at(grid.values.map { _ in row })
          })
        // Counts of trials end before the grid does.
        guard let logs = try? Application(own, to: filled).logDensities() else { continue }
        let total = zip(logs, grid.weights).reduce(0) { $0 + $1.1 * _exp($1.0 - densities[row]) }
        expectEqual(
          [total], [1], .integration, "row \(row + 1): filled values of \(name) over the row with a gap",
          within: 1e-6)
      }
    }
  }

  /// Rows of one component, or of none, whose columns have parameters of their own.
  mutating func checkEvidence() throws {
    let engine = try session(CoordinateAscent()).engine
    func isElementwise(_ family: Family, _ shape: FamilyShape) -> Bool {
      family.type.statistics(shape).allSatisfy { if case .vector = $0.form { true } else { false } }
    }
    guard scenario.graph.order == nil, scenario.graph.observed.count == scenario.observed.count,
      engine.plan.locals.allSatisfy({ $0.family == Family(Categorical.self) && $0.shape.dimension == 1 }),
      engine.plan.globals.allSatisfy({ isElementwise($0.family, $0.shape) })
    else { return }
    func evidence(_ table: DataTable, _ bind: [String: [String]]) throws -> Double {
      var settings = settings(CoordinateAscent(), weights: scenario.weights, passes: 2)
      settings.start = .seeded
      return try Fit(scenario.graph, to: table, bind: bind, settings: settings).bound
    }
    var sum = 0.0
    for (variable, columns) in scenario.observed {
      for name in columns {
        guard let column = scenario.table[name] else { continue }
        let rows = (0..<column.count).filter { !column[$0].isNaN }
        let alone = try DataTable(
          columns: scenario.table.columns.filter { $0.name == name || $0.name == scenario.weights }.map { $0.at(rows) })
        sum += try evidence(alone, [variable.name: [name]])
      }
    }
    expectEqual(
      [try evidence(scenario.table, scenario.bind)], [sum], .evidence, "the evidence of all columns, and of each alone",
      within: 1e-10)
  }

  // MARK: Backends

  mutating func checkBackends() throws {
    let reference = try fit(backend: ReferenceBackend())
    for (name, backend) in [
      ("kernels", CPUBackend(contractions: .kernels)), ("OpenBLAS", CPUBackend(contractions: .openBLAS)),
    ] {
      expectSame(try fit(backend: backend), reference, .backend, "\(name) and the reference")
    }
    // The level is the thread's.
    let best = suffice_level()
    defer { _ = suffice_force_level(best) }
    for level in 0..<max(best, 0) {
      _ = suffice_force_level(level)
      expectSame(
        try fit(backend: CPUBackend(contractions: .kernels)), reference, .backend, "kernels of level \(level)")
    }
    _ = suffice_force_level(best)
    let single = try fit(backend: CPUBackend(contractions: .kernels, precision: .single))
    expectSame(single, reference, .backend, "single precision", within: 2e-3, bounds: 1e-5)
  }
}

extension ExponentialFamily {
  /// Whether the base measure of several values is the product of that of each.
  fileprivate static func isElementwiseFamily(_ count: Int) -> Bool {
    domain != .simplex && domain != .unitVector && valueCount(FamilyShape(dimension: count)) == count
      && statistics(FamilyShape(dimension: count)).allSatisfy { if case .vector = $0.form { true } else { false } }
  }
}
