#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The curves of all pairs: what correlation the columns have where their scores have one.
struct Curves {
  typealias Target = (first: Int, second: Int, kind: CorrelationKind, value: Double)

  /// Expansions of the values, and of the grades; nil where no pair asks for them.
  private let values: [HermiteExpansion?]
  private let grades: [HermiteExpansion?]

  init(_ declaration: Declaration, threads: Int) {
    let margins = declaration.margins
    func expansions(_ kind: CorrelationKind, _ expand: (any MarginLaw) -> HermiteExpansion) -> [HermiteExpansion?] {
      var isUsed = [Bool](repeating: false, count: margins.count)
      for target in declaration.targets where target.kind == kind {
        (isUsed[target.first], isUsed[target.second]) = (true, true)
      }
      return parallelMap(threads, margins.count) { isUsed[$0] ? expand(margins[$0].law) : nil }
    }
    values = expansions(.pearson) { HermiteExpansion($0) }
    grades = expansions(.spearman) { HermiteExpansion(gradesOf: $0) }
  }

  private func expansions(_ kind: CorrelationKind) -> [HermiteExpansion?] {
    kind == .pearson ? values : kind == .spearman ? grades : []
  }

  private func curve(_ first: Int, _ second: Int, _ kind: CorrelationKind) -> PairCurve? {
    guard kind == .pearson || kind == .spearman, let a = expansions(kind)[first], let b = expansions(kind)[second]
    else {
      return nil
    }
    return PairCurve(a: a, b: b)
  }

  /// The correlation of a pair, and a bound on its error, at the correlation of its scores.
  func value(of pair: MatchedPair) -> (value: Double, error: Double) {
    if let curve = curve(pair.first, pair.second, pair.kind) {
      return (curve.value(pair.latent), curve.error(pair.latent))
    }
    // Kendall's τ of continuous columns is (2/π) arcsin r.
    return (pair.kind == .kendall ? asin(pair.latent) * 2 / .pi : pair.latent, 1e-15)
  }

  /// The change of a pair's correlation with that of its scores.
  func slope(of pair: MatchedPair) -> Double {
    if let curve = curve(pair.first, pair.second, pair.kind) { return curve.series(pair.latent).slope }
    return pair.kind == .kendall ? 2 / .pi / max(1 - pair.latent * pair.latent, 1e-4).squareRoot() : 1
  }

  /// Solves all pairs; those out of bounds get the nearest bound.
  func matched(_ targets: [Target], threads: Int) -> [MatchedPair] {
    var pairs = targets.map { target in
      MatchedPair(
        first: target.first, second: target.second, kind: target.kind, target: target.value, latent: target.value,
        achieved: target.value, error: 1e-15)
    }
    for index in pairs.indices where pairs[index].kind == .kendall {
      pairs[index].latent = sin(0.5 * .pi * pairs[index].target)
    }
    for kind in [CorrelationKind.pearson, .spearman] {
      let chosen = pairs.indices.filter { pairs[$0].kind == kind }
      for (index, pair) in zip(chosen, matched(chosen.map { pairs[$0] }, expansions(kind), threads: threads)) {
        pairs[index] = pair
      }
    }
    return pairs
  }

  private static let chunk = 1024

  private func matched(_ pairs: [MatchedPair], _ expansions: [HermiteExpansion?], threads: Int) -> [MatchedPair] {
    // Columns without an expansion are in no pair; positions go over to those that have one.
    let used = expansions.indices.filter { expansions[$0] != nil }
    let all = used.compactMap { expansions[$0] }
    var positions = [Int](repeating: 0, count: expansions.count)
    for (position, index) in used.enumerated() { positions[index] = position }
    let batch = PairBatch(all)
    let chunks = (pairs.count + Self.chunk - 1) / Self.chunk
    return parallelMap(threads, chunks) { chunk in
      var part = Array(pairs[(chunk * Self.chunk)..<min(pairs.count, (chunk + 1) * Self.chunk)])
      var waiting: [(i: Int, j: Int, target: Double)] = []
      var indices: [Int] = []
      for index in part.indices {
        let (i, j) = (positions[part[index].first], positions[part[index].second])
        let curve = PairCurve(a: all[i], b: all[j])
        // Where the target is clear of the series' ends by more than its error there, it is feasible.
        let ends = batch.ends(i, j)
        let margin = curve.seriesError(1) + 1e-9
        if part[index].target > ends.low + margin, part[index].target < ends.high - margin {
          waiting.append((i, j, part[index].target))
          indices.append(index)
        } else {
          Self.solve(&part[index], curve, bounds: curve.bounds())
        }
      }
      for start in stride(from: 0, to: waiting.count, by: 8) {
        let range = start..<min(start + 8, waiting.count)
        for (offset, r) in batch.solve(waiting[range]).enumerated() {
          let pair = waiting[start + offset]
          let index = indices[start + offset]
          let curve = PairCurve(a: all[pair.i], b: all[pair.j])
          let error = curve.seriesError(r)
          if error > 1e-12 {
            Self.solve(&part[index], curve, bounds: nil)
          } else {
            (part[index].latent, part[index].error) = (r, error)
          }
        }
      }
      return part
    }.flatMap { $0 }
  }

  private static func solve(_ pair: inout MatchedPair, _ curve: PairCurve, bounds: ClosedRange<Double>?) {
    if let bounds, pair.target < bounds.lowerBound - 1e-12 || pair.target > bounds.upperBound + 1e-12 {
      pair.latent = pair.target < 0 ? -1 : 1
      pair.achieved = pair.target < 0 ? bounds.lowerBound : bounds.upperBound
      pair.reason = .bounds(bounds)
      return
    }
    pair.latent = curve.solve(pair.target, bounds: bounds ?? -2...2)
    pair.error = curve.error(pair.latent)
  }
}
