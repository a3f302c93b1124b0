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
    ModelBody.reading { ownModels.flatMap { type in (try? ModelGraph(type.init()))?.variables.map(\.family) ?? [] } }
  }

  /// Runs the command line and exits.
  ///
  /// - Parameter models: Models beside the shipped ones: those of a model file.
  public static func run(models: [any Model.Type] = []) -> Never {
    prepareForSignals()
    var arguments = Array(ProcessInfo.processInfo.arguments.dropFirst())
    do {
      // A model file among the arguments is compiled into a command line of its own, which takes over.
      if models.isEmpty, let file = ModelFile(among: arguments) { try file.takeOver(arguments) }
    } catch {
      fail(error)
    }
    $ownModels.withValue(models) {
      arguments = Hyperparameters.rewriting(arguments)
      $arguments.withValue(arguments) {
        do {
          var command = try SufficeCommand.parseAsRoot(arguments)
          try command.run()
        } catch {
          if let name = Hyperparameters.unknownModel(arguments),
            SufficeCommand.exitCode(for: error) == .validationFailure
          {
            fail(unknownModel(name))
          }
          SufficeCommand.exit(withError: error)
        }
      }
    }
    exit(0)
  }

  /// Runs the command line of a model file and exits.
  ///
  /// - Parameter types: The types that the file declares; those that are models have a name here.
  public static func run(types: [Any.Type]) -> Never {
    ModelBody.watch()
    let models = types.compactMap { $0 as? any Model.Type }
    if models.isEmpty {
      prepareForSignals()
      fail(UsageError("the model file declares no model: 'struct MyModel: Model { … }' was expected."))
    }
    run(models: models)
  }

  /// What the program does about signals before it has work of its own to save.
  private static func prepareForSignals() {
    signal(SIGPIPE, SIG_IGN)
    // A file that would become larger than it may is an error of the call that writes it.
    signal(SIGXFSZ, SIG_IGN)
    // What the system does where a mapped file has lost a page that is read; nothing but these two calls is allowed here.
    signal(SIGBUS) { _ in
      let message: StaticString = "error: a data file became shorter, or failed, while it was read. Read it again.\n"
      _ = Foundation.write(2, message.utf8Start, message.utf8CodeUnitCount)
      _exit(3)
    }
    // Makes what the handler looks at before there is a signal.
    AtomicFile.removeUnfinished()
    for number in [SIGINT, SIGTERM, SIGHUP] where !StopSignal.isIgnored(number) {
      signal(number) { number in
        AtomicFile.removeUnfinished()
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  /// The model of a name.
  static func model(named name: String) throws -> any Model.Type {
    if let found = models.first(where: { $0.commandName == name }) { return found }
    if let own = ownModels.first(where: { String(describing: $0) == name }) { return own }
    // In the program that a model file was compiled to, the file stands for its first model.
    if name.hasSuffix(".swift"), let own = ownModels.first { return own }
    throw unknownModel(name)
  }

  private static func unknownModel(_ name: String) -> UsageError {
    let names = models.map { $0.commandName }
    let suggestion = ColumnSelection.nearest(to: name, in: names).map { "Did you mean \"\($0)\"? " } ?? ""
    return UsageError(
      "there is no model \"\(shown(name))\". \(suggestion)Models: \(names.joined(separator: ", ")); or give a Swift file."
    )
  }

  /// Prints an error and exits with a code that says whose fault it was.
  static func fail(_ error: any Error) -> Never {
    // What `head` has seen enough of ends as other filters do.
    if let error = error as? DataError, error.isReaderGone {
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    let remedy = (error as? FitError)?.remedy ?? (error as? DataError)?.remedy ?? (error as? SettingError)?.remedy
    Said.line("error: \(error)\(remedy.map { " (\($0.option))" } ?? "")")
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
    case .missing(let text): "--missing \(text)"
    case .columns: "--columns NAME,…"
    case .delimiter: "--delimiter comma, semicolon, tab or bar"
    case .decimalMark: "--decimal comma or point"
    case .encoding(let name): "--encoding \(name)"
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

  /// What stands where a model's name should, in a call that names no model; nil where nothing does.
  static func unknownModel(_ arguments: [String]) -> String? {
    guard arguments.count > 1, ["fit", "explain", "compile", "models"].contains(arguments[0]),
      !arguments.contains(where: { known(of: $0) != nil })
    else { return nil }
    // Behind an option may be its value, but not behind the command.
    return arguments[1].hasPrefix("-") ? nil : arguments[1]
  }

  /// The hyperparameters of a model; nil where this is the name of none.
  private static func known(of name: String) -> [HyperparameterDescription]? {
    if name.hasSuffix(ModelGraphFile.suffix) { return (try? ModelGraphFile.read(name))?.hyperparameters }
    guard let type = try? SufficeCommandLine.model(named: name) else { return nil }
    return ModelBody.reading { type.init().hyperparameters }
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
