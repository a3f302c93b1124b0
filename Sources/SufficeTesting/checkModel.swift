import Suffice

/// The laws that inference in every model obeys.
public enum ModelLaw: String, CaseIterable, Sendable {
  /// The bound falls neither in a sweep over the rows nor in any variable's update, nor from pass to pass of fits from
  /// twenty starts.
  case bound
  /// The backend's numbers are those of the reference backend.
  case backend
  /// The order of the rows changes nothing but rounding.
  case rowOrder
  /// Renaming labels renames members and responsibilities, and changes nothing else.
  case labelOrder
  /// A stochastic step with all rows at rate 1 is the coordinate update, where no groups are solved by themselves; one at
  /// rate 1/4 goes a quarter of the way.
  case rate
  /// The plan's target of each variable, minus its natural parameters, is the slope of the bound in its expected
  /// statistics: updates and bound, which the compiler derives separately, are of one function.
  case derivative
  /// The predictive density of one observed column integrates, or adds up, to one.
  case normalization
  /// Rows drawn from the posterior predictive have the predictive's mean log density.
  case sample
  /// A fit ends at no saddle: from slightly other parameters the bound rises no further than from its own.
  case saddle
  /// One seed gives the same bits.
  case seed
  /// The number of threads changes no bit.
  case threads
}

/// Checks the laws of a model on data.
///
/// Every law is checked where it holds: that of row order where rows are exchangeable, that of label order for a model
/// whose rows have one label and nothing else that is latent. It is left out for weights that break sticks: their order
/// means something. Laws of the predictive density are checked where one column is bound; that of samples where the
/// density is exact besides.
///
/// - Parameters:
///   - model: The model.
///   - table: The data; some hundred rows are enough.
///   - bind: Column names by variable name.
///   - weights: The column that holds how often each row counts.
///   - backend: What runs the plans.
///   - passes: How many passes of coordinate ascent are looked at.
///   - samples: How many rows are drawn.
///   - seed: The seed of labels, orders and samples; with one seed, the outcome is always the same.
/// - Throws: ``LawViolation`` with all laws that do not hold, and whatever the data or the model are at fault for.
public func checkModel(
  _ model: some Model, data table: DataTable, bind: [String: [String]] = [:], weights: String? = nil,
  backend: any Backend = CPUBackend(), passes: Int = 10, samples: Int = 2000, seed: UInt64 = 1
) throws {
  let graph = try ModelGraph(model)
  let engine = try boundEngine(graph, data: table, bind: bind, weights: weights, backend: backend, threads: 1)
  var checker = ModelChecker(
    graph: graph, table: table, bind: bind, weights: weights, backend: backend, passes: passes, samples: samples,
    seed: seed,
    engine: engine)
  try checker.checkAscent()
  try checker.checkTraces()
  try checker.checkBackend()
  try checker.checkRowOrder()
  try checker.checkLabelOrder()
  try checker.checkStarts()
  try checker.checkFits()
  try checker.checkPredictive()
  if !checker.failures.isEmpty { throw LawViolation(subject: graph.name, failures: checker.failures) }
}

/// The state of one check: the model and the failures so far.
struct ModelChecker {
  let graph: ModelGraph
  let table: DataTable
  let bind: [String: [String]]
  let weights: String?
  let backend: any Backend
  let passes: Int
  let samples: Int
  let seed: UInt64
  let engine: Engine
  /// A label for each row, where rows have one label and nothing else that is latent; empty otherwise.
  let labels: [Int]
  /// Where each check begins.
  let start: ModelStart
  private(set) var failures: [LawViolation.Failure] = []

  init(
    graph: ModelGraph, table: DataTable, bind: [String: [String]], weights: String?, backend: any Backend, passes: Int,
    samples: Int, seed: UInt64, engine: Engine
  ) {
    self.graph = graph
    self.table = table
    self.bind = bind
    self.weights = weights
    self.backend = backend
    self.passes = passes
    self.samples = samples
    self.seed = seed
    self.engine = engine
    var random = RandomSource(seed: seed)
    let label = engine.plan.locals.first
    let isLabelled =
      engine.plan.locals.count == 1 && label?.members == 1 && label?.family == Family(Categorical.self)
      && engine.plan.globals.allSatisfy { $0.family != Family(Categorical.self) }
    let count = UInt64(isLabelled ? label?.shape.dimension ?? 0 : 0)
    labels = count == 0 ? [] : (0..<engine.rowCount).map { _ in Int(random.next() % count) }
    start = isLabelled ? ModelStart(engine, labels: labels) : ModelStart(engine, using: &random)
  }

  mutating func fail(_ law: ModelLaw, _ detail: String) {
    if failures.count(where: { $0.law == law.rawValue }) < 6 {
      failures.append(LawViolation.Failure(law: law.rawValue, detail: detail))
    }
  }

