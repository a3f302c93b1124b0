/// What further passes over some rows would gain, estimated from the bounds after the passes so far.
///
/// Gains of coordinate ascent fall geometrically near an optimum, so that the sum of all that are to come follows from the last
/// one and the ratio r of a gain to the one before: g r / (1 − r) (Aitken 1926). There the gains are a sum of
/// geometric sequences with positive weights, whose ratio only rises, towards that of the slowest; so the largest of the last
/// ratios counts, and a rise goes on by as much. A ratio of 1 or more is no end but a plateau that is being left: what is to come
/// is then unknown, and infinite.
///
/// Where passes are accelerated, a step takes away most of the slowest sequence, which is back some steps later. There ratios
/// count longer, and what some passes gained together is compared with what as many before them gained: the larger
/// estimate counts. Even so such gains tell little: after a step the fast sequences are there again, which hides the slow one, and
/// of many estimates one is small by chance. So an accelerated fit ends by what plain passes in a row tell, the proof
/// (``proves(within:)``), and what a fit tells, and ends by, is ``caution`` times the estimate.
struct GainForecast: Hashable, Sendable {
  /// The bound after the last pass; NaN before there is one.
  var bound: Double { bounds[3 * Self.span] }
  /// What the last pass gained.
  private(set) var gain = Double.nan
  /// The sum of the gains to come, in the unit of the bounds; infinite before one can tell.
  private(set) var expectedRemainingGain = Double.infinity
  /// Passes in a row, up to the last, that changed the bound by no more than rounding does.
  private(set) var passesAtRounding = 0
  /// What plain gains were of the plain gains before them: the last few, NaN before there are so many, the last one at the end.
  private var ratios = [Double](repeating: .nan, count: Self.longMemory)
  /// The last bounds, NaN before there are so many, ``bound`` at the end.
  private var bounds = [Double](repeating: .nan, count: 3 * Self.span + 1)
  /// Whether the last pass started from where the one before it ended.
  private var isPlain = true
  /// Whether some pass did not.
  private var isAccelerated = false
  /// Plain passes of a proof so far; nil where there is none.
  private var proofPasses: Int?

  /// Ratios that count: of plain passes one after another, and of those between steps.
  private static let (memory, longMemory) = (3, 8)
  /// Passes whose gains are compared as one, where passes are accelerated: those of two steps.
  private static let span = 6
  /// Passes at rounding that end a fit: the parameters move on for some when the bound, which is flat at its top, does not.
  private static let patience = 5

  /// What is told, and ends a fit, is so many times the estimate: where gains are geometric, they end as often above it as below.
  static let caution = 2.0
  /// What is told to be left.
  var toldRemainingGain: Double { Self.caution * expectedRemainingGain }
  /// Plain passes of a proof: after the first few, what a step brought back is gone, and three ratios follow.
  private static let proofLength = 5
  /// By how much the length of gains may grow in a pass and still tell what is to come.
  private static let mostGrowth = 0.95

  /// Nothing is known yet; or, over other rows, nothing but how slowly gains fell before.
  init(after earlier: GainForecast? = nil) {
    if let earlier { ratios[Self.longMemory - 1] = earlier.ratios[Self.longMemory - 1] }
  }

  /// Nothing is known yet but the bound that passes start from, or what was found about them in another way.
  init(from bound: Double, toldRemainingGain: Double? = nil) {
    bounds[3 * Self.span] = bound
    if let toldRemainingGain { (gain, expectedRemainingGain) = (0, toldRemainingGain / Self.caution) }
  }

  /// The ratio that gains to come are expected to have; nil before one can tell.
  ///
  /// While fast sequences still hide a slow one, ratios rise much: where they will end is unknown.
  var ratio: Double? {
    let recent = ratios.suffix(Self.memory).filter { !$0.isNaN }
    guard recent.count > 1, let largest = recent.max(), let last = recent.last else { return nil }
    let rise = max(last - recent[recent.count - 2], 0)
    if last < 1 && rise > Self.mostRise * min(last, 1 - last) { return nil }
    // A plateau that was left longer ago is over.
    let slowest = isAccelerated ? ratios.filter { $0 < 1 }.max() ?? 0 : 0
    return max(largest, last + rise, slowest)
  }

