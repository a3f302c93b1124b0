import ExponentialFamilies
import ModelCompiler
import PlanIR

/// Runs a schedule on an engine: starts, passes, convergence.
///
/// There is one driver; it knows no model.
struct Driver {
  let engine: Engine
  let settings: FitSettings
  private var random: RandomSource
  private let began = monotonicSeconds()

  init(engine: Engine, settings: FitSettings) {
    self.engine = engine
    self.settings = settings
    random = RandomSource(seed: settings.seed)
  }

  mutating func run(_ progress: (FitProgress) -> Bool) throws(FitError) -> Fit {
    try checkSettings()
    let stochastic = !settings.schedule.takesAllRows
    let (training, heldOut) = split(stochastic: stochastic)
    let bounds = try start(over: training, without: heldOut, progress)
    var trace: [TraceEntry] = []
    let converged = try iterate(
      settings.schedule, training: training, heldOut: heldOut, trace: &trace, progress)
    return Fit(
      model: engine.model, naturals: engine.plan.globals.map { engine.memory[$0.natural] },
      bound: trace.last?.bound ?? .nan, trace: trace, restartBounds: bounds, converged: converged,
      settings: [
        "schedule": settings.schedule.name, "seed": "\(settings.seed)", "restarts": "\(settings.restarts)",
        "maximumPasses": "\(settings.maximumPasses)", "tolerance": "\(settings.tolerance)",
      ])
  }

  private func checkSettings() throws(FitError) {
    func require(_ condition: Bool, _ message: String) throws(FitError) {
      if !condition { throw .setting(SettingError(message)) }
    }
    try require(settings.threads >= 1, "the number of threads is \(settings.threads); it must be at least 1.")
    try require(settings.restarts >= 1, "the number of restarts is \(settings.restarts); it must be at least 1.")
    try require(
      settings.maximumPasses >= 1, "the number of passes is \(settings.maximumPasses); it must be at least 1.")
    try require(settings.tolerance >= 0, "the tolerance is \(settings.tolerance); it must be at least 0.")
    try require(
      settings.schedule.takesAllRows || engine.model.graph.order == nil,
      "\(engine.plan.name) links each row to the one before, so that rows cannot be drawn at random. Fit it by "
        + "coordinate ascent, without --inference stochastic."
    )
    try require(
      settings.heldOutFraction > 0 && settings.heldOutFraction < 1,
      "the held-out fraction is \(settings.heldOutFraction); it must lie between 0 and 1.")
    if let order = settings.order {
      let names = engine.plan.globals.map(\.name) + engine.plan.locals.map(\.name)
      for name in order {
        try require(
          names.contains(name),
          "the order of updates names \"\(name)\"; the latent variables are \(names.joined(separator: ", ")).")
      }
    }
  }

  /// Rows to learn from, and rows to judge by.
  private mutating func split(stochastic: Bool) -> (training: RowSelection, heldOut: [Int32]) {
    let n = engine.rowCount
    let count = min(settings.heldOutRows, Int(Double(n) * settings.heldOutFraction))
    guard stochastic, count >= 10 else { return (.range(0..<n), []) }
    var stream = random.stream(1)
    let heldOut = Seeding.sample(.range(0..<n), count: count, random: &stream)
    let kept = Set(heldOut)
    return (.list((0..<Int32(n)).filter { !kept.contains($0) }), heldOut)
  }

  // MARK: Starts

