import Foundation
import Suffice

/// What people read on standard error: without control characters that a terminal would obey, whatever files have put into
/// it, and no reason to end when nobody reads it.
enum Said {
  /// Writes a text as it is, for lines that are written over one another.
  static func raw(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(2, $0.baseAddress, $0.count) }
      if count < 0 && errno != EINTR { return }
      bytes = bytes.dropFirst(max(count, 0))
    }
  }

  /// Writes whole lines.
  static func text(_ text: String) { raw(escapingControls(text, keeping: "\n\t")) }

  /// Writes lines.
  static func line(_ text: String) { self.text(text + "\n") }

  /// Writes a warning.
  static func warning(_ text: String) { line("warning: \(text)") }
}
