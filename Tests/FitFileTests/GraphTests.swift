import Suffice
import Testing

@Suite struct GraphTests {
  static let graphs: [ModelGraph] = [try? ModelGraph(Mixture()), try? ModelGraph(Sample()), try? ModelGraph(Grid())]
    .compactMap { $0 }

  @Test(arguments: graphs) func roundTrips(_ graph: ModelGraph) throws {
    let read = try ModelGraph(json: JSON(parsing: graph.json.indented()))
    #expect(read == graph)
    // The names of statistics are equal where their keys are; their notation must come back as well.
    #expect(read.json == graph.json)
  }

  @Test func isReadable() throws {
    let json = try ModelGraph(Sample()).json
    #expect(json["name"] == "sample")
    #expect(json["plates"] == [["name": "row", "size": nil]])
    #expect(json["variables"]?[2]?["family"] == "Normal")
    #expect(json["variables"]?[2]?["plates"] == [0])
    #expect(
      json["factors"]?[0]?["arguments"]?[0] == [
        "name": "mean", "value": ["constant": [.number(0.1 + 0.2)]], "isLocation": true,
      ])
    #expect(json["factors"]?[2]?["arguments"]?[1]?["value"] == ["variable": 1, "gates": [], "isPrevious": false])
    #expect(
      json["factors"]?[2]?["terms"]?[0] == [
        "coefficient": 1,
        "factors": [
          ["argument": nil, "statistic": ["key": "value", "text": "·", "latex": "·"], "indices": ["i"]],
          ["argument": "mean", "statistic": ["key": "value", "text": "·", "latex": "·"], "indices": ["i"]],
          ["argument": "precision", "statistic": ["key": "value", "text": "·", "latex": "·"], "indices": ["i"]],
        ], "over": [], "rows": "all",
      ])
  }

  @Test func takesFamiliesOfOnesOwn() throws {
    let graph = try ModelGraph(Distances())
    #expect(try ModelGraph(json: graph.json, families: [Family(Gamma.self), Family(Rayleigh.self)]) == graph)
    expectError(
      is:
        "the fit uses the family \"Rayleigh\", which is not the library's; apply it with the model file that it was fitted with."
    ) { () throws(DataError) in _ = try ModelGraph(json: graph.json) }
  }

  /// A family of one's own that has the name of a library's is never taken for it.
  @Test func tellsFamiliesOfOneNameApart() throws {
    struct Gamma: StandIn {}
    let graph = ModelGraph(
      name: "m", summary: "", hyperparameters: [], plates: [],
      variables: [
        .init(name: "a", family: Family(Gamma.self), role: .latent, plates: [], location: .init(file: "m", line: 1))
      ], factors: [.init(child: 0, arguments: [], dimension: .number(1), terms: [])])
    #expect(try ModelGraph(json: graph.json, families: [Family(Gamma.self)]) == graph)
    expectError(
      is:
        "the fit uses the family \"Gamma\", which is not the library's; apply it with the model file that it was fitted with."
    ) { () throws(DataError) in _ = try ModelGraph(json: graph.json) }
  }

  @Test(
    arguments: [
      ([], nil, "graph: an object was expected, but it is null."),
      (["plates"], nil, "graph.plates: an array was expected, but it is null."),
      (["plates", 0, "size"], 0, "graph.plates[0].size: a whole number from 1 on was expected, but it is 0."),
      (["plates", 0, "size"], 1.5, "graph.plates[0].size: a whole number from 1 on was expected, but it is 1.5."),
      (["plates", 0], [:], "graph.plates[0]: has no \"name\"."),
      (["plates", 0], ["name": "row"], "graph.plates[0]: has no \"size\"."),
      (["variables"], [], "graph.factors[0].child: 0 is not the index of a variable: there are 0."),
      (["variables", 1, "name"], 7, "graph.variables[1].name: a text was expected, but it is 7."),
      (
        ["variables", 1, "name"], "weights",
        "graph.variables: two are named \"weights\"; the name of a variable is its own."
      ),
      (["variables", 1, "plates"], [2], "graph.variables[1].plates[0]: 2 is not the index of a plate: there are 2."),
      (["variables", 1, "plates"], [0, 0], "graph.variables[1].plates: a plate occurs twice."),
      (["variables", 1, "role"], 0, "graph.variables[1].role: an object was expected, but it is 0."),
      (
        ["variables", 1, "location", "line"], -1,
        "graph.variables[1].location.line: a whole number from 0 on was expected, but it is -1."
      ),
      (
        ["variables", 1, "family"], "Cauchy",
        "the fit uses the family \"Cauchy\", which is not the library's; apply it with the model file that it was fitted with."
      ),
      (["factors", 0, "child"], 1, "graph.factors: every variable must be the child of one factor."),
      (["factors", 0, "child"], 4, "graph.factors[0].child: 4 is not the index of a variable: there are 4."),
      (["factors", 0, "dimension"], [:], "graph.factors[0].dimension: has no \"number\"."),
      (
        ["factors", 0, "dimension"], ["levels": 9],
        "graph.factors[0].dimension.levels: 9 is not the index of a variable: there are 4."
      ),
      (
        ["factors", 0, "arguments", 0, "value"], ["constant": ["x"]],
        "graph.factors[0].arguments[0].value.constant[0]: a number was expected, but it is \"x\"."
      ),
      (
        ["factors", 0, "arguments", 0, "value"], ["moment": [["kind": "mode"]]],
        "graph.factors[0].arguments[0].value.moment[0].kind: \"mode\" is no property of data."
      ),
      (["factors", 0, "arguments", 0, "value"], [:], "graph.factors[0].arguments[0].value: has no \"variable\"."),
      (
        ["factors", 3, "arguments", 0, "value", "gates", 0], 4,
        "graph.factors[3].arguments[0].value.gates[0]: an object was expected, but it is 4."
      ),
      (
        ["factors", 3, "arguments", 0, "value", "gates", 0, "variable"], 4,
        "graph.factors[3].arguments[0].value.gates[0].variable: 4 is not the index of a variable: there are 4."
      ),
      (
        ["factors", 3, "terms", 0, "factors", 0, "indices"], ["m"],
        "graph.factors[3].terms[0].factors[0].indices[0]: \"m\" is no index; they are i, j and k."
      ),
      (
        ["factors", 3, "terms", 0, "coefficient"], nil,
        "graph.factors[3].terms[0].coefficient: a number was expected, but it is null."
      ),
    ] as [([PathStep], JSON, String)])
  func refuses(_ path: [PathStep], _ replacement: JSON, _ message: String) throws {
    let json = try ModelGraph(Mixture()).json.replacing(path[...], with: replacement)
    expectError(is: message) { () throws(DataError) in _ = try ModelGraph(json: json) }
  }

  @Test func factsRoundTrip() throws {
    let facts = DataFacts(
      rowCount: 1,
      observed: [
        .init(
          columns: ["a", "ä\"\n"], levels: [[], ["x", "y\u{0}"]], mean: [0.1, -0.0], variance: [.nan, -.nan],
          covariance: [.infinity, -.infinity, .leastNonzeroMagnitude], logBaseMeasure: -1e300),
        .init(columns: [], levels: [], mean: [], variance: [], covariance: [], logBaseMeasure: 0),
      ])
    let read = try DataFacts(json: JSON(parsing: facts.json.description))
    #expect(isIdentical(read, facts))
    expectError(is: "facts.observed[0].mean: has 1 element for 2 columns.") { () throws(DataError) in
      _ = try DataFacts(json: facts.json.replacing(["observed", 0, "mean"], with: [1]))
    }
    expectError(
      is: "facts.observed[0].covariance: has 2 elements, but the lower triangle for 2 columns has 3."
    ) { () throws(DataError) in
      _ = try DataFacts(json: facts.json.replacing(["observed", 0, "covariance"], with: [1, 2]))
    }
    expectError(is: "facts.rowCount: a whole number from 0 on was expected, but it is \"nan\".") {
      () throws(DataError) in
      _ = try DataFacts(json: facts.json.replacing(["rowCount"], with: "nan"))
    }
  }
}