  /// All rows.
  var all: RowSelection { .range(0..<engine.rowCount) }

  /// Brings an engine to where a start leads, and on for some passes.
  func run(_ engine: Engine, from start: ModelStart, passes: Int) throws {
    engine.setToPrior()
    try engine.keepRows()
    for (slot, values) in start.globals { engine.memory[slot] = values }
    engine.sweep(all, overrides: start.rows)
    engine.updateAll()
    for _ in 0..<passes {
      engine.sweep(all)
      engine.updateAll()
    }
  }

  // MARK: Ascent and derivatives

  mutating func checkAscent() throws {
    try run(engine, from: start, passes: 0)
    var last = -Double.infinity
    for pass in 1...passes {
      engine.sweep(all)
      last = checkStep(from: last, "pass \(pass), rows")
      for (position, variable) in engine.plan.globals.enumerated() {
        if pass <= 2 { checkDerivative(position) }
        engine.update(position)
        last = checkStep(from: last, "pass \(pass), \(variable.name)")
      }
    }
  }

  /// The bound is a sum of terms that are much larger than what a late step adds: 1e-10 of it is rounding.
  private mutating func checkStep(from last: Double, _ what: String) -> Double {
    let bound = engine.bound()
    if !(bound >= last - 1e-10 * abs(bound)) { fail(.bound, "\(what): from \(last) to \(bound), by \(bound - last)") }
    return bound
  }

  /// The bound is linear in each expected statistic while natural parameters and sums over rows stand still, so a long
  /// step has no error but rounding: that of the bound's terms, divided by the step.
  ///
  /// Sums over rows that were taken under the variable's own expectations are taken again. Where row variables then
  /// settle anew, the bound is no longer linear, but its slope is the same: the step is short.
  private mutating func checkDerivative(_ position: Int) {
    let variable = engine.plan.globals[position]
    engine.sweep(all)
    let before = engine.memory
    let mean = before[variable.mean]
    let isSwept = engine.plan.boundStaleAfter.contains(position)
    let isShort = isSwept && !engine.plan.locals.isEmpty
    func bound(_ i: Int, _ step: Double) -> Double {
      engine.memory[variable.mean][i] = mean[i] + step
      if isSwept { engine.sweep(all) }
      let bound = engine.bound()
      engine.memory = before
      return bound
    }
    let whole = abs(engine.bound())
    // Some hundred statistics say as much as all of them.
    let slopes = stride(from: 0, to: mean.count, by: max(1, mean.count / (isSwept ? 20 : 200))).map { i in
      let step = max(abs(mean[i]), 1) * (isShort ? 1e-4 : 1)
      return (i, step, slope: (bound(i, step) - bound(i, -step)) / (2 * step))
    }
    engine.update(position)
    let (target, natural) = (engine.memory[variable.target], before[variable.natural])
    let size = mean.indices.reduce(whole) { $0 + abs(mean[$1]) * (abs(target[$1]) + abs(natural[$1])) }
    for (i, step, slope) in slopes {
      let expected = target[i] - natural[i]
      let tolerance = 1e-12 * size / step + (isShort ? 1e-5 : 1e-10) * (abs(target[i]) + abs(natural[i]))
      if !(abs(slope - expected) <= tolerance) {
        fail(
          .derivative,
          "\(variable.name), statistic \(i): the bound's slope is \(slope), but the update moves by \(expected)")
        break
      }
    }
    // What the engine knows of the sums over rows is brought up to date with them.
    engine.memory = before
    engine.sweep(all)
  }

  /// Whole fits as they are by default, but for one start each and few passes.
  mutating func checkTraces() throws {
    var settings = FitSettings()
    settings.restarts = 1
    settings.maximumPasses = passes
    settings.weights = weights
    for number in 0..<20 as Range<UInt64> {
      settings.seed = seed &+ number
      let trace = try Fit(graph, to: table, bind: bind, settings: settings, backend: backend).trace
      // Bounds over different samples of the rows do not compare.
      for (before, after) in zip(trace, trace.dropFirst()) where before.rows == after.rows {
        if !(after.bound >= before.bound - 1e-10 * abs(before.bound)) {
          fail(
            .bound,
            "fit with seed \(settings.seed), pass \(after.pass): from \(before.bound) to \(after.bound), by "
              + "\(after.bound - before.bound)")
        }
      }
    }
  }

  // MARK: Backends

  mutating func checkBackend() throws {
    var checker = BackendChecker(backend: backend, threads: [1, 2, 3], seed: seed)
    try checker.checkPlan(graph, data: table, bind: bind, weights: weights, start: start, passes: min(passes, 3))
    for failure in checker.failures {
      fail(failure.law == BackendLaw.threads.rawValue ? .threads : .backend, failure.detail)
    }
  }
}
