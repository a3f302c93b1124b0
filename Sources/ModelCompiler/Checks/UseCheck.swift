import ExponentialFamilies
import ModelLanguage

/// A variable is used inside its plates, or a label chooses its member in each plate that it is used out of.
func checkUses(of factor: ModelGraph.Factor, in graph: ModelGraph) throws(ModelError) {
  let child = graph.variables[factor.child]
  if case .levels(let variable) = factor.dimension {
    try checkLevels(of: graph.variables[variable], usedBy: child)
  }
  for argument in factor.arguments {
    if case .moment(let variable, let kind, _) = argument.value {
      try checkMoment(kind, of: graph.variables[variable], usedBy: child)
    }
    guard case .variable(let index, let gates) = argument.value else { continue }
    let parent = graph.variables[index]
    let left = parent.plates.filter { !child.plates.contains($0) }
    if let rows = left.first(where: { graph.plates[$0].isRows }) {
      throw ModelError(
        "\"\(child.name)\" uses \"\(parent.name)\" out of its plate: \"\(parent.name)\" has a value for each "
          + "\(graph.plates[rows].name), \"\(child.name)\" stands outside the rows. Move \"\(child.name)\" into Plate.rows { … }.",
        at: child.location)
    }
    func written(_ gates: [Int]) -> String { gates.map { "[\(graph.variables[$0].name)]" }.joined() }
    if gates.count < left.count {
      let plate = graph.plates[left[gates.count]]
      throw ModelError(
        "\"\(child.name)\" uses \"\(parent.name)\" out of its plate: \"\(parent.name)\" has \(plate.size ?? 0) members, one for each "
          + "\"\(plate.name)\". Choose one with \(gates.isEmpty ? "a label" : "one more label"), as in "
          + "'\(parent.name)\(written(gates))[\(gates.isEmpty ? "label" : "other")]', or move \"\(child.name)\" into the plate.",
        at: child.location)
    }
    if gates.count > left.count {
      throw ModelError(
        "\"\(child.name)\" chooses a member of \"\(parent.name)\" with \(gates.count) label\(gates.count == 1 ? "" : "s"), but \"\(parent.name)\" has "
          + "\(left.count == 0 ? "one value here" : "\(left.count) plate\(left.count == 1 ? "" : "s") to choose from"). Remove a label.",
        at: child.location)
    }
    if let (position, gate) = gates.enumerated().first(where: { gates[..<$0].contains($1) }) {
      let label = graph.variables[gate].name
      throw ModelError(
        "\"\(child.name)\" chooses a member of \"\(parent.name)\" with \"\(label)\" in two plates, "
          + "\"\(graph.plates[left[gates.firstIndex(of: gate) ?? 0]].name)\" and \"\(graph.plates[left[position]].name)\". "
          + "Use a label of its own for each plate.", at: child.location)
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

/// Only an observed variable has data, and labels have no moments.
private func checkMoment(
  _ kind: DataMoment.Kind, of variable: ModelGraph.Variable, usedBy child: ModelGraph.Variable
) throws(ModelError) {
  if !variable.isObserved {
    throw ModelError(
      "\"\(child.name)\" depends on the \(kind.phrase) of \"\(variable.name)\", which is latent: only an observed variable has data. "
        + "Use a number, the data of an observed variable, or \"\(variable.name)\" itself.", at: child.location)
  }
  if variable.family.type.domain == .label {
    throw ModelError(
      "\"\(child.name)\" depends on the \(kind.phrase) of \"\(variable.name)\", whose values are labels and have none. "
        + "Use a number, or the data of a numeric variable.", at: child.location)
  }
}

/// Only labels have levels.
private func checkLevels(of variable: ModelGraph.Variable, usedBy child: ModelGraph.Variable) throws(ModelError) {
  if variable.isObserved && variable.family.type.domain == .label { return }
  throw ModelError(
    "\"\(child.name)\" has as many elements as \"\(variable.name)\" has levels, but \"\(variable.name)\" is "
      + "\(variable.isObserved ? "" : "latent and ")\(variable.family) and has none: only an observed Categorical has levels. "
      + "Give a number with 'count:'.", at: child.location)
}

extension DataMoment.Kind {
  /// The moment in words that follow "the".
  var phrase: String {
    switch self {
    case .mean: "mean"
    case .variance: "variance"
    case .covariance: "covariance"
    case .reciprocalMean: "reciprocal mean"
    case .precision: "precision"
    case .levels: "number of levels"
    }
  }
}
