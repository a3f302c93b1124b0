import PlanIR

// Groups of rows that are solved by themselves.
extension Engine {
  /// Rows of groups that are solved in one go, about: lists of rows, and what they are looked up by, stay small.
  private static let rowsAtOnce = 1 << 20

  /// The rows of each group.
  static func rowsOfGroups(_ plan: Plan, _ block: GroupBlock, _ data: BoundData) -> [[Int32]] {
    var rows = [[Int32]](repeating: [], count: plan.globals[block.variable].members)
    for case .load(let input, block.index.slot) in block.steps {
      let view = data.inputs[input].views[block.index.features.lowerBound]
      for row in 0..<data.rowCount { rows[Int(view.base[row * view.stride])].append(Int32(row)) }
    }
    return rows
  }

  /// Solves some groups with their rows, and adds up the statistics of everything else, scaled to all groups.
  func sweepGroups(_ selection: RowSelection, without heldOut: Set<Int32> = []) {
    guard let groups, let plan = model.groupedPlan else { return }
    let numbers: [Int] =
      switch selection {
      case .range(let range): Array(range)
      case .list(let list): list.map(Int.init)
      }
    var rows = numbers.flatMap { groups.rows[$0] }
    if !heldOut.isEmpty { rows.removeAll { heldOut.contains($0) } }
    groups.executor.run(plan.messages, on: &memory, rate: 1)
    let scale = Double(groups.rows.count) / Double(max(numbers.count, 1))
    memory.set(withPriorsOfGroups { groups.executor.sweepGroups(rows, memory: &memory) }.scaled(by: scale))
    if let carried { memory.add(carried, to: plan.rowSums) }
    (swept, moved) = (nil, [])
  }

  /// Moves everything but the groups' own probabilities, after a sweep over groups.
  func updateBeyondGroups(rate: Double) {
    for position in plan.globals.indices where position != model.groupedPlan?.groups?.variable {
      update(position, rate: rate)
    }
  }

  /// Solves all groups with their rows; a sweep over the rows is due before sums or the bound are next read.
  func solveGroups(from start: GroupStart) {
    guard let groups, let plan = model.groupedPlan, let block = plan.groups else { return }
    groups.executor.run(plan.messages, on: &memory, rate: 1)
    var (first, count) = (0, 0)
    for next in 1...groups.rows.count {
      count += groups.rows[next - 1].count
      if count < Self.rowsAtOnce && next < groups.rows.count { continue }
      let rows = groups.rows[first..<next].flatMap { $0 }
      withPriorsOfGroups { groups.executor.solveGroups(rows, from: start, memory: &memory) }
      if rowCount > stretch { data.release(.list(rows)) }
      (first, count) = (next, 0)
    }
    moved.insert(block.variable)
  }

  /// Does something while the groups' priors count what rows of earlier data say about them.
  private func withPriorsOfGroups<Result>(_ body: () -> Result) -> Result {
    guard let block = model.groupedPlan?.groups, let sums = carriedOfGroups(block) else { return body() }
    let prior = memory[block.prior]
    memory[block.prior] = zip(prior, sums).map(+)
    defer { memory[block.prior] = prior }
    return body()
  }

  /// What rows of earlier data add to the groups' natural parameters; nil without any.
  private func carriedOfGroups(_ block: GroupBlock) -> [Double]? {
    for case .contract(let contraction) in plan.globals[block.variable].update {
      if let sums = carried?[contraction.operands[0].slot] { return sums }
    }
    return nil
  }
}
