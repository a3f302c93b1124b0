/// What further passes over some rows promise, from the bounds after the passes so far.
///
/// Gains of coordinate ascent fall geometrically near an optimum, so that the sum of all that are to come follows from the
/// last two (Aitken 1926).
struct GainForecast: Hashable, Sendable {
  private(set) var bound = Double.nan
  private(set) var gain = Double.nan
  /// The sum of the gains to come; infinite before there are two.
  private(set) var promise = Double.infinity

  init() {}

  init?(words: [UInt64]) {
    guard words.count == 3 else { return nil }
    (bound, gain, promise) = (
      Double(bitPattern: words[0]), Double(bitPattern: words[1]), Double(bitPattern: words[2])
    )
  }

  // Numbers may be NaN, which equals nothing.
  static func == (a: GainForecast, b: GainForecast) -> Bool { a.words == b.words }
  func hash(into hasher: inout Hasher) { hasher.combine(words) }

  var words: [UInt64] { [bound.bitPattern, gain.bitPattern, promise.bitPattern] }

  /// Takes note of the bound after one more pass.
  mutating func note(_ next: Double) {
    let nextGain = next - bound
    if nextGain.isFinite && gain.isFinite {
      let ratio = gain > 0 ? min(max(nextGain / gain, 0), 0.98) : 0
      promise = max(nextGain, 0) * ratio / (1 - ratio)
    }
    (bound, gain) = (next, nextGain)
  }

  /// About how far, in nats a row, the bound of a sample differs from what the same parameters are worth on other rows:
  /// p/2n for p parameters and n rows (Wilks 1938; Akaike 1974).
  static func statisticalError(parameters: Int, rows: Int) -> Double { Double(parameters) / (2 * Double(max(rows, 1))) }
}
