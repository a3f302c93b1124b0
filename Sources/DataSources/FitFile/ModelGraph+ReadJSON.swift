import ExponentialFamilies
import Inference
import ModelLanguage

extension ModelGraph {
  /// Reads a graph from JSON as ``json`` writes it.
  ///
  /// Every index refers to something that is there, names are unique, and each variable has one factor; what else makes
  /// a model sound, the compiler checks.
  ///
  /// - Parameter families: Families that are not the library's, such as those of a model file.
  /// - Throws: ``DataError`` with what is missing or wrong and where, or naming a family that is not known.
  public init(json: JSON, families: [Family] = []) throws(DataError) {
    try self.init(JSONField(json, path: "graph"), families: families)
  }

  init(_ field: JSONField, families: [Family]) throws(DataError) {
    var variableCount = 0
    _ = try field.member("variables").list { (field) throws(DataError) in
      variableCount += 1
      return field
    }
    let plates = try field.member("plates").list { (field) throws(DataError) in
      return try PlateNode(
        name: field.member("name").text(), extent: PlateNode.Extent(field.member("size"), variableCount: variableCount))
    }
    let hyperparameters = try field.member("hyperparameters").list { (field) throws(DataError) in
      try HyperparameterDescription(
        name: field.member("name").text(), help: field.member("help").text(), value: field.member("value").text(),
        expectation: field.member("expectation").text())
    }
    let variables = try field.member("variables").list { (field) throws(DataError) in
      try Variable(field, plateCount: plates.count, variableCount: variableCount, families: families)
    }
    let factors = try field.member("factors").list { (field) throws(DataError) in
      try Factor(field, variableCount: variables.count)
    }
    if variables.isEmpty { throw try field.member("variables").error("a model has at least one variable.") }
    try Self.checkUnique(variables.map(\.name), "variable", field.member("variables"))
    try Self.checkUnique(plates.map(\.name), "plate", field.member("plates"))
    let random = variables.indices.filter { variables[$0].role == .latent || variables[$0].role == .observed }
    guard factors.map(\.child).sorted() == random else {
      throw try field.member("factors").error("every variable must be the child of one factor.")
    }
    try self.init(
      name: field.member("name").text(), summary: field.member("summary").text(), hyperparameters: hyperparameters,
      plates: plates, variables: variables, factors: factors,
      order: Order(field.member("order"), variableCount: variableCount),
      meanField: field.member("meanField").list { (field) throws(DataError) in
        try field.index(of: "a variable", count: variableCount)
      })
  }

  private static func checkUnique(_ names: [String], _ thing: String, _ field: JSONField) throws(DataError) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw field.error("two are named \"\(shown(name))\"; the name of a \(thing) is its own.")
    }
  }
}

extension ModelGraph.Variable {
  fileprivate init(
    _ field: JSONField, plateCount: Int, variableCount: Int, families: [Family]
  ) throws(DataError) {
    let plates = try field.member("plates")
    let indices = try plates.list { (field) throws(DataError) in try field.index(of: "a plate", count: plateCount) }
    guard Set(indices).count == indices.count else { throw plates.error("a plate occurs twice.") }
    let location = try field.member("location")
    try self.init(
      name: field.member("name").text(), family: Self.family(field, families),
      role: .init(field.member("role"), variableCount: variableCount), plates: indices,
      location: .init(file: location.member("file").text(), line: location.member("line").integer(atLeast: 0)),
      isCentered: field.optionalMember("isCentered")?.flag() ?? false)
  }

  private static func family(_ field: JSONField, _ families: [Family]) throws(DataError) -> Family {
    let name = try field.member("family").text()
    // Marked families are never looked for in the library: a modeller's own "Gamma" is another than the library's.
    let isOwn = try field.optionalMember("isOwn")?.flag() ?? false
    let found = isOwn ? families.first { $0.description == name } : FamilyCatalog.family(named: name)
    if let found { return found }
    throw DataError(
      "the fit uses the family \"\(shown(name))\", which is not the library's; apply it with the model file that it "
        + "was fitted with.")
  }
}

extension ModelGraph.Factor {
  fileprivate init(_ field: JSONField, variableCount: Int) throws(DataError) {
    let variable = { (field: JSONField) throws(DataError) in try field.index(of: "a variable", count: variableCount) }
    let dimensionField = try field.member("dimension")
    let dimension: ModelGraph.Dimension
    if dimensionField.value == .null {
      dimension = .inherited
    } else if let observed = try dimensionField.optionalMember("levels") {
      dimension = .levels(variable: try variable(observed))
    } else {
      dimension = .number(try dimensionField.member("number").integer(atLeast: 1))
    }
    try self.init(
      child: variable(field.member("child")),
      arguments: field.member("arguments").list { (field) throws(DataError) in
        try NamedArgument(
          name: field.member("name").text(), value: .init(field.member("value"), variableCount: variableCount),
          isLocation: field.member("isLocation").flag())
      },
      dimension: dimension,
      terms: field.member("terms").list { (field) throws(DataError) in try Term(field) })
  }
}

