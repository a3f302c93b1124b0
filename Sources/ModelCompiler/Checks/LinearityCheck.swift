import ModelLanguage

/// Every variable occurs at most once in a term: only then is the expected term a product of expected statistics.
func checkLinearity(_ term: LogJoint.JointTerm, in graph: ModelGraph) throws(ModelError) {
  var seen: Set<Int> = []
  for variable in term.variables where !seen.insert(variable).inserted {
    let child = graph.variables[graph.factors[term.source].child]
    let name = graph.variables[variable].name
    throw ModelError(
      "\"\(name)\" occurs twice in the term \(describe(term, in: graph)) of the distribution of \"\(child.name)\": the "
        + "expectation of a product of two statistics of one variable is not the product of their expectations. "
        + "Use two variables, or one family that joins them.", at: child.location)
  }
}
