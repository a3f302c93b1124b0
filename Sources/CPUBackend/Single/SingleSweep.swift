import CKernels
import ExponentialFamilies
import PlanIR

/// Sweeps whose tiles, weights, scores and probabilities are floats, and whose sums over rows are doubles.
///
/// Features are those of coordinates in which the data are of order one (``AffineFrame``). Few columns go further: each
/// label has coordinates of its own, in which its scores are −‖z‖², and sums are of z and its products.
final class SingleSweep {
  /// How far rounding may move a score, in nats, before a sweep is left to double precision.
  private static let allowance = 2e-3
  /// Rounding of one float, relative to it.
  private static let rounding = 0x1p-24
  /// Bits of a nat: scores are logarithms to base 2.
  private static let perBit = 1.4426950408889634
  /// Rows, evenly spaced, that the coordinates are made for.
  private static let frameRows = 2048
  /// Bytes of a tile's probabilities that the first-level cache holds beside the data, and of a tile that the second does.
  private static let (smallBytes, tileBytes) = (24 * 1024, 256 * 1024)

  /// How a sweep forms scores.
  private enum Path {
    case whitened
    case contracted
  }

  let form: SingleForm
  let plan: Plan
  /// Rows of a tile.
  let rows: Int
  /// Distance between features, in floats.
  private let stride: Int
  private let whitens: Bool
  private let segments: [TileLayout.Segment]
  /// First double of each sum in a chunk's memory, by the number of its slot.
  private let sumOffsets: [Int]
  private var path = Path.contracted
  /// Coordinates of each quadratic form; nil before they are made.
  private var frames: [AffineFrame]?
  private var inverses: [(basis: [Double], shift: [Double])] = []
  /// Coordinates of each label, within those of all.
  private var labelFrames: [AffineFrame] = []
  /// Magnitudes of the plain features.
  private var magnitudes: [Double] = []
  /// What is taken from all scores, and returned to the logarithms of normalizers.
  private var common = 0.0
  private var packed: [Float] = []
  private var bias: [Float] = []
  private var scratch: [UnsafeMutablePointer<Float>] = []
  private let ones: [Double]
  private let zeros: [Double]

  /// Rows of a tile that suits floats.
  static func tileRows(_ form: SingleForm) -> Int {
    if dimension(whitened: form) != nil { return min(max(smallBytes / (4 * form.labels) / 64 * 64, 128), 512) }
    let stored = form.quadratics.reduce(form.width) { $0 - ($1.dimension >= 32 ? $1.products.count : 0) } + form.labels
    return min(max(tileBytes / (4 * stored) / 64 * 64, 128), 512)
  }

  /// The dimension of rows that are one quadratic form of few columns, each counted once a label.
  private static func dimension(whitened form: SingleForm) -> Int? {
    guard form.quadratics.count == 1, form.plain.isEmpty, form.quadratics[0].dimension <= whitenedDimensions,
      !form.quadratics[0].isDiagonal || form.quadratics[0].dimension == 1
    else { return nil }
    for case .features in form.sums { return nil }
    return form.quadratics[0].dimension
  }

  private static let whitenedDimensions = Int(SUFFICE_WHITENED_DIMENSIONS)

  init(_ form: SingleForm, plan: Plan, layout: TileLayout, threads: Int) {
    self.form = form
    self.plan = plan
    rows = layout.rows
    stride = layout.rows + 16
    whitens = Self.dimension(whitened: form) != nil
    segments = layout.segments[form.block.index]
    sumOffsets = plan.parameters.indices.map { layout.sumOffsets[ParameterSlot($0)] ?? 0 }
    ones = [Double](repeating: 1, count: form.width)
    zeros = [Double](repeating: 0, count: form.width)
    // Features, probabilities, the rows' factors, weights.
    let count = (form.width + form.labels + 2) * stride
    for _ in 0..<threads {
      let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
      scratch.append(raw.initializeMemory(as: Float.self, repeating: 0, count: count))
    }
  }

  deinit { for pointer in scratch { pointer.deallocate() } }

  // MARK: Before a sweep

