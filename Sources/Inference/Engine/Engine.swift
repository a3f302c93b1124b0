import ModelCompiler
import ModelLanguage
import PlanIR

/// A compiled model with its data, its parameters and a backend: what schedules drive.
///
/// The state of inference is ``memory`` alone: natural parameters, expectations, the sums over the rows of the last sweep,
/// and what it left of single rows.
public final class Engine {
  /// The model.
  public let model: CompiledModel
  /// The data.
  public let data: BoundData
  /// All numbers of the plan.
  public var memory: ParameterMemory
  let executor: any Executor
  /// The plan as it is executed: what costs much and is the same in every sweep is read, not computed.
  let executedPlan: Plan
  /// What gives the scores of the rows' label; nil without one.
  let scoring: (any Executor)?
  /// What sweeps over groups of rows, the groups that have rows, and these; nil for a model without groups that are
  /// solved by themselves.
  let groups: (executor: any GroupExecutor, members: [Int], rows: [[Int32]])?
  /// The rows of the last sweep, and the global variables, by position, that have moved since.
  var swept: RowSelection?
  var moved: Set<Int> = []
  /// What the rows of each part add up to, for schedules that keep it.
  var parts: [RowStatistics] = []
  /// The average of the statistics of batches by which the parameters moved; nil where those of the last sweep count.
  var absorbed: RowStatistics?
  /// What rows of earlier data add up to, which counts with the data's own; nil without any.
  let carried: RowStatistics?

  /// How far rounding may have moved the last ``bound()``: a few units in the last place of all its terms, which may be
  /// much larger than their sum.
  ///
  /// The terms' sizes depend on the data's units. What is as small beside the rows as here is rounding in any, or passes would be
  /// counted by the last bits.
  private(set) var boundRounding = 0.0
  /// Nats a row that count as rounding.
  private static let leastGain = 1e-12

  /// The plan that runs.
  public var plan: Plan { model.plan }
  /// Whether all that rows say is in sums of their features, times one row variable or none, each as often as it counts.
  let isContracted: Bool
  /// Number of rows.
  public var rowCount: Int { data.rowCount }
  /// In what precision sweeps over rows were made.
  public var precision: PrecisionUse { executor.precision }

  /// Puts a compiled model to work on data, with global variables at their priors.
  ///
  /// - Parameters:
  ///   - model: The model, compiled for data like these.
  ///   - data: The rows.
  ///   - carried: What rows of earlier data add up to, which counts with the data's own.
  ///   - backend: What runs the plan.
  ///   - threads: How many threads it may use.
  public init(
    _ model: CompiledModel, data: BoundData, carried: RowStatistics? = nil, backend: any Backend, threads: Int
  ) throws(BackendError) {
    self.model = model
    self.data = data
    self.carried = carried
    isContracted = model.plan.isContracted || model.isContractedWithoutWeights
    stretch = rowsAtOnce(data.inputs.flatMap(\.views).map(\.stride))
    var statistics = DataStatistics(data, backend: backend, threads: threads)
    let (plan, inputs) = try statistics.read(by: model.plan)
    executor = try backend.executor(for: plan, inputs: inputs, threads: threads)
    executedPlan = plan
    // Where rows say more than their features do, starts need no scores.
    if isContracted, let plan = model.plan.scorePlan {
      let (plan, inputs) = try statistics.read(by: plan)
      scoring = try backend.executor(for: plan, inputs: inputs, threads: threads)
    } else {
      scoring = nil
    }
    if let plan = model.groupedPlan, let block = plan.groups, data.rowCount > 0 {
      let (read, inputs) = try statistics.read(by: plan)
      let grouped = try backend.groupExecutor(for: read, inputs: inputs, threads: threads)
      let rows = Self.rowsOfGroups(plan, block, data)
      let members = rows.indices.filter { !rows[$0].isEmpty }
      groups = (grouped, members, members.map { rows[$0] })
    } else {
      groups = nil
    }
    memory = ParameterMemory(model.plan)
    setToPrior()
  }

  /// Sets every global variable to its prior and forgets all sums over rows.
  public func setToPrior() {
    memory = ParameterMemory(plan)
    (swept, moved, parts, absorbed) = (nil, [], [], nil)
    // Parents before children: a child's prior needs its parent's expectations.
    var done: Set<Int> = []
    func visit(_ variable: Int) {
      guard done.insert(variable).inserted else { return }
      for argument in model.graph.factor(of: variable).arguments {
        if case .variable(let use) = argument.value { visit(use.variable) }
      }
      if let position = model.graph.globals.firstIndex(of: variable) {
        executor.run(plan.globals[position].prior, on: &memory, rate: 1)
      }
    }
    for variable in model.graph.globals { visit(variable) }
  }

