import Glibc
import Inference

/// Blocks of UTF-8 from a file, a pipe or the standard input, unpacked if they are gzip; can be read again.
final class ByteSource {
  /// What messages call the source.
  let name: String
  private let raw: RawSource
  private let encoding: TextEncoding
  private var inflater: GzipInflater?
  private var transcoder: Transcoder?
  /// The first bytes, which had to be read to see whether they are gzip, and how letters are stored.
  private var head: [UInt8] = []
  private var isStarted = false

  /// Opens a path; "-" is the standard input.
  init(path: String, encoding: TextEncoding = .automatic) throws(DataError) {
    raw = try RawSource(path: path)
    name = raw.name
    self.encoding = encoding
  }

  /// Goes back to the first byte.
  func rewind() throws(DataError) {
    try raw.rewind()
    (inflater, transcoder, head, isStarted) = (nil, nil, [], false)
  }

  /// Reads up to `capacity` bytes, at least one; zero at the end.
  func read(into target: UnsafeMutablePointer<UInt8>, capacity: Int) throws(DataError) -> Int {
    if !isStarted { try start() }
    guard let transcoder else { return try unpacked(into: target, capacity: capacity) }
    return try transcoder.read(into: target, capacity: capacity) { (memory, count) throws(DataError) in
      try unpacked(into: memory, capacity: count)
    }
  }

  private func unpacked(into target: UnsafeMutablePointer<UInt8>, capacity: Int) throws(DataError) -> Int {
    if !head.isEmpty {
      let count = min(head.count, capacity)
      for index in 0..<count { target[index] = head[index] }
      head.removeFirst(count)
      return count
    }
    if let inflater { return try inflater.read(into: target, capacity: capacity) }
    return try raw.read(into: target, capacity: capacity)
  }

  private func start() throws(DataError) {
    isStarted = true
    try readHead(2) { (byte) throws(DataError) in try raw.read(into: byte, capacity: 1) }
    if head == GzipInflater.signature {
      let inflater = try GzipInflater(raw: raw, head: head)
      self.inflater = inflater
      head = []
      try readHead(4) { (byte) throws(DataError) in try inflater.read(into: byte, capacity: 1) }
    } else {
      try readHead(4) { (byte) throws(DataError) in try raw.read(into: byte, capacity: 1) }
    }
    // The mark of UTF-32 begins with that of UTF-16.
    let marks: [[UInt8]] = [[0xFF, 0xFE, 0, 0], [0, 0, 0xFE, 0xFF]]
    if marks.contains(head) { throw DataError("\(name): the letters are stored as UTF-32. Save the file as UTF-8.") }
    transcoder = Transcoder(encoding, head: head)
  }

  private func readHead(
    _ count: Int, _ read: (UnsafeMutablePointer<UInt8>) throws(DataError) -> Int
  ) throws(DataError) {
    var byte: UInt8 = 0
    while head.count < count, try read(&byte) == 1 { head.append(byte) }
  }
}

/// The bytes of a file as they are stored.
///
/// A pipe can be read once only. What comes from it is therefore also put into a temporary file without a name, from
/// which a second reading is served.
final class RawSource {
  let name: String
  private let descriptor: Int32
  private let ownsDescriptor: Bool
  private let isRegular: Bool
  /// What a regular file was like when it was opened.
  private let version: FileVersion?
  /// Where the first byte of a regular file lies: the standard input may have been read from already.
  private let startOffset: off_t
  private var offset: off_t
  private var spool: Spool?

  init(path: String) throws(DataError) {
    if path == "-" {
      name = "standard input"
      descriptor = STDIN_FILENO
      ownsDescriptor = false
      var status = stat()
      guard fstat(descriptor, &status) == 0 else {
        throw DataError("standard input: cannot be read: \(systemErrorText(errno)).")
      }
      switch FileKind(status) {
      case .directory: throw DataError("standard input: is a directory. Name a file.")
      case .regular: isRegular = true
      case .stream: isRegular = false
      }
    } else {
      name = path
      ownsDescriptor = true
      let (opened, kind) = try openForReading(path)
      descriptor = opened
      if case .regular = kind { isRegular = true } else { isRegular = false }
    }
    version = isRegular ? FileVersion(descriptor) : nil
    startOffset = isRegular && !ownsDescriptor ? max(lseek(descriptor, 0, SEEK_CUR), 0) : 0
    offset = startOffset
    if !isRegular { spool = Spool() }
  }

  deinit { if ownsDescriptor { close(descriptor) } }

  func rewind() throws(DataError) {
    offset = startOffset
    try spool?.rewind(name)
  }

  /// Reads up to `capacity` bytes, at least one; zero at the end.
  func read(into target: UnsafeMutablePointer<UInt8>, capacity: Int) throws(DataError) -> Int {
    if let stored = try spool?.read(into: target, capacity: capacity, name), stored > 0 { return stored }
    let count = SystemCall.read.run {
      isRegular ? pread(descriptor, target, capacity, offset) : Glibc.read(descriptor, target, capacity)
    }
    guard count >= 0 else { throw DataError("\(name): cannot be read: \(systemErrorText(errno)).") }
    if count == 0, let version, FileVersion(descriptor) != version || offset != version.size {
      throw DataError("\(name): the file was changed while it was read. Read it again.")
    }
    offset += count
    spool?.keep(UnsafeRawBufferPointer(start: target, count: count))
    return count
  }
}

/// Keeps what was read from a pipe in a temporary file that has no name and vanishes with the program.
private final class Spool {
  private var descriptor: Int32 = -1
  private var stored: off_t = 0
  private var position: off_t = 0
  /// Why the copy is not complete.
  ///
  /// It matters only if the data must be read again, which is rare.
  private var failure: Int32 = 0

  init() {
    descriptor = TemporaryFile.open()
    if descriptor < 0 { failure = errno }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func rewind(_ name: String) throws(DataError) {
    if failure != 0 {
      throw DataError(
        "\(name): must be read a second time, but no copy could be kept in the temporary folder: "
          + "\(systemErrorText(failure)). Save the data to a file and read that.")
    }
    position = 0
  }

  func keep(_ bytes: UnsafeRawBufferPointer) {
    var done = 0
    while failure == 0, done < bytes.count {
      let count = retryingInterrupts {
        pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, stored)
      }
      if count > 0 {
        done += count
        stored += count
      } else {
        failure = count < 0 ? errno : EIO
      }
    }
    position = stored
  }

  /// Reads what is stored and was not read since the source was rewound.
  func read(into target: UnsafeMutablePointer<UInt8>, capacity: Int, _ name: String) throws(DataError) -> Int {
    guard position < stored else { return 0 }
    let count = retryingInterrupts { pread(descriptor, target, min(capacity, Int(stored - position)), position) }
    guard count > 0 else {
      throw DataError("\(name): the copy in the temporary folder cannot be read: \(systemErrorText(errno)).")
    }
    position += count
    return count
  }
}
