import ExponentialFamilies
import ModelLanguage

/// A variable is used inside its plates, or a label chooses its member in each plate that it is used out of.
func checkUses(of factor: ModelGraph.Factor, in graph: ModelGraph) throws(ModelError) {
  let child = graph.variables[factor.child]
  if case .levels(let variable) = factor.dimension {
    try checkLevels(of: graph.variables[variable], usedBy: child)
  }
  for argument in factor.arguments {
    switch argument.value {
    case .moment(let moment):
      for part in moment.parts {
        try checkMoment(part.kind, of: graph.variables[part.variable], usedBy: child, isOrdered: graph.order != nil)
      }
    case .variable(let use): try check(use, of: factor, in: graph)
    case .table(_, let gates, _): for gate in gates { try checkGate(gate, of: factor, in: graph) }
    case .constant, .dimension: continue
    }
  }
}

/// The plates that a use leaves: those of the variable that neither the child nor its elements stand in.
func platesLeft(by use: ModelGraph.Use, of factor: ModelGraph.Factor, in graph: ModelGraph) -> [Int] {
  let home = graph.variables[factor.child].plates
  return graph.variables[use.variable].plates.filter {
    !home.contains($0) && graph.plates[$0].extent.user != factor.child
  }
}

private func check(_ use: ModelGraph.Use, of factor: ModelGraph.Factor, in graph: ModelGraph) throws(ModelError) {
  let child = graph.variables[factor.child]
  let (parent, gates) = (graph.variables[use.variable], use.gates)
  let left = platesLeft(by: use, of: factor, in: graph)
  if let rows = left.first(where: { graph.plates[$0].isRows }) {
    throw ModelError(
      "\"\(child.name)\" uses \"\(parent.name)\" out of its plate: \"\(parent.name)\" has a value for each "
        + "\(graph.plates[rows].name), \"\(child.name)\" stands outside the rows. Move \"\(child.name)\" into Plate.rows { … }.",
      at: child.location)
  }
  func written(_ gates: [ModelGraph.Use]) -> String { gates.map { "[\(graph.variables[$0.variable].name)]" }.joined() }
  if gates.count < left.count {
    let plate = graph.plates[left[gates.count]]
    let members =
      switch plate.extent {
      case .fixed(let n): "\(n) members, one for each \"\(plate.name)\""
      case .levels: "a member for each level of \"\(plate.name)\""
      case .splits(let v): "a member for each level of \"\(graph.variables[v].name)\" but the last"
      case .elements, .rows: "a member for each \(plate.name)"
      }
    if case .elements = plate.extent {
      throw ModelError(
        "\"\(child.name)\" uses \"\(parent.name)\" out of its plate: \"\(parent.name)\" has \(members), and no label chooses among "
          + "elements. Put \"\(parent.name)\" in Plate(per: \(child.name)) { … }, or outside.", at: child.location)
    }
    if case .splits(let v) = plate.extent {
      throw ModelError(
        "\"\(child.name)\" uses \"\(parent.name)\" out of its plate: \"\(parent.name)\" has \(members), and only the distribution of "
          + "\"\(graph.variables[v].name)\" uses them. Put \"\(parent.name)\" outside the plate.", at: child.location)
    }
    var label = gates.isEmpty ? "label" : "other"
    if case .levels(let variable) = plate.extent { label = graph.variables[variable].name }
    throw ModelError(
      "\"\(child.name)\" uses \"\(parent.name)\" out of its plate: \"\(parent.name)\" has \(members). "
        + "Choose one with \(gates.isEmpty ? "a label" : "one more label"), as in "
        + "'\(parent.name)\(written(gates))[\(label)]', or move \"\(child.name)\" into the plate.",
      at: child.location)
  }
  if gates.count > left.count {
    throw ModelError(
      "\"\(child.name)\" chooses a member of \"\(parent.name)\" with \(gates.count) label\(gates.count == 1 ? "" : "s"), but \"\(parent.name)\" has "
        + "\(left.count == 0 ? "one value here" : "\(left.count) plate\(left.count == 1 ? "" : "s") to choose from"). Remove a label.",
      at: child.location)
  }
  if let (position, gate) = gates.enumerated().first(where: { gates[..<$0].contains($1) }) {
    let label = graph.variables[gate.variable].name
    throw ModelError(
      "\"\(child.name)\" chooses a member of \"\(parent.name)\" with \"\(label)\" in two plates, "
        + "\"\(graph.plates[left[gates.firstIndex(of: gate) ?? 0]].name)\" and \"\(graph.plates[left[position]].name)\". "
        + "Use a label of its own for each plate.", at: child.location)
  }
  for (gate, plate) in zip(gates, left) {
    if case .levels(let label) = graph.plates[plate].extent, gate.variable != label,
      graph.variables[gate.variable].isObserved
    {
      throw ModelError(
        "\"\(child.name)\" chooses a member of \"\(parent.name)\" with \"\(graph.variables[gate.variable].name)\", but "
          + "\"\(parent.name)\" has one for each level of \"\(graph.variables[label].name)\". "
          + "Write \(parent.name)[\(graph.variables[label].name)].", at: child.location)
    }
    try checkGate(gate, of: factor, in: graph)
  }
}

/// A label stands in the plates of the variable that it chooses for, or is itself chosen.
private func checkGate(_ gate: ModelGraph.Use, of factor: ModelGraph.Factor, in graph: ModelGraph) throws(ModelError) {
  let (label, child) = (graph.variables[gate.variable], graph.variables[factor.child])
  if gate.isPrevious && gate.variable != factor.child {
    throw ModelError(
      "\"\(child.name)\" depends on \"\(label.name)\" in the row before: only a chain's own next value does. "
        + "Use \"\(label.name)\" of the same row.", at: child.location)
  }
  if gate.gates.isEmpty {
    if case .given = label.role, !platesLeft(by: gate, of: factor, in: graph).isEmpty {
      throw ModelError(
        "\"\(child.name)\" uses \"\(label.name)\", which labels rows, but \"\(child.name)\" stands outside the rows. Let the rows "
          + "choose: use the member of \"\(label.name)\" there, as a summand of its own.", at: child.location)
    }
    if !platesLeft(by: gate, of: factor, in: graph).isEmpty {
      throw ModelError(
        "\"\(child.name)\" uses \"\(label.name)\" out of its plate: as a label it must stand in the same plates as "
          + "\"\(child.name)\". Move it there.", at: child.location)
    }
  } else {
    try check(gate, of: factor, in: graph)
  }
}

/// Only an observed variable has data, and labels have no moments.
private func checkMoment(
  _ kind: DataMoment.Kind, of variable: ModelGraph.Variable, usedBy child: ModelGraph.Variable, isOrdered: Bool
) throws(ModelError) {
  if kind == .stepVariance && !isOrdered {
    throw ModelError(
      "\"\(child.name)\" depends on the \(kind.phrase) of \"\(variable.name)\", but the rows have no order. Put the rows in a Chain "
        + "{ … } in the place of Plate.rows, or use the variance.", at: child.location)
  }
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
    case .stepVariance: "variance of the steps"
    case .levels: "number of levels"
    }
  }
}
