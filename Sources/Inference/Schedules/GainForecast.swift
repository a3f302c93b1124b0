/// What further passes over some rows promise, from the bounds after the passes so far.
///
/// Gains of coordinate ascent fall geometrically near an optimum, so that the sum of all that are to come follows from the
/// last two (Aitken 1926).
struct GainForecast: Hashable, Sendable {
  private(set) var bound = Double.nan
  private(set) var gain = Double.nan
  /// What a gain is of the gain before it; NaN before there are two.
  private var ratio = Double.nan
  /// The sum of the gains to come; infinite before one can tell.
  private(set) var promise = Double.infinity

  /// Nothing is known yet; or, over other rows, nothing but how fast gains fell before.
  init(after earlier: GainForecast? = nil) { ratio = earlier?.ratio ?? .nan }

  init?(words: [UInt64]) {
    guard words.count == 4 else { return nil }
    let numbers = words.map { Double(bitPattern: $0) }
    (bound, gain, ratio, promise) = (numbers[0], numbers[1], numbers[2], numbers[3])
  }

  // Numbers may be NaN, which equals nothing.
  static func == (a: GainForecast, b: GainForecast) -> Bool { a.words == b.words }
  func hash(into hasher: inout Hasher) { hasher.combine(words) }

  var words: [UInt64] { [bound, gain, ratio, promise].map(\.bitPattern) }

  /// Takes note of the bound after one more pass.
  mutating func note(_ next: Double) {
    let nextGain = next - bound
    if nextGain.isFinite && gain.isFinite { ratio = gain > 0 ? min(max(nextGain / gain, 0), 0.98) : 0 }
    if nextGain.isFinite && ratio.isFinite { promise = max(nextGain, 0) * ratio / (1 - ratio) }
    (bound, gain) = (next, nextGain)
  }

  /// About how far, in nats a row, the bound of a sample differs from what the same parameters are worth on other rows:
  /// p/2n for p parameters and n rows (Wilks 1938; Akaike 1974).
  static func statisticalError(parameters: Int, rows: Int) -> Double { Double(parameters) / (2 * Double(max(rows, 1))) }
}
