import Models
import Suffice

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A fit behind a handle.
final class FitBox {
  let fit: Fit
  init(_ fit: Fit) { self.fit = fit }

  static func open(_ handle: UnsafeRawPointer?) throws -> Fit {
    guard let handle else { throw Failure(.argument, "the fit is NULL.") }
    return Unmanaged<FitBox>.fromOpaque(handle).takeUnretainedValue().fit
  }

  static func hand(_ fit: Fit, to target: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) throws {
    guard let target else { throw Failure(.argument, "there is no place for the fit.") }
    target.pointee = Unmanaged.passRetained(FitBox(fit)).toOpaque()
  }
}

/// Runs the body of an entry point and sorts the library's errors by whose fault they are.
private func sorted(_ body: () throws -> Void) -> Int32 {
  outcome {
    do { try body() } catch let error as FitError {
      let kind: Outcome =
        switch error {
        case .model: .model
        case .data: .data
        case .setting: .setting
        case .backend, .numeric: .numeric
        case .cancelled: .cancelled
        }
      throw Failure(kind, error.description)
    } catch let error as DataError {
      throw Failure(.data, error.description)
    } catch let error as ModelError {
      throw Failure(.model, error.description)
    } catch let error as SettingError {
      throw Failure(.setting, error.description)
    }
  }
}

private func string(_ text: UnsafePointer<CChar>?, _ what: String) throws -> String {
  guard let text else { throw Failure(.argument, "\(what) is NULL.") }
  return String(cString: text)
}

private func hand(_ text: String, to target: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) throws {
  guard let target else { throw Failure(.argument, "there is no place for the text.") }
  target.pointee = strdup(text)
}

/// Frees a text that a function handed out.
@_cdecl("suffice_free_text")
public func suffice_free_text(_ text: UnsafeMutablePointer<CChar>?) { free(text) }

/// The shipped models with their hyperparameters, as JSON.
@_cdecl("suffice_models")
public func suffice_models(_ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
  sorted {
    let models = shippedModels.map { type -> JSON in
      .object([
        JSON.Member("name", .string(type.commandName)), JSON.Member("summary", .string(type.summary)),
        JSON.Member(
          "hyperparameters",
          .array(
            type.init().hyperparameters.map {
              .object([
                JSON.Member("name", .string($0.optionName)), JSON.Member("default", .string($0.value)),
                JSON.Member("help", .string($0.help)),
              ])
            })),
      ])
    }
    try hand(JSON.array(models).description, to: json)
  }
}

// MARK: Tables

/// A table in the caller's memory, which outlives the call that uses it.
private func table(
  _ rows: Int, _ columns: Int, _ names: UnsafePointer<UnsafePointer<CChar>?>?,
  _ bases: UnsafePointer<UnsafePointer<Double>?>?, _ strides: UnsafePointer<Int>?,
  _ levels: UnsafePointer<UnsafePointer<CChar>?>?
) throws -> DataTable {
  guard rows >= 0, columns >= 0 else {
    throw Failure(.argument, "a table of \(rows) rows and \(columns) columns is no table.")
  }
  guard let names, let bases, let strides else { throw Failure(.argument, "the table has no columns.") }
  return try DataTable(
    columns: (0..<columns).map { c in
      let name = try string(names[c], "a column's name")
      guard let base = bases[c] else { throw Failure(.argument, "column \"\(name)\" has no address.") }
      var kind = Column.Kind.numeric
      if let text = levels?[c] {
        guard case .array(let elements) = try JSON(parsing: String(cString: text)) else {
          throw Failure(.argument, "the levels of column \"\(name)\" are no JSON array.")
        }
        let labels = elements.map { if case .string(let label) = $0 { label } else { $0.description } }
        for row in 0..<rows {
          let code = base[row * strides[c]]
          if !(code.isNaN || (code >= 0 && code < Double(labels.count) && code == code.rounded())) {
            throw Failure(
              .data, "column \"\(name)\": row \(row) has the code \(code), but there are \(labels.count) levels.")
          }
        }
        kind = .categorical(levels: labels)
      }
      var findings = Column.Findings()
      for row in 0..<rows where base[row * strides[c]].isNaN { findings.missingCount += 1 }
      return Column(
        name: name, owner: ColumnOwner(base: base) {}, count: rows, stride: strides[c], kind: kind, findings: findings)
    })
}

