import Foundation
import Models
import Suffice
import Testing

@testable import SufficeCommands

/// Every command that prints JSON: its numbers are the library's, and those that it prints as text.
@Suite("The tool's JSON") struct ToolJSONTests: ToolSuite {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private typealias Object = [String: Any]

  /// Everything that is said of a fit, beside the fit itself.
  private func expectSummary(_ json: Object, of name: String, location: SourceLocation = #_sourceLocation) throws {
    let fit = try fit(name)
    var wrong: [String] = []
    func check(_ key: String, _ holds: Bool) { if !holds { wrong.append("\(key): \(json[key] ?? "missing")") } }
    check("file", json["file"] as? String == name)
    check("model", json["model"] as? String == fit.model.graph.name)
    check("rows", near(json["rows"], Double(fit.model.facts.rowCount)))
    check("bound", fit.bound.isNaN ? json["bound"] is NSNull : near(json["bound"], fit.bound))
    check("boundRows", near(json["boundRows"], Double(fit.rowsOfBound)))
    check("boundRounding", near(json["boundRounding"], fit.boundRounding))
    check("converged", json["converged"] as? Bool == fit.converged)
    check("passes", near(json["passes"], Double(fit.trace.count)))
    let starts = numbers(json["restartBounds"])
    check(
      "restartBounds",
      starts.count == fit.restartBounds.count && zip(starts, fit.restartBounds).allSatisfy { near("\($0)", $1) })
    let trace = json["trace"] as? [Object] ?? []
    check("trace", trace.count == fit.trace.count)
    for (entry, own) in zip(trace, fit.trace) {
      check(
        "trace",
        near(entry["pass"], Double(own.pass)) && near(entry["rows"], Double(own.rows))
          && (own.bound.isNaN ? entry["bound"] is NSNull : near(entry["bound"], own.bound))
          && (own.heldOut.isNaN ? entry["heldOut"] is NSNull : near(entry["heldOut"], own.heldOut)))
    }
    let posterior = json["posterior"] as? Object ?? [:]
    check("posterior", posterior.count == fit.marginals.count)
    for marginal in fit.marginals {
      let variable = posterior[marginal.name] as? Object
      let members = variable?["members"] as? [Object] ?? []
      check("posterior", variable?["family"] as? String == "\(marginal.family)")
      check("posterior", members.count == marginal.naturals.count)
      for (m, member) in members.enumerated() {
        let summary = member["summary"] as? Object ?? [:]
        for (told, own) in marginal.parameters(m).map({ (member[$0.name], $0.values) })
          + marginal.summary(m).map({ (summary[$0.name], $0.values) })
        {
          let values = numbers(told)
          check("posterior", values.count == own.count && zip(values, own).allSatisfy { near("\($0)", $1) })
        }
      }
    }
    #expect(wrong.isEmpty, "\(name)", sourceLocation: location)
  }

  @Test func fits() throws {
    try fitMixture()
    let whole = try folder.write("a,b,c,w\n1,2,u,1\n3,,v,2\n,,u,1\n2,1,v,1\n4,0,u,2\n", as: "other.csv")
    let fitted = try succeed(
      "fit", "diagonal-gaussian-mixture", "--components", "2", "-d", whole, "--bind", "x=a,b", "--weights", "w", "-o",
      "other.safetensors", "--quiet", "--json"
    ).json()
    try expectSummary(fitted, of: "other.safetensors")
    #expect(near(fitted["emptyRows"], 1) && (fitted["unusedColumns"] as? [String]) == ["c"])
    try expectSummary(succeed("show", "fit.safetensors", "--json").json(), of: "fit.safetensors")
    try expectSummary(
      succeed("update", "fit.safetensors", "-d", "rows.csv", "-o", "more.safetensors", "--quiet", "--json").json(),
      of: "more.safetensors")
    #expect(try fit("more.safetensors").model.facts.rowCount == 20)
    // Passes that are judged by rows kept aside have no bound, or no mean density of these.
    try expectSummary(
      succeed(
        "fit", "diagonal-gaussian-mixture", "--components", "2", "-d", "rows.csv", "-o", "batches.safetensors",
        "--quiet", "--inference", "stochastic", "--batch-size", "3", "--json"
      ).json(), of: "batches.safetensors")
  }

