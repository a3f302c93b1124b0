import Glibc
import Inference

/// A part of a file that is mapped into memory for reading, as long as this object lives.
///
/// The file must not shrink meanwhile: the operating system ends a program that touches a page which is gone. Files
/// written by ``AtomicFile`` are replaced, never changed, and are safe.
final class Mapping: @unchecked Sendable {
  /// The pages of files with fewer bytes stay: to give them back and read them again would cost more than it saves.
  private static let smallestReleased = 1 << 28

  let base: UnsafeRawPointer
  let count: Int

  /// Takes over memory that `mmap` gave.
  init(base: UnsafeRawPointer, count: Int) {
    self.base = base
    self.count = count
  }

  /// Maps a whole file.
  ///
  /// - Parameter content: What was expected in it, for messages: "a NumPy array".
  init(path: String, content: String) throws(DataError) {
    let (descriptor, kind) = try openForReading(path)
    defer { close(descriptor) }
    guard case .regular(let size) = kind else {
      throw DataError(
        "\(path): is not a regular file, and only such files can be mapped into memory. Save the data to a file first.")
    }
    guard size > 0 else { throw DataError("\(path): the file is empty; \(content) was expected.") }
    guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
      throw DataError("\(path): cannot be mapped into memory: \(systemErrorText(errno)).")
    }
    base = UnsafeRawPointer(memory)
    count = size
  }

  /// Tells the system that bytes are not needed for now; they are read again from the file when they are.
  func releasePages(_ bytes: Range<Int>) {
    if count < Self.smallestReleased { return }
    // The page of the first byte is done with, too, where a file is gone through in order; that of the last is not.
    let size = Int(sysconf(Int32(_SC_PAGESIZE)))
    let start = bytes.lowerBound / size * size
    let end = bytes.upperBound == count ? count : bytes.upperBound / size * size
    if end > start { madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, MADV_DONTNEED) }
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: base), count) }
}

extension ColumnOwner {
  /// Views a part of what a mapping keeps, the pages of which can be given back.
  convenience init(base: UnsafePointer<Double>, mapped mapping: Mapping) {
    self.init(
      base: base, release: { _ = mapping },
      releasePages: { bytes in
        guard let start = bytes.baseAddress else { return }
        let first = start - mapping.base
        mapping.releasePages(first..<first + bytes.count)
      })
  }
}
