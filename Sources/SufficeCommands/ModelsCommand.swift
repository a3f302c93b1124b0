import ArgumentParser
import Foundation
import Plots
import Suffice

/// Lists models.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "Lists the models and their hyperparameters.")

  @OptionGroup var output: OutputOptions

  func run() {
    reporting {
      if output.json {
        let models = SufficeCommandLine.models.map { type -> JSON in
          .object([
            JSON.Member("name", .string(type.commandName)), JSON.Member("summary", .string(type.summary)),
            JSON.Member("hyperparameters", .array(type.init().hyperparameters.map(json))),
          ])
        }
        return try write(JSON.array(models).indented() + "\n")
      }
      var text = ""
      for type in SufficeCommandLine.models {
        text += "\(type.commandName)\n    \(type.summary)\n"
        for h in type.init().hyperparameters { text += "    --\(h.optionName) \(h.value)  \(h.help)\n" }
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

/// Explains a model.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Prints a model's graph, log joint, derived updates, and its plan with flops and bytes.")

  @ArgumentParser.Argument(help: "A model's name or Swift file.") var model: String
  @Option(name: .shortAndLong, help: "Data to bind, for shapes and the plan.") var data: String?
  @Option(help: "A hyperparameter, as name=value; or give it as an option of its own.") var set: [String] = []
  @Option(help: "Columns of an observed variable, as x=a,b,c.") var bind: [String] = []
  @Flag(help: "Print a LaTeX document.") var latex = false

  func run() {
    reporting {
      let type = try SufficeCommandLine.model(named: model)
      let graph = try makeGraph(of: type, settings: Hyperparameters.settings(set))
      let explanation: Explanation
      if let data {
        let table = try DataFile.read(path: data)
        let bound = try BoundData(
          graph, table: table, binding: ColumnBinding(graph, table: table, explicit: parseBindings(bind)))
        let facts = try DataFacts(graph, bound, backend: CPUBackend(), threads: 1)
        explanation = try Explanation(CompiledModel(graph, facts: facts))
      } else {
        explanation = try Explanation(CompiledModel(graph, facts: nominalFacts(graph)))
      }
      try write((latex ? explanation.latex : explanation.text) + "\n")
      if data == nil && !latex {
        FileHandle.standardError.write(
          Data("(for a million rows with two columns for each observed variable; give --data for yours)\n".utf8))
      }
    }
  }
}

/// Facts of data that nobody has: a million rows, two columns for each observed variable, labels with three levels.
private func nominalFacts(_ graph: ModelGraph) -> DataFacts {
  DataFacts(
    rowCount: 1_000_000,
    observed: graph.observed.map { variable in
      let name = graph.variables[variable].name
      let columns = ["\(name)1", "\(name)2"]
      let levels =
        switch graph.variables[variable].family.type.domain {
        case .label: ["a", "b", "c"]
        case .binary: ["0", "1"]
        default: [String]()
        }
      return DataFacts.Observed(
        columns: columns, levels: columns.map { _ in levels }, mean: [1, 1], variance: [1, 1], covariance: [1, 0, 1],
        logBaseMeasure: 0)
    })
}

/// The graph of a model with some hyperparameters set.
func makeGraph(of type: any Model.Type, settings: [(name: String, value: String)]) throws -> ModelGraph {
  func open<M: Model>(_ type: M.Type) throws -> ModelGraph { try ModelGraph(M(settings: settings)) }
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
    if result.updateValue(commaSeparated(String(parts[1])), forKey: String(parts[0])) != nil {
      throw UsageError("--bind names \"\(parts[0])\" twice.")
    }
  }
  return result
}
