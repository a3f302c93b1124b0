#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Room for what is as large as data or settings make it, asked for before it is made.
///
/// Swift ends a program whose array finds no room. So whoever is about to make large arrays asks first, for all of their
/// bytes in one piece: what the process may not have, by its limits or those of the system, becomes an error. Linux promises
/// more memory than there is, and ends a program that takes it up on that; no question asked beforehand can tell.
public enum Memory {
  /// The most bytes that are there; tests set it.
  @TaskLocal static var limit: Int?

  /// Fewer bytes are not asked for: a program that has no room for them has none for messages either.
  private static let least = 1 << 24

  /// Whether there is room for so many bytes more; false for nil.
  public static func has(_ bytes: Int?) -> Bool {
    guard let bytes else { return false }
    if let limit, bytes > limit { return false }
    if bytes < least { return true }
    guard let address = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      address != MAP_FAILED
    else { return false }
    munmap(address, bytes)
    return true
  }

  /// Asks for room.
  ///
  /// - Parameters:
  ///   - bytes: How many; nil for more than can be counted.
  ///   - what: What is to lie there, and what there would be less of it: "the starts … ; fewer restarts".
  /// - Throws: ``BackendError`` where there is none.
  public static func require(_ bytes: Int?, for what: @autoclosure () -> String) throws(BackendError) {
    if has(bytes) { return }
    let megabytes = bytes.map { "\($0 >> 20) MB" } ?? "more bytes than can be counted"
    throw BackendError("there is no room in memory for \(what()): \(megabytes) were asked for.")
  }

  /// The bytes of so many numbers of 64 bits; nil where that is too large a number.
  public static func bytes(_ counts: Int...) -> Int? {
    counts.reduce(8 as Int?) { product, count in
      guard let (bytes, isTooLarge) = product?.multipliedReportingOverflow(by: count), !isTooLarge else { return nil }
      return bytes
    }
  }
}