  /// Brings the engine to its starting point; the bounds of the starts that were tried.
  private mutating func start(
    over rows: RowSelection, without heldOut: [Int32], _ progress: (FitProgress) -> Bool
  ) throws(FitError) -> [Double] {
    switch settings.start {
    case .labels(let labels):
      guard let label = engine.plan.locals.first(where: { $0.members == 1 && $0.family == Family(Categorical.self) }),
        labels.count == engine.rowCount
      else {
        throw .setting(SettingError("\(labels.count) starting labels for \(engine.rowCount) rows."))
      }
      let count = label.shape.dimension
      guard labels.allSatisfy({ $0 >= 0 && $0 < count }) else {
        throw .setting(SettingError("the starting labels must lie between 0 and \(count - 1)."))
      }
      var given = [Double](repeating: 0, count: labels.count * count)
      for (row, value) in labels.enumerated() { given[row * count + value] = 1 }
      engine.sweep(.range(0..<engine.rowCount), given: [label.mean: given])
      // A given order begins with what it names first; otherwise a pass begins with the rows, which needs parameters.
      if settings.order == nil { engine.updateAll() }
      return []
    case .expectations(let starts):
      for (name, values) in starts {
        guard let variable = engine.plan.globals.first(where: { $0.name == name }),
          values.count == engine.memory[variable.mean].count
        else {
          throw .setting(SettingError("starting expectations of \"\(name)\" do not fit the model."))
        }
        engine.memory[variable.mean] = values
      }
      return []
    case .seeded:
      if !settings.schedule.takesAllRows && engine.groups != nil {
        var stream = random.stream(100)
        Seeding(engine: engine).seedFromGroups(without: Set(heldOut), random: &stream)
        return []
      }
      return try seededStart(over: rows, progress)
    }
  }

  private mutating func seededStart(
    over rows: RowSelection, _ progress: (FitProgress) -> Bool
  ) throws(FitError) -> [Double] {
    guard engine.hasRowVariables else { return [] }
    let isRandom =
      engine.plan.locals.isEmpty || engine.plan.locals.contains { $0.shape.dimension > 1 || $0.members > 1 }
    let count = isRandom ? settings.restarts : 1
    var sampling = random.stream(2)
    let sample: RowSelection =
      rows.count > 2 * settings.restartRows && engine.model.graph.order == nil && engine.plan.isContracted
      ? .list(Seeding.sample(rows, count: settings.restartRows, random: &sampling)) : rows
    var bounds: [Double] = []
    var best: (bound: Double, memory: ParameterMemory)?
    for restart in 0..<count {
      var stream = random.stream(UInt64(100 + restart))
      Seeding(engine: engine).seed(from: sample, random: &stream)
      if count == 1 { return [] }
      var last = -Double.infinity
      for pass in 1...max(settings.restartSweeps, 1) {
        engine.sweep(sample)
        engine.updateAll()
        let bound = engine.bound()
        try checkNumeric(bound)
        let change = relativeChange(from: last, to: bound)
        last = bound
        if !progress(
          report(.restart(index: restart, count: count), pass: pass, bound: bound, change: change, rows: sample.count))
        {
          throw .cancelled
        }
        if change < max(settings.tolerance, 1e-6) { break }
      }
      bounds.append(last)
      if best.map({ last > $0.bound }) ?? true { best = (last, engine.memory) }
    }
    if let best { engine.memory = best.memory }
    return bounds
  }

  // MARK: Passes

  private mutating func iterate<S: Schedule>(
    _ schedule: S, training: RowSelection, heldOut: [Int32], trace: inout [TraceEntry],
    _ progress: (FitProgress) -> Bool
  ) throws(FitError) -> Bool {
    // A stochastic schedule draws whole groups where they are solved by themselves.
    let groups = schedule.takesAllRows ? nil : engine.groups
    var state = schedule.start(rows: groups.map { .range(0..<$0.rows.count) } ?? training, random: random.stream(3))
    let aside = Set(heldOut)
    var judge = HeldOutJudge(engine: engine, rows: heldOut)
    var calm = 0
    for pass in 1...settings.maximumPasses {
      // A sweep over groups forms no bound.
      var isFullPass = groups == nil
      while true {
        let batch = schedule.next(&state)
        if groups != nil {
          stepGroups(batch, without: aside)
        } else {
          try step(batch, total: training.count, isFirst: pass == 1)
        }
        if !batch.endsPass { isFullPass = false }
        if batch.rate != 1 { isFullPass = false }
        if batch.endsPass { break }
      }
      let bound = isFullPass ? engine.bound() : Double.nan
      let density = heldOut.isEmpty ? Double.nan : judge.meanLogDensity()
      if isFullPass { try checkNumeric(bound) } else { try checkParameters() }
      let change: Double
      if isFullPass {
        change = relativeChange(from: trace.last?.bound ?? -.infinity, to: bound)
      } else if heldOut.isEmpty {
        change = .infinity
      } else {
        change = (density - (trace.last?.heldOut ?? -.infinity)) / max(1, abs(density))
      }
      let progressed = report(.passes, pass: pass, bound: bound, change: change, rows: training.count, heldOut: density)
      trace.append(progressed.entry)
      guard progress(progressed) else { throw .cancelled }
      // A stochastic pass may stand still by chance: ask for two in a row, of a size that the noise lets through.
      if isFullPass {
        // A bound that falls by more than rounding has not converged, whatever the reason.
        if change < settings.tolerance && change > -1e-9 { return true }
      } else {
        calm = change < max(settings.tolerance, 1e-5) ? calm + 1 : 0
        if calm >= 2 { return true }
      }
    }
    return false
  }

