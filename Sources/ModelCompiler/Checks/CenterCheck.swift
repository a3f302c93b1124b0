import ExponentialFamilies
import ModelLanguage

/// Of data less their means only sums and products are used: a logarithm, a number of trials or a label has an origin.
func checkCentered(_ factor: ModelGraph.Factor, in graph: ModelGraph) throws(ModelError) {
  let child = graph.variables[factor.child]
  if child.isCentered && child.family.type.domain != .real {
    throw ModelError(
      "\"\(child.name)\" is declared as less its mean, but \(child.family) is no distribution over all real numbers. Leave "
        + "'centered: true' out.", at: child.location)
  }
  for written in factor.terms.flatMap(\.factors) {
    guard let name = written.argument,
      case .variable(let use)? = factor.arguments.first(where: { $0.name == name })?.value,
      graph.variables[use.variable].isCentered, ![.value, .square, .outerProduct].contains(written.statistic)
    else { continue }
    throw ModelError(
      "\"\(child.name)\" depends on \(rendered(written.statistic, graph.variables[use.variable].name)), but \"\(graph.variables[use.variable].name)\" is "
        + "declared as less its mean. Leave 'centered: true' out.", at: child.location)
  }
}
