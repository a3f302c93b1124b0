import Suffice

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A mixture of normals whose parameters are known, to draw rows from and to judge a fit by.
struct KnownMixture {
  let columns: Int
  let components: Int
  private let means: [[Double]]
  private let deviations: [[Double]]

  /// Equal weights, means on a seeded cloud wide enough for the components to be told apart, deviations from ½ to 1½.
  init(columns: Int, components: Int, seed: UInt64) {
    self.columns = columns
    self.components = components
    var random = RandomSource(seed: seed)
    // In one dimension a cloud would put some means on top of one another.
    means = (0..<components).map { k in
      (0..<columns).map { _ in columns == 1 ? 12 * Double(k) : 6 * random.normal() }
    }
    deviations = (0..<components).map { _ in (0..<columns).map { _ in 0.5 + random.uniform() } }
  }

  /// Rows, one after another.
  func draw(_ rows: Int, seed: UInt64) -> [Double] {
    var random = RandomSource(seed: seed)
    var values: [Double] = []
    values.reserveCapacity(rows * columns)
    for _ in 0..<rows {
      let k = Int(random.next() % UInt64(components))
      for d in 0..<columns { values.append(means[k][d] + deviations[k][d] * random.normal()) }
    }
    return values
  }

  /// The mean log density of rows: what no fit can beat by more than chance.
  func meanLogDensity(_ values: [Double]) -> Double {
    let rows = values.count / columns
    var sum = 0.0
    for i in 0..<rows {
      let logs = (0..<components).map { k in
        (0..<columns).reduce(-log(Double(components))) { part, d in
          let z = (values[i * columns + d] - means[k][d]) / deviations[k][d]
          return part - 0.5 * z * z - log(deviations[k][d]) - 0.5 * log(2 * Double.pi)
        }
      }
      let top = logs.max() ?? 0
      sum += top + log(logs.reduce(0) { $0 + exp($1 - top) })
    }
    return sum / Double(rows)
  }
}
