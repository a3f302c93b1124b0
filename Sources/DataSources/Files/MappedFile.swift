import Glibc
import Inference

/// A regular file that is mapped into memory for reading, as long as this object lives.
///
/// The file must not shrink meanwhile: the operating system ends a program that touches a page which is gone. Files
/// written by ``AtomicFile`` are replaced, never changed, and are safe.
final class MappedFile {
  let base: UnsafeRawPointer
  let count: Int

  init(path: String) throws(DataError) {
    let (descriptor, kind) = try openForReading(path)
    defer { close(descriptor) }
    guard case .regular(let size) = kind else {
      throw DataError(
        "\(path): is not a regular file, and only such files can be mapped into memory. Save the array to a file first."
      )
    }
    guard size > 0 else { throw DataError("\(path): the file is empty; a NumPy array was expected.") }
    guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
      throw DataError("\(path): cannot be mapped into memory: \(systemErrorText(errno)).")
    }
    base = UnsafeRawPointer(memory)
    count = size
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: base), count) }
}
