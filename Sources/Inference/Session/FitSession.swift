import CPUBackend
import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// A fit under way: it goes on batch by batch, and can be saved between any two of them.
///
/// ```swift
/// var session = try FitSession(graph, to: table, settings: settings)
/// try session.start()
/// while try session.step() { print(session.progress.entry.bound) }
/// let fit = session.fit
/// ```
///
/// There is one way to run a schedule; it knows no model.
public struct FitSession {
  /// The model, the data and the numbers.
  public let engine: Engine
  /// How the fit is made.
  public let settings: FitSettings
  /// Which schedule runs, and why.
  public let choice: ScheduleChoice
  /// What was last done.
  public private(set) var progress: FitProgress
  /// Whether the tolerance was reached, or the schedule has nothing more to gain.
  public internal(set) var converged = false
  /// The history.
  public internal(set) var trace: [TraceEntry] = []
  /// The bounds of all starts, where several were compared.
  public internal(set) var restartBounds: [Double] = []

  /// The rows, or the groups of rows, that the schedule draws.
  let order: RowOrder
  let random: RandomSource
  var running: any RunningSchedule
  var outcome: BatchOutcome?
  /// Passes of a stochastic fit since the last one that gained.
  var passesWithoutImprovement = 0
  /// What further passes over the rows of the last ones would gain.
  var forecast = GainForecast()
  var acceleration = Acceleration()
  /// Log densities of the rows that judge, after the last pass that gained.
  var lastJudged: [Double] = []
  /// Moves in a row that did not raise the bound.
  var failedMoves = 0
  /// Changes of basis.
  var trials = BasisTrials()
  /// Whether all batches of the pass so far moved at rate 1.
  var isAscent = true
  /// Where groups that are solved by themselves begin in each pass.
  var groupStart = GroupStart.prior
  /// Whether the next batch begins a pass.
  var isBetweenPasses = true
  var isStarted = false
  /// Seconds that the fit took before it was resumed.
  var earlier = 0.0
  private let began: Double

  /// Binds a model to a table.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - table: The data.
  ///   - bind: Column names by variable name; see ``ColumnBinding``.
  ///   - settings: How.
  ///   - backend: What runs the plan.
  /// - Throws: ``FitError`` with what is wrong and where.
  public init(
    _ graph: ModelGraph, to table: DataTable, bind: [String: [String]] = [:], settings: FitSettings = FitSettings(),
    backend: any Backend = CPUBackend()
  ) throws(FitError) {
    // The model's own mistakes come before those of the data.
    let logJoint = try raising(FitError.model) { () throws(ModelError) in try LogJoint(graph) }
    let data = try raising(FitError.data) { () throws(DataError) in
      let binding = try ColumnBinding(
        graph, table: table, explicit: bind, reserved: settings.weights.map { [$0] } ?? [])
      return try BoundData(graph, table: table, binding: binding, weights: settings.weights, dropsEmptyRows: true)
    }
    let facts = try raising(FitError.backend) { () throws(BackendError) in
      try DataFacts(graph, data, backend: backend, threads: settings.threads)
    }
    let compiled = try raising(FitError.model) { () throws(ModelError) in try CompiledModel(logJoint, facts: facts) }
    let engine = try raising(FitError.backend) { () throws(BackendError) in
      try Engine(compiled, data: data, backend: backend, threads: settings.threads)
    }
    try self.init(engine, settings: settings)
  }

  init(_ engine: Engine, settings: FitSettings) throws(FitError) {
    began = monotonicSeconds()
    self.engine = engine
    self.settings = settings
    choice = try ScheduleChoice(engine, settings)
    random = RandomSource(seed: settings.seed)
    try Self.check(settings, engine, choice.schedule)
    let groups = choice.schedule.judge == .heldOut ? engine.groups : nil
    let aside = choice.schedule.judge == .heldOut ? Self.heldOutCount(engine.rowCount, settings) : 0
    order = RowOrder(
      total: groups?.rows.count ?? engine.rowCount, aside: groups == nil ? aside : 0, random: random.stream(1))
    running = choice.schedule.running(rows: order, random: random.stream(3))
    progress = FitProgress(
      phase: .passes, entry: TraceEntry(pass: 0, rows: 0, bound: .nan, seconds: 0),
      maximumPasses: settings.maximumPasses, expectedRemainingGain: .infinity)
  }

