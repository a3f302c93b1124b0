import Suffice

extension FamilyChecker {
  /// Statistics have different names; parameters have the numbers that their forms say.
  mutating func checkForms(_ shape: FamilyShape) {
    let names = family.statistics(shape).map(\.name)
    if Set(names).count != names.count { fail(.counts, shape, "two statistics have one name") }
    for name in names where family.offset(of: name, shape) == nil {
      fail(.counts, shape, "statistic \(name.key) has no offset")
    }
    let bad = [Double](repeating: .nan, count: family.valueCount(shape))
    if !bad.isEmpty {
      if family.expectation(violatedBy: bad, shape) == nil { fail(.support, shape, "NaN lies in the support") }
      let infinite = bad.map { _ in Double.infinity }
      if family.expectation(violatedBy: infinite, shape) == nil { fail(.support, shape, "∞ lies in the support") }
    }
  }

  /// Nothing on the boundary or outside is proper, and the log partition is not finite there.
  mutating func checkImproper(_ shape: FamilyShape) {
    for member in FamilyMember.improper(family, shape) {
      let natural = family.natural(from: member.parameters, shape)
      if family.isProper(natural, shape) { fail(.properness, member, "parameters that are not allowed are proper") }
      if natural.allSatisfy(\.isFinite) && family.logPartition(natural, shape).isFinite {
        fail(.properness, member, "the log partition is finite outside the domain")
      }
    }
  }

  /// θ → η → θ′ → η′ and on to θ″: η′ = η, θ″ = θ′, and θ′ = θ where the family is minimal (a categorical's
  /// probabilities are known up to a factor).
  mutating func checkRoundTrip(_ point: Point) {
    let (family, shape) = (family, point.shape)
    let conventional = family.parameters(from: point.natural, shape)
    let forms = family.parameters(shape).map(\.form.count)
    guard conventional.map(\.count) == forms else {
      fail(.counts, point.member, "parameters have \(conventional.map(\.count)) numbers, but their forms \(forms)")
      return
    }
    let summary = family.summary(point.natural, shape)
    if !summary.flatMap(\.values).allSatisfy(\.isFinite) { fail(.counts, point.member, "the summary is not finite") }

    func back(_ flat: [Double]) -> [Double] {
      var rest = flat[...]
      let parameters = forms.map { count in
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
      }
      return family.natural(from: parameters, shape)
    }
    func forth(_ natural: [Double]) -> [Double] { family.parameters(from: natural, shape).flatMap { $0 } }

    let flat = conventional.flatMap { $0 }
    let natural = back(flat)
    let reason = "what a change of the parameters by 4 ulp explains, eightfold"
    let size = point.natural.map(abs).max() ?? 0
    let naturalNoise = zip(sensitivity(flat, back), sensitivity(point.natural) { back(forth($0)) }).map {
      8 * ($0 + $1 + size.ulp)
    }
    for i in natural.indices {
      expect(
        natural[i], point.natural[i], .absolute(naturalNoise[i], because: reason), .roundTrip, point,
        "natural parameter \(i) of the conventional parameters")
    }
    let noise = sensitivity(point.natural, forth)
    let again = forth(natural)
    let given = point.member.parameters.flatMap { $0 }
    for i in flat.indices {
      let tolerance = Tolerance.absolute(8 * noise[i], because: reason)
      expect(again[i], flat[i], tolerance, .roundTrip, point, "conventional parameter \(i) after a round trip")
      if point.spectrum.values.allSatisfy({ $0 > Self.nullEigenvalue }) {
        expect(flat[i], given[i], tolerance, .roundTrip, point, "conventional parameter \(i)")
      }
    }
  }

  /// Increments half of the way to other members, and by zero.
  mutating func checkIncrements(_ points: [Point]) {
    for point in points {
      let base = family.logPartition(point.natural, point.shape)
      let all = points.map { other in zip(other.natural, point.natural).map { 0.5 * ($0 - $1) } }
      let values = family.logPartitionIncrements(
        point.natural, adding: all.flatMap { $0 }, count: all.count, point.shape)
      guard values.count == all.count else {
        fail(.increments, point.member, "\(values.count) results for \(all.count) increments")
        continue
      }
      for (value, delta) in zip(values, all) {
        let moved = zip(point.natural, delta).map { $0 + $1 }
        let expected = family.logPartition(moved, point.shape)
        let noise = sensitivity(moved) { [family.logPartition($0, point.shape)] }[0]
        let scale = abs(expected) + abs(base)
        expect(
          value, expected - base, .absolute(8 * noise + 64 * scale.ulp, because: "rounding of both log partitions"),
          .increments, point, "the increment")
      }
    }
  }

  /// Whether members of the shape are products of independent elements, and of which shapes: all statistics and all
  /// parameters are vectors with a number for each element; or there are groups.
  func elements(_ shape: FamilyShape) -> (shapes: [FamilyShape], ranges: [Range<Int>])? {
    if !shape.groups.isEmpty {
      return (shape.groups.map { FamilyShape(dimension: $0) }, shape.groupRanges)
    }
    let isVector =
      family.statistics(shape).allSatisfy { $0.form == .vector(shape.dimension) }
      && family.parameters(shape).allSatisfy { $0.form == .vector(shape.dimension) }
    let isJoint = [.simplex, .label, .unitVector].contains(family.domain)
    guard isVector, shape.dimension > 1, !isJoint else { return nil }
    return (
      [FamilyShape](repeating: FamilyShape(dimension: 1), count: shape.dimension),
      (0..<shape.dimension).map { $0..<($0 + 1) }
    )
  }

  /// The log density of a value is the sum over the elements' densities, at sampled values.
  mutating func checkProduct(_ point: Point, values: [[Double]]) {
    guard let (shapes, ranges) = elements(point.shape) else { return }
    let (family, shape) = (family, point.shape)
    let parts = shapes.indices.map { e in
      stride(from: 0, to: point.natural.count, by: shape.dimension).flatMap { block in
        ranges[e].map { point.natural[block + $0] }
      }
    }
    // A label is one number for a whole group; other values have one for each element, in blocks.
    let width = family.domain == .label ? shapes.count : shape.dimension
    for value in values {
      var terms: [Double] = []
      for e in shapes.indices {
        let places = family.domain == .label ? e..<(e + 1) : ranges[e]
        let part = stride(from: 0, to: value.count, by: width).flatMap { block in places.map { value[block + $0] } }
        terms.append(family.logDensity(of: part, natural: parts[e], shapes[e]))
      }
      let size =
        terms.reduce(0) { $0 + abs($1) }
        + zip(point.natural, family.statistics(of: value, shape)).reduce(0) { $0 + abs($1.0 * $1.1) }
        + abs(family.logPartition(point.natural, shape))
      expect(
        family.logDensity(of: value, natural: point.natural, shape), terms.reduce(0, +),
        .absolute(1e-13 * size, because: "rounding of the sums in another order"), .product, point, "the log density")
    }
  }
}
