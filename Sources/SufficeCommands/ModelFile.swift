import Foundation
import Suffice

/// A Swift file that declares a model: compiled once, with the command line, into a program that takes over.
struct ModelFile {
  let path: String

  /// Compiles the file unless that was done before, and replaces this process by the program.
  func takeOver(_ arguments: [String], position: Int) throws {
    let source: String
    do { source = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw UsageError("the model file \(path) cannot be read: no such file, a directory, or not UTF-8 text.")
    }
    let names = source.matches(of: /struct\s+(\w+)\s*:[^{]*\bModel\b/).map { String($0.1) }
    guard let name = names.first else {
      throw UsageError("\(path) declares no model: 'struct MyModel: Model { … }' was expected.")
    }
    let program = try compile(source, models: names)
    var rewritten = arguments
    if position > 0, rewritten[position - 1] == "--model" {
      rewritten.removeSubrange((position - 1)...position)
    } else {
      // The program knows its own models by the names of their types.
      rewritten[position] = name
    }
    var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + rewritten).map { strdup($0) } + [nil]
    execv(program, &pointers)
    throw UsageError("the compiled model \(program) does not start: \(String(cString: strerror(errno))).")
  }

  // MARK: Compiling

  private func compile(_ source: String, models: [String]) throws -> String {
    let tool = try Toolbox()
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in (source + tool.stamp).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let folder = Self.cache.appendingPathComponent(String(hash, radix: 16))
    let program = folder.appendingPathComponent("model")
    if FileManager.default.isExecutableFile(atPath: program.path) { return program.path }
    FileHandle.standardError.write(Data("compiling \(path) …\n".utf8))
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw UsageError("the folder for compiled models, \(folder.path), cannot be made.")
    }
    let main = folder.appendingPathComponent("main.swift")
    let text =
      "import Suffice\nimport SufficeCommands\n\nSufficeCommandLine.run(models: [\(models.map { $0 + ".self" }.joined(separator: ", "))])\n"
    try text.write(to: main, atomically: true, encoding: .utf8)
    // Under a name of its own until it is whole: two compilations at once do no harm.
    let partial = folder.appendingPathComponent("model.\(ProcessInfo.processInfo.processIdentifier)")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["swiftc"] + tool.flags + [path, main.path, "-o", partial.path] + tool.libraries
    process.standardOutput = FileHandle.standardError
    do { try process.run() } catch { throw UsageError("the Swift compiler cannot be started: is swiftc on the PATH?") }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw UsageError("\(path) does not compile; see the compiler's messages above.")
    }
    guard rename(partial.path, program.path) == 0 else {
      throw UsageError("the compiled model cannot be moved to \(program.path): \(String(cString: strerror(errno))).")
    }
    return program.path
  }

  private static var cache: URL {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"].map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: environment["HOME"] ?? NSTemporaryDirectory()).appendingPathComponent(".cache")
    return base.appendingPathComponent("suffice")
  }
}

/// What compiling against this build of the package needs: modules, module maps, the archive.
private struct Toolbox {
  let flags: [String]
  let libraries: [String]
  /// Changes with every build of the tool, so that no program outlives the library it was linked with.
  let stamp: String

  init() throws {
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let build = executable.deletingLastPathComponent()
    let archive = build.appendingPathComponent("libSufficeCommands.a")
    let modules = build.appendingPathComponent("Modules")
    let files = FileManager.default
    guard files.fileExists(atPath: archive.path), files.fileExists(atPath: modules.path) else {
      throw UsageError(
        "model files are compiled against the library beside the tool, but \(archive.path) is missing. "
          + "Build it with 'swift build -c release --product SufficeCommands' and run the tool from its build folder.")
    }
    // .build/<triple>/<configuration>/suffice lies three folders below the package.
    let sources = build.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources")
    guard files.fileExists(atPath: sources.appendingPathComponent("CGSL").path) else {
      throw UsageError("model files need the package's folder \(sources.path), which is missing.")
    }
    var maps = ["CGSL", "COpenBLAS", "CZlib"].map { sources.appendingPathComponent($0).path }
    maps.append(sources.appendingPathComponent("CKernels/include").path)
    // The map of SQLite comes with the package that reads databases.
    maps.append(
      build.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("checkouts/GRDB.swift/Sources/GRDBSQLite").path)
    let generated = (try? files.contentsOfDirectory(atPath: build.path)) ?? []
    for folder in generated where folder.hasSuffix(".build") {
      let path = build.appendingPathComponent(folder)
      if files.fileExists(atPath: path.appendingPathComponent("module.modulemap").path) { maps.append(path.path) }
    }
    flags =
      ["-O", "-swift-version", "6", "-parse-as-library", "-module-name", "ModelFile", "-I", modules.path]
      .filter { $0 != "-parse-as-library" } + maps.flatMap { ["-I", $0] }
    libraries = [archive.path, "-lopenblas", "-lgsl", "-lz", "-lsqlite3", "-lm"]
    let attributes = try? files.attributesOfItem(atPath: archive.path)
    stamp = "\(attributes?[.modificationDate] ?? "") \(attributes?[.size] ?? "") \(archive.path)"
  }
}