  private static func heldOutCount(_ rows: Int, _ settings: FitSettings) -> Int {
    let count = min(settings.heldOutRows, Int(Double(rows) * settings.heldOutFraction))
    return count >= 10 ? count : 0
  }

  /// Seconds since the fit began.
  var seconds: Double { earlier + monotonicSeconds() - began }

  // MARK: Steps

  /// Brings the parameters to their start, from which ``step()`` goes on.
  ///
  /// - Parameter report: Called after every sweep of a start; return false to stop.
  public mutating func start(_ report: (FitProgress) -> Bool = { _ in true }) throws(FitError) {
    if isStarted { return }
    restartBounds = try begin(report)
    if choice.schedule.judge == .bound { try raising(FitError.backend, engine.keepRows) }
    isStarted = true
  }

  /// Takes the schedule's next batch; false where the fit has ended.
  ///
  /// After a batch that ends a pass, ``progress`` is that of the pass.
  public mutating func step() throws(FitError) -> Bool {
    try start()
    if converged || isLostInRounding || trace.count >= settings.maximumPasses { return false }
    guard let batch = running.next(after: outcome, rows: order) else {
      converged = true
      return false
    }
    let before = choice.schedule.needsDirections ? naturals : []
    if isBetweenPasses { accelerate(batch) }
    isBetweenPasses = batch.endsPass
    // Moments of the last sweep belong to the parameters that it had, not to extrapolated ones.
    let basis = acceleration.fallback == nil ? changeBases(before: batch) : nil
    try apply(batch)
    // Stochastic batches form no bound.
    isAscent = isAscent && choice.schedule.judge == .bound && (batch.rate == 1 || batch.part != nil)
    let formsBound = batch.endsPass && isAscent
    var found = formsBound ? engine.bound() : .nan
    if let basis, takesBack(basis, at: found) {
      try apply(batch)
      found = engine.bound()
    }
    if batch.endsPass { try endPass(batch, found) }
    outcome = BatchOutcome(
      bound: formsBound ? progress.entry.bound : .nan, direction: zip(naturals, before).map { ($0 - $1) / batch.rate },
      parameterCount: engine.plan.globals.reduce(0) { $0 + engine.memory[$1.natural].count },
      expectedRemainingGain: progress.expectedRemainingGain)
    return true
  }

  private var naturals: [Double] { engine.plan.globals.flatMap { engine.memory[$0.natural] } }

  private mutating func apply(_ batch: Batch) throws(FitError) {
    if choice.schedule.judge == .heldOut && engine.groups != nil {
      // A stochastic schedule draws whole groups where they are solved by themselves.
      engine.sweepGroups(batch.rows, without: aside)
      engine.updateBeyondGroups(rate: batch.rate)
      return
    }
    if let part = batch.part {
      if case .range(let range) = batch.rows { engine.sweep(range, part: part) }
      // The sums of parts that were swept before would lead back from where an extrapolation led: all are swept first.
      if batch.rate > 0 && (acceleration.step == 0 || batch.endsPass) { engine.updateAll(rate: batch.rate) }
      return
    }
    guard let order = orderOfUpdates else {
      if solvesGroups { return passOverGroups(batch.rows) }
      if engine.hasRowVariables || trace.isEmpty || batch.rows.count != engine.rowCount { engine.sweep(batch.rows) }
      engine.absorb(rate: batch.rate)
      engine.updateAll(rate: batch.rate)
      return
    }
    for update in order {
      switch update {
      case .rows:
        engine.sweep(batch.rows)
      case .global(let position): engine.update(position, rate: batch.rate)
      }
    }
    engine.absorb(rate: batch.rate)
  }