  /// Puts weights into coordinates, and says why the sweep should run in double precision; nil where it need not.
  func prepare(_ memory: ParameterMemory, executor: CPUExecutor) -> String? {
    if frames == nil { makeFrames(executor) }
    guard let frames else { return nil }
    let (weights, bias) = (memory[form.weights], form.bias.map { memory[$0] })
    var scores = [LabelScores](repeating: LabelScores(weights: []), count: form.labels)
    scores.withUnsafeMutableBufferPointer { scores in
      let scores = scores
      inParallel(executor.threads, tasks: scores.count) { k, _ in
        let own = Array(weights[k * form.width..<(k + 1) * form.width])
        scores[k] = LabelScores(own, constant: bias?[k] ?? 0, form, frames, magnitudes: magnitudes)
      }
    }
    let allowed = Self.allowance / Self.rounding
    if whitens, scores.allSatisfy({ $0.distance <= allowed }) {
      packWhitened(scores)
      return nil
    }
    guard scores.allSatisfy({ $0.magnitude <= allowed }) else {
      return
        "rounding to floats might move scores by \(Self.allowance) or more: a cluster is narrow beside its distance"
    }
    packContracted(scores)
    return nil
  }

  private func packContracted(_ scores: [LabelScores]) {
    path = .contracted
    common = scores.reduce(-.infinity) { max($0, $1.constant) }
    bias = scores.map { Float(($0.constant - common) * Self.perBit) }
    let weights = scores.flatMap { $0.weights.map { $0 * Self.perBit } }
    packed = [Float](repeating: 0, count: weights.count)
    packed.withUnsafeMutableBufferPointer { packed in
      weights.withUnsafeBufferPointer { weights in
        guard let target = packed.baseAddress, let base = weights.baseAddress else { return }
        for segment in segments {
          let first = segment.features.lowerBound
          suffice_single_pack_weights(
            target + first * form.labels, base + first, form.width, form.labels, segment.features.count)
        }
      }
    }
  }

  /// Scores to base 2: top − ‖z‖² with z = √(log₂(e) / 2) Lᵀ (y − centre).
  private func packWhitened(_ scores: [LabelScores]) {
    path = .whitened
    common = scores.reduce(-.infinity) { max($0, $1.top) }
    let root = (0.5 * Self.perBit).squareRoot()
    let n = form.quadratics[0].dimension
    packed.removeAll(keepingCapacity: true)
    labelFrames = scores.compactMap { scores in
      scores.frame.map {
        AffineFrame(shift: $0.shift, basis: $0.basis.map { $0 / root }, isDiagonal: $0.isDiagonal)
      }
    }
    for (scores, frame) in zip(scores, labelFrames) {
      packed.append(Float((scores.top - common) * Self.perBit))
      // The inverse of an upper triangle, row by row.
      var upper = [Double](repeating: 0, count: n * n)
      for j in 0..<n {
        for i in (0...j).reversed() {
          var sum = i == j ? 1.0 : 0.0
          for l in i..<j { sum -= frame.basis[i * n + l + 1] * upper[(l + 1) * n + j] }
          upper[i * n + j] = sum / frame.basis[i * n + i]
        }
      }
      for i in 0..<n { for j in i..<n { packed.append(Float(upper[i * n + j])) } }
      for i in 0..<n {
        // With the rounded factors: the centre itself has z = 0 up to one rounding.
        packed.append(Float((i..<n).reduce(0) { $0 + Double(Float(upper[i * n + $1])) * frame.shift[$1] }))
      }
    }
  }

  /// Coordinates that suit some of the rows.
  private func makeFrames(_ executor: CPUExecutor) {
    let count = executor.inputs.first?.count ?? 0
    let chosen = (0..<min(count, Self.frameRows)).map { Int32($0 * count / min(count, Self.frameRows)) }
    let sources = form.quadratics.map(\.source)
    let values = executor.sweep(
      .list(chosen), at: ParameterMemory(plan), overrides: [:],
      outputs: sources + (form.plain.isEmpty ? [] : [form.block])
    ).outputs
    let made = form.quadratics.map {
      AffineFrame(rows: values[$0.source] ?? [], dimension: $0.dimension, isDiagonal: $0.isDiagonal)
    }
    frames = made
    inverses = made.map(\.inverse)
    let features = values[form.block] ?? []
    magnitudes = form.plain.joined().map { f in
      chosen.indices.reduce(0) { max($0, abs(features[$1 * form.width + f])) }
    }
  }

