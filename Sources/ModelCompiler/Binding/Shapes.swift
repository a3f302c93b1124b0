import ExponentialFamilies
import ModelLanguage

/// Finds the shape of every variable: from the data, from numbers in the model, and from neighbours.
///
/// - Throws: ``ModelError`` where two sources disagree or none says anything.
func inferShapes(_ graph: ModelGraph, _ facts: DataFacts) throws(ModelError) -> [FamilyShape] {
  var shapes = [FamilyShape?](repeating: nil, count: graph.variables.count)
  func levels(_ variable: Int) -> FamilyShape {
    let counts = facts.observed[graph.observed.firstIndex(of: variable) ?? 0].levels.map(\.count)
    return FamilyShape(dimension: counts.reduce(0, +), groups: counts)
  }
  for (variable, known) in zip(graph.observed, facts.observed) {
    shapes[variable] =
      graph.variables[variable].family.type.domain == .label
      ? levels(variable) : FamilyShape(dimension: known.columns.count)
  }
  for factor in graph.factors where shapes[factor.child] == nil {
    switch factor.dimension {
    case .inherited: break
    case .number(let n): shapes[factor.child] = FamilyShape(dimension: n)
    case .levels(let variable): shapes[factor.child] = levels(variable)
    }
  }
  // A label takes as many values as the plate has members that it chooses from.
  var gateUses: [(label: Int, plate: Int, chosen: Int)] = []
  for factor in graph.factors {
    let home = graph.variables[factor.child].plates
    for argument in factor.arguments {
      guard case .variable(let parent, let gates) = argument.value else { continue }
      let left = graph.variables[parent].plates.filter { !home.contains($0) }
      gateUses += zip(gates, left).map { ($0, $1, parent) }
    }
  }
  for use in gateUses where shapes[use.label] == nil {
    shapes[use.label] = FamilyShape(dimension: graph.plates[use.plate].size ?? 1)
  }
  // Neighbours have one dimension unless a number says otherwise.
  var changed = true
  while changed {
    changed = false
    for factor in graph.factors {
      for argument in factor.arguments {
        let neighbor: Int? =
          switch argument.value {
          case .variable(let v, _): v
          case .moment(let v, _, _): v
          case .constant, .dimension: nil
          }
        guard let neighbor else { continue }
        if shapes[factor.child] == nil, let known = shapes[neighbor] {
          shapes[factor.child] = known
          changed = true
        } else if shapes[neighbor] == nil, let known = shapes[factor.child] {
          shapes[neighbor] = known
          changed = true
        }
      }
    }
  }
  // A vector of known numbers is the last hint, one element the default of a variable that nothing else sizes.
  for factor in graph.factors where shapes[factor.child] == nil {
    let lengths = factor.arguments.compactMap {
      if case .constant(let x) = $0.value, x.count > 1 { x.count } else { nil }
    }
    guard let length = lengths.first else {
      let variable = graph.variables[factor.child]
      throw ModelError(
        "the dimension of \"\(variable.name)\" follows from nothing: no observed variable depends on it. "
          + "Give it with 'count:', or remove the variable.", at: variable.location)
    }
    shapes[factor.child] = FamilyShape(dimension: length)
  }
  let found = shapes.compactMap { $0 }
  try checkShapes(found, gateUses: gateUses, in: graph)
  return found
}

private func checkShapes(
  _ shapes: [FamilyShape], gateUses: [(label: Int, plate: Int, chosen: Int)], in graph: ModelGraph
) throws(ModelError) {
  for use in gateUses {
    let label = graph.variables[use.label]
    let (values, size) = (shapes[use.label].dimension, graph.plates[use.plate].size ?? 0)
    if values != size {
      throw ModelError(
        "\"\(label.name)\" takes \(values) values, but chooses a member of \"\(graph.variables[use.chosen].name)\" in the plate "
          + "\"\(graph.plates[use.plate].name)\", which has \(size). Make the two numbers one.", at: label.location)
    }
  }
  for factor in graph.factors {
    for argument in factor.arguments {
      guard case .variable(let parent, _) = argument.value else { continue }
      let (a, b) = (shapes[factor.child], shapes[parent])
      if a == b { continue }
      let child = graph.variables[factor.child]
      let family = graph.variables[parent].family.type
      if family.domain == .simplex {
        throw ModelError(
          "\"\(child.name)\" takes \(a) values, but \"\(graph.variables[parent].name)\", its \(argument.name), has \(b) "
            + "elements. Make the two numbers one.", at: child.location)
      }
      // One element serves all of a vector, but a matrix or a sum over elements has no one element for all.
      let isElementwise = family.statistics(b).allSatisfy { if case .vector = $0.form { true } else { false } }
      if b.dimension != 1 || !isElementwise {
        throw ModelError(
          "\"\(child.name)\" has dimension \(a), but \"\(graph.variables[parent].name)\", its \(argument.name), has \(b). "
            + "They must be equal\(isElementwise ? ", or the latter 1" : "").", at: child.location)
      }
    }
  }
}
