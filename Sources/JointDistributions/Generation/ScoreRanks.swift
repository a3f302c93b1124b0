import SpecialFunctions

/// Ranks normal scores in a time proportional to their number: each goes into one of as many cells as there are scores, by
/// the normal distribution function, and cells are sorted.
struct ScoreRanks: Sendable {
  private static let perUnit = 256.0
  private static let reach = 8.5
  private let probabilities: [Double]
  private let count: Int

  init(count: Int) {
    self.count = count
    probabilities = (0...Int(2 * Self.reach * Self.perUnit) + 1).map {
      normalProbability(Double($0) / Self.perUnit - Self.reach)
    }
  }

  /// The cell of a score; never decreasing.
  @inline(__always) private func cell(_ z: Double, _ probabilities: UnsafeBufferPointer<Double>) -> Int {
    let place = min(max((z + Self.reach) * Self.perUnit, 0), 2 * Self.reach * Self.perUnit)
    let index = Int(place)
    let p = probabilities[index] + (place - Double(index)) * (probabilities[index + 1] - probabilities[index])
    return min(Int(p * Double(count)), count - 1)
  }

  /// The rank of every score, from 0 on; equal scores keep their order.
  func ranks(_ scores: UnsafeBufferPointer<Double>) -> [Int32] {
    var ends = [Int32](repeating: 0, count: count + 1)
    var order = [Int32](repeating: 0, count: count)
    var ranks = [Int32](repeating: 0, count: count)
    probabilities.withUnsafeBufferPointer { probabilities in
      ends.withUnsafeMutableBufferPointer { ends in
        order.withUnsafeMutableBufferPointer { order in
          ranks.withUnsafeMutableBufferPointer { cells in
            for i in 0..<count {
              let cell = cell(scores[i], probabilities)
              cells[i] = Int32(cell)
              ends[cell + 1] += 1
            }
            for cell in 0..<count { ends[cell + 1] += ends[cell] }
            // From here on `ends[cell]` is where the next of the cell goes.
            for i in 0..<count {
              let cell = Int(cells[i])
              order[Int(ends[cell])] = Int32(i)
              ends[cell] += 1
            }
            // Neighbours that are out of order are in one cell.
            for k in stride(from: 1, to: count, by: 1) {
              let row = order[k]
              let score = scores[Int(row)]
              var j = k
              while j > 0, scores[Int(order[j - 1])] > score {
                order[j] = order[j - 1]
                j -= 1
              }
              order[j] = row
            }
            for k in 0..<count { cells[Int(order[k])] = Int32(k) }
          }
        }
      }
    }
    return ranks
  }
}
