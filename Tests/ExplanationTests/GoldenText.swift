import Foundation
import Testing

/// Compares a text with the file of a name under `Golden`.
///
/// Where they differ, the new text is written beside other temporary files; with `SUFFICE_ACCEPT=1` in the environment it
/// becomes the golden text instead.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
  let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(name)")
  let expected = try? String(contentsOf: golden, encoding: .utf8)
  if text == expected { return }
  if ProcessInfo.processInfo.environment["SUFFICE_ACCEPT"] == "1" {
    try text.write(to: golden, atomically: true, encoding: .utf8)
    return
  }
  let found = FileManager.default.temporaryDirectory.appendingPathComponent(name)
  try text.write(to: found, atomically: true, encoding: .utf8)
  let line = zip(lines(text), lines(expected ?? "")).enumerated().first { $1.0 != $1.1 }
  let difference = line.map { "line \($0 + 1) is now\n  \($1.0)\nand was\n  \($1.1)" } ?? "one is longer than the other"
  Issue.record(
    "\(name) differs: \(difference)\nThe new text is \(found.path). To accept it, run the tests with SUFFICE_ACCEPT=1.",
    sourceLocation: sourceLocation)
}

private func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
