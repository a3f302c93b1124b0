import Suffice

/// The laws of models whose priors are stated in the data's own units.
public enum UnitLaw: String, CaseIterable, Sendable {
  /// The bound moves by −log|a| for each number of an output in units that are a times as small, and by nothing for inputs.
  case bound
  /// Each label is as probable as it was.
  case labels
  /// The log predictive density of each row moves as the bound does; where rows follow from one another, that of all.
  case density
  /// Parameters that have no unit are what they were.
  case unitless
  /// A fit takes as many passes to within rounding of its end, and ends at the same bound.
  case passes
}

/// A column in another unit and from another origin: a(x + b·s), where s is its standard deviation.
public struct UnitChange: Hashable, Sendable {
  /// What the numbers are multiplied with.
  public let factor: Double
  /// By how many standard deviations they are moved before.
  public let shift: Double

  /// Describes a change.
  public init(factor: Double = 1, shift: Double = 0) {
    self.factor = factor
    self.shift = shift
  }

  /// Small and large units, and origins far away.
  public static let usual = [
    UnitChange(factor: 1e9, shift: 0.5), UnitChange(factor: 1e-9, shift: -3), UnitChange(factor: 1, shift: 1e6),
    UnitChange(factor: 2.54, shift: -1e6),
  ]
}

/// Checks that neither the unit nor the origin of any column that a model reads as a number says anything: fits of the same
/// data in other units, from the same seed, have the same labels, densities and parameters without a unit, and take as many
/// passes until they have converged.
///
/// Columns of numbers over the real line are outputs, `Observed<Normal>` say, or `Covariates`; they are changed in unit and
/// origin. Positive outputs have an origin, and so have inputs that are named in `scaled`: only their unit is changed. Counts,
/// labels and two-valued columns have no unit. Each column is changed by itself, and all are at once.
///
/// - Parameters:
///   - model: The model.
///   - table: The data; some hundred rows are enough.
///   - bind: Column names by variable name.
///   - weights: The column that holds how often each row counts.
///   - changes: What is done to columns.
///   - sharing: Variables whose columns share one unit, as a model with one variance for all columns says.
///   - scaled: Inputs of which 0 means none, such as exposures: only their unit is changed.
///   - unitless: Global variables whose parameters have no unit.
///   - backend: What runs the plans.
///   - passes: How many passes are taken by the fits that are compared number by number.
///   - passesToEnd: How many passes a fit may take until it has converged; fits that do not get there are compared where they are.
///   - tolerance: How far probabilities of labels, and parameters without unit as fractions of themselves, may lie apart.
///   - seed: The seed of all fits.
/// - Throws: ``LawViolation`` with all laws that do not hold, and whatever the data or the model are at fault for.
public func checkUnits(
  _ model: some Model, data table: DataTable, bind: [String: [String]] = [:], weights: String? = nil,
  changes: [UnitChange] = UnitChange.usual, sharing: Set<String> = [], scaled: Set<String> = [],
  unitless: [String] = [], passes: Int = 6, passesToEnd: Int = 200, tolerance: Double = 1e-7,
  backend: any Backend = CPUBackend(), seed: UInt64 = 1
) throws {
  var checker = UnitChecker(
    graph: try ModelGraph(model), table: table, bind: bind, weights: weights, unitless: unitless, tolerance: tolerance,
    backend: backend, passesToEnd: passesToEnd)
  checker.settings.maximumPasses = passes
  checker.settings.tolerance = 0
  // Of several starts that end equally well, rounding would choose one.
  checker.settings.restarts = 1
  checker.settings.seed = seed
  checker.settings.weights = weights
  try checker.check(changes, sharing: sharing, scaled: scaled)
  if !checker.failures.isEmpty { throw LawViolation(subject: checker.graph.name, failures: checker.failures) }
}

private struct UnitChecker {
  let graph: ModelGraph
  let table: DataTable
  let bind: [String: [String]]
  let weights: String?
  let unitless: [String]
  let tolerance: Double
  let backend: any Backend
  let passesToEnd: Int
  var settings = FitSettings()
  private(set) var failures: [LawViolation.Failure] = []

