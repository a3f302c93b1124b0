import Suffice
import SufficeTesting
import Testing

@Suite struct BackendLawTests {
  @Test func cpuSteps() throws { try checkBackend(CPUBackend(contractions: .kernels)) }

  @Test func openBLASSteps() throws { try checkBackend(CPUBackend(contractions: .openBLAS)) }

  /// The definition agrees with itself: what the checks allow is not what they compare.
  @Test func referenceSteps() throws { try checkBackend(ReferenceBackend(), threads: [1], rowCounts: [0, 1, 33]) }
}
