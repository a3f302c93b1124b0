import ExponentialFamilies
import ModelLanguage
import PlanIR

/// The features of a row: which statistics of its data, or products of them, terms mention, and where each lies in the
/// feature block.
struct RowLayout {
  /// A statistic of a row variable.
  struct RowStatistic: Hashable {
    let variable: Int
    let statistic: StatisticName
  }

  /// A block of features: the product of statistics of data, the last running fastest.
  struct Feature {
    let statistics: [RowStatistic]
    let range: Range<Int>
  }

  /// Labels with more levels are looked up, not spread out into one-hot vectors.
  private static let mostFeatures = 32

  let graph: ModelGraph
  let shapes: [FamilyShape]
  let blocks: RowBlocks
  private(set) var features: [Feature] = []
  private(set) var width = 0
  /// The chains whose rows follow from the rows before by rules of their own.
  let linked: Set<Int>

  /// Lays out what the terms mention, squares and products after plain values.
  init(_ logJoint: LogJoint, shapes: [FamilyShape], blocks: RowBlocks, sizes: Sizes) {
    graph = logJoint.graph
    self.shapes = shapes
    self.blocks = blocks
    let graph = graph
    linked = Set(logJoint.terms.filter { $0.isLinked(in: graph) }.compactMap(\.previous))
    for term in logJoint.terms where graph.isRowVariable(graph.factors[term.source].child) {
      let term = term.shifted(in: graph)
      let parts = dataPart(of: term)
      for part in parts { add([part]) }
      if parts.count > 1 && isContracted(term) { add(parts) }
    }
  }

  /// Whether a term's rows are data times one block of row variables, and nothing that single rows look up.
  func isContracted(_ term: LogJoint.JointTerm) -> Bool {
    let row = Set(
      term.factors.filter { $0.statistic != .seen }.compactMap(\.operand.variable).filter(blocks.variables.contains))
    let label = row.compactMap { v in blocks.variables.firstIndex(of: v).flatMap { blocks.labels[$0] } }.first
    return binders(of: term).isEmpty && row.filter { $0 != label }.count <= 1
  }

  /// The statistics of data in a term, in the order of the variables.
  func dataPart(of term: LogJoint.JointTerm) -> [RowStatistic] {
    let binders = binders(of: term)
    return term.factors.compactMap { factor -> RowStatistic? in
      guard case .variable(let v) = factor.operand, graph.variables[v].isObserved,
        !blocks.variables.contains(v) || factor.statistic == .seen
      else { return nil }
      if factor.statistic == .indicator, let index = factor.indices.first, binders[index] == v { return nil }
      if term.previous != nil && graph.variables[v].role == .position(.later) { return nil }
      return RowStatistic(variable: v, statistic: factor.statistic)
    }.sorted { $0.variable < $1.variable }
  }

  /// The labels with data that a term looks up global variables by, by the index that they bind.
  func binders(of term: LogJoint.JointTerm) -> [LogJoint.TermIndex: Int] {
    var binders: [LogJoint.TermIndex: Int] = [:]
    for factor in term.factors {
      guard case .variable(let v) = factor.operand, graph.variables[v].isObserved, factor.statistic == .indicator,
        graph.variables[v].family == Family(Categorical.self), shapes[v].groups.isEmpty,
        let index = factor.indices.first
      else { continue }
      let carriers = term.factors.filter { $0 != factor && ($0.members + $0.indices).contains(index) }
      let areGlobal = carriers.allSatisfy {
        if case .variable(let g) = $0.operand { !graph.isRowVariable(g) } else { false }
      }
      if carriers.isEmpty || !areGlobal { continue }
      if case .element = index, shapes[v].dimension <= Self.mostFeatures { continue }
      binders[index] = v
    }
    return binders
  }

  private mutating func add(_ statistics: [RowStatistic]) {
    if features.contains(where: { $0.statistics == statistics }) { return }
    let size = statistics.reduce(1) { $0 * form($1).count }
    features.append(Feature(statistics: statistics, range: width..<(width + size)))
    width += size
  }

  /// The features of some statistics of data; nil for none.
  func feature(_ statistics: [RowStatistic]) -> Feature? { features.first { $0.statistics == statistics } }

  /// Where a variable's statistic begins among the variable's numbers, and its form.
  func place(_ part: RowStatistic) -> (offset: Int, form: Statistic.Form) {
    let family = graph.variables[part.variable].family.type
    let dimension = shapes[part.variable].dimension
    var offset = 0
    for statistic in family.statistics(shapes[part.variable]) {
      if statistic.name == part.statistic { return (offset, statistic.form) }
      offset += statistic.count
    }
    // Data have statistics that their family need not offer.
    if part.statistic == .seen { return (0, .scalar) }
    if [.split, .reached].contains(part.statistic) { return (0, .vector(dimension - 1)) }
    return (0, part.statistic == .outerProduct ? .symmetric(dimension) : .vector(dimension))
  }

  func form(_ part: RowStatistic) -> Statistic.Form { place(part).form }

  /// The steps that fill the feature block from the columns.
  ///
  /// - Parameter missing: The variables with missing elements.
  func steps(inputs: [TileSlot], block: TileSlot, missing: Set<Int>, products: (Int) -> TileSlot) -> [Step] {
    var steps = graph.observed.indices.map { Step.load(input: $0, into: inputs[$0]) }
    for feature in features where feature.statistics.count == 1 {
      let part = feature.statistics[0]
      let into = TileRange(block, feature.range)
      let input = inputs[graph.observed.firstIndex(of: part.variable) ?? 0]
      steps.append(.statistic(kernel(part), from: input, into: into))
      if missing.contains(part.variable) { steps.append(.fillMissing(into)) }
    }
    for feature in features where feature.statistics.count > 1 {
      let slot = products(feature.range.count)
      steps.append(
        .product(feature.statistics.map { TileRange(block, self.feature([$0])?.range ?? 0..<0) }, into: slot))
      steps.append(.statistic(.value, from: slot, into: TileRange(block, feature.range)))
    }
    return steps
  }

  /// The kernel of a statistic: a shared one where its name says what it is, the family's own otherwise.
  func kernel(_ part: RowStatistic) -> StatisticKernel {
    let family = graph.variables[part.variable].family
    if let argument = part.statistic.logGammaArgument { return .logGamma(number: argument.number, sign: argument.sign) }
    if let exponent = part.statistic.powerExponent { return .power(exponent) }
    switch part.statistic {
    case .value where family.type.valueCount(shapes[part.variable]) == shapes[part.variable].dimension: return .value
    case .square: return .square
    case .outerProduct: return .outerProduct
    case .observed: return .observed
    case .seen: return .seen
    case .logarithm where family.type.offset(of: .logarithm, shapes[part.variable]) == nil: return .logarithm
    case .indicator where family.type.domain == .label: return .indicator(shapes[part.variable])
    case .split: return .split(shapes[part.variable])
    case .reached: return .reached(shapes[part.variable])
    default: return .family(family, shapes[part.variable], offset: place(part).offset)
    }
  }
}
