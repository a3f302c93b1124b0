import CKernels
import ExponentialFamilies
import PlanIR
import ReferenceBackend

/// One sweep, as the threads see it: everything is read only but a worker's tile, a chunk's sums, and a chunk's part of
/// the outputs.
struct Job {
  let executor: CPUExecutor
  let memory: [Pinned<Double>]
  let rows: RowSelection
  let list: UnsafePointer<Int32>?
  let tilesPerChunk: Int
  /// Whether chunks begin with sums of zero.
  let clearsSums: Bool
  let overrides: [TileSlot: PinnedOverride]
  /// What earlier sweeps left of each row of the data.
  var kept: [TileSlot: Pinned<Double>] = [:]
  /// The steps of a tile.
  let steps: [Step]
  /// What earlier steps left, row by row.
  let carried: [(slot: TileSlot, pointer: UnsafeMutablePointer<Double>)]
  /// What is copied out, row by row.
  let outputs: [(slot: TileSlot, pointer: UnsafeMutablePointer<Double>)]
  /// What works on the tile after the steps, in single precision; nil where the steps are all.
  var single: SingleSweep?

  var layout: TileLayout { executor.layout }
  var plan: Plan { executor.plan }

  /// The part of a tile's work that changes from tile to tile.
  struct Tile {
    /// First row of the tile within the selection.
    let position: Int
    let count: Int
    let base: UnsafeMutablePointer<Double>
    let sums: UnsafeMutablePointer<Double>
  }

  func run(chunk: Int, worker: Int) {
    let first = chunk * tilesPerChunk * layout.rows
    if clearsSums { executor.sums(of: chunk).update(repeating: 0, count: layout.sumCount) }
    run(first..<max(first, min(rows.count, first + tilesPerChunk * layout.rows)), chunk: chunk, worker: worker)
  }

  /// Runs the steps over some positions of the selection, tile by tile.
  func run(_ range: Range<Int>, chunk: Int, worker: Int) {
    let size = layout.rows
    // Copies of existential metadata and reference counts cost more than small tiles: hold them once a chunk.
    let steps = steps
    for position in stride(from: range.lowerBound, to: range.upperBound, by: size) {
      let tile = Tile(
        position: position, count: min(size, range.upperBound - position), base: executor.tiles(of: worker),
        sums: executor.sums(of: chunk))
      for slot in carried { copyIn(slot.slot, slot.pointer, tile) }
      run(steps, tile)
      single?.run(tile, worker: worker, job: self)
      for output in outputs { copyOut(output.slot, output.pointer, tile) }
    }
  }

  func slot(_ slot: TileSlot, _ tile: Tile) -> UnsafeMutablePointer<Double> {
    tile.base + layout.offsets[slot.index]
  }

  /// Where a stored feature of a slot lies.
  func feature(_ feature: Int, of slot: TileSlot, _ tile: Tile) -> UnsafeMutablePointer<Double> {
    tile.base + (layout.offsets[slot.index] + layout.place(of: feature, in: slot) * layout.stride)
  }

  private func run(_ steps: [Step], _ tile: Tile) {
    for step in steps {
      switch step {
      case .load(let input, let into): load(input, slot(into, tile), tile)
      case .statistic(let kernel, let from, let into): statistic(kernel, from, into, tile)
      case .fillMissing(let range): fillMissing(range, tile)
      case .gather(let table, let index, let into): gather(table, index, into, tile)
      case .scatter(let from, let index, let into): scatter(from, index, into, tile)
      case .combine(let contraction, let adding): combine(contraction, adding: adding, tile)
      case .chain: preconditionFailure("a chain within a tile")
      case .product(let ranges, let into): product(ranges, into, tile)
      case .affine(let weights, let bias, let features, let into, let adding):
        affine(weights, bias, features, into, adding: adding, tile)
      case .meanMap(let family, let shape, let mean, let members, let observed, let normalizer):
        meanMap(family, shape, mean, members, observed, normalizer, tile)
      case .accumulate(let rows, let features, let into): accumulate(rows, features, into, tile)
      case .resume(let slot): resume(slot, tile)
      case .sweeps(let count, let inner): for _ in 0..<count { run(inner, tile) }
      case .clear, .contract, .expectations, .logPartition, .blend:
        preconditionFailure("a step between sweeps among the steps of rows")
      }
    }
  }

  // MARK: Columns

  private func load(_ input: Int, _ into: UnsafeMutablePointer<Double>, _ tile: Tile) {
    let views = executor.inputs[input].views
    let centers = plan.inputs[input].centers
    let (ld, m) = (layout.stride, tile.count)
    guard let list else {
      guard case .range(let range) = rows else { return }
      let row = range.lowerBound + tile.position
      if let rowMajor = Self.rowMajorBase(views) {
        suffice_transpose(into, ld, rowMajor + row * views[0].stride, views[0].stride, views.count, m, centers)
      } else {
        for (i, view) in views.enumerated() {
          suffice_center(into + i * ld, view.base + row * view.stride, view.stride, m, centers[i])
        }
      }
      return
    }
    withUnsafeTemporaryAllocation(of: Int.self, capacity: max(m, 1)) { numbers in
      for i in 0..<m { numbers[i] = Int(list[tile.position + i]) }
      if let rowMajor = Self.rowMajorBase(views) {
        suffice_transpose_gather(into, ld, rowMajor, views[0].stride, numbers.baseAddress, views.count, m, centers)
      } else {
        for (i, view) in views.enumerated() {
          suffice_gather(into + i * ld, view.base, view.stride, numbers.baseAddress, m, centers[i])
        }
      }
    }
  }

