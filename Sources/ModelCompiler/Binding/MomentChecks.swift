import ExponentialFamilies
import ModelLanguage

/// Refuses data that a prior cannot depend on: one row, constant columns, columns that are combinations of others.
func checkMoment(
  _ kind: DataMoment.Kind, of name: String, _ known: DataFacts.Observed, isReciprocal: Bool, rows: Int
) throws(ModelError) {
  switch kind {
  case .levels: return
  case .mean, .reciprocalMean:
    if kind == .mean && !isReciprocal { return }
    if let zero = zip(known.columns, known.mean).first(where: { $0.1 == 0 }) {
      throw ModelError(
        "the mean of column \"\(zero.0)\" is 0: a prior that depends on the \(DataMoment.Kind.reciprocalMean.phrase) of \"\(name)\" is not defined. "
          + "Leave the column out.")
    }
  case .variance, .precision, .covariance:
    if rows < 2 {
      throw ModelError(
        "a prior depends on the \(kind.phrase) of \"\(name)\", but there is only one row. "
          + "Use at least two rows, or a model whose priors are numbers.")
    }
    if let column = zip(known.columns, known.variance).first(where: { $0.1.isNaN }) {
      throw ModelError(
        "a prior depends on the \(kind.phrase) of \"\(name)\", but column \"\(column.0)\" has too few rows: missing cells and rows "
          + "of weight 0 do not count, and weights must sum to more than 1. Leave it out, or use a model whose priors are numbers."
      )
    }
    try checkConstant(kind, of: name, known)
    if kind == .covariance { try checkRank(of: name, known, rows: rows) }
  case .stepVariance:
    if let column = zip(known.columns, known.stepVariance).first(where: { $0.1.isNaN }) {
      throw ModelError(
        "a prior depends on the \(kind.phrase) of \"\(name)\", but column \"\(column.0)\" has no two values in rows that follow one "
          + "another. Use longer sequences, or a model whose priors are numbers.")
    }
    try checkConstant(kind, of: name, known)
  }
}

/// Refuses data of which no covariance matrix was made, since they have no more rows than columns, before there is anything as
/// large as one.
func checkRowCounts(_ graph: ModelGraph, _ facts: DataFacts) throws(ModelError) {
  for argument in graph.factors.flatMap(\.arguments) {
    guard case .moment(let moment) = argument.value else { continue }
    for part in moment.parts where part.kind == .covariance {
      guard let place = graph.observed.firstIndex(of: part.variable) else { continue }
      let known = facts.observed[place]
      if known.columns.isEmpty || !known.covariance.isEmpty { continue }
      try checkMoment(
        .covariance, of: graph.variables[part.variable].name, known, isReciprocal: part.isReciprocal,
        rows: facts.rowCount)
    }
  }
}

/// Reciprocals of larger variances, and products with them, are finite.
private let leastVariance = 1e-300

private func checkConstant(_ kind: DataMoment.Kind, of name: String, _ known: DataFacts.Observed) throws(ModelError) {
  for (column, (variance, mean)) in zip(known.columns, zip(known.variance, known.mean)) where variance < leastVariance {
    // A variance of 0 is that of a constant, unless squares of so small values are rounded to 0.
    if variance == 0 && (mean == 0 || mean * mean > leastVariance) { continue }
    throw ModelError(
      "column \"\(column)\" has a variance below \(numberText(leastVariance)), too small for double precision. "
        + "Choose a smaller unit for the column.")
  }
  let constant = zip(known.columns, zip(known.variance, known.mean)).filter { !($0.1.0 > 0) }
  guard let first = constant.first else { return }
  let others = constant.dropFirst().map { "\"\($0.0)\"" }
  let more = others.count > 5 ? " and \(others.count - 5) more" : ""
  let verb = others.count == 1 ? "is" : "are"
  let list = others.isEmpty ? "" : ", and so \(verb) \(others.prefix(5).joined(separator: ", "))\(more)"
  throw ModelError(
    "column \"\(first.0)\" is constant (every value is \(numberText(first.1.1)))\(list)"
      + ": a prior that depends on the \(kind.phrase) of \"\(name)\" is not defined, and a constant says nothing about the rows. "
      + "Leave \(others.isEmpty ? "it" : "them") out.")
}

/// The part of a column's variance that other columns must leave unexplained.
///
/// A sum of columns near 1e9 with deviations near 1 is rounded by about 1e-7, which leaves 1e-14 of its variance.
private let leastUnexplained = 1e-12

private func checkRank(of name: String, _ known: DataFacts.Observed, rows: Int) throws(ModelError) {
  let columns = known.columns.map { "\"\($0)\"" }
  // Rows and columns decide already, and where they do nobody has made the matrix.
  if let complete = known.completeRows, complete <= columns.count, complete < rows {
    let (what, advice) =
      known.missing.isEmpty
      ? ("a weight", "Use more rows than columns") : ("no missing cell", "Leave out columns with many missing cells")
    throw ModelError(
      "the covariance matrix of \"\(name)\" is singular: only \(complete) of the \(rows) rows have \(what), for "
        + "\(columns.count) columns. \(advice), or choose a model with diagonal covariances.")
  }
  if rows <= columns.count {
    throw ModelError(
      "the covariance matrix of \"\(name)\" is singular: there are \(rows) rows and \(columns.count) columns. "
        + "Use more rows than columns, or choose a model with diagonal covariances.")
  }
  let covariance = SymmetricMatrix(order: known.columns.count, packed: known.covariance)
  guard let column = firstCombination(covariance) else { return }
  let before = columns[..<column]
  throw ModelError(
    "the covariance matrix of \"\(name)\" is singular: column \(columns[column]) is a linear combination of "
      + "\(before.prefix(8).joined(separator: ", "))\(before.count > 8 ? " and \(before.count - 8) more" : ""). "
      + "Leave it out, or choose a model with diagonal covariances.")
}

/// The first column that is a linear combination of those before it, up to rounding.
private func firstCombination(_ covariance: SymmetricMatrix) -> Int? {
  func factor(_ order: Int) -> Cholesky? {
    SymmetricMatrix(order: order, packed: Array(covariance.packed[..<(order * (order + 1) / 2)])).cholesky()
  }
  // The largest leading block that has a factor, by bisection.
  var (most, fewest) = (0, covariance.order + 1)
  while fewest - most > 1 {
    let middle = (most + fewest) / 2
    if factor(middle) != nil { most = middle } else { fewest = middle }
  }
  // The square of a pivot is the variance that the columns before leave unexplained.
  if let factor = factor(most) {
    for i in 0..<most {
      let pivot = factor.packed[i * (i + 1) / 2 + i]
      if !(pivot * pivot > leastUnexplained * covariance[i, i]) { return i }
    }
  }
  return most < covariance.order ? most : nil
}
