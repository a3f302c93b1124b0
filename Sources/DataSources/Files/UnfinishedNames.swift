import Glibc
import Synchronization

/// The hidden names of files that are being written, where a signal handler can take them.
final class UnfinishedNames: @unchecked Sendable {
  /// Those of all files of the program.
  static let all = UnfinishedNames()

  private static let capacity = 64
  // Whoever takes a name out owns it, so that no name is freed while a handler reads it.
  private let names: UnsafeMutablePointer<Atomic<UnsafeMutablePointer<CChar>?>>

  init() {
    names = .allocate(capacity: Self.capacity)
    for slot in 0..<Self.capacity { (names + slot).initialize(to: Atomic(nil)) }
  }

  deinit {
    for slot in 0..<Self.capacity { remove(slot) }
    names.deinitialize(count: Self.capacity)
    names.deallocate()
  }

  /// Nil where so many files are being written that one more is not remembered.
  func add(_ name: String) -> Int? {
    let copy = strdup(name)
    for slot in 0..<Self.capacity
    where names[slot].compareExchange(expected: nil, desired: copy, ordering: .sequentiallyConsistent).exchanged {
      return slot
    }
    free(copy)
    return nil
  }

  func remove(_ slot: Int) { free(names[slot].exchange(nil, ordering: .sequentiallyConsistent)) }

  /// Removes the files; calls nothing that a signal handler may not.
  func removeAll() {
    for slot in 0..<Self.capacity {
      if let name = names[slot].exchange(nil, ordering: .sequentiallyConsistent) { unlink(name) }
    }
  }
}
