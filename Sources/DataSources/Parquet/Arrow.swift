/// A schema of the Arrow C data interface, at an address.
///
/// Source: <https://arrow.apache.org/docs/format/CDataInterface.html>.
struct ArrowSchema {
  static let size = 72

  let address: UnsafeRawPointer

  /// The type, such as "g" for doubles.
  var format: String { text(0) }
  var name: String { text(8) }
  var children: [ArrowSchema] { arrowChildren(address, count: 32, pointers: 40).map { ArrowSchema(address: $0) } }
  /// What the numbers are indices of, for a type with a dictionary.
  var dictionary: ArrowSchema? {
    address.load(fromByteOffset: 48, as: UnsafeRawPointer?.self).map { ArrowSchema(address: $0) }
  }

  private func text(_ offset: Int) -> String {
    address.load(fromByteOffset: offset, as: UnsafePointer<CChar>?.self).map { String(cString: $0) } ?? ""
  }

  /// Gives the memory back.
  func release() { arrowRelease(address, 56) }
}

/// An array of the Arrow C data interface, at an address.
struct ArrowArray {
  static let size = 80

  let address: UnsafeRawPointer

  var count: Int { address.load(as: Int.self) }
  var offset: Int { address.load(fromByteOffset: 16, as: Int.self) }
  var children: [ArrowArray] { arrowChildren(address, count: 32, pointers: 48).map { ArrowArray(address: $0) } }
  var dictionary: ArrowArray? {
    address.load(fromByteOffset: 56, as: UnsafeRawPointer?.self).map { ArrowArray(address: $0) }
  }

  /// One of the buffers; the first one has a bit for each element that is there, or is nil where all are.
  func buffer(_ index: Int) -> UnsafeRawPointer? {
    guard index < address.load(fromByteOffset: 24, as: Int.self) else { return nil }
    return address.load(fromByteOffset: 40, as: UnsafePointer<UnsafeRawPointer?>?.self)?[index]
  }

  /// Whether an element is there.
  func isValid(_ index: Int) -> Bool { buffer(0).map { Self.bit($0, index + offset) } ?? true }

  static func bit(_ bytes: UnsafeRawPointer, _ index: Int) -> Bool {
    bytes.load(fromByteOffset: index >> 3, as: UInt8.self) >> UInt8(index & 7) & 1 == 1
  }

  /// Gives the memory back.
  func release() { arrowRelease(address, 64) }
}

private func arrowChildren(_ address: UnsafeRawPointer, count: Int, pointers: Int) -> [UnsafeRawPointer] {
  let pointers = address.load(fromByteOffset: pointers, as: UnsafePointer<UnsafeRawPointer>?.self)
  return (0..<address.load(fromByteOffset: count, as: Int.self)).compactMap { pointers?[$0] }
}

private func arrowRelease(_ address: UnsafeRawPointer, _ offset: Int) {
  typealias Release = @convention(c) (UnsafeRawPointer) -> Void
  address.load(fromByteOffset: offset, as: Release?.self)?(address)
}

extension ArrowArray {
  /// Writes numbers as doubles; what is missing becomes NaN.
  ///
  /// - Returns: False for a type that is no number.
  func numbers(_ format: String, into target: UnsafeMutablePointer<Double>) -> Bool {
    guard let data = buffer(1) ?? (count == 0 ? UnsafeRawPointer(target) : nil) else { return false }
    func convert<Element>(_: Element.Type, _ number: (Element) -> Double) {
      for index in 0..<count {
        target[index] =
          number(data.loadUnaligned(fromByteOffset: (index + offset) * MemoryLayout<Element>.size, as: Element.self))
      }
    }
    switch format.first {
    case "g" where format.count == 1: convert(Double.self) { $0 }
    case "f" where format.count == 1: convert(Float.self) { Double($0) }
    case "e" where format.count == 1: convert(UInt16.self) { Double(Float16(bitPattern: $0)) }
    case "c": convert(Int8.self) { Double($0) }
    case "C": convert(UInt8.self) { Double($0) }
    case "s": convert(Int16.self) { Double($0) }
    case "S": convert(UInt16.self) { Double($0) }
    case "i": convert(Int32.self) { Double($0) }
    case "I": convert(UInt32.self) { Double($0) }
    case "l": convert(Int64.self) { Double($0) }
    case "L": convert(UInt64.self) { Double($0) }
    case "b": for index in 0..<count { target[index] = Self.bit(data, index + offset) ? 1 : 0 }
    // Dates are days; times are numbers of their unit.
    case "t" where format == "tdD" || format == "tts" || format == "ttm": convert(Int32.self) { Double($0) }
    case "t" where format.hasPrefix("ts") || format == "tdm" || format == "ttu" || format == "ttn":
      convert(Int64.self) { Double($0) }
    default: return false
    }
    if buffer(0) != nil { for index in 0..<count where !isValid(index) { target[index] = .nan } }
    return true
  }

  /// Calls `body` with the bytes of each text, or nil where it is missing.
  ///
  /// - Returns: False for a type that is no text.
  func texts(_ format: String, _ body: (Int, UnsafeBufferPointer<UInt8>?) -> Void) -> Bool {
    guard format == "u" || format == "U", let offsets = buffer(1) ?? (count == 0 ? address : nil) else { return false }
    let data = buffer(2)
    for index in 0..<count {
      guard isValid(index) else {
        body(index, nil)
        continue
      }
      func place(_ index: Int) -> Int {
        format == "u"
          ? Int(offsets.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
          : offsets.loadUnaligned(fromByteOffset: 8 * index, as: Int.self)
      }
      let (start, end) = (place(index + offset), place(index + offset + 1))
      body(
        index,
        UnsafeBufferPointer(
          start: data.map { ($0 + start).assumingMemoryBound(to: UInt8.self) }, count: data == nil ? 0 : end - start))
    }
    return true
  }
}
