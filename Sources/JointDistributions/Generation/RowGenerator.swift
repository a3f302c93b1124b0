import COpenBLAS
import ExponentialFamilies

/// Draws rows of a joint distribution, block by block.
///
/// A block's rows depend on the seed and on the block's number alone: they are the same for any number of threads, and any
/// block can be made without those before it.
public struct RowGenerator: Sendable {
  /// Number of columns.
  public let columnCount: Int
  /// Number of rows of a block.
  public let blockRows: Int
  private let factor: DenseMatrix
  private let isTriangular: Bool
  private let transforms: [ScoreTransform]
  private let source: RandomSource

  init(_ joint: JointDistribution, seed: UInt64, threads: Int) {
    openblas_set_num_threads(1)
    let count = joint.margins.count
    columnCount = count
    // About half a megabyte, so that a block stays in a processor's own cache.
    var rows = 4096
    while rows > 64, rows * count > 1 << 16 { rows /= 2 }
    blockRows = rows
    factor = joint.factor
    isTriangular = (0..<count).allSatisfy { j in (0..<j).allSatisfy { joint.factor[$0, j] == 0 } }
    transforms = parallelMap(threads, count) { ScoreTransform(joint.margins[$0].law) }
    source = RandomSource(seed: seed)
  }

  /// Draws the rows of a block, one after the other, each with the values of all columns; levels are codes 0, 1, 2 ….
  ///
  /// - Parameters:
  ///   - index: The block's number, from 0 on.
  ///   - target: Memory for the block, or for its first rows: a multiple of the number of columns.
  public func draw(block index: Int, into target: UnsafeMutableBufferPointer<Double>) {
    precondition(
      index >= 0 && target.count % columnCount == 0 && target.count <= blockRows * columnCount, "a block's size")
    guard let base = target.baseAddress else { return }
    scores(block: index, into: target)
    let rows = target.count / columnCount
    for (column, transform) in transforms.enumerated() {
      transform.apply(base + column, count: rows, stride: columnCount)
    }
  }

  /// Calls a function once for each of some tasks, on several threads, and returns when all are done.
  public static func concurrently(threads: Int, tasks: Int, _ body: (_ task: Int) -> Void) {
    inParallel(threads, tasks: tasks) { task, _ in body(task) }
  }

  /// Draws correlated normal scores.
  func scores(block index: Int, into target: UnsafeMutableBufferPointer<Double>) {
    guard let base = target.baseAddress else { return }
    var stream = NormalStream(source.stream(UInt64(index)))
    stream.fill(target)
    var (d, rows) = (Int32(columnCount), Int32(target.count / columnCount))
    var (one, zero) = (1.0, 0.0)
    if isTriangular {
      dtrmm_("L", "L", "N", "N", &d, &rows, &one, factor.elements, &d, base, &d)
    } else {
      let copy = Array(target)
      dgemm_("N", "N", &d, &rows, &d, &one, factor.elements, &d, copy, &d, &zero, base, &d)
    }
  }
}

extension JointDistribution {
  /// What draws rows.
  ///
  /// - Parameters:
  ///   - seed: Equal seeds give equal rows.
  ///   - threads: How many threads may prepare the columns' quantile functions.
  public func generator(seed: UInt64, threads: Int = 1) -> RowGenerator {
    RowGenerator(self, seed: seed, threads: threads)
  }

  /// Draws rows and gives them as columns; levels are codes 0, 1, 2 ….
  ///
  /// - Parameters:
  ///   - rows: How many rows, from 0 on.
  ///   - seed: Equal seeds give equal rows, for any number of threads.
  ///   - threads: How many threads may work.
  public func sample(rows: Int, seed: UInt64, threads: Int = 1) -> [[Double]] {
    precondition(rows >= 0, "a number of rows from 0 on")
    let generator = generator(seed: seed, threads: threads)
    let count = margins.count
    var matrix = [Double](repeating: 0, count: rows * count)
    matrix.withUnsafeMutableBufferPointer { matrix in
      nonisolated(unsafe) let matrix = matrix
      let blocks = (rows + generator.blockRows - 1) / generator.blockRows
      inParallel(threads, tasks: blocks) { block, _ in
        let first = block * generator.blockRows
        let last = min(rows, first + generator.blockRows)
        generator.draw(
          block: block, into: UnsafeMutableBufferPointer(rebasing: matrix[(first * count)..<(last * count)]))
      }
    }
    return (0..<count).map { column in (0..<rows).map { matrix[$0 * count + column] } }
  }
}
