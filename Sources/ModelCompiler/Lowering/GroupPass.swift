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
      label.shape.groups.isEmpty,
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
      // After it only what other variables' updates read: no bound is formed over groups.
      let (after, sums) = counted(rows[(solved + 1)...], without: position)
      let read = after.reduce(into: Set<TileSlot>()) { $0.formUnion($1.reads) }
      guard read.isDisjoint(with: [label.normalizer, tile]) else { continue }
      let weight = weightInput == nil ? nil : weightSlot
      let scores = Self.needed(before, by: read.union([label.mean, index.slot]).union(weight.map { [$0] } ?? []))
      var plan = self
      plan.groups = GroupBlock(
        variable: position, index: index, mean: label.mean, prior: block.prior, natural: globals[position].natural,
        expected: globals[position].mean, weight: weight, steps: scores)
      plan.rows = Self.needed(before.filter { !$0.writes.contains(label.mean) }, by: read) + after
      plan.messages = messages.filter { step in
        switch step {
        case .clear(let slot): slot != table
        case .contract(let contraction): contraction.output.slot != table
        default: true
        }
      }
      for slot in rowSums where !sums.contains(slot) {
        plan.parameters[slot.index] = ParameterBlock(
          name: parameters[slot.index].name, count: parameters[slot.index].count)
      }
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

  /// The steps that end in sums over rows which the updates of all variables but one read, or the number of rows; and
  /// those sums.
  private func counted(_ steps: ArraySlice<Step>, without position: Int) -> (steps: [Step], sums: Set<ParameterSlot>) {
    var sums: Set<ParameterSlot> = [countSlot]
    for step in globals.enumerated().filter({ $0.offset != position }).flatMap(\.element.update) {
      if case .contract(let contraction) = step { sums.formUnion(contraction.operands.map(\.slot)) }
    }
    let (ends, others) = (
      steps.filter { step in
        switch step {
        case .scatter(_, _, let slot), .accumulate(_, _, let slot): sums.contains(slot)
        default: false
        }
      }, steps.filter { !$0.writes.isEmpty }
    )
    let needed = Set(Self.needed(others, by: ends.reduce(into: []) { $0.formUnion($1.reads) }) + ends)
    return (steps.filter(needed.contains), sums)
  }

  /// The steps that form some slots.
  private static func needed(_ steps: [Step], by later: Set<TileSlot>) -> [Step] {
    var read = later
    var kept: [Step] = []
    for step in steps.reversed() where !step.writes.isDisjoint(with: read) {
      kept.append(step)
      read.formUnion(step.reads)
    }
    return kept.reversed()
  }
}
