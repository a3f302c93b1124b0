import ExponentialFamilies
import ModelLanguage
import PlanIR

/// The conditional distribution of each variable of a row given the values of everything that it depends on: its natural
/// parameters as contractions of statistics.
///
/// The derivative of a variable's own terms in its own statistics; what depends on the variable is left out. Drawing rows
/// and filling in cells are what it is for.
public struct Conditionals: Hashable, Sendable {
  /// Where the statistics of each variable lie, member by member.
  public let statistics: [ParameterSlot]
  /// Where the statistics of a chain's variable in the row before lie, by variable.
  public let previous: [Int: ParameterSlot]
  /// For each variable, where its natural parameters go.
  public let naturals: [ParameterSlot]
  /// For each variable of a row, what adds up its natural parameters; empty for the others.
  public let terms: [[Contraction]]
  /// What terms ask of data besides the statistics of their family, by variable.
  public let extras: [[Extra]]
  /// The variables with data whose distribution is none of their family, by variable.
  public let weighed: [Int: Weighed]
  /// All numbers, known ones in place.
  public let initial: [[Double]]

  /// A statistic of data.
  public struct Extra: Hashable, Sendable {
    /// How it is computed.
    public let kernel: StatisticKernel
    /// Where it begins among the variable's numbers, and how many numbers it has.
    public let offset: Int, count: Int
  }

  /// A distribution of data that is told by its density: it mentions statistics that the family of the data lacks, or has
  /// auxiliary variables, which are integrated out.
  public struct Weighed: Hashable, Sendable {
    /// What adds up the log density without auxiliary variables, in a slot of one number.
    public let total: ParameterSlot
    /// The terms of that sum.
    public let terms: [Contraction]
    /// What the data add to the natural parameters of each auxiliary variable.
    public let auxiliaries: [Auxiliary]
  }

  /// What a distribution of data adds to the natural parameters of an auxiliary variable.
  public struct Auxiliary: Hashable, Sendable {
    /// The variable.
    public let variable: Int
    /// Where the sum goes.
    public let gain: ParameterSlot
    /// The terms of the sum.
    public let terms: [Contraction]
  }
}

extension CompiledModel {
  /// The conditional distributions of the rows' variables.
  ///
  /// - Throws: ``ModelError`` where a known parameter is not what the model asks for, which binding has checked before.
  public func conditionals() throws(ModelError) -> Conditionals {
    var lowering = ConditionalsLowering(self)
    for index in logJoint.priors where graph.isRowVariable(graph.factors[index].child) {
      try lowering.addPrior(graph.factors[index])
    }
    for term in logJoint.terms where graph.isRowVariable(graph.factors[term.source].child) {
      try lowering.add(term)
    }
    return lowering.finished
  }
}

extension ModelGraph {
  /// Whether a variable's distribution is told by its density alone, and not by natural parameters of its family.
  fileprivate func isWeighed(_ v: Int, _ shape: FamilyShape) -> Bool {
    guard variables[v].role == .observed else { return false }
    let offered = variables[v].family.type.statistics(shape).map(\.name)
    let mentioned = factor(of: v).terms.flatMap(\.factors).filter { $0.argument == nil }.map(\.statistic)
    return factor(of: v).trials != nil || !auxiliaries(of: v).isEmpty || !mentioned.allSatisfy(offered.contains)
  }
}

/// Collects the terms of each row variable's own distribution.
private struct ConditionalsLowering {
  private let graph: ModelGraph
  private let shapes: [FamilyShape]
  private let known: KnownParameters
  private let layout: RowLayout
  private var builder = PlanBuilder()
  /// Numbers of a member: the family's statistics, and those that data have besides.
  private var places: [[(name: StatisticName, offset: Int)]]
  private var sizes: [Int]
  private var extras: [[Conditionals.Extra]]
  private var statistics: [ParameterSlot] = []
  private var naturals: [ParameterSlot] = []
  private var previous: [Int: ParameterSlot] = [:]
  private var terms: [[Contraction]]
  private var totals: [Int: ParameterSlot] = [:]
  private var gains: [Int: ParameterSlot] = [:]
  private var densities: [Int: [Contraction]] = [:]
  private var added: [Int: [Contraction]] = [:]

  init(_ model: CompiledModel) {
    graph = model.graph
    shapes = model.shapes
    known = KnownParameters(
      graph: model.graph, facts: model.facts, sizes: Sizes(shapes: model.shapes, plates: model.plateSizes),
      frames: model.frames)
    layout = RowLayout(
      model.logJoint, shapes: model.shapes, blocks: RowBlocks(model.logJoint, partial: []), sizes: known.sizes)
    let count = graph.variables.count
    places = Array(repeating: [], count: count)
    extras = Array(repeating: [], count: count)
    terms = Array(repeating: [], count: count)
    sizes = Array(repeating: 0, count: count)
    for v in graph.variables.indices { place(v, model.logJoint) }
    for (v, variable) in graph.variables.enumerated() {
      let members = graph.isRowVariable(v) ? 1 : known.sizes.members(of: variable)
      statistics.append(builder.parameter(variable.name, sizes[v] * members))
    }
    for v in model.logJoint.chains { previous[v] = builder.parameter("\(graph.variables[v].name) before", sizes[v]) }
    for (v, variable) in graph.variables.enumerated() {
      naturals.append(builder.parameter("natural(\(variable.name))", sizes[v]))
    }
    for v in graph.observed where graph.isWeighed(v, shapes[v]) {
      totals[v] = builder.parameter("log density(\(graph.variables[v].name))", 1)
      for a in graph.auxiliaries(of: v) { gains[a] = builder.parameter("gain(\(graph.variables[a].name))", sizes[a]) }
    }
  }

