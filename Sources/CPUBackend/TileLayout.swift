import PlanIR

/// Where the slots of a tile lie in a worker's scratch memory, and how the rows are cut into tiles and chunks.
struct TileLayout {
  /// Part of a slot's features: stored, or products of another slot's features that kernels form as they go.
  struct Segment {
    let features: Range<Int>
    /// The slot whose outer products these are; nil for stored features.
    let outerOf: TileSlot?
  }

  /// From this dimension on, forming products inside the contractions beats reading them back from a tile that no
  /// longer fits the second-level cache.
  private static let smallestFusedDimension = 32
  /// Bytes of a tile that the second-level cache holds beside the weights.
  private static let tileBytes = 256 * 1024
  /// Chunks a sweep is cut into at most, and bytes that their sums may take.
  private static let chunks = 64
  private static let sumBytes = 96 << 20

  /// Rows of a tile.
  let rows: Int
  /// Distance between features, in doubles: whole vectors, and never a multiple of a page.
  let stride: Int
  /// First double of each slot, in which products that kernels form as they go have no place.
  let offsets: [Int]
  /// Doubles of a worker's scratch memory.
  let count: Int
  /// For each slot, its features in segments.
  let segments: [[Segment]]
  /// First double of each sum over rows in a chunk's memory, by parameter slot.
  let sumOffsets: [ParameterSlot: Int]
  /// Doubles of a chunk's sums.
  let sumCount: Int

  /// Lays a plan's tiles out, of so many rows each; nil for as many as the second-level cache holds.
  init(_ plan: Plan, rows chosen: Int? = nil) {
    var segments = plan.tiles.map { [Segment(features: 0..<$0.width, outerOf: nil)] }
    let rowSteps = plan.rows + (plan.density?.rows ?? [])
    for case .statistic(.outerProduct, let from, let into) in rowSteps
    where plan.tiles[from.index].width >= Self.smallestFusedDimension {
      // Products of products are read by value; only contractions know how to form them, and then all of them.
      if rowSteps.contains(where: { Self.reads($0, into.slot) || Self.cuts($0, into) }) { continue }
      segments[into.slot.index] = segments[into.slot.index].flatMap { segment -> [Segment] in
        guard segment.outerOf == nil, segment.features.overlaps(into.features) else { return [segment] }
        return [
          Segment(features: segment.features.lowerBound..<into.features.lowerBound, outerOf: nil),
          Segment(features: into.features, outerOf: from),
          Segment(features: into.features.upperBound..<segment.features.upperBound, outerOf: nil),
        ].filter { !$0.features.isEmpty }
      }
    }
    self.segments = segments
    let stored = segments.joined().reduce(0) { $0 + ($1.outerOf == nil ? $1.features.count : 0) }
    let fitting = Self.tileBytes / (8 * max(stored, 1)) / 8 * 8
    rows = chosen ?? min(max(fitting, 128), 256)
    stride = rows + 8
    var offset = 0
    var offsets: [Int] = []
    for parts in segments {
      offsets.append(offset)
      offset += parts.reduce(0) { $0 + ($1.outerOf == nil ? $1.features.count : 0) } * stride
    }
    self.offsets = offsets
    count = offset
    var sums: [ParameterSlot: Int] = [:]
    var sumCount = 0
    for slot in plan.rowSums {
      sums[slot] = sumCount
      // Chunks lie on cache lines of their own.
      sumCount += (plan.parameters[slot.index].count + 7) / 8 * 8
    }
    sumOffsets = sums
    self.sumCount = sumCount
  }

  /// Where a stored feature lies within its slot.
  func place(of feature: Int, in slot: TileSlot) -> Int {
    let parts = segments[slot.index]
    if parts.count == 1 { return feature }
    return parts.reduce(feature) { place, part in
      part.outerOf != nil && part.features.upperBound <= feature ? place - part.features.count : place
    }
  }

  private static func reads(_ step: Step, _ slot: TileSlot) -> Bool {
    switch step {
    case .product(let ranges, _): ranges.contains { $0.slot == slot }
    case .statistic(_, let from, _): from == slot
    case .combine, .scatter: step.reads.contains(slot)
    case .fillMissing(let range): range.slot == slot
    case .sweeps(_, let inner): inner.contains { reads($0, slot) }
    default: false
    }
  }

  /// Whether a contraction reads some, but not all, of a range.
  private static func cuts(_ step: Step, _ range: TileRange) -> Bool {
    switch step {
    case .affine(_, _, let features?, _, _), .accumulate(_, let features?, _):
      features.slot == range.slot && features.features.overlaps(range.features)
        && features.features.clamped(to: range.features) != range.features
    case .sweeps(_, let inner): inner.contains { cuts($0, range) }
    default: false
    }
  }

  /// How many chunks so many rows are cut into, and how many tiles each has: a matter of the rows alone, so that sums do
  /// not depend on the threads.
  func cut(_ count: Int) -> (chunks: Int, tilesPerChunk: Int) {
    let tiles = (count + rows - 1) / rows
    let limit = max(1, min(Self.chunks, Self.sumBytes / (8 * max(sumCount, 1))))
    let perChunk = max(1, (tiles + limit - 1) / limit)
    return ((tiles + perChunk - 1) / perChunk, perChunk)
  }
}
