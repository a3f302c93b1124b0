import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// The distribution of each variable of a row given the values, or the expected statistics, of what it depends on.
struct RowConditionals {
  let model: CompiledModel
  /// The variables of a row in an order in which each comes after what it depends on.
  let order: [Int]
  private let conditionals: Conditionals
  private var values: [[Double]]

  /// Prepares a model's rows, with statistics of the global variables as a plan's memory holds them.
  init(_ model: CompiledModel, _ memory: ParameterMemory) throws(ModelError) {
    self.model = model
    conditionals = try model.conditionals()
    values = conditionals.initial
    let graph = model.graph
    for (v, variable) in zip(graph.globals, model.plan.globals) {
      values[conditionals.statistics[v].index] = memory[variable.mean]
    }
    var order: [Int] = []
    func visit(_ v: Int) {
      guard graph.isRowVariable(v), !order.contains(v) else { return }
      for argument in graph.factor(of: v).arguments {
        for parent in argument.value.variables where parent != v && !graph.variables[parent].isObserved {
          visit(parent)
        }
      }
      if !order.contains(v) { order.append(v) }
    }
    // Where a row stands in its sequence is known before anything else of it.
    for v in graph.variables.indices { if case .position = graph.variables[v].role { visit(v) } }
    for v in graph.variables.indices { visit(v) }
    self.order = order
  }

  private func size(of v: Int) -> Int { values[conditionals.naturals[v].index].count }

  /// Sets a variable's statistics: those of its family; what else terms ask of data follows from the value.
  mutating func set(_ v: Int, statistics: [Double], value: [Double]? = nil) {
    let slot = conditionals.statistics[v].index
    for (i, x) in statistics.enumerated() { values[slot][i] = x }
    guard let value, values[slot].count > statistics.count else { return }
    // Besides its family's statistics, terms read the value itself of data that the model conditions on.
    for (i, x) in value.enumerated() where statistics.count + i < values[slot].count {
      values[slot][statistics.count + i] = x
    }
  }

  /// Takes a chain's variable of this row as the row before.
  mutating func advance(_ v: Int) {
    guard let slot = conditionals.previous[v] else { return }
    let own = values[conditionals.statistics[v].index]
    for i in values[slot.index].indices { values[slot.index][i] = own[i] }
  }

  /// The natural parameters of a variable given all others' statistics.
  mutating func natural(of v: Int) -> [Double] {
    let target = conditionals.naturals[v].index
    var sum = [Double](repeating: 0, count: values[target].count)
    for term in conditionals.terms[v] {
      term.forEachElement { addresses, output in
        var product = term.coefficient
        for (operand, address) in zip(term.operands, addresses) { product *= values[operand.slot.index][address] }
        sum[output] += product
      }
    }
    return sum
  }
}
