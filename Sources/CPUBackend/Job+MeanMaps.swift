import CKernels
import ExponentialFamilies
import PlanIR

// Expectations of row variables.
extension Job {
  func meanMap(
    _ family: Family, _ shape: FamilyShape, _ mean: TileSlot, _ members: Int, _ observed: TileSlot?,
    _ normalizer: TileSlot, _ tile: Tile
  ) {
    let (ld, m) = (layout.stride, tile.count)
    let size = plan.tiles[mean.index].width / max(members, 1)
    if let override = overrides[mean] {
      switch override {
      case .values(let values): copyIn(mean, values.base, tile)
      case .labels(let labels):
        let target = slot(mean, tile)
        for k in 0..<size * members { (target + k * ld).update(repeating: 0, count: m) }
        guard let labels = labels.base else { return }
        for row in 0..<m where labels[tile.position + row] >= 0 {
          for member in 0..<members { target[(member * size + Int(labels[tile.position + row])) * ld + row] = 1 }
        }
      }
      for member in 0..<members { (slot(normalizer, tile) + member * ld).update(repeating: 0, count: m) }
      return
    }
    for member in 0..<members {
      let target = slot(mean, tile) + member * size * ld
      let logs = slot(normalizer, tile) + member * ld
      if let observed {
        meanMap(family, shape, target, size, given: observed, logs, tile)
      } else if family == Family(Categorical.self) && shape.groups.isEmpty {
        _ = suffice_softmax(target, ld, size, m, logs)
      } else if family == Family(MultivariateNormal.self) {
        suffice_gaussian_mean_map(target, ld, shape.dimension, m, logs)
      } else if family == Family(Gamma.self) {
        suffice_gamma_mean_map(target, ld, shape.dimension, m, logs)
      } else {
        for row in 0..<m {
          let natural = (0..<size).map { target[$0 * ld + row] }
          logs[row] = family.type.logPartition(natural, shape)
          for (k, value) in family.type.meanStatistics(natural, shape).enumerated() { target[k * ld + row] = value }
        }
      }
    }
  }

  /// Expectations given values of which some are missing.
  private func meanMap(
    _ family: Family, _ shape: FamilyShape, _ target: UnsafeMutablePointer<Double>, _ size: Int, given: TileSlot,
    _ logs: UnsafeMutablePointer<Double>, _ tile: Tile
  ) {
    let (ld, m) = (layout.stride, tile.count)
    let (x, width) = (slot(given, tile), plan.tiles[given.index].width)
    let isNormal = family == Family(MultivariateNormal.self)
    var expectations: [(row: Int, mean: [Double], logPartition: Double)] = []
    for row in 0..<m {
      if isNormal && !(0..<width).contains(where: { x[$0 * ld + row].isNaN }) { continue }
      let (mean, logPartition) = family.type.expectations(
        (0..<size).map { target[$0 * ld + row] }, given: (0..<width).map { x[$0 * ld + row] }, shape)
      expectations.append((row, mean, logPartition))
    }
    if expectations.count < m {
      // Where all is known, statistics are those of the values, and the log partition is ⟨η, t(x)⟩.
      logs.update(repeating: 0, count: m)
      for i in 0..<width { suffice_multiply_add(logs, target + i * ld, x + i * ld, 1, m, 1) }
      let products = target + width * ld
      withUnsafeTemporaryAllocation(of: Double.self, capacity: ld) { natural in
        for i in 0..<width {
          for j in 0...i {
            let product = products + (i * (i + 1) / 2 + j) * ld
            suffice_multiply_add(natural.baseAddress, product, nil, 1, m, 0)
            suffice_multiply_add(product, x + i * ld, x + j * ld, 1, m, 0)
            suffice_multiply_add(logs, natural.baseAddress, product, 1, m, 1)
          }
        }
      }
      target.update(from: x, count: (width - 1) * ld + m)
    }
    for (row, mean, logPartition) in expectations {
      logs[row] = logPartition
      for (k, value) in mean.enumerated() { target[k * ld + row] = value }
    }
  }
}
