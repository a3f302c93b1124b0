import CKernels
import PlanIR

extension CPUExecutor: GroupExecutor {
  /// Rows that are solved before their sums are formed: their scores stay in the cache.
  private static let blockRows = 1024
  /// Chunks there are even where their sums are large.
  private static let fewestChunks = 4

  func sweepGroups(_ rows: [Int32], memory: inout ParameterMemory) -> RowStatistics {
    if let tableGroups { return tableGroups.sweep(rows, memory: &memory) }
    return statistics(solve(rows, from: .prior, sums: true, memory: &memory))
  }

  func solveGroups(_ rows: [Int32], from start: GroupStart, memory: inout ParameterMemory) {
    if let tableGroups { return tableGroups.solve(rows, from: start, memory: &memory) }
    _ = solve(rows, from: start, sums: false, memory: &memory)
  }

  /// Solves groups of rows, and adds up each chunk's statistics where its sums are asked for; the number of chunks.
  private func solve(_ rows: [Int32], from start: GroupStart, sums: Bool, memory: inout ParameterMemory) -> Int {
    guard let block = plan.groups else { return 0 }
    let (starts, labels) = groupStarts(rows, block)
    let width = plan.tiles[block.mean.index].width
    let chunks = chunkCount(rows.count, width)
    // Chunks of whole groups, cut by the rows alone.
    let target = max(1, (rows.count + chunks - 1) / chunks)
    var cuts = [0]
    for g in starts.indices.dropFirst() where starts[g] - starts[cuts[cuts.count - 1]] >= target { cuts.append(g) }
    if cuts[cuts.count - 1] != starts.count - 1 { cuts.append(starts.count - 1) }
    let count = cuts.count - 1
    reservePartial(count)
    pack(block.steps + plan.rows, memory)
    let longest = zip(starts, starts.dropFirst()).map { $1 - $0 }.max() ?? 0
    let room = Self.blockRows + longest
    let scratch = (0..<threads).map { _ in
      (
        scores: Self.memory(room * width), weights: Self.memory(room), labels: Self.memory(room),
        work: Self.memory(suffice_membership_scratch(room, width) + 2 * width)
      )
    }
    defer { for s in scratch { for pointer in [s.scores, s.weights, s.labels, s.work] { pointer.deallocate() } } }
    // The parameters that groups write must not be held twice, or they would be copied.
    let pinned = memory.values.indices.map { Pinned<Double>($0 == block.natural.index ? [] : memory.values[$0]) }
    memory[block.natural].withUnsafeMutableBufferPointer { natural in
      rows.withUnsafeBufferPointer { list in
        guard let naturals = natural.baseAddress else { return }
        var work = GroupWork(
          executor: self, block: block, start: start, sums: sums, memory: pinned, rows: rows, list: list.baseAddress,
          starts: starts, cuts: cuts,
          naturals: naturals, width: width, scratch: scratch)
        withUnsafeMutablePointer(to: &work) { work in
          suffice_parallel(
            Int32(threads), count,
            { context, chunk, worker in
              context?.assumingMemoryBound(to: GroupWork.self).pointee.run(chunk: chunk, worker: Int(worker))
            }, work)
        }
      }
    }
    // Expectations of the groups that were solved.
    let naturals = memory[block.natural]
    memory[block.expected].withUnsafeMutableBufferPointer { expected in
      guard let target = expected.baseAddress else { return }
      for label in labels {
        let base = label * width
        for k in 0..<width { target[base + k] = naturals[base + k] + 1 }
        suffice_dirichlet_expectations(target + base, target + base, width, 1)
      }
    }
    return count
  }

  /// How many chunks: fewer where their sums would cost more than the rows, as those of a large table do.
  ///
  /// A matter of the rows alone.
  private func chunkCount(_ rows: Int, _ width: Int) -> Int {
    max(1, min(layout.cut(rows).chunks, max(Self.fewestChunks, rows * width / max(layout.sumCount, 1))))
  }

  /// The column of groups.
  private func groupView(_ block: GroupBlock) -> InputColumns.View? {
    for case .load(let input, block.index.slot) in block.steps {
      return inputs[input].views[block.index.features.lowerBound]
    }
    return nil
  }

