import ExponentialFamilies
import ModelLanguage
import PlanIR

/// Squares of smaller numbers, and sums of them over as many rows as there may be, are finite.
private let largestValue = 1e140

/// Labels with more levels are names of rows, not groups of them.
private let mostLevels = 5_000_000

/// A column as the numbers that a family takes; missing cells stay NaN.
func convert(
  _ column: Column, family: Family, variable: String, fitted: [String]?, origin: String
) throws(DataError) -> (Column, [String]) {
  let domain = family.type.domain
  func wrong(_ what: String, row: Int? = nil, remedy: Remedy? = nil) -> DataError {
    DataError(
      "\(origin): column \"\(shown(column.name))\"\(row.map { ", row \($0 + 1)" } ?? "") \(what)", remedy: remedy)
  }
  switch (domain, column.kind) {
  case (.label, _), (.binary, .categorical):
    try checkLabels(column, variable) { (what, row) in wrong(what, row: row) }
    let (labels, levels) = labelled(column)
    if domain == .binary && fitted == nil && levels.count != 2 {
      throw wrong("has \(levels.count) levels, but \"\(variable)\" takes columns of 0 and 1 or with two levels.")
    }
    if levels.count > mostLevels {
      throw wrong("has \(levels.count) different values: too many for a label. Leave it out.")
    }
    guard let fitted else { return (labels, levels) }
    if levels == fitted { return (labels, fitted) }
    var index = [Double](repeating: -1, count: levels.count)
    let places = Dictionary(fitted.enumerated().map { ($1, $0) }) { first, _ in first }
    for (i, level) in levels.enumerated() {
      guard let known = places[level] else {
        throw wrong(
          "holds \"\(shown(level))\", which the fitted data did not have; it had \(list(fitted)). "
            + "Leave such rows out, or fit again with them.")
      }
      index[i] = Double(known)
    }
    return (
      Column(name: column.name, values: (0..<labels.count).map { labels[$0].isNaN ? .nan : index[Int(labels[$0])] }),
      fitted
    )
  case (_, .categorical):
    if let text = column.findings.firstText {
      throw wrong(
        "holds \"\(shown(text.text))\" in \(column.findings.placeOfText), but \"\(variable)\" takes numbers.",
        remedy: MissingValue.isLikely(text.text) ? .missing(shown(text.text)) : nil)
    }
    throw wrong("is text, but \"\(variable)\" takes numbers.")
  case (_, .numeric):
    let reach = column.summary
    if reach.least <= -largestValue || reach.greatest >= largestValue {
      for row in 0..<column.count {
        let x = column.base[row * column.stride]
        if x.isInfinite { throw wrong("is \(x), but \"\(variable)\" takes finite numbers.", row: row) }
        if abs(x) >= largestValue {
          throw wrong(
            "is \(text(x)), but \"\(variable)\" takes numbers below \(largestValue), whose squares can be added up. "
              + "Choose a larger unit for the column.", row: row)
        }
      }
    }
    if domain != .real && !isCheckedWhole(domain) {
      let shape = FamilyShape(dimension: 1)
      var found: (row: Int, expected: String)?
      var cell = [0.0]
      column.forEachPart { rows in
        for row in rows where found == nil {
          cell[0] = column.base[row * column.stride]
          if cell[0].isNaN { continue }
          if let expected = family.type.expectation(violatedBy: cell, shape) { found = (row, expected) }
        }
      }
      if let (row, expected) = found {
        throw wrong(
          "is \(text(column[row])), but \"\(variable)\" is \(family): \(expected) was expected.", row: row)
      }
    }
    return (column, [])
  }
}

/// Labels are indices of levels, or finite numbers.
private func checkLabels(
  _ column: Column, _ variable: String, _ wrong: (String, Int) -> DataError
) throws(DataError) {
  let summary = column.summary
  if case .categorical(let levels) = column.kind {
    if summary.isWhole && summary.isWithin(0, Double(levels.count) - 1) { return }
    for row in 0..<column.count {
      let x = column.base[row * column.stride]
      if x.isNaN || x >= 0 && x < Double(levels.count) && x == x.rounded() { continue }
      throw wrong("is the label \(text(x)), but the column has the labels 0 to \(levels.count - 1).", row)
    }
  } else if summary.least == -.infinity || summary.greatest == .infinity {
    for row in 0..<column.count where column.base[row * column.stride].isInfinite {
      throw wrong("is \(column.base[row * column.stride]), but \"\(variable)\" takes labels or finite numbers.", row)
    }
  }
}

/// A column as labels with their levels: those it has, or its distinct numbers in ascending order.
private func labelled(_ column: Column) -> (Column, [String]) {
  if case .categorical(let levels) = column.kind { return (column, levels) }
  var distinct: Set<Double> = []
  for row in 0..<column.count {
    let x = column.base[row * column.stride]
    if !x.isNaN { distinct.insert(x) }
  }
  let sorted = distinct.sorted()
  var index: [Double: Double] = [:]
  for (i, x) in sorted.enumerated() { index[x] = Double(i) }
  let labels = (0..<column.count).map { index[column.base[$0 * column.stride]] ?? .nan }
  let names = sorted.map(text)
  return (Column(name: column.name, values: labels), names)
}
