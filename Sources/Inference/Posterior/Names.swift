import ExponentialFamilies
import ModelLanguage

// What people call the numbers of a fit.
extension Fit {
  /// What the elements of a variable are called: the columns of the observed variable that depends on it.
  public func elementNames(of variable: Int, count: Int) -> [String] {
    let graph = model.graph
    // Coefficients are named after the inputs that they are multiplied with.
    for factor in graph.factors {
      for argument in factor.arguments where argument.name.contains("coefficients") {
        let inputs = argument.name.split(separator: "coefficients", omittingEmptySubsequences: false)
          .joined(separator: "inputs")
        guard case .variable(let use) = argument.value, use.variable == variable,
          case .variable(let given)? = factor.arguments.first(where: { $0.name == inputs })?.value,
          let place = graph.observed.firstIndex(of: given.variable)
        else { continue }
        let columns = model.facts.observed[place].columns
        if columns.count == count { return columns }
      }
    }
    for (observed, facts) in zip(graph.observed, model.facts.observed) {
      let depends = graph.factor(of: observed).arguments.contains {
        if case .variable(let use) = $0.value { use.variable == variable } else { false }
      }
      guard depends else { continue }
      if facts.columns.count == count { return facts.columns }
      let levels = zip(facts.columns, facts.levels).flatMap { column, levels in levels.map { "\(column)=\($0)" } }
      if levels.count == count { return levels }
    }
    if count == 0 { return [] }
    return count == 1 ? [""] : (1...max(count, 1)).map(String.init)
  }

  /// What the members of a variable are called: the levels of a label, or numbers.
  public func memberNames(of variable: Int, count: Int) -> (title: String, names: [String]) {
    let graph = model.graph
    let plates = graph.variables[variable].plates.map { graph.plates[$0] }
    if plates.count == 1 {
      switch plates[0].extent {
      case .levels(let label):
        let facts = graph.observed.firstIndex(of: label).map { model.facts.observed[$0] }
        if let levels = facts?.levels.first, levels.count == count { return (graph.variables[label].name, levels) }
      case .elements(let vector):
        let facts = graph.observed.firstIndex(of: vector).map { model.facts.observed[$0] }
        if let columns = facts?.columns, columns.count == count { return ("column", columns) }
      case .splits(let label):
        let facts = graph.observed.firstIndex(of: label).map { model.facts.observed[$0] }
        if let levels = facts?.levels.first, levels.count == count + 1 {
          return ("\(graph.variables[label].name), or later", Array(levels[..<count]))
        }
      case .fixed, .rows: break
      }
    }
    return ("component", (0..<count).map { "\($0 + 1)" })
  }

  /// A prior–data conflict as a sentence that calls member and element by their names.
  public func message(_ conflict: PriorConflict) -> String {
    guard let variable = model.graph.variable(named: conflict.variable), let marginal = marginal(conflict.variable)
    else { return conflict.description }
    let members = marginal.naturals.count
    let (title, names) = memberNames(of: variable, count: members)
    let elements = elementNames(of: variable, count: marginal.mean.count)
    return conflict.sentence(
      member: members > 1 ? "\(title) \(names[conflict.member])" : "",
      element: elements.count > 1 && conflict.element < elements.count ? elements[conflict.element] : "")
  }
}
