import Inference
import ModelCompiler
import ModelLanguage

extension DataFacts {
  /// The facts as JSON, which ``init(json:)`` reads back, doubles to the last bit.
  ///
  /// Numbers without a JSON form, such as the variance of a single row, are written as ``JSON/exact(_:)`` says.
  public var json: JSON {
    [
      "rowCount": .integer(rowCount), "isWeighted": .bool(isWeighted),
      "observed": .array(
        observed.map {
          [
            "columns": .strings($0.columns), "levels": .array($0.levels.map { .strings($0) }),
            "mean": .exact($0.mean), "variance": .exact($0.variance), "covariance": .exact($0.covariance),
            "logBaseMeasure": .exact($0.logBaseMeasure), "missing": .integers($0.missing),
            "completeRows": $0.completeRows.map { .integer($0) } ?? nil, "stepVariance": .exact($0.stepVariance),
          ]
        }),
    ]
  }

  /// Reads facts from JSON as ``json`` writes them.
  ///
  /// - Throws: ``DataError`` with what is missing or wrong and where; also where lists do not agree in length.
  public init(json: JSON) throws(DataError) { try self.init(JSONField(json, path: "facts")) }

  init(_ field: JSONField) throws(DataError) {
    try self.init(
      rowCount: field.member("rowCount").integer(atLeast: 0),
      observed: field.member("observed").list { (field) throws(DataError) in try Observed(field) })
    isWeighted = try field.member("isWeighted").flag()
  }
}

extension DataFacts.Observed {
  fileprivate init(_ field: JSONField) throws(DataError) {
    try self.init(
      columns: field.member("columns").texts(),
      levels: field.member("levels").list { (field) throws(DataError) in try field.texts() },
      mean: field.member("mean").numbers(), variance: field.member("variance").numbers(),
      covariance: field.member("covariance").numbers(), logBaseMeasure: field.member("logBaseMeasure").number(),
      missing: field.member("missing").list { (field) throws(DataError) in try field.integer(atLeast: 0) })
    if let complete = try field.optionalMember("completeRows"), complete.value != .null {
      completeRows = try complete.integer(atLeast: 0)
    }
    if let steps = try field.optionalMember("stepVariance") { stepVariance = try steps.numbers() }
    if !missing.isEmpty && missing.count != columns.count {
      throw try field.member("missing").error(
        "has \(counted(missing.count, "element")) for \(counted(columns.count, "column")).")
    }
    let count = columns.count
    for (name, length) in [("levels", levels.count), ("mean", mean.count), ("variance", variance.count)]
    where length != count {
      throw try field.member(name).error("has \(counted(length, "element")) for \(counted(count, "column")).")
    }
    guard covariance.isEmpty || covariance.count == count * (count + 1) / 2 else {
      throw try field.member("covariance").error(
        "has \(counted(covariance.count, "element")), but the lower triangle for \(counted(count, "column")) has "
          + "\(count * (count + 1) / 2).")
    }
  }
}
