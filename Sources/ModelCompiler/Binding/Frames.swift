import ModelLanguage

/// Finds what to subtract from each location variable, so that statistics keep their digits far from the origin.
///
/// Variables that move together when the data are moved by a constant form a frame; all of a frame is kept about one
/// centre, the mean of its data. A frame stays where it is if one of its variables is also used in a way that does not
/// move along.
func findCenters(_ graph: ModelGraph, _ facts: DataFacts, dimensions: [Int]) -> [Int: [Double]] {
  var parent = Array(graph.variables.indices)
  func root(_ i: Int) -> Int { parent[i] == i ? i : root(parent[i]) }
  var fixed: Set<Int> = []
  for factor in graph.factors {
    var moves = graph.variables[factor.child].family.type
      .parameters(.init(dimension: dimensions[factor.child])).contains { p in
        p.isLocation && factor.arguments.contains { $0.name == p.name }
      }
    for argument in factor.arguments {
      for gate in argument.value.variables.dropFirst() { fixed.insert(gate) }
      guard case .variable(let use) = argument.value else { continue }
      let other = use.variable
      if argument.isLocation && dimensions[other] == dimensions[factor.child] {
        parent[root(other)] = root(factor.child)
        moves = true
      } else {
        fixed.insert(other)
        if argument.isLocation { fixed.insert(factor.child) }
      }
    }
    if !moves { fixed.insert(factor.child) }
  }
  let fixedRoots = Set(fixed.map(root))
  var centers: [Int: [Double]] = [:]
  for (variable, known) in zip(graph.observed, facts.observed)
  where graph.variables[variable].role == .observed && !fixedRoots.contains(root(variable)) {
    let home = root(variable)
    for member in graph.variables.indices where root(member) == home && centers[member] == nil {
      centers[member] = known.mean
    }
  }
  return centers
}