extension ModelGraph.Argument {
  fileprivate init(_ field: JSONField, variableCount: Int) throws(DataError) {
    let variable = { (field: JSONField) throws(DataError) in try field.index(of: "a variable", count: variableCount) }
    if let numbers = try field.optionalMember("constant") {
      self = .constant(try numbers.numbers())
    } else if let factor = try field.optionalMember("dimension") {
      self = .dimension(factor: try factor.number())
    } else if let moment = try field.optionalMember("moment") {
      self = .moment(
        .init(
          try moment.list { (field) throws(DataError) in
            let kind = try field.member("kind")
            guard let known = DataMoment.Kind(rawValue: try kind.text()) else {
              throw kind.error("\"\(shown(try kind.text()))\" is no property of data.")
            }
            return try .init(
              variable: variable(field.member("variable")), kind: known,
              isReciprocal: field.member("isReciprocal").flag(), isAverage: field.member("isAverage").flag())
          }, factor: try field.member("factor").numbers(), isOfIntercept: try field.member("isOfIntercept").flag()))
    } else if let numbers = try field.optionalMember("table") {
      self = .table(
        try numbers.numbers(),
        gates: try field.member("gates").list { (field) throws(DataError) in
          try ModelGraph.Use(field, variableCount: variableCount)
        }, isMatrix: try field.member("isMatrix").flag())
    } else {
      self = .variable(try ModelGraph.Use(field, variableCount: variableCount))
    }
  }
}

extension ModelGraph.PlateNode.Extent {
  fileprivate init(_ field: JSONField, variableCount: Int) throws(DataError) {
    func variable(_ field: JSONField) throws(DataError) -> Int {
      try field.index(of: "a variable", count: variableCount)
    }
    if field.value == .null {
      self = .rows
    } else if case .number = field.value {
      self = .fixed(try field.integer(atLeast: 1))
    } else if let label = try field.optionalMember("levels") {
      self = .levels(variable: try variable(label))
    } else if let label = try field.optionalMember("splits") {
      self = .splits(variable: try variable(label))
    } else {
      self = .elements(variable: try variable(field.member("elements")))
    }
  }
}

extension ModelGraph.Role {
  fileprivate init(_ field: JSONField, variableCount: Int) throws(DataError) {
    if field.value == "latent" {
      self = .latent
    } else if field.value == "observed" {
      self = .observed
    } else if try field.optionalMember("given") != nil {
      self = .given(intercept: try field.member("intercept").flag())
    } else if let position = try field.optionalMember("position") {
      self = .position(try Term.scope(position))
    } else {
      self = .lagged(
        variable: try field.member("lagged").index(of: "a variable", count: variableCount),
        lags: try field.member("lags").list { (field) throws(DataError) in try field.integer(atLeast: -1) },
        intercept: try field.optionalMember("intercept")?.flag() ?? false)
    }
  }
}

extension ModelGraph.Order {
  /// Nil where the rows have no order.
  fileprivate init?(_ field: JSONField, variableCount: Int) throws(DataError) {
    if field.value == .null { return nil }
    func variable(_ field: JSONField) throws(DataError) -> Int? {
      field.value == .null ? nil : try field.index(of: "a variable", count: variableCount)
    }
    try self.init(sequence: variable(field.member("sequence")), time: variable(field.member("time")))
  }
}

extension ModelGraph.Use {
  fileprivate init(_ field: JSONField, variableCount: Int) throws(DataError) {
    try self.init(
      field.member("variable").index(of: "a variable", count: variableCount),
      gates: field.member("gates").list { (field) throws(DataError) in
        try ModelGraph.Use(field, variableCount: variableCount)
      }, isPrevious: field.member("isPrevious").flag())
  }
}

extension Term {
  fileprivate static func scope(_ field: JSONField) throws(DataError) -> RowScope {
    guard let scope = RowScope(rawValue: try field.text()) else {
      throw field.error("\"\(shown(try field.text()))\" says nothing of rows.")
    }
    return scope
  }

  fileprivate init(_ field: JSONField) throws(DataError) {
    try self.init(
      coefficient: field.member("coefficient").number(),
      factors: field.member("factors").list { (field) throws(DataError) in
        let argument = try field.member("argument")
        let statistic = try field.member("statistic")
        return try Factor(
          argument: argument.value == .null ? nil : argument.text(),
          statistic: StatisticName(
            statistic.member("key").text(), text: statistic.member("text").text(),
            latex: statistic.member("latex").text()),
          indices: field.member("indices").list(Self.index))
      },
      over: field.member("over").list(Self.index), rows: Self.scope(field.member("rows")))
  }

  private static func index(_ field: JSONField) throws(DataError) -> Index {
    let text = try field.text()
    guard let index = Index(rawValue: text) else {
      throw field.error("\"\(shown(text))\" is no index; they are i, j and k.")
    }
    return index
  }
}
