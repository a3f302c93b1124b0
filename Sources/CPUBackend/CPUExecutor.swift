import CKernels
import ExponentialFamilies
import PlanIR
import ReferenceBackend

/// Runs a plan tile by tile on several threads.
final class CPUExecutor: Executor {
  /// Natural parameters that one task moves.
  private static let blendPart = 1 << 14

  let plan: Plan
  let inputs: [InputColumns]
  let layout: TileLayout
  let threads: Int
  /// Whether OpenBLAS multiplies stored features; the kernels form outer products in any case.
  let usesBLAS: Bool
  /// Tiles of each worker.
  private var scratch: [UnsafeMutablePointer<Double>] = []
  /// Weights in the order that the kernels read, by parameter slot and first feature.
  private var packed: [PackedKey: UnsafeMutablePointer<Double>] = [:]
  /// Sums of each chunk.
  private var partial: UnsafeMutablePointer<Double>
  private var partialCount = 0
  /// What one segment leaves for later ones.
  let buffers = RowBuffers()
  /// Memory of each worker for chains.
  private var chainScratch: [(base: UnsafeMutablePointer<Double>, capacity: Int)] = []
  /// Addresses of sums of products within a row, by the slot they go to.
  private var products: [[(contraction: RowContraction, products: RowProducts)]]

  /// What solves groups whose scores are rows of a table.
  let tableGroups: TableGroups?

  struct PackedKey: Hashable {
    let slot: ParameterSlot
    let feature: Int
  }

  /// What sweeps in single precision; nil where all is in double precision.
  private let single: SingleSweep?
  private(set) var precision: PrecisionUse

  init(
    plan: Plan, inputs: [InputColumns], threads: Int, usesBLAS: Bool, precision: Precision
  ) throws(BackendError) {
    self.usesBLAS = usesBLAS
    self.plan = plan
    self.inputs = inputs
    self.threads = threads
    (layout, single, self.precision) = Self.layOut(plan, threads: threads, precision)
    partial = UnsafeMutablePointer<Double>.allocate(capacity: 1)
    products = plan.tiles.map { _ in [] }
    try Self.requireRoom(plan, layout, rows: inputs.first?.count ?? 0, threads: threads)
    tableGroups = try TableGroups(plan, inputs: inputs, threads: threads, usesBLAS: usesBLAS)
    for _ in 0..<threads { scratch.append(Self.memory(layout.count)) }
    prepare(plan.rows + plan.marginals + (plan.density?.rows ?? []) + (plan.groups?.steps ?? []))
  }

  /// Tiles for the precision that a plan can have, and why it is not the one asked for.
  private static func layOut(
    _ plan: Plan, threads: Int, _ precision: Precision
  ) -> (layout: TileLayout, single: SingleSweep?, use: PrecisionUse) {
    if precision == .double { return (TileLayout(plan), nil, PrecisionUse()) }
    do throws(SingleForm.Obstacle) {
      let form = try SingleForm(plan)
      let layout = TileLayout(plan, rows: SingleSweep.tileRows(form))
      return (layout, SingleSweep(form, plan: plan, layout: layout, threads: threads), PrecisionUse())
    } catch {
      return (TileLayout(plan), nil, PrecisionUse(reasonForDouble: error.description))
    }
  }

  /// Asks for the memory of tiles, of sums over rows, and of the parameters, which callers copy to compare and to draw.
  private static func requireRoom(
    _ plan: Plan, _ layout: TileLayout, rows: Int, threads: Int
  ) throws(BackendError) {
    let parameters = plan.parameters.reduce(0) { $0 + $1.count }
    let sums = layout.cut(rows).chunks * layout.sumCount
    try Memory.require(
      Memory.bytes(2 * parameters + sums + layout.count * threads),
      for: "the \(parameters) parameters of \(plan.name) and the tiles of \(threads) thread\(threads == 1 ? "" : "s")")
    // Chains, and what one pass over the rows leaves to the next, need numbers of all rows.
    let parts = plan.segments(plan.rows)
    if parts.count == 1 { return }
    let kept = Set(parts.flatMap { $0.chain?.solved ?? [] })
    try Memory.require(
      Memory.bytes(rows, kept.reduce(0) { $0 + plan.tiles[$1.index].width }),
      for: "the row variables of \(rows) rows of \(plan.name)")
  }

