import ArgumentParser
import Foundation
import Suffice
import Testing

@testable import SufficeCommands

/// A fresh folder that is removed with its files at the end of the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "commands-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, as name: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    return path + "/" + name
  }
}

@Suite("What a call says")
struct CallTests {
  @Test func namesBetweenCommas() throws {
    #expect(commaSeparated("a, b ,c") == ["a", "b", "c"])
    #expect(commaSeparated("\"a,b\",\" c\"\"d \" ,e") == ["a,b", " c\"d ", "e"])
    #expect(commaSeparated("5\" pipe,x") == ["5\" pipe", "x"])
    #expect(commaSeparated("") == [] && commaSeparated("a,,b") == ["a", "", "b"] && commaSeparated("\"\"") == [""])
    #expect(try parseBindings(["x=a,\"b,c\""]) == ["x": ["a", "b,c"]])
    #expect(throws: UsageError.self) { try parseBindings(["x=a,,b"]) }
  }

  private func reading(_ arguments: String...) throws -> ReadingOptions { try ReadingOptions.parse(arguments) }

  @Test func howTablesAreRead() throws {
    #expect(try reading("--missing", "-99").missing == "-99")
    #expect(try reading("--delimiter", ";").delimiter == .semicolon && reading("--delimiter", "tab").delimiter == .tab)
    #expect(try reading("--decimal", ",").decimal == .comma && reading().decimal == .automatic)
    #expect(try reading("--encoding", "latin1").encoding == .windows1252)
    for wrong in [["--delimiter", "x"], ["--encoding", "ebcdic"], ["--columns", "a,,b"], ["--memory-limit", "-1"]] {
      #expect(throws: (any Error).self) { try ReadingOptions.parse(wrong) }
    }
    let folder = try TemporaryFolder()
    let path = try folder.write("x;y\nNA;1,5\n-99;2\n", as: "a.csv")
    let table = try reading("--missing", "auto,-99", "--columns", "y,x").read([path], isQuiet: true)
    #expect(table.columnNames == ["x", "y"] && table["x"]?.findings.missingCount == 2 && table["y"]?[0] == 1.5)
  }

  private func message(_ arguments: [String]) -> String {
    do {
      _ = try SufficeCommand.parseAsRoot(arguments)
      return ""
    } catch { return SufficeCommand.message(for: error) }
  }

  /// A number below 0 is a number, and what is expected is said of it.
  @Test func numbers() {
    let fit = ["fit", "gaussian-mixture", "-d", "t"]
    for (option, value, says) in [
      ("--seed", "-1", "a whole number from 0 to"), ("--tolerance", "-1", "a finite number from 0 on"),
      ("--tolerance", "nan", "a finite number from 0 on"), ("--threads", "-1", "from 1 to 1024"),
      ("--checkpoint-every", "-1", "seconds from 0 on"), ("--memory-limit", "-1", "megabytes from 0 on"),
      ("--batch-size", "0", "--inference stochastic"), ("--forgetting-rate", "nan", "--inference stochastic"),
      ("--delay", "-1", "--inference stochastic"), ("--parts", "0", "--inference memoized"),
    ] {
      #expect(message(fit + [option, value]).contains(says), "\(option) \(value): \(message(fit + [option, value]))")
    }
    #expect(message(["generate", "s.json", "-n", "-1"]).contains("at least 1 row"))
    #expect(message(["sample", "f", "--seed", "-1"]).contains("a whole number from 0 to"))
    #expect(message(fit + ["--inference", "memoized", "--parts", "5", "--seed", "3"]).isEmpty)
  }

  @Test func everyCommandReadsTablesAlike() throws {
    let options = ["--delimiter", "tab", "--decimal", "comma", "--encoding", "utf-16", "--missing", "auto"]
    #expect(try FitCommand.parse(["m", "-d", "t"] + options).table.reading.delimiter == .tab)
    #expect(try PredictCommand.parse(["f", "-d", "t"] + options).table.reading.decimal == .comma)
    #expect(try ShowCommand.parse(["f", "-d", "t"] + options).reading.encoding == .utf16)
    #expect(try ExplainCommand.parse(["m", "-d", "t"] + options).reading.missing == "auto")
    #expect(try SampleCommand.parse(["f", "--given", "t"] + options).reading.missing == "auto")
    #expect(try ConvertCommand.parse(["a", "b"] + options).reading.missing == "auto")
  }

  @Test(arguments: ["inf", "nan", "-1"])
  func toleranceIsANumber(_ text: String) {
    #expect(throws: (any Error).self) { try FitCommand.parse(["m", "-d", "t", "--tolerance=\(text)"]) }
  }

  // MARK: Places

  @Test func nothingThatIsReadIsWrittenOver() throws {
    let folder = try TemporaryFolder()
    let data = try folder.write("x\n1\n", as: "a.csv")
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: data)
    for output in [data, link, folder.path + "/./a.csv"] {
      #expect(throws: UsageError.self) { try checkPlaces(outputs: ["-", output], inputs: ["-", data]) }
    }
    #expect(throws: UsageError.self) { try checkPlaces(outputs: [data], inputs: [folder.path + "/*.csv"]) }
    #expect(throws: UsageError.self) { try checkPlaces(outputs: [folder.path + "/out.swift"], inputs: [data]) }
    try checkPlaces(
      outputs: [folder.path + "/b.csv", "/dev/null"], inputs: [data, "/dev/null", folder.path + "/none"])
  }

  // MARK: Models

  @Test func modelFiles() {
    func file(_ arguments: String...) -> String? { ModelFile(among: arguments)?.path }
    #expect(file("fit", "My.swift", "-d", "x") == "My.swift" && file("fit", "--quiet", "My.swift") == "My.swift")
    #expect(file("fit", "gaussian-mixture", "-o", "out.swift") == nil && file("fit", "m", "--output=out.swift") == nil)
    #expect(
      file("predict", "f", "--model", "My.swift") == "My.swift" && file("predict", "--model=My.swift") == "My.swift")
  }

  @Test func namesOfUnknownModels() {
    #expect(Hyperparameters.unknownModel(["fit", "gausian-mixture", "--components", "3"]) == "gausian-mixture")
    #expect(Hyperparameters.unknownModel(["fit", "gaussian-mixture", "--componets", "3"]) == nil)
    #expect(Hyperparameters.unknownModel(["show", "gausian-mixture"]) == nil)
    #expect(throws: UsageError.self) { try SufficeCommandLine.model(named: "gausian-mixture") }
    do { _ = try SufficeCommandLine.model(named: "gausian-mixture") } catch {
      #expect("\(error)".contains("Did you mean \"gaussian-mixture\"?"))
    }
  }

  /// Only what the compiler sees as a type that another file can name.
  @Test func declaredTypes() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      """
      // struct Old: Model {}
      /* struct Older: Model {} */
      let text = "struct InText: Model {"
      struct A: Model {}
      private struct Hidden: Model {}
      enum Zoo { struct Inner: Model {}; private struct Own {} }
      struct Generic<T>: Model {}
      #if NEVER
      struct Never: Model {}
      #endif
      """, as: "m.swift")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["swiftc", "-frontend", "-dump-parse", "-dump-ast-format", "json", path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let json = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(try DeclaredTypes(json).names == ["`A`", "`Zoo`", "`Zoo`.`Inner`"])
  }
}
