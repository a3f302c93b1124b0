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
    let known = KnownParameters(
      graph: graph, facts: facts, sizes: Sizes(shapes: shapes, plates: plateSizes), centers: centers)
    let blocks = RowBlocks(logJoint, partial: [])
    let layout = RowLayout(logJoint, shapes: shapes, blocks: blocks, sizes: known.sizes)
    var builder = PlanBuilder()
    /// Numbers of a member: the family's statistics, and those that data have besides.
    var places: [Int: [(name: StatisticName, offset: Int)]] = [:]
    var sizes: [Int] = []
    var extras = [[Conditionals.Extra]](repeating: [], count: graph.variables.count)
    for (v, variable) in graph.variables.enumerated() {
      var size = 0
      for statistic in variable.family.type.statistics(shapes[v]) {
        places[v, default: []].append((statistic.name, size))
        size += statistic.count
      }
      for factor in logJoint.terms.flatMap(\.factors) where factor.operand.variable == v {
        if places[v, default: []].contains(where: { $0.name == factor.statistic }) { continue }
        places[v, default: []].append((factor.statistic, size))
        let part = RowLayout.RowStatistic(variable: v, statistic: factor.statistic)
        let count = layout.form(part).count
        extras[v].append(.init(kernel: layout.kernel(part), offset: size, count: count))
        size += count
      }
      sizes.append(size)
    }
    func members(_ v: Int) -> Int {
      graph.isRowVariable(v) ? 1 : known.sizes.members(of: graph.variables[v])
    }
    let statistics = graph.variables.indices.map {
      builder.parameter(graph.variables[$0].name, sizes[$0] * members($0))
    }
    var previous: [Int: ParameterSlot] = [:]
    for v in logJoint.chains { previous[v] = builder.parameter("\(graph.variables[v].name) before", sizes[v]) }
    let naturals = graph.variables.indices.map { builder.parameter("natural(\(graph.variables[$0].name))", sizes[$0]) }
    var terms = [[Contraction]](repeating: [], count: graph.variables.count)
    for index in logJoint.priors where graph.isRowVariable(graph.factors[index].child) {
      let child = graph.factors[index].child
      let natural = try known.natural(of: graph.factors[index])
      let slot = builder.parameter("prior", natural.count, initial: natural)
      let axis = [Contraction.Access.Axis.strided(index: 0, stride: 1)]
      terms[child].append(
        Contraction(
          1, extents: [natural.count], operands: [.init(slot, axes: axis)], output: .init(naturals[child], axes: axis)))
    }
    var totals: [Int: ParameterSlot] = [:]
    var gains: [Int: ParameterSlot] = [:]
    var densities: [Int: [Contraction]] = [:]
    var added: [Int: [Contraction]] = [:]
    for v in graph.observed where graph.isWeighed(v, shapes[v]) {
      totals[v] = builder.parameter("log density(\(graph.variables[v].name))", 1)
      for a in graph.auxiliaries(of: v) { gains[a] = builder.parameter("gain(\(graph.variables[a].name))", sizes[a]) }
    }
    for term in logJoint.terms where graph.isRowVariable(graph.factors[term.source].child) {
      let child = graph.factors[term.source].child
      let own = term.factors.firstIndex(where: { $0.operand == .variable(child) })
      let offered = graph.variables[child].family.type.statistics(shapes[child]).map(\.name)
      let isOffered = own.map { offered.contains(term.factors[$0].statistic) } ?? false
      if totals[child] == nil && !isOffered { continue }
      var forms: [Statistic.Form] = []
      var values: [Int: [Double]] = [:]
      for (i, factor) in term.factors.enumerated() {
        if case .known(let name) = factor.operand {
          let point = try known.pointStatistic(factor.statistic, of: name, in: graph.factors[term.source])
          forms.append(point.form)
          values[i] = point.values
        } else if let v = factor.operand.variable {
          forms.append(layout.form(.init(variable: v, statistic: factor.statistic)))
        }
      }
      let lowering = TermLowering(term, in: graph, sizes: known.sizes, forms: forms)
      func access(_ i: Int) -> Contraction.Access {
        let factor = term.factors[i]
        switch factor.operand {
        case .known:
          return .init(
            builder.parameter("known", values[i]?.count ?? 0, initial: values[i] ?? []),
            axes: lowering.memberAxes(i, size: forms[i].count) + lowering.elementAxes(i))
        case .variable(let v), .previous(let v):
          let offset = places[v]?.first { $0.name == factor.statistic }?.offset ?? 0
          let slot = factor.operand == .previous(v) ? previous[v] ?? statistics[v] : statistics[v]
          let axes = graph.isRowVariable(v) ? [] : lowering.memberAxes(i, size: sizes[v])
          return .init(slot, offset: offset, axes: axes + lowering.elementAxes(i))
        }
      }
      /// The derivative in one factor, or the term itself.
      func contraction(without factor: Int?, into slot: ParameterSlot) -> Contraction {
        let target = factor.map(access)
        return Contraction(
          term.coefficient, extents: lowering.extents,
          operands: term.factors.indices.filter { $0 != factor }.map(access),
          output: .init(slot, offset: target?.offset ?? 0, axes: target?.axes ?? []))
      }
      if let total = totals[child] {
        let auxiliary = term.factors.firstIndex { factor in gains.keys.contains { factor.operand == .variable($0) } }
        if let auxiliary, let v = term.factors[auxiliary].operand.variable, let gain = gains[v] {
          added[v, default: []].append(contraction(without: auxiliary, into: gain))
        } else {
          densities[child, default: []].append(contraction(without: nil, into: total))
        }
      } else if let own {
        terms[child].append(contraction(without: own, into: naturals[child]))
      }
    }
    var weighed: [Int: Conditionals.Weighed] = [:]
    for (v, total) in totals {
      weighed[v] = .init(
        total: total, terms: densities[v] ?? [],
        auxiliaries: graph.auxiliaries(of: v).compactMap { a in
          gains[a].map { .init(variable: a, gain: $0, terms: added[a] ?? []) }
        })
    }
    return Conditionals(
      statistics: statistics, previous: previous, naturals: naturals, terms: terms, extras: extras,
      weighed: weighed, initial: builder.parameters.map(\.initial))
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
