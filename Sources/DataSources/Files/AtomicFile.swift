import Glibc
import Inference

/// Writes files that are either whole or not there.
///
/// The bytes go to a file of the same folder that has no name until all of it has been written; then it takes the place of
/// the old file. A failure leaves the old file as it was and nothing else, and so does whatever ends the program: the system
/// removes files without a name. Where a file system knows no such files (NFS, for one), the file has a hidden name meanwhile,
/// which ``removeUnfinished()`` removes.
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
    Unfinished(try open(besides: linkTarget(path), for: path)).close()
  }

  /// Removes the hidden names of files that are not whole, for a program that is about to end.
  ///
  /// A signal handler may call it.
  public static func removeUnfinished() { UnfinishedNames.all.removeAll() }

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
    let descriptor = Glibc.open(path, O_WRONLY | O_CLOEXEC)
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
    let file = Unfinished(try open(besides: target, for: path))
    defer { file.close() }
    // Best effort: a file that cannot keep its old permissions is still a file that was written.
    if let permissions { fchmod(file.descriptor, permissions) }
    let writer = ByteWriter(descriptor: file.descriptor, name: path)
    try body(writer)
    try writer.flush()
    // On disk before it takes the old file's place: a machine that loses power keeps one of the two.
    guard fdatasync(file.descriptor) == 0 else { throw failure(path, errno) }
    guard file.takePlace(of: target) else { throw failure(path, errno) }
  }

  /// The file a symbolic link leads to; the path itself where it is none.
  private static func linkTarget(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Opens a new file in the folder of another: without a name, or with a hidden one.
  private static func open(
    besides target: String, for path: String
  ) throws(DataError) -> (descriptor: Int32, folder: String, name: String?) {
    let folder = target.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(target[...$0]) } ?? ""
    // It is linked by way of /proc, which has to be there.
    if usesNamelessFiles, access("/proc/self/fd", X_OK) == 0 {
      let descriptor = Glibc.open(folder.isEmpty ? "." : folder, O_WRONLY | namelessFile | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, folder, nil) }
    }
    for _ in 0..<100 {
      let name = hiddenName(in: folder)
      let descriptor = Glibc.open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, folder, name) }
      if errno != EEXIST { break }
    }
    throw failure(path, errno)
  }

  /// The name of the target may already be as long as a name can be, so this one does not contain it.
  fileprivate static func hiddenName(in folder: String) -> String {
    "\(folder).\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36)).tmp"
  }

  /// `O_TMPFILE` (open(2)), a macro that Swift does not see.
  private static let namelessFile = 0o20_000_000 | O_DIRECTORY

  /// Whether files without names are asked for; tests do without.
  @TaskLocal static var usesNamelessFiles = true

  private static func failure(_ path: String, _ code: Int32) -> DataError {
    let advice = code == ENOENT ? " Make its folder first." : systemErrorAdvice(code)
    return DataError("\(path): cannot be written: \(systemErrorText(code)).\(advice)")
  }
}

/// A new file that nobody sees yet.
private final class Unfinished {
  let descriptor: Int32
  private let folder: String
  private var name: String?
  private var slot: Int?
  private var isOpen = true

  init(_ opened: (descriptor: Int32, folder: String, name: String?)) {
    (descriptor, folder, name) = opened
    slot = name.flatMap { UnfinishedNames.all.add($0) }
  }

  /// Gives the file a name in the place of another file; false, with `errno`, where that fails.
  func takePlace(of target: String) -> Bool {
    if name == nil {
      let own = "/proc/self/fd/\(descriptor)"
      // Where nothing is in the way, that is all.
      if linkat(AT_FDCWD, own, AT_FDCWD, target, AT_SYMLINK_FOLLOW) == 0 { return closes() }
      guard errno == EEXIST else { return false }
      let hidden = AtomicFile.hiddenName(in: folder)
      slot = UnfinishedNames.all.add(hidden)
      name = hidden
      guard linkat(AT_FDCWD, own, AT_FDCWD, hidden, AT_SYMLINK_FOLLOW) == 0 else { return false }
    }
    // Some file systems report a full disk only when the file is closed.
    guard closes(), let name, rename(name, target) == 0 else { return false }
    self.name = nil
    return true
  }

  private func closes() -> Bool {
    isOpen = false
    return Glibc.close(descriptor) == 0
  }

  /// Closes the file, which is gone unless it has taken a place.
  func close() {
    if isOpen { _ = closes() }
    if let name { unlink(name) }
    if let slot { UnfinishedNames.all.remove(slot) }
  }
}
