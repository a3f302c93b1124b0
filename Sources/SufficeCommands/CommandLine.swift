import ArgumentParser
import Foundation
import Models
import Suffice

/// The command line: shipped models, and those of the model file that the program was compiled from.
public enum SufficeCommandLine {
  /// The models of the program's own model file; none for the tool itself.
  @TaskLocal static var ownModels: [any Model.Type] = []

  /// The arguments of the call, with hyperparameters as `--set`.
  @TaskLocal static var arguments: [String] = []

  /// Every model that has a name here.
  static var models: [any Model.Type] { ownModels + shippedModels }

  /// The families that the program's own models use, for reading fits of them.
  static var ownFamilies: [Family] {
    ownModels.flatMap { type in (try? ModelGraph(type.init()))?.variables.map(\.family) ?? [] }
  }

  /// Runs the command line and exits.
  ///
  /// - Parameter models: Models beside the shipped ones: those of a model file.
  public static func run(models: [any Model.Type] = []) -> Never {
    signal(SIGPIPE, SIG_IGN)
    // A file that would become larger than it may is an error of the call that writes it.
    signal(SIGXFSZ, SIG_IGN)
    // What the system does where a mapped file has lost a page that is read; nothing but these two calls is allowed here.
    signal(SIGBUS) { _ in
      let message: StaticString = "error: a data file became shorter, or failed, while it was read. Read it again.\n"
      _ = Foundation.write(2, message.utf8Start, message.utf8CodeUnitCount)
      _exit(3)
    }
    var arguments = Array(ProcessInfo.processInfo.arguments.dropFirst())
    do {
      // A model file among the arguments is compiled into a command line of its own, which takes over.
      if models.isEmpty, let position = arguments.firstIndex(where: { $0.hasSuffix(".swift") }) {
        try ModelFile(path: arguments[position]).takeOver(arguments, position: position)
      }
    } catch {
      fail(error)
    }
    $ownModels.withValue(models) {
      arguments = Hyperparameters.rewriting(arguments)
      $arguments.withValue(arguments) { SufficeCommand.main(arguments) }
    }
    exit(0)
  }

  /// The model of a name.
  static func model(named name: String) throws -> any Model.Type {
    if let found = models.first(where: { $0.commandName == name }) { return found }
    if let own = ownModels.first(where: { String(describing: $0) == name }) { return own }
    throw UsageError(
      "there is no model \"\(name)\". Models: \(models.map { $0.commandName }.joined(separator: ", ")); or give a Swift file."
    )
  }

  /// Prints an error and exits with a code that says whose fault it was.
  static func fail(_ error: any Error) -> Never {
    let remedy = (error as? FitError)?.remedy ?? (error as? DataError)?.remedy ?? (error as? SettingError)?.remedy
    FileHandle.standardError.write(Data("error: \(error)\(remedy.map { " (\($0.option))" } ?? "")\n".utf8))
    switch error {
    case is UsageError, is SettingError: exit(2)
    case is DataError: exit(3)
    case FitError.data: exit(3)
    case FitError.setting: exit(2)
    default: exit(1)
    }
  }
}

extension Remedy {
  /// The option.
  var option: String {
    switch self {
    case .bind(let variable): "--bind \(variable)=…"
    case .categorical(let column): "--categorical \(column)"
    case .weights: "--weights COLUMN"
    case .given: "--given FILE"
    case .coordinateAscent: "--inference coordinate"
    }
  }
}

/// A wrong call: what was expected.
struct UsageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The root of the commands.
struct SufficeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suffice", abstract: "Fits conjugate-exponential models to tables.",
    discussion: """
      MODEL is a shipped model's name (see 'suffice models'), a Swift file that declares one, or what 'suffice compile' made of
      one.
      Results go to standard output, progress to standard error.
      """, version: "0.1.0",
    subcommands: [
      ModelsCommand.self, ExplainCommand.self, CompileCommand.self, FitCommand.self, ResumeCommand.self,
      UpdateCommand.self,
      PredictCommand.self, ScoreCommand.self,
      SampleCommand.self, ImputeCommand.self, ShowCommand.self, ConvertCommand.self, GenerateCommand.self,
    ])
}

/// Turns a model's hyperparameters into options: `--components 20` becomes `--set components=20`.
enum Hyperparameters {
  static func rewriting(_ arguments: [String]) -> [String] {
    guard let (name, known) = arguments.lazy.compactMap({ name in known(of: name).map { (name, $0) } }).first else {
      return arguments
    }
    if arguments.contains("--help") || arguments.contains("-h") {
      print("HYPERPARAMETERS OF \(name):")
      for h in known { print("  --\(h.optionName) <\(h.expectation)>  \(h.help) (default: \(h.value))") }
      print("")
    }
    var result: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1)
      guard argument.hasPrefix("--"), let first = parts.first,
        let h = known.first(where: { "--" + $0.optionName == first })
      else {
        result.append(argument)
        continue
      }
      if parts.count == 2 {
        result += ["--set", "\(h.optionName)=\(parts[1])"]
      } else if let value = rest.popFirst() {
        result += ["--set", "\(h.optionName)=\(value)"]
      } else {
        result.append(argument)
      }
    }
    return result
  }

  /// The hyperparameters of a model; nil where this is the name of none.
  private static func known(of name: String) -> [HyperparameterDescription]? {
    if name.hasSuffix(ModelGraphFile.suffix) { return (try? ModelGraphFile.read(name))?.hyperparameters }
    return (try? SufficeCommandLine.model(named: name))?.init().hyperparameters
  }

  /// Reads `name=value` texts.
  static func settings(_ texts: [String]) throws -> [(name: String, value: String)] {
    try texts.map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw UsageError("--set \(text): name=value was expected.") }
      return (String(parts[0]), String(parts[1]))
    }
  }
}
