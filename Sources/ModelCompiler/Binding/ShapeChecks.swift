import ExponentialFamilies
import ModelLanguage

// Sizes that belong together are one number.

/// Labels take as many values as the plates have members that they choose from.
func checkGates(
  _ gateUses: [(label: Int, plate: Int, chosen: Int)], _ sizes: Sizes, in graph: ModelGraph
) throws(ModelError) {
  for use in gateUses {
    let label = graph.variables[use.label]
    let (values, size) = (sizes.shapes[use.label].dimension, sizes.plates[use.plate])
    if sizes.shapes[use.label].groups.count > 1 {
      throw ModelError(
        "\"\(label.name)\" is bound to several columns, but chooses a member of \"\(graph.variables[use.chosen].name)\". "
          + "Bind it to one column.", at: label.location)
    }
    if values != size {
      throw ModelError(
        "\"\(label.name)\" takes \(values) values, but chooses a member of \"\(graph.variables[use.chosen].name)\" in the plate "
          + "\"\(graph.plates[use.plate].name)\", which has \(size). Make the two numbers one.", at: label.location)
    }
  }
}

/// Variables of one distribution have one size, or one element for all.
func checkShapes(_ sizes: Sizes, in graph: ModelGraph) throws(ModelError) {
  for factor in graph.factors {
    let child = graph.variables[factor.child]
    if case .number(let n) = factor.dimension, child.isObserved, n != sizes.shapes[factor.child].dimension {
      let columns = sizes.shapes[factor.child].dimension
      throw ModelError(
        "\"\(child.name)\" is bound to \(columns) column\(columns == 1 ? "" : "s"), but its distribution gives it \(n). "
          + "Make the two numbers one.", at: child.location)
    }
    try checkSplits(of: factor, sizes, in: graph)
    try checkPredictor(of: factor, sizes, in: graph)
    // Sizes come from data: where data disagree, no other variable is to blame.
    let isData = { (argument: ModelGraph.Factor.NamedArgument) in
      argument.value.variables.first.map { graph.variables[$0].isObserved } ?? false
    }
    for argument in factor.arguments.filter(isData) + factor.arguments.filter({ !isData($0) }) {
      guard case .variable(let use) = argument.value else { continue }
      let count = sizes.shapes[use.variable].dimension
      if argument.name.split(separator: ".").last?.hasPrefix("multiplier") == true && count != 1 {
        let name = graph.variables[use.variable].name
        throw ModelError(
          "\"\(child.name)\" multiplies an inner product by \"\(name)\", which has \(count) elements: one number is needed. Give "
            + "\"\(name)\" one, or write a summand for each of its elements.", at: child.location)
      }
      let (name, taken) = (graph.variables[use.variable].name, graph.variables[use.variable].family.type)
      let isVector = taken.statistics(sizes.shapes[use.variable]).allSatisfy {
        if case .vector = $0.form { true } else { false }
      }
      if count != 1 && isVector && factor.takesOneNumber(as: argument.name) {
        throw ModelError(
          "\"\(child.name)\" takes \"\(name)\", its \(argument.name), as one number, but it has \(count) elements. Give \"\(name)\" "
            + "'count: 1', or leave its 'count:' out.", at: child.location)
      }
      let sharesElements = factor.terms.contains { term in
        let shared = factor.sizes(along: .i, in: term, graph)
        return shared.contains(IndexedSize(variable: use.variable, range: .elements))
          && shared.contains(IndexedSize(variable: factor.child, range: .elements))
      }
      let (a, b) = (sizes.shapes[factor.child], sizes.shapes[use.variable])
      if !sharesElements {
        try checkInner(argument.name, of: factor, sizes, in: graph)
        continue
      }
      if a.dimension == b.dimension && a.groups == b.groups { continue }
      let family = graph.variables[use.variable].family.type
      if family.domain == .simplex {
        throw ModelError(
          "\"\(child.name)\" takes \(a) values, but \"\(graph.variables[use.variable].name)\", its \(argument.name), has \(b) "
            + "elements. Make the two numbers one.", at: child.location)
      }
      // One element serves all of a vector, but a matrix or a sum over elements has no one element for all.
      let isElementwise =
        graph.variables[use.variable].isObserved
        || family.statistics(b).allSatisfy { if case .vector = $0.form { true } else { false } }
      if b.dimension != 1 || !isElementwise {
        throw ModelError(
          "\"\(child.name)\" has dimension \(a), but \"\(graph.variables[use.variable].name)\", its \(argument.name), has \(b). "
            + "They must be equal\(isElementwise ? ", or the latter 1" : "").", at: child.location)
      }
    }
  }
}

