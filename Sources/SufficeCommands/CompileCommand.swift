import ArgumentParser
import Suffice

/// Writes a model to a file that needs no Swift toolchain.
struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Writes a model with its hyperparameters to a file that needs no Swift toolchain.",
    discussion: """
      'suffice fit MyModel.model' fits it, and so does Python's suffice.load("MyModel.model"). Hyperparameters are those \
      that it was compiled with.
      """)

  @ArgumentParser.Argument(help: "A model's name or Swift file.") var model: String
  @Option(name: .shortAndLong, help: "The file to write. (default: the model's name and .model)") var output: String?
  @Option(help: "A hyperparameter, as name=value; or give it as an option of its own.") var set: [String] = []

  func run() {
    reporting {
      let graph = try makeGraph(named: model, settings: Hyperparameters.settings(set))
      // What does not fit any data is not worth a file.
      _ = try LogJoint(graph)
      let path = output ?? graph.name + ModelGraphFile.suffix
      try checkPlaces(outputs: [path], inputs: [model])
      try ModelGraphFile.write(graph, to: path)
      if path != "-" { try write("Saved \(graph.name) to \(path).\n") }
    }
  }
}
