import ExponentialFamilies
import ModelLanguage

/// The sizes of a bound model: the shape of every variable and the size of every plate.
struct Sizes: Hashable, Sendable {
  /// The shape of each variable.
  var shapes: [FamilyShape]
  /// The size of each plate; 0 for the rows.
  var plates: [Int]

  /// How many members a variable's plates give it.
  func members(of variable: ModelGraph.Variable) -> Int { variable.plates.reduce(1) { $0 * max(plates[$1], 1) } }
}

/// Finds the shape of every variable and the size of every plate: from the data, from numbers in the model, and from
/// neighbours.
///
/// - Throws: ``ModelError`` where two sources disagree or none says anything.
func inferSizes(_ graph: ModelGraph, _ facts: DataFacts) throws(ModelError) -> Sizes {
  var inference = SizeInference(graph, facts)
  inference.start()
  inference.settle()
  try inference.takeHints()
  let sizes = inference.sizes
  try checkGates(inference.gateUses, sizes, in: graph)
  try checkShapes(sizes, in: graph)
  return sizes
}

/// What can be told of the size of a variable's statistic by an index over it.
struct IndexedSize: Hashable {
  /// What the index runs over.
  enum Range: Hashable {
    /// The elements of a vector, the outputs of a linear map.
    case elements
    /// The inputs of a linear map.
    case inputs
    /// The levels of a label but the last.
    case splits
  }

  let variable: Int
  let range: Range

  /// The size, where the shape of its variable is known.
  func value(_ shape: FamilyShape) -> Int {
    switch range {
    case .elements: shape.dimension
    case .inputs: shape.inputs
    case .splits: shape.dimension - 1
    }
  }
}

extension ModelGraph.Factor {
  /// Whether the levels of its child are chosen one by one, so that elements of the distribution are choices.
  var isSplit: Bool { terms.contains { $0.factors.contains { $0.statistic == .split } } }

  /// How many elements the distribution has of a child of some shape.
  func elements(_ shape: FamilyShape) -> Int { isSplit ? shape.dimension - 1 : shape.dimension }

  /// The variables whose sizes an index of one of the factor's terms runs over.
  func sizes(along index: Index, in term: Term, _ graph: ModelGraph) -> [IndexedSize] {
    // An index that a term is summed over runs over the child's elements.
    let own = IndexedSize(variable: child, range: isSplit ? .splits : .elements)
    let summed = term.over.contains(index) ? [own] : []
    return summed
      + term.factors.flatMap { written -> [IndexedSize] in
        let variable: Int
        if let name = written.argument {
          guard case .variable(let use)? = arguments.first(where: { $0.name == name })?.value else { return [] }
          variable = use.variable
        } else {
          variable = child
        }
        // Two different numbers tell which size an index of the statistic runs over.
        let statistics = graph.variables[variable].family.type.statistics(FamilyShape(dimension: 3, inputs: 5))
        guard let form = statistics.first(where: { $0.name == written.statistic })?.form else {
          return written.indices.contains(index)
            ? [variable == child ? own : IndexedSize(variable: variable, range: .elements)] : []
        }
        return zip(written.indices, form.extents).filter { $0.0 == index }.map {
          IndexedSize(variable: variable, range: $0.1 == 5 ? .inputs : .elements)
        }
      }
  }
}

extension ModelGraph.Factor {
  /// The indices of the symmetric matrices in a term: statistics of that form, and known matrices.
  func symmetricPairs(in term: Term, _ graph: ModelGraph) -> [[Index]] {
    term.factors.filter { $0.indices.count == 2 }.compactMap { written in
      var variable = child
      if let name = written.argument {
        guard case .variable(let use)? = arguments.first(where: { $0.name == name })?.value else {
          return written.indices
        }
        variable = use.variable
      }
      let statistics = graph.variables[variable].family.type.statistics(FamilyShape(dimension: 3, inputs: 5))
      if case .matrix = statistics.first(where: { $0.name == written.statistic })?.form { return nil }
      return written.indices
    }
  }
}

private struct SizeInference {
  let graph: ModelGraph
  let facts: DataFacts
  private var dimensions: [FamilyShape?]
  private var inputs: [Int?]
  /// Labels with the plate that they choose in, and for whom.
  let gateUses: [(label: Int, plate: Int, chosen: Int)]

  init(_ graph: ModelGraph, _ facts: DataFacts) {
    self.graph = graph
    self.facts = facts
    dimensions = Array(repeating: nil, count: graph.variables.count)
    inputs = Array(repeating: nil, count: graph.variables.count)
    var uses: [(Int, Int, Int)] = []
    func add(_ use: ModelGraph.Use, _ factor: ModelGraph.Factor) {
      let left = platesLeft(by: use, of: factor, in: graph)
      uses += zip(use.gates, left).map { ($0.variable, $1, use.variable) }
      for gate in use.gates { add(gate, factor) }
    }
    for factor in graph.factors {
      for argument in factor.arguments {
        switch argument.value {
        case .variable(let use): add(use, factor)
        case .table(_, let gates): for gate in gates { add(gate, factor) }
        case .constant, .moment, .dimension: break
        }
      }
    }
    gateUses = uses
  }

  var sizes: Sizes {
    let shapes = graph.variables.indices.map { v in
      var shape = dimensions[v] ?? FamilyShape(dimension: 1)
      shape.inputs = inputs[v] ?? 0
      return shape
    }
    return Sizes(shapes: shapes, plates: graph.plates.indices.map { size(of: $0) ?? 0 })
  }

