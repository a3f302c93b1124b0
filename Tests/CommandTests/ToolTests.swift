import Foundation
import Suffice
import Testing

@testable import SufficeCommands

/// Every command as it is called: what it prints, as text and as JSON, and what it writes, beside what the library says.
@Suite("The tool") struct ToolTests: ToolSuite {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  // MARK: Fits

  @Test func fitsAndShows() throws {
    try fitMixture()
    let fit = try fit()
    #expect(fit.model.facts.rowCount == 10 && fit.converged)
    var settings = FitSettings()
    settings.tolerance = 1e-9
    let same = try Fit(ModelGraph(DiagonalMixture.model), to: table(), settings: settings)
    #expect(fit.naturals == same.naturals)
    let text = try succeed("show", "fit.safetensors").text
    #expect(text.contains("diagonal-gaussian-mixture --components 2"))
    #expect(text.contains(String(format: "%.6f", fit.bound)))
    let json = try succeed("show", "fit.safetensors", "--json").json()
    #expect(near(json["bound"], fit.bound) && near(json["rows"], 10))
    let weights = ((json["posterior"] as? [String: Any])?["weights"] as? [String: Any])?["members"] as? [[String: Any]]
    let own = try #require(fit.marginal("weights")).parameters(0)[0].values
    let told = numbers(weights?.first?["concentration"])
    #expect(told.count == 2 && zip(told, own).allSatisfy { near("\($0)", $1) })
    let again = try succeed(
      "fit", "diagonal-gaussian-mixture", "--components", "2", "-d", "rows.csv", "-o", "other.safetensors", "--quiet",
      "--tolerance", "1e-9", "--json"
    ).json()
    #expect(near(again["bound"], fit.bound) && (again["file"] as? String) == "other.safetensors")
    _ = try succeed("show", "fit.safetensors", "-d", "rows.csv", "--svg", "pictures", "--html", "report.html")
    #expect(try contents("report.html").contains("<svg"))
    let pictures = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/pictures")
    #expect(pictures.contains("scatter.svg"))
    let wrong = try suffice(["fit", "diagonal-gaussian-mixture", "-d", "none.csv"])
    #expect(wrong.status != 0 && wrong.errors.contains("none.csv") && wrong.text.isEmpty)
  }

