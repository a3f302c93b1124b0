import ExponentialFamilies
import PlanIR

// What sweeps leave of single rows for the next ones, and expectations that are given for labels that are solved as one.
extension Engine {
  /// From now on, coordinate ascent among several variables of a row goes on from where the last sweep left them, so that
  /// the bound cannot fall; until then, and in rows that were given expectations, it begins afresh.
  ///
  /// Asks for memory proportional to the rows where the plan has such variables, and changes nothing where it has none.
  /// - Throws: ``BackendError`` where there is no room.
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
  /// - Parameter given: Expectations that replace computed ones; rows that have any begin afresh in the next sweep.
  func run(_ rows: RowSelection, given: [TileSlot: [Double]]) {
    let found = executor.sweep(
      rows, memory: &memory, given: jointly(given, over: rows), outputs: Array(memory.rows.keys))
    for (slot, values) in found {
      let width = plan.tiles[slot.index].width
      memory.rows[slot]?.withUnsafeMutableBufferPointer { kept in
        for position in 0..<rows.count {
          let row = rows[position]
          for k in 0..<width { kept[row * width + k] = given.isEmpty ? values[position * width + k] : .nan }
        }
      }
    }
  }

  /// The expectations that are given, with those of labels that are solved as one in the place of theirs.
  ///
  /// Where some of the labels are given, the others are as probable given them as under the present parameters.
  private func jointly(_ given: [TileSlot: [Double]], over rows: RowSelection) -> [TileSlot: [Double]] {
    var result = given
    for joint in plan.joints {
      let members = joint.labels.map { plan.locals[$0] }
      let marginals = members.map { result.removeValue(forKey: $0.mean) }
      if marginals.allSatisfy({ $0 == nil }) { continue }
      let count = members.reduce(1) { $0 * $1.shape.dimension }
      // Independent labels stand for what is not given where the given values are all but impossible.
      var probabilities = [Double](repeating: 1, count: rows.count * count)
      if marginals.contains(where: { $0 == nil }) {
        var scratch = memory
        probabilities = executor.sweep(rows, memory: &scratch, given: [:], outputs: [joint.mean])[joint.mean] ?? []
      }
      for row in 0..<rows.count {
        let own = row * count..<(row + 1) * count
        let values = Self.conditioned(
          Array(probabilities[own]), extents: members.map(\.shape.dimension),
          on: zip(marginals, members).map { all, member in
            let size = member.shape.dimension
            return all.map { Array($0[row * size..<(row + 1) * size]) }
          })
        probabilities.replaceSubrange(own, with: values)
      }
      result[joint.mean] = probabilities
    }
    return result
  }

  /// Probabilities of combinations in which some labels have the given distributions, independently of one another, and the
  /// others their distribution given these.
  private static func conditioned(_ joint: [Double], extents: [Int], on marginals: [[Double]?]) -> [Double] {
    /// The value of each label in a combination, and the number of the combination of the given ones.
    func split(_ combination: Int) -> (values: [Int], given: Int) {
      var (rest, values) = (combination, [Int]())
      for extent in extents.reversed() {
        values.append(rest % extent)
        rest /= extent
      }
      values.reverse()
      let given = zip(zip(values, extents), marginals).reduce(0) { $1.1 == nil ? $0 : $0 * $1.0.1 + $1.0.0 }
      return (values, given)
    }
    let places = joint.indices.map(split)
    var totals = [Double](repeating: 0, count: joint.count)
    var sizes = [Double](repeating: 0, count: joint.count)
    for (place, probability) in zip(places, joint) {
      totals[place.given] += probability
      sizes[place.given] += 1
    }
    return zip(places, joint).map { place, probability in
      let total = totals[place.given]
      let rest = total > 1e-200 ? probability / total : 1 / sizes[place.given]
      return zip(place.values, marginals).reduce(rest) { $0 * ($1.1?[$1.0] ?? 1) }
    }
  }
}