  /// Whether gains have been near a geometric sequence for some passes, and one that takes long, be it to an end or
  /// off a plateau.
  var isSlow: Bool {
    let recent = ratios.suffix(Self.memory)
    guard let least = recent.min(), let most = recent.max() else { return false }
    return recent.allSatisfy { $0 > Self.slowRatios.lower && $0 < Self.slowRatios.upper } && most - least < Self.spread
  }

  /// By how much of itself, and of what it lacks to 1, a ratio may rise and still tell what is to come.
  private static let mostRise = 0.25
  /// The ratios of slow passes, and how far those of a geometric sequence may differ.
  private static let (slowRatios, spread) = ((lower: 0.5, upper: 1.1), 0.1)

  /// Takes note of the bound after one more pass.
  ///
  /// - Parameters:
  ///   - next: The bound.
  ///   - rounding: By how much bounds of the same parameters differ.
  ///   - isPlain: Whether the pass started from where the last one ended; the gain of one that did not compares with no other.
  mutating func note(_ next: Double, rounding: Double = 0, isPlain: Bool = true) {
    let nextGain = next - bound
    bounds.removeFirst()
    bounds.append(next)
    defer { (gain, self.isPlain) = (nextGain, isPlain) }
    if !isPlain { isAccelerated = true }
    guard nextGain.isFinite else { return }
    if let passes = proofPasses { proofPasses = isPlain ? min(passes + 1, Self.proofLength) : 0 }
    passesAtRounding = abs(nextGain) <= rounding ? passesAtRounding + 1 : 0
    if isPlain && self.isPlain && nextGain > rounding && gain > rounding {
      ratios.removeFirst()
      ratios.append(nextGain / gain)
    }
    // What is below rounding, or falls, is told by no gain: as much may be to come again.
    let size = max(abs(nextGain), rounding)
    if let ratio {
      let last = Self.sum(ofGainsAfter: size, ratio)
      let together = isAccelerated ? remainingAfterSpans(rounding) : 0
      expectedRemainingGain = max(last, together)
      // A plateau moves: where two passes stood still, the ratios before are over.
      if passesAtRounding >= 2 && !expectedRemainingGain.isFinite { expectedRemainingGain = size }
    } else {
      expectedRemainingGain = passesAtRounding > 0 ? size : .infinity
    }
    if proofPasses == Self.proofLength { expectedRemainingGain = remainingAfterProof(rounding) }
  }

  /// The sum of a geometric sequence, without its first number.
  private static func sum(ofGainsAfter gain: Double, _ ratio: Double) -> Double {
    ratio < 1 ? gain * ratio / (1 - ratio) : .infinity
  }

  /// What is to come after the plain passes of a proof, by the ratios of their last gains; infinite where these fall no more.
  ///
  /// Nothing that was noted before counts: a plateau that has been left would hide how little is left. Where gains fall
  /// algebraically, as on a plateau whose parameters go to infinity, their ratio goes to 1, and the length 1 / (1 − r) grows
  /// by 1/p a pass for the gains t⁻ᵖ: the sum of those to come is then 1 / (1 − 1/p) times that of geometric ones.
  private func remainingAfterProof(_ rounding: Double) -> Double {
    let last = bounds.suffix(Self.memory + 2)
    let gains = zip(last.dropFirst(), last).map { $0 - $1 }
    guard let size = gains.last, gains.suffix(2).contains(where: { $0 > rounding }) else { return rounding }
    let ratios = zip(gains.dropFirst(), gains).map { max($0, rounding) / max($1, rounding) }
    let rise = max(ratios[Self.memory - 1] - ratios[Self.memory - 2], 0)
    let least = Self.sum(ofGainsAfter: max(size, rounding), max(ratios.max() ?? 1, ratios[Self.memory - 1] + rise))
    if !least.isFinite { return least }
    let lengths = ratios.map { 1 / (1 - $0) }
    let growth = min(max((lengths[Self.memory - 1] - lengths[0]) / Double(Self.memory - 1), 0), Self.mostGrowth)
    return max(least, max(size, rounding) * ((lengths.max() ?? 1) - 1) / (1 - growth))
  }

