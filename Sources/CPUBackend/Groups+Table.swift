import CKernels
import PlanIR

/// Groups of rows whose scores are rows of one table, as the words of documents have.
///
/// An exponential is taken once for each number of the table's rows that occur, not for each row of data; a group's
/// likelihoods go from there to the cache and no further; and the sums over rows are formed by rows of the table, so that
/// no chunk needs sums of its own.
final class TableGroups {
  /// Rows of the table of one task.
  private static let taskRows = 64

  private let block: GroupBlock
  private let table: ParameterSlot
  private let index: TileRange
  private let bias: ParameterSlot?
  private let sums: ParameterSlot
  /// Runs what the rows do besides.
  private let rest: CPUExecutor
  private let width: Int
  private let padded: Int
  private let exponentials = Room<Double>()
  private let responsibilities = Room<Double>()
  private let probabilities = Room<Double>()
  private let priors = Room<Double>()
  private let parameters = Room<Double>()
  private let scratch = Room<Double>()

  /// Nil where scores are anything else, or are wanted for more than the sums.
  init?(_ plan: Plan, inputs: [InputColumns], threads: Int, usesBLAS: Bool) throws(BackendError) {
    guard let block = plan.groups else { return nil }
    let scores = block.steps.filter { $0.writes.contains(block.mean) || $0.reads.contains(block.mean) }
    let lookups = block.steps.filter { if case .gather = $0 { true } else { false } }
    guard lookups.count == 1, case .gather(let table, let index, let looked) = lookups[0], scores.count == 2,
      case .affine(.none, let bias, .none, block.mean, false) = scores[0],
      case .combine(let sum, true) = scores[1], sum.output == block.mean, sum.operands.count == 1,
      sum.copies(looked), (block.steps + plan.rows).filter({ $0.reads.contains(looked) }) == [scores[1]]
    else { return nil }
    // What is summed: the label's probabilities, times the weights of the rows.
    var users = plan.rows.filter { $0.reads.contains(block.mean) }
    var counted = block.mean
    if let weight = block.weight {
      guard users.count == 1, case .combine(let product, false) = users[0], product.copies(block.mean, times: weight)
      else { return nil }
      counted = product.output
      users += plan.rows.filter { $0.reads.contains(counted) }
    }
    guard users.count == (block.weight == nil ? 1 : 2), case .scatter(counted, index, let sums) = users[users.count - 1]
    else { return nil }
    (self.block, self.table, self.index, self.bias, self.sums) = (block, table, index, bias, sums)
    width = plan.tiles[block.mean.index].width
    padded = (width + 7) / 8 * 8
    var other = plan
    other.groups = nil
    let before = block.steps.filter { $0 != lookups[0] && !scores.contains($0) }
    other.rows = before + plan.rows.filter { !users.contains($0) && !before.contains($0) }
    let size = plan.parameters[sums.index].count
    other.parameters[sums.index] = Plan.ParameterBlock(name: plan.parameters[sums.index].name, count: size)
    rest = try CPUExecutor(plan: other, inputs: inputs, threads: threads, usesBLAS: usesBLAS, precision: .double)
  }

  func sweep(_ rows: [Int32], memory: inout ParameterMemory) -> RowStatistics {
    let (groups, members, others) = solved(rows, from: .prior, &memory)
    let own = sums(groups, members, count: memory[sums].count)
    let slots = (others.slots + [sums]).sorted { $0.index < $1.index }
    return RowStatistics(slots: slots, sums: slots.map { others[$0] ?? own })
  }

  func solve(_ rows: [Int32], from start: GroupStart, memory: inout ParameterMemory) {
    _ = solved(rows, from: start, &memory)
  }

