import Glibc
import Inference

/// Memory for the values of a column while they are read; it grows without being copied by hand.
struct ColumnMemory: ~Copyable {
  private(set) var values: UnsafeMutablePointer<Double>?

  /// Makes room for `capacity` values; false where there is not enough memory.
  mutating func resize(to capacity: Int) -> Bool {
    let (bytes, overflow) = max(capacity, 1).multipliedReportingOverflow(by: MemoryLayout<Double>.size)
    // Large blocks are moved by changing the page table, not by copying.
    guard !overflow, let memory = realloc(values, bytes) else { return false }
    values = memory.assumingMemoryBound(to: Double.self)
    return true
  }

  /// Hands the memory to an owner that frees it.
  ///
  /// - Parameter count: How many values are there; the rest is given back.
  consuming func makeOwner(count: Int) -> ColumnOwner {
    _ = resize(to: count)
    guard let values = values.take() else { return ColumnOwner(copying: []) }
    return ColumnOwner(base: UnsafePointer(values)) { free(values) }
  }

  deinit { free(values) }
}
