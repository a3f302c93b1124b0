import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR
import ReferenceBackend

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
    // Data and their auxiliary variables may name one another.
    var visited: Set<Int> = []
    func visit(_ v: Int) {
      guard graph.isRowVariable(v), visited.insert(v).inserted else { return }
      for argument in graph.factor(of: v).arguments {
        for parent in argument.value.variables where parent != v { visit(parent) }
      }
      order.append(v)
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
    guard let value else { return }
    for extra in conditionals.extras[v] {
      for (i, x) in rowStatistic(extra.kernel, of: value, width: extra.count).enumerated() {
        values[slot][extra.offset + i] = x
      }
    }
  }

  /// Takes a chain's variable of this row as the row before.
  mutating func advance(_ v: Int) {
    guard let slot = conditionals.previous[v] else { return }
    let own = values[conditionals.statistics[v].index]
    for i in values[slot.index].indices { values[slot.index][i] = own[i] }
  }

  /// The natural parameters of a variable given all others' statistics.
  func natural(of v: Int) -> [Double] {
    sum(conditionals.terms[v], count: values[conditionals.naturals[v].index].count)
  }

  private func sum(_ terms: [Contraction], count: Int) -> [Double] {
    var sum = [Double](repeating: 0, count: count)
    for term in terms {
      term.forEachElement { addresses, output in
        var product = term.coefficient
        for (operand, address) in zip(term.operands, addresses) { product *= values[operand.slot.index][address] }
        sum[output] += product
      }
    }
    return sum
  }

  // MARK: Distributions that are told by their density

  /// Whether a variable of the row is integrated out where the variable that it belongs to is drawn.
  func isAuxiliary(_ v: Int) -> Bool {
    conditionals.weighed.values.contains { $0.auxiliaries.contains { $0.variable == v } }
  }

  /// The probabilities of 0, 1, 2 … for one element of a variable whose distribution is told by its density alone, the
  /// other elements being independent of it; nil for a variable with natural parameters.
  ///
  /// - Throws: ``FitError`` for a variable that takes more than countably many values.
  mutating func probabilities(of v: Int, element: Int) throws(FitError) -> [Double]? {
    guard let weighed = conditionals.weighed[v] else { return nil }
    let (family, shape) = (model.graph.variables[v].family, model.shapes[v])
    let most: Int
    switch family.type.domain {
    case .label: most = shape.dimension
    case .binary: most = 2
    case .count: most = .max
    default:
      throw .model(
        ModelError(
          "values of \"\(model.graph.variables[v].name)\" cannot be drawn: its distribution is no \(family), but only told by its "
            + "density, and it takes any number."))
    }
    var value = [Double](repeating: 0, count: family.type.valueCount(shape))
    var logs: [Double] = []
    var highest = -Double.infinity
    while logs.count < most {
      value[element] = Double(logs.count)
      let log = logDensity(weighed, of: v, value)
      // Counts that are ever less probable, or impossible, end the list.
      if most == .max && !logs.isEmpty && !(log > highest - 40) { break }
      highest = max(highest, log)
      logs.append(log)
    }
    let total = logSumExp(logs)
    return logs.map { _exp($0 - total) }
  }

  private mutating func logDensity(_ weighed: Conditionals.Weighed, of v: Int, _ value: [Double]) -> Double {
    let (type, shape) = (model.graph.variables[v].family.type, model.shapes[v])
    set(v, statistics: type.statistics(of: value, shape), value: value)
    var log = sum(weighed.terms, count: 1)[0] + type.logBaseMeasure(of: value, shape)
    if case .variable(let use)? = model.graph.factor(of: v).trials {
      let trials = values[conditionals.statistics[use.variable].index]
      log += logArrangements(value, trials: Array(trials[..<model.shapes[use.variable].dimension]))
    }
    for auxiliary in weighed.auxiliaries {
      let a = auxiliary.variable
      let (family, shape) = (model.graph.variables[a].family.type, model.shapes[a])
      let prior = natural(of: a)
      let gain = sum(auxiliary.terms, count: prior.count)
      log += family.logPartition(zip(prior, gain).map { $0 + $1 }, shape) - family.logPartition(prior, shape)
    }
    return log
  }
}
