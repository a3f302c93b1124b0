#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Finds the correlation matrix of the normal scores that gives the columns their correlations.
struct Matching {
  private(set) var latent: DenseMatrix
  /// A root F of the latent matrix, FFᵀ.
  private(set) var factor: DenseMatrix
  private(set) var pairs: [MatchedPair]

  init(_ declaration: Declaration, infeasible: JointDistribution.Infeasible, threads: Int) throws(JointError) {
    let margins = declaration.margins
    let order = margins.count
    let curves = Curves(declaration, threads: threads)
    let matched = curves.matched(declaration.targets, threads: threads)
    pairs = matched

    let outside = matched.filter { if case .bounds = $0.reason { true } else { false } }
    if infeasible == .error, !outside.isEmpty {
      throw Declaration.all(
        outside.map { pair in
          guard case .bounds(let bounds) = pair.reason else { return "" }
          return "\"\(margins[pair.first].name)\" and \"\(margins[pair.second].name)\" cannot have the "
            + "\(pair.kind.name) correlation \(text(pair.target)): with these margins it lies between "
            + "\(Self.rounded(bounds.lowerBound, up: true)) and \(Self.rounded(bounds.upperBound, up: false))."
        })
    }

    let given = matched.map { (i: $0.first, j: $0.second, value: $0.latent) }
    if matched.count == order * (order - 1) / 2 {
      latent = DenseMatrix(identity: order)
      for pair in given { (latent[pair.i, pair.j], latent[pair.j, pair.i]) = (pair.value, pair.value) }
    } else {
      // Score correlations of ±1 leave no room for an inverse; those columns are completed as if they were nearly so.
      let completion = Completion(
        order: order, pairs: given.map { ($0.i, $0.j, min(max($0.value, -1 + 1e-9), 1 - 1e-9)) })
      latent = completion.isComplete ? completion.matrix : DenseMatrix(identity: order)
      for pair in given { (latent[pair.i, pair.j], latent[pair.j, pair.i]) = (pair.value, pair.value) }
    }
    if let factor = latent.choleskyFactor() {
      self.factor = factor
      return
    }
    let eigensystem = latent.eigensystem()
    let least = eigensystem.values[0]
    if least > -1e-11 {
      // Singular, as where one column decides another: any root of the matrix will do, and none of it changes.
      factor = eigensystem.vectors
      for k in 0..<order { for i in 0..<order { factor[i, k] *= max(eigensystem.values[k], 0).squareRoot() } }
      return
    }
    if infeasible == .error { throw Self.notDefinite(margins, matched, least) }
    let weights = Self.weights(order, matched, curves)
    latent = NearestCorrelation(to: latent, weights: weights).matrix
    guard let factor = latent.choleskyFactor() else {
      throw JointError("the correlation matrix of the normal scores could not be made positive definite.")
    }
    self.factor = factor
    let repaired = latent
    pairs = parallelMap(threads, matched.count) { index in
      var pair = matched[index]
      pair.latent = repaired[pair.first, pair.second]
      (pair.achieved, pair.error) = curves.value(of: pair)
      if pair.isChanged, pair.reason == nil { pair.reason = .notPositiveDefinite }
      return pair
    }
  }

  private static func notDefinite(_ margins: [Margin], _ pairs: [MatchedPair], _ least: Double) -> JointError {
    let order = margins.count
    let rest = " '--infeasible clip', or 'infeasible: .clip', takes the nearest ones and lists what changes."
    // Values of one kind for all pairs are a correlation matrix themselves, unless no distribution has them.
    if pairs.count == order * (order - 1) / 2, Set(pairs.map(\.kind)).count == 1, pairs.first?.kind != .kendall {
      var targets = DenseMatrix(identity: order)
      for pair in pairs {
        (targets[pair.first, pair.second], targets[pair.second, pair.first]) = (pair.target, pair.target)
      }
      let value = targets.eigensystem().values[0]
      if value < -1e-10 {
        return JointError(
          "no columns at all have these correlations: their matrix is not positive semidefinite (its least eigenvalue is "
            + "\(shortText(value)))." + rest)
      }
    }
    return JointError(
      "each pair of columns can have its correlation, but normal scores cannot give all of them at once: the correlation "
        + "matrix of the scores would have the eigenvalue \(shortText(least)). Another kind of dependence may reach them."
        + rest)
  }

  /// Weights wᵢwⱼ near the slopes of the pairs, so that changes are small where they move the columns' correlations most.
  private static func weights(_ order: Int, _ pairs: [MatchedPair], _ curves: Curves) -> [Double] {
    var sums = [Double](repeating: 0, count: order)
    var counts = [Double](repeating: 0, count: order)
    for pair in pairs {
      let slope = log(min(max(curves.slope(of: pair), 0.05), 1))
      for i in [pair.first, pair.second] {
        sums[i] += slope
        counts[i] += 1
      }
    }
    let total = counts.reduce(0, +)
    let mean = total > 0 ? sums.reduce(0, +) / total : 0
    // The least-squares fit of log wᵢ + log wⱼ for a matrix whose pairs are all given.
    return (0..<order).map { counts[$0] > 0 ? exp(sums[$0] / counts[$0] - 0.5 * mean) : 1 }
  }

  private static func rounded(_ x: Double, up: Bool) -> String {
    // Towards the inside, so that what a message says is feasible is.
    text((x * 1e6).rounded(up ? .up : .down) / 1e6)
  }
}

/// A number with four digits.
func shortText(_ x: Double) -> String {
  if x == 0 { return "0" }
  let scale = pow(10, 3 - floor(log10(x.magnitude)))
  return text((x * scale).rounded() / scale)
}

extension CorrelationKind {
  /// What messages call it.
  public var name: String {
    switch self {
    case .pearson: "Pearson"
    case .spearman: "Spearman"
    case .kendall: "Kendall"
    case .latent: "latent"
    }
  }
}