  /// Solves the groups of some rows; these groups, the rows of the table that occur, and what the rows add up to besides.
  private func solved(
    _ rows: [Int32], from start: GroupStart, _ memory: inout ParameterMemory
  ) -> (groups: Runs, members: Occurrences, others: RowStatistics) {
    let weight = block.weight.map { [$0] } ?? []
    let found = rest.sweep(
      .list(rows), at: memory, overrides: [:], outputs: [block.index.slot, index.slot] + weight)
    let values = found.outputs
    let groups = Runs(labels(values, block.index))
    let members = Occurrences(labels(values, index), of: memory[table].count / max(width, 1))
    exponentiate(memory[table], bias.map { memory[$0] }, members)
    solve(groups, members, from: start, weights: weight.first.flatMap { values[$0] }, &memory)
    return (groups, members, found.statistics)
  }

  /// One column of a slot.
  private func labels(_ values: [TileSlot: [Double]], _ range: TileRange) -> [Double] {
    let all = values[range.slot] ?? []
    let width = rest.plan.tiles[range.slot.index].width
    return width == 1 ? all : stride(from: range.features.lowerBound, to: all.count, by: width).map { all[$0] }
  }

  /// Likelihoods, but for a factor, of the rows of the table that occur.
  private func exponentiate(_ table: [Double], _ bias: [Double]?, _ members: Occurrences) {
    let target = exponentials.reserve(members.present.count * padded)
    let known = bias.flatMap { $0.contains { $0 != 0 } ? $0 : nil }
    let count = members.present.count
    table.withUnsafeBufferPointer { table in
      inParallel(rest.threads, tasks: (count + Self.taskRows - 1) / Self.taskRows) { task, _ in
        for position in task * Self.taskRows..<min((task + 1) * Self.taskRows, count) {
          let (row, member) = (target + position * padded, members.present[position])
          // A missing label says nothing.
          let isMissing = member == members.count
          for k in 0..<width { row[k] = (isMissing ? 0 : table[member * width + k]) + (known?[k] ?? 0) }
          for k in width..<padded { row[k] = 0 }
          suffice_exp_rows(row, row, 1, width)
        }
      }
    }
  }

  /// Solves every group, and replaces its parameters.
  private func solve(
    _ groups: Runs, _ members: Occurrences, from start: GroupStart, weights: [Double]?,
    _ memory: inout ParameterMemory
  ) {
    let count = groups.labels.count
    let (prior, alpha) = (priors.reserve(count * width), parameters.reserve(count * width))
    let (known, present) = (memory[block.prior], memory[start == .prior ? block.prior : block.natural])
    for (g, label) in groups.labels.enumerated() {
      for k in 0..<width {
        prior[g * width + k] = known[label * width + k] + 1
        alpha[g * width + k] = present[label * width + k] + 1
      }
    }
    let room = (suffice_membership_scratch(groups.longest, width) + 7) / 8 * 8
    let scratch = scratch.reserve(rest.threads * room)
    let q = responsibilities.reserve(groups.starts.last ?? 0)
    let p = probabilities.reserve(count * padded)
    let table = exponentials.base
    inParallel(rest.threads, tasks: count) { g, worker in
      let first = groups.starts[g]
      members.positions.withUnsafeBufferPointer { index in
        let solve = { (weights: UnsafePointer<Double>?) in
          _ = suffice_membership_lookup(
            q + first, p + g * self.padded, table, index.baseAddress.map { $0 + first }, weights.map { $0 + first },
            prior + g * self.width, alpha + g * self.width, groups.starts[g + 1] - first, self.width, self.block.rounds,
            self.block.tolerance, scratch + worker * room)
        }
        if let weights { weights.withUnsafeBufferPointer { solve($0.baseAddress) } } else { solve(nil) }
      }
    }
    for slot in [block.natural, block.expected] {
      memory[slot].withUnsafeMutableBufferPointer { target in
        for (g, label) in groups.labels.enumerated() {
          let own = alpha + g * width
          if slot == block.expected { suffice_dirichlet_expectations(own, own, width, 1) }
          for k in 0..<width { target[label * width + k] = slot == block.natural ? own[k] - 1 : own[k] }
        }
      }
    }
  }

