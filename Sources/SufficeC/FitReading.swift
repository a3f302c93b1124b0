import Suffice

/// The fit's model, columns, variables, bound and history, as JSON.
@_cdecl("suffice_fit_about")
public func suffice_fit_about(
  _ fit: UnsafeRawPointer?, _ json: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  sorted { try hand(about(FitBox.open(fit)).description, to: json) }
}

/// The fit's model, as a text that ``suffice_fit`` takes.
@_cdecl("suffice_fit_model")
public func suffice_fit_model(
  _ fit: UnsafeRawPointer?, _ text: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  sorted { try hand(ModelGraphFile.json(of: FitBox.open(fit).model.graph).description, to: text) }
}

private func about(_ fit: Fit) -> JSON {
  let graph = fit.model.graph
  func numbers(_ values: [Double]) -> JSON { .array(values.map { .exact($0) }) }
  let variables = fit.marginals.map { marginal -> JSON in
    let members = graph.variables.first { $0.name == marginal.name }?.plates.map { fit.model.plateSizes[$0] } ?? []
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
      JSON.Member("isGiven", .bool(graph.variables[variable].role != .observed)),
      JSON.Member("mean", numbers(facts.mean)), JSON.Member("variance", numbers(facts.variance)),
      JSON.Member("covariance", numbers(facts.covariance)),
    ])
  }
  return .object([
    JSON.Member("model", .string(graph.name)), JSON.Member("summary", .string(graph.summary)),
    JSON.Member(
      "hyperparameters", .object(graph.hyperparameters.map { JSON.Member($0.optionName, .string($0.value)) })),
    JSON.Member("variables", .array(variables)), JSON.Member("observed", .array(observed)),
    JSON.Member("rows", .number(Double(fit.model.facts.rowCount))),
    JSON.Member("labels", .number(Double(fit.model.plan.componentLabel?.shape.dimension ?? 0))),
    JSON.Member("bound", .exact(fit.bound)),
    JSON.Member("converged", .bool(fit.converged)),
    JSON.Member("expectedRemainingGain", .exact(fit.expectedRemainingGain)),
    JSON.Member("boundRounding", .exact(fit.boundRounding)), JSON.Member("boundRows", .number(Double(fit.rowsOfBound))),
    JSON.Member("isLostInRounding", .bool(fit.isLostInRounding)),
    JSON.Member("priorConflicts", .array(fit.priorConflicts.map { .string(fit.message($0)) })),
    JSON.Member("bounds", numbers(fit.trace.map(\.bound))), JSON.Member("heldOut", numbers(fit.trace.map(\.heldOut))),
    JSON.Member("seconds", numbers(fit.trace.map(\.seconds))),
    JSON.Member("restartBounds", numbers(fit.restartBounds)),
    JSON.Member(
      "settings", .object(fit.settings.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) })),
    JSON.Member("canUpdate", .bool(fit.statistics != nil)),
    JSON.Member("statistics", .number(Double(ShareStatistics.count(of: fit)))),
    JSON.Member("isWeighted", .bool(fit.model.facts.isWeighted)),
  ])
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
