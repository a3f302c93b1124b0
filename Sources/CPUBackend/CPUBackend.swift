import PlanIR
import ReferenceBackend

public struct CPUBackend: Backend {
  public let name = "cpu"
  public init() {}
  public func executor(for plan: Plan, inputs: [InputColumns], threads: Int) throws(BackendError) -> any Executor {
    try ReferenceBackend().executor(for: plan, inputs: inputs, threads: threads)
  }
}
