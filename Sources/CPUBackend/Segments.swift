import PlanIR

/// Numbers of all rows that outlive a tile, row by row; kept from sweep to sweep.
final class RowBuffers {
  private var pointers: [TileSlot: (base: UnsafeMutablePointer<Double>, capacity: Int)] = [:]

  deinit { for pointer in pointers.values { pointer.base.deallocate() } }

  /// Makes room for a slot of so many numbers; what is in it is undefined.
  func reserve(_ slot: TileSlot, _ count: Int) {
    if let known = pointers[slot] {
      if known.capacity >= count { return }
      known.base.deallocate()
    }
    pointers[slot] = (CPUExecutor.memory(count), max(count, 8))
  }

  subscript(slot: TileSlot) -> UnsafeMutablePointer<Double> {
    // Every slot that a segment takes or leaves has been reserved.
    pointers[slot].unsafelyUnwrapped.base
  }
}

extension ChainBlock {
  /// What solving the chain leaves.
  var solved: [TileSlot] { [mean, normalizer] + (link.map { [$0] } ?? []) }
}

extension CPUExecutor {
  /// A plan's segment with what it needs of other segments.
  struct Segment {
    var steps: [Step]
    let chain: ChainBlock?
    /// Slots that earlier segments left.
    var takes: [TileSlot] = []
    /// Slots that later segments or the chain need.
    var leaves: [TileSlot] = []
  }

  /// The segments of some steps: data are read again by each, everything else is carried over.
  func segments(_ steps: [Step], outputs: [TileSlot]) -> [Segment] {
    let parts = plan.segments(steps)
    var segments = parts.map { Segment(steps: $0.steps, chain: $0.chain) }
    if segments.count == 1 { return segments }
    let all = parts.flatMap(\.steps)
    let data = Self.dataSlots(all, chains: parts.compactMap(\.chain))
    let prelude = all.filter { Self.formsData($0) && $0.writes.isSubset(of: data) }
    for i in segments.indices {
      let own = segments[i].steps.filter { !(Self.formsData($0) && $0.writes.isSubset(of: data)) }
      // Everything that this segment reads of data, and what that takes, in order.
      var needed = own.reduce(into: Set<TileSlot>()) { $0.formUnion($1.reads) }
      if i == segments.count - 1 { needed.formUnion(outputs) }
      if let chain = segments[i].chain { needed.formUnion(Self.taken(by: chain)) }
      var kept: [Step] = []
      for step in prelude.reversed() where !step.writes.isDisjoint(with: needed) {
        kept.append(step)
        needed.formUnion(step.reads)
      }
      segments[i].steps = kept.reversed() + own
      // What others wrote before.
      var written: Set<TileSlot> = data
      var takes: Set<TileSlot> = []
      for step in own {
        takes.formUnion(step.reads.subtracting(written))
        written.formUnion(step.writes)
      }
      if i == segments.count - 1 { takes.formUnion(Set(outputs).subtracting(written)) }
      var earlier = Set(segments[..<i].flatMap { $0.steps.flatMap(\.writes) })
      earlier.formUnion(segments[..<i].compactMap(\.chain).flatMap(\.solved))
      segments[i].takes = takes.intersection(earlier).sorted { $0.index < $1.index }
    }
    for i in segments.indices {
      var leaves = Set(segments[(i + 1)...].flatMap(\.takes))
      leaves = leaves.intersection(Set(segments[i].steps.flatMap(\.writes)))
      if let chain = segments[i].chain {
        leaves.formUnion(Self.taken(by: chain) + chain.solved.filter { $0 != chain.normalizer })
      }
      segments[i].leaves = leaves.sorted { $0.index < $1.index }
    }
    return segments
  }

  /// What a chain reads of data.
  private static func taken(by chain: ChainBlock) -> [TileSlot] {
    [chain.first.slot] + (chain.weight.map { [$0] } ?? [])
  }

  /// Whether a step forms what only data enter, where its operands are such.
  private static func formsData(_ step: Step) -> Bool {
    switch step {
    case .load, .statistic, .fillMissing, .product, .gather, .combine: true
    default: false
    }
  }

  /// The slots that can be formed anew in every segment: all that writes them reads data only, and nothing else reads
  /// them before they are whole.
  private static func dataSlots(_ steps: [Step], chains: [ChainBlock]) -> Set<TileSlot> {
    var data = Set(steps.flatMap(\.writes))
    for chain in chains { data.subtract(chain.solved) }
    var isSettled = false
    while !isSettled {
      isSettled = true
      var read: Set<TileSlot> = []
      for step in steps {
        let writes = step.writes.intersection(data)
        let isData = formsData(step) && step.reads.isSubset(of: data) && writes == step.writes
        if !isData { read.formUnion(step.reads) }
        let lost = isData ? writes.intersection(read) : writes
        if !lost.isEmpty {
          data.subtract(lost)
          isSettled = false
        }
      }
    }
    return data
  }
}