// MARK: Fitting

/// Fits a shipped model to a table; see suffice.h.
@_cdecl("suffice_fit")
public func suffice_fit(
  _ model: UnsafePointer<CChar>?, _ request: UnsafePointer<CChar>?, _ rows: Int, _ columns: Int,
  _ names: UnsafePointer<UnsafePointer<CChar>?>?, _ bases: UnsafePointer<UnsafePointer<Double>?>?,
  _ strides: UnsafePointer<Int>?, _ levels: UnsafePointer<UnsafePointer<CChar>?>?, _ labels: UnsafePointer<Int64>?,
  _ progress: (@convention(c) (Int32, Int, Double, Double, Double, Double) -> Int32)?,
  _ fit: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  sorted {
    let name = try string(model, "the model's name")
    guard let type = shippedModels.first(where: { $0.commandName == name }) else {
      throw Failure(
        .model,
        "there is no model \"\(name)\". Models: \(shippedModels.map { $0.commandName }.joined(separator: ", ")).")
    }
    let request = try Request(JSON(parsing: string(request, "the request")))
    let table = try table(rows, columns, names, bases, strides, levels)
    var settings = request.settings
    if let labels { settings.start = .labels((0..<rows).map { Int(labels[$0]) }) }
    let result = try Fit(graph(of: type, request.hyperparameters), to: table, bind: request.bind, settings: settings) {
      guard let progress else { return true }
      var phase: Int32 = -1
      if case .restart(let index, _) = $0.phase { phase = Int32(index) }
      let entry = $0.entry
      return progress(phase, entry.pass, entry.bound, entry.heldOut, $0.change, entry.seconds) != 0
    }
    try FitBox.hand(result, to: fit)
  }
}

private func graph(of type: any Model.Type, _ settings: [(name: String, value: String)]) throws -> ModelGraph {
  func open<M: Model>(_ type: M.Type) throws -> ModelGraph { try ModelGraph(M(settings: settings)) }
  return try open(type)
}

/// What a request for a fit says.
private struct Request {
  var hyperparameters: [(name: String, value: String)] = []
  var bind: [String: [String]] = [:]
  var settings = FitSettings()

  init(_ json: JSON) throws {
    guard case .object(let members) = json else { throw Failure(.argument, "the request is no JSON object.") }
    var isStochastic = false
    var (batchSize, forgetting, delay) = (1000, 0.7, 1.0)
    for member in members {
      switch (member.key, member.value) {
      case ("hyperparameters", .object(let values)):
        for case (let name, .string(let value)) in values.map({ ($0.key, $0.value) }) {
          hyperparameters.append((name: name, value: value))
        }
      case ("bind", .object(let variables)):
        for variable in variables {
          guard case .array(let names) = variable.value else {
            throw Failure(.setting, "\"bind\" gives no list of columns for \"\(variable.key)\".")
          }
          bind[variable.key] = names.compactMap { if case .string(let name) = $0 { name } else { nil } }
        }
      case ("schedule", .string(let name)):
        guard name == "coordinate" || name == "stochastic" else {
          throw Failure(.setting, "there is no schedule \"\(name)\"; there are \"coordinate\" and \"stochastic\".")
        }
        isStochastic = name == "stochastic"
      case ("seed", .string(let text)):
        guard let seed = UInt64(text) else { throw Failure(.setting, "the seed \(text) is not from 0 to 2^64 - 1.") }
        settings.seed = seed
      case ("forgetting", .number(let value)): forgetting = value
      case ("delay", .number(let value)): delay = value
      case ("tolerance", .number(let value)): settings.tolerance = value
      case ("batchSize", let value): batchSize = try Self.count(value, member.key, from: 1)
      case ("threads", let value): settings.threads = try Self.count(value, member.key, from: 1)
      case ("restarts", let value): settings.restarts = try Self.count(value, member.key, from: 1)
      case ("maximumPasses", let value): settings.maximumPasses = try Self.count(value, member.key, from: 1)
      default: throw Failure(.setting, "the request has \"\(member.key)\", which is unknown or of another type.")
      }
    }
    if isStochastic {
      settings.schedule = try StochasticNaturalGradient(batchSize: batchSize, forgetting: forgetting, delay: delay)
    }
  }