  /// Solves the row variables of some rows and adds up their statistics, scaled to all rows.
  ///
  /// - Parameters:
  ///   - rows: Which rows.
  ///   - overrides: Expected statistics of row variables to use instead of computed ones.
  public func sweep(_ rows: RowSelection, overrides: [TileSlot: RowOverride] = [:]) {
    executor.run(plan.messages, on: &memory, rate: 1)
    take(statistics(of: rows, overrides: overrides), of: rows)
  }

  /// What some rows add up to, after the messages.
  private func statistics(of rows: RowSelection, overrides: [TileSlot: RowOverride]) -> RowStatistics {
    if overrides.isEmpty, case .range(let range) = rows, range.count > stretch, model.graph.order == nil {
      return statistics(of: rows, inPartsOf: stretch) { _ in [:] }
    }
    let isScattered = if case .list = rows, isVast || model.graph.order != nil { true } else { false }
    if isScattered || !overrides.isEmpty && rows.count > rowsGivenAtOnce {
      return statistics(of: rows, inPartsOf: isScattered ? Self.scattered : rowsGivenAtOnce) { part in
        overrides.mapValues { $0.rows(part, of: rows.count) }
      }
    }
    return run(rows, overrides: overrides)
  }

  /// Rows that are read before the memory of a mapped file is given back: many rows are swept a stretch at a time.
  let stretch: Int

  /// Whether rows that are read here and there must be given back soon: the system maps many pages around each of them.
  var isVast: Bool { rowCount > 8 * stretch }
  /// Rows, here and there, that are read before their memory is given back.
  private static let scattered = 256

  /// Solves the row variables of one part of the rows; its sums take the place of those that it gave before, and count
  /// together with those of all other parts.
  ///
  /// - Parameter overrides: The expectations of some rows, where they are not to be solved.
  func sweep(_ rows: Range<Int>, part: Int, overrides: ((Range<Int>) -> [TileSlot: RowOverride])? = nil) {
    executor.run(plan.messages, on: &memory, rate: 1)
    let sums =
      if let overrides {
        statistics(of: .range(rows), inPartsOf: min(Self.block, stretch)) {
          overrides(rows.lowerBound + $0.lowerBound..<rows.lowerBound + $0.upperBound)
        }
      } else {
        statistics(of: .range(rows), inPartsOf: stretch) { _ in [:] }
      }
    // The entropy belongs to the parameters of this sweep: it is kept with the sums.
    let totals = withEntropy(sums)
    while parts.count <= part { parts.append(totals.scaled(by: 0)) }
    parts[part] = totals
    // Added up anew each time, in one order: nothing accumulates but the rounding of one sum.
    memory.set(parts.dropFirst().reduce(into: parts[0]) { $0.add($1) })
    if let carried { memory.add(carried) }
    (swept, moved) = (nil, [])
  }

  /// Solves rows with given expectations part by part, so that those of all rows need no room at once.
  ///
  /// - Parameters:
  ///   - rows: Which rows; of rows in order, those of a list that follow one another are a part.
  ///   - size: Rows of a part, where they are in no order.
  ///   - overrides: The expectations of so many further rows.
  func sweep(_ rows: RowSelection, inPartsOf size: Int, overrides: (Range<Int>) -> [TileSlot: RowOverride]) {
    executor.run(plan.messages, on: &memory, rate: 1)
    take(statistics(of: rows, inPartsOf: size, overrides: overrides), of: rows)
  }

  /// Rows whose given expectations are held at once.
  private static let block = 1 << 14

  private func statistics(
    of rows: RowSelection, inPartsOf size: Int, overrides: (Range<Int>) -> [TileSlot: RowOverride]
  ) -> RowStatistics {
    var total: RowStatistics?
    for range in parts(of: rows, size: min(size, rowsGivenAtOnce)) {
      let part: RowSelection =
        switch rows {
        case .range(let all): .range(all.lowerBound + range.lowerBound..<all.lowerBound + range.upperBound)
        case .list where model.graph.order != nil && !range.isEmpty:
          .range(rows[range.lowerBound]..<rows[range.lowerBound] + range.count)
        case .list(let list): .list(Array(list[range]))
        }
      let found = run(part, overrides: overrides(range))
      data.release(part)
      if total == nil { total = found } else { total?.add(found) }
    }
    return total ?? memory.statistics(plan.rowSums).scaled(by: 0)
  }

  /// Places in a selection that are swept at once: so many, or where rows are in order, those of rows that follow one another.
  private func parts(of rows: RowSelection, size: Int) -> [Range<Int>] {
    if rows.count == 0 { return [0..<0] }
    if model.graph.order == nil {
      return stride(from: 0, to: rows.count, by: max(size, 1)).map { $0..<min($0 + max(size, 1), rows.count) }
    }
    guard case .list(let list) = rows else { return [0..<rows.count] }
    let starts = list.indices.filter { $0 == 0 || list[$0] != list[$0 - 1] + 1 }
    return zip(starts, starts.dropFirst() + [list.count]).map { $0..<$1 }
  }

