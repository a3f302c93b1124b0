import ExponentialFamilies
import PlanIR

extension ReferenceExecutor: GroupExecutor {
  func sweepGroups(_ rows: [Int32], memory: inout ParameterMemory) -> RowStatistics {
    var tiles = solved(rows, from: .prior, &memory)
    var sums = memory
    for slot in plan.rowSums { sums[slot] = [Double](repeating: 0, count: sums[slot].count) }
    for (position, row) in rows.enumerated() where plan.groups != nil {
      run(plan.rows, row: Int(row), position: position, tile: &tiles[position], memory: &sums, given: [:])
    }
    return sums.statistics(plan.rowSums)
  }

  func solveGroups(_ rows: [Int32], from start: GroupStart, memory: inout ParameterMemory) {
    _ = solved(rows, from: start, &memory)
  }

  /// Solves the groups of some rows; the rows' tiles, with their labels' probabilities.
  private func solved(_ rows: [Int32], from beginning: GroupStart, _ memory: inout ParameterMemory) -> [[[Double]]] {
    guard let block = plan.groups else { return [] }
    let width = plan.tiles[block.mean.index].width
    let empty = plan.tiles.map { [Double](repeating: 0, count: $0.width) }
    var tiles = [[[Double]]](repeating: empty, count: rows.count)
    for (position, row) in rows.enumerated() {
      run(block.steps, row: Int(row), position: position, tile: &tiles[position], memory: &memory, given: [:])
    }
    func group(_ position: Int) -> Int { Int(tiles[position][block.index.slot.index][block.index.features.lowerBound]) }
    var start = 0
    while start < rows.count {
      let label = group(start)
      var end = start + 1
      while end < rows.count && group(end) == label { end += 1 }
      let group = label * width..<(label + 1) * width
      if beginning == .prior { memory[block.natural].replaceSubrange(group, with: memory[block.prior][group]) }
      solve(start..<end, group: group, block, &tiles, &memory)
      start = end
    }
    return tiles
  }

  /// Goes round between a group's probabilities and its rows' labels.
  private func solve(
    _ rows: Range<Int>, group: Range<Int>, _ block: GroupBlock, _ tiles: inout [[[Double]]],
    _ memory: inout ParameterMemory
  ) {
    let shape = FamilyShape(dimension: group.count)
    let scores = rows.map { tiles[$0][block.mean.index] }
    func responsibilities() -> [[Double]] {
      let logs = Dirichlet.meanStatistics(Array(memory[block.natural][group]), shape)
      return scores.map { Categorical.meanStatistics(zip($0, logs).map { $0 + $1 }, shape) }
    }
    // The rows keep the probabilities that the group's parameters come from.
    var means = scores
    for _ in 0..<block.rounds {
      means = responsibilities()
      var next = Array(memory[block.prior][group])
      for (row, mean) in zip(rows, means) {
        let weight = block.weight.map { tiles[row][$0.index][0] } ?? 1
        for k in next.indices { next[k] += weight * mean[k] }
      }
      let change = zip(next, memory[block.natural][group]).reduce(0) { $0 + abs($1.0 - $1.1) }
      memory[block.natural].replaceSubrange(group, with: next)
      if change < block.tolerance * Double(group.count) { break }
    }
    for (row, mean) in zip(rows, means) { tiles[row][block.mean.index] = mean }
    memory[block.expected].replaceSubrange(
      group, with: Dirichlet.meanStatistics(Array(memory[block.natural][group]), shape))
  }
}
