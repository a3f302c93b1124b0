import ModelLanguage

/// Every variable occurs at most once in a term: only then is the expected term a product of expected statistics.
func checkLinearity(_ term: LogJoint.JointTerm, in graph: ModelGraph) throws(ModelError) {
  let child = graph.variables[graph.factors[term.source].child]
  var seen: Set<LogJoint.Operand> = []
  for operand in term.factors.map(\.operand) {
    guard let variable = operand.variable else { continue }
    let name = graph.variables[variable].name
    if case .previous = operand, variable != graph.factors[term.source].child {
      throw ModelError(
        "\"\(child.name)\" depends on \"\(name)\" in the row before: only a chain's own next value does. "
          + "Use \"\(name)\" of the same row, or observe what is lagged.", at: child.location)
    }
    // Data are known: their products are data again.
    if graph.variables[variable].isObserved || seen.insert(operand).inserted { continue }
    throw ModelError(
      "\"\(name)\" occurs twice in the term \(describe(term, in: graph)) of the distribution of \"\(child.name)\": the "
        + "expectation of a product of two statistics of one variable is not the product of their expectations. "
        + "Use two variables, or one family that joins them.", at: child.location)
  }
}