  /// Where the rows after a tile begin and how far apart they are, where the plan reads one matrix or column in order.
  func nextRows(_ tile: Tile) -> (base: UnsafePointer<Double>, stride: Int)? {
    guard case .range(let range) = rows, executor.inputs.count == 1, tile.position + 2 * tile.count <= range.count,
      let views = executor.inputs.first?.views,
      let base = views.count == 1 ? views[0].base : Self.rowMajorBase(views)
    else { return nil }
    return (base + (range.lowerBound + tile.position + tile.count) * views[0].stride, views[0].stride)
  }

  /// The first element where the columns are those of a row-major matrix.
  private static func rowMajorBase(_ views: [InputColumns.View]) -> UnsafePointer<Double>? {
    guard views.count > 1, views[0].stride >= views.count else { return nil }
    let isMatrix = views.indices.allSatisfy {
      views[$0].stride == views[0].stride && views[$0].base == views[0].base + $0
    }
    return isMatrix ? views[0].base : nil
  }

  // MARK: Features

  private func statistic(_ kernel: StatisticKernel, _ from: TileSlot, _ into: TileRange, _ tile: Tile) {
    let (ld, m) = (layout.stride, tile.count)
    let x = slot(from, tile)
    let width = plan.tiles[from.index].width
    let target = feature(into.features.lowerBound, of: into.slot, tile)
    switch kernel {
    case .observed: for i in 0..<width { for row in 0..<m { target[i * ld + row] = x[i * ld + row].isNaN ? 0 : 1 } }
    case .logarithm: for i in 0..<width { for row in 0..<m { target[i * ld + row] = _log(x[i * ld + row]) } }
    case .value: for i in 0..<width { (target + i * ld).update(from: x + i * ld, count: m) }
    case .square: suffice_squares(target, ld, x, ld, width, m)
    case .outerProduct:
      // A fused segment is formed inside the contractions.
      if executor.segments(into).contains(where: { $0.outerOf != nil }) { return }
      suffice_outer(target, ld, x, ld, width, m)
    case .indicator(let shape):
      for (column, group) in shape.groupRanges.enumerated() {
        suffice_one_hot(target + group.lowerBound * ld, ld, x + column * ld, group.count, m)
      }
    case .split: suffice_one_hot(target, ld, x, into.features.count, m)
    case .reached:
      for k in 0..<into.features.count { for row in 0..<m { target[k * ld + row] = x[row] >= Double(k) ? 1 : 0 } }
    case .family, .logGamma, .power, .seen:
      for row in 0..<m {
        let values = rowStatistic(kernel, of: (0..<width).map { x[$0 * ld + row] }, width: into.features.count)
        for i in 0..<into.features.count { target[i * ld + row] = values[i] }
      }
    }
  }

  private func product(_ ranges: [TileRange], _ into: TileSlot, _ tile: Tile) {
    let (ld, m) = (layout.stride, tile.count)
    let target = slot(into, tile)
    let extents = ranges.map(\.features.count)
    let bases = ranges.map { feature($0.features.lowerBound, of: $0.slot, tile) }
    for p in 0..<extents.reduce(1, *) {
      let out = target + p * ld
      out.update(repeating: 1, count: m)
      var rest = p
      for r in ranges.indices.reversed() {
        let source = bases[r] + (rest % extents[r]) * ld
        rest /= extents[r]
        for i in 0..<m { out[i] *= source[i] }
      }
    }
  }

  // MARK: Contractions

  private func affine(
    _ weights: ParameterSlot?, _ bias: ParameterSlot?, _ features: TileRange?, _ into: TileSlot, adding: Bool,
    _ tile: Tile
  ) {
    let (ld, m) = (layout.stride, tile.count)
    let target = slot(into, tile)
    let labels = plan.tiles[into.index].width
    var bias = bias.flatMap { memory[$0.index].base }
    var adding = adding
    if let weights, let features, !features.features.isEmpty {
      for segment in executor.segments(features) {
        let packed = executor.packedWeights(weights, segment.features.lowerBound)
        if let source = segment.outerOf {
          suffice_scores_outer(
            target, ld, packed, bias, slot(source, tile), ld, labels, plan.tiles[source.index].width, m, adding ? 1 : 0)
        } else if executor.usesBLAS, let all = memory[weights.index].base {
          setRows(target, labels, bias, adding: adding, m)
          multiplyAdding(
            into: target, ld, rows: m, labels: labels,
            weights: all + (segment.features.lowerBound - features.features.lowerBound),
            features.features.count, features: feature(segment.features.lowerBound, of: features.slot, tile),
            segment.features.count)
        } else {
          suffice_scores(
            target, ld, packed, bias, feature(segment.features.lowerBound, of: features.slot, tile), ld, labels,
            segment.features.count, m, adding ? 1 : 0)
        }
        bias = nil
        adding = true
      }
      return
    }
    setRows(target, labels, bias, adding: adding, m)
  }

