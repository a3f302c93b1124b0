import ExponentialFamilies
import PlanIR
import SpecialFunctions

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

  /// Prepares to run a plan that has groups of rows.
  public func groupExecutor(
    for plan: Plan, inputs: [InputColumns], threads: Int
  ) throws(BackendError) -> any GroupExecutor {
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
    _ rows: RowSelection, at parameters: ParameterMemory, overrides: [TileSlot: RowOverride], outputs: [TileSlot]
  ) -> RowSweep {
    var memory = parameters
    for slot in plan.rowSums { memory[slot] = [Double](repeating: 0, count: memory[slot].count) }
    let given = expectations(overrides)
    var result: [TileSlot: [Double]] = [:]
    for slot in outputs { result[slot] = [] }
    // Tiles of one row: tiles[row][slot][feature].
    let empty = plan.tiles.map { [Double](repeating: 0, count: $0.width) }
    var tiles = [[[Double]]](repeating: empty, count: rows.count)
    for segment in plan.segments(plan.rowSteps(for: outputs)) {
      for position in 0..<rows.count {
        let row =
          switch rows {
          case .range(let range): range.lowerBound + position
          case .list(let list): Int(list[position])
          }
        run(segment.steps, row: row, position: position, tile: &tiles[position], memory: &memory, given: given)
      }
      if let chain = segment.chain { solve(chain, &tiles, &memory, given: given[chain.mean]) }
    }
    for tile in tiles { for slot in outputs { result[slot]?.append(contentsOf: tile[slot.index]) } }
    return RowSweep(memory.statistics(plan.rowSums), outputs: result)
  }

  /// The numbers of expectations that take the place of computed ones.
  private func expectations(_ overrides: [TileSlot: RowOverride]) -> [TileSlot: [Double]] {
    var members: [TileSlot: Int] = [:]
    func note(_ steps: [Step]) {
      for step in steps {
        switch step {
        case .meanMap(_, _, let slot, let count, _, _): members[slot] = count
        case .sweeps(_, let inner): note(inner)
        default: break
        }
      }
    }
    note(plan.rows)
    return overrides.reduce(into: [:]) { given, entry in
      let count = max(members[entry.key] ?? 1, 1)
      given[entry.key] = entry.value.values(size: plan.tiles[entry.key.index].width / count, members: count)
    }
  }

  /// Solves a chain, sequence by sequence.
  private func solve(
    _ chain: ChainBlock, _ tiles: inout [[[Double]]], _ memory: inout ParameterMemory, given: [Double]?
  ) {
    let d = chain.shape.dimension
    let first = chain.first.features.lowerBound
    var starts = tiles.indices.filter { $0 == 0 || tiles[$0][chain.first.slot.index][first] != 0 }
    starts.append(tiles.count)
    // Solved again among several variables of a row, a chain has the sums of the last time.
    memory[chain.pairs] = [Double](repeating: 0, count: d * d)
    for (start, end) in zip(starts, starts.dropFirst()) where start < end {
      let range = start..<end
      var rows = range.map { tiles[$0][chain.mean.index] }
      let width = rows.first?.count ?? 0
      var cross = range.map { _ in memory[chain.cross] }
      if let link = chain.link {
        // What a row adds to the potential of the row before, and to that of both.
        for t in rows.indices.dropFirst() {
          let own = tiles[start + t][link.index]
          for i in 0..<width { rows[t - 1][i] += own[i] }
          for i in 0..<d * d { cross[t][i] += own[width + i] }
        }
      }
      var normalizers = [Double](repeating: 0, count: rows.count)
      if let given {
        rows = range.map { Array(given[$0 * width..<($0 + 1) * width]) }
        cross = rows.indices.map { t in
          (0..<d * d).map { t == 0 ? 0 : rows[t - 1][$0 / d] * rows[t][$0 % d] }
        }
      } else if chain.family.type.domain == .label {
        normalizers = solveLabels(&rows, cross: &cross)
      } else {
        normalizers = solveVectors(&rows, cross: &cross)
      }
      let weight = chain.weight.map { tiles[start][$0.index][0] } ?? 1
      for (t, row) in range.enumerated() {
        tiles[row][chain.mean.index] = rows[t]
        tiles[row][chain.normalizer.index] = [normalizers[t]]
        if let link = chain.link {
          tiles[row][link.index] = (t == 0 ? [Double](repeating: 0, count: width) : rows[t - 1]) + cross[t]
        }
        if weight != 0 { for i in cross[t].indices { memory[chain.pairs][i] += weight * cross[t][i] } }
      }
    }
  }

  func run(
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
          into.features, with: rowStatistic(kernel, of: tile[from.index], width: into.features.count))
      case .fillMissing(let range):
        for f in range.features where tile[range.slot.index][f].isNaN { tile[range.slot.index][f] = 0 }
      case .gather(let table, let index, let into):
        let width = tile[into.index].count
        let label = features(index)[0]
        tile[into.index] =
          label.isNaN
          ? [Double](repeating: 0, count: width) : Array(memory[table][Int(label) * width..<(Int(label) + 1) * width])
      case .scatter(let from, let index, let into):
        let width = tile[from.index].count
        let label = features(index)[0]
        if !label.isNaN { for f in 0..<width { memory[into][Int(label) * width + f] += tile[from.index][f] } }
      case .combine(let contraction, let adding):
        if !adding { for i in tile[contraction.output.index].indices { tile[contraction.output.index][i] = 0 } }
        contraction.forEachElement { addresses, target in
          var product = contraction.coefficient
          for (operand, address) in zip(contraction.operands, addresses) {
            switch operand.place {
            case .tile(let slot): product *= tile[slot.index][address]
            case .parameter(let slot): product *= memory[slot][address]
            }
          }
          tile[contraction.output.index][target] += product
        }
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
      case .meanMap(let family, let shape, let slot, let members, let observed, let normalizer):
        if let values = given[slot] {
          let width = tile[slot.index].count
          tile[slot.index] = Array(values[position * width..<(position + 1) * width])
          tile[normalizer.index] = [Double](repeating: 0, count: members)
        } else {
          let size = tile[slot.index].count / members
          for m in 0..<members {
            let range = m * size..<(m + 1) * size
            let natural = Array(tile[slot.index][range])
            let (mean, logPartition) =
              observed.map { family.type.expectations(natural, given: tile[$0.index], shape) }
              ?? (family.type.meanStatistics(natural, shape), family.type.logPartition(natural, shape))
            tile[normalizer.index][m] = logPartition
            tile[slot.index].replaceSubrange(range, with: mean)
          }
        }
      case .accumulate(let rows, let range, let into):
        let r = rows.map { tile[$0.index] } ?? [1]
        let x = range.map(features) ?? [1]
        for k in r.indices { for f in x.indices { memory[into][k * x.count + f] += r[k] * x[f] } }
      case .resume(let slot):
        let width = tile[slot.index].count
        let kept = memory.rows[slot]?[row * width..<(row + 1) * width]
        if given[slot] == nil, let kept, !kept.contains(where: \.isNaN) { tile[slot.index] = Array(kept) }
      case .sweeps(let count, let inner):
        for _ in 0..<count {
          run(inner, row: row, position: position, tile: &tile, memory: &memory, given: given)
        }
      case .chain: preconditionFailure("a chain within a tile")
      case .clear, .contract, .expectations, .logPartition, .blend:
        preconditionFailure("a step between sweeps among the steps of rows")
      }
    }
  }
}

