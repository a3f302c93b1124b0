import CKernels

/// One pass over rows that belong to one of several Gaussians: responsibilities, and sums over rows weighted by them.
///
/// Rows are cut into chunks by their number alone, and the chunks' sums are added in order: the number of threads
/// changes no bit of a result.
struct MixtureSweep {
  /// How the score of a row is formed, and which features are summed.
  enum Form: Int32 {
    /// bₖ + wₖ·x; sums of x.
    case linear = 0
    /// bₖ + wₖ·(x, x²); sums of both.
    case diagonal = 1
    /// bₖ + wₖ·(x, products of a lower triangle); sums of both.
    case full = 2
    /// bₖ − ½‖z‖² with z = aₖ ∘ x − mₖ; sums of z and z².
    case whitenedDiagonal = 3
    /// bₖ − ½‖z‖² with z = Aₖ x − mₖ; sums of z and the products of its lower triangle.
    case whitenedFull = 4
  }

  let rows: RowArray
  /// How much each row counts; nil for 1.
  let rowWeights: UnsafePointer<Double>?
  let form: Form
  let labels: Int
  /// What is subtracted from every row before anything else.
  let center: UnsafePointer<Double>
  /// Labels × features; for the whitened forms labels × D, or labels × D × D.
  let weights: UnsafePointer<Double>
  /// Labels × D of the whitened forms.
  let shifts: UnsafePointer<Double>?
  let bias: UnsafePointer<Double>
  /// Whether a row belongs wholly to the label of its largest score, as k-means has it.
  let isHard: Bool
  /// Row by row, where wanted.
  let outputs: Outputs

  /// Where results of single rows go.
  struct Outputs {
    /// Rows × labels.
    let responsibilities: UnsafeMutablePointer<Double>?
    /// The logarithm of the sum of the exponential scores.
    let logNormalizers: UnsafeMutablePointer<Double>?
    /// The label of the largest score, the first of equal ones.
    let best: UnsafeMutablePointer<Int64>?

    var isEmpty: Bool { responsibilities == nil && logNormalizers == nil && best == nil }
  }

  var dimension: Int { rows.columnCount }
  private var triangle: Int { dimension * (dimension + 1) / 2 }

  /// From this dimension on, forming products inside the contractions beats storing them in a tile.
  private static let smallestFusedDimension = 32
  /// Whether products are formed inside the contractions.
  var isFused: Bool { form == .full && dimension >= Self.smallestFusedDimension }

  /// Features that are summed for each label.
  var featureCount: Int {
    switch form {
    case .linear: dimension
    case .diagonal, .whitenedDiagonal: 2 * dimension
    case .full, .whitenedFull: dimension + triangle
    }
  }

  /// Doubles of the weights.
  private var weightCount: Int {
    switch form {
    case .linear: labels * dimension
    case .diagonal: labels * 2 * dimension
    case .full: labels * featureCount
    case .whitenedDiagonal: labels * dimension
    case .whitenedFull: labels * dimension * dimension
    }
  }

  /// Sums of a chunk: counts, features, and the total of the log normalizers; whole cache lines.
  private var sumCount: Int { (labels * (1 + featureCount) + 1 + 7) / 8 * 8 }

  /// Runs the sweep.
  ///
  /// - Parameters:
  ///   - counts: For each label, the sum of its responsibilities.
  ///   - sums: Labels × features, or nil where only outputs are wanted.
  /// - Returns: The sum of the log normalizers over the rows; for a hard sweep, of the largest scores.
  func run(counts: UnsafeMutablePointer<Double>?, sums: UnsafeMutablePointer<Double>?, threads: Int) -> Double {
    let scratchFeatures = 2 * dimension + (form == .full && !isFused ? triangle : dimension) + labels + 2
    let fitting = 256 * 1024 / (8 * scratchFeatures) / 8 * 8
    let tileRows = min(max(fitting, 64), 256)
    let tiles = (rows.rowCount + tileRows - 1) / tileRows
    let limit = max(1, min(64, (32 << 20) / (8 * sumCount)))
    let tilesPerChunk = max(1, (tiles + limit - 1) / limit)
    let chunks = (tiles + tilesPerChunk - 1) / tilesPerChunk
    let workers = max(1, min(threads, chunks))

    let stride = tileRows + 8
    let packed = Self.memory(weightCount)
    let partial = Self.memory(max(chunks, 1) * sumCount)
    let scratch = Self.memory(workers * scratchFeatures * stride)
    defer {
      packed.deallocate()
      partial.deallocate()
      scratch.deallocate()
    }
    pack(into: packed)
    var job = Job(
      sweep: self, packed: packed, partial: partial, scratch: scratch, stride: stride, tileRows: tileRows,
      tilesPerChunk: tilesPerChunk, scratchCount: scratchFeatures * stride, sumCount: sumCount,
      wantsSums: sums != nil)
    withUnsafeMutablePointer(to: &job) { job in
      suffice_parallel(
        Int32(workers), chunks,
        { context, chunk, worker in
          context?.assumingMemoryBound(to: Job.self).pointee.run(chunk: chunk, worker: Int(worker))
        }, job)
    }
    for i in 0..<labels * (1 + featureCount) {
      var sum = 0.0
      for chunk in 0..<chunks { sum += partial[chunk * sumCount + i] }
      if i < labels { counts?[i] = sum } else { sums?[i - labels] = sum }
    }
    let last = labels * (1 + featureCount)
    var total = 0.0
    for chunk in 0..<chunks { total += partial[chunk * sumCount + last] }
    return total
  }

