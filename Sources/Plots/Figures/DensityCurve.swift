/// A density to be drawn over a histogram: the whole mixture, or one component of it.
public struct DensityCurve: Sendable {
  /// The name in the legend.
  public var label: String
  /// The weight that the density is multiplied with before it is drawn.
  public var weight: Double
  /// The density, with an area of one under it.
  public var density: @Sendable (Double) -> Double

  /// Makes a curve from a function.
  public init(label: String, weight: Double = 1, density: @escaping @Sendable (Double) -> Double) {
    self.label = label
    self.weight = weight
    self.density = density
  }

  /// Makes a curve from its values over a grid in ascending order, joined by straight lines and zero outside.
  public init(label: String, weight: Double = 1, grid: [Double], values: [Double]) {
    let count = min(grid.count, values.count)
    self.init(label: label, weight: weight) { place in
      guard count > 0, place >= grid[0], place <= grid[count - 1] else { return 0 }
      var (low, high) = (0, count - 1)
      while high - low > 1 {
        let middle = (low + high) / 2
        if grid[middle] <= place { low = middle } else { high = middle }
      }
      let span = grid[high] - grid[low]
      let share = span > 0 ? (place - grid[low]) / span : 0
      return values[low] + share * (values[high] - values[low])
    }
  }

  func weighted(_ place: Double) -> Double {
    let value = weight * density(place)
    return value.magnitude <= Domain.largest ? max(value, 0) : .nan
  }
}

/// A probability for each whole number, to be drawn over counts.
public struct MassCurve: Sendable {
  /// The name in the legend.
  public var label: String
  /// The weight that the probabilities are multiplied with before they are drawn.
  public var weight: Double
  /// The probability of a count, which sums to one.
  public var mass: @Sendable (Int) -> Double

  /// Makes a curve from a function.
  public init(label: String, weight: Double = 1, mass: @escaping @Sendable (Int) -> Double) {
    self.label = label
    self.weight = weight
    self.mass = mass
  }

  func weighted(_ count: Int) -> Double {
    let value = weight * mass(count)
    return value.magnitude <= Domain.largest ? max(value, 0) : .nan
  }
}
