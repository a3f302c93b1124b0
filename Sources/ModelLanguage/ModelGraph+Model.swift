import ExponentialFamilies

extension ModelGraph {
  /// Reads a model: names its variables by reflection and resolves every use of one.
  ///
  /// - Throws: ``ModelError`` where a variable has no distribution or two, a distribution uses a variable that is no
  ///   property of the model, or plates of one name differ in size.
  public init<M: Model>(_ model: M) throws(ModelError) {
    var reader = GraphReader()
    for child in Mirror(reflecting: model).children {
      if let variable = child.value as? any AnyVariable, let label = child.label {
        reader.declare(variable, name: label)
      }
    }
    let statements = model.body
    for statement in statements { try reader.define(statement) }
    try reader.checkAllDefined()
    var factors: [Factor] = []
    for statement in statements { factors.append(try reader.factor(statement)) }
    self.init(
      name: M.commandName, summary: M.summary, hyperparameters: model.hyperparameters,
      plates: reader.plates, variables: reader.variables, factors: factors)
  }
}

/// Turns identities into indices.
private struct GraphReader {
  private struct Declaration {
    let variable: any AnyVariable
    let name: String
    var plates: [Int]?
  }

  /// A slip of the keyboard in a count should be an error, not the end of the memory.
  private static let largestCount = 1_000_000

  var plates: [ModelGraph.PlateNode] = []
  private var declarations: [Declaration] = []

  var variables: [ModelGraph.Variable] {
    declarations.map {
      ModelGraph.Variable(
        name: $0.name, family: $0.variable.family, isObserved: $0.variable.isObserved, plates: $0.plates ?? [],
        location: location($0.variable.identity))
    }
  }

  private func location(_ identity: VariableIdentity) -> ModelError.Location {
    ModelError.Location(file: identity.file, line: identity.line)
  }

  mutating func declare(_ variable: any AnyVariable, name: String) {
    declarations.append(Declaration(variable: variable, name: name))
  }

  private func index(_ identity: VariableIdentity, usedBy user: String) throws(ModelError) -> Int {
    if let index = declarations.firstIndex(where: { $0.variable.identity == identity }) { return index }
    throw ModelError(
      "a variable \(user) is not a stored property of the model. "
        + "Declare it with 'let' beside the others, so that it has a name.", at: location(identity))
  }

  mutating func define(_ statement: Statement) throws(ModelError) {
    let i = try index(statement.variable, usedBy: "that is given a distribution")
    if declarations[i].plates != nil {
      throw ModelError(
        "\"\(declarations[i].name)\" is given a distribution twice. A variable has one distribution; "
          + "declare a second variable for the other.", at: location(statement.variable))
    }
    var path: [Int] = []
    for extent in statement.plates {
      let plate = try plate(extent, of: declarations[i].name, at: location(statement.variable))
      if path.contains(plate) {
        throw ModelError(
          "\"\(declarations[i].name)\" is inside "
            + (extent.size == .rows
              ? "the rows twice. Remove one of the two Plate.rows."
              : "the plate \"\(extent.name)\" twice. Remove one of the two, or give it another name."),
          at: location(statement.variable))
      }
      path.append(plate)
    }
    declarations[i].plates = path
  }

  private mutating func plate(
    _ extent: PlateExtent, of variable: String, at location: ModelError.Location
  ) throws(ModelError) -> Int {
    let size: Int? = if case .fixed(let n) = extent.size { n } else { nil }
    if let size, size < 1 {
      throw ModelError(
        "the plate \"\(extent.name)\" around \"\(variable)\" has size \(size); it must be at least 1.", at: location)
    }
    if let size, size > Self.largestCount {
      throw ModelError(
        "the plate \"\(extent.name)\" around \"\(variable)\" has size \(size); the largest size is "
          + "\(Self.largestCount).", at: location)
    }
    if let known = plates.firstIndex(where: { $0.name == extent.name }) {
      if plates[known].size != size {
        throw ModelError(
          "the plate \"\(extent.name)\" around \"\(variable)\" has \(size.map { "size \($0)" } ?? "the rows as its size"), "
            + "but elsewhere \(plates[known].size.map { "size \($0)" } ?? "the rows as its size"). "
            + "Plates of one name are one plate: give one of them another name.", at: location)
      }
      return known
    }
    plates.append(ModelGraph.PlateNode(name: extent.name, size: size))
    return plates.count - 1
  }

  func checkAllDefined() throws(ModelError) {
    for declaration in declarations where declaration.plates == nil {
      throw ModelError(
        "\"\(declaration.name)\" has no distribution. Add '\(declaration.name) ~ \(declaration.variable.family)(…)' "
          + "to the body, or remove the variable.", at: location(declaration.variable.identity))
    }
    if declarations.isEmpty {
      throw ModelError(
        "the model has no variables. Declare them as stored properties, as in 'let x = Observed<Normal>()'.")
    }
  }

  func factor(_ statement: Statement) throws(ModelError) -> ModelGraph.Factor {
    let child = try index(statement.variable, usedBy: "that is given a distribution")
    let name = declarations[child].name
    var arguments: [ModelGraph.Factor.NamedArgument] = []
    for argument in statement.conditional.arguments {
      let value: ModelGraph.Argument
      switch argument.argument {
      case .constant(let numbers): value = .constant(numbers)
      case .dimension(let factor): value = .dimension(factor: factor)
      case .moment(let m):
        value = .moment(
          variable: try index(m.variable, usedBy: "whose data \"\(name)\" depends on"), kind: m.kind, factor: m.factor)
      case .variable(let use):
        var gates: [Int] = []
        for gate in use.gates { gates.append(try index(gate, usedBy: "that chooses a member for \"\(name)\"")) }
        value = .variable(try index(use.variable, usedBy: "that \"\(name)\" depends on"), gates: gates)
      }
      arguments.append(.init(name: argument.name, value: value, isLocation: argument.isLocation))
    }
    let dimension: ModelGraph.Dimension
    switch statement.conditional.count {
    case nil: dimension = .inherited
    case .number(let n):
      if n < 1 {
        throw ModelError(
          "\"\(name)\" is given \(n) elements; it must have at least 1.", at: location(statement.variable))
      }
      if n > Self.largestCount {
        throw ModelError(
          "\"\(name)\" is given \(n) elements; the largest number is \(Self.largestCount).",
          at: location(statement.variable))
      }
      dimension = .number(n)
    case .levels(let observed):
      dimension = .levels(variable: try index(observed, usedBy: "whose levels \"\(name)\" depends on"))
    }
    return ModelGraph.Factor(
      child: child, arguments: arguments, dimension: dimension, terms: statement.conditional.terms)
  }
}