/// The statistic of one row's values.
public func rowStatistic(_ kernel: StatisticKernel, of values: [Double], width: Int) -> [Double] {
  switch kernel {
  case .value: values
  case .observed: values.map { $0.isNaN ? 0 : 1 }
  case .seen: [values.allSatisfy(\.isNaN) ? 0 : 1]
  case .logarithm: values.map(_log)
  case .power(let exponent): values.map { _exp(exponent * _log($0)) }
  case .logGamma(let number, let sign): values.map { logGamma(number + sign * $0) }
  case .square: values.map { $0 * $0 }
  case .outerProduct: SymmetricMatrix(outer: values).packed
  case .indicator(let shape):
    // A label that is no level has no one-hot vector.
    zip(shape.groupRanges, values).flatMap { group, label in
      group.indices.map { Double($0 - group.lowerBound) == label ? 1 : 0 }
    }
  case .split: (0..<width).map { values[0] == Double($0) ? 1 : 0 }
  case .reached: (0..<width).map { values[0] >= Double($0) ? 1 : 0 }
  case .family(let family, let shape, let offset): familyStatistic(family, shape, values, offset, width)
  }
}

/// Some of a family's statistics of one row's values; those of missing elements are not a number.
private func familyStatistic(
  _ family: Family, _ shape: FamilyShape, _ values: [Double], _ offset: Int, _ width: Int
) -> [Double] {
  if !values.contains(where: \.isNaN) {
    return Array(family.type.statistics(of: values, shape)[offset..<offset + width])
  }
  // Statistics are elementwise where elements may be missing.
  let one = FamilyShape(dimension: 1)
  let size = max(values.count, 1)
  return (offset..<offset + width).map { number in
    let x = values[number % size]
    return x.isNaN ? .nan : family.type.statistics(of: [x], one)[number / size]
  }
}
