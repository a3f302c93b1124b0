import ExponentialFamilies
import PlanIR

/// The rows that a fit learns from: in random order, and in nested samples, neither of which takes memory.
///
/// Some rows may be kept aside to judge by; they are in no batch of a pass.
public struct RowOrder: Hashable, Sendable {
  /// Number of rows of the data.
  public let total: Int
  /// How many of them are kept aside.
  public let aside: Int
  private let key: UInt64

  /// Rows 0 to `total` − 1, of which some are kept aside.
  public init(total: Int, aside: Int = 0, random: RandomSource = RandomSource(seed: 0)) {
    self.total = total
    self.aside = aside
    var random = random
    key = random.next()
  }

  /// How many rows may be learnt from.
  public var count: Int { total - aside }

  /// All rows that may be learnt from, in ascending order.
  public var all: RowSelection {
    aside == 0 ? .range(0..<total) : ascending(aside..<total) { Permutation(count: total, key: key)[$0] }
  }

  /// The rows that are kept aside.
  public var keptAside: [Int32] {
    guard case .list(let rows) = ascending(0..<aside, { Permutation(count: total, key: key)[$0] }) else { return [] }
    return rows
  }

  /// The rows at some places of the order that a pass has, ascending: each pass takes every row once.
  public func rows(_ places: Range<Int>, ofPass pass: Int) -> RowSelection {
    let order = Permutation(count: count, key: mixed(key, UInt64(truncatingIfNeeded: pass) &+ 1))
    if aside == 0 { return ascending(places) { order[$0] } }
    let rest = Permutation(count: total, key: key)
    return ascending(places) { rest[aside + order[$0]] }
  }

  // Ascending rows are read faster, and a sum does not mind.
  private func ascending(_ places: Range<Int>, _ row: (Int) -> Int) -> RowSelection {
    .list(places.map { Int32(truncatingIfNeeded: row($0)) }.sorted())
  }

  // MARK: Nested samples

  /// How many times the rows can be halved.
  public var levels: Int { total <= 1 ? 0 : Int.bitWidth - (total - 1).leadingZeroBitCount }

  /// The number of rows in the sample of a level: one of 2^level.
  public func sampleCount(level: Int) -> Int {
    if level == 0 { return total }
    return level >= Int.bitWidth - 1 ? 1 : (sampled + (1 << level) - 1) >> level
  }

  /// The rows that samples are drawn from: rows are drawn by numbers of 32 bits, and of more than that the first ones serve.
  private var sampled: Int { min(total, Int(Int32.max)) }

  /// One row out of every 2^level that follow one another, at random: all rows at level 0.
  ///
  /// The sample of a level is a part of that of the level below: a stratum's row is that of one of its two halves.
  public func sample(level: Int) -> RowSelection {
    if level == 0 { return .range(0..<total) }
    return .list((0..<sampleCount(level: level)).map { Int32(truncatingIfNeeded: row(ofStratum: $0, level)) })
  }

  private func row(ofStratum stratum: Int, _ level: Int) -> Int {
    var (i, l) = (stratum, level)
    while l > 0 {
      let isUpper = mixed(key, UInt64(i) &* 64 &+ UInt64(l)) & 1 == 1
      i = 2 * i + (isUpper ? 1 : 0)
      l -= 1
      // The last stratum may have no upper half.
      if isUpper && i << l >= sampled { i -= 1 }
    }
    return i
  }
}

/// A random order of the numbers from 0 to `count` − 1, computed place by place.
///
/// A Feistel network of four rounds over pairs of digits to the base ⌈√count⌉; numbers beyond the count are sent on until
/// they fall below it (Black & Rogaway 2002, "cycle walking").
private struct Permutation {
  let count: Int
  private let base: UInt64
  private let keys: (UInt64, UInt64, UInt64, UInt64)

  init(count: Int, key: UInt64) {
    self.count = count
    var root = UInt64(Double(count).squareRoot())
    while root * root < UInt64(count) { root += 1 }
    base = max(root, 1)
    keys = (mixed(key, 1), mixed(key, 2), mixed(key, 3), mixed(key, 4))
  }

  subscript(place: Int) -> Int {
    var value = UInt64(place)
    repeat {
      var (left, right) = value.quotientAndRemainder(dividingBy: base)
      round(&left, right, keys.0)
      round(&right, left, keys.1)
      round(&left, right, keys.2)
      round(&right, left, keys.3)
      value = left * base + right
    } while value >= UInt64(count)
    return Int(value)
  }

  private func round(_ digit: inout UInt64, _ other: UInt64, _ key: UInt64) {
    digit += ((mixed(key, other) >> 32) * base) >> 32
    if digit >= base { digit -= base }
  }
}

/// 64 bits that depend on both numbers in every bit (the finaliser of SplitMix64).
private func mixed(_ key: UInt64, _ number: UInt64) -> UInt64 {
  var z = key ^ (number &* 0x9E37_79B9_7F4A_7C15)
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