  /// What is to come by what the last passes gained together, and as many before them, and before these; 0 where there were too
  /// few.
  private func remainingAfterSpans(_ rounding: Double) -> Double {
    let ends = (0...3).map { bounds[$0 * Self.span] }
    let gains = zip(ends.dropFirst(), ends).map { $0 - $1 }
    guard gains[1].isFinite, gains[2] > rounding else { return 0 }
    // One step may have gained much, and would hide how little the passes around it gain less and less.
    let twice = gains[0].isFinite ? (gains[2] / max(gains[0], rounding)).squareRoot() : 0
    return Self.sum(ofGainsAfter: gains[2], max(gains[2] / max(gains[1], rounding), twice))
  }

  /// Whether what passes change has been rounding for some.
  var isAtRounding: Bool { passesAtRounding >= Self.patience }

  /// Whether further passes would gain no more than this, or what a pass changes is rounding.
  ///
  /// A bound that falls by more than that has not converged, whatever the reason.
  func hasEnded(within tolerance: Double) -> Bool {
    isAtRounding
      || toldRemainingGain <= tolerance && (-gain <= tolerance || passesAtRounding > 0)
  }

  /// Whether plain passes are due, by which the fit may end.
  var isProving: Bool { proofPasses != nil }

  /// Whether the fit has ended; where passes are accelerated, a proof begins when it seems to have, and decides some passes later.
  mutating func proves(within tolerance: Double) -> Bool {
    let hasEnded = hasEnded(within: tolerance)
    if isAtRounding || !isAccelerated { return hasEnded }
    guard let passes = proofPasses else {
      if isPlain && hasEnded { proofPasses = 0 }
      return false
    }
    guard passes >= Self.proofLength else { return false }
    proofPasses = nil
    return hasEnded
  }

  // MARK: Words

  init?(words: [UInt64]) {
    let rest = words.dropFirst(5).map { Double(bitPattern: $0) }
    guard rest.count == ratios.count + bounds.count, words[2] < 1 << 62, words[3] < 4,
      words[4] <= UInt64(Self.proofLength + 1)
    else { return nil }
    (gain, expectedRemainingGain) = (Double(bitPattern: words[0]), Double(bitPattern: words[1]))
    (passesAtRounding, isPlain, isAccelerated) = (Int(words[2]), words[3] & 1 == 1, words[3] & 2 == 2)
    proofPasses = words[4] == 0 ? nil : Int(words[4]) - 1
    (ratios, bounds) = (Array(rest.prefix(ratios.count)), Array(rest.dropFirst(ratios.count)))
  }

  /// All of it, as numbers that a file can hold.
  var words: [UInt64] {
    [
      gain.bitPattern, expectedRemainingGain.bitPattern, UInt64(passesAtRounding),
      (isPlain ? 1 : 0) + (isAccelerated ? 2 : 0), UInt64(proofPasses.map { $0 + 1 } ?? 0),
    ] + (ratios + bounds).map(\.bitPattern)
  }

  // Numbers may be NaN, which equals nothing.
  static func == (a: GainForecast, b: GainForecast) -> Bool { a.words == b.words }
  func hash(into hasher: inout Hasher) { hasher.combine(words) }

  // MARK: What samples can tell

  /// About how far, in nats a row, the bound of a sample differs from what the same parameters are worth on other rows:
  /// p/2n for p parameters and n rows (Wilks 1938; Akaike 1974).
  static func statisticalError(parameters: Int, rows: Int) -> Double { Double(parameters) / (2 * Double(max(rows, 1))) }
}
