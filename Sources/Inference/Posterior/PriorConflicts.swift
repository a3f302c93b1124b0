import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR
import ReferenceBackend
import SpecialFunctions

/// A global variable of which the data say what its prior holds to be improbable, so that the fit lies between the two.
///
/// Such a prior says something else than was meant, most often because it was written in other units than those of the
/// data. Source: Box, *Sampling and Bayes' inference in scientific modelling and robustness* (1980); Evans & Moshonov, *Checking
/// for prior–data conflict* (2006), with an estimate in place of a statistic.
public struct PriorConflict: Hashable, Sendable {
  /// The variable's name.
  public let variable: String
  /// The member that is farthest out, and the element of it, counted from 0.
  public let member: Int, element: Int
  /// How many members of the variable are in conflict.
  public let memberCount: Int
  /// The logarithm, to base 10, of the probability that prior and data differ as much by chance.
  public let logTail: Double
  /// What the data's fit loses by the prior's pull, in nats: half the squared distance of the posterior's centre from the data's,
  /// in deviations of what the data say; of all members in conflict.
  public let loss: Double
  /// What the prior expects, what the data say by themselves and what the fit found, in the data's units.
  public let prior: Estimate, data: Estimate, posterior: Estimate

  /// A number and how far it may be off.
  public struct Estimate: Hashable, Sendable {
    /// What it is: most often `mean`; `deviation` where rows' deviations are further apart than means.
    public let name: String
    /// The number.
    public let value: Double
    /// Its deviation; nil where the family tells none.
    public let deviation: Double?
  }
}

extension Fit {
  /// The logarithm, to base 10, of the probability below which prior and data contradict each other, where one number is looked at.
  ///
  /// A prior that pulls hard is paid for by the noise, beside which it then looks less far out than it is.
  private static let improbable = -4.0
  /// Nats a row that a conflict must cost.
  ///
  /// A mean that is off by a fifth of the rows' deviation costs as much, or a deviation that is off by a seventh. A prior that is
  /// worth a few of many rows costs less, wherever it lies.
  private static let leastLoss = 0.02
  /// The same, for each element of a row, where members describe parts of the rows.
  ///
  /// These lie closer together than all rows, of which priors mostly speak: then every member pays a little, and a prior is at fault where
  /// it makes members much wider than their rows. A deviation that is three times too large costs as much. Members of few rows, which
  /// lie as near to one another as chance has it, count nothing: those whose posterior is less than a nat for each of its numbers
  /// away from the prior.
  private static let leastLossOfParts = 0.65
  /// The divergence of a posterior from its prior, in nats, below which a member agrees with its prior or hears little of the data.
  private static let leastInformation = 0.01
  /// The part of a prior's natural parameters by which the posterior's must differ for the difference to be more than rounding.
  private static let leastDifference = 1e-13

  /// The variables that prior and data contradict each other about.
  ///
  /// What the data say is all that depends on the variable: its posterior less its prior. The prior of a variable with latent
  /// parents is that at the parents' expectations: where these are held back, it is the variable that is pulled, and so parents that
  /// no row depends on are not judged by themselves. Where a latent label chooses among members that hold a precision, each
  /// describes a part of the rows, and the rows of a part lie closer together than all: members of the same prior are in
  /// conflict with it where all their rows together are, too, or where it costs them much. Families that do not tell centre and concentration
  /// apart (`ExponentialFamily.remoteness(of:in:_:)`) are left out.
  public var priorConflicts: [PriorConflict] {
    // Priors are read off the plan; no rows are needed for it.
    guard
      let engine = try? Engine(model, data: BoundData(rowless: model), backend: ReferenceBackend(), threads: 1)
    else { return [] }
    engine.set(naturals)
    let numbers = model.plan.globals.reduce(0) { $0 + $1.members }
    let graph = model.graph
    let uses = graph.factors.filter { graph.isRowVariable($0.child) }.flatMap { factor in
      factor.arguments.compactMap { argument -> ModelGraph.Use? in
        if case .variable(let use) = argument.value { use } else { nil }
      }
    }
    return zip(graph.globals, zip(model.plan.globals, marginals)).compactMap { index, entry in
      let own = uses.filter { $0.variable == index }
      if own.isEmpty { return nil }
      var scratch = engine.memory
      engine.executor.run(entry.0.prior, on: &scratch, rate: 1)
      let isOfParts = own.contains { use in use.gates.contains { graph.variables[$0.variable].role == .latent } }
      return conflict(
        entry.1, prior: scratch[entry.0.natural], among: numbers,
        isOfParts: isOfParts && entry.1.family.type.domain != .real)
    }
  }

