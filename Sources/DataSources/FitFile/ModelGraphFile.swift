import ExponentialFamilies
import Inference
import ModelLanguage

/// A compiled model in a file: its graph with its hyperparameters set, which fitting needs no Swift toolchain for.
///
/// ```swift
/// try ModelGraphFile.write(ModelGraph(MyModel()), to: "MyModel.model")
/// let graph = try ModelGraphFile.read("MyModel.model")
/// ```
///
/// The file is one JSON object: `format` and `version`; `graph`, as ``ModelLanguage/ModelGraph/json`` describes it; and
/// `checksum`, that of the graph. Families of the modeller's own are Swift code, which no such file can hold.
public enum ModelGraphFile {
  /// The version of the format that is written and read.
  public static let version = 2
  /// How names of such files end.
  public static let suffix = ".model"

  private static let format = "suffice model"
  /// Longer files are none of this format.
  private static let largestSize = 1 << 26

  /// Writes a model, replacing an older file only when the new one is complete.
  ///
  /// - Parameter path: The file; "-" is the standard output.
  /// - Throws: ``DataError`` where the file cannot be written, or the model uses families of the modeller's own.
  public static func write(_ graph: ModelGraph, to path: String) throws(DataError) {
    for variable in graph.variables where FamilyCatalog.family(named: variable.family.description) != variable.family {
      throw DataError(
        "\(path): the model \(graph.name) cannot be written: the family \"\(variable.family)\" of \"\(variable.name)\" is "
          + "the modeller's own, which is Swift code. Fit the Swift file itself.")
    }
    try AtomicFile.write(to: path) { (writer) throws(DataError) in try writer.write(json(of: graph).indented() + "\n") }
  }

  /// What a file of a model holds.
  public static func json(of graph: ModelGraph) -> JSON {
    [
      "format": .string(format), "version": .number(Double(version)), "checksum": .string(checksum(of: graph.json)),
      "graph": graph.json,
    ]
  }

  /// Reads a model.
  ///
  /// - Parameter path: The file; "-" is the standard input.
  /// - Throws: ``DataError`` where the file is missing, foreign, of another version or damaged.
  public static func read(_ path: String) throws(DataError) -> ModelGraph {
    let source = try RawSource(path: path)
    return try graph(of: source.readBytes(largestSize), name: source.name)
  }

  /// Reads a model from the bytes of its file.
  ///
  /// - Parameter name: What messages call the file.
  /// - Throws: ``DataError`` where the bytes are foreign, of another version or damaged.
  public static func graph(of bytes: [UInt8], name: String) throws(DataError) -> ModelGraph {
    guard let json = try? JSON(parsing: bytes, name: name), json["format"] == .string(format) else {
      throw DataError(
        "\(name): is no compiled model, or is damaged; 'suffice compile MyModel.swift --output MyModel.model' writes one."
      )
    }
    guard json["version"] == .number(Double(version)) else {
      throw DataError(
        "\(name): is of version \(shown(json["version"]?.description ?? "?")) of the format of compiled models, but this "
          + "program reads version \(version). Compile the model again.")
    }
    guard let graph = json["graph"], json["checksum"] == .string(checksum(of: graph)) else {
      throw DataError(
        "\(name): the compiled model is damaged: its graph does not agree with its checksum. Compile the model again.")
    }
    do throws(DataError) { return try ModelGraph(json: graph) } catch { throw DataError("\(name): \(error)") }
  }

  private static func checksum(of json: JSON) -> String {
    var checksum = Checksum()
    checksum.add(json.description)
    return checksum.text
  }
}