/// A label that is chosen level by level has one column, levels to choose between, and an auxiliary variable for each choice.
private func checkSplits(
  of factor: ModelGraph.Factor, _ sizes: Sizes, in graph: ModelGraph
) throws(ModelError) {
  if !factor.isSplit { return }
  let (child, shape) = (graph.variables[factor.child], sizes.shapes[factor.child])
  if shape.groups.count > 1 {
    throw ModelError(
      "\"\(child.name)\" is bound to \(shape.groups.count) columns, but its levels are chosen one by one. Bind it to one column.",
      at: child.location)
  }
  if shape.dimension < 2 {
    throw ModelError(
      "\"\(child.name)\" has one level: there is nothing to choose between. Bind it to a column with two levels or more.",
      at: child.location)
  }
  for argument in factor.arguments where argument.name == "auxiliary" {
    guard case .variable(let use) = argument.value else { continue }
    let (auxiliary, count) = (graph.variables[use.variable], sizes.shapes[use.variable].dimension)
    if count != shape.dimension - 1 {
      throw ModelError(
        "\"\(child.name)\" has \(shape.dimension) levels and needs \(shape.dimension - 1) elements of \"\(auxiliary.name)\", which has "
          + "\(count). Leave its 'count:' out.", at: auxiliary.location)
    }
  }
}

/// An inner product that is the same for all elements of a vector would give them one mean: nobody means that.
private func checkPredictor(
  of factor: ModelGraph.Factor, _ sizes: Sizes, in graph: ModelGraph
) throws(ModelError) {
  let (child, shape) = (graph.variables[factor.child], sizes.shapes[factor.child])
  let (elements, isSplit) = (factor.elements(shape), factor.isSplit)
  if elements < 2 { return }
  for (i, a) in factor.arguments.enumerated() where a.name.split(separator: ".").last?.hasPrefix("coefficients") == true
  {
    // A product's two vectors follow one another.
    guard factor.arguments.indices.contains(i + 1) else { continue }
    let vectors = [a, factor.arguments[i + 1]]
    let differs = vectors.contains { vector in
      switch vector.value {
      case .variable(let use):
        graph.variables[use.variable].plates.contains { graph.plates[$0].extent.user == factor.child }
      case .table(_, _, let isMatrix): isMatrix
      case .constant, .moment, .dimension: false
      }
    }
    if differs { continue }
    func text(_ vector: ModelGraph.Factor.NamedArgument) -> String {
      switch vector.value {
      case .variable(let use): graph.variables[use.variable].name + (use.isPrevious ? ".previous" : "")
      case .table(_, let gates, _): "Table" + gates.map { "[\(graph.variables[$0.variable].name)]" }.joined()
      case .constant, .moment, .dimension: "numbers"
      }
    }
    let latent = vectors.compactMap { vector -> Int? in
      if case .variable(let use) = vector.value, !graph.isRowVariable(use.variable) { use.variable } else { nil }
    }
    let name = latent.first.map { graph.variables[$0].name } ?? "coefficients"
    throw ModelError(
      "\"\(child.name)\" has \(elements) \(isSplit ? "choices between its levels" : "elements"), but '\(text(vectors[0])) * \(text(vectors[1]))' is the "
        + "same for all of them. \(latent.isEmpty ? "Use a variable" : "Put") \"\(name)\" in Plate(per: \(child.name)\(isSplit ? ".splits" : "")) { … }"
        + (isSplit
          ? "."
          : ", so that each has its own, or bind \"\(child.name)\" to one column; multi-output-regression is for several outputs with "
            + "correlated noise."),
      at: child.location)
  }
}

/// Vectors of an inner product have one length.
private func checkInner(
  _ name: String, of factor: ModelGraph.Factor, _ sizes: Sizes, in graph: ModelGraph
) throws(ModelError) {
  for term in factor.terms where term.factors.contains(where: { $0.argument == name }) {
    for index in [Index.j, .k] {
      let found = factor.sizes(along: index, in: term, graph).map { size in
        (size.variable, size.value(sizes.shapes[size.variable]))
      }
      guard let first = found.first, let other = found.first(where: { $0.1 != first.1 }) else { continue }
      let child = graph.variables[factor.child]
      throw ModelError(
        "\"\(child.name)\" multiplies \"\(graph.variables[first.0].name)\", which has \(first.1) element\(first.1 == 1 ? "" : "s"), with "
          + "\"\(graph.variables[other.0].name)\", which has \(other.1). Make the two numbers one.", at: child.location)
    }
  }
}
