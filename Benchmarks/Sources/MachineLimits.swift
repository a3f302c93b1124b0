import CKernels
import COpenBLAS
import Suffice

/// What this machine can do at most, measured with some threads; each the best of several tries, since a limit that
/// another program slowed down is none.
struct MachineLimits {
  /// Square matrix products of OpenBLAS, in double precision, one on each thread at once.
  let flopsPerSecond: Double
  /// Sums over an array much larger than the caches.
  let bytesPerSecond: Double
  /// Exponentials within the library's softmax over a tile that stays in the first-level cache.
  let exponentialsPerSecond: Double

  /// Takes about two seconds and, for the time being, half a gigabyte.
  ///
  /// OpenBLAS may be told to use AVX-512 on a processor that it does not know, by the environment variable
  /// OPENBLAS_CORETYPE; no part of the engine's sweep goes through it.
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

  /// What the tasks of a parallel loop work on.
  private struct Shared {
    var values: UnsafeMutablePointer<Double>
    var count: Int
    var results: UnsafeMutablePointer<Double>
  }

  /// A product on each thread rather than one product on all: what OpenBLAS's own threads reach varies by a factor of two
  /// on a small shared machine, and a limit should not depend on another library's scheduling.
  private static func matrixProducts(_ threads: Int) -> Double {
    let order = 1024
    let size = order * order
    let values = UnsafeMutablePointer<Double>.allocate(capacity: threads * 3 * size)
    defer { values.deallocate() }
    for i in 0..<threads * 3 * size { values[i] = Double(i % 17) - 8 }
    var shared = Shared(values: values, count: size, results: values)
    openblas_set_num_threads(1)
    let seconds = shortest(of: 15) {
      suffice_parallel(
        Int32(threads), threads,
        { context, task, _ in
          guard let shared = context?.assumingMemoryBound(to: Shared.self).pointee else { return }
          let a = shared.values + task * 3 * shared.count
          var (order, one, zero) = (Int32(1024), 1.0, 0.0)
          dgemm_(
            "N", "N", &order, &order, &order, &one, a, &order, a + shared.count, &order, &zero,
            a + 2 * shared.count, &order)
        }, &shared)
    }
    return Double(threads) * 2 * Double(size) * Double(order) / seconds
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