  deinit {
    for pointer in scratch { pointer.deallocate() }
    for pointer in packed.values { pointer.deallocate() }
    for pointer in chainScratch { pointer.base.deallocate() }
    partial.deallocate()
  }

  /// Zeroed memory on a cache line of its own.
  static func memory(_ count: Int) -> UnsafeMutablePointer<Double> {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 8) * 8, alignment: 64)
    let pointer = raw.bindMemory(to: Double.self, capacity: max(count, 8))
    pointer.initialize(repeating: 0, count: max(count, 8))
    return pointer
  }

  func run(_ steps: [Step], on memory: inout ParameterMemory, rate: Double) {
    for step in steps {
      switch step {
      case .contract(let contraction): contract(contraction, on: &memory, threads: threads)
      case .expectations(let family, let shape, let members, let natural, let mean):
        let work = MemberWork(family, shape, members: members, threads: threads)
        let naturals = memory[natural]
        work.expectations(naturals, into: &memory[mean])
      case .logPartition(let family, let shape, let members, let natural, let coefficient, let into):
        let work = MemberWork(family, shape, members: members, threads: threads)
        memory[into][0] += coefficient * work.logPartition(memory[natural])
      case .clear(let slot):
        memory[slot].withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
      case .blend(let target, let into) where rate != 1:
        let goal = Pinned(memory[target])
        memory[into].withUnsafeMutableBufferPointer { values in
          guard let base = values.baseAddress, let goal = goal.base else { return }
          let (count, part) = (values.count, Self.blendPart)
          inParallel(threads, tasks: (count + part - 1) / part) { task, _ in
            for i in task * part..<min((task + 1) * part, count) { base[i] += rate * (goal[i] - base[i]) }
          }
        }
      default: interpret(step, on: &memory, rate: rate)
      }
    }
  }

  func sweep(
    _ rows: RowSelection, at memory: ParameterMemory, overrides: [TileSlot: RowOverride], outputs: [TileSlot]
  ) -> RowSweep {
    if overrides.isEmpty && outputs.isEmpty, let statistics = sweepSingle(rows, at: memory) {
      return RowSweep(statistics)
    }
    precision.doubleSweeps += 1
    let (chunks, tilesPerChunk) = layout.cut(rows.count)
    reservePartial(chunks)
    let steps = plan.rowSteps(for: outputs)
    pack(steps, memory)
    var results = outputs.map { slot in
      [Double](repeating: 0, count: rows.count * plan.tiles[slot.index].width)
    }
    let segments = segments(steps, outputs: outputs)
    for segment in segments {
      for slot in segment.leaves + segment.takes + (segment.chain?.solved ?? []) {
        buffers.reserve(slot, rows.count * plan.tiles[slot.index].width)
      }
    }
    var pairs: [ParameterSlot: [Double]] = [:]
    let pinned = overrides.mapValues(PinnedOverride.init)
    withRowNumbers(rows) { list in
      withPointers(&results) { pointers in
        for (position, segment) in segments.enumerated() {
          let isLast = position == segments.count - 1
          var job = Job(
            executor: self, memory: memory.values.map { Pinned($0) }, rows: rows, list: list,
            tilesPerChunk: tilesPerChunk, clearsSums: position == 0, overrides: pinned,
            kept: memory.rows.mapValues { Pinned($0) },
            steps: segment.steps, carried: segment.takes.map { ($0, buffers[$0]) },
            outputs: segment.leaves.map { ($0, buffers[$0]) } + (isLast ? Array(zip(outputs, pointers)) : []))
          withUnsafeMutablePointer(to: &job) { job in
            suffice_parallel(
              Int32(threads), chunks,
              { context, chunk, worker in
                context?.assumingMemoryBound(to: Job.self).pointee.run(chunk: chunk, worker: Int(worker))
              }, job)
          }
          if let chain = segment.chain {
            pairs[chain.pairs] = solve(
              chain, rows: rows.count, cross: memory[chain.cross],
              given: overrides[chain.mean]?.values(size: plan.tiles[chain.mean.index].width))
          }
        }
      }
    }
    return RowSweep(
      statistics(chunks, replacing: pairs), outputs: Dictionary(uniqueKeysWithValues: zip(outputs, results)))
  }

  /// Sweeps in single precision, where that is asked for and accurate enough; nil where it is not.
  private func sweepSingle(_ rows: RowSelection, at memory: ParameterMemory) -> RowStatistics? {
    guard let single else { return nil }
    if let reason = single.prepare(memory, executor: self) {
      precision.reasonForDouble = reason
      return nil
    }
    let (chunks, tilesPerChunk) = layout.cut(rows.count)
    reservePartial(chunks)
    withRowNumbers(rows) { list in
      let job = Job(
        executor: self, memory: [], rows: rows, list: list, tilesPerChunk: tilesPerChunk, clearsSums: true,
        overrides: [:], steps: single.form.steps, carried: [], outputs: [], single: single)
      inParallel(threads, tasks: chunks) { chunk, worker in job.run(chunk: chunk, worker: worker) }
    }
    guard let statistics = single.finished(statistics(chunks), threads: threads) else {
      precision.reasonForDouble = "numbers were out of the range of floats"
      return nil
    }
    precision.singleSweeps += 1
    return statistics
  }

  /// Makes room for the sums of so many chunks.
  func reservePartial(_ chunks: Int) {
    if partialCount >= chunks * layout.sumCount { return }
    partial.deallocate()
    partialCount = chunks * layout.sumCount
    partial = Self.memory(partialCount)
  }

  /// Adds up the sums of all chunks, chunk after chunk: an order that no thread can change.
  ///
  /// - Parameter known: Sums that are not in the chunks.
  func statistics(_ chunks: Int, replacing known: [ParameterSlot: [Double]] = [:]) -> RowStatistics {
    let slots = plan.rowSums
    let sums = slots.map { slot -> [Double] in
      if let sums = known[slot] { return sums }
      let base = partial + (layout.sumOffsets[slot] ?? 0)
      let size = plan.parameters[slot.index].count
      return [Double](unsafeUninitializedCapacity: size) { sums, count in
        count = size
        guard let target = sums.baseAddress, size > 0 else { return }
        var reduction = Reduction(
          target: target, count: size, partial: base, stride: layout.sumCount, chunks: chunks)
        withUnsafeMutablePointer(to: &reduction) { reduction in
          suffice_parallel(
            Int32(chunks > 1 ? threads : 1), (size + Reduction.part - 1) / Reduction.part,
            { context, part, _ in context?.assumingMemoryBound(to: Reduction.self).pointee.run(part) }, reduction)
        }
      }
    }
    return RowStatistics(slots: slots, sums: sums)
  }

  /// Memory for chains, so many doubles for each of so many workers.
  func chainScratch(_ count: Int, workers: Int) -> [UnsafeMutablePointer<Double>] {
    for worker in 0..<workers {
      if worker == chainScratch.count {
        chainScratch.append((Self.memory(count), count))
      } else if chainScratch[worker].capacity < count {
        chainScratch[worker].base.deallocate()
        chainScratch[worker] = (Self.memory(count), count)
      }
    }
    return chainScratch.map(\.base)
  }

  private func withRowNumbers(_ rows: RowSelection, _ body: (UnsafePointer<Int32>?) -> Void) {
    if case .list(let list) = rows {
      list.withUnsafeBufferPointer { body($0.baseAddress) }
    } else {
      body(nil)
    }
  }

  private func withPointers(_ arrays: inout [[Double]], _ body: ([UnsafeMutablePointer<Double>]) -> Void) {
    // The arrays are unique and keep their memory while nobody else writes them.
    var pointers: [UnsafeMutablePointer<Double>] = []
    let empty = UnsafeMutablePointer<Double>.allocate(capacity: 1)
    defer { empty.deallocate() }
    for i in arrays.indices {
      arrays[i].withUnsafeMutableBufferPointer { pointers.append($0.baseAddress ?? empty) }
    }
    body(pointers)
  }

  // MARK: Weights

  /// Makes room for packed weights, and lists the addresses of sums of products.
  private func prepare(_ steps: [Step]) {
    for step in steps {
      switch step {
      case .combine(let contraction, _):
        let slot = contraction.output.index
        if products[slot].contains(where: { $0.contraction == contraction }) { continue }
        products[slot].append((contraction, RowProducts(contraction, width: plan.tiles[slot].width)))
      case .affine(let weights?, _, let features?, let into, _):
        for segment in segments(features) {
          packed[PackedKey(slot: weights, feature: segment.features.lowerBound)] =
            Self.memory(plan.tiles[into.index].width * segment.features.count)
        }
      case .sweeps(_, let inner): prepare(inner)
      default: break
      }
    }
  }

  func pack(_ steps: [Step], _ memory: ParameterMemory) {
    for step in steps {
      switch step {
      case .affine(let weights?, _, let features?, let into, _):
        let total = features.features.count
        memory[weights].withUnsafeBufferPointer { values in
          guard let base = values.baseAddress else { return }
          for segment in segments(features) {
            let first = segment.features.lowerBound
            guard let target = packed[PackedKey(slot: weights, feature: first)] else { continue }
            suffice_pack_weights(
              target, base + (first - features.features.lowerBound), total, plan.tiles[into.index].width,
              segment.features.count)
          }
        }
      case .sweeps(_, let inner): pack(inner, memory)
      default: break
      }
    }
  }

  func packedWeights(_ slot: ParameterSlot, _ feature: Int) -> UnsafeMutablePointer<Double>? {
    packed[PackedKey(slot: slot, feature: feature)]
  }

  /// The addresses of a sum of products within a row.
  func products(_ contraction: RowContraction) -> RowProducts {
    let known = products[contraction.output.index]
    if known.count == 1 { return known[0].products }
    // All contractions of the plan are listed.
    return known.first { $0.contraction == contraction }.unsafelyUnwrapped.products
  }

  /// The segments of a range of features.
  func segments(_ range: TileRange) -> [TileLayout.Segment] {
    layout.segments[range.slot.index].compactMap { segment in
      let features = segment.features.clamped(to: range.features)
      // A fused segment is read whole or not at all.
      return features.isEmpty ? nil : TileLayout.Segment(features: features, outerOf: segment.outerOf)
    }
  }

  func tiles(of worker: Int) -> UnsafeMutablePointer<Double> { scratch[worker] }
  func sums(of chunk: Int) -> UnsafeMutablePointer<Double> { partial + chunk * layout.sumCount }
}