  private func pack(into packed: UnsafeMutablePointer<Double>) {
    switch form {
    case .full where isFused:
      suffice_pack_weights(packed, weights, featureCount, labels, dimension)
      suffice_pack_weights(packed + labels * dimension, weights + dimension, featureCount, labels, triangle)
    case .linear, .diagonal, .full:
      suffice_pack_weights(packed, weights, featureCount, labels, featureCount)
    case .whitenedDiagonal: packed.update(from: weights, count: weightCount)
    case .whitenedFull:
      let size = dimension * dimension
      for k in 0..<labels {
        suffice_pack_weights(packed + k * size, weights + k * size, dimension, dimension, dimension)
      }
    }
  }

  private static func memory(_ count: Int) -> UnsafeMutablePointer<Double> {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 8) * 8, alignment: 64)
    let pointer = raw.bindMemory(to: Double.self, capacity: max(count, 8))
    pointer.initialize(repeating: 0, count: max(count, 8))
    return pointer
  }
}

/// One sweep, as the threads see it.
private struct Job {
  let sweep: MixtureSweep
  let packed: UnsafeMutablePointer<Double>
  let partial: UnsafeMutablePointer<Double>
  let scratch: UnsafeMutablePointer<Double>
  let stride: Int
  let tileRows: Int
  let tilesPerChunk: Int
  let scratchCount: Int
  let sumCount: Int
  let wantsSums: Bool

  func run(chunk: Int, worker: Int) {
    let first = chunk * tilesPerChunk * tileRows
    let end = min(sweep.rows.rowCount, first + tilesPerChunk * tileRows)
    let (d, labels) = (sweep.dimension, sweep.labels)
    let features = scratch + worker * scratchCount
    let z = features + (scratchCount / stride - labels - 2 - d) * stride
    let r = z + d * stride
    let logNormalizers = r + labels * stride
    let sums = partial + chunk * sumCount
    let total = sums + labels * (1 + sweep.featureCount)
    for row in Swift.stride(from: first, to: end, by: tileRows) {
      let m = min(tileRows, end - row)
      sweep.rows.load(row..<(row + m), less: sweep.center, into: features, stride: stride)
      score(features, z, r, m)
      if let best = sweep.outputs.best { copyBest(r, m, best + row) }
      if sweep.isHard {
        total.pointee += harden(r, logNormalizers, row, m)
      } else if let rowWeights = sweep.rowWeights {
        _ = suffice_softmax(r, stride, labels, m, logNormalizers)
        copyOut(r, logNormalizers, row, m)
        let weights = rowWeights + row
        for i in 0..<m { total.pointee += weights[i] * logNormalizers[i] }
        for k in 0..<labels {
          let target = r + k * stride
          for i in 0..<m { target[i] *= weights[i] }
        }
      } else {
        let wantsEach = sweep.outputs.logNormalizers != nil
        total.pointee += suffice_softmax(r, stride, labels, m, wantsEach ? logNormalizers : nil)
        copyOut(r, logNormalizers, row, m)
      }
      if wantsSums { accumulate(features, z, r, m, sums) }
    }
  }

  // MARK: Scores

  private func score(
    _ x: UnsafeMutablePointer<Double>, _ z: UnsafeMutablePointer<Double>, _ r: UnsafeMutablePointer<Double>, _ m: Int
  ) {
    let (d, labels) = (sweep.dimension, sweep.labels)
    switch sweep.form {
    case .linear: break
    case .diagonal: suffice_squares(x + d * stride, stride, x, stride, d, m)
    case .full where sweep.isFused:
      suffice_scores(r, stride, packed, sweep.bias, x, stride, labels, d, m, 0)
      suffice_scores_outer(r, stride, packed + labels * d, nil, x, stride, labels, d, m, 1)
      return
    case .full: suffice_outer(x + d * stride, stride, x, stride, d, m)
    case .whitenedDiagonal, .whitenedFull:
      for k in 0..<labels {
        whiten(k, x, z, m)
        let target = r + k * stride
        target.update(repeating: sweep.bias[k], count: m)
        for j in 0..<d {
          let part = z + j * stride
          for i in 0..<m { target[i] -= 0.5 * part[i] * part[i] }
        }
      }
      return
    }
    suffice_scores(r, stride, packed, sweep.bias, x, stride, labels, sweep.featureCount, m, 0)
  }