  /// One step of a schedule over groups: they are solved by themselves, everything else moves by the rate.
  private func stepGroups(_ batch: Batch, without heldOut: Set<Int32>) {
    engine.sweepGroups(batch.rows, without: heldOut)
    for position in engine.plan.globals.indices where position != engine.model.groupedPlan?.groups?.variable {
      engine.update(position, rate: batch.rate)
    }
  }

  private func step(_ batch: Batch, total: Int, isFirst: Bool) throws(FitError) {
    guard let order = settings.order else {
      if engine.hasRowVariables || isFirst || batch.rows.count != total { engine.sweep(batch.rows) }
      engine.updateAll(rate: batch.rate)
      return
    }
    var sweptRows = false
    if !engine.hasRowVariables { engine.sweep(batch.rows) }
    for name in order {
      if let position = engine.plan.globals.firstIndex(where: { $0.name == name }) {
        engine.update(position, rate: batch.rate)
      } else if !sweptRows {
        engine.sweep(batch.rows)
        sweptRows = true
      }
    }
  }

  // MARK: Judging

  private func relativeChange(from old: Double, to new: Double) -> Double {
    let rows = Double(engine.rowCount)
    return (new - old) / max(rows, abs(new))
  }

  private func checkNumeric(_ bound: Double) throws(FitError) {
    if bound.isFinite { return }
    try checkParameters()
    throw .numeric(
      "the bound is \(bound) although all parameters are proper; the data may be too extreme for double precision.")
  }

  private func checkParameters() throws(FitError) {
    for variable in engine.plan.globals {
      let natural = engine.memory[variable.natural]
      let size = natural.count / variable.members
      guard natural.allSatisfy(\.isFinite) else {
        throw .numeric(
          "the parameters of \"\(variable.name)\" are no longer finite: the data or the priors are too extreme for double "
            + "precision. Choose units in which the columns have deviations nearer to 1.")
      }
      for m in 0..<variable.members
      where !variable.family.type.isProper(Array(natural[m * size..<(m + 1) * size]), variable.shape) {
        throw .numeric(
          "the parameters of \"\(variable.name)\"\(variable.members > 1 ? ", member \(m + 1)," : "") left the domain of \(variable.family): "
            + "its scale matrix or rate lost positive definiteness in rounding. Check for columns that are nearly constant "
            + "or linear combinations of others, or give the prior more weight.")
      }
    }
  }

  private func report(
    _ phase: FitProgress.Phase, pass: Int, bound: Double, change: Double, rows: Int, heldOut: Double = .nan
  ) -> FitProgress {
    FitProgress(
      phase: phase,
      entry: TraceEntry(pass: pass, bound: bound, heldOut: heldOut, seconds: monotonicSeconds() - began),
      maximumPasses: phase == .passes ? settings.maximumPasses : settings.restartSweeps, rows: rows, change: change)
  }
}

/// Judges a stochastic fit by rows that it does not learn from.
private struct HeldOutJudge {
  let engine: Engine
  let rows: [Int32]

  mutating func meanLogDensity() -> Double {
    // Groups have many parameters: fewer draws of them judge as well.
    let draws = engine.groups == nil ? PredictiveDensity.drawCount : 4
    guard let density = try? PredictiveDensity(engine, draws: draws) else { return .nan }
    let values = density.logDensities(of: .list(rows))
    return values.reduce(0, +) / Double(max(values.count, 1))
  }
}
