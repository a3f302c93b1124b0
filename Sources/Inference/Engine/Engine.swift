import ModelCompiler
import ModelLanguage
import PlanIR

/// A compiled model with its data, its parameters and a backend: what schedules drive.
///
/// The state of inference is ``memory`` alone: natural parameters, expectations, and the sums over the rows of the last
/// sweep.
public final class Engine {
  /// The model.
  public let model: CompiledModel
  /// The data.
  public let data: BoundData
  /// All numbers of the plan.
  public var memory: ParameterMemory
  let executor: any Executor

  /// The plan that runs.
  public var plan: Plan { model.plan }
  /// Number of rows.
  public var rowCount: Int { data.rowCount }

  /// Puts a compiled model to work on data, with global variables at their priors.
  public init(_ model: CompiledModel, data: BoundData, backend: any Backend, threads: Int) throws(BackendError) {
    self.model = model
    self.data = data
    executor = try backend.executor(for: model.plan, inputs: data.inputs, threads: threads)
    memory = ParameterMemory(model.plan)
    setToPrior()
  }

  /// Sets every global variable to its prior and forgets all sums over rows.
  public func setToPrior() {
    memory = ParameterMemory(plan)
    // Parents before children: a child's prior needs its parent's expectations.
    var done: Set<Int> = []
    func visit(_ variable: Int) {
      guard done.insert(variable).inserted else { return }
      for argument in model.graph.factor(of: variable).arguments {
        if case .variable(let parent, _) = argument.value { visit(parent) }
      }
      if let position = model.graph.globals.firstIndex(of: variable) {
        executor.run(plan.globals[position].update, on: &memory, rate: 1)
      }
    }
    for variable in model.graph.globals { visit(variable) }
  }

  /// Solves the row variables of some rows and adds up their statistics, scaled to all rows.
  ///
  /// - Parameters:
  ///   - rows: Which rows.
  ///   - given: Expected statistics of row variables to use instead of computed ones, row by row.
  public func sweep(_ rows: RowSelection, given: [TileSlot: [Double]] = [:]) {
    executor.run(plan.messages, on: &memory, rate: 1)
    _ = executor.sweep(rows, memory: &memory, given: given, outputs: [])
    if rows.count != rowCount {
      // A batch stands for all rows: N/|B| by its own size, so that a short last batch counts no less.
      let scale = Double(rowCount) / Double(rows.count)
      for slot in plan.rowSums { for i in memory[slot].indices { memory[slot][i] *= scale } }
    }
    executor.run(plan.entropy, on: &memory, rate: 1)
  }

  /// Row by row, the values of tile slots under the present parameters; sums over rows are left as they were.
  public func evaluate(_ rows: RowSelection, outputs: [TileSlot]) -> [TileSlot: [Double]] {
    var scratch = memory
    executor.run(plan.messages, on: &scratch, rate: 1)
    return executor.sweep(rows, memory: &scratch, given: [:], outputs: outputs)
  }

  /// Moves one global variable towards its coordinate update by a rate.
  public func update(_ position: Int, rate: Double = 1) {
    executor.run(plan.globals[position].update, on: &memory, rate: rate)
  }

  /// Moves all global variables, in order.
  public func updateAll(rate: Double = 1) {
    for position in plan.globals.indices { update(position, rate: rate) }
  }

  /// The evidence lower bound, with all constants, of the present parameters and the last sweep's row variables.
  public func bound() -> Double {
    executor.run(plan.bound, on: &memory, rate: 1)
    return memory[plan.boundSlot][0] + memory[plan.countSlot][0] * plan.constantPerRow
  }

  /// Whether a sweep depends on the parameters: without row variables the sums over rows never change.
  public var hasRowVariables: Bool { !plan.locals.isEmpty }
}
