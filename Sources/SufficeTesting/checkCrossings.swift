import CKernels
import Suffice

/// The laws that hold whatever else a model, its data and a fit have: each is checked together with other features.
public enum CrossingLaw: String, CaseIterable, Sendable {
  /// A row of weight n is the row n times, one of weight 0 its absence; a sequence counts as a whole.
  case repetition
  /// The order of rows that are exchangeable changes nothing, nor that of sequences.
  case rowOrder
  /// The order of a variable's columns renames its elements.
  case columnOrder
  /// One pass that keeps sums of parts is one pass over all rows.
  case parts
  /// What the compiler knows of a column is what its present cells say, each as often as its row counts.
  case summaries
  /// The density of a row with a gap is the integral, or the sum, of its densities with the gap filled.
  case integration
  /// Columns that share no parameter have the product of the evidence that each has alone, without its gaps.
  case evidence
  /// What a fit carries over to new rows is what its posterior rests on; an update is a fit to all rows.
  case update
  /// A fit that goes on from a checkpoint has the same bits.
  case resume
  /// What is in rows that are kept aside changes no parameter.
  case keptAside
  /// Rows that are kept aside judge as often as they count.
  case judge
  /// A move that is not taken leaves the fit as it was.
  case rejection
  /// Strided, row-major and reversed columns are columns.
  case layout
  /// The number of threads changes no bit.
  case threads
  /// Every backend, and every instruction-set level of this processor, gives the reference's numbers.
  case backend
}

/// A feature of the data that is added to those of a model.
public enum CrossedFeature: String, CaseIterable, Sendable {
  /// A fifth of the cells is missing, where the model allows it.
  case gaps
  /// Rows count 0 to 3 times, sequences 1 to 3 times.
  case weights
}

/// Which crossings of features are checked.
public enum Crossings: Hashable, Sendable {
  /// All features that can be added at once: whatever two of them, or one of them and a law, do to each other is met once.
  case covering
  /// Every subset of the features.
  case all

  /// The sets of features.
  var sets: [Set<CrossedFeature>] {
    switch self {
    case .covering: [Set(CrossedFeature.allCases)]
    case .all: [[], [.gaps], [.weights], [.gaps, .weights]]
    }
  }
}

/// Checks the laws of ``CrossingLaw`` for a model, together with features of data and with every schedule that can fit the
/// model.
///
/// What the model has itself (groups, chains and sequences, lags, several labels, priors that follow the data) crosses the
/// features that are added to the data (``CrossedFeature``), the ways to fit (coordinate ascent, nested samples, parts with
/// and without moves, batches) and the laws. A law is left out where it says nothing: that of sums of parts for a chain, say.
///
/// - Parameters:
///   - model: The model.
///   - table: The data, without missing cells; some dozen rows are enough.
///   - bind: Column names by variable name.
///   - crossings: Which sets of features are added.
///   - passes: Passes of each fit.
///   - seed: The seed of gaps, weights, orders and fits.
/// - Returns: The laws that were checked.
/// - Throws: ``LawViolation`` with all laws that do not hold, and whatever the data or the model are at fault for.
@discardableResult public func checkCrossings(
  _ model: some Model, data table: DataTable, bind: [String: [String]] = [:], crossings: Crossings = .covering,
  passes: Int = 2, seed: UInt64 = 1
) throws -> Set<CrossingLaw> {
  let graph = try ModelGraph(model)
  var failures: [LawViolation.Failure] = []
  var checked: Set<CrossingLaw> = []
  var seen: Set<Set<CrossedFeature>> = []
  for features in crossings.sets {
    let scenario = try CrossedData(graph, table, bind, features, seed: seed)
    // A model that can have no gaps has fewer sets.
    guard seen.insert(scenario.features).inserted else { continue }
    var checker = try CrossingChecker(scenario, passes: passes, seed: seed)
    try checker.checkAll()
    failures += checker.failures
    checked.formUnion(checker.checked)
  }
  if !failures.isEmpty { throw LawViolation(subject: graph.name, failures: failures) }
  return checked
}

