extension Plan {
  /// Steps of rows that run tile by tile, and the chain that is solved over all rows after them.
  public struct Segment: Hashable, Sendable {
    /// Steps of a tile.
    public var steps: [Step]
    /// What needs all rows' tiles; nil for the last segment.
    public var chain: ChainBlock?
  }

  /// The steps of rows cut at every chain; repeated steps are written out where they hold one.
  public func segments(_ steps: [Step]) -> [Segment] {
    var segments = [Segment(steps: [], chain: nil)]
    func add(_ steps: [Step]) {
      for step in steps {
        switch step {
        case .chain(let block):
          segments[segments.count - 1].chain = block
          segments.append(Segment(steps: [], chain: nil))
        case .sweeps(let count, let inner) where holdsChain(inner): for _ in 0..<count { add(inner) }
        default: segments[segments.count - 1].steps.append(step)
        }
      }
    }
    add(steps)
    return segments
  }

  private func holdsChain(_ steps: [Step]) -> Bool {
    steps.contains { step in
      switch step {
      case .chain: true
      case .sweeps(_, let inner): holdsChain(inner)
      default: false
      }
    }
  }
}

extension Step {
  /// The slots of a tile that a step of rows reads.
  public var reads: Set<TileSlot> {
    switch self {
    case .statistic(_, let from, _): [from]
    case .fillMissing(let range): [range.slot]
    case .gather(_, let index, _): [index.slot]
    case .scatter(let from, let index, _): [from, index.slot]
    case .combine(let contraction, let adding):
      Set(
        contraction.operands.compactMap { if case .tile(let slot) = $0.place { slot } else { nil } }
          + (adding ? [contraction.output] : []))
    case .product(let ranges, _): Set(ranges.map(\.slot))
    case .affine(_, _, let features, let into, let adding):
      Set((features.map { [$0.slot] } ?? []) + (adding ? [into] : []))
    case .meanMap(_, _, let slot, _, let observed, _): Set([slot] + (observed.map { [$0] } ?? []))
    case .chain(let block): Set([block.mean, block.first.slot] + [block.weight, block.link].compactMap { $0 })
    case .accumulate(let rows, let features, _): Set([rows, features?.slot].compactMap { $0 })
    case .resume(let slot): [slot]
    case .sweeps(_, let steps): steps.reduce(into: []) { $0.formUnion($1.reads) }
    case .load, .clear, .contract, .expectations, .logPartition, .blend: []
    }
  }

  /// The slots of a tile that a step of rows writes.
  public var writes: Set<TileSlot> {
    switch self {
    case .load(_, let into): [into]
    case .statistic(_, _, let into), .fillMissing(let into): [into.slot]
    case .gather(_, _, let into), .product(_, let into), .affine(_, _, _, let into, _): [into]
    case .combine(let contraction, _): [contraction.output]
    case .meanMap(_, _, let slot, _, _, let normalizer): [slot, normalizer]
    case .chain(let block): Set([block.mean, block.normalizer] + (block.link.map { [$0] } ?? []))
    case .resume(let slot): [slot]
    case .sweeps(_, let steps): steps.reduce(into: []) { $0.formUnion($1.writes) }
    case .scatter, .accumulate, .clear, .contract, .expectations, .logPartition, .blend: []
    }
  }
}
