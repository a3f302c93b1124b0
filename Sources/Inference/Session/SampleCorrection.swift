import PlanIR

/// Passes over a sample that lead to the optimum of all rows.
///
/// The optimum of a sample is not that of all rows. But with the sums T(λ) that rows add up to at parameters λ, those over all
/// rows and, scaled to as many, those over a sample differ by C = T(λ₀) − Tₛ(λ₀), and near λ₀ by hardly anything else: passes whose
/// sums are Tₛ(λ) + C climb a bound that touches that of all rows at λ₀ and is bent much as it is. Their end is far nearer the
/// optimum of all rows than λ₀ was, at the cost of passes over the sample; and how much they gained tells what passes over all rows
/// would gain. Where a pass over all rows then finds a lower bound, the fit goes back to where they began.
///
/// Source: the surrogate likelihood of Jordan, Lee & Yang, *Communication-Efficient Distributed Statistical Inference*, JASA 114
/// (2019), equations 4 and 5, on the sums of conjugate models; its first-order term is the control variate of Johnson &
/// Zhang, NeurIPS 2013.
public struct SampleCorrection: Hashable, Sendable {
  /// Where the fit was after the pass over all rows in which these were compared with the sample.
  public var origin: Acceleration.Fallback
  /// C.
  public var statistics: RowStatistics

  /// Describes a correction.
  public init(origin: Acceleration.Fallback, statistics: RowStatistics) {
    self.origin = origin
    self.statistics = statistics
  }
}

extension Engine {
  /// Sweeps some rows, and a sample of them first at the same parameters; by how much their sums exceed those of the sample.
  func sweep(_ rows: RowSelection, comparing sample: RowSelection) -> RowStatistics {
    sweep(sample)
    let sampled = memory.statistics(plan.rowTotals)
    sweep(rows)
    return memory.statistics(plan.rowTotals) - sampled
  }

  /// How much further than its sampling error a sample may lead a member, as a ratio of squares.
  private static let trust = 10.0

  /// Sweeps a sample, whose sums are corrected, and moves all global variables.
  ///
  /// A member of which the sample has few rows may be led anywhere, or out of its domain. It stays where it was before it would be
  /// further from where it began than some times the sampling error of its p parameters: ⟨δη, δμ⟩ ≈ p N / n, for a sample of n of
  /// N rows (see ``Acceleration`` for this length).
  func pass(over sample: RowSelection, correctedBy correction: SampleCorrection) {
    sweep(sample)
    memory.add(correction.statistics)
    let before = plan.globals.map { (memory[$0.natural], memory[$0.mean]) }
    updateAll()
    let scale = Self.trust * Double(rowCount) / Double(max(sample.count, 1))
    var (after, isTrusted) = (plan.globals.map { memory[$0.natural] }, true)
    for (i, variable) in plan.globals.enumerated() {
      let origin = (correction.origin.memory[variable.natural.index], correction.origin.memory[variable.mean.index])
      let now = (after[i], memory[variable.mean])
      let size = after[i].count / max(variable.members, 1)
      func isNear(_ place: ([Double], [Double]), _ range: Range<Int>) -> Bool {
        let member = Array(place.0[range])
        guard member.allSatisfy(\.isFinite), variable.family.type.isProper(member, variable.shape) else { return false }
        let length = range.reduce(0) { $0 + (place.0[$1] - origin.0[$1]) * (place.1[$1] - origin.1[$1]) }
        return abs(length) <= scale * Double(size)
      }
      for m in 0..<variable.members {
        let range = m * size..<(m + 1) * size
        if isNear(now, range) { continue }
        after[i].replaceSubrange(range, with: (isNear(before[i], range) ? before[i].0 : origin.0)[range])
        isTrusted = false
      }
    }
    if !isTrusted { set(after) }
  }

  /// Where a fit with this bound is.
  func place(bound: Double) -> Acceleration.Fallback {
    Acceleration.Fallback(bound: bound, memory: memory.values, rows: keptRows, parts: parts)
  }

  /// Goes back to where a fit was.
  func restore(_ place: Acceleration.Fallback) {
    (memory.values, keptRows, parts) = (place.memory, place.rows, place.parts)
    (swept, moved) = (nil, [])
  }
}

extension FitSession {
  /// Passes over a sample from which what passes over all rows would gain is told.
  private static let leastPasses = 8

  /// Whether sums over a sample can stand for those over all rows: where they are all that rows say, and no row goes on from where
  /// it was.
  var canCorrect: Bool {
    engine.canCarrySums && engine.plan.resumed.isEmpty && settings.order == nil && !solvesGroups
  }

  /// How often the fit has gone over all rows; a pass over a sample is a part of one.
  var passesOverAllRows: Double {
    if choice.schedule.judge != .bound { return Double(trace.count) }
    return trace.reduce(0) { $0 + Double($1.rows) } / Double(max(engine.rowCount, 1))
  }

  /// Where the fit goes back to because passes over a sample led nowhere, or all rows no higher; nil where they did not.
  func originOfLostPasses(_ batch: Batch, _ found: Double) -> Acceleration.Fallback? {
    guard let origin = correction?.origin else { return nil }
    // Within the passes over the sample an extrapolation has a way back of its own.
    if batch.isCorrected { return found.isFinite || acceleration.fallback != nil ? nil : origin }
    return found >= origin.bound ? nil : origin
  }

  /// Where corrected passes began, and what they promise for all rows, if that is little enough for the fit to end there.
  mutating func originAtEnd(_ batch: Batch, _ bound: Double) -> (Acceleration.Fallback, gain: Double)? {
    guard batch.isCorrected, let origin = correction?.origin else { return nil }
    // The first gains are those of what moves fast; what is slow shows later.
    let passes = trace.reversed().prefix { $0.rows != order.total }.count + 1
    guard passes >= Self.leastPasses || forecast.passesAtRounding > 0 else { return nil }
    let gain = max(bound - origin.bound, 0)
    // Passes at rounding have ended, however much they gained before.
    guard forecast.proves(within: toleratedGain - gain) else { return nil }
    let told = gain + forecast.toldRemainingGain
    return told <= toleratedGain ? (origin, told) : nil
  }

  /// Goes back to where corrected passes began, from where passes over all rows are told to gain so much.
  mutating func goBack(to origin: Acceleration.Fallback, expecting gain: Double?) {
    engine.restore(origin)
    correction = nil
    acceleration.restart()
    forecast = GainForecast(from: origin.bound, toldRemainingGain: gain)
  }
}