  private func size(of plate: Int) -> Int? {
    switch graph.plates[plate].extent {
    case .fixed(let n): n
    case .rows: nil
    case .levels(let v), .elements(let v): dimensions[v]?.dimension
    case .splits(let v): dimensions[v].map { $0.dimension - 1 }
    }
  }

  private func levels(_ variable: Int) -> FamilyShape {
    let counts = facts.observed[graph.observed.firstIndex(of: variable) ?? 0].levels.map(\.count)
    return FamilyShape(dimension: counts.reduce(0, +), groups: counts)
  }

  /// What the data and the model's numbers say.
  mutating func start() {
    for (variable, known) in zip(graph.observed, facts.observed) {
      dimensions[variable] =
        graph.variables[variable].family.type.domain == .label
        ? levels(variable) : FamilyShape(dimension: known.columns.count)
    }
    for factor in graph.factors where dimensions[factor.child] == nil {
      switch factor.dimension {
      case .inherited: break
      case .number(let n): dimensions[factor.child] = FamilyShape(dimension: n)
      case .levels(let variable): dimensions[factor.child] = levels(variable)
      }
    }
  }

  /// Passes sizes on to neighbours until nothing more is learned.
  ///
  /// One element may stand for all of a longer vector, so that a size of 1 is passed on only where nothing else is known.
  mutating func settle() {
    while step(passingOn: { $0 != 1 }) || step(passingOn: { _ in true }) {}
  }

  /// Passes some sizes on to neighbours once; whether anything was learned.
  private mutating func step(passingOn isPassedOn: (Int) -> Bool) -> Bool {
    var changed = false
    // A label takes as many values as the plate has members that it chooses from.
    for use in gateUses where dimensions[use.label] == nil {
      guard let size = size(of: use.plate) else { continue }
      dimensions[use.label] = FamilyShape(dimension: size)
      changed = true
    }
    for factor in graph.factors {
      for term in factor.terms {
        for index in [Index.i, .j, .k]
        where spread(factor.sizes(along: index, in: term, graph), isPassedOn) {
          changed = true
        }
        // Both indices of a symmetric matrix run over one size.
        for pair in factor.symmetricPairs(in: term, graph)
        where spread(pair.flatMap { factor.sizes(along: $0, in: term, graph) }, isPassedOn) {
          changed = true
        }
      }
      for argument in factor.arguments {
        if case .moment(let v, _, _) = argument.value, dimensions[factor.child] == nil, let known = dimensions[v],
          isPassedOn(known.dimension)
        {
          dimensions[factor.child] = known
          changed = true
        }
      }
    }
    return changed
  }

  /// Sizes that one index runs over are one size.
  private mutating func spread(_ sizes: [IndexedSize], _ isPassedOn: (Int) -> Bool) -> Bool {
    var known: FamilyShape?
    for size in sizes where known == nil {
      switch size.range {
      case .elements: known = dimensions[size.variable]
      case .inputs: known = inputs[size.variable].map { FamilyShape(dimension: $0) }
      case .splits: known = dimensions[size.variable].map { FamilyShape(dimension: $0.dimension - 1) }
      }
      // One element may stand for all of a longer vector: it says nothing of its neighbours while others do.
      if known?.dimension == 1, sizes.contains(where: { (dimensions[$0.variable]?.dimension ?? 1) > 1 }) { known = nil }
    }
    guard let known, isPassedOn(known.dimension) else { return false }
    var changed = false
    for size in sizes {
      if size.range == .inputs, inputs[size.variable] == nil {
        inputs[size.variable] = known.dimension
        changed = true
      } else if size.range == .elements, dimensions[size.variable] == nil {
        dimensions[size.variable] = FamilyShape(dimension: known.dimension, groups: known.groups)
        changed = true
      }
    }
    return changed
  }

  /// A vector of known numbers is the last hint.
  mutating func takeHints() throws(ModelError) {
    for factor in graph.factors where dimensions[factor.child] == nil {
      let lengths = factor.arguments.compactMap {
        if case .constant(let x) = $0.value, x.count > 1 { x.count } else { nil }
      }
      guard let length = lengths.first else {
        let variable = graph.variables[factor.child]
        throw ModelError(
          "the dimension of \"\(variable.name)\" follows from nothing: no observed variable depends on it. "
            + "Give it with 'count:', or remove the variable.", at: variable.location)
      }
      dimensions[factor.child] = FamilyShape(dimension: length)
      settle()
    }
  }
}

private func checkGates(
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

private func checkShapes(_ sizes: Sizes, in graph: ModelGraph) throws(ModelError) {
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
      case .table(_, let gates): gates.isEmpty
      case .constant, .moment, .dimension: false
      }
    }
    if differs { continue }
    func text(_ vector: ModelGraph.Factor.NamedArgument) -> String {
      vector.value.variables.first.map { graph.variables[$0].name } ?? "numbers"
    }
    let latent = vectors.compactMap(\.value.variables.first).first { !graph.isRowVariable($0) }
    let name = latent.map { graph.variables[$0].name } ?? "coefficients"
    throw ModelError(
      "\"\(child.name)\" has \(elements) \(isSplit ? "choices between its levels" : "elements"), but '\(text(vectors[0])) * \(text(vectors[1]))' is the "
        + "same for all of them. Put \"\(name)\" in Plate(per: \(child.name)\(isSplit ? ".splits" : "")) { … }"
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