  /// The deviations of rows from the mean of a label, in units of its deviation.
  private func whiten(
    _ label: Int, _ x: UnsafeMutablePointer<Double>, _ z: UnsafeMutablePointer<Double>, _ m: Int
  ) {
    let d = sweep.dimension
    guard let shifts = sweep.shifts else { return }
    if sweep.form == .whitenedFull {
      suffice_scores(z, stride, packed + label * d * d, nil, x, stride, d, d, m, 0)
      for j in 0..<d {
        let (part, shift) = (z + j * stride, shifts[label * d + j])
        for i in 0..<m { part[i] -= shift }
      }
    } else {
      for j in 0..<d {
        let (part, source) = (z + j * stride, x + j * stride)
        let (scale, shift) = (packed[label * d + j], shifts[label * d + j])
        for i in 0..<m { part[i] = scale * source[i] - shift }
      }
    }
  }

  // MARK: Responsibilities

  private func copyBest(_ r: UnsafeMutablePointer<Double>, _ m: Int, _ best: UnsafeMutablePointer<Int64>) {
    for i in 0..<m {
      var label = 0
      var largest = r[i]
      for k in 1..<max(sweep.labels, 1) where r[k * stride + i] > largest {
        largest = r[k * stride + i]
        label = k
      }
      best[i] = Int64(label)
    }
  }

  private func harden(
    _ r: UnsafeMutablePointer<Double>, _ largest: UnsafeMutablePointer<Double>, _ row: Int, _ m: Int
  ) -> Double {
    let labels = sweep.labels
    largest.update(from: r, count: m)
    for k in 1..<max(labels, 1) {
      let scores = r + k * stride
      for i in 0..<m { largest[i] = scores[i] > largest[i] ? scores[i] : largest[i] }
    }
    // The row after the largest scores holds what is left to give: 1 until a label has taken the row.
    let left = largest + stride
    if let rowWeights = sweep.rowWeights {
      left.update(from: rowWeights + row, count: m)
    } else {
      left.update(repeating: 1, count: m)
    }
    var total = 0.0
    for i in 0..<m { total += left[i] * largest[i] }
    for k in 0..<labels {
      let scores = r + k * stride
      for i in 0..<m {
        let given = scores[i] == largest[i] ? left[i] : 0
        left[i] -= given
        scores[i] = given
      }
    }
    sweep.outputs.logNormalizers.map { ($0 + row).update(from: largest, count: m) }
    return total
  }

  private func copyOut(
    _ r: UnsafeMutablePointer<Double>, _ logNormalizers: UnsafeMutablePointer<Double>, _ row: Int, _ m: Int
  ) {
    if let target = sweep.outputs.logNormalizers { (target + row).update(from: logNormalizers, count: m) }
    if let target = sweep.outputs.responsibilities {
      let labels = sweep.labels
      let out = target + row * labels
      for i in 0..<m { for k in 0..<labels { out[i * labels + k] = r[k * stride + i] } }
    }
  }

  // MARK: Sums

  private func accumulate(
    _ x: UnsafeMutablePointer<Double>, _ z: UnsafeMutablePointer<Double>, _ r: UnsafeMutablePointer<Double>, _ m: Int,
    _ sums: UnsafeMutablePointer<Double>
  ) {
    let (d, labels, count) = (sweep.dimension, sweep.labels, sweep.featureCount)
    let features = sums + labels
    suffice_row_sums(sums, r, stride, labels, m)
    switch sweep.form {
    case .full where sweep.isFused:
      suffice_accumulate(features, count, r, stride, x, stride, labels, d, m)
      suffice_accumulate_outer(features + d, count, r, stride, x, stride, labels, d, m)
    case .linear, .diagonal, .full:
      suffice_accumulate(features, count, r, stride, x, stride, labels, count, m)
    case .whitenedDiagonal, .whitenedFull:
      for k in 0..<labels {
        whiten(k, x, z, m)
        let own = features + k * count
        suffice_accumulate(own, count, r + k * stride, stride, z, stride, 1, d, m)
        if sweep.form == .whitenedFull {
          suffice_accumulate_outer(own + d, count, r + k * stride, stride, z, stride, 1, d, m)
        } else {
          for j in 0..<d {
            let part = z + j * stride
            for i in 0..<m { part[i] *= part[i] }
          }
          suffice_accumulate(own + d, count, r + k * stride, stride, z, stride, 1, d, m)
        }
      }
    }
  }
}
