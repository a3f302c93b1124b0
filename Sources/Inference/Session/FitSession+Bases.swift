import PlanIR

/// When changes of basis are tried again after one that did not raise the bound.
///
/// Where the rows' variables are solved exactly a change never lowers it. Where they are solved in turns, a sweep may end elsewhere.
public struct BasisTrials: Hashable, Sendable {
  /// Changes, one after another, that did not raise the bound.
  public var failures = 0
  /// Passes to go until the next trial.
  public var pause = 0

  /// No trial yet.
  public init(failures: Int = 0, pause: Int = 0) {
    self.failures = failures
    self.pause = pause
  }

  /// After each failure it takes twice as long to the next trial.
  mutating func fail() {
    failures = min(failures + 1, 16)
    pause = 1 << failures
  }

  mutating func succeed() { failures = 0 }
}

extension FitSession {
  /// What the parameters were before a change of basis.
  struct BasisBefore {
    let memory: ParameterMemory
    let bound: Double
  }

  /// Changes bases before a pass over the rows of the last one; what was before, or nil where nothing changed.
  mutating func changeBases(before batch: Batch) -> BasisBefore? {
    guard settings.changesBases, choice.schedule.judge == .bound, batch.part == nil, batch.rate == 1, batch.endsPass,
      !batch.isCorrected,
      let last = trace.last, last.rows == batch.rows.count, !engine.plan.latentBases.isEmpty
    else { return nil }
    if trials.pause > 0 {
      trials.pause -= 1
      return nil
    }
    let before = BasisBefore(memory: engine.memory, bound: last.bound)
    return engine.changeBases() ? before : nil
  }

  /// Whether a pass after a change of basis lost more than rounding; the parameters are then those before the change.
  mutating func takesBack(_ before: BasisBefore, at bound: Double) -> Bool {
    if bound >= before.bound - 1e-10 * abs(before.bound) {
      trials.succeed()
      return false
    }
    engine.memory = before.memory
    trials.fail()
    return true
  }
}