  /// The positions at which groups begin, and the end; and the groups.
  private func groupStarts(_ rows: [Int32], _ block: GroupBlock) -> (starts: [Int], labels: [Int]) {
    guard let view = groupView(block) else { return ([0, rows.count], [0]) }
    let (base, stride) = (view.base, view.stride)
    var (starts, labels): ([Int], [Int]) = ([], [])
    var last = -1
    for (position, row) in rows.enumerated() {
      let label = Int(base[Int(row) * stride])
      if label != last {
        starts.append(position)
        labels.append(label)
      }
      last = label
    }
    return (starts + [rows.count], labels)
  }
}

/// One sweep over groups, as the threads see it: a chunk writes its own groups' parameters and its own sums.
struct GroupWork {
  let executor: CPUExecutor
  let block: GroupBlock
  let start: GroupStart
  /// Whether the rows' statistics are added up.
  let sums: Bool
  let memory: [Pinned<Double>]
  let rows: [Int32]
  let list: UnsafePointer<Int32>?
  let starts: [Int]
  let cuts: [Int]
  let naturals: UnsafeMutablePointer<Double>
  let width: Int
  let scratch:
    [(
      scores: UnsafeMutablePointer<Double>, weights: UnsafeMutablePointer<Double>, labels: UnsafeMutablePointer<Double>,
      work: UnsafeMutablePointer<Double>
    )]

  func run(chunk: Int, worker: Int) {
    if sums { executor.sums(of: chunk).update(repeating: 0, count: executor.layout.sumCount) }
    let own = scratch[worker]
    var group = cuts[chunk]
    while group < cuts[chunk + 1] {
      var end = group + 1
      while end < cuts[chunk + 1] && starts[end + 1] - starts[group] <= 1024 { end += 1 }
      let range = starts[group]..<starts[end]
      // Buffers are addressed by position in the selection.
      let scores = own.scores - range.lowerBound * width
      let weights = own.weights - range.lowerBound
      let labels = own.labels - range.lowerBound
      var outputs = [(slot: block.mean, pointer: scores), (slot: block.index.slot, pointer: labels)]
      if let weight = block.weight { outputs.append((weight, weights)) }
      job(block.steps, carried: [], outputs: outputs).run(range, chunk: chunk, worker: worker)
      for g in group..<end {
        solve(starts[g]..<starts[g + 1], scores, weights, label: Int(labels[starts[g]]), own.work)
      }
      if sums {
        job(executor.plan.rows, carried: [(block.mean, scores)], outputs: []).run(range, chunk: chunk, worker: worker)
      }
      group = end
    }
  }

  private func job(
    _ steps: [Step], carried: [(slot: TileSlot, pointer: UnsafeMutablePointer<Double>)],
    outputs: [(slot: TileSlot, pointer: UnsafeMutablePointer<Double>)]
  ) -> Job {
    Job(
      executor: executor, memory: memory, rows: .list(rows), list: list, tilesPerChunk: 0, clearsSums: false,
      overrides: [:], steps: steps, carried: carried, outputs: outputs)
  }

  private func solve(
    _ range: Range<Int>, _ scores: UnsafeMutablePointer<Double>, _ weights: UnsafeMutablePointer<Double>, label: Int,
    _ work: UnsafeMutablePointer<Double>
  ) {
    let e = scores + range.lowerBound * width
    suffice_exp_rows(e, e, range.count, width)
    let (prior, alpha) = (work, work + width)
    let natural = naturals + label * width
    guard let known = memory[block.prior.index].base else { return }
    for k in 0..<width {
      prior[k] = known[label * width + k] + 1
      alpha[k] = start == .prior ? prior[k] : natural[k] + 1
    }
    _ = suffice_membership(
      e, e, block.weight == nil ? nil : weights + range.lowerBound, prior, alpha, range.count, width, block.rounds,
      block.tolerance, work + 2 * width)
    for k in 0..<width { natural[k] = alpha[k] - 1 }
  }
}
