import ExponentialFamilies
import ModelLanguage

/// Conjugacy is set inclusion: the statistics that a term mentions are among those that the variable's family offers.
func checkConjugacy(_ term: LogJoint.JointTerm, in graph: ModelGraph) throws(ModelError) {
  for factor in term.factors {
    guard let index = factor.operand.variable else { continue }
    let variable = graph.variables[index]
    if isOfData(factor.statistic, variable) { continue }
    let offered = variable.family.type.statistics(FamilyShape(dimension: 3)).map(\.name)
    if offered.contains(factor.statistic) { continue }
    let source = graph.factors[term.source]
    let child = graph.variables[source.child]
    func list(_ names: some Sequence<StatisticName>) -> String {
      names.map { rendered($0, variable.name) }.sorted().joined(separator: ", ")
    }
    if index == source.child {
      throw ModelError(
        "the distribution of \"\(child.name)\" mentions the statistic \(rendered(factor.statistic, child.name)) of "
          + "\"\(child.name)\" itself, but \(child.family) has only \(list(offered)). Write its terms in these.",
        at: child.location)
    }
    // All that this child needs of the variable, so that a suggestion holds for the whole density.
    let needed = Set(
      graph.factors[term.source].terms.flatMap(\.factors).filter { written in
        if let name = written.argument,
          case .variable(let use)? = source.arguments.first(where: { $0.name == name })?.value, use.variable == index
        {
          return true
        }
        return false
      }.map(\.statistic))
    let candidates = FamilyCatalog.families(over: variable.family.type.domain, offering: needed)
    throw ModelError(
      "\"\(variable.name)\" is not conjugate to \"\(child.name)\": the term \(describe(term, in: graph)) needs the statistic "
        + "\(rendered(factor.statistic, variable.name)), but \(variable.family) offers only \(list(offered)). "
        + (candidates.isEmpty
          ? "No family of the library offers \(list(needed)): use a known value in its place."
          : "Families that offer \(list(needed)): \(candidates.joined(separator: ", ")).")
        + repair(variable.family, needed),
      at: variable.location)
  }
}

/// What to write where a family stands for the reciprocal of what it is conjugate to.
private func repair(_ family: Family, _ needed: Set<StatisticName>) -> String {
  if family == Family(Gamma.self) && needed.contains(.reciprocal) {
    return
      " A Gamma is conjugate to a precision, not to a variance: write 'precision:' in place of 'variance:', or give the "
      + "variable an InverseGamma distribution."
  }
  if family == Family(InverseGamma.self) && needed.contains(.value) {
    return
      " An InverseGamma is conjugate to a variance or a scale, not to a precision or a rate: write 'variance:' or 'scale:', or "
      + "give the variable a Gamma distribution."
  }
  return ""
}

/// Numbers of the data have statistics that no family need offer.
private func isOfData(_ statistic: StatisticName, _ variable: ModelGraph.Variable) -> Bool {
  if !variable.isObserved { return false }
  switch variable.role {
  case .given, .lagged, .position: return [.value, .square, .outerProduct, .logarithm, .indicator].contains(statistic)
  case .observed, .latent:
    return [.value, .observed].contains(statistic) || statistic.logGammaArgument != nil
      || statistic.powerExponent != nil
      || ([.split, .reached].contains(statistic) && variable.family.type.domain == .label)
      || (statistic == .logarithm && variable.family.type.domain == .positive)
  }
}
