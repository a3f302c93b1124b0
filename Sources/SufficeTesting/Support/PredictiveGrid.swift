import Suffice

/// Values of one column with the weights by which a sum over them is an integral.
struct PredictiveGrid {
  let values: [Double]
  let weights: [Double]
  let kind: Column.Kind

  /// The grid of a domain; nil for one of vectors or of positive numbers.
  ///
  /// - Parameters:
  ///   - domain: What values are.
  ///   - largest: The largest value of the data.
  ///   - levels: The levels of labels.
  ///   - mean: About where numbers lie.
  ///   - variance: How far.
  ///   - step: The step of the trapezoidal rule for numbers, in a variable whose sinh is their distance in deviations.
  init?(_ domain: ValueDomain, largest: Double, levels: [String], mean: Double, variance: Double, step: Double = 0.01) {
    switch domain {
    case .label:
      values = levels.indices.map(Double.init)
      weights = values.map { _ in 1 }
      kind = .categorical(levels: levels)
    case .binary:
      values = [0, 1]
      weights = [1, 1]
      kind = levels.isEmpty ? .numeric : .categorical(levels: levels)
    case .count:
      // Negative binomials have geometric tails: a hundred times the largest count is beyond all of them.
      values = (0...Int(100 * largest + 1000)).map(Double.init)
      weights = values.map { _ in 1 }
      kind = .numeric
    case .real:
      let scale = variance.squareRoot()
      let count = Int(25 / step)
      var (values, weights): ([Double], [Double]) = ([], [])
      for i in -count...count {
        let t = step * Double(i)
        let (up, down) = (_exp(t), _exp(-t))
        values.append(mean + scale * (up - down) / 2)
        weights.append(step * scale * (up + down) / 2)
      }
      self.values = values
      self.weights = weights
      kind = .numeric
    default: return nil
    }
  }
}
