import ExponentialFamilies
import ModelLanguage

extension ModelGraph {
  /// The graph as JSON, which ``init(json:families:)`` reads back.
  ///
  /// Plates and variables are referred to by their index. A family stands by its name; one that is not the library's is
  /// marked with `"isOwn": true`.
  public var json: JSON {
    [
      "name": .string(name), "summary": .string(summary),
      "hyperparameters": .array(
        hyperparameters.map {
          [
            "name": .string($0.name), "help": .string($0.help), "value": .string($0.value),
            "expectation": .string($0.expectation),
          ]
        }),
      "plates": .array(plates.map { ["name": .string($0.name), "size": $0.extent.json] }),
      "variables": .array(variables.map(\.json)), "factors": .array(factors.map(\.json)),
      "meanField": .integers(meanField),
      "order": order.map {
        [
          "sequence": $0.sequence.map { .integer($0) } ?? nil,
          "time": $0.time.map { .integer($0) } ?? nil,
        ]
      } ?? nil,
    ]
  }
}

extension ModelGraph.PlateNode.Extent {
  fileprivate var json: JSON {
    switch self {
    case .rows: nil
    case .fixed(let count): .integer(count)
    case .levels(let variable): ["levels": .integer(variable)]
    case .elements(let variable): ["elements": .integer(variable)]
    case .splits(let variable): ["splits": .integer(variable)]
    }
  }
}

extension ModelGraph.Role {
  fileprivate var json: JSON {
    switch self {
    case .latent: "latent"
    case .observed: "observed"
    case .given(let intercept): ["given": true, "intercept": .bool(intercept)]
    case .lagged(let variable, let lags, let intercept):
      ["lagged": .integer(variable), "lags": .integers(lags), "intercept": .bool(intercept)]
    case .position(let scope): ["position": .string(scope.rawValue)]
    }
  }
}

extension ModelGraph.Use {
  fileprivate var json: JSON {
    ["variable": .integer(variable), "gates": .array(gates.map(\.json)), "isPrevious": .bool(isPrevious)]
  }
}

extension ModelGraph.Variable {
  fileprivate var json: JSON {
    var members: [JSON.Member] = [.init("name", .string(name)), .init("family", .string(family.description))]
    // A family of the modeller's own may have the name of a library's.
    if FamilyCatalog.family(named: family.description) != family { members.append(.init("isOwn", true)) }
    return .object(
      members + [
        .init("role", role.json), .init("plates", .integers(plates)),
        .init("location", ["file": .string(location.file), "line": .integer(location.line)]),
      ] + (isCentered ? [.init("isCentered", true)] : []))
  }
}

extension ModelGraph.Factor {
  fileprivate var json: JSON {
    [
      "child": .integer(child),
      "arguments": .array(
        arguments.map { ["name": .string($0.name), "value": $0.value.json, "isLocation": .bool($0.isLocation)] }),
      "dimension": dimension.json, "terms": .array(terms.map(\.json)),
    ]
  }
}

extension ModelGraph.Argument {
  fileprivate var json: JSON {
    switch self {
    case .constant(let numbers): ["constant": .exact(numbers)]
    case .moment(let moment):
      [
        "moment": .array(
          moment.parts.map {
            [
              "kind": .string($0.kind.rawValue), "variable": .integer($0.variable),
              "isReciprocal": .bool($0.isReciprocal), "isAverage": .bool($0.isAverage),
            ]
          }), "factor": .exact(moment.factor), "isOfIntercept": .bool(moment.isOfIntercept),
      ]
    case .dimension(let factor): ["dimension": .exact(factor)]
    case .variable(let use): use.json
    case .table(let numbers, let gates, let isMatrix):
      ["table": .exact(numbers), "gates": .array(gates.map(\.json)), "isMatrix": .bool(isMatrix)]
    }
  }
}

extension ModelGraph.Dimension {
  fileprivate var json: JSON {
    switch self {
    case .inherited: nil
    case .number(let count): ["number": .integer(count)]
    case .levels(let variable): ["levels": .integer(variable)]
    }
  }
}

extension Term {
  fileprivate var json: JSON {
    let indices = { (list: [Index]) in JSON.strings(list.map(\.rawValue)) }
    return [
      "coefficient": .exact(coefficient),
      "factors": .array(
        factors.map {
          [
            "argument": $0.argument.map { .string($0) } ?? nil,
            "statistic": [
              "key": .string($0.statistic.key), "text": .string($0.statistic.text),
              "latex": .string($0.statistic.latex),
            ],
            "indices": indices($0.indices),
          ]
        }),
      "over": indices(over), "rows": .string(rows.rawValue),
    ]
  }
}
