import ExponentialFamilies
import PlanIR

extension Plan {
  /// The plan for stochastic inference over groups of rows, where each group has its own probabilities of the rows' label:
  /// documents with their topics, people with their profiles.
  ///
  /// A group's probabilities and its rows' labels are solved together, group by group, until they agree; only what
  /// outlives the group is summed. Slots are those of this plan, so that both run on one memory. Replaces the lookup of the
  /// group's expectations, their addition to the label's scores, the label's mean map, and the group variable's update.
  /// - Returns: Nil where the plan has no such pair of a label and a group variable.
  public func groupedByMembership() -> Plan? {
    guard locals.count == 1, let label = locals.first, label.family == Family(Categorical.self), label.members == 1,
      label.shape.groups.isEmpty, weightInput == nil || locals.count == 1,
      let solved = rows.firstIndex(where: { if case .meanMap(_, _, label.mean, _, _, _) = $0 { true } else { false } })
    else { return nil }
    let identity = [Contraction.Access.Axis.strided(index: 0, stride: 1)]
    for case .gather(let table, let index, let tile) in rows {
      let isAdded = rows.contains { step in
        guard case .combine(let sum, true) = step else { return false }
        return sum.coefficient == 1 && sum.output == label.mean && sum.offset == 0 && sum.axes == identity
          && sum.operands == [.init(.tile(tile), axes: identity)]
      }
      guard isAdded, let position = variable(behind: table, label: label.shape.dimension),
        let block = block(position, label: label, index: index)
      else { continue }
      // Everything before the label is solved, without what the group adds.
      let before = rows[..<solved].filter { step in
        if case .gather(table, _, _) = step { return false }
        return !step.reads.contains(tile)
      }
      var dropped: Set<TileSlot> = [label.normalizer]
      let after = rows[(solved + 1)...].filter { step in
        if case .scatter(_, _, let sums) = step, sums == block.sums { return false }
        if step.reads.isDisjoint(with: dropped) { return true }
        dropped.formUnion(step.writes)
        return false
      }
      var plan = self
      plan.groups = GroupBlock(
        variable: position, index: index, mean: label.mean, prior: block.prior, natural: globals[position].natural,
        expected: globals[position].mean, weight: weightInput == nil ? nil : weightSlot, steps: Array(before))
      plan.rows = Self.needed(Array(before), by: Array(after)) + after
      plan.messages = messages.filter { step in
        switch step {
        case .clear(let slot): slot != table
        case .contract(let contraction): contraction.output.slot != table
        default: true
        }
      }
      plan.parameters[block.sums.index] = ParameterBlock(
        name: parameters[block.sums.index].name, count: parameters[block.sums.index].count)
      plan.density = nil
      return plan
    }
    return nil
  }

  private var weightSlot: TileSlot? {
    for case .load(let input, let slot) in rows where input == weightInput { return slot }
    return nil
  }

  /// The global variable whose expected logarithms fill a table, member by member, and nothing else.
  private func variable(behind table: ParameterSlot, label count: Int) -> Int? {
    let sources = messages.compactMap { step -> Contraction? in
      if case .contract(let contraction) = step, contraction.output.slot == table { contraction } else { nil }
    }
    guard sources.count == 1, let source = sources.first, source.operands.count == 1,
      let position = globals.firstIndex(where: { $0.mean == source.operands[0].slot })
    else { return nil }
    let variable = globals[position]
    let isTable =
      source.coefficient == 1 && source.operands[0].axes == source.output.axes && source.operands[0].offset == 0
    guard isTable, variable.family == Family(Dirichlet.self), variable.shape.groups.isEmpty,
      variable.shape.dimension == count
    else { return nil }
    // Nobody else may read what changes while a group is solved.
    let others = messages + globals.enumerated().filter { $0.offset != position }.flatMap(\.element.update)
    let readers = others.filter { step in
      if case .contract(let contraction) = step {
        contraction.operands.contains { $0.slot == variable.mean }
      } else {
        false
      }
    }
    return readers.count == 1 ? position : nil
  }

  /// A group variable whose update is its known prior plus the expected number of rows of each label.
  private func block(
    _ position: Int, label: LocalVariable, index: TileRange
  ) -> (prior: ParameterSlot, sums: ParameterSlot)? {
    let variable = globals[position]
    let contractions = variable.update.compactMap { step -> Contraction? in
      if case .contract(let contraction) = step { contraction } else { nil }
    }
    guard contractions.count == 2, contractions.allSatisfy({ $0.coefficient == 1 && $0.operands.count == 1 }) else {
      return nil
    }
    var sums: ParameterSlot?
    for case .scatter(_, index, let slot) in rows where contractions.contains(where: { $0.operands[0].slot == slot }) {
      sums = slot
    }
    guard let sums, let prior = contractions.first(where: { $0.operands[0].slot != sums })?.operands[0].slot,
      !parameters[prior.index].isRowSum, parameters[prior.index].count == parameters[variable.natural.index].count
    else { return nil }
    return (prior, sums)
  }

  /// The steps that form what later steps read of data.
  private static func needed(_ steps: [Step], by later: [Step]) -> [Step] {
    var read = later.reduce(into: Set<TileSlot>()) { $0.formUnion($1.reads) }
    var kept: [Step] = []
    for step in steps.reversed() where !step.writes.isDisjoint(with: read) {
      if case .affine = step { continue }
      kept.append(step)
      read.formUnion(step.reads)
    }
    return kept.reversed()
  }
}