  /// One update of a pass whose order is given.
  enum OrderedUpdate: Hashable {
    /// Of all variables of the rows together.
    case rows
    /// Of a global variable, by position.
    case global(Int)
  }

  /// The order of updates in a pass, where one is given.
  ///
  /// The rows come first where it names none of their variables: the bound is of sums over all rows of the pass, and what a start
  /// left may be of few.
  var orderOfUpdates: [OrderedUpdate]? {
    guard let names = settings.order else { return nil }
    var updates: [OrderedUpdate] = []
    for name in names {
      let position = engine.plan.globals.firstIndex { $0.name == name }
      if position != nil || !updates.contains(.rows) { updates.append(position.map { .global($0) } ?? .rows) }
    }
    return updates.contains(.rows) ? updates : [.rows] + updates
  }

  private mutating func endPass(_ batch: Batch, _ found: Double) throws(FitError) {
    defer { isAscent = true }
    let rows = rowsOfPass(batch)
    // Passes over different samples have bounds that do not compare.
    if isAscent && rows != trace.last?.rows { forecast = GainForecast(after: forecast) }
    let bound = isAscent ? noteAscent(found) : found
    if isAscent { try checkNumeric(bound) } else { try checkParameters() }
    let judged = logDensities(of: judgedRows)
    let density = Spread(judged)
    let entry = TraceEntry(
      pass: trace.count + 1, rows: rows, bound: bound, heldOut: density.mean, heldOutError: density.error,
      seconds: seconds)
    trace.append(entry)
    progress = FitProgress(
      phase: .passes, entry: entry, maximumPasses: settings.maximumPasses,
      expectedRemainingGain: isAscent ? forecast.expectedRemainingGain / rowsInBound : .nan)
    if choice.schedule.moves && failedMoves < Self.patience && trace.count > 1 {
      if try move(parts: engine.parts.count, bound: bound) { return }
    }
    if isAscent {
      converged = rows == order.total && forecast.hasEnded(within: toleratedGain) && !isLostInRounding
      if converged && solvesGroups { converged = settlesGroups() }
      return
    }
    // A stochastic pass may stand still by chance, or gain too little for the rows to tell, and much in a while: what it
    // is compared with is the last pass that had gained, and the longer that took, the longer the next may take. Row by
    // row, what was gained: its mean is known far better than that of the densities.
    let gain = Spread(zip(judged, lastJudged).map { $0 - $1 })
    if gain.mean < max(2 * gain.error, Self.leastGain) {
      passesWithoutImprovement += 1
    } else {
      passesWithoutImprovement = 0
      lastJudged = judged
    }
    converged = passesWithoutImprovement >= max(2, (trace.count - passesWithoutImprovement) / 2)
  }

  /// Gains, in nats a row, below which a stochastic fit stands still.
  private static let leastGain = 1e-4
  /// Moves that may fail, one after another, before no more are tried.
  private static let patience = 5
  /// Rows that moves are tried on.
  private static let moveRows = 10_000

  /// Passes after which moves must have raised the bound.
  private static let settling = 20