  /// Sets the rows of a slot to a bias, or adds it.
  private func setRows(
    _ target: UnsafeMutablePointer<Double>, _ labels: Int, _ bias: UnsafePointer<Double>?, adding: Bool, _ m: Int
  ) {
    for k in 0..<labels {
      let value = bias?[k] ?? 0
      let row = target + k * layout.stride
      if adding { for i in 0..<m { row[i] += value } } else { row.update(repeating: value, count: m) }
    }
  }

  private func accumulate(_ rows: TileSlot?, _ features: TileRange?, _ into: ParameterSlot, _ tile: Tile) {
    let (ld, m) = (layout.stride, tile.count)
    let sums = tile.sums + (layout.sumOffsets[into] ?? 0)
    guard let features else {
      guard let rows else { return sums[0] += Double(m) }
      return suffice_row_sums(sums, slot(rows, tile), ld, plan.tiles[rows.index].width, m)
    }
    let total = features.features.count
    for segment in executor.segments(features) {
      let first = segment.features.lowerBound - features.features.lowerBound
      let stored = feature(segment.features.lowerBound, of: features.slot, tile)
      if let rows {
        let r = slot(rows, tile)
        let labels = plan.tiles[rows.index].width
        if let source = segment.outerOf {
          suffice_accumulate_outer(
            sums + first, total, r, ld, slot(source, tile), ld, labels, plan.tiles[source.index].width, m)
        } else if executor.usesBLAS {
          accumulateProducts(
            into: sums + first, total, rows: m, labels: labels, r, ld, features: stored, segment.features.count)
        } else {
          suffice_accumulate(sums + first, total, r, ld, stored, ld, labels, segment.features.count, m)
        }
      } else if let source = segment.outerOf {
        // Without a row variable every row counts once.
        withUnsafeTemporaryAllocation(of: Double.self, capacity: ld) { ones in
          ones.initialize(repeating: 1)
          suffice_accumulate_outer(
            sums + first, total, ones.baseAddress, ld, slot(source, tile), ld, 1, plan.tiles[source.index].width, m)
        }
      } else {
        suffice_row_sums(sums + first, stored, ld, segment.features.count, m)
      }
    }
  }

  /// Sets a slot to what the last sweep left in each row, where it left anything.
  private func resume(_ target: TileSlot, _ tile: Tile) {
    guard overrides[target] == nil, let base = kept[target]?.base else { return }
    let (ld, width) = (layout.stride, plan.tiles[target.index].width)
    let values = slot(target, tile)
    for i in 0..<tile.count {
      let own = base + rows[tile.position + i] * width
      if (0..<width).contains(where: { own[$0].isNaN }) { continue }
      for k in 0..<width { values[k * ld + i] = own[k] }
    }
  }

  func copyIn(_ target: TileSlot, _ pointer: UnsafePointer<Double>?, _ tile: Tile) {
    guard let pointer else { return }
    let width = plan.tiles[target.index].width
    for segment in layout.segments[target.index] where segment.outerOf == nil {
      let first = segment.features.lowerBound
      suffice_transpose(
        feature(first, of: target, tile), layout.stride, pointer + (tile.position * width + first), width,
        segment.features.count, tile.count, nil)
    }
  }

  private func copyOut(_ source: TileSlot, _ pointer: UnsafeMutablePointer<Double>, _ tile: Tile) {
    let (ld, m) = (layout.stride, tile.count)
    let width = plan.tiles[source.index].width
    let out = pointer + tile.position * width
    if width == 1 { return out.update(from: slot(source, tile), count: m) }
    for segment in layout.segments[source.index] {
      let place = out + segment.features.lowerBound
      if let factor = segment.outerOf {
        copyOut(productsOf: slot(factor, tile), plan.tiles[factor.index].width, place, width, m)
        continue
      }
      let values = feature(segment.features.lowerBound, of: source, tile)
      // Some rows at a time: a cache line of a column at once.
      for first in stride(from: 0, to: m, by: 8) {
        let count = min(8, m - first)
        for k in 0..<segment.features.count {
          let (column, target) = (values + (k * ld + first), place + (first * width + k))
          for i in 0..<count { target[i * width] = column[i] }
        }
      }
    }
  }

  /// Copies products out that no tile holds.
  private func copyOut(
    productsOf x: UnsafePointer<Double>, _ dimension: Int, _ out: UnsafeMutablePointer<Double>, _ width: Int, _ m: Int
  ) {
    for row in 0..<m {
      var target = out + row * width
      for i in 0..<dimension {
        let factor = x[i * layout.stride + row]
        for j in 0...i { target[j] = factor * x[j * layout.stride + row] }
        target += i + 1
      }
    }
  }
}
