import CKernels
import Foundation
import Testing

/// Each kernel beside plain loops, at each instruction-set level of this processor.
///
/// The level is the process's: one test at a time. What is wrong in one shape is wrong in many: a test ends at the first.
@Suite(.serialized) enum KernelTests {
  /// Counts about the vector widths, and none.
  static let counts = [0, 1, 2, 7, 8, 9, 31, 33]

  /// Runs the body at each level there is.
  static func atEachLevel(_ body: (_ level: Int) throws -> Void) rethrows {
    let best = suffice_level()
    defer { _ = suffice_force_level(best) }
    for level in 0...best {
      #expect(suffice_force_level(level) == level)
      try body(Int(level))
    }
  }
}

/// A small generator of uniform numbers.
struct Numbers {
  private var state: UInt64

  init(seed: Int) { state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1 }

  /// Uniform in 0 ..< 1.
  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-53
  }

  /// Uniform numbers between two.
  mutating func array(_ count: Int, from low: Double = -1, to high: Double = 1) -> [Double] {
    (0..<count).map { _ in low + (high - low) * next() }
  }
}

/// Whether two lists are as good as equal: NaN where NaN is wanted, infinities alike.
func close(_ a: [Double], _ b: [Double], within tolerance: Double = 1e-12) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { close($0, $1, within: tolerance) }
}

/// Whether two numbers are as good as equal, relative to the second or 1.
func close(_ a: Double, _ b: Double, within tolerance: Double = 1e-12) -> Bool {
  if b.isNaN { return a.isNaN }
  return a == b || abs(a - b) <= tolerance * max(1, abs(b))
}

/// Rows rounded up to whole groups of eight.
func padded(_ m: Int) -> Int { (m + 7) / 8 * 8 }
