import Foundation
import Suffice
import Testing

/// What a call printed.
struct Printed {
  let text: String, errors: String, status: Int32

  /// Lines of cells.
  var rows: [[String]] {
    text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  }

  func json() throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }
}

/// Tests that call the command line in a folder of their own.
protocol ToolSuite {
  var folder: TemporaryFolder { get }
}

extension ToolSuite {
  /// Calls the tool in the test's folder.
  func suffice(_ arguments: [String]) throws -> Printed {
    // The tool is built beside the tests.
    let tool = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent().path + "/suffice"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    for (descriptor, name) in [(1, "stdout"), (2, "stderr")] as [(Int32, String)] {
      let path = folder.path + "/" + name
      posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    let call = ["sh", "-c", "cd \"$0\" && exec \"$@\"", folder.path, tool] + arguments
    var words = call.map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var process = pid_t()
    // Foundation's own waiting needs threads that tests may all be holding.
    try #require(posix_spawn(&process, "/bin/sh", &actions, nil, words, environ) == 0)
    var status: Int32 = 0
    try #require(waitpid(process, &status, 0) == process)
    return Printed(
      text: try contents("stdout"), errors: try contents("stderr"),
      status: status & 0x7f == 0 ? status >> 8 & 0xff : -1)
  }

  /// What a call that must succeed printed.
  func succeed(_ arguments: String..., location: SourceLocation = #_sourceLocation) throws -> Printed {
    let printed = try suffice(arguments)
    try #require(printed.status == 0, "\(arguments): \(printed.errors)", sourceLocation: location)
    return printed
  }

  func contents(_ name: String) throws -> String {
    try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8)
  }

  func fit(_ name: String = "fit.safetensors") throws -> Fit {
    try FitFile.read(folder.path + "/" + name)
  }

  /// Two groups of rows far apart; the fifth has a gap.
  var rows: [[Double]] {
    [
      [0.5, 1.0], [-0.25, 0.75], [0.0, 1.5], [0.75, 1.25], [0.25, .nan], [20.5, -7.0], [19.75, -8.0], [20.0, -7.5],
      [20.25, -7.25], [19.5, -7.75],
    ]
  }

  func table() throws -> DataTable {
    try DataTable(["a": rows.map { $0[0] }, "b": rows.map { $0[1] }])
  }

  /// The rows as a CSV file, and a fit of two components to them.
  func fitMixture() throws {
    let text = rows.map { "\($0[0])," + ($0[1].isNaN ? "" : "\($0[1])") }.joined(separator: "\n")
    _ = try folder.write("a,b\n\(text)\n", as: "rows.csv")
    _ = try succeed(
      "fit", "diagonal-gaussian-mixture", "--components", "2", "-d", "rows.csv", "-o", "fit.safetensors", "--quiet",
      "--tolerance", "1e-9")
  }
}

/// Whether a printed number is another one, but for its last digits.
func near(_ text: String, _ value: Double) -> Bool {
  Double(text).map { abs($0 - value) <= 1e-12 * max(1, abs(value)) } ?? false
}

func near(_ json: Any?, _ value: Double) -> Bool {
  (json as? NSNumber).map { near("\($0.doubleValue)", value) } ?? false
}

func numbers(_ value: Any?) -> [Double] { (value as? [NSNumber])?.map(\.doubleValue) ?? [] }
