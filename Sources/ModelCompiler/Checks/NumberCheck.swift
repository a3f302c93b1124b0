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
  if let trials = factor.trials {
    guard case .variable(let use) = trials, case .given = graph.variables[use.variable].role,
      graph.variables[use.variable].family.type.domain != .label
    else {
      throw ModelError(
        "the trials of \"\(child.name)\" are no Covariates: each row's number of trials is data. Declare 'let trials = Covariates()', "
          + "or give one whole number for all rows.", at: child.location)
    }
    if case .given(intercept: true) = graph.variables[use.variable].role {
      throw ModelError(
        "the trials of \"\(child.name)\" are \"\(graph.variables[use.variable].name)\", which has an intercept. Declare it without.",
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

extension ModelGraph.Factor {
  /// What stands for the number of trials of each row; nil for a distribution without one.
  public var trials: ModelGraph.Argument? {
    for written in terms.flatMap(\.factors) where written.statistic == .arrangements {
      return arguments.first { $0.name == written.argument }?.value
    }
    return nil
  }
}
