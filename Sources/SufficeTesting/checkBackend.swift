import Suffice

/// The laws that every backend obeys: each step means what `ReferenceBackend` says it means.
public enum BackendLaw: String, CaseIterable, Sendable {
  /// Columns reach the tile minus their centres: one by one, strided, row-major, a range of rows or a list.
  case load
  /// Values, squares, outer products, one-hot vectors, statistics of a family.
  case statistic
  /// Outer products of ranges of features.
  case product
  /// Missing values become zeros, and only they.
  case fillMissing
  /// Rows of a table by label; zeros where the label is missing.
  case gather
  /// Sums for each label; rows without a label are left out.
  case scatter
  /// Sums of products within a row, set or added.
  case combine
  /// Chains of labels and vectors, sequence by sequence: expectations, log partitions, sums over neighbours; computed or
  /// given.
  case chain
  /// Biases and weighted features, set or added.
  case affine
  /// Expected statistics and log partitions of row variables, of one member or several, computed or given, and given
  /// values that are known in part.
  case meanMap
  /// Sums over rows, with and without row variables and features.
  case accumulate
  /// Repeated steps.
  case sweeps
  /// What the last sweep left of a row takes the place of what is there, where it left anything and nothing is given.
  case resume
  /// Clear, contract, expectations, log partition, blend.
  case parameters
  /// Whole plans of compiled models, updates and bound included.
  case plan
  /// Groups of rows of compiled models, solved by themselves from their prior and from where they are, with what their rows add up to.
  case groups
  /// The number of threads changes no bit.
  case threads
  /// Copying tiles out changes no sum beyond rounding.
  case outputs
}

/// Checks that a backend runs every step as the reference backend does, over a grid of shapes: rows 0, 1, 2, 31, 32, 33,
/// 257 and 1000; widths 1, 2, 3, 10 and 33; outer products of dimension 1, 2, 3, 5, 31, 33 and 40.
///
/// A sum of n products may differ from the reference's by (n + 8) · 2⁻⁵² times the sum of the magnitudes of its terms:
/// twice what rounding can make of each of both sums, in whatever order (Higham, *Accuracy and Stability of Numerical
/// Algorithms* (2002), section 4.2). What is moved or rounded once must be the same to the bit.
///
/// - Parameters:
///   - backend: The backend.
///   - threads: Numbers of threads whose results must be the same to the bit.
///   - rowCounts: Numbers of rows; every shape is run with each.
///   - seed: The seed of the numbers that steps are run on.
/// - Throws: ``LawViolation`` with all laws that do not hold; `BackendError` where the backend refuses a plan.
public func checkBackend(
  _ backend: any Backend, threads: [Int] = [1, 2, 3], rowCounts: [Int] = [0, 1, 2, 31, 32, 33, 257, 1000],
  seed: UInt64 = 1
) throws {
  var checker = BackendChecker(backend: backend, threads: threads, seed: seed)
  for rows in rowCounts {
    try checker.checkRowSteps(rows)
    try checker.checkLookups(rows)
    try checker.checkChains(rows)
  }
  try checker.checkParameterSteps()
  if !checker.failures.isEmpty { throw LawViolation(subject: backend.name, failures: checker.failures) }
}

/// Checks that a backend runs a compiled model as the reference backend does: some passes from random labels, and after
/// every sweep and update all numbers of the plan.
///
/// - Parameters:
///   - backend: The backend.
///   - model: The model.
///   - table: The data.
///   - bind: Column names by variable name.
///   - threads: Numbers of threads whose results must be the same to the bit.
///   - passes: How many passes over the rows.
///   - seed: The seed of the labels.
/// - Throws: ``LawViolation`` with all laws that do not hold, and whatever the data or the model are at fault for.
public func checkBackend(
  _ backend: any Backend, model: some Model, data table: DataTable, bind: [String: [String]] = [:],
  threads: [Int] = [1, 2, 3], passes: Int = 3, seed: UInt64 = 1
) throws {
  var checker = BackendChecker(backend: backend, threads: threads, seed: seed)
  try checker.checkPlan(ModelGraph(model), data: table, bind: bind, passes: passes)
  if !checker.failures.isEmpty { throw LawViolation(subject: backend.name, failures: checker.failures) }
}

/// The state of one check: the backend and the failures so far.
struct BackendChecker {
  let backend: any Backend
  let threads: [Int]
  var random: RandomSource
  private(set) var failures: [LawViolation.Failure] = []

  init(backend: any Backend, threads: [Int], seed: UInt64) {
    self.backend = backend
    self.threads = threads
    random = RandomSource(seed: seed)
  }

  mutating func fail(_ law: BackendLaw, _ detail: String) {
    // A wrong step is wrong in every shape: the first ones tell which.
    if failures.count(where: { $0.law == law.rawValue }) < 6 {
      failures.append(LawViolation.Failure(law: law.rawValue, detail: detail))
    }
  }

