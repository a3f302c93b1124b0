import Glibc

/// Numbers labels in the order in which they first appear.
///
/// The texts lie one after the other in one array, and are found by open addressing.
final class LabelTable {
  private struct Entry {
    var start: Int
    var count: Int
    var hash: UInt64
  }

  // Memory by hand: this runs once for each cell of text, and arrays would be retained and released on the way.
  private var bytes: UnsafeMutablePointer<UInt8>
  private var byteCount = 0
  private var byteCapacity = 0
  private var entries: UnsafeMutablePointer<Entry>
  /// The index of an entry plus one, or zero.
  private var slots: UnsafeMutablePointer<Int>
  /// A power of two, twice the room for entries; zero before the first label, since most columns have none.
  private var slotCount = 0

  /// Number of labels.
  private(set) var count = 0

  init() {
    bytes = .allocate(capacity: 0)
    entries = .allocate(capacity: 0)
    slots = .allocate(capacity: 0)
  }

  deinit {
    bytes.deallocate()
    entries.deallocate()
    slots.deallocate()
  }

  /// The number of a label, which is added if it is new.
  func index(of label: UnsafeBufferPointer<UInt8>) -> (index: Int, isNew: Bool) {
    if slotCount == 0 { grow() }
    let hash = Self.hash(label)
    var slot = Int(truncatingIfNeeded: hash) & (slotCount - 1)
    while slots[slot] != 0 {
      let index = slots[slot] - 1
      if entries[index].hash == hash, isEqual(entries[index], label) { return (index, false) }
      slot = (slot + 1) & (slotCount - 1)
    }
    append(label, hash)
    slots[slot] = count
    if 2 * count == slotCount { grow() }
    return (count - 1, true)
  }

  /// Adds the labels of another table.
  ///
  /// - Returns: For each of them, its number here.
  func add(_ other: LabelTable) -> [Int] {
    (0..<other.count).map { index(of: other.text(other.entries[$0])).index }
  }

  /// Forgets all labels.
  func removeAll() {
    if count > 0 { slots.update(repeating: 0, count: slotCount) }
    (count, byteCount) = (0, 0)
  }

  private func text(_ entry: Entry) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: bytes + entry.start, count: entry.count)
  }

  private func append(_ label: UnsafeBufferPointer<UInt8>, _ hash: UInt64) {
    if label.count > byteCapacity - byteCount {
      byteCapacity = max(2 * byteCapacity, byteCount + label.count, 256)
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCapacity)
      larger.update(from: bytes, count: byteCount)
      bytes.deallocate()
      bytes = larger
    }
    if let start = label.baseAddress { (bytes + byteCount).update(from: start, count: label.count) }
    entries[count] = Entry(start: byteCount, count: label.count, hash: hash)
    byteCount += label.count
    count += 1
  }

  private func isEqual(_ entry: Entry, _ label: UnsafeBufferPointer<UInt8>) -> Bool {
    guard entry.count == label.count, let start = label.baseAddress else { return entry.count == label.count }
    return memcmp(bytes + entry.start, start, label.count) == 0
  }

  private func grow() {
    let slotsWanted = max(2 * slotCount, 16)
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: slotsWanted / 2)
    larger.update(from: entries, count: count)
    entries.deallocate()
    entries = larger

    slots.deallocate()
    slotCount = slotsWanted
    slots = .allocate(capacity: slotCount)
    slots.initialize(repeating: 0, count: slotCount)
    for index in 0..<count {
      var slot = Int(truncatingIfNeeded: entries[index].hash) & (slotCount - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
      slots[slot] = index + 1
    }
  }

  /// All labels, sorted by their bytes, and the new number of each.
  ///
  /// Texts that Unicode regards as the same, such as "é" in its two spellings, become one level, since they are equal
  /// as strings.
  func sortedLevels() -> (levels: [String], newIndex: [Int]) {
    let order = (0..<count).sorted { precedes(entries[$0], entries[$1]) }
    var levels: [String] = []
    var newIndex = [Int](repeating: 0, count: count)
    var spellings: [String: Int] = [:]
    for index in order {
      let text = text(entries[index])
      let label = String(decoding: text, as: UTF8.self)
      if text.contains(where: { $0 >= 0x80 }) {
        if let same = spellings[label] {
          newIndex[index] = same
          continue
        }
        spellings[label] = levels.count
      }
      newIndex[index] = levels.count
      levels.append(label)
    }
    return (levels, newIndex)
  }

  private func precedes(_ a: Entry, _ b: Entry) -> Bool {
    let order = memcmp(bytes + a.start, bytes + b.start, min(a.count, b.count))
    return order != 0 ? order < 0 : a.count < b.count
  }

  /// Mixes eight bytes at a time by a multiplication whose two halves are joined.
  private static func hash(_ label: UnsafeBufferPointer<UInt8>) -> UInt64 {
    func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
      let (high, low) = (a ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: b ^ 0xD6E8_FEB8_6659_FD93)
      return high ^ low
    }
    var hash = UInt64(truncatingIfNeeded: label.count)
    let raw = UnsafeRawBufferPointer(label)
    var offset = 0
    while raw.count - offset >= 8 {
      hash = mix(hash, raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var rest: UInt64 = 0
    while offset < raw.count {
      rest = rest << 8 | UInt64(raw[offset])
      offset += 1
    }
    return mix(hash, rest)
  }
}
