import Glibc

/// What makes two paths the same file, by whatever names and links they lead to it.
public struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64

  /// The file that a path leads to; nil where it leads to none, or to what keeps nothing, such as a pipe or a terminal.
  ///
  /// - Parameter path: The path; "-" is the standard output.
  public init?(path: String) {
    var status = stat()
    guard path == "-" ? fstat(STDOUT_FILENO, &status) == 0 : stat(path, &status) == 0 else { return nil }
    guard case .regular = FileKind(status) else { return nil }
    (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
  }
}