  private static func count(_ value: JSON, _ name: String, from least: Int) throws -> Int {
    guard case .number(let number) = value, let count = Int(exactly: number), count >= least, count <= 1 << 40 else {
      throw Failure(.setting, "\"\(name)\" is \(value); it must be a whole number of at least \(least).")
    }
    return count
  }
}

// MARK: Files

/// Reads a fit file.
@_cdecl("suffice_fit_read")
public func suffice_fit_read(
  _ path: UnsafePointer<CChar>?, _ fit: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  sorted { try FitBox.hand(FitFile.read(string(path, "the path")), to: fit) }
}

/// Writes a fit file.
@_cdecl("suffice_fit_write")
public func suffice_fit_write(_ fit: UnsafeRawPointer?, _ path: UnsafePointer<CChar>?) -> Int32 {
  sorted { try FitFile.write(FitBox.open(fit), to: string(path, "the path")) }
}

/// Frees a fit.
@_cdecl("suffice_fit_free")
public func suffice_fit_free(_ fit: UnsafeMutableRawPointer?) {
  if let fit { Unmanaged<FitBox>.fromOpaque(fit).release() }
}

// MARK: Reading a fit

/// The fit's model, columns, variables, bound and history, as JSON.
@_cdecl("suffice_fit_about")
public func suffice_fit_about(
  _ fit: UnsafeRawPointer?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  sorted { try hand(about(FitBox.open(fit)).description, to: json) }
}

private func about(_ fit: Fit) -> JSON {
  let graph = fit.model.graph
  func numbers(_ values: [Double]) -> JSON { .array(values.map { .exact($0) }) }
  let variables = fit.marginals.map { marginal -> JSON in
    let members = graph.variables.first { $0.name == marginal.name }?.plates.map { graph.plates[$0].size ?? 1 } ?? []
    return .object([
      JSON.Member("name", .string(marginal.name)), JSON.Member("family", .string("\(marginal.family)")),
      JSON.Member(
        "parameters",
        .array(
          marginal.family.type.parameters(marginal.shape).map { parameter in
            .object([
              JSON.Member("name", .string(parameter.name)),
              JSON.Member("shape", numbers((members + parameter.form.extents).map(Double.init))),
            ])
          })),
    ])
  }
  let observed = zip(graph.observed, fit.model.facts.observed).map { variable, facts -> JSON in
    .object([
      JSON.Member("name", .string(graph.variables[variable].name)),
      JSON.Member("columns", .array(facts.columns.map { .string($0) })),
      JSON.Member("levels", .array(facts.levels.map { .array($0.map { .string($0) }) })),
    ])
  }
  return .object([
    JSON.Member("model", .string(graph.name)), JSON.Member("summary", .string(graph.summary)),
    JSON.Member(
      "hyperparameters", .object(graph.hyperparameters.map { JSON.Member($0.optionName, .string($0.value)) })),
    JSON.Member("variables", .array(variables)), JSON.Member("observed", .array(observed)),
    JSON.Member("rows", .number(Double(fit.model.facts.rowCount))),
    JSON.Member("labels", .number(Double(labelCount(fit)))), JSON.Member("bound", .exact(fit.bound)),
    JSON.Member("converged", .bool(fit.converged)),
    JSON.Member("bounds", numbers(fit.trace.map(\.bound))), JSON.Member("heldOut", numbers(fit.trace.map(\.heldOut))),
    JSON.Member("seconds", numbers(fit.trace.map(\.seconds))),
    JSON.Member("restartBounds", numbers(fit.restartBounds)),
  ])
}