/// The sums of all chunks of one slot, part by part.
private struct Reduction {
  /// Numbers of a part: its target stays in the first-level cache.
  static let part = 2048

  let target: UnsafeMutablePointer<Double>
  let count: Int
  let partial: UnsafePointer<Double>
  let stride: Int
  let chunks: Int

  func run(_ part: Int) {
    let first = part * Self.part
    let length = min(Self.part, count - first)
    (target + first).update(repeating: 0, count: length)
    for chunk in 0..<chunks {
      suffice_multiply_add(target + first, partial + chunk * stride + first, nil, 1, length, 1)
    }
  }
}

/// Expectations that take the place of computed ones, as threads read them.
enum PinnedOverride {
  case values(Pinned<Double>)
  case labels(Pinned<Int32>)

  init(_ override: RowOverride) {
    switch override {
    case .values(let values): self = .values(Pinned(values))
    case .labels(let labels): self = .labels(Pinned(labels))
    }
  }
}

/// An array that threads read while the owner waits.
struct Pinned<Element: BitwiseCopyable> {
  private let values: [Element]
  let base: UnsafePointer<Element>?

  init(_ values: [Element]) {
    self.values = values
    // An array's storage does not move while a copy of it is alive and nobody writes it.
    base = values.withUnsafeBufferPointer { $0.baseAddress }
  }

  var count: Int { values.count }
}