  @Test func resumedFits() throws {
    try fitMixture()
    var settings = FitSettings()
    settings.tolerance = 1e-9
    var session = try FitSession(
      ModelGraph(DiagonalMixture.model), to: DataFile.read(path: folder.path + "/rows.csv"), settings: settings)
    try session.start()
    _ = try session.step()
    let words = [
      "fit", "diagonal-gaussian-mixture", "--set", "components=2", "-d", "rows.csv", "-o", "stopped.safetensors",
      "--tolerance", "1e-9",
    ]
    try CheckpointFile.write(
      #require(session.checkpoint), command: [folder.path] + words, to: folder.path + "/stopped.safetensors.checkpoint")
    let json = try succeed("resume", "stopped.safetensors.checkpoint", "--json", "--quiet").json()
    var told = json
    // The path is a whole one, since a call goes on wherever it is resumed.
    told["file"] = (json["file"] as? String).map { URL(fileURLWithPath: $0).lastPathComponent }
    try expectSummary(told, of: "stopped.safetensors")
  }

  @Test func eachColumn() throws {
    _ = try folder.write("a,b,c\n1,2,x\n2,4,y\n4,6,x\n3,1,y\n", as: "rows.csv")
    let json = try succeed(
      "fit", "normal-sample", "--each-column", "-d", "rows.csv", "-o", "fits", "--quiet", "--json"
    ).json()
    #expect(json["model"] as? String == "normal-sample" && near(json["rows"], 4))
    #expect(json["unusedColumns"] as? [String] == ["c"])
    let columns = json["columns"] as? [Object] ?? []
    #expect(columns.map { $0["column"] as? String } == ["a", "b"])
    for (column, name) in zip(columns, ["a", "b"]) {
      let file = try #require(column["file"] as? String)
      let fit = try FitFile.read(file.hasPrefix("/") ? file : folder.path + "/" + file)
      let alone = try Fit(
        ModelGraph(NormalSample()), to: DataFile.read(path: folder.path + "/rows.csv"), bind: ["x": [name]])
      #expect(near(column["bound"], alone.bound) && fit.naturals == alone.naturals)
      #expect(near(column["boundRows"], 4) && column["converged"] as? Bool == alone.converged)
    }
  }

  /// Rows in which nothing is observed count in no mean, whatever prints it.
  @Test func scoresOfRowsThatAreEmpty() throws {
    try fitMixture()
    _ = try folder.write("a,b\n0.5,1\n,\n20,-7.5\n,\n19.5,\n", as: "gaps.csv")
    let table = try DataFile.read(path: folder.path + "/gaps.csv")
    let seen = try Application(fit(), to: table).logDensities().enumerated().filter { $0.offset % 2 == 0 }.map(
      \.element)
    let total = seen.reduce(0, +)
    let json = try succeed("score", "fit.safetensors", "-d", "gaps.csv", "--json").json()
    #expect(near(json["rows"], 3) && near(json["totalLogDensity"], total) && near(json["meanLogDensity"], total / 3))
    let text = try succeed("score", "fit.safetensors", "-d", "gaps.csv").text
    #expect(text == "mean log density \(total / 3) over 3 rows (total \(total)); nothing is observed in 2 more\n")
    let each = try succeed("score", "fit.safetensors", "-d", "gaps.csv", "--per-row", "-o", "each.csv")
    #expect(each.text.isEmpty)
    let cells = try #require(DataFile.read(path: folder.path + "/each.csv")["logDensity"])
    #expect((0..<5).map { cells[$0].isNaN } == [false, true, false, true, false])
    #expect(zip([0, 2, 4], seen).allSatisfy { near("\(cells[$0])", $1) })
  }

  /// What JSON says of labels is what the text says.
  @Test func predictionsOfRowsWithGaps() throws {
    try fitMixture()
    _ = try folder.write("a,b\n0.5,\n,-7\n20,-7.5\n", as: "gaps.csv")
    let text = try succeed("predict", "fit.safetensors", "-d", "gaps.csv", "--probabilities").rows
    let json = try succeed("predict", "fit.safetensors", "-d", "gaps.csv", "--probabilities", "--json").json()
    #expect(numbers(json["label"]) == text.dropFirst().map { Double($0[0]) })
    let told = (json["probabilities"] as? [Any])?.map { numbers($0) } ?? []
    let printed = text.dropFirst().flatMap { $0[2...].compactMap(Double.init) }
    #expect(printed.count == 6 && zip(told.joined(), printed).allSatisfy { near("\($0)", $1) })
    let labels = numbers(json["label"])
    #expect(labels.count == 3 && labels[0] != labels[1] && labels[1] == labels[2])
  }

  @Test func generatedRows() throws {
    _ = try folder.write(
      """
      {"columns": [{"name": "u", "law": "normal", "mean": 0, "deviation": 1}, {"name": "v", "law": "normal", "mean": 0, "deviation": 1}],
       "correlations": [{"between": ["u", "v"], "value": 0.25, "kind": "pearson"}]}
      """, as: "spec.json")
    let json = try succeed("generate", "spec.json", "-n", "50", "-o", "rows.csv", "--json").json()
    let pairs = json["correlations"] as? [Object] ?? []
    #expect(pairs.count == 1 && near(json["rows"], 50) && near(json["columns"], 2))
    let pair = try #require(pairs.first)
    #expect(pair["between"] as? [String] == ["u", "v"] && pair["kind"] as? String == "pearson")
    #expect(
      ["target", "achieved", "latent"].allSatisfy {
        (pair[$0] as? NSNumber).map { abs($0.doubleValue - 0.25) < 1e-9 } ?? false
      })
    #expect(pair["changed"] as? Bool == false)
    #expect(try DataFile.read(path: folder.path + "/rows.csv").rowCount == 50)
  }
}
