import Foundation
import Suffice
import Testing

/// Declarations in JSON files, and rows in files.
@Suite("Files of joint distributions")
struct JointFileTests {
  private let folder = NSTemporaryDirectory() + "joint-" + UUID().uuidString + "/"

  /// Writes files into a folder of its own, which is gone afterwards.
  private func inFolder<Result>(_ files: [String: String], _ body: (String) throws -> Result) throws -> Result {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: folder + name)) }
    return try body(folder)
  }

  /// The message of a declaration that cannot be read.
  private func message(_ text: String, _ files: [String: String] = [:]) throws -> String {
    try inFolder(files.merging(["spec.json": text]) { $1 }) { folder in
      do throws(DataError) {
        _ = try JointFile.read(folder + "spec.json")
        return ""
      } catch { return error.description.replacing(folder, with: "") }
    }
  }

  @Test func example() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let statements = try JointFile.read(root.appending(path: "Examples/Data/household.json").path)
    let joint = try JointDistribution(statements)
    #expect(joint.margins.map(\.name) == ["income", "age", "children", "spending", "owner", "school"])
    #expect(joint.changes.isEmpty && joint.pairs.allSatisfy { $0.error < 1e-10 })
    try inFolder([:]) { folder in
      for threads in [1, 3] {
        try joint.writeRows(5000, seed: 1, to: folder + "rows\(threads).csv", threads: threads)
      }
      let one = try Data(contentsOf: URL(filePath: folder + "rows1.csv"))
      #expect(one == (try Data(contentsOf: URL(filePath: folder + "rows3.csv"))))
      let table = try DataFile.read(path: folder + "rows1.csv")
      #expect(table.rowCount == 5000)
      #expect(table["owner"]?.kind == .categorical(levels: ["no", "yes"]))
      // The file has what was drawn, to the last bit.
      let columns = joint.sample(rows: 5000, seed: 1)
      let income = try #require(table["income"])
      #expect((0..<5000).allSatisfy { income[$0] == columns[0][$0] })
      #expect(String(decoding: one.prefix(200), as: UTF8.self).hasPrefix("income,age,children,spending,owner,school\n"))
      do throws(DataError) {
        try joint.writeRows(10, seed: 1, to: folder + "rows.npy")
        Issue.record("labels were written into a file of numbers")
      } catch { #expect(error.description.contains("column \"owner\" holds labels")) }
    }
  }

  @Test func numPy() throws {
    let joint = try JointDistribution {
      Margin("a", .gamma(shape: 2))
      Margin("b", .student(degreesOfFreedom: 5))
      Correlation("a", "b", 0.5)
    }
    try inFolder([:]) { folder in
      try joint.writeRows(7000, seed: 2, to: folder + "rows.npy", threads: 2)
      let table = try DataFile.read(path: folder + "rows.npy")
      let columns = joint.sample(rows: 7000, seed: 2)
      for (column, values) in zip(table.columns, columns) {
        #expect((0..<7000).allSatisfy { column[$0] == values[$0] })
      }
      let exact = try joint.exactSample(rows: 100, seed: 1)
      try joint.write(exact.columns, to: folder + "exact.npy")
      let written = try DataFile.read(path: folder + "exact.npy")
      #expect((0..<100).allSatisfy { written.columns[1][$0] == exact.columns[1][$0] })
    }
  }

  /// A matrix in a table of its own, its columns in another order; and a column of data.
  @Test func tables() throws {
    let joint = try inFolder([
      "spec.json": """
      {"columns": [{"name": "x", "law": "normal"}, {"name": "y", "law": "exponential"},
        {"name": "z", "law": "empirical", "file": "data.csv", "column": "v"},
        {"name": "w", "law": "empirical", "file": "data.csv", "column": "g"}],
       "matrix": "m.csv", "kind": "spearman"}
      """,
      "m.csv": "y,x,w,z\n1,0.4,0,0.1\n0.4,1,0,0.2\n0,0,1,0\n0.1,0.2,0,1\n",
      "data.csv": "v,g\n1,b\n2,a\n2,c\n5,a\n",
    ]) { folder in try JointDistribution(JointFile.read(folder + "spec.json")) }
    #expect(joint.pairs.contains { $0.first == 0 && $0.second == 1 && $0.target == 0.4 && $0.kind == .spearman })
    #expect(joint.pairs.contains { $0.first == 0 && $0.second == 2 && $0.target == 0.2 })
    #expect(joint.margins[2].law.mean == 2.5)
    let levels = (joint.margins[3].law as? TableLaw)?.levels
    #expect(levels == ["a", "b", "c"])
  }

  @Test func badFiles() throws {
    let head =
      "{\"columns\": [{\"name\": \"x\", \"law\": \"normal\"}, {\"name\": \"y\", \"law\": \"poisson\", \"mean\": 2}]"
    for (text, expected) in [
      ("{", "spec.json, line 1, column 2: the text ends"),
      ("[]", "spec.json: an object was expected"),
      ("{}", "spec.json: has no \"columns\"."),
      (
        "{\"columns\": [{\"name\": \"x\", \"law\": \"cauchy\"}]}",
        "spec.json.columns[0].law: \"cauchy\" is no law; these are:"
      ),
      ("{\"columns\": [{\"law\": \"normal\"}]}", "spec.json.columns[0]: has no \"name\"."),
      (
        "{\"columns\": [{\"name\": \"x\", \"law\": \"normal\", \"sd\": 2}]}",
        "spec.json.columns[0]: \"sd\" is not known here"
      ),
      ("{\"columns\": [{\"name\": \"x\", \"law\": \"gamma\"}]}", "spec.json.columns[0]: has no \"shape\"."),
      ("{\"columns\": [{\"name\": \"x\", \"law\": \"poisson\", \"mean\": \"a\"}]}", "mean: a number was expected"),
      ("{\"columns\": [{\"name\": \"x\", \"law\": \"poisson\", \"mean\": -1}]}", "mean -1 is not positive and finite"),
      (
        "{\"columns\": [{\"name\": \"x\", \"law\": \"truncated\", \"from\": 2, \"to\": 1, \"of\": {\"law\": \"normal\"}}]}",
        "is above"
      ),
      (
        "{\"columns\": [{\"name\": \"x\", \"law\": \"truncated\", \"from\": 2, \"of\": {\"law\": \"uniform\"}}]}",
        "has no probability"
      ),
      (
        head + ", \"correlations\": [{\"between\": [\"x\"], \"value\": 0.2}]}", "the names of two columns were expected"
      ),
      (head + ", \"correlations\": [{\"between\": [\"x\", \"y\"]}]}", "correlations[0]: has no \"value\"."),
      (head + ", \"kind\": \"cramer\"}", "is no kind of correlation; these are: \"pearson\""),
      (head + ", \"matrix\": \"m.csv\"}", "m.csv: has no column \"y\""),
    ] {
      let found = try message(text, ["m.csv": "x,z\n1,0\n0,1\n"])
      #expect(found.contains(expected), "\(found)")
    }
  }
}