  // MARK: A tile

  /// Works on a tile whose columns are loaded.
  func run(_ tile: Job.Tile, worker: Int, job: Job) {
    let (m, ld) = (tile.count, stride)
    let features = scratch[worker]
    let r = features + form.width * ld
    let factors = r + form.labels * ld
    let weight = form.weight.map { slot in
      let row = factors + ld
      narrow(row, job.slot(slot, tile), count: 1, job.layout.stride, m)
      return row
    }
    for (i, quadratic) in form.quadratics.enumerated() {
      let y = features + quadratic.values.lowerBound * ld
      suffice_single_frame(
        y, ld, job.slot(quadratic.source, tile), job.layout.stride, inverses[i].basis, inverses[i].shift,
        quadratic.dimension, quadratic.isDiagonal ? 1 : 0, m)
    }
    switch path {
    case .whitened: runWhitened(tile, job, features + form.quadratics[0].values.lowerBound * ld, r, weight)
    case .contracted: runContracted(tile, job, features, r, factors, weight)
    }
    for case .count(let slot) in form.sums {
      let sums = self.sums(slot, tile)
      if let weight = form.weight {
        suffice_row_sums(sums, job.slot(weight, tile), job.layout.stride, 1, m)
      } else {
        sums[0] += Double(m)
      }
    }
  }

  private func narrow(
    _ target: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Double>, count: Int, _ ld: Int, _ m: Int
  ) {
    suffice_single_frame(target, stride, source, ld, ones, zeros, count, 1, m)
  }

  private func add(_ total: Double, _ tile: Job.Tile) {
    for case .normalizers(let slot) in form.sums { sums(slot, tile)[0] += total }
  }

  private func sums(_ slot: ParameterSlot, _ tile: Job.Tile) -> UnsafeMutablePointer<Double> {
    tile.sums + sumOffsets[slot.index]
  }

  private func runWhitened(
    _ tile: Job.Tile, _ job: Job, _ y: UnsafePointer<Float>, _ r: UnsafeMutablePointer<Float>,
    _ weight: UnsafePointer<Float>?
  ) {
    let quadratic = form.quadratics[0]
    let (n, products) = (quadratic.dimension, quadratic.products.count)
    let size = 1 + n + products
    withUnsafeTemporaryAllocation(of: Double.self, capacity: form.labels * size) { moments in
      moments.initialize(repeating: 0)
      guard let base = moments.baseAddress else { return }
      let next = job.nextRows(tile)
      add(
        suffice_single_whitened(
          base, r, stride, packed, y, stride, weight, form.labels, n, tile.count, next?.base, next?.stride ?? 0), tile)
      let counts = sums(form.labelSums, tile)
      let sums = self.sums(form.productSums, tile)
      for k in 0..<form.labels {
        let (from, into) = (base + k * size, sums + k * form.width)
        counts[k] += from[0]
        for i in 0..<n { into[quadratic.values.lowerBound + i] += from[1 + i] }
        for i in 0..<products { into[quadratic.products.lowerBound + i] += from[1 + n + i] }
      }
    }
  }

