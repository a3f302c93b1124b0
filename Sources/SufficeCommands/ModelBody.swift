import Foundation
import Synchronization

private let isReading = Atomic<Bool>(false)

/// The modeller's own code, which runs when a model is read.
enum ModelBody {
  /// Ends the program with one message where the code of a model file traps.
  static func watch() {
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGFPE] {
      signal(number) { _ in
        let message: StaticString =
          "error: the program of the model file trapped: an index out of range, an overflow, a nil, or a precondition that does not hold.\n"
        _ = Foundation.write(2, message.utf8Start, message.utf8CodeUnitCount)
        _exit(1)
      }
    }
    atexit {
      guard isReading.load(ordering: .relaxed) else { return }
      let message: StaticString =
        "error: the model's code ended the program, by exit() or the like, before there was a fit.\n"
      _ = Foundation.write(2, message.utf8Start, message.utf8CodeUnitCount)
      _exit(1)
    }
  }

  /// Runs the code of a model: what it prints goes to standard error, since the standard output is for results.
  static func reading<Result>(_ work: () throws -> Result) rethrows -> Result {
    fflush(nil)
    let output = dup(STDOUT_FILENO)
    if output >= 0 { dup2(STDERR_FILENO, STDOUT_FILENO) }
    isReading.store(true, ordering: .relaxed)
    defer {
      isReading.store(false, ordering: .relaxed)
      fflush(nil)
      if output >= 0 {
        dup2(output, STDOUT_FILENO)
        close(output)
      }
    }
    return try work()
  }
}
