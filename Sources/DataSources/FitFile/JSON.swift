/// A JSON value: what a fit file keeps its model in, and what a program prints for other programs.
///
/// ```swift
/// let answer: JSON = ["rows": 272, "bound": .number(fit.bound), "means": [[2.0, 54.5], [4.3, 80.0]]]
/// print(answer.indented())
/// let rows = try JSON(parsing: text)["rows"]
/// ```
///
/// Printing and parsing give back the same value, doubles to the last bit, but for what JSON has no form for: NaN and
/// infinity are printed as `null`. Where they must survive, ``exact(_:)`` writes them as strings.
///
/// Source: RFC 8259.
public enum JSON: Hashable, Sendable {
  /// The value `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number; JSON knows no other than decimal numbers, which are read as the nearest double.
  case number(Double)
  /// A text.
  case string(String)
  /// Values in order.
  case array([JSON])
  /// Named values in order; a name that occurs twice is refused when an object is parsed.
  case object([Member])

  /// One named value of an object.
  public struct Member: Hashable, Sendable {
    /// The name.
    public let key: String
    /// The value.
    public let value: JSON

    /// Makes a named value.
    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// The value of a name; nil where this is no object or has no such name.
  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The element at a position; nil where this is no array or too short.
  public subscript(index: Int) -> JSON? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// The value `null`.
  public init(nilLiteral: ()) { self = .null }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An array.
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// An object, in the order that is written.
  public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { Member($0.0, $0.1) }) }
}

extension JSON {
  /// A number that is read back bit for bit, also where JSON has no form for it.
  ///
  /// Infinities and NaN become the strings "inf", "-inf" and "nan"; a NaN with other bits than ``Double/nan`` has them
  /// behind a colon, in hexadecimal digits: "nan:fff8000000000000".
  public static func exact(_ number: Double) -> JSON {
    if number.isFinite { return .number(number) }
    return .string(exactText(number))
  }

  /// The number that ``exact(_:)`` made this value of; nil for any other value.
  public var exactNumber: Double? {
    switch self {
    case .number(let number): number
    case .string(let text): exactNonfinite(text)
    default: nil
    }
  }
}

/// A number as text that ``exactNumber(_:)`` reads back bit for bit.
func exactText(_ number: Double) -> String {
  if number.isNaN && number.bitPattern != Double.nan.bitPattern {
    return "nan:" + String(number.bitPattern, radix: 16)
  }
  return numberText(number)
}

/// The number that ``exactText(_:)`` made a text of; nil for any other text.
func exactNumber(_ text: String) -> Double? {
  if let number = exactNonfinite(text) { return number }
  guard let number = Double(text), number.isFinite else { return nil }
  return number
}

private func exactNonfinite(_ text: String) -> Double? {
  switch text {
  case "inf": return .infinity
  case "-inf": return -.infinity
  case "nan": return .nan
  default:
    guard text.hasPrefix("nan:"), let bits = UInt64(text.dropFirst(4), radix: 16) else { return nil }
    let number = Double(bitPattern: bits)
    return number.isNaN ? number : nil
  }
}

extension JSON {
  /// A whole number.
  static func integer(_ value: Int) -> JSON { .number(Double(value)) }
  /// Whole numbers.
  static func integers(_ values: [Int]) -> JSON { .array(values.map { .integer($0) }) }
  /// Numbers that are read back bit for bit.
  static func exact(_ values: [Double]) -> JSON { .array(values.map { .exact($0) }) }
  /// Texts.
  static func strings(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }
}
