import Suffice

extension FamilyChecker {
  /// Eigenvalues of the Fisher matrix with unit diagonal below this are taken for zero: finite differences cannot tell.
  static let nullEigenvalue = 1e-6

  /// ∇A = E[t] by differences of the log partition; the Jacobian of E[t] is symmetric and not negative.
  mutating func checkGradient(_ point: Point) {
    let (family, shape, scale) = (family, point.shape, point.deviations)
    let noise = sensitivity(point.natural) { [family.logPartition($0, shape)] }
    let constants = constantIndices(shape)
    for i in constants where point.mean[i] != 0 {
      fail(.gradient, point.member, "the mean of statistic \(i) is not 0, although it is a constant's")
    }
    for i in point.natural.indices where !constants.contains(i) {
      let first = step(point.natural, i, shape)
      let quotient = derivative(step: first, noise: noise) {
        [family.logPartition(moved(point.natural, i, $0), shape)]
      }
      let size = abs(point.mean[i]) + scale[i]
      if !(quotient.errors[0] <= 1e-4 * size + 100 * noise[0] / first) {
        fail(.gradient, point.member, "difference quotients of the log partition along \(i) do not converge")
      }
      expect(
        point.mean[i], quotient.values[0],
        .absolute(
          1e-8 * size + 10 * quotient.errors[0] + 8 * point.noise[i],
          because: "ten times the estimated error of Richardson's extrapolation, and conditioning"),
        .gradient, point, "mean statistic \(i)")
    }
    let conditioning = scale.indices.map { point.noise[$0] / (abs(point.mean[$0]) + scale[$0]) }.max() ?? 0
    for i in scale.indices {
      for j in 0..<i {
        let error = point.fisherError[i][j] + point.fisherError[j][i]
        expect(
          point.fisher[i][j], point.fisher[j][i],
          .absolute(
            (1e-7 + 100 * conditioning) * scale[i] * scale[j] + 10 * error,
            because: "ten times the estimated errors of Richardson's extrapolation, and conditioning"),
          .fisher, point, "element (\(i), \(j)) of the Fisher matrix")
      }
    }
    let least = point.spectrum.values.min() ?? 0
    if !(least > -Self.nullEigenvalue - 100 * conditioning)
      || point.fisher.indices.contains(where: { !(point.fisher[$0][$0] >= 0) })
    {
      fail(.fisher, point.member, "the Fisher matrix is not positive; least eigenvalue \(least) at unit diagonal")
    }
  }

  /// KL(p ‖ p) = 0 and KL(p ‖ q) ≥ 0.
  mutating func checkPair(_ p: Point, _ q: Point) {
    let own = family.divergence(p.natural, from: p.natural, p.shape)
    expect(own, 0, .absolute(0, because: "equal terms cancel exactly"), .divergence, p, "the divergence from itself")
    let natural = natural(of: q, constantsOf: p)
    let other = family.divergence(p.natural, from: natural, p.shape)
    let size =
      abs(family.logPartition(p.natural, p.shape)) + abs(family.logPartition(natural, p.shape))
      + p.mean.indices.reduce(0) { $0 + abs((natural[$1] - p.natural[$1]) * p.mean[$1]) }
    if !(other >= -1e-13 * size) { fail(.divergence, p.member, "the divergence from another member is \(other)") }
  }
}
