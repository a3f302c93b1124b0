import Glibc
import Inference

/// Writes files that are either whole or not there.
///
/// The bytes go to a temporary file in the same folder, which takes the place of the old file only when all of it has
/// been written: a failure leaves the old file as it was, and no temporary file behind.
public enum AtomicFile {
  /// Writes a file, replacing the one of that name if there is one.
  ///
  /// What is not a regular file (a pipe, `/dev/null`) is written in place. A symbolic link stays a link: the file it
  /// leads to is replaced.
  ///
  /// - Parameters:
  ///   - path: The file; "-" is the standard output.
  ///   - body: Writes the content.
  /// - Throws: ``DataError`` naming the path where the file cannot be written, and what `body` throws.
  public static func write(
    to path: String, _ body: (ByteWriter) throws(DataError) -> Void
  ) throws(DataError) {
    if path == "-" {
      let writer = ByteWriter(descriptor: STDOUT_FILENO, name: "standard output")
      try body(writer)
      return try writer.flush()
    }
    let (kind, permissions) = try place(path)
    if case .stream = kind { return try writeInPlace(path, body) }
    try replace(path, permissions: permissions, body)
  }

  /// Finds out whether a file could be written, before the work whose outcome it is to hold.
  ///
  /// - Throws: ``DataError`` as ``write(to:_:)`` does where the folder is missing or takes no files.
  public static func check(_ path: String) throws(DataError) {
    if path == "-" { return }
    if case .stream = try place(path).kind { return }
    let (descriptor, temporary) = try makeTemporary(besides: linkTarget(path), for: path)
    close(descriptor)
    unlink(temporary)
  }

  /// What is there now, and with which permissions; a file of no length where nothing is.
  private static func place(_ path: String) throws(DataError) -> (kind: FileKind, permissions: mode_t?) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw DataError("\"\(shown(path))\" is not a path. Name a file to write.")
    }
    var status = stat()
    guard stat(path, &status) == 0 else { return (.regular(size: 0), nil) }
    let kind = FileKind(status)
    if case .directory = kind { throw DataError("\(path): is a directory. Name a file to write.") }
    return (kind, status.st_mode & 0o777)
  }

  private static func writeInPlace(
    _ path: String, _ body: (ByteWriter) throws(DataError) -> Void
  ) throws(DataError) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    let writer = ByteWriter(descriptor: descriptor, name: path)
    try body(writer)
    try writer.flush()
  }

  private static func replace(
    _ path: String, permissions: mode_t?, _ body: (ByteWriter) throws(DataError) -> Void
  ) throws(DataError) {
    let target = linkTarget(path)
    let (descriptor, temporary) = try makeTemporary(besides: target, for: path)
    var isOpen = true
    var isDone = false
    defer {
      if isOpen { close(descriptor) }
      if !isDone { unlink(temporary) }
    }
    // Best effort: a file that cannot keep its old permissions is still a file that was written.
    if let permissions { fchmod(descriptor, permissions) }
    let writer = ByteWriter(descriptor: descriptor, name: path)
    try body(writer)
    try writer.flush()
    // On disk before it takes the old file's place: a machine that loses power keeps one of the two.
    guard fdatasync(descriptor) == 0 else { throw failure(path, errno) }
    // Some file systems report a full disk only when the file is closed.
    isOpen = false
    guard close(descriptor) == 0 else { throw failure(path, errno) }
    guard rename(temporary, target) == 0 else { throw failure(path, errno) }
    isDone = true
  }

  /// The file a symbolic link leads to; the path itself where it is none.
  private static func linkTarget(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func makeTemporary(
    besides target: String, for path: String
  ) throws(DataError) -> (Int32, String) {
    let folder = target.utf8.lastIndex(of: UInt8(ascii: "/")).map { target[...$0] } ?? ""
    // The name of the target may already be as long as a name can be, so the temporary one does not contain it.
    for _ in 0..<100 {
      let temporary = "\(folder).\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36)).tmp"
      let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, temporary) }
      if errno != EEXIST { break }
    }
    throw failure(path, errno)
  }

  private static func failure(_ path: String, _ code: Int32) -> DataError {
    let advice = code == ENOENT ? " Make its folder first." : systemErrorAdvice(code)
    return DataError("\(path): cannot be written: \(systemErrorText(code)).\(advice)")
  }
}