  private mutating func place(_ v: Int, _ logJoint: LogJoint) {
    for statistic in graph.variables[v].family.type.statistics(shapes[v]) {
      places[v].append((statistic.name, sizes[v]))
      sizes[v] += statistic.count
    }
    for factor in logJoint.terms.flatMap(\.factors) where factor.operand.variable == v {
      if places[v].contains(where: { $0.name == factor.statistic }) { continue }
      places[v].append((factor.statistic, sizes[v]))
      let part = RowLayout.RowStatistic(variable: v, statistic: factor.statistic)
      let count = layout.form(part).count
      extras[v].append(.init(kernel: layout.kernel(part), offset: sizes[v], count: count))
      sizes[v] += count
    }
  }

  mutating func addPrior(_ factor: ModelGraph.Factor) throws(ModelError) {
    let natural = try known.naturals(of: factor)[0]
    let slot = builder.parameter("prior", natural.count, initial: natural)
    let axis = [Contraction.Access.Axis.strided(index: 0, stride: 1)]
    terms[factor.child].append(
      Contraction(
        1, extents: [natural.count], operands: [.init(slot, axes: axis)],
        output: .init(naturals[factor.child], axes: axis)))
  }

  mutating func add(_ term: LogJoint.JointTerm) throws(ModelError) {
    let child = graph.factors[term.source].child
    let own = term.factors.firstIndex { $0.operand == .variable(child) }
    if totals[child] == nil {
      guard let own else { return }
      let statistic = term.factors[own].statistic
      guard graph.variables[child].family.type.statistics(shapes[child]).contains(where: { $0.name == statistic })
      else { return }
    }
    let accesses = try accesses(term)
    guard let total = totals[child] else {
      if let own { terms[child].append(contraction(term, accesses, without: own, into: naturals[child])) }
      return
    }
    for (i, factor) in term.factors.enumerated() {
      if let v = factor.operand.variable, let gain = gains[v] {
        added[v, default: []].append(contraction(term, accesses, without: i, into: gain))
        return
      }
    }
    densities[child, default: []].append(contraction(term, accesses, without: nil, into: total))
  }

  /// Where each factor of a term is read, and how far the term's indices run.
  private mutating func accesses(
    _ term: LogJoint.JointTerm
  ) throws(ModelError) -> (extents: [Int], operands: [Contraction.Access]) {
    var forms: [Statistic.Form] = []
    var slots: [ParameterSlot] = []
    var plates: [Int: [Int]] = [:]
    for (i, factor) in term.factors.enumerated() {
      switch factor.operand {
      case .known(let name):
        let point = try known.pointStatistic(factor.statistic, of: name, in: graph.factors[term.source])
        forms.append(point.form)
        plates[i] = point.plates
        slots.append(builder.parameter("known", point.values.count, initial: point.values))
      case .variable(let v):
        forms.append(layout.form(.init(variable: v, statistic: factor.statistic)))
        slots.append(statistics[v])
      case .previous(let v):
        forms.append(layout.form(.init(variable: v, statistic: factor.statistic)))
        slots.append(previous[v] ?? statistics[v])
      }
    }
    let lowering = TermLowering(term, in: graph, sizes: known.sizes, forms: forms)
    var operands: [Contraction.Access] = []
    for (i, factor) in term.factors.enumerated() {
      guard let v = factor.operand.variable else {
        operands.append(
          .init(slots[i], axes: lowering.knownAxes(i, plates: plates[i] ?? [])))
        continue
      }
      let offset = places[v].first { $0.name == factor.statistic }?.offset ?? 0
      let axes = graph.isRowVariable(v) ? [] : lowering.memberAxes(i, size: sizes[v])
      operands.append(.init(slots[i], offset: offset, axes: axes + lowering.elementAxes(i)))
    }
    return (lowering.extents, operands)
  }

  /// The derivative in one factor, or the term itself.
  private func contraction(
    _ term: LogJoint.JointTerm, _ accesses: (extents: [Int], operands: [Contraction.Access]), without factor: Int?,
    into slot: ParameterSlot
  ) -> Contraction {
    var operands = accesses.operands
    var output = Contraction.Access(slot, axes: [])
    if let factor {
      let own = operands.remove(at: factor)
      output = .init(slot, offset: own.offset, axes: own.axes)
    }
    return Contraction(term.coefficient, extents: accesses.extents, operands: operands, output: output)
  }

  var finished: Conditionals {
    var weighed: [Int: Conditionals.Weighed] = [:]
    for (v, total) in totals {
      var auxiliaries: [Conditionals.Auxiliary] = []
      for a in graph.auxiliaries(of: v) {
        if let gain = gains[a] { auxiliaries.append(.init(variable: a, gain: gain, terms: added[a] ?? [])) }
      }
      weighed[v] = .init(total: total, terms: densities[v] ?? [], auxiliaries: auxiliaries)
    }
    return Conditionals(
      statistics: statistics, previous: previous, naturals: naturals, terms: terms, extras: extras, weighed: weighed,
      initial: builder.parameters.map(\.initial))
  }
}
