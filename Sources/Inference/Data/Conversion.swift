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
  func wrong(_ what: String, row: Int? = nil) -> DataError {
    DataError("\(origin): column \"\(column.name)\"\(row.map { ", row \($0 + 1)" } ?? "") \(what)")
  }
  switch (domain, column.kind) {
  case (.label, _), (.binary, .categorical):
    for row in 0..<column.count {
      let x = column.base[row * column.stride]
      if x.isNaN { continue }
      if case .categorical(let levels) = column.kind {
        guard x >= 0 && x < Double(levels.count) && x == x.rounded() else {
          throw wrong("is the label \(text(x)), but the column has the labels 0 to \(levels.count - 1).", row: row)
        }
      } else if !x.isFinite {
        throw wrong("is \(text(x)), but \"\(variable)\" takes labels or finite numbers.", row: row)
      }
    }
    let (labels, levels) = labelled(column)
    if domain == .binary && fitted == nil && levels.count != 2 {
      throw wrong("has \(levels.count) levels, but \"\(variable)\" takes columns of 0 and 1 or with two levels.")
    }
    if levels.count > mostLevels {
      throw wrong("has \(levels.count) different values: too many for a label. Leave it out.")
    }
    guard let fitted else { return (labels, levels) }
    var index = [Double](repeating: -1, count: levels.count)
    let places = Dictionary(fitted.enumerated().map { ($1, $0) }) { first, _ in first }
    for (i, level) in levels.enumerated() {
      guard let known = places[level] else {
        throw wrong(
          "holds \"\(level)\", which the fitted data did not have; it had \(list(fitted)). "
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
      throw wrong("holds \"\(text.text)\" in line \(text.line), but \"\(variable)\" takes numbers.")
    }
    throw wrong("is text, but \"\(variable)\" takes numbers.")
  case (_, .numeric):
    let shape = FamilyShape(dimension: 1)
    for row in 0..<column.count {
      let x = column.base[row * column.stride]
      if x.isNaN { continue }
      guard x.isFinite else { throw wrong("is \(x), but \"\(variable)\" takes finite numbers.", row: row) }
      guard abs(x) < largestValue else {
        throw wrong(
          "is \(text(x)), but \"\(variable)\" takes numbers below \(largestValue), whose squares can be added up. "
            + "Choose a larger unit for the column.", row: row)
      }
      if domain != .real && !isCheckedWhole(domain),
        let expected = family.type.expectation(violatedBy: [x], shape)
      {
        throw wrong("is \(text(x)), but \"\(variable)\" is \(family): \(expected) was expected.", row: row)
      }
    }
    return (column, [])
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
