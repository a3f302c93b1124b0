import ExponentialFamilies
import PlanIR

/// Values of labels of groups that the data do without: each is taken away where that raises the bound.
///
/// A start gives every value some groups, and a group of many rows is so sure of its label that it never leaves. So the
/// groups of one value after another, the smallest first, go to what suits them next, and stay there if the bound rises.
struct ValueDeletions {
  let engine: Engine
  let rows: RowSelection
  /// Sweeps after which a deletion is judged.
  private static let sweeps = 3

  /// Deletes values of all labels of groups; the engine is left with the best parameters that were found.
  func run() {
    for position in engine.plan.globals.indices {
      let variable = engine.plan.globals[position]
      if variable.family == Family(Categorical.self) && variable.members > 1 && variable.shape.groups.isEmpty {
        delete(from: position, variable)
      }
    }
  }

  private func delete(from position: Int, _ variable: Plan.GlobalVariable) {
    let count = variable.shape.dimension
    var bound = settle()
    var tried: Set<Int> = []
    while true {
      let masses = masses(variable)
      let used = (0..<count).filter { masses[$0] > 0.5 }
      guard used.count > 1,
        let smallest = used.filter({ !tried.contains($0) }).min(by: { (masses[$0], $0) < (masses[$1], $1) })
      else { return }
      let before = engine.memory
      engine.memory[variable.mean] = without(smallest, used, variable)
      engine.sweep(rows)
      for other in engine.plan.globals.indices where other != position { engine.update(other) }
      let next = settle()
      tried.insert(smallest)
      if next > bound {
        bound = next
      } else {
        engine.memory = before
      }
    }
  }

  /// The bound after some sweeps.
  private func settle() -> Double {
    for _ in 0..<Self.sweeps {
      engine.sweep(rows)
      engine.updateAll()
    }
    return engine.bound()
  }

  /// How many groups have each value.
  private func masses(_ variable: Plan.GlobalVariable) -> [Double] {
    let count = variable.shape.dimension
    var masses = [Double](repeating: 0, count: count)
    for (i, probability) in engine.memory[variable.mean].enumerated() { masses[i % count] += probability }
    return masses
  }

  /// The probabilities of the values in use but one.
  private func without(_ value: Int, _ used: [Int], _ variable: Plan.GlobalVariable) -> [Double] {
    let count = variable.shape.dimension
    var natural = engine.memory[variable.natural]
    for first in stride(from: 0, to: natural.count, by: count) {
      for k in 0..<count where k == value || !used.contains(k) { natural[first + k] = -.infinity }
    }
    return stride(from: 0, to: natural.count, by: count).flatMap { first in
      variable.family.type.meanStatistics(Array(natural[first..<first + count]), variable.shape)
    }
  }
}
