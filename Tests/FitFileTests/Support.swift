import Foundation
import Suffice
import Testing

/// A fresh folder that is removed with its files at the end of the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "fit-file-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file and gives its path.
  func write(_ bytes: [UInt8], as name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name)))) }
}

/// Expects an error with this description, in which paths are without the temporary folder.
func expectError(
  is message: String, in folder: TemporaryFolder? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws(DataError) -> Void
) {
  do {
    try body()
    Issue.record("no error; expected: \(message)", sourceLocation: sourceLocation)
  } catch {
    let found = folder.map { error.description.replacing($0.path + "/", with: "") } ?? error.description
    #expect(found == message, sourceLocation: sourceLocation)
  }
}

/// Whether two lists of numbers are the same, NaN and the sign of zero included.
func isIdentical(_ a: [Double], _ b: [Double]) -> Bool { a.map(\.bitPattern) == b.map(\.bitPattern) }

/// Whether two fits are the same to the last bit; `==` would find NaN different from itself.
func isIdentical(_ a: Fit, _ b: Fit) -> Bool {
  a.naturals.count == b.naturals.count && zip(a.naturals, b.naturals).allSatisfy { isIdentical($0, $1) }
    && isIdentical([a.bound], [b.bound]) && isIdentical(a.restartBounds, b.restartBounds)
    && a.trace.map(\.pass) == b.trace.map(\.pass)
    && isIdentical(
      a.trace.flatMap { [$0.bound, $0.heldOut, $0.seconds] }, b.trace.flatMap { [$0.bound, $0.heldOut, $0.seconds] })
    && a.converged == b.converged && a.settings == b.settings && isIdentical(a.model.facts, b.model.facts)
    && a.model.graph == b.model.graph && a.model.graph.json == b.model.graph.json
}

/// Whether two facts are the same to the last bit.
func isIdentical(_ a: DataFacts, _ b: DataFacts) -> Bool {
  a.rowCount == b.rowCount && a.observed.count == b.observed.count
    && zip(a.observed, b.observed).allSatisfy { a, b in
      a.columns == b.columns && a.levels == b.levels && isIdentical(a.mean, b.mean)
        && isIdentical(a.variance, b.variance) && isIdentical(a.covariance, b.covariance)
        && isIdentical([a.logBaseMeasure], [b.logBaseMeasure])
    }
}

extension Fit {
  /// The same fit without its history, of which NaN is a part, so that `==` can compare it.
  var withoutTrace: Fit {
    Fit(
      model: model, naturals: naturals, bound: bound, trace: [], restartBounds: restartBounds, converged: converged,
      settings: settings, boundRounding: boundRounding)
  }
}