  private func conflict(
    _ marginal: Marginal, prior: [Double], among numbers: Int, isOfParts: Bool
  ) -> PriorConflict? {
    let (type, shape) = (marginal.family.type, marginal.shape)
    let size = prior.count / max(marginal.naturals.count, 1)
    let degrees = Double(type.valueCount(shape))
    // Of many numbers, some lie far out by chance.
    let limit = Self.improbable - _log(Double(max(numbers, 1))) / _log(10)
    /// The logarithm of the probability that a prior and what data say by themselves differ as much; nil where none is told.
    func logTail(_ data: [Double], _ prior: [Double]) -> Double? {
      guard type.isProper(data, shape), let distance = type.discrepancy(data, prior, shape) else { return nil }
      return logChiSquareTail(2 * distance, degrees: degrees) / _log(10)
    }
    let members = marginal.naturals.enumerated().map { member, natural in
      let own = Array(prior[member * size..<(member + 1) * size])
      return (own: own, data: zip(natural, own).map { $0 - $1 }, posterior: natural)
    }
    var together: [[Double]: [Double]] = [:]
    for member in members where isOfParts {
      let sum = together[member.own] ?? [Double](repeating: 0, count: size)
      together[member.own] = zip(sum, member.data).map { $0 + $1 }
    }
    let contradicted = together.filter { (logTail($1, $0) ?? 0) < limit }
    typealias Worst = (member: Int, logTail: Double, own: [Double], data: [Double])
    /// Members in conflict, and what they lose: of all, and of those that a part of the rows may well lie outside of.
    var found = [(worst: Worst?, count: Int, loss: Double)](repeating: (nil, 0, 0), count: 2)
    for (index, member) in members.enumerated() {
      let kind = !isOfParts || contradicted[member.own] != nil ? 0 : 1
      // Where the prior wins, the noise takes all that contradicts it, and the posterior lies in the prior. What the data say is then
      // small beside the prior, and counts as long as it is more than the rounding of their sum.
      let isSaid = zip(member.data, member.own).allSatisfy { abs($0) > Self.leastDifference * abs($1) || $0 == 0 }
      guard type.isProper(member.own, shape),
        isSaid || type.divergence(member.posterior, from: member.own, shape) > Self.leastInformation,
        let logTail = logTail(member.data, member.own), logTail < limit,
        let cost = type.remoteness(of: member.posterior, in: member.data, shape)
      else { continue }
      if kind == 1 && type.divergence(member.posterior, from: member.own, shape) < Double(size) { continue }
      found[kind].count += 1
      found[kind].loss += cost
      if logTail < found[kind].worst?.logTail ?? 0 { found[kind].worst = (index, logTail, member.own, member.data) }
    }
    let rows = Double(model.facts.rowCount)
    let isTooWide =
      type.domain == .meanAndPrecision && found[1].loss > Self.leastLossOfParts * rows * Double(shape.dimension)
    let told = found[0].loss > Self.leastLoss * rows ? found[0] : isTooWide ? found[1] : nil
    guard let (told, count, loss) = told, let worst = told else { return nil }
    let estimates = marginal.farthest(worst.own, worst.data, worst.member)
    return PriorConflict(
      variable: marginal.name, member: worst.member, element: estimates.element, memberCount: count,
      logTail: worst.logTail, loss: loss, prior: estimates.prior, data: estimates.data, posterior: estimates.posterior)
  }
}