  init(
    graph: ModelGraph, table: DataTable, bind: [String: [String]], weights: String?, unitless: [String],
    tolerance: Double, backend: any Backend, passesToEnd: Int
  ) {
    self.graph = graph
    self.table = table
    self.bind = bind
    self.weights = weights
    self.unitless = unitless
    self.tolerance = tolerance
    self.backend = backend
    self.passesToEnd = passesToEnd
  }

  /// What a fit says that must not depend on units.
  private struct Outcome {
    let fit: Fit
    let labels: [(label: String, values: [Double], count: Int)]
    /// Nil for a model whose plan does not say how densities are computed.
    let densities: [Double]?
    /// The same from the same start, until it has converged.
    let ended: Fit
  }

  /// A column that a model reads as a number.
  private struct Numbers {
    let variable: String
    let column: String
    let isOutput: Bool
    let hasOrigin: Bool
  }

  private func outcome(_ table: DataTable) throws -> Outcome {
    let fit = try Fit(graph, to: table, bind: bind, settings: settings, backend: backend)
    let application = try Application(fit, to: table, backend: backend)
    var settings = settings
    (settings.maximumPasses, settings.tolerance) = (passesToEnd, nil)
    return Outcome(
      fit: fit, labels: application.responsibilitiesOfAllLabels(), densities: try? application.logDensities(),
      ended: try Fit(graph, to: table, bind: bind, settings: settings, backend: backend))
  }

  /// The columns of numbers, by what they are to the model.
  private func numbers(_ fit: Fit, scaled: Set<String>) -> [Numbers] {
    zip(graph.observed, fit.model.facts.observed).flatMap { v, facts -> [Numbers] in
      let variable = graph.variables[v]
      let isTrials = graph.factors.contains { $0.trials?.variables.contains(v) == true }
      let isNumeric = [.real, .positive].contains(variable.family.type.domain) && !isTrials
      switch variable.role {
      case .observed where isNumeric, .given where isNumeric:
        return facts.columns.dropFirst(variable.hasIntercept ? 1 : 0).map {
          Numbers(
            variable: variable.name, column: $0, isOutput: variable.role == .observed,
            hasOrigin: variable.family.type.domain == .positive || scaled.contains(variable.name))
        }
      default: return []
      }
    }
  }

  mutating func check(_ changes: [UnitChange], sharing: Set<String>, scaled: Set<String>) throws {
    let base = try outcome(table)
    let numbers = numbers(base.fit, scaled: scaled)
    if numbers.isEmpty { return }
    for (i, change) in changes.enumerated() {
      // All at once, each by a change of its own where columns need not share a unit.
      var all: [String: UnitChange] = [:]
      for (j, number) in numbers.enumerated() {
        let own = changes[(i + (sharing.contains(number.variable) ? 0 : j)) % changes.count]
        all[number.column] = UnitChange(factor: own.factor, shift: number.hasOrigin ? 0 : change.shift)
      }
      try compare(base, numbers, all, "all columns, change \(i + 1)")
    }
    for (j, number) in numbers.enumerated() where numbers.count > 1 && !sharing.contains(number.variable) {
      let change = changes[j % changes.count]
      try compare(
        base, numbers,
        [number.column: UnitChange(factor: change.factor, shift: number.hasOrigin ? 0 : change.shift)],
        "\(number.column) times \(change.factor)")
    }
  }

