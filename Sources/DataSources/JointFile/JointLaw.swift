import Inference
import JointDistributions

/// Reads the law of a column from its members.
struct JointLaw {
  let tables: JointTables

  /// A law by name: the members that it needs, those that it may have, and how it is made of them.
  private struct Form: Sendable {
    let required: [String]
    var optional: [String] = []
    let make: @Sendable (JointLaw, JSONField) throws(DataError) -> any MarginLaw
  }

  private static func number(_ field: JSONField, _ name: String, or value: Double) throws(DataError) -> Double {
    try field.optionalMember(name)?.number() ?? value
  }

  private static let forms: KeyValuePairs<String, Form> = [
    "normal": Form(required: [], optional: ["mean", "deviation"]) { (_, f) throws(DataError) in
      NormalLaw.normal(mean: try number(f, "mean", or: 0), deviation: try number(f, "deviation", or: 1))
    },
    "logNormal": Form(required: [], optional: ["mean", "deviation"]) { (_, f) throws(DataError) in
      LogNormalLaw.logNormal(mean: try number(f, "mean", or: 0), deviation: try number(f, "deviation", or: 1))
    },
    "uniform": Form(required: [], optional: ["low", "high"]) { (_, f) throws(DataError) in
      UniformLaw.uniform(try number(f, "low", or: 0), try number(f, "high", or: 1))
    },
    "exponential": Form(required: [], optional: ["rate"]) { (_, f) throws(DataError) in
      GammaLaw.exponential(rate: try number(f, "rate", or: 1))
    },
    "gamma": Form(required: ["shape"], optional: ["rate"]) { (_, f) throws(DataError) in
      GammaLaw.gamma(shape: try f.member("shape").number(), rate: try number(f, "rate", or: 1))
    },
    "chiSquared": Form(required: ["degreesOfFreedom"]) { (_, f) throws(DataError) in
      GammaLaw.chiSquared(degreesOfFreedom: try f.member("degreesOfFreedom").number())
    },
    "beta": Form(required: ["a", "b"]) { (_, f) throws(DataError) in
      BetaLaw.beta(try f.member("a").number(), try f.member("b").number())
    },
    "student": Form(required: ["degreesOfFreedom"]) { (_, f) throws(DataError) in
      StudentLaw.student(degreesOfFreedom: try f.member("degreesOfFreedom").number())
    },
    "weibull": Form(required: ["shape"], optional: ["scale"]) { (_, f) throws(DataError) in
      WeibullLaw.weibull(shape: try f.member("shape").number(), scale: try number(f, "scale", or: 1))
    },
    "pareto": Form(required: ["index"], optional: ["least"]) { (_, f) throws(DataError) in
      ParetoLaw.pareto(index: try f.member("index").number(), least: try number(f, "least", or: 1))
    },
    "bernoulli": Form(required: ["probability"]) { (_, f) throws(DataError) in
      BinomialLaw.bernoulli(try f.member("probability").number())
    },
    "binomial": Form(required: ["trials", "probability"]) { (_, f) throws(DataError) in
      BinomialLaw.binomial(
        trials: try f.member("trials").integer(atLeast: 1), probability: try f.member("probability").number())
    },
    "poisson": Form(required: ["mean"]) { (_, f) throws(DataError) in
      PoissonLaw.poisson(mean: try f.member("mean").number())
    },
    "negativeBinomial": Form(required: ["successes", "probability"]) { (_, f) throws(DataError) in
      NegativeBinomialLaw.negativeBinomial(
        successes: try f.member("successes").number(), probability: try f.member("probability").number())
    },
    "categorical": Form(required: ["levels"], optional: ["ordered"]) { (_, f) throws(DataError) in
      let levels = try f.member("levels")
      guard case .object(let members) = levels.value else {
        throw levels.error(
          "an object of levels and their probabilities was expected, such as {\"no\": 0.6, \"yes\": 0.4}.")
      }
      var pairs: [(String, Double)] = []
      for member in members {
        pairs.append((member.key, try JSONField(member.value, path: "\(levels.path).\(member.key)").number()))
      }
      return TableLaw.categorical(pairs, ordered: try f.optionalMember("ordered")?.flag() ?? false)
    },
    "empirical": Form(required: ["file", "column"], optional: ["ordered"]) { (reader, f) throws(DataError) in
      try reader.empirical(f)
    },
    "zeroInflated": Form(required: ["zero", "of"]) { (reader, f) throws(DataError) in
      ZeroInflatedLaw.zeroInflated(try reader.read(f.member("of")), zero: try f.member("zero").number())
    },
    "truncated": Form(required: ["of"], optional: ["from", "to"]) { (reader, f) throws(DataError) in
      let (low, high) = (try number(f, "from", or: -.infinity), try number(f, "to", or: .infinity))
      guard low <= high else { throw f.error("\"from\" \(numberText(low)) is above \"to\" \(numberText(high)).") }
      return TruncatedLaw.truncated(try reader.read(f.member("of")), to: low...high)
    },
    "rounded": Form(required: ["decimals", "of"]) { (reader, f) throws(DataError) in
      RoundedLaw.rounded(try reader.read(f.member("of")), decimals: try f.member("decimals").integer(atLeast: -15))
    },
  ]

  /// Reads a law.
  ///
  /// - Parameter also: Members that are not the law's.
  func read(_ field: JSONField, also others: [String] = []) throws(DataError) -> any MarginLaw {
    let name = try field.member("law")
    guard let form = Self.forms.first(where: { $0.key == (try? name.text()) })?.value else {
      throw name.error(
        "\(shown(name.value.description)) is no law; these are: \(Self.forms.map { "\"\($0.key)\"" }.joined(separator: ", "))."
      )
    }
    try field.expectMembers(others + ["law"] + form.required + form.optional)
    let law = try form.make(self, field)
    if let problem = law.problem { throw field.error(problem) }
    return law
  }

  /// The values of a column of a table, or its levels with their frequencies.
  private func empirical(_ field: JSONField) throws(DataError) -> any MarginLaw {
    let name = try field.member("column").text()
    let isOrdered = try field.optionalMember("ordered")?.flag() ?? false
    let table = try tables.read(try field.member("file").text(), options: CSVOptions(columns: [name]))
    guard let column = table[name] else { throw field.error("\(table.origin) has no column \"\(shown(name))\".") }
    let values = (0..<column.count).map { column[$0] }.filter { !$0.isNaN }
    guard !values.isEmpty else { throw field.error("column \"\(shown(name))\" of \(table.origin) has no values.") }
    guard case .categorical(let levels) = column.kind else { return TableLaw.empirical(values) }
    var counts = [Double](repeating: 0, count: levels.count)
    for value in values { counts[Int(value)] += 1 }
    if counts.count == values.count, values.count > 20 {
      throw field.error(
        "each value of column \"\(shown(name))\" occurs once: it is a key, not a distribution. Leave it out.")
    }
    return TableLaw.categorical(zip(levels, counts).map { ($0, $1 / Double(values.count)) }, ordered: isOrdered)
  }
}
