import ExponentialFamilies
import Inference
import ModelCompiler
import ModelLanguage
import PlanIR

/// A fit in a file: its model, what it was bound to, and its numbers; all that predicting needs.
///
/// ```swift
/// try FitFile.write(fit, to: "faithful.fit")
/// let fit = try FitFile.read("faithful.fit")
/// ```
///
/// What is read equals what was written, bit for bit. The file is in the safetensors format, which other programs read:
///
/// ```python
/// from safetensors.numpy import load_file
///
/// fit = load_file("faithful.fit")
/// fit["cluster.mean"], fit["cluster.covariance"]  # of shape (components, D) and (components, D, D)
/// ```
///
/// Without that package, NumPy alone will do:
///
/// ```python
/// import json, numpy
///
/// data = open("faithful.fit", "rb").read()
/// start = 8 + int.from_bytes(data[:8], "little")
/// about = json.loads(data[8:start])
/// numbers = numpy.frombuffer(data[start:], "<f8")
/// array = lambda a: numbers[a["data_offsets"][0] // 8 : a["data_offsets"][1] // 8].reshape(a["shape"])
/// means = array(about["cluster.mean"])
/// ```
///
/// The arrays for people are `<variable>.<parameter>`: conventional parameters of each global variable in the data's
/// own units, with one index for each plate around the variable, then those of the parameter; symmetric matrices are
/// whole. The fit itself is in the arrays
///
/// - `natural/<variable>`: natural parameters, members × statistics, about the centre of the variable; of coefficients those of
///   inputs, and of an output, less their centres;
/// - `center/<variable>`: what was subtracted from locations and inputs, where something was;
/// - `sum/0`, `sum/1` …: the sums over rows that the posterior rests on, where new data can be added to them;
/// - `trace/pass`, `trace/rows`, `trace/bound`, `trace/heldOut`, `trace/heldOutError`, `trace/seconds`: the history;
/// - `restartBounds`: the bounds of all starts;
///
/// and in the metadata (`about["__metadata__"]` above): `graph`, `facts` and `settings` are JSON, `bound` is a number,
/// `converged` true or false, `expectedRemainingGain` what further passes would gain, in nats a row, and `checksum` that of all
/// the rest.
public enum FitFile {
  /// The version of the format that is written and read.
  public static let version = 4

  static let format = "suffice fit"

  /// Writes a fit, replacing an older file only when the new one is complete.
  ///
  /// - Parameter path: The file; "-" is the standard output.
  /// - Throws: ``DataError`` where the file cannot be written, or the fit's numbers do not fit its model.
  public static func write(_ fit: Fit, to path: String) throws(DataError) {
    if let finding = mismatch(fit.naturals, fit.model.plan) {
      throw DataError("\(path): the fit cannot be written: \(finding).")
    }
    try sealed(content(of: fit)).write(to: path)
  }

  /// Reads a fit.
  ///
  /// - Parameters:
  ///   - path: The file; "-" is the standard input.
  ///   - families: Families that are not the library's, such as those of a model file.
  /// - Throws: ``DataError`` where the file is missing, foreign, of another version, cut off or damaged, or where its
  ///   model uses a family that is not known.
  public static func read(_ path: String, families: [Family] = []) throws(DataError) -> Fit {
    let name = path == "-" ? "standard input" : path
    let file = try SafeTensors(path: path, kind: "fit file") { (metadata) throws(DataError) in
      try checkFormat(metadata, name)
    }
    return try FitReader(file: file, name: name).fit(families)
  }

  // MARK: What a file holds

  /// The arrays of what rows add up to; none without any.
  static func tensors(_ prefix: String, of statistics: RowStatistics?) -> [SafeTensors.Tensor] {
    (statistics?.sums ?? []).enumerated().map { .init("\(prefix)/\($0)", $1) }
  }