  /// Tries moves on a sample, and takes what they find where it raises the bound over all rows.
  private mutating func move(parts: Int, bound: Double) throws(FitError) -> Bool {
    let draws = RowOrder(total: engine.rowCount, random: random.stream(5))
    var level = 0
    while draws.sampleCount(level: level) > Self.moveRows { level += 1 }
    var stream = random.stream(UInt64(10_000 + trace.count))
    let before = (engine.memory, engine.parts)
    guard let moves = ComponentMoves(engine, rows: draws.sample(level: level)) else { return false }
    // Many moves at once are tried first, one at last.
    let promising = moves.promising(removals: max(1, 64 >> (2 * failedMoves)), random: &stream)
    if promising.isEmpty {
      failedMoves += 1
      return false
    }
    func range(_ part: Int) -> Range<Int> { order.total * part / parts..<order.total * (part + 1) / parts }
    for part in 0..<parts {
      engine.sweep(range(part), part: part) { rows in
        [moves.label.mean: moves.responsibilities(of: .range(rows), at: before.0, after: promising)]
      }
    }
    engine.updateAll()
    // Plain passes, which alone have a bound, until it is higher or promises to stay below: what was split must find its
    // shape.
    var (moved, forecast) = (-Double.infinity, GainForecast())
    for _ in 0..<Self.settling {
      for part in 0..<parts { engine.sweep(range(part), part: part) }
      engine.updateAll()
      moved = engine.bound()
      forecast.note(moved, rounding: engine.boundRounding)
      if moved > bound + ComponentMoves.leastGain || moved + forecast.expectedRemainingGain < bound { break }
    }
    if moved > bound + ComponentMoves.leastGain {
      failedMoves = 0
      trace[trace.count - 1] = TraceEntry(
        pass: trace.count, rows: order.total, bound: moved, seconds: seconds)
      self.forecast = forecast
      acceleration.restart()
      return true
    }
    (engine.memory, engine.parts) = before
    failedMoves += 1
    return false
  }

  /// Takes all steps.
  ///
  /// - Parameter report: Called after every pass; return false to stop.
  public mutating func run(_ report: (FitProgress) -> Bool = { _ in true }) throws(FitError) {
    try start(report)
    var reported = trace.count
    while try step() {
      if trace.count == reported { continue }
      reported = trace.count
      guard report(progress) else { throw .cancelled }
    }
  }

  // MARK: Results

  /// The fit as it stands.
  public var fit: Fit {
    Fit(
      model: engine.model, naturals: engine.plan.globals.map { engine.memory[$0.natural] },
      bound: trace.last?.bound ?? .nan, trace: trace, restartBounds: restartBounds, converged: converged,
      settings: [
        "schedule": choice.schedule.name, "scheduleReason": choice.reason, "seed": "\(settings.seed)",
        "restarts": "\(settings.restarts)", "maximumPasses": "\(settings.maximumPasses)",
        "tolerance": settings.tolerance.map { "\($0)" } ?? "usual", "accelerates": "\(accelerates)",
      ].merging(settings.rotates.map { ["rotates": "\($0)"] } ?? [:]) { $1 },
      expectedRemainingGain: expectedRemainingGain,
      boundRounding: trace.last?.bound.isFinite == true ? engine.boundRounding / rowsInBound : 0,
      sums: engine.sumsToCarry)
  }

  // MARK: Judging

  var aside: Set<Int32> {
    engine.groups == nil ? [] : Set(judgedRows)
  }

  /// The rows that judge a stochastic fit.
  private var judgedRows: [Int32] {
    if choice.schedule.judge == .bound { return [] }
    if engine.groups == nil { return order.keptAside }
    // Groups are drawn whole; the rows that judge are drawn out of all of them.
    return RowOrder(
      total: engine.rowCount, aside: Self.heldOutCount(engine.rowCount, settings), random: random.stream(4)
    ).keptAside
  }

  private func logDensities(of rows: [Int32]) -> [Double] {
    if rows.isEmpty { return [] }
    // Groups have many parameters: fewer draws of them judge as well.
    let draws = engine.groups == nil ? PredictiveDensity.drawCount : 4
    guard let density = try? PredictiveDensity(engine, draws: draws) else { return [] }
    let values = density.logDensities(of: .list(rows))
    // The mean of these is then that of rows that count as often as their weights say.
    guard let weights = engine.rowWeights(rows), let total = Optional(weights.reduce(0, +)), total > 0 else {
      return values
    }
    return zip(values, weights).map { $0 * $1 * Double(rows.count) / total }
  }
}

/// The mean of some numbers, and its standard error; NaN where there are too few.
private struct Spread {
  let mean: Double
  let error: Double

  init(_ values: [Double]) {
    let n = Double(values.count)
    let mean = values.isEmpty ? Double.nan : values.reduce(0, +) / n
    self.mean = mean
    error = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n * (n - 1))).squareRoot()
  }
}
