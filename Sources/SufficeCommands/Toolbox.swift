import Foundation
import Suffice

/// What compiling against this build of the package needs: modules, module maps, the archive.
struct Toolbox {
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