extension Marginal {
  /// The element of a member whose mean, in deviations, or whose deviation, in logarithms, lies farthest from the prior's.
  fileprivate func farthest(
    _ prior: [Double], _ data: [Double], _ member: Int
  ) -> (element: Int, prior: PriorConflict.Estimate, data: PriorConflict.Estimate, posterior: PriorConflict.Estimate) {
    /// As it is told, or as the variable is kept: there an intercept far from the data has no spread of its own.
    func summary(_ natural: [Double], isTold: Bool) -> [Summary] {
      Marginal(
        name: name, family: family, shape: shape, naturals: [natural], center: center,
        maps: maps.isEmpty || !isTold ? [] : [maps[member]]
      ).summary()
    }
    func values(_ name: String, _ summary: [Summary]) -> [Double] { summary.first { $0.name == name }?.values ?? [] }
    let all = [summary(prior, isTold: true), summary(data, isTold: true), self.summary(member)]
    let kept = [summary(prior, isTold: false), summary(data, isTold: false)]
    let statistic = all[0].first?.name ?? "mean"
    let (means, spreads) = (all.map { values(statistic, $0) }, all.map { values("deviation", $0) })
    let hasDeviations = spreads[0].count == means[0].count
    // Deviations of rows are parameters of their own where a variable holds a precision.
    let isOfRows = family.type.domain == .meanAndPrecision
    var best = (element: 0, score: -1.0, isSpread: false)
    let (first, second) = (values(statistic, kept[0]), values(statistic, kept[1]))
    let deviations = kept.map { values("deviation", $0) }
    // Maps of inputs tell no deviations of their own: their rows' deviations stand for them.
    for i in first.indices where i < second.count && (hasDeviations || !isOfRows) {
      // Beside the spreads of both: where the data say little, they may well lie elsewhere.
      let spread =
        hasDeviations ? (deviations[0][i] * deviations[0][i] + deviations[1][i] * deviations[1][i]).squareRoot() : 1
      let score = abs(second[i] - first[i]) / spread
      if score > best.score { best = (i, score, false) }
    }
    for i in deviations[0].indices where isOfRows && i < deviations[1].count {
      let score = abs(_log(deviations[1][i] / deviations[0][i]))
      if score > best.score { best = (i, score, true) }
    }
    let estimates = all.indices.map { k -> PriorConflict.Estimate in
      if best.isSpread { return .init(name: "deviation", value: spreads[k][best.element], deviation: nil) }
      return .init(
        name: statistic, value: best.element < means[k].count ? means[k][best.element] : .nan,
        deviation: hasDeviations && !isOfRows ? spreads[k][best.element] : nil)
    }
    return (best.element, estimates[0], estimates[1], estimates[2])
  }
}

extension PriorConflict: CustomStringConvertible {
  /// The finding as a sentence, with what to do about it; members and elements by number.
  public var description: String {
    sentence(member: memberCount > 1 || member > 0 ? "member \(member + 1)" : "", element: "element \(element + 1)")
  }

  /// The finding as a sentence, with what to do about it.
  ///
  /// - Parameters:
  ///   - member: What the member is called; empty for a variable with one.
  ///   - element: What the element is called; empty for one.
  public func sentence(member: String, element: String) -> String {
    func text(_ estimate: Estimate) -> String {
      let deviation = estimate.deviation.map { " ± \(shortNumber($0))" } ?? ""
      // What is far below its deviation is the rounding of a 0.
      let isZero = estimate.deviation.map { abs(estimate.value) < 1e-9 * $0 } ?? false
      let value = isZero ? "0" : shortNumber(estimate.value)
      return (estimate.name == "mean" ? "" : "a \(estimate.name) of ") + value + deviation
    }
    let names = [member, element].filter { !$0.isEmpty }.joined(separator: ", ")
    let others = memberCount > 1 ? ", as with \(memberCount - 1) more of its members" : ""
    let tail = logTail > -300 ? "1e\(Int(logTail.rounded()))" : "less than 1e-300"
    return
      "\(variable)\(names.isEmpty ? "" : " (\(names))"): the prior expects \(text(prior)), the data say \(text(data))"
      + "\(others), and the fit finds \(text(posterior)). Prior and data differ as much with a probability of \(tail). Write the "
      + "prior in the data's units, or give it less weight."
  }
}

/// A number with five digits.
private func shortNumber(_ x: Double) -> String {
  if x == 0 || !x.isFinite { return "\(x)" }
  var (scale, size) = (1.0, abs(x))
  while size < 1e4 && scale < 1e300 { (scale, size) = (scale * 10, size * 10) }
  while size >= 1e5 && scale > 1e-300 { (scale, size) = (scale / 10, size / 10) }
  let rounded = (x * scale).rounded() / scale
  return rounded == rounded.rounded() && abs(rounded) < 1e9 ? "\(Int(rounded))" : "\(rounded)"
}
