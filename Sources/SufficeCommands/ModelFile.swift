import Foundation
import Suffice

/// A Swift file that declares a model: compiled once, with the command line, into a program that takes over.
struct ModelFile {
  let path: String

  init(path: String) { self.path = path }

  /// The model file that a call names; nil where it names none.
  init?(among arguments: [String]) {
    let files = arguments.indices.filter { arguments[$0].hasSuffix(".swift") }
    // What an option names is a file of another kind, whatever it is called.
    let position = files.first { position in
      !arguments[position].hasPrefix("-") && !(position > 0 && Self.fileOptions.contains(arguments[position - 1]))
    }
    if let position {
      path = arguments[position]
    } else if let option = files.map({ arguments[$0] }).first(where: { $0.hasPrefix("--model=") }) {
      path = String(option.dropFirst("--model=".count))
    } else {
      return nil
    }
  }

  private static let fileOptions = ["-o", "--output", "-d", "--data", "--given", "--svg", "--html", "--dot"]

  /// Compiles the file unless that was done before, and replaces this process by the program.
  func takeOver(_ arguments: [String]) throws {
    let source: String
    do { source = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw UsageError("the model file \(path) cannot be read: no such file, a directory, or not UTF-8 text.")
    }
    let program = try compile(source)
    // A body that traps has said why; the machine's view of it is of no use to the modeller.
    setenv("SWIFT_BACKTRACE", "enable=no", 0)
    var pointers: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    execv(program, &pointers)
    throw UsageError("the compiled model \(program) does not start: \(String(cString: strerror(errno))).")
  }

  // MARK: Compiling

  private func compile(_ source: String) throws -> String {
    let tool = try Toolbox()
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in (source + tool.stamp).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let folder = Self.cache.appendingPathComponent(String(hash, radix: 16))
    let program = folder.appendingPathComponent("model")
    if FileManager.default.isExecutableFile(atPath: program.path) { return program.path }
    let work = try WorkFolder(in: folder)
    defer { work.remove() }
    let parsed = try Self.run(["-frontend", "-dump-parse", "-dump-ast-format", "json", path], work, isRead: true)
    let types = parsed.status == 0 ? try DeclaredTypes(parsed.output).names : []
    if parsed.status == 0 && types.isEmpty {
      throw UsageError("\(path) declares no model: 'struct MyModel: Model { … }' was expected.")
    }
    Said.line("compiling \(path) …")
    let main = work.url.appendingPathComponent("main.swift")
    let list = types.map { "\($0).self" }.joined(separator: ", ")
    try "import Suffice\nimport SufficeCommands\n\nSufficeCommandLine.run(types: [\(list)])\n"
      .write(to: main, atomically: true, encoding: .utf8)
    // Under a name of its own until it is whole: two compilations at once do no harm.
    let partial = work.url.appendingPathComponent("model")
    let compiled = try Self.run(
      tool.flags + [path, main.path, "-o", partial.path] + tool.libraries, work, isRead: false)
    guard compiled.status == 0 else {
      throw UsageError("\(path) does not compile; see the compiler's messages above.")
    }
    guard rename(partial.path, program.path) == 0 else {
      throw UsageError("the compiled model cannot be moved to \(program.path): \(String(cString: strerror(errno))).")
    }
    return program.path
  }

  /// Runs the compiler; where this program is asked to stop meanwhile, both end, and nothing is left.
  ///
  /// - Parameter isRead: Whether the compiler's output is wanted; its messages are not, then.
  private static func run(
    _ arguments: [String], _ work: WorkFolder, isRead: Bool
  ) throws -> (status: Int32, output: Data) {
    StopSignal.watch()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["swiftc"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": work.url.path]) { $1 }
    let output = work.url.appendingPathComponent("output")
    if isRead {
      guard FileManager.default.createFile(atPath: output.path, contents: nil) else {
        throw UsageError("the folder for compiled models, \(work.url.path), takes no files.")
      }
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = FileHandle.nullDevice
    } else {
      process.standardOutput = FileHandle.standardError
    }
    do { try process.run() } catch { throw UsageError("the Swift compiler cannot be started: is swiftc on the PATH?") }
    while process.isRunning {
      if StopSignal.isRaised {
        // It leads a group of its own, with the programs that it has started.
        kill(-process.processIdentifier, SIGKILL)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        work.remove()
        Said.line("stopped while the model was being compiled.")
        exit(128 + StopSignal.number)
      }
      usleep(10_000)
    }
    return (process.terminationStatus, isRead ? try Data(contentsOf: output) : Data())
  }

  private static var cache: URL {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"].map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: environment["HOME"] ?? NSTemporaryDirectory()).appendingPathComponent(".cache")
    return base.appendingPathComponent("suffice")
  }
}

/// Where a model is compiled: a folder of the process, which is removed afterwards.
private struct WorkFolder {
  let url: URL
  private static let prefix = "work-"

  init(in folder: URL) throws {
    let files = FileManager.default
    url = folder.appendingPathComponent("\(Self.prefix)\(getpid())")
    do { try files.createDirectory(at: url, withIntermediateDirectories: true) } catch {
      throw UsageError("the folder for compiled models, \(folder.path), cannot be made.")
    }
    // Processes that were killed have left theirs.
    for name in (try? files.contentsOfDirectory(atPath: folder.path)) ?? [] where name.hasPrefix(Self.prefix) {
      guard let process = pid_t(name.dropFirst(Self.prefix.count)), kill(process, 0) != 0, errno == ESRCH else {
        continue
      }
      try? files.removeItem(at: folder.appendingPathComponent(name))
    }
  }

  func remove() {
    try? FileManager.default.removeItem(at: url)
    // The folder around it, unless a program is there.
    rmdir(url.deletingLastPathComponent().path)
  }
}

/// The types that a Swift file declares and another file can name, as the compiler has parsed them: comments, texts and
/// conditions are none.
struct DeclaredTypes {
  private(set) var names: [String] = []

  /// - Parameter json: What `swiftc -frontend -dump-parse -dump-ast-format json` printed.
  init(_ json: Data) throws {
    let file = try JSON(parsing: Array(json), name: "the parsed model file")
    collect(file["items"], in: "")
  }

  private mutating func collect(_ declarations: JSON?, in scope: String) {
    guard case .array(let elements)? = declarations else { return }
    for element in elements {
      guard case .string(let kind)? = element["_kind"],
        ["struct_decl", "class_decl", "enum_decl", "actor_decl"].contains(kind), !isPrivate(element),
        element["generic_params"] == nil, case .string(let own)? = element["name"]?["base_name"]?["name"]
      else { continue }
      names.append("\(scope)`\(own)`")
      collect(element["members"], in: "\(scope)`\(own)`.")
    }
  }

  private func isPrivate(_ declaration: JSON) -> Bool {
    guard case .array(let attributes)? = declaration["attrs"] else { return false }
    return attributes.contains {
      $0["access_level"] == .string("private") || $0["access_level"] == .string("fileprivate")
    }
  }
}
