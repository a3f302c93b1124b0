import Inference

/// What the header of a NumPy array file says: the type of the elements, their order, and the shape.
struct NPYHeader {
  var elementType: NPYElementType
  var isFortranOrder: Bool
  var shape: [Int]
  /// Where the elements begin.
  var dataOffset: Int

  /// Reads the header of versions 1 to 3 of the format.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(DataError) {
    guard bytes.starts(with: FileSignature.numPy) else {
      throw DataError("\(file): is not a NumPy array file; such a file begins with the byte 0x93 and \"NUMPY\".")
    }
    guard bytes.count >= 12 else { throw Self.truncated(file) }
    let lengthSize: Int
    switch bytes[6] {
    case 1: lengthSize = 2
    case 2, 3: lengthSize = 4
    default:
      throw DataError(
        "\(file): has version \(bytes[6]).\(bytes[7]) of the NumPy format; versions 1 to 3 can be read. "
          + "Save the array with numpy.save.")
    }
    var length = 0
    for index in (0..<lengthSize).reversed() { length = length << 8 | Int(bytes[8 + index]) }
    let start = 8 + lengthSize
    guard length <= bytes.count - start else { throw Self.truncated(file) }
    dataOffset = start + length

    var literal = PythonLiteral(UnsafeRawBufferPointer(rebasing: bytes[start..<dataOffset]))
    guard case .dictionary(let entries)? = literal.parse(), let descriptor = entries["descr"],
      case .bool(let order)? = entries["fortran_order"], case .tuple(let lengths)? = entries["shape"]
    else {
      throw DataError(
        "\(file): the header of the NumPy file is damaged; it should be a dictionary with \"descr\", "
          + "\"fortran_order\" and \"shape\". Save the array with numpy.save.")
    }
    guard case .string(let code) = descriptor else {
      throw DataError(
        "\(file): the elements have several fields (a structured array). Save one plain array of numbers.")
    }
    elementType = try NPYElementType(code: code, file: file)
    isFortranOrder = order
    shape = lengths
  }

  static func truncated(_ file: String) -> DataError {
    DataError("\(file): the NumPy file ends inside of its header. Copy it or save it again.")
  }
}

/// The part of Python's literals that headers of NumPy files are made of.
private struct PythonLiteral {
  enum Value {
    case string(String)
    case bool(Bool)
    case integer(Int)
    case tuple([Int])
    case dictionary([String: Value])
    /// A list: the description of a structured array, of which no more is needed.
    case list
  }

  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The value that makes up all of the text, or nil.
  mutating func parse() -> Value? {
    guard let value = value(isNested: false) else { return nil }
    skipSpace()
    return position == bytes.count ? value : nil
  }

  private mutating func value(isNested: Bool) -> Value? {
    skipSpace()
    guard position < bytes.count else { return nil }
    switch bytes[position] {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return string().map { .string($0) }
    case UInt8(ascii: "("): return tuple()
    case UInt8(ascii: "{"): return isNested ? nil : dictionary()
    case UInt8(ascii: "["): return list()
    case UInt8(ascii: "T"): return take("True") ? .bool(true) : nil
    case UInt8(ascii: "F"): return take("False") ? .bool(false) : nil
    default: return integer().map { .integer($0) }
    }
  }

  private mutating func dictionary() -> Value? {
    var entries: [String: Value] = [:]
    guard take("{") else { return nil }
    while !take("}") {
      skipSpace()
      guard let key = string(), take(":"), let value = value(isNested: true) else { return nil }
      entries[key] = value
      if take("}") { break }
      guard take(",") else { return nil }
    }
    return .dictionary(entries)
  }

  private mutating func tuple() -> Value? {
    var numbers: [Int] = []
    guard take("(") else { return nil }
    while !take(")") {
      skipSpace()
      guard let number = integer() else { return nil }
      numbers.append(number)
      if take(")") { break }
      guard take(",") else { return nil }
    }
    return .tuple(numbers)
  }

  /// Goes behind a list, with the strings in it, which may hold brackets.
  private mutating func list() -> Value? {
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 {
          position += 1
          return .list
        }
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        if string() == nil { return nil }
        continue
      default: break
      }
      position += 1
    }
    return nil
  }

  private mutating func string() -> String? {
    guard position < bytes.count else { return nil }
    let quote = bytes[position]
    guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
    guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { return nil }
    defer { position = end + 1 }
    return String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
  }

  private mutating func integer() -> Int? {
    let start = position
    var number = 0
    while position < bytes.count, let digit = digit(bytes[position]) {
      let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflows) = product.addingReportingOverflow(digit)
      if isTooLarge || overflows { return nil }
      number = sum
      position += 1
    }
    guard position > start else { return nil }
    // Python 2 marked long integers.
    if position < bytes.count, bytes[position] == UInt8(ascii: "L") { position += 1 }
    return number
  }

  private func digit(_ byte: UInt8) -> Int? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
  }

  private mutating func take(_ text: StaticString) -> Bool {
    skipSpace()
    guard bytes.count - position >= text.utf8CodeUnitCount else { return false }
    for index in 0..<text.utf8CodeUnitCount where bytes[position + index] != text.utf8Start[index] { return false }
    position += text.utf8CodeUnitCount
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\n") {
      position += 1
    }
  }
}
