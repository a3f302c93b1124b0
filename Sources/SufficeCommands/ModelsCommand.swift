import ArgumentParser
import Foundation
import Plots
import Suffice

/// Lists models.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "Lists the models and their hyperparameters.")

  @ArgumentParser.Argument(help: "One model alone: its name, a Swift file, or what 'suffice compile' wrote.") var model:
    String?
  @OptionGroup var output: OutputOptions

  func run() {
    reporting {
      let graphs = try model.map { [try makeGraph(named: $0, settings: [])] }
      let models =
        graphs?.map { ($0.name, $0.summary, $0.hyperparameters) }
        ?? ModelBody.reading {
          SufficeCommandLine.models.map { ($0.commandName, $0.summary, $0.init().hyperparameters) }
        }
      if output.json {
        let models = models.map { name, summary, hyperparameters -> JSON in
          .object([
            JSON.Member("name", .string(name)), JSON.Member("summary", .string(summary)),
            JSON.Member("hyperparameters", .array(hyperparameters.map(json))),
          ])
        }
        return try write(JSON.array(models).indented() + "\n")
      }
      var text = ""
      for (name, summary, hyperparameters) in models {
        text += "\(name)\n    \(summary)\n"
        for h in hyperparameters { text += "    --\(h.optionName) \(h.value)  \(h.help)\n" }
      }
      try write(text)
    }
  }

  private func json(_ h: HyperparameterDescription) -> JSON {
    .object([
      JSON.Member("name", .string(h.optionName)), JSON.Member("default", .string(h.value)),
      JSON.Member("help", .string(h.help)),
    ])
  }
}

/// The graph of a model, by its name or the file that it was compiled to, with some hyperparameters set.
func makeGraph(named name: String, settings: [(name: String, value: String)]) throws -> ModelGraph {
  guard name.hasSuffix(ModelGraphFile.suffix) else {
    return try makeGraph(of: SufficeCommandLine.model(named: name), settings: settings)
  }
  if let first = settings.first {
    throw UsageError(
      "\(name): the hyperparameters are those that it was compiled with. Compile it again with --\(first.name) \(first.value)."
    )
  }
  return try ModelGraphFile.read(name)
}

/// The graph of a model with some hyperparameters set.
func makeGraph(of type: any Model.Type, settings: [(name: String, value: String)]) throws -> ModelGraph {
  func open<M: Model>(_ type: M.Type) throws -> ModelGraph {
    try ModelBody.reading {
      let model: M
      // A value that is no value of its type is a wrong call, not a wrong model.
      do { model = try M(settings: settings) } catch { throw UsageError("\(error)") }
      return try ModelGraph(model)
    }
  }
  return try open(type)
}

/// Reads `x=a,b,c` texts.
func parseBindings(_ texts: [String]) throws -> [String: [String]] {
  var result: [String: [String]] = [:]
  for text in texts {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw UsageError("--bind \(text): variable=column,column,… was expected.")
    }
    let columns = commaSeparated(String(parts[1]))
    try checkNames(columns, option: "--bind \(text)")
    if result.updateValue(columns, forKey: String(parts[0])) != nil {
      throw UsageError("--bind names \"\(parts[0])\" twice.")
    }
  }
  return result
}