  /// The content of a fit's file.
  static func content(of fit: Fit) -> SafeTensors {
    let settings = fit.settings.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
    var file = SafeTensors(metadata: [
      "format": format, "version": "\(version)", "graph": fit.model.graph.json.description,
      "facts": fit.model.facts.json.description, "settings": JSON.object(settings).description,
      "bound": exactText(fit.bound), "converged": "\(fit.converged)",
      "expectedRemainingGain": exactText(fit.expectedRemainingGain), "boundRounding": exactText(fit.boundRounding),
    ])
    file.tensors = fit.marginals.flatMap { $0.tensors(plates: fit.model.extents(of: $0.name)) }
    for (variable, natural) in zip(fit.model.plan.globals, fit.naturals) {
      let members = variable.members
      file.tensors.append(
        .init("natural/\(variable.name)", shape: [members, members == 0 ? 0 : natural.count / members], natural))
    }
    for (variable, center) in fit.model.centers.sorted(by: { $0.key < $1.key }) {
      file.tensors.append(.init("center/\(fit.model.graph.variables[variable].name)", center))
    }
    file.tensors += tensors("sum", of: fit.statistics)
    file.tensors += [
      .init("trace/pass", fit.trace.map { Double($0.pass) }),
      .init("trace/rows", fit.trace.map { Double($0.rows) }), .init("trace/bound", fit.trace.map(\.bound)),
      .init("trace/heldOut", fit.trace.map(\.heldOut)),
      .init("trace/heldOutError", fit.trace.map(\.heldOutError)), .init("trace/seconds", fit.trace.map(\.seconds)),
      .init("restartBounds", fit.restartBounds),
    ]
    return file
  }

  /// The content with its checksum.
  static func sealed(_ content: SafeTensors) -> SafeTensors {
    var file = content
    file.metadata["checksum"] = Checksum.text(of: file, except: "checksum")
    return file
  }

  static func checkFormat(_ metadata: [String: String], _ name: String) throws(DataError) {
    guard metadata["format"] == format else {
      throw DataError(
        "\(name): is not a fit file, although it is a safetensors file; a fit says \"format\": \"\(format)\" in its "
          + "metadata. Check the path.")
    }
    guard let found = metadata["version"], found == "\(version)" else {
      throw DataError(
        "\(name): is of version \(shown(metadata["version"] ?? "?")) of the fit file's format, but this program reads "
          + "version \(version). Use the version of Suffice that it was written with, or fit again.")
    }
  }

  /// Why natural parameters are not those of a plan's global variables; nil where they are.
  static func mismatch(_ naturals: [[Double]], _ plan: Plan) -> String? {
    guard naturals.count == plan.globals.count else {
      return "it has the parameters of \(counted(naturals.count, "variable")), but its model has \(plan.globals.count)"
    }
    for (variable, natural) in zip(plan.globals, naturals) {
      let size = variable.family.type.statisticCount(variable.shape)
      guard natural.count == variable.members * size else {
        return
          "\"\(variable.name)\" has \(counted(natural.count, "natural parameter")), but its model asks for "
          + "\(variable.members) × \(size)"
      }
      for member in 0..<variable.members {
        let own = Array(natural[member * size..<(member + 1) * size])
        let name = "\"\(variable.name)\"\(variable.members > 1 ? ", member \(member + 1)," : "")"
        guard variable.family.type.isProper(own, variable.shape) else {
          return "the parameters of \(name) are not those of a \(variable.family)"
        }
        // A coefficient of 1e308 is a number; what is computed with it is none.
        guard variable.family.type.meanStatistics(own, variable.shape).allSatisfy(\.isFinite) else {
          return "the parameters of \(name) are too large to compute with"
        }
      }
    }
    return nil
  }
}

extension CompiledModel {
  /// How often each plate around a variable repeats it, the outermost first.
  fileprivate func extents(of name: String) -> [Int] {
    graph.variable(named: name).map { graph.variables[$0].plates.map { plateSizes[$0] } } ?? []
  }
}

extension Marginal {
  /// The conventional parameters of all members as arrays, one for each parameter.
  ///
  /// - Parameter plates: Members along each plate, the outermost first; the last one runs fastest in the members.
  fileprivate func tensors(plates: [Int]) -> [SafeTensors.Tensor] {
    let members = naturals.indices.map { parameters($0) }
    return family.type.parameters(shape).enumerated().map { position, parameter in
      let values = members.flatMap { unpacked($0[position].values, parameter.form) }
      return SafeTensors.Tensor("\(name).\(parameter.name)", shape: plates + parameter.form.extents, values)
    }
  }

  private func unpacked(_ values: [Double], _ form: Statistic.Form) -> [Double] {
    guard case .symmetric(let order) = form else { return values }
    let matrix = SymmetricMatrix(order: order, packed: values)
    return (0..<order).flatMap { i in (0..<order).map { matrix[i, $0] } }
  }
}
