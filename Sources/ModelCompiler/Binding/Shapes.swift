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
  /// Whether the distribution takes an argument as one number: it has no index wherever a term mentions it.
  func takesOneNumber(as argument: String) -> Bool {
    let written = terms.flatMap(\.factors).filter { $0.argument == argument }
    return !written.isEmpty && written.allSatisfy(\.indices.isEmpty)
  }

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
  /// Whether a known argument has as many numbers as the child has elements, and not as it has inputs.
  fileprivate func isOfElements(_ argument: NamedArgument, in graph: ModelGraph) -> Bool {
    let parameters = graph.variables[child].family.type.parameters(FamilyShape(dimension: 3, inputs: 5))
    guard let form = parameters.first(where: { $0.name == argument.name })?.form else { return true }
    if case .moment(let moment) = argument.value, moment.isOfIntercept, case .vector = form { return false }
    return form.extents.first != 5
  }

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
        case .table(_, let gates, _): for gate in gates { add(gate, factor) }
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
        guard case .moment(let moment) = argument.value, dimensions[factor.child] == nil,
          factor.isOfElements(argument, in: graph)
        else { continue }
        // A property of as many elements as the child; of a plate of elements, each member has one.
        let plates = graph.elementPlates(of: moment, in: factor).map { graph.plates[$0].extent }
        let shapes = moment.parts.filter {
          !$0.isAverage && !plates.contains(.elements(variable: $0.variable))
        }.compactMap { dimensions[$0.variable] }
        if let known = shapes.first(where: { $0.dimension != 1 }) ?? shapes.first, isPassedOn(known.dimension) {
          dimensions[factor.child] = known
          changed = true
        }
      }
    }
    return changed
  }

  /// Sizes that one index runs over are one size.
  private mutating func spread(_ sizes: [IndexedSize], _ isPassedOn: (Int) -> Bool) -> Bool {
    func shape(_ size: IndexedSize) -> FamilyShape? {
      switch size.range {
      case .elements: dimensions[size.variable]
      case .inputs: inputs[size.variable].map { FamilyShape(dimension: $0) }
      case .splits: dimensions[size.variable].map { FamilyShape(dimension: $0.dimension - 1) }
      }
    }
    let shapes = sizes.compactMap(shape)
    // One element may stand for all of a longer vector: it says nothing of its neighbours while others do.
    let known = shapes.first { $0.dimension != 1 } ?? shapes.first
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

  /// Whether distributions take a variable as one number: no index runs over what they take of it.
  private func isOneNumber(_ variable: Int) -> Bool {
    let uses = graph.factors.flatMap { factor in
      factor.arguments.filter { $0.value.variables.contains(variable) }.map { (factor, $0.name) }
    }
    return !uses.isEmpty && uses.allSatisfy { $0.takesOneNumber(as: $1) }
  }

  /// A vector of known numbers is the last hint, but for a variable that is taken as one number.
  mutating func takeHints() throws(ModelError) {
    for factor in graph.factors where dimensions[factor.child] == nil {
      let lengths = factor.arguments.compactMap {
        if case .constant(let x) = $0.value, x.count > 1 { x.count } else { nil }
      }
      guard let length = lengths.first ?? (isOneNumber(factor.child) ? 1 : nil) else {
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
