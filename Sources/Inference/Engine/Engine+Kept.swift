import ExponentialFamilies
import PlanIR

// What sweeps leave of single rows for the next ones, and expectations that are given for labels that are solved as one.
extension Engine {
  /// From now on, coordinate ascent among several variables of a row goes on from where the last sweep left them, so that
  /// the bound cannot fall; until then, and in rows that were given expectations, it begins afresh.
  ///
  /// Asks for memory proportional to the rows where the plan has such variables, and changes nothing where it has none.
  /// - Throws: `BackendError` where there is no room.
  public func keepRows() throws(BackendError) {
    let widths = plan.resumed.map { plan.tiles[$0.index].width }
    try Memory.require(
      Memory.bytes(2 * rowCount, widths.reduce(0, +)),
      for: "the row variables of \(rowCount) rows of \(plan.name), which go on from pass to pass (stochastic inference "
        + "does without)")
    memory.rows = Dictionary(
      uniqueKeysWithValues: zip(plan.resumed, widths).map { slot, width in
        (slot, [Double](repeating: .nan, count: rowCount * width))
      })
  }

  /// Runs the row steps over some rows, and keeps what they leave.
  ///
  /// - Parameter overrides: Expectations that replace computed ones; rows that have any begin afresh in the next sweep.
  /// - Returns: What the rows add up to.
  func run(_ rows: RowSelection, overrides: [TileSlot: RowOverride]) -> RowStatistics {
    let found = executor.sweep(
      rows, at: memory, overrides: jointly(overrides, over: rows), outputs: Array(memory.rows.keys))
    for (slot, values) in found.outputs {
      let width = plan.tiles[slot.index].width
      memory.rows[slot]?.withUnsafeMutableBufferPointer { kept in
        for position in 0..<rows.count {
          let row = rows[position]
          for k in 0..<width { kept[row * width + k] = overrides.isEmpty ? values[position * width + k] : .nan }
        }
      }
    }
    return found.statistics
  }

  /// Rows whose combinations of labels are held at once where expectations are given: 128 MiB; rows of a chain are one part.
  var rowsGivenAtOnce: Int {
    if plan.joints.isEmpty || model.graph.order != nil { return .max }
    return max(1024, (1 << 24) / plan.joints.reduce(0) { $0 + plan.tiles[$1.mean.index].width })
  }

  /// The expectations that are given, with those of labels that are solved as one in the place of theirs.
  ///
  /// Where some of the labels are given, the others are as probable given them as under the present parameters.
  private func jointly(_ overrides: [TileSlot: RowOverride], over rows: RowSelection) -> [TileSlot: RowOverride] {
    var result = overrides
    for joint in plan.joints {
      let members = joint.labels.map { plan.locals[$0] }
      let marginals = members.map { member in
        result.removeValue(forKey: member.mean)?.values(size: member.shape.dimension)
      }
      if marginals.allSatisfy({ $0 == nil }) { continue }
      let count = members.reduce(1) { $0 * $1.shape.dimension }
      var probabilities = [Double](repeating: 1, count: rows.count * count)
      if marginals.contains(where: { $0 == nil }) {
        let found = executor.sweep(rows, at: memory, overrides: [:], outputs: [joint.mean])
        probabilities = found.outputs[joint.mean] ?? []
      }
      let combinations = Combinations(members.map(\.shape.dimension), isGiven: marginals.map { $0 != nil })
      for row in 0..<rows.count { combinations.condition(&probabilities, row: row, on: marginals) }
      result[joint.mean] = .values(probabilities)
    }
    return result
  }
}

/// The combinations of the values of some labels, the last one's running fastest, of which some are given.
private struct Combinations {
  private let extents: [Int]
  /// The value of each label in each combination.
  private let values: [[Int]]
  /// The number of each combination among those of the given labels, and how many have that number.
  private let given: [Int]
  private let sizes: [Double]

  init(_ extents: [Int], isGiven: [Bool]) {
    self.extents = extents
    let count = extents.reduce(1, *)
    let values = (0..<count).map { combination -> [Int] in
      var rest = combination
      return extents.reversed().map { extent in
        defer { rest /= extent }
        return rest % extent
      }.reversed()
    }
    self.values = values
    given = values.map { own in
      extents.indices.reduce(0) { isGiven[$1] ? $0 * extents[$1] + own[$1] : $0 }
    }
    sizes = given.reduce(into: [Double](repeating: 0, count: count)) { $0[$1] += 1 }
  }

  /// Gives some labels of a row their distributions, independently of one another, and the others their distribution given
  /// these.
  ///
  /// - Parameters:
  ///   - joint: The probabilities of the combinations, row by row.
  ///   - marginals: The probabilities of each label's values, row by row; nil for those that are not given.
  func condition(_ joint: inout [Double], row: Int, on marginals: [[Double]?]) {
    let first = row * values.count
    var totals = [Double](repeating: 0, count: values.count)
    for i in values.indices { totals[given[i]] += joint[first + i] }
    for i in values.indices {
      // Where the given values are all but impossible, all others are equally probable.
      let total = totals[given[i]]
      var probability = total > 1e-200 ? joint[first + i] / total : 1 / sizes[given[i]]
      for (label, all) in marginals.enumerated() {
        if let all { probability *= all[row * extents[label] + values[i][label]] }
      }
      joint[first + i] = probability
    }
  }
}
