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
  /// All numbers, known ones in place.
  public let initial: [[Double]]
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
    for (v, variable) in graph.variables.enumerated() {
      var size = 0
      for statistic in variable.family.type.statistics(shapes[v]) {
        places[v, default: []].append((statistic.name, size))
        size += statistic.count
      }
      for factor in logJoint.terms.flatMap(\.factors) where factor.operand.variable == v {
        if places[v, default: []].contains(where: { $0.name == factor.statistic }) { continue }
        places[v, default: []].append((factor.statistic, size))
        size += layout.form(.init(variable: v, statistic: factor.statistic)).count
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
    for term in logJoint.terms where graph.isRowVariable(graph.factors[term.source].child) {
      let child = graph.factors[term.source].child
      guard let own = term.factors.firstIndex(where: { $0.operand == .variable(child) }) else { continue }
      let offered = graph.variables[child].family.type.statistics(shapes[child]).map(\.name)
      guard offered.contains(term.factors[own].statistic) else { continue }
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
      let operands = term.factors.indices.filter { $0 != own }.map(access)
      let target = access(own)
      terms[child].append(
        Contraction(
          term.coefficient, extents: lowering.extents, operands: operands,
          output: .init(naturals[child], offset: target.offset, axes: target.axes)))
    }
    return Conditionals(
      statistics: statistics, previous: previous, naturals: naturals, terms: terms,
      initial: builder.parameters.map(\.initial))
  }
}
