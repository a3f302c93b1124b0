import CKernels
import COpenBLAS
import Suffice

/// What this machine can do at most, measured with some threads; each the best of several tries, since a limit that
/// another program slowed down is none.
struct MachineLimits {
  /// Square matrix products of OpenBLAS, in double precision.
  let flopsPerSecond: Double
  /// Sums over an array much larger than the caches.
  let bytesPerSecond: Double
  /// Exponentials within the library's softmax over a tile that stays in the first-level cache.
  let exponentialsPerSecond: Double

  /// Takes about two seconds and, for the time being, half a gigabyte.
  static func measure(threads: Int) -> MachineLimits {
    MachineLimits(
      flopsPerSecond: matrixProducts(threads), bytesPerSecond: reading(threads),
      exponentialsPerSecond: exponentials(threads))
  }

  /// The shortest of some runs, in seconds.
  private static func shortest(of runs: Int, _ body: () -> Void) -> Double {
    var best = Double.infinity
    for _ in 0..<runs {
      let start = monotonicSeconds()
      body()
      best = min(best, monotonicSeconds() - start)
    }
    return best
  }

  private static func matrixProducts(_ threads: Int) -> Double {
    let order = 2048
    let a = (0..<order * order).map { Double($0 % 17) - 8 }
    let b = (0..<order * order).map { Double($0 % 13) - 6 }
    var c = [Double](repeating: 0, count: order * order)
    var (size, one, zero) = (Int32(order), 1.0, 0.0)
    openblas_set_num_threads(Int32(threads))
    // The engine's own products are one thread's, inside a tile.
    defer { openblas_set_num_threads(1) }
    let seconds = shortest(of: 7) {
      dgemm_("N", "N", &size, &size, &size, &one, a, &size, b, &size, &zero, &c, &size)
    }
    return 2 * Double(order * order) * Double(order) / seconds
  }

  /// What the tasks of a parallel loop work on.
  private struct Shared {
    var values: UnsafeMutablePointer<Double>
    var count: Int
    var results: UnsafeMutablePointer<Double>
  }

  private static func reading(_ threads: Int) -> Double {
    let tasks = 256
    let each = 1 << 18
    let values = UnsafeMutablePointer<Double>.allocate(capacity: tasks * each)
    values.initialize(repeating: 1, count: tasks * each)
    let results = UnsafeMutablePointer<Double>.allocate(capacity: tasks)
    defer {
      values.deallocate()
      results.deallocate()
    }
    var shared = Shared(values: values, count: each, results: results)
    let seconds = shortest(of: 7) {
      suffice_parallel(
        Int32(threads), tasks,
        { context, task, _ in
          guard let shared = context?.assumingMemoryBound(to: Shared.self).pointee else { return }
          shared.results[task] = suffice_sum(shared.values + task * shared.count, shared.count)
        }, &shared)
    }
    return Double(tasks * each * 8) / seconds
  }

  private static func exponentials(_ threads: Int) -> Double {
    let (rows, labels, repeats) = (64, 32, 400)
    let size = rows * labels
    let values = UnsafeMutablePointer<Double>.allocate(capacity: threads * size)
    let results = UnsafeMutablePointer<Double>.allocate(capacity: threads)
    defer {
      values.deallocate()
      results.deallocate()
    }
    for i in 0..<threads * size { values[i] = -Double(i % 19) }
    var shared = Shared(values: values, count: size, results: results)
    let seconds = shortest(of: 20) {
      suffice_parallel(
        Int32(threads), threads,
        { context, task, _ in
          guard let shared = context?.assumingMemoryBound(to: Shared.self).pointee else { return }
          var sum = 0.0
          // Softmax of probabilities are probabilities: the tile may be used again and again, at the same cost.
          for _ in 0..<400 { sum += suffice_softmax(shared.values + task * shared.count, 64, 32, 64, nil) }
          shared.results[task] = sum
        }, &shared)
    }
    return Double(threads * size * repeats) / seconds
  }
}
