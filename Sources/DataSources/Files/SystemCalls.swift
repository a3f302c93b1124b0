import Glibc
import Inference

/// The text of an error number of the operating system, such as "No such file or directory".
func systemErrorText(_ code: Int32) -> String { String(cString: strerror(code)) }

/// What a user can do about an error of the operating system; empty where its text says it all.
func systemErrorAdvice(_ code: Int32) -> String {
  switch code {
  case ENOENT, ENOTDIR: " Check the path."
  case EACCES, EPERM: " Check the permissions of the file and its folder."
  case ENOSPC, EDQUOT: " Free some space, or choose another folder."
  case EMFILE, ENFILE: " Too many files are open at once."
  default: ""
  }
}

/// Repeats a call that a signal interrupted.
@inline(__always)
func retryingInterrupts(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// System calls that can fail half-way through a file; tests make them fail.
enum SystemCall: Sendable {
  case read, write

  /// Gives the error number with which the next call fails; 0 lets it succeed.
  @TaskLocal static var fault: (@Sendable (SystemCall) -> Int32)?

  /// Runs a call, again where a signal interrupted it.
  func run(_ call: () -> Int) -> Int {
    if let code = Self.fault?(self), code != 0 {
      errno = code
      return -1
    }
    return retryingInterrupts(call)
  }
}

/// How many processors there are to use.
func processorCount() -> Int { max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1) }

/// What a path leads to.
enum FileKind {
  case regular(size: Int)
  case directory
  /// A pipe, a terminal, a device.
  case stream

  init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .regular(size: Int(status.st_size))
    case S_IFDIR: self = .directory
    default: self = .stream
    }
  }
}

/// What changes when a file is written to: its size and the time of the last change.
struct FileVersion: Equatable {
  let size: Int
  private let seconds: Int
  private let nanoseconds: Int

  /// Nil where it means nothing: files that the system makes up have no size.
  init?(_ descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return nil }
    size = Int(status.st_size)
    (seconds, nanoseconds) = (Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec))
  }
}

/// Opens a file for reading and tells its kind; a directory is refused.
func openForReading(_ path: String) throws(DataError) -> (descriptor: Int32, kind: FileKind) {
  // A NUL would end the path early, and another file would be read than the one that was named.
  guard !path.utf8.contains(0), !path.isEmpty else {
    throw DataError("\"\(shown(path))\" is not a path. Name a file.")
  }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    let code = errno
    throw DataError("\(path): cannot be opened: \(systemErrorText(code)).\(systemErrorAdvice(code))")
  }
  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    let code = errno
    close(descriptor)
    throw DataError("\(path): cannot be examined: \(systemErrorText(code)).")
  }
  let kind = FileKind(status)
  if case .directory = kind {
    close(descriptor)
    throw DataError("\(path): is a directory. Name a file in it.")
  }
  return (descriptor, kind)
}

/// "1 field", "2 fields".
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