/// The state of one check: a model, data with some features, and the failures so far.
struct CrossingChecker {
  let scenario: CrossedData
  let passes: Int
  let seed: UInt64
  /// What fits begin with.
  let start: [Marginal]
  /// The fit by coordinate ascent that others are compared with.
  private(set) var own: Fit
  private(set) var failures: [LawViolation.Failure] = []
  private(set) var checked: Set<CrossingLaw> = []

  init(_ scenario: CrossedData, passes: Int, seed: UInt64) throws {
    self.scenario = scenario
    self.passes = passes
    self.seed = seed
    var settings = FitSettings()
    settings.seed = seed
    settings.restarts = 1
    settings.restartSweeps = 2
    settings.maximumPasses = 1
    settings.schedule = CoordinateAscent()
    settings.weights = scenario.weights
    own = try Fit(scenario.graph, to: scenario.table, bind: scenario.bind, settings: settings)
    start = own.marginals
    own = try fit()
  }

  mutating func fail(_ law: CrossingLaw, _ detail: String) {
    if failures.count(where: { $0.law == law.rawValue }) < 4 {
      failures.append(LawViolation.Failure(law: law.rawValue, detail: "\(scenario.name): \(detail)"))
    }
  }

  mutating func note(_ law: CrossingLaw) { checked.insert(law) }

  mutating func checkAll() throws {
    attempt(.repetition) { try $0.checkRepetition() }
    attempt(.rowOrder) { try $0.checkOrder() }
    attempt(.columnOrder) { try $0.checkColumnOrder() }
    attempt(.layout) { try $0.checkLayout() }
    attempt(.summaries) { try $0.checkSummaries() }
    attempt(.integration) { try $0.checkIntegration() }
    attempt(.evidence) { try $0.checkEvidence() }
    attempt(.backend) { try $0.checkBackends() }
    attempt(.parts) { try $0.checkParts() }
    for schedule in try schedules() {
      attempt(.resume) { try $0.checkResume(schedule) }
      attempt(.update) { try $0.checkUpdate(schedule) }
      if schedule.judge == .heldOut { attempt(.keptAside) { try $0.checkKeptAside(schedule) } }
    }
    attempt(.rejection) { try $0.checkRejection() }
  }

  /// A law is broken, too, where a fit that it needs stops.
  private mutating func attempt(_ law: CrossingLaw, _ check: (inout Self) throws -> Void) {
    do { try check(&self) } catch { fail(law, "\(error)") }
  }

  // MARK: Fits

  /// The schedules that can fit the model, with samples, batches and parts that some dozen rows have several of.
  func schedules() throws -> [any Schedule] {
    let rows = scenario.table.rowCount
    let all: [any Schedule] = [
      CoordinateAscent(), try ProgressiveAscent(firstRows: max(rows / 4, 1)),
      try MemoizedAscent(parts: 3, moves: false), try MemoizedAscent(parts: 3),
      try StochasticNaturalGradient(batchSize: max(rows / 4, 1), rates: .adaptive),
      // The first step, of rate 1, leaves nothing of the start.
      try StochasticNaturalGradient(batchSize: max(rows / 3, 1), forgetting: 0.6, delay: 0),
    ]
    return all.filter { (try? session($0)) != nil }
  }

  func settings(_ schedule: any Schedule, weights: String?, passes: Int? = nil, threads: Int = 1) -> FitSettings {
    var settings = FitSettings()
    settings.schedule = schedule
    settings.seed = seed
    settings.threads = threads
    settings.restarts = 1
    settings.maximumPasses = passes ?? self.passes
    settings.tolerance = 0
    settings.weights = weights
    settings.heldOutFraction = 0.25
    settings.start = .marginals(start)
    // Extrapolated passes are kept or not by a bound whose last bits differ between orders of rows.
    (settings.accelerates, settings.rotates) = (false, false)
    return settings
  }

