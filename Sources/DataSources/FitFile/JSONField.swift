import Inference

/// A value inside of a JSON text together with where it stands, so that messages can say so.
struct JSONField {
  let value: JSON
  /// For example `graph.variables[3].name`.
  let path: String

  /// Wraps the outermost value.
  init(_ value: JSON, path: String) {
    self.value = value
    self.path = path
  }

  /// What a value of another kind than expected is told by.
  func error(_ finding: String) -> DataError { DataError("\(path): \(finding)") }

  private func mismatch(_ expectation: String) -> DataError {
    error("\(expectation) was expected, but it is \(shown(value.description)).")
  }

  /// The member of a name.
  func member(_ key: String) throws(DataError) -> JSONField {
    guard let member = try optionalMember(key) else { throw error("has no \"\(key)\".") }
    return member
  }

  /// The member of a name, where there is one.
  func optionalMember(_ key: String) throws(DataError) -> JSONField? {
    guard case .object = value else { throw mismatch("an object") }
    return value[key].map { JSONField($0, path: "\(path).\(key)") }
  }

  /// The elements of an array, each read in the same way.
  func list<Element>(_ read: (JSONField) throws(DataError) -> Element) throws(DataError) -> [Element] {
    guard case .array(let values) = value else { throw mismatch("an array") }
    var elements: [Element] = []
    elements.reserveCapacity(values.count)
    for (position, value) in values.enumerated() {
      elements.append(try read(JSONField(value, path: "\(path)[\(position)]")))
    }
    return elements
  }

  /// A text.
  func text() throws(DataError) -> String {
    guard case .string(let text) = value else { throw mismatch("a text") }
    return text
  }

  /// A truth value.
  func flag() throws(DataError) -> Bool {
    guard case .bool(let flag) = value else { throw mismatch("true or false") }
    return flag
  }

  /// A number, or one of the strings that stand for numbers without a JSON form.
  func number() throws(DataError) -> Double {
    guard let number = value.exactNumber else { throw mismatch("a number") }
    return number
  }

  /// A whole number that is not below a bound.
  func integer(atLeast minimum: Int) throws(DataError) -> Int {
    guard case .number(let number) = value, let integer = Int(exactly: number), integer >= minimum else {
      throw mismatch("a whole number from \(minimum) on")
    }
    return integer
  }

  /// The index of one of `count` things.
  func index(of thing: String, count: Int) throws(DataError) -> Int {
    let index = try integer(atLeast: 0)
    guard index < count else { throw error("\(index) is not the index of \(thing): there are \(count).") }
    return index
  }

  /// A list of texts.
  func texts() throws(DataError) -> [String] { try list { (field) throws(DataError) in try field.text() } }

  /// A list of numbers.
  func numbers() throws(DataError) -> [Double] { try list { (field) throws(DataError) in try field.number() } }
}