  private func changed(_ changes: [String: UnitChange]) throws -> DataTable {
    try DataTable(
      columns: table.columns.map { column in
        guard let change = changes[column.name] else { return column }
        let values = (0..<column.count).map { column[$0] }
        let present = values.filter { !$0.isNaN }
        let mean = present.reduce(0, +) / Double(present.count)
        let variance = present.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(present.count - 1, 1))
        let shift = change.shift * variance.squareRoot()
        return Column(name: column.name, values: values.map { change.factor * ($0 + shift) })
      })
  }

  private mutating func compare(
    _ base: Outcome, _ numbers: [Numbers], _ changes: [String: UnitChange], _ what: String
  ) throws {
    let found: Outcome
    do {
      found = try outcome(changed(changes))
    } catch let error as FitError {
      return fail(.bound, "\(what): \(error)")
    }
    // What each row, and all of them, lose by the outputs' units.
    let rows = rowLosses(numbers, changes, base)
    let total = rows.reduce(0, +)
    func compareBounds(_ a: Fit, _ b: Fit, _ law: UnitLaw, within tolerance: Double, _ when: String) {
      let difference = b.bound - (a.bound - total)
      if !(abs(difference) <= tolerance * (abs(a.bound) + abs(total) + Double(rows.count))) {
        fail(law, "\(what): the bound\(when) is \(b.bound); \(a.bound - total) was expected, \(difference) less")
      }
    }
    compareBounds(base.fit, found.fit, .bound, within: 1e-8, "")
    let (passes, expected) = (gainfulPasses(found.ended), gainfulPasses(base.ended))
    if passes != expected {
      fail(.passes, "\(what): \(passes) passes to within rounding of the end, in the place of \(expected)")
    }
    compareBounds(base.ended, found.ended, .passes, within: 1e-6, " at the end")
    for (a, b) in zip(base.labels, found.labels) {
      let farthest = zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0
      if !(farthest <= tolerance) { fail(.labels, "\(what): probabilities of \(a.label) are off by \(farthest)") }
    }
    if let a = base.densities, let b = found.densities { compareDensities(a, b, rows, what) }
    for name in unitless { compareParameters(name, base.fit, found.fit, what) }
  }

  /// Passes after which more than rounding was to come; how many follow that change nothing else hangs on the last bits.
  private func gainfulPasses(_ fit: Fit) -> Int {
    fit.trace.count { $0.bound < fit.bound - 1e-9 * Double(fit.model.facts.rowCount) }
  }

  /// By how much the log density of each row's outputs falls.
  private func rowLosses(_ numbers: [Numbers], _ changes: [String: UnitChange], _ base: Outcome) -> [Double] {
    let outputs = numbers.filter(\.isOutput).compactMap { number in
      table[number.column].flatMap { column in changes[number.column].map { (column, _log(abs($0.factor))) } }
    }
    let weight = weights.flatMap { table[$0] }
    let rows = (try? BoundData(graph, table: table, binding: base.fit.model.binding))?.rows ?? Array(0..<table.rowCount)
    return rows.map { row in
      (weight?[row] ?? 1) * outputs.reduce(0) { $0 + ($1.0[row].isNaN ? 0 : $1.1) }
    }
  }

  private mutating func compareDensities(_ a: [Double], _ b: [Double], _ losses: [Double], _ what: String) {
    guard weights == nil, a.count == losses.count, a.count == b.count else { return }
    if graph.order != nil {
      let (x, y) = (a.reduce(0, +) - losses.reduce(0, +), b.reduce(0, +))
      if !(abs(x - y) <= 1e-6 * (abs(x) + Double(a.count))) { fail(.density, "\(what): \(y) in the place of \(x)") }
      return
    }
    let differences = a.indices.map { abs(b[$0] - (a[$0] - losses[$0])) / (1 + abs(a[$0])) }
    let farthest = differences.max() ?? 0
    if !(farthest <= max(1e-6, tolerance)) { fail(.density, "\(what): log densities are off by \(farthest)") }
  }

  private mutating func compareParameters(_ name: String, _ base: Fit, _ found: Fit, _ what: String) {
    guard let a = base.marginal(name), let b = found.marginal(name) else {
      return fail(.unitless, "there is no global variable \"\(name)\"")
    }
    for member in a.naturals.indices {
      for (x, y) in zip(a.parameters(member), b.parameters(member)) {
        let size = x.values.map(abs).max() ?? 0
        for (u, v) in zip(x.values, y.values) where !(abs(u - v) <= max(1e-6, tolerance) * size) {
          return fail(.unitless, "\(what): \(name).\(x.name) is \(v) in the place of \(u)")
        }
      }
    }
  }

  private mutating func fail(_ law: UnitLaw, _ detail: String) {
    if failures.count(where: { $0.law == law.rawValue }) < 6 {
      failures.append(LawViolation.Failure(law: law.rawValue, detail: detail))
    }
  }
}