/// A key or a position on the way to a value.
enum PathStep: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, Sendable {
  case key(String)
  case position(Int)

  init(stringLiteral value: String) { self = .key(value) }
  init(integerLiteral value: Int) { self = .position(value) }
}

extension JSON {
  /// The value with another one at the end of a path.
  func replacing(_ path: ArraySlice<PathStep>, with replacement: JSON) -> JSON {
    guard let step = path.first else { return replacement }
    switch (step, self) {
    case (.key(let key), .object(let members)):
      return .object(
        members.map { $0.key == key ? Member(key, $0.value.replacing(path.dropFirst(), with: replacement)) : $0 })
    case (.position(let position), .array(var elements)):
      elements[position] = elements[position].replacing(path.dropFirst(), with: replacement)
      return .array(elements)
    default: return self
    }
  }
}

/// A family that is only a name.
protocol StandIn: ExponentialFamily {}

extension StandIn {
  static var domain: ValueDomain { .positive }
  static func statistics(_ shape: FamilyShape) -> [Statistic] { [Statistic(.value, .vector(shape.dimension))] }
  static func logPartition(_ natural: [Double], _ shape: FamilyShape) -> Double { 0 }
  static func meanStatistics(_ natural: [Double], _ shape: FamilyShape) -> [Double] { natural }
  static func isProper(_ natural: [Double], _ shape: FamilyShape) -> Bool { true }
  static func statistics(of value: [Double], _ shape: FamilyShape) -> [Double] { value }
  static func expectation(violatedBy value: [Double], _ shape: FamilyShape) -> String? { nil }
  static func sample(_ natural: [Double], _ shape: FamilyShape, using random: inout RandomSource) -> [Double] {
    natural
  }
  static func parameters(_ shape: FamilyShape) -> [Parameter] { [] }
  static func natural(from parameters: [[Double]], _ shape: FamilyShape) -> [Double] { [] }
  static func parameters(from natural: [Double], _ shape: FamilyShape) -> [[Double]] { [] }
}
