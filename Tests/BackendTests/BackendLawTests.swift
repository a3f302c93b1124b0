import CKernels
import Suffice
import SufficeTesting
import Testing

/// Backends at every instruction-set level that this processor has.
@Suite struct BackendLawTests {
  /// Runs the body at a level, which is the thread's own; levels that this processor lacks are left out.
  private func at(level: Int32, _ body: () throws -> Void) rethrows {
    let best = suffice_level()
    if level > best { return }
    defer { _ = suffice_force_level(best) }
    #expect(suffice_force_level(level) == level)
    try body()
  }

  @Test func cpuSteps() throws { try checkBackend(CPUBackend(contractions: .kernels)) }

  @Test func openBLASSteps() throws { try checkBackend(CPUBackend(contractions: .openBLAS)) }

  /// One thread: the level is that of the calling one.
  @Test(arguments: [0, 1] as [Int32]) func cpuStepsOfLowerLevels(level: Int32) throws {
    try at(level: level) {
      try checkBackend(CPUBackend(contractions: .kernels), threads: [1], rowCounts: [0, 1, 31, 33, 257])
    }
  }

  @Test(arguments: [0, 1] as [Int32]) func singleStepsOfLowerLevels(level: Int32) throws {
    try at(level: level) {
      try checkPrecision(
        CPUBackend(contractions: .kernels, precision: .single), threads: [1], rowCounts: [1, 31, 33, 600])
    }
  }

  /// The definition agrees with itself: what the checks allow is not what they compare.
  @Test func referenceSteps() throws { try checkBackend(ReferenceBackend(), threads: [1], rowCounts: [0, 1, 33]) }
}
