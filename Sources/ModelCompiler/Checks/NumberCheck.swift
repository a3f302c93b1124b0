import ExponentialFamilies
import ModelLanguage

/// The numbers that a distribution is written with are finite, sizes are positive, and there is at least one trial.
func checkNumbers(_ factor: ModelGraph.Factor, in graph: ModelGraph) throws(ModelError) {
  let child = graph.variables[factor.child]
  for written in factor.terms.flatMap(\.factors) {
    guard let (number, sign) = written.statistic.logGammaArgument else { continue }
    if sign > 0 && !(number > 0 && number.isFinite) {
      throw ModelError(
        "the size of the distribution of \"\(child.name)\" is \(numberText(number)); it must be a finite number above 0.",
        at: child.location)
    }
    if sign < 0 && number < 2 {
      throw ModelError(
        "the distribution of \"\(child.name)\" has \(numberText(number - 1)) trials; there must be at least 1.",
        at: child.location)
    }
  }
  for term in factor.terms {
    if term.factors.contains(where: { $0.statistic == .trials }) && term.coefficient < 1 {
      throw ModelError(
        "the distribution of \"\(child.name)\" has \(numberText(term.coefficient)) trials; there must be at least 1.",
        at: child.location)
    }
    if !term.coefficient.isFinite {
      throw ModelError(
        "the distribution of \"\(child.name)\" has a number that is not finite or outside its domain. "
          + "Check the numbers that it is given.", at: child.location)
    }
  }
}
