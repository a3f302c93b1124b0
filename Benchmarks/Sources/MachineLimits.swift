import CKernels
import COpenBLAS
import Suffice

/// What this machine can do at most, measured with some threads; each the best of several tries, since a limit that
/// another program slowed down is none.
struct MachineLimits {
  /// Square matrix products of OpenBLAS, one on each thread at once.
  let flopsPerSecond: Double
  /// Sums over an array much larger than the caches.
  let bytesPerSecond: Double
  /// Exponentials within the library's softmax over a tile that stays in the first-level cache.
  let exponentialsPerSecond: Double

  /// Takes about two seconds and, for the time being, half a gigabyte.
  ///
  /// OpenBLAS may be told to use AVX-512 on a processor that it does not know, by the environment variable
  /// OPENBLAS_CORETYPE; no part of the engine's sweep goes through it.
  static func measure(threads: Int, precision: Precision = .double) -> MachineLimits {
    switch precision {
    case .double:
      MachineLimits(
        flopsPerSecond: matrixProducts(threads) { (n: inout Int32, a: UnsafeMutablePointer<Double>) in
          var (one, zero) = (1.0, 0.0)
          let size = Int(n * n)
          dgemm_("N", "N", &n, &n, &n, &one, a, &n, a + size, &n, &zero, a + 2 * size, &n)
        },
        bytesPerSecond: reading(threads),
        exponentialsPerSecond: exponentials(threads) { (tile: UnsafeMutablePointer<Double>) in
          suffice_softmax(tile, 64, 32, 64, nil)
        })
    case .single:
      MachineLimits(
        flopsPerSecond: matrixProducts(threads) { (n: inout Int32, a: UnsafeMutablePointer<Float>) in
          var (one, zero): (Float, Float) = (1, 0)
          let size = Int(n * n)
          sgemm_("N", "N", &n, &n, &n, &one, a, &n, a + size, &n, &zero, a + 2 * size, &n)
        },
        bytesPerSecond: reading(threads),
        exponentialsPerSecond: exponentials(threads) { (tile: UnsafeMutablePointer<Float>) in
          suffice_single_softmax(tile, 64, nil, 32, 64)
        })
    }
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
  private static func matrixProducts<Number: BinaryFloatingPoint>(
    _ threads: Int, _ multiply: (_ order: inout Int32, _ matrices: UnsafeMutablePointer<Number>) -> Void
  ) -> Double {
    let order = 1024
    let size = order * order
    let values = UnsafeMutablePointer<Number>.allocate(capacity: threads * 3 * size)
    defer { values.deallocate() }
    for i in 0..<threads * 3 * size { values[i] = Number(i % 17) - 8 }
    openblas_set_num_threads(1)
    let seconds = shortest(of: 15) {
      onEachThread(threads) { task in
        var count = Int32(order)
        multiply(&count, values + task * 3 * size)
      }
    }
    return Double(threads) * 2 * Double(size) * Double(order) / seconds
  }

  /// Calls a function once on each thread.
  private static func onEachThread(_ threads: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        suffice_parallel(
          Int32(threads), threads,
          { context, task, _ in context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(task) },
          UnsafeMutableRawPointer(mutating: pointer))
      }
    }
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

  private static func exponentials<Number: BinaryFloatingPoint>(
    _ threads: Int, _ softmax: (_ tile: UnsafeMutablePointer<Number>) -> Double
  ) -> Double {
    let (size, repeats) = (64 * 32, 400)
    let values = UnsafeMutablePointer<Number>.allocate(capacity: threads * size)
    let results = UnsafeMutablePointer<Double>.allocate(capacity: threads)
    defer {
      values.deallocate()
      results.deallocate()
    }
    for i in 0..<threads * size { values[i] = -Number(i % 19) }
    let seconds = shortest(of: 20) {
      onEachThread(threads) { task in
        var sum = 0.0
        // Softmax of probabilities are probabilities: the tile may be used again and again, at the same cost.
        for _ in 0..<repeats { sum += softmax(values + task * size) }
        results[task] = sum
      }
    }
    return Double(threads * size * repeats) / seconds
  }
}
