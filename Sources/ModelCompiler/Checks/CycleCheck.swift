import ModelLanguage

/// No definition goes round in a circle: a density is a product of conditional densities only along an acyclic graph.
func checkCycles(_ graph: ModelGraph) throws(ModelError) {
  var path: [Int] = []
  var done: Set<Int> = []
  // Follows what a variable depends on; the circle that closes, from the variable it closes at.
  func circle(from variable: Int) -> [Int]? {
    if let start = path.firstIndex(of: variable) { return Array(path[start...]) }
    guard !done.contains(variable) else { return nil }
    path.append(variable)
    for argument in graph.factor(of: variable).arguments {
      // Data are known: what depends on them closes no circle.
      for next in argument.value.presentVariables where !graph.variables[next].isObserved {
        if let found = circle(from: next) { return found }
      }
    }
    path.removeLast()
    done.insert(variable)
    return nil
  }
  for variable in graph.variables.indices {
    guard let found = circle(from: variable), let first = found.first else { continue }
    let names = found.map { "\"\(graph.variables[$0].name)\"" }
    if names.count == 1 {
      throw ModelError(
        "\(names[0]) depends on itself. Give it an argument that is known, or another variable.",
        at: graph.variables[first].location)
    }
    let uses = names.indices.map { "\(names[$0]) uses \(names[($0 + 1) % names.count])" }
    throw ModelError(
      "\(names[0]) depends on itself: \(uses.joined(separator: ", ")). Break the circle: give one of them an argument "
        + "that is known.", at: graph.variables[first].location)
  }
}

extension ModelGraph.Argument {
  /// The variables in it of the same row: what a chain's next value takes from the row before closes no circle.
  fileprivate var presentVariables: [Int] {
    func all(_ use: ModelGraph.Use) -> [Int] { (use.isPrevious ? [] : [use.variable]) + use.gates.flatMap(all) }
    return switch self {
    case .variable(let use): all(use)
    case .table(_, let gates, _): gates.flatMap(all)
    case .constant, .moment, .dimension: []
    }
  }
}