/// How many values the label of a row has; 0 for a model without labels.
private func labelCount(_ fit: Fit) -> Int {
  fit.model.plan.locals.first { $0.family == Family(Categorical.self) }?.shape.dimension ?? 0
}

/// A parameter of a variable, for all its members.
@_cdecl("suffice_fit_parameter")
public func suffice_fit_parameter(
  _ fit: UnsafeRawPointer?, _ variable: UnsafePointer<CChar>?, _ parameter: UnsafePointer<CChar>?,
  _ values: UnsafeMutablePointer<Double>?, _ count: Int
) -> Int32 {
  sorted {
    let (variable, parameter) = try (string(variable, "the variable"), string(parameter, "the parameter"))
    guard let marginal = try FitBox.open(fit).marginal(variable),
      let description = marginal.family.type.parameters(marginal.shape).first(where: { $0.name == parameter })
    else { throw Failure(.argument, "the fit has no parameter \"\(variable).\(parameter)\".") }
    let all = marginal.parameter(parameter).flatMap { values -> [Double] in
      guard case .symmetric(let order) = description.form else { return values }
      let matrix = SymmetricMatrix(order: order, packed: values)
      return (0..<order).flatMap { i in (0..<order).map { matrix[i, $0] } }
    }
    guard let values, all.count == count else {
      throw Failure(.argument, "\"\(variable).\(parameter)\" has \(all.count) numbers; there is room for \(count).")
    }
    for (i, value) in all.enumerated() { values[i] = value }
  }
}

// MARK: Applying a fit

/// Applies a fit to a table.
@_cdecl("suffice_fit_apply")
public func suffice_fit_apply(
  _ fit: UnsafeRawPointer?, _ rows: Int, _ columns: Int, _ names: UnsafePointer<UnsafePointer<CChar>?>?,
  _ bases: UnsafePointer<UnsafePointer<Double>?>?, _ strides: UnsafePointer<Int>?,
  _ levels: UnsafePointer<UnsafePointer<CChar>?>?, _ threads: Int32, _ probabilities: UnsafeMutablePointer<Double>?,
  _ labels: Int, _ logDensities: UnsafeMutablePointer<Double>?
) -> Int32 {
  sorted {
    let table = try table(rows, columns, names, bases, strides, levels)
    let application = try Application(FitBox.open(fit), to: table, threads: max(1, Int(threads)))
    if let probabilities {
      guard let (_, values, count) = application.responsibilities() else {
        throw Failure(.model, "the model has no label: there is nothing to predict. Its density is what 'score' gives.")
      }
      guard count == labels, values.count == rows * count else {
        throw Failure(.argument, "the label has \(count) values; there is room for \(labels).")
      }
      for (i, value) in values.enumerated() { probabilities[i] = value }
    }
    if let logDensities { for (i, value) in try application.logDensities().enumerated() { logDensities[i] = value } }
  }
}

/// Draws rows from the posterior predictive distribution.
@_cdecl("suffice_fit_sample")
public func suffice_fit_sample(
  _ fit: UnsafeRawPointer?, _ count: Int, _ seed: UInt64, _ values: UnsafeMutablePointer<Double>?, _ size: Int
) -> Int32 {
  sorted {
    guard count >= 0 else { throw Failure(.setting, "\(count) rows were asked for; at least 0 can be drawn.") }
    let drawn = try FitBox.open(fit).sample(count, seed: seed)
    guard let values, size == count * drawn.columns.count else {
      throw Failure(.argument, "\(count) rows of \(drawn.columns.count) columns do not fit \(size) numbers.")
    }
    for (c, column) in drawn.columns.enumerated() {
      for row in 0..<count { values[row * drawn.columns.count + c] = column[row] }
    }
  }
}
