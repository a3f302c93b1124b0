import ExponentialFamilies
import PlanIR

extension Engine {
  /// Gives every latent space the basis in which the bound is highest; whether any changed.
  ///
  /// Requires: the sums over rows are those of the last sweep, and of the rows that are swept next.
  ///
  /// Global variables become their images, and scales follow. Sums over rows are left in the old basis: the next sweep finds
  /// the distributions of the rows' variables anew, and they are then at least as good as the images of what they were. Sums that
  /// are carried over from elsewhere would stay in the old basis, so that with these nothing changes.
  func changeBases() -> Bool {
    guard carried == nil else { return false }
    var hasChanged = false
    for basis in plan.latentBases {
      guard let objective = BasisObjective(basis, self), let found = BasisSearch.climb(objective),
        found.gain > Self.leastBasisGain * Double(rowCount)
      else { continue }
      change(objective, to: found.map, found.value)
      hasChanged = true
    }
    return hasChanged
  }

  /// Gains in nats a row for which no basis is changed: sums over rows are not more exact.
  private static let leastBasisGain = 1e-12

  /// Gives a space another basis, in which the bound has a value.
  func change(_ objective: BasisObjective, to map: AffineMap, _ value: BasisObjective.Value) {
    guard let inverse = AffineMap(SquareMatrix(rows: map.inverse).transposed.rows) else { return }
    let (basis, k) = (objective.basis, objective.basis.dimension)
    for (place, variable) in basis.variables.enumerated() {
      let global = plan.globals[variable.position]
      var natural = memory[global.natural]
      let size = natural.count / max(global.members, 1)
      let matrix = objective.matrices[place].map { BasisObjective.image($0, by: map, variable.side) }
      for (row, member) in variable.members.enumerated() {
        let range = member * size..<(member + 1) * size
        if let matrix {
          guard let precision = matrix.covariances[row].symmetric.cholesky()?.inverse() else { continue }
          let mean = Array(matrix.means.elements[row * k..<(row + 1) * k])
          natural.replaceSubrange(
            range, with: MultivariateNormal.natural(from: [mean, precision.packed], global.shape))
        } else {
          natural.replaceSubrange(
            range,
            with: MultivariateNormal.natural(
              Array(natural[range]), mappedBy: variable.side == .vector ? map : inverse, global.shape))
        }
      }
      set(natural, of: global)
    }
    for (position, natural) in value.scales { set(natural, of: plan.globals[position]) }
  }

  /// Gives a global variable natural parameters, and the expectations that belong to them.
  func set(_ natural: [Double], of global: Plan.GlobalVariable) {
    memory[global.natural] = natural
    let expectations = Step.expectations(
      global.family, global.shape, members: global.members, natural: global.natural, mean: global.mean)
    executor.run([expectations], on: &memory, rate: 1)
  }
}
