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

  /// The same workload with another number of components.
  func with(components: Int) -> Workload {
    Workload(name: name, components: components, concentration: concentration, covariance: covariance)
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

  /// The least time a sweep can take on a machine: one fused pass, symmetric features, every unit at its limit.
  ///
  /// E step N K (F + 2D + 2) multiply-adds, M step N K (F + D + 1), with F products or squares a row; for one column 2, 3,
  /// and 3 to normalise. An exponential for each row and component. The data is read once; nothing of size N K touches
  /// memory. Arithmetic and exponentials share the units and add up; reading overlaps with both.
  func floorSeconds(rows: Int, columns: Int, on limits: MachineLimits) -> Double {
    let features = covariance == .full ? columns * (columns + 1) / 2 : columns
    let multiplyAdds = columns == 1 ? 8 : 2 * features + 3 * columns + 3
    let pairs = Double(rows) * Double(components)
    let arithmetic = 2 * pairs * Double(multiplyAdds) / limits.flopsPerSecond
    let exponentials = pairs / limits.exponentialsPerSecond
    let reading = Double(rows * columns * 8) / limits.bytesPerSecond
    return max(reading, arithmetic + exponentials)
  }
}

/// Why a benchmark stopped.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