  /// Numbers between −1 and 1, 0 now and then.
  mutating func numbers(_ count: Int) -> [Double] {
    (0..<count).map { _ in
      let u = random.uniform()
      return u < 0.05 ? 0 : 2 * random.uniform() - 1
    }
  }

  // MARK: One plan of row steps

  /// How two results of a plan may differ.
  enum Allowance {
    /// Not at all.
    case none
    /// As sums of so many products do, besides the rows that are summed over.
    case terms(Int)
    /// As far as a tolerance says.
    case tolerance(Tolerance)
  }

  /// Runs row steps on the reference and on the backend and compares tiles and sums over rows.
  mutating func compare(
    _ law: BackendLaw, _ case: StepCase, rows: RowSelection, overrides: [TileSlot: RowOverride] = [:],
    kept: [TileSlot: [Double]] = [:], _ allowance: Allowance, _ what: @autoclosure () -> String
  ) throws {
    let plan = `case`.plan
    let violations = plan.violations()
    if !violations.isEmpty {
      return fail(law, "the plan of the check is not sound: \(violations[0])")
    }
    let outputs = plan.tiles.indices.map(TileSlot.init)
    let inputs = `case`.inputs.map(\.columns)
    func result(_ backend: any Backend, _ plan: Plan, _ inputs: [InputColumns], threads: Int, outputs: [TileSlot])
      throws
      -> Result
    {
      let executor = try backend.executor(for: plan, inputs: inputs, threads: threads)
      var memory = ParameterMemory(plan)
      memory.rows = kept
      // What a former sweep left in the sums counts nothing.
      for slot in plan.rowSums { memory[slot] = memory[slot].map { _ in 7 } }
      let found = executor.sweep(rows, at: memory, overrides: overrides, outputs: outputs)
      return Result(
        sums: plan.rowSums.map { found.statistics[$0] ?? [] }, tiles: outputs.map { found.outputs[$0] ?? [] })
    }
    let expected = try result(ReferenceBackend(), plan, inputs, threads: 1, outputs: outputs)
    let found = try result(backend, plan, inputs, threads: threads.first ?? 1, outputs: outputs)
    let silent = try result(backend, plan, inputs, threads: threads.first ?? 1, outputs: [])
    var magnitude = expected
    if case .terms = allowance {
      // The same steps on the magnitudes of all numbers add up the magnitudes of all terms.
      magnitude = try result(
        ReferenceBackend(), plan.withMagnitudes, `case`.inputs.map(\.magnitudes.columns), threads: 1, outputs: outputs)
    }
    for (slot, block) in plan.tiles.indices.map({ ($0, plan.tiles[$0]) }) {
      compare(
        law, found.tiles[slot], expected.tiles[slot], magnitude.tiles[slot], rows: 0, allowance,
        "\(what()), \(rows.count) rows, tile \(block.name)")
    }
    for (i, slot) in plan.rowSums.enumerated() {
      let name = "\(what()), \(rows.count) rows, \(plan.parameters[slot.index].name)"
      compare(law, found.sums[i], expected.sums[i], magnitude.sums[i], rows: rows.count, allowance, name)
      compare(
        .outputs, silent.sums[i], expected.sums[i], magnitude.sums[i], rows: rows.count, allowance,
        name + ", nothing copied out")
    }
    for count in threads.dropFirst() {
      let other = try result(backend, plan, inputs, threads: count, outputs: outputs)
      if !other.hasSameBits(as: found) { fail(.threads, "\(what()), \(rows.count) rows: \(count) threads") }
    }
  }

  private struct Result {
    let sums: [[Double]]
    let tiles: [[Double]]

    func hasSameBits(as other: Result) -> Bool {
      zip(sums + tiles, other.sums + other.tiles).allSatisfy { $0.map(\.bitPattern) == $1.map(\.bitPattern) }
    }
  }

  /// Compares two vectors number by number.
  mutating func compare(
    _ law: BackendLaw, _ found: [Double], _ expected: [Double], _ magnitude: [Double], rows: Int,
    _ allowance: Allowance,
    _ what: @autoclosure () -> String
  ) {
    guard found.count == expected.count else {
      return fail(law, "\(what()): \(found.count) numbers, but \(expected.count) were expected")
    }
    for i in found.indices {
      // What is missing is NaN in both.
      if found[i].isNaN && expected[i].isNaN { continue }
      let isAllowed =
        switch allowance {
        case .none: found[i] == expected[i]
        case .terms(let n): abs(found[i] - expected[i]) <= Double(n + rows + 8) * 0x1p-52 * magnitude[i]
        case .tolerance(let tolerance): tolerance.allows(found[i], expected[i])
        }
      if !isAllowed { return fail(law, "\(what()): number \(i) is \(found[i]) but should be \(expected[i])") }
    }
  }
}

extension Plan {
  /// The same steps on the magnitudes of the numbers that slots start with.
  fileprivate var withMagnitudes: Plan {
    var copy = self
    copy.parameters = parameters.map {
      ParameterBlock(name: $0.name, count: $0.count, isRowSum: $0.isRowSum, initial: $0.initial.map(abs))
    }
    return copy
  }
}