  @Test func updatesAndResumes() throws {
    _ = try folder.write("y,n\n3,1\n5,2\n4,1\n", as: "first.csv")
    _ = try folder.write("y,n\n6,1\n2,3\n", as: "second.csv")
    func run(_ arguments: [String]) throws {
      let printed = try suffice(arguments + ["--quiet", "--weights", "n"])
      try #require(printed.status == 0, "\(printed.errors)")
    }
    try run(["fit", "poisson-mixture", "--components", "1", "-d", "first.csv", "--bind", "x=y"])
    try run(["update", "fit.safetensors", "-d", "second.csv", "-o", "both.safetensors"])
    let (first, both) = (try fit(), try fit("both.safetensors"))
    // A gamma distribution adds up counts and rows, each as often as it counts.
    func gamma(_ fit: Fit) throws -> [Double] {
      try #require(fit.marginal("rate")).parameters(0).flatMap(\.values)
    }
    let (before, after) = (try gamma(first), try gamma(both))
    #expect(near("\(after[0])", before[0] + 12) && near("\(after[1])", before[1] + 4))
    try run(["update", "fit.safetensors", "-d", "second.csv", "-o", "half.safetensors", "--forgetting", "0.5"])
    let half = try gamma(fit("half.safetensors"))
    #expect(near("\(half[1])", before[1] - 2 + 4))
    // A checkpoint goes on to what a fit that was not stopped ends at.
    try fitMixture()
    let words = [
      "fit", "diagonal-gaussian-mixture", "--set", "components=2", "-d", "rows.csv", "-o", "stopped.safetensors",
      "--tolerance", "1e-9",
    ]
    var settings = FitSettings()
    settings.tolerance = 1e-9
    var session = try FitSession(
      ModelGraph(DiagonalMixture.model), to: DataFile.read(path: folder.path + "/rows.csv"),
      settings: settings)
    try session.start()
    _ = try session.step()
    let checkpoint = folder.path + "/stopped.safetensors.checkpoint"
    func resume(_ options: String..., beganWith: [String] = []) throws -> Printed {
      try CheckpointFile.write(
        #require(session.checkpoint), command: [folder.path] + words + beganWith, to: checkpoint)
      let printed = try suffice(["resume", "stopped.safetensors.checkpoint"] + options)
      try #require(printed.status == 0, "\(options): \(printed.errors)")
      #expect(try self.fit("stopped.safetensors").naturals == self.fit().naturals)
      #expect(!FileManager.default.fileExists(atPath: checkpoint))
      return printed
    }
    let told = try resume()
    #expect(told.text.contains("Saved to") && told.errors.contains("pass"), "\(told)")
    // It says as much, and in such a form, as the stopped call did, or as is asked for now.
    for printed in [
      try resume("-q", "--json", "--threads", "3"), try resume("-q", beganWith: ["--json"]),
      try resume("--json", beganWith: ["--quiet", "--threads", "1"]),
    ] {
      let bound = try printed.json()["bound"]
      #expect(try printed.errors.isEmpty && near(bound, fit().bound), "\(printed)")
    }
    let few = try suffice(["resume", "stopped.safetensors.checkpoint", "--threads", "0"])
    #expect(few.status != 0 && few.errors.contains("--threads 0"))
  }

  // MARK: Applications

  @Test func predicts() throws {
    try fitMixture()
    let application = try Application(fit(), to: table())
    let (_, values, count) = try #require(application.responsibilities())
    // Labels are counted from 1; rows of a group have one.
    let best = rows.indices.map { values[$0 * count] > values[$0 * count + 1] ? 1 : 2 }
    #expect(Set(best[..<5]).count == 1 && best[5...].allSatisfy { $0 == 3 - best[0] })
    let text = try succeed("predict", "fit.safetensors", "-d", "rows.csv").rows
    #expect(text[0] == ["label", "probability"] && text.dropFirst().map { Int($0[0]) } == best)
    #expect(text.dropFirst().enumerated().allSatisfy { near($1[1], values[$0 * count + best[$0] - 1]) })
    let all = try succeed("predict", "fit.safetensors", "-d", "rows.csv", "--probabilities", "-o", "labels.csv")
    #expect(all.text.isEmpty)
    let table = try DataFile.read(path: folder.path + "/labels.csv")
    #expect(table.columnNames == ["label", "probability", "label_1", "label_2"])
    let second = try #require(table["label_2"])
    #expect(rows.indices.allSatisfy { near("\(second[$0])", values[$0 * count + 1]) })
    let json = try succeed("predict", "fit.safetensors", "-d", "rows.csv", "--probabilities", "--json").json()
    #expect(numbers(json["label"]) == best.map(Double.init))
    let found = (json["probabilities"] as? [Any])?.flatMap { numbers($0) } ?? []
    #expect(found.count == values.count && zip(found, values).allSatisfy { near("\($0)", $1) })
  }

  @Test func scores() throws {
    try fitMixture()
    let densities = try Application(fit(), to: table()).logDensities()
    let total = densities.reduce(0, +)
    let text = try succeed("score", "fit.safetensors", "-d", "rows.csv").text
    #expect(text == "mean log density \(total / 10) over 10 rows (total \(total))\n")
    let json = try succeed("score", "fit.safetensors", "-d", "rows.csv", "--json").json()
    #expect(near(json["meanLogDensity"], total / 10) && near(json["totalLogDensity"], total))
    #expect(near(json["rows"], 10) && (json["isLowerBound"] as? Bool) == false)
    let each = try succeed("score", "fit.safetensors", "-d", "rows.csv", "--per-row").rows
    #expect(each[0] == ["logDensity"] && zip(each.dropFirst(), densities).allSatisfy { near($0[0], $1) })
  }

  @Test func imputes() throws {
    try fitMixture()
    let application = try Application(fit(), to: table())
    func cells(_ printed: Printed) -> [[Double]] { printed.rows.dropFirst().map { $0.compactMap(Double.init) } }
    let means = try cells(succeed("impute", "fit.safetensors", "-d", "rows.csv"))
    let filled = try application.imputed()
    let b = try #require(filled["b"])
    #expect(zip(means, rows).enumerated().allSatisfy { $0 == 4 || $1.0 == $1.1 })
    #expect(near("\(means[4][1])", b[4]) && b[4] > 0 && b[4] < 2)
    let draws = try succeed("impute", "fit.safetensors", "-d", "rows.csv", "--draws", "3", "--seed", "5")
    #expect(draws.rows[0] == ["draw", "a", "b"])
    let lines = cells(draws)
    #expect(lines.map { $0[0] } == (1...3).flatMap { draw in rows.map { _ in Double(draw) } })
    // Each draw is another; the first is that of one draw alone.
    let gaps = (0..<3).map { lines[10 * $0 + 4][2] }
    #expect(Set(gaps).count == 3)
    let one = try cells(succeed("impute", "fit.safetensors", "-d", "rows.csv", "--draws", "1", "--seed", "5"))
    #expect(one[4][1] == gaps[0])
    let drawn = try #require(application.imputed(seed: 5)["b"])
    #expect(near("\(gaps[0])", drawn[4]))
    #expect(lines.indices.allSatisfy { $0 % 10 == 4 || Array(lines[$0][1...]) == rows[$0 % 10] })
  }

  @Test func samples() throws {
    try fitMixture()
    let own = try fit().sample(7, seed: 3)
    let printed = try succeed("sample", "fit.safetensors", "-n", "7", "--seed", "3")
    #expect(printed.rows[0] == ["a", "b"] && printed.rows.count == 8)
    let a = try #require(own["a"])
    #expect(printed.rows.dropFirst().enumerated().allSatisfy { near($1[0], a[$0]) })
    #expect(try succeed("sample", "fit.safetensors", "-n", "7", "--seed", "4").text != printed.text)
    _ = try succeed("sample", "fit.safetensors", "-n", "7", "--seed", "3", "-o", "drawn.csv")
    #expect(try contents("drawn.csv") == printed.text)
    // More rows than are drawn at a time are as many as were asked for, none of them twice.
    let many = try succeed("sample", "fit.safetensors", "-n", "5000").rows.dropFirst()
    #expect(many.count == 5000 && Set(many.map { $0[0] }).count > 4990)
  }

  // MARK: Tables

  @Test func converts() throws {
    _ = try folder.write("x,kind\n1.5,u\n,v\n-2,u\n", as: "a.csv")
    let said = try succeed("convert", "a.csv", "a.safetensors").text
    #expect(said == "3 rows of 2 columns (1 of labels) from a.csv saved to a.safetensors.\n")
    _ = try succeed("convert", "a.safetensors", "b.csv", "-q")
    #expect(try contents("b.csv") == "x,kind\n1.5,u\n,v\n-2,u\n" || contents("b.csv") == "x,kind\n1.5,u\n,v\n-2.0,u\n")
    _ = try succeed("convert", "a.csv", "--columns", "x", "a.npy", "-q")
    let numbers = try DataFile.read(path: folder.path + "/a.npy").columns[0]
    #expect(numbers[0] == 1.5 && numbers[1].isNaN && numbers[2] == -2)
    _ = try succeed("convert", "a.csv", "b.csv", "twice.safetensors", "-q")
    #expect(try DataFile.read(path: folder.path + "/twice.safetensors").rowCount == 6)
  }

  @Test func generates() throws {
    _ = try folder.write(
      """
      {"columns": [{"name": "u", "law": "normal", "mean": 10, "deviation": 2}, {"name": "v", "law": "normal", "mean": 0, "deviation": 1}],
       "correlations": [{"between": ["u", "v"], "value": 0.6, "kind": "pearson"}]}
      """, as: "spec.json")
    let printed = try succeed("generate", "spec.json", "-n", "400", "--seed", "2", "--quiet")
    #expect(printed.rows[0] == ["u", "v"] && printed.rows.count == 401)
    #expect(try succeed("generate", "spec.json", "-n", "400", "--seed", "2", "--quiet").text == printed.text)
    let json = try succeed("generate", "spec.json", "-n", "400", "-o", "rows.npy", "--exact", "--json").json()
    #expect(near(json["rows"], 400) && near(json["columns"], 2))
    let columns = try DataFile.read(path: folder.path + "/rows.npy").columns
    func moment(_ f: (Int) -> Double) -> Double { (0..<400).reduce(0) { $0 + f($1) } / 400 }
    let (u, v) = (moment { columns[0][$0] }, moment { columns[1][$0] })
    let correlation =
      moment { (columns[0][$0] - u) * (columns[1][$0] - v) }
      / (moment { (columns[0][$0] - u) * (columns[0][$0] - u) } * moment { (columns[1][$0] - v) * (columns[1][$0] - v) })
      .squareRoot()
    #expect(abs(correlation - 0.6) < 1e-6 && abs(u - 10) < 0.05)
  }

  // MARK: Models

  @Test func explainsListsAndCompiles() throws {
    let list = try succeed("models").text
    #expect(list.contains("gaussian-mixture\n") && list.contains("    --components 10"))
    let all = try suffice(["models", "--json"])
    let models = try #require(JSONSerialization.jsonObject(with: Data(all.text.utf8)) as? [[String: Any]])
    #expect(models.count == SufficeCommandLine.models.count)
    let own = try #require(models.first { $0["name"] as? String == "poisson-mixture" })
    let first = (own["hyperparameters"] as? [[String: Any]])?.first
    #expect(first?["name"] as? String == "components" && first?["default"] as? String == "5")
    #expect(try succeed("compile", "poisson-mixture", "--components", "3").text.contains("Saved poisson-mixture to"))
    _ = try folder.write("x\n1\n0\n7\n9\n", as: "x.csv")
    let text = try succeed("explain", "poisson-mixture.model", "-d", "x.csv").text
    #expect(text.contains("components 3") || text.contains("3"))
    #expect(try succeed("explain", "poisson-mixture", "--latex").text.contains("\\documentclass"))
    _ = try succeed("explain", "poisson-mixture", "--svg", "graph.svg", "--dot", "graph.dot")
    #expect(try contents("graph.svg").contains("<svg") && contents("graph.dot").contains("rate"))
    _ = try succeed("fit", "poisson-mixture.model", "-d", "x.csv", "-q")
    #expect(try fit().marginal("rate")?.naturals.count == 3)
  }
}