  func session(
    _ schedule: any Schedule, _ table: DataTable? = nil, passes: Int? = nil, threads: Int = 1,
    backend: any Backend = CPUBackend()
  ) throws -> FitSession {
    try FitSession(
      scenario.graph, to: table ?? scenario.table, bind: scenario.bind,
      settings: settings(schedule, weights: scenario.weights, passes: passes, threads: threads), backend: backend)
  }

  func run(_ session: FitSession) throws -> FitSession {
    var session = session
    try session.run()
    return session
  }

  /// A fit by coordinate ascent.
  func fit(
    _ table: DataTable? = nil, _ bind: [String: [String]]? = nil, isWeighted: Bool = true, passes: Int? = nil,
    backend: any Backend = CPUBackend()
  ) throws -> Fit {
    try Fit(
      scenario.graph, to: table ?? scenario.table, bind: bind ?? scenario.bind,
      settings: settings(CoordinateAscent(), weights: isWeighted ? scenario.weights : nil, passes: passes),
      backend: backend)
  }

  // MARK: Comparisons

  /// The parameters of all variables in the data's units, and the bound.
  mutating func expectSame(
    _ found: Fit, _ expected: Fit, _ law: CrossingLaw, _ what: String, within relative: Double = 1e-8,
    bounds: Double = 1e-8
  ) {
    note(law)
    let tolerance = Tolerance.relative(bounds, because: "a bound is a sum of terms that cancel in part")
    if !expected.bound.isNaN && !tolerance.allows(found.bound, expected.bound) {
      fail(law, "\(what): the bound is \(found.bound) instead of \(expected.bound) (\(tolerance))")
    }
    for (variable, other) in zip(found.marginals, expected.marginals) {
      for (parameter, wanted) in zip(Self.parameters(variable), Self.parameters(other)) {
        expectEqual(
          parameter.values, wanted.values, law, "\(what): \(wanted.name) of \(other.name)", within: relative)
      }
    }
  }

  /// Compares numbers by the largest of them, once for all.
  mutating func expectEqual(
    _ found: [Double], _ expected: [Double], _ law: CrossingLaw, _ what: @autoclosure () -> String,
    within relative: Double = 1e-8
  ) {
    note(law)
    let largest = expected.reduce(1e-300) { max($0, $1.isFinite ? abs($1) : 0) }
    guard found.count == expected.count else {
      return fail(law, "\(what()): \(found.count) numbers instead of \(expected.count)")
    }
    func differ(_ a: Double, _ b: Double) -> Bool {
      a.isNaN || b.isNaN ? a.isNaN != b.isNaN : a != b && !(abs(a - b) <= relative * largest)
    }
    if let i = found.indices.first(where: { differ(found[$0], expected[$0]) }) {
      fail(law, "\(what()): number \(i) is \(found[i]) instead of \(expected[i])")
    }
  }

  /// Each conventional parameter of all members.
  static func parameters(_ marginal: Marginal) -> [(name: String, values: [Double])] {
    guard let first = marginal.naturals.indices.first else { return [] }
    return marginal.parameters(first).enumerated().map { place, parameter in
      (parameter.name, marginal.naturals.indices.flatMap { marginal.parameters($0)[place].values })
    }
  }

  /// The parameters of the priors, which data may decide.
  func priors(_ table: DataTable) throws -> [Double] {
    let session = try session(CoordinateAscent(), table)
    let engine = session.engine
    let fit = Fit(
      model: engine.model, naturals: engine.plan.globals.map { engine.memory[$0.natural] }, bound: .nan, trace: [],
      restartBounds: [], converged: false, settings: [:])
    return fit.marginals.flatMap { Self.parameters($0).flatMap(\.values) }
  }

  func areEqual(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN || abs($0 - $1) <= 1e-9 * max(abs($0), abs($1)) }
  }
}
