import COpenBLAS
import PlanIR

/// Runs plans on the processor: tiles that stay in cache, vectorised C kernels chosen for the processor at run time, and
/// threads over fixed chunks of rows.
public struct CPUBackend: Backend {
  /// `cpu`.
  public let name = "cpu"

  /// Makes the backend.
  public init() {}

  /// Prepares to run a plan.
  public func executor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any Executor {
    guard threads >= 1 else { throw BackendError("\(threads) threads were asked for; at least 1 is needed.") }
    // The tiles are what runs in parallel; inside one, a matrix product stays on its thread.
    openblas_set_num_threads(1)
    return CPUExecutor(plan: plan, inputs: inputs, threads: threads)
  }
}
