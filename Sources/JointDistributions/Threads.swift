import CKernels

/// Calls a function once for each of some tasks, with the number of the thread that it runs on; returns when all are done.
func inParallel(_ threads: Int, tasks: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
  withoutActuallyEscaping(body) { body in
    withUnsafePointer(to: body) { pointer in
      suffice_parallel(
        Int32(tasks > 1 ? threads : 1), tasks,
        { context, task, worker in
          context?.assumingMemoryBound(to: ((Int, Int) -> Void).self).pointee(task, Int(worker))
        }, UnsafeMutableRawPointer(mutating: pointer))
    }
  }
}

/// The results of a function for each of some tasks, in order.
func parallelMap<Result>(_ threads: Int, _ tasks: Int, _ body: (Int) -> Result) -> [Result] {
  var results = [Result?](repeating: nil, count: tasks)
  results.withUnsafeMutableBufferPointer { buffer in
    nonisolated(unsafe) let buffer = buffer
    inParallel(threads, tasks: tasks) { task, _ in buffer[task] = body(task) }
  }
  return results.map { result in
    guard let result else { preconditionFailure("a task has no result") }
    return result
  }
}
