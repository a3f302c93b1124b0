import Inference

/// The type of the elements of a NumPy array.
struct NPYElementType {
  enum Kind {
    case bool, signed, unsigned, float
  }

  var kind: Kind
  /// Bytes of an element.
  var size: Int
  var isBigEndian: Bool

  /// Whether the elements are doubles that need no conversion.
  var isNativeDouble: Bool { kind == .float && size == 8 && !isBigEndian }

  /// Reads a code such as "<f8".
  init(code: String, file: String) throws(DataError) {
    var letters = Array(code.utf8)
    isBigEndian = letters.first == UInt8(ascii: ">")
    if let first = letters.first, "<>|=".utf8.contains(first) { letters.removeFirst() }
    switch String(decoding: letters, as: UTF8.self) {
    case "b1": (kind, size) = (.bool, 1)
    case "i1": (kind, size) = (.signed, 1)
    case "i2": (kind, size) = (.signed, 2)
    case "i4": (kind, size) = (.signed, 4)
    case "i8": (kind, size) = (.signed, 8)
    case "u1": (kind, size) = (.unsigned, 1)
    case "u2": (kind, size) = (.unsigned, 2)
    case "u4": (kind, size) = (.unsigned, 4)
    case "u8": (kind, size) = (.unsigned, 8)
    case "f2": (kind, size) = (.float, 2)
    case "f4": (kind, size) = (.float, 4)
    case "f8": (kind, size) = (.float, 8)
    default:
      let letter = letters.first.map { String(decoding: [$0], as: UTF8.self) } ?? ""
      let names = [
        "O": "Python objects", "c": "complex numbers", "S": "text", "a": "text", "U": "text", "V": "raw bytes",
        "M": "dates", "m": "time spans", "f": "extended floats",
      ]
      throw DataError(
        "\(file): the elements are \(names[letter] ?? "of an unknown type") (\"\(shown(code))\"); numbers were "
          + "expected. Convert the array with .astype(float) before saving it, or save the table as CSV.")
    }
  }

  /// Converts elements that lie `step` bytes apart; integers beyond 2^53 are rounded.
  func convert(from source: UnsafeRawPointer, step: Int, count: Int, to target: UnsafeMutablePointer<Double>) {
    switch (kind, size) {
    case (.bool, _): convert(source, step, count, target) { (byte: UInt8) in byte == 0 ? 0 : 1 }
    case (.signed, 1): convert(source, step, count, target) { (bits: UInt8) in Double(Int8(bitPattern: bits)) }
    case (.signed, 2): convert(source, step, count, target) { (bits: UInt16) in Double(Int16(bitPattern: bits)) }
    case (.signed, 4): convert(source, step, count, target) { (bits: UInt32) in Double(Int32(bitPattern: bits)) }
    case (.signed, _): convert(source, step, count, target) { (bits: UInt64) in Double(Int64(bitPattern: bits)) }
    case (.unsigned, 1): convert(source, step, count, target) { (bits: UInt8) in Double(bits) }
    case (.unsigned, 2): convert(source, step, count, target) { (bits: UInt16) in Double(bits) }
    case (.unsigned, 4): convert(source, step, count, target) { (bits: UInt32) in Double(bits) }
    case (.unsigned, _): convert(source, step, count, target) { (bits: UInt64) in Double(bits) }
    case (.float, 2): convert(source, step, count, target) { (bits: UInt16) in Double(Float16(bitPattern: bits)) }
    case (.float, 4): convert(source, step, count, target) { (bits: UInt32) in Double(Float(bitPattern: bits)) }
    case (.float, _): convert(source, step, count, target) { (bits: UInt64) in Double(bitPattern: bits) }
    }
  }

  @inline(__always)
  private func convert<Bits: FixedWidthInteger>(
    _ source: UnsafeRawPointer, _ step: Int, _ count: Int, _ target: UnsafeMutablePointer<Double>,
    _ value: (Bits) -> Double
  ) {
    for index in 0..<count {
      let bits = (source + index * step).loadUnaligned(as: Bits.self)
      target[index] = value(isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
    }
  }
}
