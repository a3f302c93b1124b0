import Glibc
import Inference

/// Writes bytes to an open file through a buffer; every write is checked.
public final class ByteWriter {
  private let descriptor: Int32
  private let name: String
  private let buffer: UnsafeMutableRawBufferPointer
  private var used = 0
  /// Whether people read along: then control characters are shown, not obeyed.
  private let isTerminal: Bool

  /// Writes to a file descriptor, which stays open.
  ///
  /// - Parameter name: What messages call the file: its path.
  public init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
    isTerminal = isatty(descriptor) != 0
    buffer = .allocate(byteCount: 1 << 16, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// Writes the UTF-8 bytes of a text.
  public func write(_ text: String) throws(DataError) {
    var text = text
    try text.withUTF8 { bytes in
      Result { () throws(DataError) in try write(bytes: UnsafeRawBufferPointer(bytes)) }
    }.get()
  }

  /// Writes bytes.
  public func write(_ bytes: [UInt8]) throws(DataError) {
    try bytes.withUnsafeBytes { memory in Result { () throws(DataError) in try write(bytes: memory) } }.get()
  }

  /// Writes one byte.
  public func write(byte: UInt8) throws(DataError) {
    if used == buffer.count { try flush() }
    buffer[used] = byte
    used += 1
  }

  /// Writes bytes from memory.
  public func write(bytes: UnsafeRawBufferPointer) throws(DataError) {
    if append(bytes) { return }
    try flush()
    if !append(bytes) { try writeThrough(bytes) }
  }

  /// Hands everything that is still in the buffer to the operating system.
  public func flush() throws(DataError) {
    let pending = UnsafeRawBufferPointer(rebasing: buffer[..<used])
    used = 0
    try writeThrough(pending)
  }

  /// Copies bytes into the buffer if there is room for all of them.
  private func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= buffer.count - used else { return false }
    UnsafeMutableRawBufferPointer(rebasing: buffer[used...]).copyMemory(from: bytes)
    used += bytes.count
    return true
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    if !isTerminal { return try writeAll(bytes) }
    let text = escapingControls(String(decoding: bytes, as: UTF8.self), keeping: "\n\t")
    try Array(text.utf8).withUnsafeBytes { bytes in
      Result { () throws(DataError) in try writeAll(bytes) }
    }.get()
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) throws(DataError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      let written = SystemCall.write.run { Glibc.write(descriptor, part.baseAddress, part.count) }
      guard written >= 0 else {
        let code = errno
        throw DataError(
          "\(name): cannot be written: \(systemErrorText(code)).\(systemErrorAdvice(code))",
          isReaderGone: code == EPIPE)
      }
      rest = rest.dropFirst(written)
    }
  }
}
