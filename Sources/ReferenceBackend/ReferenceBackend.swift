import ExponentialFamilies
import PlanIR

/// The plain, slow, obvious interpreter: the definition of what every step means.
public struct ReferenceBackend: Backend {
  /// `reference`.
  public let name = "reference"

  /// Makes the backend.
  public init() {}

  /// Prepares to run a plan; one thread is used, whatever is offered.
  public func executor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any Executor {
    ReferenceExecutor(plan: plan, inputs: inputs)
  }
}

/// Runs a plan row by row.
final class ReferenceExecutor: Executor {
  let plan: Plan
  let inputs: [InputColumns]

  init(plan: Plan, inputs: [InputColumns]) {
    self.plan = plan
    self.inputs = inputs
  }

  func run(_ steps: [Step], on memory: inout ParameterMemory, rate: Double) {
    for step in steps { interpret(step, on: &memory, rate: rate) }
  }

  func sweep(
    _ rows: RowSelection, memory: inout ParameterMemory, given: [TileSlot: [Double]], outputs: [TileSlot]
  ) -> [TileSlot: [Double]] {
    for slot in plan.rowSums { memory[slot] = [Double](repeating: 0, count: memory[slot].count) }
    var result: [TileSlot: [Double]] = [:]
    for slot in outputs { result[slot] = [] }
    // A tile of one row: tile[slot][feature].
    var tile = plan.tiles.map { [Double](repeating: 0, count: $0.width) }
    for position in 0..<rows.count {
      let row =
        switch rows {
        case .range(let range): range.lowerBound + position
        case .list(let list): Int(list[position])
        }
      run(plan.rows, row: row, position: position, tile: &tile, memory: &memory, given: given)
      for slot in outputs { result[slot]?.append(contentsOf: tile[slot.index]) }
    }
    return result
  }

  private func run(
    _ steps: [Step], row: Int, position: Int, tile: inout [[Double]], memory: inout ParameterMemory,
    given: [TileSlot: [Double]]
  ) {
    func features(_ range: TileRange) -> [Double] { Array(tile[range.slot.index][range.features]) }
    for step in steps {
      switch step {
      case .load(let input, let slot):
        for (i, view) in inputs[input].views.enumerated() {
          tile[slot.index][i] = view.base[row * view.stride] - plan.inputs[input].centers[i]
        }
      case .statistic(let kernel, let from, let into):
        tile[into.slot.index].replaceSubrange(
          into.features, with: statistic(kernel, of: tile[from.index], width: into.features.count))
      case .product(let ranges, let into):
        tile[into.index] = ranges.reduce([1]) { product, range in
          product.flatMap { p in features(range).map { p * $0 } }
        }
      case .affine(let weights, let bias, let range, let into, let adding):
        let x = range.map(features) ?? []
        for k in tile[into.index].indices {
          var sum = adding ? tile[into.index][k] : 0
          if let bias { sum += memory[bias][k] }
          if let weights { for f in x.indices { sum += memory[weights][k * x.count + f] * x[f] } }
          tile[into.index][k] = sum
        }
      case .meanMap(let family, let shape, let slot, let normalizer):
        if let values = given[slot] {
          let width = tile[slot.index].count
          tile[slot.index] = Array(values[position * width..<(position + 1) * width])
          tile[normalizer.index] = [0]
        } else {
          let natural = tile[slot.index]
          tile[normalizer.index] = [family.type.logPartition(natural, shape)]
          tile[slot.index] = family.type.meanStatistics(natural, shape)
        }
      case .accumulate(let rows, let range, let into):
        let r = rows.map { tile[$0.index] } ?? [1]
        let x = range.map(features) ?? [1]
        for k in r.indices { for f in x.indices { memory[into][k * x.count + f] += r[k] * x[f] } }
      case .sweeps(let count, let inner):
        for _ in 0..<count {
          run(inner, row: row, position: position, tile: &tile, memory: &memory, given: given)
        }
      case .clear, .copy, .contract, .expectations, .logPartition, .blend:
        preconditionFailure("a step between sweeps among the steps of rows")
      }
    }
  }
}

/// The statistic of one row's values.
func statistic(_ kernel: StatisticKernel, of values: [Double], width: Int) -> [Double] {
  switch kernel {
  case .value: values
  case .square: values.map { $0 * $0 }
  case .outerProduct: SymmetricMatrix(outer: values).packed
  case .indicator(let shape): Categorical.statistics(of: values, shape)
  case .family(let family, let shape, let offset):
    Array(family.type.statistics(of: values, shape)[offset..<offset + width])
  }
}
