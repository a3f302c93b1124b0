import Models
import Suffice

/// The shipped models with their hyperparameters, as JSON.
@_cdecl("suffice_models")
public func suffice_models(_ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
  sorted {
    let models = shippedModels.map { type in
      about(type.commandName, type.summary, type.init().hyperparameters, value: "default")
    }
    try hand(JSON.array(models).description, to: json)
  }
}

/// A compiled model's name, summary and hyperparameters, as JSON.
@_cdecl("suffice_model_about")
public func suffice_model_about(
  _ model: UnsafePointer<CChar>?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  sorted {
    let graph = try namedGraph(string(model, "the model"), [])
    try hand(about(graph.name, graph.summary, graph.hyperparameters, value: "value").description, to: json)
  }
}

private func about(
  _ name: String, _ summary: String, _ hyperparameters: [HyperparameterDescription], value: String
) -> JSON {
  [
    "name": .string(name), "summary": .string(summary),
    "hyperparameters": .array(
      hyperparameters.map { ["name": .string($0.optionName), value: .string($0.value), "help": .string($0.help)] }),
  ]
}

/// The graph of a shipped model's name, or of the text of a compiled model.
func namedGraph(_ model: String, _ settings: [(name: String, value: String)]) throws -> ModelGraph {
  if model.utf8.first == UInt8(ascii: "{") {
    guard settings.isEmpty else {
      throw Failure(.setting, "the hyperparameters of a compiled model are those that it was compiled with.")
    }
    return try ModelGraphFile.graph(of: Array(model.utf8), name: "the model")
  }
  guard let type = shippedModels.first(where: { $0.commandName == model }) else {
    throw Failure(
      .model,
      "there is no model \"\(model)\". Models: \(shippedModels.map { $0.commandName }.joined(separator: ", ")).")
  }
  func open<M: Model>(_ type: M.Type) throws -> ModelGraph { try ModelGraph(M(settings: settings)) }
  return try open(type)
}
