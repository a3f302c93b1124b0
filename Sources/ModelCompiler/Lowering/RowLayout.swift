import ExponentialFamilies
import ModelLanguage
import PlanIR

/// The features of a row: which statistics of observed variables, or products of them, terms mention, and where each
/// lies in the feature block.
struct RowLayout {
  /// A statistic of a row variable.
  struct RowStatistic: Hashable {
    let variable: Int
    let statistic: StatisticName

    /// Stands in a key for the whole block of features that all terms share.
    static let featureBlock = RowStatistic(variable: -1, statistic: .value)
  }

  /// A block of features: the product of statistics of observed variables, the last running fastest.
  struct Feature {
    let statistics: [RowStatistic]
    let range: Range<Int>
  }

  let graph: ModelGraph
  let shapes: [FamilyShape]
  private(set) var features: [Feature] = []
  private(set) var width = 0

  /// Lays out what the terms mention, squares and products after plain values.
  init(_ logJoint: LogJoint, shapes: [FamilyShape]) {
    graph = logJoint.graph
    self.shapes = shapes
    for term in logJoint.terms {
      let parts = observedPart(of: term)
      for part in parts { add([part]) }
      if parts.count > 1 { add(parts) }
    }
  }

  /// The statistics of observed variables in a term, in the order of the variables.
  func observedPart(of term: LogJoint.JointTerm) -> [RowStatistic] {
    rowStatistics(of: term) { graph.variables[$0].isObserved }
  }

  /// The statistics of latent row variables in a term, in the order of the variables.
  func latentPart(of term: LogJoint.JointTerm) -> [RowStatistic] {
    rowStatistics(of: term) { !graph.variables[$0].isObserved && graph.isRowVariable($0) }
  }

  private func rowStatistics(of term: LogJoint.JointTerm, where include: (Int) -> Bool) -> [RowStatistic] {
    term.factors.compactMap { factor in
      guard case .variable(let v) = factor.operand, include(v) else { return nil }
      return RowStatistic(variable: v, statistic: factor.statistic)
    }.sorted { $0.variable < $1.variable }
  }

  private mutating func add(_ statistics: [RowStatistic]) {
    if features.contains(where: { $0.statistics == statistics }) { return }
    let size = statistics.reduce(1) { $0 * form($1).count }
    features.append(Feature(statistics: statistics, range: width..<(width + size)))
    width += size
  }

  /// The features of some statistics of observed variables; nil for none.
  func feature(_ statistics: [RowStatistic]) -> Feature? { features.first { $0.statistics == statistics } }

  /// Where a variable's statistic begins among the variable's numbers, and its form.
  func place(_ part: RowStatistic) -> (offset: Int, form: Statistic.Form) {
    let family = graph.variables[part.variable].family.type
    var offset = 0
    for statistic in family.statistics(shapes[part.variable]) {
      if statistic.name == part.statistic { return (offset, statistic.form) }
      offset += statistic.count
    }
    return (0, .scalar)
  }

  func form(_ part: RowStatistic) -> Statistic.Form { place(part).form }

  /// The steps that fill the feature block from the columns.
  func steps(inputs: [TileSlot], block: TileSlot) -> [Step] {
    var steps = graph.observed.indices.map { Step.load(input: $0, into: inputs[$0]) }
    for feature in features {
      let into = TileRange(block, feature.range)
      if feature.statistics.count == 1 {
        let part = feature.statistics[0]
        let input = inputs[graph.observed.firstIndex(of: part.variable) ?? 0]
        steps.append(.statistic(kernel(part), from: input, into: into))
      }
    }
    return steps
  }

  /// The kernel of a statistic: a shared one where its name says what it is, the family's own otherwise.
  private func kernel(_ part: RowStatistic) -> StatisticKernel {
    let family = graph.variables[part.variable].family
    switch part.statistic {
    case .value: return .value
    case .square: return .square
    case .outerProduct: return .outerProduct
    case .indicator where family.type.domain == .label: return .indicator(shapes[part.variable])
    default: return .family(family, shapes[part.variable], offset: place(part).offset)
    }
  }
}
