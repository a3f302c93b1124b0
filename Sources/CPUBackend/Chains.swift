import CKernels
import ExponentialFamilies
import PlanIR

/// Chains over all rows: sequences are solved where their rows lie, groups of them in parallel.
struct ChainJob {
  /// What is done with a sequence.
  enum Kind {
    case labels
    case vectors
    /// The expectations are known, and only their products with their neighbours' are added up.
    case given
  }

  /// Rows of a group at least, so that short sequences do not wait for one another.
  private static let groupRows = 512
  /// Groups at most: each has sums of its own.
  private static let groups = 64

  let kind: Kind
  /// K labels, or vectors of D elements.
  let dimension: Int
  /// Numbers of a row.
  let width: Int
  let mean: UnsafeMutablePointer<Double>
  let normalizer: UnsafeMutablePointer<Double>
  let cross: UnsafePointer<Double>?
  /// What ties each row to the row before, and the numbers of a row of it; nil where all rows have the same.
  var links: UnsafeMutablePointer<Double>?
  let linkWidth: Int
  /// How often each row counts.
  let weights: UnsafePointer<Double>?
  /// The first row of each sequence, and the number of rows.
  let starts: [Int]
  /// The first sequence of each group, and the number of sequences.
  let groups: [Int]
  /// The longest sequence.
  let longest: Int
  /// Sums of each group over neighbours.
  var pairs: UnsafeMutablePointer<Double>?
  /// Memory of each worker.
  var scratch: [UnsafeMutablePointer<Double>] = []

  init(
    _ chain: ChainBlock, width: Int, rows: Int, mean: UnsafeMutablePointer<Double>,
    normalizer: UnsafeMutablePointer<Double>, first: UnsafePointer<Double>, firstStride: Int,
    cross: UnsafePointer<Double>?, weights: UnsafePointer<Double>?, isGiven: Bool
  ) {
    kind = isGiven ? .given : chain.family.type.domain == .label ? .labels : .vectors
    dimension = chain.shape.dimension
    linkWidth = chain.linkCount
    self.width = width
    (self.mean, self.normalizer, self.cross, self.weights) = (mean, normalizer, cross, weights)
    var starts: [Int] = []
    for row in 0..<rows where row == 0 || first[row * firstStride] != 0 { starts.append(row) }
    // Groups depend on the rows alone, so that sums do not depend on the threads.
    let least = max(Self.groupRows, (rows + Self.groups - 1) / Self.groups)
    var groups: [Int] = []
    var longest = 0
    starts.append(rows)
    for sequence in 0..<starts.count - 1 {
      longest = max(longest, starts[sequence + 1] - starts[sequence])
      if groups.last.map({ starts[sequence] - starts[$0] >= least }) ?? true { groups.append(sequence) }
    }
    groups.append(starts.count - 1)
    (self.starts, self.groups, self.longest) = (starts, groups, longest)
  }

  var groupCount: Int { groups.count - 1 }

  /// Doubles of a worker's memory: that of the recursion, and sums of one sequence.
  var scratchCount: Int { recursionCount + dimension * dimension }

  private var recursionCount: Int {
    switch kind {
    case .labels: suffice_forward_backward_scratch(longest, dimension)
    case .vectors: suffice_gaussian_chain_scratch(dimension)
    case .given: 0
    }
  }

  func run(group: Int, worker: Int) {
    guard let pairs else { return }
    let total = pairs + group * dimension * dimension
    let own = scratch[worker] + recursionCount
    let square = dimension * dimension
    for sequence in groups[group]..<groups[group + 1] {
      let (start, count) = (starts[sequence], starts[sequence + 1] - starts[sequence])
      let rows = mean + start * width
      let logs = normalizer + start
      let links = links.map { $0 + start * linkWidth }
      let sums = weights == nil ? total : own
      if weights != nil { own.update(repeating: 0, count: square) }
      switch kind {
      case .labels: _ = suffice_forward_backward(rows, cross, links, count, dimension, sums, logs, scratch[worker])
      case .vectors: _ = suffice_gaussian_chain(rows, cross, links, count, dimension, sums, logs, scratch[worker])
      case .given:
        logs.update(repeating: 0, count: count)
        links?.update(repeating: 0, count: linkWidth)
        for t in 1..<max(count, 1) {
          let (before, row) = (rows + (t - 1) * width, rows + t * width)
          let link = links.map { $0 + t * linkWidth }
          link?.update(from: before, count: width)
          for a in 0..<dimension {
            for b in 0..<dimension {
              sums[a * dimension + b] += before[a] * row[b]
              link?[width + a * dimension + b] = before[a] * row[b]
            }
          }
        }
      }
      if let weight = weights?[start], weight != 0 { for i in 0..<square { total[i] += weight * own[i] } }
    }
  }
}

extension CPUExecutor {
  /// Solves a chain over buffers of all rows; returns its sums over neighbours.
  func solve(_ chain: ChainBlock, rows: Int, cross: [Double], given: [Double]?) -> [Double] {
    let size = chain.shape.dimension * chain.shape.dimension
    let width = plan.tiles[chain.mean.index].width
    let mean = buffers[chain.mean]
    given?.withUnsafeBufferPointer { values in
      if let base = values.baseAddress { mean.update(from: base, count: rows * width) }
    }
    return cross.withUnsafeBufferPointer { cross in
      var job = ChainJob(
        chain, width: width, rows: rows, mean: mean, normalizer: buffers[chain.normalizer],
        first: buffers[chain.first.slot] + chain.first.features.lowerBound,
        firstStride: plan.tiles[chain.first.slot.index].width, cross: cross.baseAddress,
        weights: chain.weight.map { UnsafePointer(buffers[$0]) }, isGiven: given != nil)
      job.links = chain.link.map { buffers[$0] }
      job.scratch = chainScratch(job.scratchCount, workers: min(threads, job.groupCount))
      var pairs = [Double](repeating: 0, count: max(job.groupCount, 1) * size)
      pairs.withUnsafeMutableBufferPointer { sums in
        job.pairs = sums.baseAddress
        withUnsafeMutablePointer(to: &job) { job in
          suffice_parallel(
            Int32(min(threads, max(job.pointee.groupCount, 1))), job.pointee.groupCount,
            { context, group, worker in
              context?.assumingMemoryBound(to: ChainJob.self).pointee.run(group: group, worker: Int(worker))
            }, job)
        }
      }
      // Group after group: an order that no thread can change.
      var total = Array(pairs[..<size])
      for group in 1..<max(job.groupCount, 1) { for i in 0..<size { total[i] += pairs[group * size + i] } }
      return total
    }
  }
}
