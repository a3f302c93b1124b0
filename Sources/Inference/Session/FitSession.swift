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
  /// Log densities of the rows that judge, after the last pass that gained; of groups that are drawn whole, the bound.
  var lastJudged: [Double] = []
  /// Moves in a row that did not raise the bound.
  var failedMoves = 0
  /// Changes of basis.
  var trials = BasisTrials()
  /// What passes over a sample are corrected by.
  var correction: SampleCorrection?
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
    if converged || isLostInRounding || passesOverAllRows >= Double(settings.maximumPasses) { return false }
    let all = RowSelection.range(0..<engine.rowCount)
    let isFull = isFinishing
    guard let batch = isFull ? Batch(rows: all, rate: 1, endsPass: true) : running.next(after: outcome, rows: order)
    else {
      converged = true
      return false
    }
    let before = choice.schedule.needsDirections ? naturals : []
    if isBetweenPasses { accelerate(batch) }
    isBetweenPasses = batch.endsPass
    // Moments of the last sweep belong to the parameters that it had, not to extrapolated ones.
    let basis = acceleration.fallback == nil ? changeBases(before: batch) : nil
    let compared = try apply(batch)
    // Stochastic batches form no bound. Groups that were drawn whole have been solved: one sweep over their rows has one.
    isAscent =
      isAscent && (choice.schedule.judge == .bound || isFull) && (batch.rate == 1 || batch.part != nil)
    let formsBound = batch.endsPass && isAscent
    if batch.endsPass && drawsGroups && !isFull { engine.sweep(all) }
    var found = formsBound || batch.endsPass && drawsGroups ? engine.bound() : .nan
    if let basis, takesBack(basis, at: found) {
      _ = try apply(batch)
      found = engine.bound()
    }
    let isUndone = batch.endsPass ? try endPass(batch, found, compared) : false
    outcome = BatchOutcome(
      bound: formsBound ? progress.entry.bound : .nan, direction: zip(naturals, before).map { ($0 - $1) / batch.rate },
      parameterCount: engine.plan.globals.reduce(0) { $0 + engine.memory[$1.natural].count },
      expectedRemainingGain: progress.expectedRemainingGain / GainForecast.caution, canCorrect: canCorrect,
      isUndone: isUndone)
    return true
  }

  private var naturals: [Double] { engine.plan.globals.flatMap { engine.memory[$0.natural] } }

  /// Sweeps a batch and moves the global variables; what all rows' sums exceed those of its sample by, where both compare.
  mutating func apply(_ batch: Batch) throws(FitError) -> RowStatistics? {
    if drawsGroups && !isFinishing {
      // A stochastic schedule draws whole groups where they are solved by themselves.
      engine.sweepGroups(batch.rows, without: aside)
      engine.updateBeyondGroups(rate: batch.rate)
      return nil
    }
    if let part = batch.part {
      if case .range(let range) = batch.rows { engine.sweep(range, part: part) }
      // The sums of parts that were swept before would lead back from where an extrapolation led: all are swept first.
      if batch.rate > 0 && (acceleration.step == 0 || batch.endsPass) { engine.updateAll(rate: batch.rate) }
      return nil
    }
    guard let order = orderOfUpdates else {
      var compared: RowStatistics?
      if solvesGroups {
        passOverGroups(batch.rows)
        return nil
      } else if batch.isCorrected, let correction {
        engine.pass(over: batch.rows, correctedBy: correction)
        return nil
      } else if let sample = batch.sample, canCorrect {
        compared = engine.sweep(batch.rows, comparing: sample)
      } else if engine.hasRowVariables || trace.isEmpty || engine.swept != batch.rows {
        engine.sweep(batch.rows)
      }
      absorb(batch)
      engine.updateAll(rate: batch.rate)
      return compared
    }
    for update in order {
      switch update {
      case .rows:
        engine.sweep(batch.rows)
      case .global(let position): engine.update(position, rate: batch.rate)
      }
    }
    absorb(batch)
    return nil
  }

  /// Where no step is shorter than the whole way, the sums of the last sweep are what the parameters rest on.
  private func absorb(_ batch: Batch) {
    if choice.schedule.judge == .heldOut && !isFinishing || batch.rate < 1 { engine.absorb(rate: batch.rate) }
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

  /// Takes note of a pass; whether the fit went back from it to an earlier one.
  private mutating func endPass(_ batch: Batch, _ found: Double, _ compared: RowStatistics?) throws(FitError) -> Bool {
    defer { isAscent = true }
    var isUndone = false
    var rows = rowsOfPass(batch)
    var bound = found
    if let origin = originOfLostPasses(batch, found) {
      goBack(to: origin, expecting: nil)
      (rows, bound, isUndone) = (order.total, origin.bound, true)
    } else if isAscent {
      // Passes over different samples have bounds that do not compare.
      if rows != trace.last?.rows {
        forecast =
          batch.isCorrected ? GainForecast(from: correction?.origin.bound ?? .nan) : GainForecast(after: forecast)
      }
      bound = noteAscent(found)
      if !batch.isCorrected {
        correction = compared.map { SampleCorrection(origin: engine.place(bound: bound), statistics: $0) }
      }
      if let (origin, gain) = originAtEnd(batch, bound) {
        goBack(to: origin, expecting: gain)
        (rows, bound) = (order.total, origin.bound)
      }
    }
    if isAscent { try checkNumeric(bound) } else { try checkParameters() }
    let judged = logDensities(of: judgedRows)
    let density = Spread(judged)
    let entry = TraceEntry(
      pass: trace.count + 1, rows: rows, bound: bound, heldOut: density.mean, heldOutError: density.error,
      seconds: seconds)
    trace.append(entry)
    progress = FitProgress(
      phase: .passes, entry: entry, maximumPasses: settings.maximumPasses,
      expectedRemainingGain: isAscent ? forecast.toldRemainingGain / rowsInBound : .nan)
    if choice.schedule.moves && failedMoves < Self.patience && trace.count > 1 {
      if move(bound: bound) { return false }
    }
    if isAscent {
      // The fit keeps standing still, whatever full passes gain.
      if drawsGroups { passesWithoutImprovement += 1 }
      converged = rows == engine.rowCount && forecast.proves(within: toleratedGain) && !isLostInRounding
      if converged && solvesGroups { converged = settlesGroups() }
      if converged { converged = try !leavesSaddle(after: batch, at: bound) }
      while converged && movesAtEnd { converged = !move(bound: bound) }
      return isUndone
    }
    // A stochastic pass may stand still by chance, or gain too little for the rows to tell, and much in a while: what it
    // is compared with is the last pass that had gained, and the longer that took, the longer the next may take. Row by
    // row, what was gained: its mean is known far better than that of the densities.
    let words = drawsGroups ? [bound] : judged
    let gain = Spread(zip(words, lastJudged).map { $0 - $1 })
    let least = drawsGroups ? Self.leastGainOfGroups * rowsInBound : max(2 * gain.error, Self.leastGain)
    // The first pass, which compares with none, gains.
    if !(gain.mean < least) {
      passesWithoutImprovement = 0
      lastJudged = words
    } else {
      passesWithoutImprovement += 1
    }
    converged = standsStill && !drawsGroups
    return false
  }

  /// Whether a stochastic schedule draws groups of rows, which are solved by themselves.
  var drawsGroups: Bool { choice.schedule.judge == .heldOut && engine.groups != nil }

  /// Whether stochastic passes no longer gain: for a while that is longer the longer it took.
  private var standsStill: Bool {
    // What groups have not gained by chance, full passes gain.
    passesWithoutImprovement >= max(2, drawsGroups ? 0 : (trace.count - passesWithoutImprovement) / 2)
  }

  /// Whether what is left to gain is left to full passes, which alone can tell how much it is.
  ///
  /// Batches of groups stand still where their noise does; held-out rows do so where parameters begin to fit single groups.
  var isFinishing: Bool { drawsGroups && standsStill }

  /// Gains of a pass, in nats a row, below which a stochastic fit stands still; of groups, below which full passes gain more.
  private static let (leastGain, leastGainOfGroups) = (1e-4, 1e-3)
  /// Moves that may fail, one after another, before no more are tried.
  private static let patience = 5
  /// The last pass has ended higher than was written down, after more that belong to it.
  mutating func replaceLastEntry(_ bound: Double) {
    trace[trace.count - 1] = TraceEntry(pass: trace.count, rows: order.total, bound: bound, seconds: seconds)
    progress = FitProgress(
      phase: .passes, entry: trace[trace.count - 1], maximumPasses: settings.maximumPasses,
      expectedRemainingGain: expectedRemainingGain)
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
      statistics: engine.statisticsToCarry)
  }

  // MARK: Judging

  var aside: Set<Int32> {
    engine.groups == nil ? [] : Set(judgedRows)
  }

  /// The rows that judge a stochastic fit.
  private var judgedRows: [Int32] {
    if choice.schedule.judge == .bound || isFinishing { return [] }
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
