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

  /// More threads are not made.
  static let mostThreads = 1024

  private let contractions: Contractions
  /// In what precision rows are worked on where a plan allows it.
  public let precision: Precision

  /// Makes the backend.
  ///
  /// - Parameters:
  ///   - contractions: What multiplies tiles by weights.
  ///   - precision: With `single`, sweeps of mixtures have tiles, weights, scores and probabilities in single precision,
  ///     and sums over rows in double. Plans of another kind, sweeps with given expectations or outputs, and sweeps whose
  ///     scores would lose more than 0.002 to rounding run in double precision: ``Executor/precision`` counts both.
  public init(contractions: Contractions = .automatic, precision: Precision = .double) {
    (self.contractions, self.precision) = (contractions, precision)
  }

  /// Why a plan's rows cannot be worked on in single precision; nil where they can.
  public static func obstacleToSingle(_ plan: Plan) -> String? {
    do throws(SingleForm.Obstacle) {
      _ = try SingleForm(plan)
      return nil
    } catch { return error.description }
  }

  /// Prepares to run a plan.
  public func executor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any Executor {
    try cpuExecutor(for: plan, inputs: inputs, threads: threads)
  }

  /// Prepares to run a plan that has groups of rows.
  public func groupExecutor(
    for plan: Plan, inputs: [InputColumns], threads: Int
  ) throws(BackendError) -> any GroupExecutor {
    try cpuExecutor(for: plan, inputs: inputs, threads: threads)
  }

  private func cpuExecutor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> CPUExecutor {
    guard threads >= 1 else { throw BackendError("\(threads) threads were asked for; at least 1 is needed.") }
    // The tiles are what runs in parallel; inside one, a matrix product stays on its thread.
    openblas_set_num_threads(1)
    let usesBLAS = contractions == .openBLAS || (contractions == .automatic && suffice_level() == 0)
    return try CPUExecutor(
      plan: plan, inputs: inputs, threads: min(threads, Self.mostThreads), usesBLAS: usesBLAS, precision: precision)
  }
}
