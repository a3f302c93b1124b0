/// The colours of every picture.
///
/// The hues are those of Okabe and Ito, which stay apart under the common kinds of colour blindness. Their yellow is
/// left out: as a thin line it vanishes on a white ground. Past the last hue the colours repeat with a new dash.
enum Palette {
  static let ground = "#ffffff"
  static let ink = "#1f2429"
  static let text = "#3d444b"
  static let muted = "#6b737b"
  static let axis = "#8a9199"
  static let grid = "#e6e9ec"
  static let bar = "#d3d9df"
  static let context = "#b4bcc4"
  static let point = "#4a5560"

  private static let hues = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195"]
  private static let dashes: [String?] = [nil, "6 3", "2 3", "8 3 2 3"]

  static func colour(_ index: Int) -> String {
    hues[((index % hues.count) + hues.count) % hues.count]
  }

  static func dash(_ index: Int) -> String? {
    index < 0 ? nil : dashes[index / hues.count % dashes.count]
  }

  /// How many series can be told apart by hue alone.
  static var count: Int { hues.count }
}

/// A colour scale for the cells of a table, from three anchors in sRGB.
struct ColourScale {
  struct Colour: Equatable {
    var red: Double
    var green: Double
    var blue: Double

    var hex: String {
      let digits = Array("0123456789abcdef")
      var text = "#"
      for channel in [red, green, blue] {
        let value = Int(min(max(channel, 0), 255).rounded())
        text.append(digits[value / 16])
        text.append(digits[value % 16])
      }
      return text
    }

    /// Whether white text reads better on this colour than dark text does.
    var isDark: Bool { 0.299 * red + 0.587 * green + 0.114 * blue < 140 }
  }

  let low: Colour
  let middle: Colour
  let high: Colour

  /// White to deep blue, for shares of one.
  static let sequential = ColourScale(
    low: Colour(red: 247, green: 250, blue: 252), middle: Colour(red: 99, green: 165, blue: 211),
    high: Colour(red: 8, green: 54, blue: 105))

  /// Blue over white to vermilion, for values on both sides of zero.
  static let diverging = ColourScale(
    low: Colour(red: 0, green: 92, blue: 150), middle: Colour(red: 247, green: 247, blue: 247),
    high: Colour(red: 190, green: 76, blue: 0))

  /// The colour at a place between 0 and 1.
  func colour(at place: Double) -> Colour {
    let place = place.isFinite ? min(max(place, 0), 1) : 0.5
    let (from, to) = place < 0.5 ? (low, middle) : (middle, high)
    let share = place < 0.5 ? place * 2 : place * 2 - 1
    return Colour(
      red: from.red + share * (to.red - from.red), green: from.green + share * (to.green - from.green),
      blue: from.blue + share * (to.blue - from.blue))
  }
}