  /// Takes the sums over some rows, scaled to all of them, as those that the parameters are updated by.
  func take(_ statistics: RowStatistics, of rows: RowSelection) {
    moved = []
    swept = rows
    // A batch stands for all rows: N/|B| by its own size, so that a short last batch counts no less.
    let isAll = rows.count == rowCount
    memory.set(withEntropy(isAll ? statistics : statistics.scaled(by: Double(rowCount) / Double(rows.count))))
    if let carried { memory.add(carried) }
  }

  /// The sums over rows with the entropy of their variables, at the parameters whose messages were last formed.
  private func withEntropy(_ statistics: RowStatistics) -> RowStatistics {
    memory.set(statistics)
    executor.run(plan.entropy, on: &memory, rate: 1)
    return memory.statistics(plan.rowTotals)
  }

  // MARK: Sums to carry on

  /// Whether sums over rows are what the posterior rests on, whatever the parameters become: those of a part may then be
  /// kept, and those of earlier data carried over.
  var canCarrySums: Bool {
    plan.boundStaleAfter.isEmpty && plan.globals.allSatisfy(\.staleAfter.isEmpty) && model.graph.order == nil
  }

  /// Takes note of the sums of a batch, which the next update moves the parameters towards by a rate.
  func absorb(rate: Double) {
    guard canCarrySums else { return }
    let now = memory.statistics(plan.rowTotals)
    guard rate != 1, var average = absorbed?.scaled(by: 1 - rate) else { return absorbed = now }
    average.add(now, times: rate)
    absorbed = average
  }

  /// The sums that the posterior rests on; nil where they cannot be carried over.
  var statisticsToCarry: RowStatistics? {
    canCarrySums ? absorbed ?? memory.statistics(plan.rowTotals) : nil
  }

  /// Row by row, the values of tile slots under the present parameters; sums over rows are left as they were.
  public func evaluate(_ rows: RowSelection, outputs: [TileSlot]) -> [TileSlot: [Double]] {
    evaluate(rows, outputs: outputs, at: memory)
  }

  /// Row by row, the values of tile slots under some parameters.
  func evaluate(
    _ rows: RowSelection, outputs: [TileSlot], at memory: ParameterMemory, by scoring: (any Executor)? = nil
  ) -> [TileSlot: [Double]] {
    if isVast, case .list(let list) = rows, list.count > Self.scattered {
      var results: [TileSlot: [Double]] = [:]
      for first in stride(from: 0, to: list.count, by: Self.scattered) {
        let part = Array(list[first..<min(first + Self.scattered, list.count)])
        for (slot, values) in evaluate(.list(part), outputs: outputs, at: memory, by: scoring) {
          results[slot, default: []] += values
        }
        data.release(.list(part))
      }
      return results
    }
    var scratch = memory
    executor.run(plan.messages, on: &scratch, rate: 1)
    if let density = plan.density, outputs.contains(density.slot) {
      executor.run(density.messages, on: &scratch, rate: 1)
    }
    return (scoring ?? executor).sweep(rows, at: scratch, overrides: [:], outputs: outputs).outputs
  }

  /// Moves one global variable towards its coordinate update by a rate.
  ///
  /// Where the sums over rows are out of date for it, the rows of the last sweep are swept again first.
  public func update(_ position: Int, rate: Double = 1) {
    refresh(for: plan.globals[position].staleAfter)
    executor.run(plan.globals[position].update, on: &memory, rate: rate)
    moved.insert(position)
  }

  /// Sweeps again where one of some global variables has moved since the last sweep.
  private func refresh(for variables: Set<Int>) {
    guard let swept, !variables.isDisjoint(with: moved) else { return }
    sweep(swept)
  }

  /// Moves all global variables, in order.
  public func updateAll(rate: Double = 1) {
    for position in plan.globals.indices { update(position, rate: rate) }
  }

  /// The evidence lower bound, with all constants, of the present parameters and the last sweep's row variables.
  public func bound() -> Double {
    refresh(for: plan.boundStaleAfter)
    let constant = memory[plan.countSlot][0] * plan.constantPerRow
    var (size, last) = (abs(constant), 0.0)
    memory[plan.boundSlot][0] = 0
    for step in plan.bound {
      executor.run([step], on: &memory, rate: 1)
      size += abs(memory[plan.boundSlot][0] - last)
      last = memory[plan.boundSlot][0]
    }
    boundRounding = max(4 * Double.ulpOfOne * size, Self.leastGain * memory[plan.countSlot][0])
    return last + constant
  }

  /// Whether a sweep depends on the parameters: without row variables the sums over rows never change.
  public var hasRowVariables: Bool {
    !plan.locals.isEmpty || !plan.boundStaleAfter.isEmpty || plan.globals.contains { !$0.staleAfter.isEmpty }
  }
}
