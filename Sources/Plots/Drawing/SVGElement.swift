/// One element of a picture: a name, attributes, and text or children.
public struct SVGElement: Sendable {
  let name: String
  private(set) var attributes: [(name: String, value: String)]
  private(set) var children: [SVGElement]
  private(set) var text: String

  /// Makes an element that holds other elements.
  public init(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, SVGValue> = [:], children: [SVGElement] = []
  ) {
    self.name = name.description
    self.attributes = attributes.map { ($0.key.description, $0.value.text) }
    self.children = children
    self.text = ""
  }

  /// Makes an element that holds text, which is escaped when it is written.
  public init(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, SVGValue>, text: String) {
    self.init(name, attributes)
    self.text = text
  }

  func adding(_ name: StaticString, _ value: SVGValue?) -> SVGElement {
    guard let value else { return self }
    var copy = self
    copy.attributes.append((name.description, value.text))
    return copy
  }

  func write(to output: inout String, indent: Int) {
    let margin = String(repeating: " ", count: indent)
    output += margin + "<" + name
    for (name, value) in attributes {
      output += " " + name + "=\"" + MarkupText.escaped(value) + "\""
    }
    if children.isEmpty, text.isEmpty {
      output += "/>\n"
    } else if children.isEmpty {
      output += ">" + MarkupText.escaped(text) + "</" + name + ">\n"
    } else {
      output += ">\n"
      for child in children { child.write(to: &output, indent: indent + 1) }
      output += margin + "</" + name + ">\n"
    }
  }
}

/// The value of an attribute: text, or a number printed compactly.
public struct SVGValue: Sendable, ExpressibleByStringInterpolation {
  let text: String

  /// Makes a value from literal text.
  public init(stringLiteral text: String) { self.text = text }

  /// A value made of text.
  public static func text(_ text: String) -> SVGValue { SVGValue(stringLiteral: text) }

  /// A length, a coordinate or an opacity: at most three decimals, and never `nan` or `inf`.
  public static func number(_ value: Double) -> SVGValue { SVGValue(stringLiteral: compact(value)) }

  /// A thousandth of a pixel is below what any printer resolves; a coordinate far outside the picture is pulled to
  /// where renderers that compute in single precision still agree.
  static func compact(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let limited = min(max(value, -100_000), 100_000)
    let decimals: Double = limited.magnitude < 10 ? 1000 : 100
    let scaled = Int((limited * decimals).rounded())
    let unit = Int(decimals)
    var text = scaled < 0 ? "-" : ""
    text += String(scaled.magnitude / UInt(unit))
    var fraction = Int(scaled.magnitude % UInt(unit))
    guard fraction != 0 else { return text }
    text += "."
    var place = unit / 10
    while fraction > 0 {
      text += String(fraction / place)
      fraction %= place
      place /= 10
    }
    return text
  }
}
