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
