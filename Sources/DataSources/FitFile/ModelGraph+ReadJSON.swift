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
    let plates = try field.member("plates").list { (field) throws(DataError) in
      let size = try field.member("size")
      return try PlateNode(
        name: field.member("name").text(), size: size.value == .null ? nil : size.integer(atLeast: 1))
    }
    let hyperparameters = try field.member("hyperparameters").list { (field) throws(DataError) in
      try HyperparameterDescription(
        name: field.member("name").text(), help: field.member("help").text(), value: field.member("value").text(),
        expectation: field.member("expectation").text())
    }
    let variables = try field.member("variables").list { (field) throws(DataError) in
      try Variable(field, plateCount: plates.count, families: families)
    }
    let factors = try field.member("factors").list { (field) throws(DataError) in
      try Factor(field, variableCount: variables.count)
    }
    if variables.isEmpty { throw try field.member("variables").error("a model has at least one variable.") }
    try Self.checkUnique(variables.map(\.name), "variable", field.member("variables"))
    try Self.checkUnique(plates.map(\.name), "plate", field.member("plates"))
    guard factors.map(\.child).sorted() == Array(variables.indices) else {
      throw try field.member("factors").error("every variable must be the child of one factor.")
    }
    try self.init(
      name: field.member("name").text(), summary: field.member("summary").text(), hyperparameters: hyperparameters,
      plates: plates, variables: variables, factors: factors)
  }

  private static func checkUnique(_ names: [String], _ thing: String, _ field: JSONField) throws(DataError) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw field.error("two are named \"\(shown(name))\"; the name of a \(thing) is its own.")
    }
  }
}

extension ModelGraph.Variable {
  fileprivate init(_ field: JSONField, plateCount: Int, families: [Family]) throws(DataError) {
    let plates = try field.member("plates")
    let indices = try plates.list { (field) throws(DataError) in try field.index(of: "a plate", count: plateCount) }
    guard Set(indices).count == indices.count else { throw plates.error("a plate occurs twice.") }
    let location = try field.member("location")
    try self.init(
      name: field.member("name").text(), family: Self.family(field, families),
      isObserved: field.member("isObserved").flag(), plates: indices,
      location: .init(file: location.member("file").text(), line: location.member("line").integer(atLeast: 0)))
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
      guard let kind = DataMoment.Kind(rawValue: try moment.text()) else {
        throw moment.error("\"\(shown(try moment.text()))\" is no property of data.")
      }
      self = .moment(
        variable: try variable(field.member("variable")), kind: kind, factor: try field.member("factor").number())
    } else {
      self = .variable(try variable(field.member("variable")), gates: try field.member("gates").list(variable))
    }
  }
}

extension Term {
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
      over: field.member("over").list(Self.index))
  }

  private static func index(_ field: JSONField) throws(DataError) -> Index {
    let text = try field.text()
    guard let index = Index(rawValue: text) else {
      throw field.error("\"\(shown(text))\" is no index; they are i and j.")
    }
    return index
  }
}
