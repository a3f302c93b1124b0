import ExponentialFamilies
import ModelLanguage

/// The row before exists only where rows have an order: in a chain, and not for its first row.
func checkChains(_ graph: ModelGraph) throws(ModelError) {
  for factor in graph.factors {
    let child = graph.variables[factor.child]
    let isChain = factor.terms.contains { $0.rows != .all }
    if isChain && !graph.isRowVariable(factor.child) {
      throw ModelError(
        "\"\(child.name)\" is a MarkovChain outside the rows: a chain goes from row to row. Put it inside Chain { … }.",
        at: child.location)
    }
    if isChain && child.isObserved {
      throw ModelError(
        "\"\(child.name)\" is observed and a MarkovChain: only a latent variable is one. Give it a distribution that depends on "
          + "'\(child.name).lag(1)'.", at: child.location)
    }
    if isChain && graph.order == nil {
      throw ModelError(
        "\"\(child.name)\" is a MarkovChain in Plate.rows, whose rows have no order. Write Chain { … } in place of "
          + "Plate.rows { … }.", at: child.location)
    }
    for argument in factor.arguments {
      for case .lagged(let source, _, _) in argument.value.variables.map({ graph.variables[$0].role })
      where graph.order == nil {
        throw ModelError(
          "\"\(child.name)\" depends on rows before, by '\(graph.variables[source].name).lag', but stands in Plate.rows, whose "
            + "rows have no order. Write Chain { … } in place of Plate.rows { … }.", at: child.location)
      }
      guard argument.value.usesPrevious(of: factor.child) else { continue }
      let scopes = factor.terms.filter { $0.factors.contains { $0.argument == argument.name } }.map(\.rows)
      if scopes.contains(.all) {
        throw ModelError(
          "\"\(child.name)\" uses '\(child.name).previous' outside a chain. Give it the distribution MarkovChain(initial: …, "
            + "transition: …) inside Chain { … }.", at: child.location)
      }
      if scopes.contains(.first) {
        throw ModelError(
          "\"\(child.name)\" uses '\(child.name).previous' in the first row of a sequence, before which there is none. Use it in "
            + "the transition of the MarkovChain alone.", at: child.location)
      }
    }
  }
}

extension ModelGraph.Argument {
  /// Whether it takes a variable's value from the row before.
  fileprivate func usesPrevious(of variable: Int) -> Bool {
    func any(_ use: ModelGraph.Use) -> Bool {
      use.isPrevious && use.variable == variable || use.gates.contains(where: any)
    }
    return switch self {
    case .variable(let use): any(use)
    case .table(_, let gates, _): gates.contains(where: any)
    case .constant, .moment, .dimension: false
    }
  }
}
