import CKernels
import ExponentialFamilies
import PlanIR
import ReferenceBackend

/// Numbers of all rows that outlive a tile, row by row.
struct RowBuffers {
  private var pointers: [TileSlot: UnsafeMutablePointer<Double>] = [:]

  init(_ plan: Plan, slots: Set<TileSlot>, rows: Int) {
    for slot in slots {
      let count = max(rows * plan.tiles[slot.index].width, 1)
      let pointer = UnsafeMutablePointer<Double>.allocate(capacity: count)
      pointer.initialize(repeating: 0, count: count)
      pointers[slot] = pointer
    }
  }

  subscript(slot: TileSlot) -> UnsafeMutablePointer<Double> {
    // Every slot that a segment takes or leaves has a buffer.
    pointers[slot].unsafelyUnwrapped
  }

  mutating func release() {
    for pointer in pointers.values { pointer.deallocate() }
    pointers = [:]
  }
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
    // What only data enter can be formed anew.
    var data: Set<TileSlot> = []
    var prelude: [Step] = []
    for step in parts[0].steps {
      switch step {
      case .load, .statistic, .fillMissing, .product, .gather, .combine:
        if step.reads.isSubset(of: data) || step.reads.isEmpty {
          data.formUnion(step.writes)
          prelude.append(step)
        }
      default: continue
      }
    }
    for i in segments.indices {
      let own = segments[i].steps.filter { !prelude.contains($0) }
      // Everything that this segment reads of data, and what that takes, in order.
      var needed = own.reduce(into: Set<TileSlot>()) { $0.formUnion($1.reads) }
      if i == segments.count - 1 { needed.formUnion(outputs) }
      if let chain = segments[i].chain { needed.insert(chain.first.slot) }
      var kept: [Step] = []
      for step in prelude.reversed() where !step.writes.isDisjoint(with: needed) {
        kept.append(step)
        needed.formUnion(step.reads)
      }
      segments[i].steps = kept.reversed() + own
      // What others wrote before.
      var written = Set(kept.flatMap(\.writes))
      var takes: Set<TileSlot> = []
      for step in own {
        takes.formUnion(step.reads.subtracting(written).subtracting(data))
        written.formUnion(step.writes)
      }
      if i == segments.count - 1 { takes.formUnion(Set(outputs).subtracting(written).subtracting(data)) }
      segments[i].takes = Array(takes).sorted { $0.index < $1.index }
    }
    for i in segments.indices {
      var leaves = Set(segments[(i + 1)...].flatMap(\.takes))
      leaves = leaves.intersection(Set(segments[i].steps.flatMap(\.writes)))
      if let chain = segments[i].chain { leaves.formUnion([chain.mean, chain.first.slot, chain.normalizer]) }
      segments[i].leaves = Array(leaves).sorted { $0.index < $1.index }
    }
    return segments
  }

  /// Solves a chain over buffers of all rows, sequence by sequence; returns its sums over neighbours.
  func solve(
    _ chain: ChainBlock, rows: Int, _ buffers: inout RowBuffers, cross: [Double], given: [Double]?
  ) -> [Double] {
    let d = chain.shape.dimension
    let width = plan.tiles[chain.mean.index].width
    let firstWidth = plan.tiles[chain.first.slot.index].width
    let (mean, normalizer) = (buffers[chain.mean], buffers[chain.normalizer])
    let first = buffers[chain.first.slot] + chain.first.features.lowerBound
    var starts = (0..<rows).filter { $0 == 0 || first[$0 * firstWidth] != 0 }
    starts.append(rows)
    var pairs = [Double](repeating: 0, count: d * d)
    if let given { for i in given.indices { mean[i] = given[i] } }
    for (start, end) in zip(starts, starts.dropFirst()) {
      if given != nil {
        for t in start..<end { normalizer[t] = 0 }
        for t in (start + 1)..<max(end, start + 1) {
          for a in 0..<d { for b in 0..<d { pairs[a * d + b] += mean[(t - 1) * width + a] * mean[t * width + b] } }
        }
        continue
      }
      var sequence = (start..<end).map { t in (0..<width).map { mean[t * width + $0] } }
      let logs =
        chain.family.type.domain == .label
        ? solveLabels(&sequence, cross: cross, pairs: &pairs) : solveVectors(&sequence, cross: cross, pairs: &pairs)
      for (t, row) in zip(start..<end, sequence) {
        normalizer[t] = logs[t - start]
        for i in 0..<width { mean[t * width + i] = row[i] }
      }
    }
    return pairs
  }
}
