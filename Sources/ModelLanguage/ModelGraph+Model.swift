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
    let body = model.body
    let statements = body.filter { $0.conditional != nil }
    for statement in statements { try reader.define(statement) }
    try reader.checkAllDefined()
    var factors: [Factor] = []
    for statement in statements { factors.append(try reader.factor(statement)) }
    let order = try reader.order(statements)
    let meanField = try reader.meanField(body)
    self.init(
      name: M.commandName, summary: M.summary, hyperparameters: model.hyperparameters,
      plates: reader.plates, variables: reader.variables, factors: factors, order: order,
      meanField: meanField)
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
  /// Variables that follow from others: lags, positions in a chain.
  private var derived: [ModelGraph.Variable] = []

  var variables: [ModelGraph.Variable] {
    declarations.map {
      ModelGraph.Variable(
        name: $0.name, family: $0.variable.family, role: $0.variable.role, plates: $0.plates ?? [],
        location: location($0.variable.identity), isCentered: $0.variable.isCentered)
    } + derived
  }

  /// The index of a derived variable, which is made where it is first asked for.
  private mutating func derive(
    _ name: String, _ role: ModelGraph.Role, at location: ModelError.Location
  ) -> Int {
    if let known = derived.firstIndex(where: { $0.role == role }) { return declarations.count + known }
    derived.append(
      ModelGraph.Variable(
        name: name, family: Family(MultivariateNormal.self), role: role,
        plates: plates.indices.filter { plates[$0].isRows }, location: location))
    return declarations.count + derived.count - 1
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
    _ written: PlateExtent, of variable: String, at location: ModelError.Location
  ) throws(ModelError) -> Int {
    var extent = written
    let node: ModelGraph.PlateNode.Extent
    switch written.size {
    case .fixed(let n): node = .fixed(n)
    case .rows: node = .rows
    case .levels(let label):
      let i = try index(label, usedBy: "whose levels make a plate around \"\(variable)\"")
      extent = PlateExtent(name: declarations[i].name, size: written.size)
      node = .levels(variable: i)
    case .elements(let vector):
      let i = try index(vector, usedBy: "whose elements make a plate around \"\(variable)\"")
      extent = PlateExtent(name: "element of \(declarations[i].name)", size: written.size)
      node = .elements(variable: i)
    case .splits(let label):
      let i = try index(label, usedBy: "whose levels make a plate around \"\(variable)\"")
      extent = PlateExtent(name: "split of \(declarations[i].name)", size: written.size)
      node = .splits(variable: i)
    }
    let size: Int? = if case .fixed(let n) = node { n } else { nil }
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
      if plates[known].extent != node {
        throw ModelError(
          "the plate \"\(extent.name)\" around \"\(variable)\" has \(phrase(node)), "
            + "but elsewhere \(phrase(plates[known].extent)). "
            + "Plates of one name are one plate: give one of them another name.", at: location)
      }
      return known
    }
    plates.append(ModelGraph.PlateNode(name: extent.name, extent: node))
    return plates.count - 1
  }

  private func phrase(_ extent: ModelGraph.PlateNode.Extent) -> String {
    switch extent {
    case .fixed(let n): "size \(n)"
    case .rows: "the rows as its size"
    case .levels(let i): "the levels of \"\(declarations[i].name)\" as its size"
    case .elements(let i): "the elements of \"\(declarations[i].name)\" as its size"
    case .splits(let i): "the levels of \"\(declarations[i].name)\" but one as its size"
    }
  }

  /// The variables that are to be solved by themselves.
  func meanField(_ body: [Statement]) throws(ModelError) -> [Int] {
    var found: [Int] = []
    for statement in body where statement.conditional == nil {
      found.append(try index(statement.variable, usedBy: "that is to be solved by itself"))
    }
    return found.sorted()
  }

  /// The order of the rows that the chains of a model give them.
  func order(_ statements: [Statement]) throws(ModelError) -> ModelGraph.Order? {
    var found: ModelGraph.Order?
    for statement in statements {
      guard let order = statement.order else { continue }
      var (sequence, time): (Int?, Int?) = (nil, nil)
      if let label = order.sequence { sequence = try index(label, usedBy: "that tells sequences apart") }
      if let number = order.time { time = try index(number, usedBy: "that orders the rows") }
      let next = ModelGraph.Order(sequence: sequence, time: time)
      if let found, found != next {
        throw ModelError(
          "two chains order the rows by different variables. The rows have one order: name the same sequence and time in both.",
          at: location(statement.variable))
      }
      found = next
    }
    return found
  }

  mutating func checkAllDefined() throws(ModelError) {
    for i in declarations.indices where declarations[i].plates == nil {
      // Data that the model conditions on belong to the rows without a statement.
      if case .given = declarations[i].variable.role {
        declarations[i].plates = [
          try plate(
            PlateExtent(name: "row", size: .rows), of: declarations[i].name,
            at: location(declarations[i].variable.identity))
        ]
      }
    }
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

  mutating func factor(_ statement: Statement) throws(ModelError) -> ModelGraph.Factor {
    let child = try index(statement.variable, usedBy: "that is given a distribution")
    let name = declarations[child].name
    var arguments: [ModelGraph.Factor.NamedArgument] = []
    guard let conditional = statement.conditional else {
      return ModelGraph.Factor(child: child, arguments: [], dimension: .inherited, terms: [])
    }
    for argument in conditional.arguments {
      let value: ModelGraph.Argument
      switch argument.argument {
      case .constant(let numbers): value = .constant(numbers)
      case .dimension(let factor): value = .dimension(factor: factor)
      case .moment(let m):
        var parts: [ModelGraph.Moment.Part] = []
        for part in m.parts {
          let use = try resolve(part.use, for: name, "whose data \"\(name)\" depends on")
          parts.append(
            .init(variable: use.variable, kind: part.kind, isReciprocal: part.isReciprocal, isAverage: part.isAverage))
        }
        value = .moment(.init(parts, factor: m.factor, isOfIntercept: m.isOfIntercept))
      case .variable(let use): value = .variable(try resolve(use, for: name, "that \"\(name)\" depends on"))
      case .table(let numbers, let gates, let isMatrix):
        value = .table(numbers, gates: try resolve(gates, for: name), isMatrix: isMatrix)
      }
      arguments.append(.init(name: argument.name, value: value, isLocation: argument.isLocation))
    }
    for term in conditional.terms where term.rows != .all {
      _ = derive(
        term.rows == .first ? "first row" : "later row", .position(term.rows), at: location(statement.variable))
      // What a row passes on belongs to the rows that another one follows.
      _ = derive("followed row", .position(.followed), at: location(statement.variable))
      for name in term.factors.compactMap(\.argument) {
        for v in arguments.first(where: { $0.name == name })?.value.variables ?? [] where v < declarations.count {
          guard case .given = declarations[v].variable.role, declarations[v].variable.family.type.domain != .label
          else { continue }
          _ = derive(
            "\(declarations[v].name) of the row after", .lagged(variable: v, lags: [-1], intercept: false),
            at: location(statement.variable))
        }
      }
    }
    let dimension: ModelGraph.Dimension
    switch conditional.count {
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
      child: child, arguments: arguments, dimension: dimension, terms: conditional.terms)
  }

  private mutating func resolve(_ gates: [VariableUse], for name: String) throws(ModelError) -> [ModelGraph.Use] {
    var uses: [ModelGraph.Use] = []
    for gate in gates { uses.append(try resolve(gate, for: name, "that chooses a member for \"\(name)\"")) }
    return uses
  }

  private mutating func resolve(
    _ use: VariableUse, for name: String, _ phrase: String
  ) throws(ModelError) -> ModelGraph.Use {
    let variable = try index(use.variable, usedBy: phrase)
    let gates = try resolve(use.gates, for: name)
    if use.lags.isEmpty { return ModelGraph.Use(variable, gates: gates) }
    let declaration = declarations[variable]
    if declaration.variable.role == .latent {
      if use.lags == [1] { return ModelGraph.Use(variable, gates: gates, isPrevious: true) }
    } else if declaration.variable.family.type.domain == .label {
      throw ModelError(
        "\"\(name)\" uses '\(declaration.name).lag', but \"\(declaration.name)\" holds labels, which are no numbers. Use the lag of "
          + "a numeric variable.", at: location(use.variable))
    } else if use.lags.allSatisfy({ $0 >= 1 }) {
      let last = use.lags.last ?? 1
      let range = use.lags.count == 1 ? "\(last)" : "\(use.lags[0])…\(last)"
      return ModelGraph.Use(
        derive(
          "\(declaration.name).lag(\(range))" + (use.intercept ? " and 1" : ""),
          .lagged(variable: variable, lags: use.lags, intercept: use.intercept),
          at: location(use.variable)))
    }
    if declaration.variable.role == .latent {
      throw ModelError(
        "\"\(name)\" uses \"\(declaration.name)\" \(use.lags.map { "\($0)" }.joined(separator: ", ")) rows before, but "
          + "\"\(declaration.name)\" is latent: of a latent variable only 'previous' is known, and only to its own MarkovChain.",
        at: location(use.variable))
    }
    throw ModelError(
      "\"\(name)\" uses \"\(declaration.name)\" \(use.lags.map { "\($0)" }.joined(separator: ", ")) rows before; "
        + "a lag must be at least 1.", at: location(use.variable))
  }
}