  /// The label's probabilities, added up for each row of the table in the order of the rows.
  private func sums(_ groups: Runs, _ members: Occurrences, count: Int) -> [Double] {
    let (table, q, p) = (exponentials.base, responsibilities.base, probabilities.base)
    return [Double](unsafeUninitializedCapacity: count) { sums, initialized in
      initialized = count
      guard let target = sums.baseAddress else { return }
      inParallel(rest.threads, tasks: (members.count + Self.taskRows - 1) / Self.taskRows) { task, _ in
        for member in task * Self.taskRows..<min((task + 1) * Self.taskRows, members.count) {
          let range = members.range(of: member)
          let row = target + member * width
          if range.isEmpty {
            row.update(repeating: 0, count: width)
            continue
          }
          members.rows.withUnsafeBufferPointer { rows in
            groups.groups.withUnsafeBufferPointer { groups in
              suffice_membership_sums(
                row, table + Int(members.positions[Int(rows[range.lowerBound])]) * padded, q, p,
                rows.baseAddress.map { $0 + range.lowerBound }, groups.baseAddress, range.count, width)
            }
          }
        }
      }
    }
  }
}

/// Runs of equal labels.
private struct Runs {
  /// The label of each run.
  private(set) var labels: [Int] = []
  /// Where runs begin, and the end.
  private(set) var starts: [Int] = []
  /// The run of each row.
  private(set) var groups: [Int32] = []
  private(set) var longest = 0

  init(_ values: [Double]) {
    groups.reserveCapacity(values.count)
    for (row, value) in values.enumerated() {
      if labels.last != Int(value) {
        labels.append(Int(value))
        starts.append(row)
      }
      groups.append(Int32(labels.count - 1))
    }
    starts.append(values.count)
    longest = zip(starts, starts.dropFirst()).map { $1 - $0 }.max() ?? 0
  }
}

/// The rows of each label, in order; those without a label have the number after the last.
private struct Occurrences {
  let count: Int
  /// Labels that occur, ascending.
  private(set) var present: [Int] = []
  /// The place of each row's label among those.
  private(set) var positions: [Int32]
  /// Rows, label by label.
  private(set) var rows: [Int32]
  private var starts: [Int32]

  init(_ values: [Double], of count: Int) {
    self.count = count
    let labels = values.map { $0.isNaN ? Int32(count) : Int32($0) }
    var next = [Int32](repeating: 0, count: count + 2)
    for label in labels { next[Int(label) + 1] += 1 }
    var place = [Int32](repeating: 0, count: count + 1)
    for label in 0...count {
      if next[label + 1] > 0 {
        place[label] = Int32(present.count)
        present.append(label)
      }
      next[label + 1] += next[label]
    }
    starts = next
    positions = labels.map { place[Int($0)] }
    rows = [Int32](repeating: 0, count: labels.count)
    for (row, label) in labels.enumerated() {
      rows[Int(next[Int(label)])] = Int32(row)
      next[Int(label)] += 1
    }
  }

  func range(of label: Int) -> Range<Int> { Int(starts[label])..<Int(starts[label + 1]) }
}

/// Memory that grows.
private final class Room<Element: BitwiseCopyable> {
  private var memory: UnsafeMutableRawBufferPointer?

  deinit { memory?.deallocate() }

  var base: UnsafeMutablePointer<Element> { reserve(0) }

  /// Memory for so many elements, on a cache line of its own; what is in it is undefined.
  func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
    let bytes = max(count, 1) * MemoryLayout<Element>.stride
    if let memory, memory.count >= bytes, let base = memory.baseAddress {
      return base.assumingMemoryBound(to: Element.self)
    }
    memory?.deallocate()
    let new = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
    memory = new
    return new.bindMemory(to: Element.self).baseAddress.unsafelyUnwrapped
  }
}

extension RowContraction {
  /// Whether it is a slot's features, one by one, with nothing in front but a number for the whole row.
  fileprivate func copies(_ slot: TileSlot, times factor: TileSlot? = nil) -> Bool {
    let identity = [Contraction.Access.Axis.strided(index: 0, stride: 1)]
    let wanted = [Operand(.tile(slot), axes: identity)] + (factor.map { [Operand(.tile($0))] } ?? [])
    return coefficient == 1 && extents.count == 1 && offset == 0 && axes == identity && operands == wanted
  }
}