  private func runContracted(
    _ tile: Job.Tile, _ job: Job, _ features: UnsafeMutablePointer<Float>, _ r: UnsafeMutablePointer<Float>,
    _ factors: UnsafeMutablePointer<Float>, _ weight: UnsafePointer<Float>?
  ) {
    let (m, ld, labels) = (tile.count, stride, form.labels)
    for quadratic in form.quadratics {
      let y = features + quadratic.values.lowerBound * ld
      let products = features + quadratic.products.lowerBound * ld
      if quadratic.isDiagonal {
        suffice_single_squares(products, ld, y, ld, quadratic.dimension, m)
      } else if !segments.contains(where: { $0.outerOf == quadratic.source }) {
        suffice_single_outer(products, ld, y, ld, quadratic.dimension, m)
      }
    }
    for range in form.plain {
      narrow(
        features + range.lowerBound * ld, job.feature(range.lowerBound, of: form.block, tile),
        count: range.count, job.layout.stride, m)
    }
    packed.withUnsafeBufferPointer { packed in
      for (i, segment) in segments.enumerated() {
        let weights = packed.baseAddress.map { $0 + segment.features.lowerBound * labels }
        let bias = i == 0 ? bias : nil
        if let quadratic = quadratic(segment) {
          suffice_single_scores_outer(
            r, ld, weights, bias, features + quadratic.values.lowerBound * ld, ld, labels, quadratic.dimension, m,
            i == 0 ? 0 : 1)
        } else {
          suffice_single_scores(
            r, ld, weights, bias, features + segment.features.lowerBound * ld, ld, labels, segment.features.count, m,
            i == 0 ? 0 : 1)
        }
      }
    }
    add(suffice_single_softmax(r, ld, weight, labels, m), tile)
    factors.update(repeating: 1, count: ld)
    for sum in form.sums {
      switch sum {
      case .labels(let slot):
        suffice_single_accumulate(sums(slot, tile), 1, r, ld, factors, ld, labels, 1, m)
      case .products(let slot): accumulate(features, r, labels, sums(slot, tile), m)
      case .features(let slot):
        accumulate(features, weight ?? UnsafePointer(factors), 1, sums(slot, tile), m)
      case .normalizers, .count: break
      }
    }
  }

  /// The quadratic form whose products a segment forms as it goes.
  private func quadratic(_ segment: TileLayout.Segment) -> SingleForm.Quadratic? {
    segment.outerOf.flatMap { source in form.quadratics.first { $0.source == source } }
  }

  private func accumulate(
    _ features: UnsafePointer<Float>, _ r: UnsafePointer<Float>, _ labels: Int, _ sums: UnsafeMutablePointer<Double>,
    _ m: Int
  ) {
    for segment in segments {
      let target = sums + segment.features.lowerBound
      if let quadratic = quadratic(segment) {
        suffice_single_accumulate_outer(
          target, form.width, r, stride, features + quadratic.values.lowerBound * stride, stride, labels,
          quadratic.dimension, m)
      } else {
        suffice_single_accumulate(
          target, form.width, r, stride, features + segment.features.lowerBound * stride, stride, labels,
          segment.features.count, m)
      }
    }
  }

  // MARK: After a sweep

  /// The sums over all rows in the coordinates of the data; nil where numbers were out of the range of floats.
  func finished(_ found: RowStatistics, threads: Int) -> RowStatistics? {
    guard found.sums.allSatisfy({ $0.allSatisfy(\.isFinite) }) else { return nil }
    var total = 0.0
    for case .count(let slot) in form.sums { total = found[slot]?[0] ?? 0 }
    let counts = found[form.labelSums] ?? []
    let sums = zip(found.slots, found.sums).map { slot, sums -> [Double] in
      for sum in form.sums {
        switch sum {
        case .products(slot): return returned(sums, counts, threads)
        case .features(slot): return returned(sums, [total], threads)
        case .normalizers(slot): return [sums[0] + common * total]
        case .labels, .count, .products, .features, .normalizers: continue
        }
      }
      return sums
    }
    return RowStatistics(slots: found.slots, sums: sums)
  }

  private func returned(_ sums: [Double], _ counts: [Double], _ threads: Int) -> [Double] {
    guard let frames else { return sums }
    var sums = sums
    sums.withUnsafeMutableBufferPointer { sums in
      let sums = sums
      inParallel(threads, tasks: counts.count) { k, _ in
        for (quadratic, frame) in zip(form.quadratics, frames) {
          let frame = path == .whitened ? frame.followed(by: labelFrames[k]) : frame
          let (first, second) =
            (k * form.width + quadratic.values.lowerBound, k * form.width + quadratic.products.lowerBound)
          let (linear, products) = frame.sums(
            count: counts[k], Array(sums[first..<first + quadratic.values.count]),
            Array(sums[second..<second + quadratic.products.count]))
          for (i, value) in linear.enumerated() { sums[first + i] = value }
          for (i, value) in products.enumerated() { sums[second + i] = value }
        }
      }
    }
    return sums
  }
}
