import Models
import Suffice

/// A benchmark's model: what is fitted, and the numbers that its cost depends on.
struct Workload {
  /// Whether a row of D columns has D (D + 1) / 2 products or D squares.
  enum Covariance {
    case full
    case diagonal
  }

  let name: String
  let components: Int
  let concentration: Double
  let covariance: Covariance

  /// The five workloads of `workloads.py`, with scikit-learn's default concentration except where CTGAN sets one.
  static let all = [
    Workload(name: "W1", components: 10, concentration: 0.001, covariance: .full),
    Workload(name: "W2", components: 32, concentration: 1.0 / 32, covariance: .full),
    Workload(name: "W3", components: 20, concentration: 1.0 / 20, covariance: .full),
    Workload(name: "W4", components: 50, concentration: 1.0 / 50, covariance: .diagonal),
    Workload(name: "W5", components: 10, concentration: 1.0 / 10, covariance: .full),
  ]

  /// The workload of a name.
  static func named(_ name: String) throws(BenchError) -> Workload {
    guard let found = all.first(where: { $0.name == name }) else {
      throw BenchError("there is no workload \(name); there are \(all.map(\.name).joined(separator: ", ")).")
    }
    return found
  }

  /// The model for a table of some columns.
  func model(columns: Int) -> any Model {
    if columns == 1 {
      var model = DirichletProcessColumnMixture()
      model.components = components
      model.concentration = concentration
      return model
    }
    switch covariance {
    case .full:
      var model = DirichletProcessGaussianMixture()
      model.components = components
      model.concentration = concentration
      return model
    case .diagonal:
      var model = DiagonalProcessMixture()
      model.components = components
      model.concentration = concentration
      return model
    }
  }

  /// The work that a sweep cannot do without: one fused pass, symmetric features.
  ///
  /// E step N K (F + 2D + 2) multiply-adds, M step N K (F + D + 1), with F products or squares a row; for one column 2, 3,
  /// and 3 to normalise. An exponential for each row and component. The data is read once; nothing of size N K touches
  /// memory.
  func leastWork(rows: Int, columns: Int) -> LeastWork {
    let features = covariance == .full ? columns * (columns + 1) / 2 : columns
    let multiplyAdds = columns == 1 ? 8 : 2 * features + 3 * columns + 3
    let pairs = Double(rows) * Double(components)
    return LeastWork(flops: 2 * pairs * Double(multiplyAdds), exponentials: pairs, bytes: Double(rows * columns * 8))
  }
}

/// Work counted for the floor of a sweep.
struct LeastWork {
  let flops: Double
  let exponentials: Double
  let bytes: Double

  /// The time it takes with every unit at its limit: arithmetic and exponentials share the units and add up, reading
  /// overlaps with both.
  func seconds(on limits: MachineLimits) -> Double {
    max(bytes / limits.bytesPerSecond, flops / limits.flopsPerSecond + exponentials / limits.exponentialsPerSecond)
  }
}

/// Why a benchmark stopped.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
