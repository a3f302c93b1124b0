import ExponentialFamilies
import ModelLanguage

/// What rows must be beyond what each of their cells must be: unit vectors, counts within their trials, positive exposures.
func checkRows(_ graph: ModelGraph, _ columns: [[Column]], origin: String) throws(DataError) {
  for factor in graph.factors {
    guard let place = graph.observed.firstIndex(of: factor.child) else { continue }
    let (child, found) = (graph.variables[factor.child], columns[place])
    try checkVectors(child, found, origin)
    if case .variable(let use)? = factor.trials, let trials = graph.observed.firstIndex(of: use.variable) {
      try checkTrials(columns[trials], graph.variables[use.variable], child, found, origin)
    }
    for term in factor.terms {
      for written in term.factors where written.argument == nil {
        if let argument = written.statistic.logGammaArgument, argument.sign < 0 {
          try checkTrials(Int(argument.number.rounded()) - 1, child, found, origin)
        } else if written.statistic == .trials {
          try checkTotals(term.coefficient, child, found, origin)
        }
      }
      for written in term.factors where written.statistic == .logarithm {
        guard let argument = factor.arguments.first(where: { $0.name == written.argument }),
          case .variable(let use) = argument.value, case .given = graph.variables[use.variable].role,
          let place = graph.observed.firstIndex(of: use.variable)
        else { continue }
        try checkPositive(graph.variables[use.variable], columns[place], argument.name, of: child, origin)
      }
    }
  }
}

/// Vectors of which the elements say nothing by themselves.
private func checkVectors(_ variable: ModelGraph.Variable, _ columns: [Column], _ origin: String) throws(DataError) {
  let type = variable.family.type
  guard isCheckedWhole(type.domain) else { return }
  let shape = FamilyShape(dimension: columns.count)
  var value = [Double](repeating: 0, count: columns.count)
  try eachRow(of: columns) { (row) throws(DataError) in
    for (i, column) in columns.enumerated() { value[i] = column.base[row * column.stride] }
    if value.contains(where: \.isNaN) { return }
    if let expected = type.expectation(violatedBy: value, shape) {
      let length = value.reduce(0) { $0 + $1 * $1 }.squareRoot()
      throw DataError(
        "\(origin): row \(row + 1) of the columns \(list(columns.map(\.name))) has length \(text(length)), but \"\(variable.name)\" is "
          + "\(variable.family): \(expected) was expected. Divide each row by its length.")
    }
  }
}

/// Goes through all rows; the memory of mapped ones is given back on the way.
private func eachRow(of columns: [Column], _ check: (Int) throws(DataError) -> Void) throws(DataError) {
  try columns.forEachPart { (rows) throws(DataError) in for row in rows { try check(row) } }
}

/// Whether only whole rows of a domain can be checked.
func isCheckedWhole(_ domain: ValueDomain) -> Bool { domain == .unitVector }

private func checkTrials(
  _ trials: Int, _ variable: ModelGraph.Variable, _ columns: [Column], _ origin: String
) throws(DataError) {
  for column in columns where column.summary.greatest > Double(trials) {
    for row in 0..<column.count where column.base[row * column.stride] > Double(trials) {
      throw DataError(
        "\(origin): column \"\(shown(column.name))\", row \(row + 1) is \(text(column.base[row * column.stride])), but \"\(variable.name)\" counts "
          + "at most \(trials) trials.")
    }
  }
}

/// Numbers of trials are whole, and no count is above its own.
private func checkTrials(
  _ trials: [Column], _ variable: ModelGraph.Variable, _ child: ModelGraph.Variable, _ columns: [Column],
  _ origin: String
) throws(DataError) {
  for column in trials {
    try eachRow(of: [column]) { (row) throws(DataError) in
      let n = column[row]
      if n >= 0 && n == n.rounded() || n.isNaN { return }
      throw DataError(
        "\(origin): column \"\(shown(column.name))\", row \(row + 1) is \(text(n)), but \"\(variable.name)\", the trials of "
          + "\"\(child.name)\", must be whole numbers from 0 on.")
    }
  }
  for (j, column) in columns.enumerated() {
    guard trials.count == 1 || trials.count == columns.count else { return }
    let own = trials[trials.count == 1 ? 0 : j]
    try eachRow(of: [column, own]) { (row) throws(DataError) in
      if !(column[row] > own[row]) { return }
      throw DataError(
        "\(origin): column \"\(shown(column.name))\", row \(row + 1) is \(text(column[row])), but \"\(child.name)\" counts at most the "
          + "\(text(own[row])) trials of column \"\(shown(own.name))\".")
    }
  }
}

private func checkTotals(
  _ trials: Double, _ variable: ModelGraph.Variable, _ columns: [Column], _ origin: String
) throws(DataError) {
  try eachRow(of: columns) { (row) throws(DataError) in
    let total = columns.reduce(0) { $0 + $1.base[row * $1.stride] }
    if !total.isNaN && total != trials {
      throw DataError(
        "\(origin): row \(row + 1) of the columns \(list(columns.map(\.name))) sums to \(text(total)), but \"\(variable.name)\" has "
          + "\(text(trials)) trials.")
    }
  }
}

private func checkPositive(
  _ variable: ModelGraph.Variable, _ columns: [Column], _ use: String, of child: ModelGraph.Variable, _ origin: String
) throws(DataError) {
  for column in columns where column.summary.least <= 0 {
    for row in 0..<column.count where column.base[row * column.stride] <= 0 {
      throw DataError(
        "\(origin): column \"\(shown(column.name))\", row \(row + 1) is \(text(column.base[row * column.stride])), but \"\(variable.name)\", the "
          + "\(use) of \"\(child.name)\", must be above 0.")
    }
  }
}
