/// A 64-bit checksum that tells damage: a change of one byte always changes it, other damage all but surely.
///
/// Source: FNV-1a, <http://www.isthe.com/chongo/tech/comp/fnv/>.
struct Checksum {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// The checksum as 16 hexadecimal digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Goes on with one byte.
  mutating func add(byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

  /// Goes on with eight bytes, the lowest first.
  mutating func add(_ word: UInt64) {
    for shift in 0..<8 { add(byte: UInt8(truncatingIfNeeded: word >> (8 * UInt64(shift)))) }
  }

  /// Goes on with a text, with its length, so that two texts are not taken for one.
  mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    for byte in text.utf8 { add(byte: byte) }
  }
}

extension Checksum {
  /// The checksum of what a file says: its texts but one, and its arrays, by name.
  ///
  /// Not of its bytes, so that a file stays intact when another program writes the same content in another order.
  static func text(of file: SafeTensors, except key: String) -> String {
    var checksum = Checksum()
    for (name, text) in file.metadata.sorted(by: { $0.key < $1.key }) where name != key {
      checksum.add(name)
      checksum.add(text)
    }
    for tensor in file.tensors.sorted(by: { $0.name < $1.name }) {
      checksum.add(tensor.name)
      checksum.add(UInt64(tensor.shape.count))
      for extent in tensor.shape { checksum.add(UInt64(extent)) }
      for value in tensor.values { checksum.add(value.bitPattern) }
    }
    return checksum.text
  }
}
