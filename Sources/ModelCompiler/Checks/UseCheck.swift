import ExponentialFamilies
import ModelLanguage

/// A variable is used inside its plates, or a label chooses its member in each plate that it is used out of.
func checkUses(of factor: ModelGraph.Factor, in graph: ModelGraph) throws(ModelError) {
  let child = graph.variables[factor.child]
  for argument in factor.arguments {
    if case .moment(let variable, _, _) = argument.value, !graph.variables[variable].isObserved {
      throw ModelError(
        "\"\(child.name)\" depends on data of \"\(graph.variables[variable].name)\", which is not observed.",
        at: child.location)
    }
    guard case .variable(let index, let gates) = argument.value else { continue }
    let parent = graph.variables[index]
    if index == factor.child {
      throw ModelError("\"\(child.name)\" depends on itself.", at: child.location)
    }
    let left = parent.plates.filter { !child.plates.contains($0) }
    if let rows = left.first(where: { graph.plates[$0].isRows }) {
      throw ModelError(
        "\"\(child.name)\" uses \"\(parent.name)\" out of its plate: \"\(parent.name)\" has a value for each "
          + "\(graph.plates[rows].name), \"\(child.name)\" stands outside the rows. Move \"\(child.name)\" into Plate.rows { … }.",
        at: child.location)
    }
    if gates.count < left.count {
      let plate = graph.plates[left[gates.count]]
      throw ModelError(
        "\"\(child.name)\" uses \"\(parent.name)\" out of its plate: \"\(parent.name)\" has \(plate.size ?? 0) members, one for each "
          + "\"\(plate.name)\". Choose one with a label, as in '\(parent.name)[label]', or move \"\(child.name)\" into the plate.",
        at: child.location)
    }
    if gates.count > left.count {
      throw ModelError(
        "\"\(child.name)\" chooses a member of \"\(parent.name)\" with \(gates.count) labels, but \"\(parent.name)\" has "
          + "\(left.count == 0 ? "one value here" : "\(left.count) plates to choose from"). Remove a label.",
        at: child.location)
    }
    for gate in gates {
      let label = graph.variables[gate]
      if !label.plates.allSatisfy(child.plates.contains) {
        throw ModelError(
          "\"\(child.name)\" uses \"\(label.name)\" out of its plate: as a label it must stand in the same plates as "
            + "\"\(child.name)\". Move it there.", at: child.location)
      }
    }
  }
}
