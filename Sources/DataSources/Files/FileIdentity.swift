import Glibc

/// What makes two paths the same file, by whatever names and links they lead to it.
public struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64
  /// The name in the folder that the numbers are of, where there is no file yet.
  private let name: String?

  /// The file that a path leads to; nil where it leads to none, or to what keeps nothing, such as a pipe or a terminal.
  ///
  /// - Parameter path: The path; "-" is the standard output.
  public init?(path: String) {
    var status = stat()
    guard path == "-" ? fstat(STDOUT_FILENO, &status) == 0 : stat(path, &status) == 0 else { return nil }
    guard case .regular = FileKind(status) else { return nil }
    (device, number, name) = (UInt64(status.st_dev), UInt64(status.st_ino), nil)
  }

  /// The file that is replaced or made where a path is written to; nil where that keeps nothing, or cannot be written.
  ///
  /// - Parameter path: The path; "-" is the standard output.
  public init?(written path: String) {
    if let found = FileIdentity(path: path) {
      self = found
      return
    }
    var status = stat()
    guard path != "-", stat(path, &status) != 0 else { return nil }
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { String(path[...$0]) } ?? "."
    guard stat(folder, &status) == 0 else { return nil }
    let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
    (device, number, self.name) = (UInt64(status.st_dev), UInt64(status.st_ino), name)
  }
}
