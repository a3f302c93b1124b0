import CKernels
import COpenBLAS
import PlanIR

/// Runs plans on the processor: tiles that stay in cache, vectorised C kernels chosen for the processor at run time, and
/// threads over fixed chunks of rows.
public struct CPUBackend: Backend {
  /// `cpu`.
  public let name = "cpu"

  /// What multiplies tiles by weights.
  public enum Contractions: Hashable, Sendable {
    /// Whichever is faster on this processor.
    case automatic
    /// The library's own kernels, made for the narrow shapes of mixtures.
    case kernels
    /// OpenBLAS: faster where the processor has no fused multiply-add, which the baseline kernels then lack too.
    case openBLAS
  }

  private let contractions: Contractions

  /// Makes the backend.
  public init(contractions: Contractions = .automatic) { self.contractions = contractions }

  /// Prepares to run a plan.
  public func executor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any Executor {
    guard threads >= 1 else { throw BackendError("\(threads) threads were asked for; at least 1 is needed.") }
    // The tiles are what runs in parallel; inside one, a matrix product stays on its thread.
    openblas_set_num_threads(1)
    let usesBLAS = contractions == .openBLAS || (contractions == .automatic && suffice_level() == 0)
    return CPUExecutor(plan: plan, inputs: inputs, threads: threads, usesBLAS: usesBLAS)
  }
}
