import ArgumentParser
import Foundation
import Suffice

/// Finds out, before any work, whether a command would write over what it reads or writes, which would be lost.
///
/// Files are told by what they are, not by their paths: links and other spellings lead to the same file.
///
/// - Parameters:
///   - outputs: The files that are written; whether the standard output is one that is read is always looked at.
///   - inputs: The files that are read, and patterns of them.
func checkPlaces(outputs: [String], inputs: [String]) throws {
  for output in outputs where output.lowercased().hasSuffix(".swift") {
    throw UsageError("the output \(output) has the name of a Swift file, which it is not. Choose another name.")
  }
  var known: [FileIdentity: String] = [:]
  for input in inputs.map({ $0 == "-" ? "/dev/stdin" : $0 }) {
    for path in (try? DataFiles([input]))?.paths ?? [input] {
      if let identity = FileIdentity(path: path) { known[identity] = path }
    }
  }
  func told(_ output: String) -> String { output == "-" ? "standard output" : "the output \(output)" }
  for output in outputs + ["-"] {
    guard let identity = FileIdentity(path: output), let input = known[identity] else { continue }
    throw UsageError(
      "\(told(output)) is the file \(input == output ? "" : input == "/dev/stdin" ? "on standard input " : "\(input) ")that is read, which would be lost. Write to another file."
    )
  }
  var written: [FileIdentity: String] = [:]
  for output in outputs {
    guard let identity = FileIdentity(written: output) else { continue }
    if let other = written.updateValue(output, forKey: identity) {
      throw UsageError("\(told(other)) is the same file as \(told(output)): one would be lost. Write to two files.")
    }
  }
}
