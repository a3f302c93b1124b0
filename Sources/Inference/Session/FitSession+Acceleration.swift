import PlanIR

extension FitSession {
  /// Rows that a pass is over: of a batch that is a part, all.
  func rowsOfPass(_ batch: Batch) -> Int { batch.part == nil && isAscent ? batch.rows.count : order.total }

  /// How many rows the bound is of, each as often as it counts, with those of earlier data.
  var rowsInBound: Double { max(engine.memory[engine.plan.countSlot][0], 1) }

  /// Passes over all rows in which a fit whose tolerance is not given may gain what its schedule would leave, at least.
  private static let fewPasses = 2

  /// Operations of a pass over all rows, in the time of one product: an exponential takes some ten, a family's function some hundred.
  var workOfPass: Double {
    let cost = engine.executedPlan.cost(rows: engine.rowCount).total
    return Double(cost.flops) + 10 * Double(cost.exponentials) + 100 * Double(cost.evaluations)
  }

  /// What further passes may gain where the fit ends, in nats.
  var toleratedGain: Double {
    if let tolerance = settings.tolerance { return tolerance * rowsInBound }
    let usual = FitSettings.usualTolerance * rowsInBound
    guard let slow = choice.schedule.toleranceOfSlowPasses else { return usual }
    // How many passes are to come is told by no ratio on a plateau: those that were are counted.
    let passes = trace.count { $0.rows == engine.rowCount }
    let isSlow = passes > Self.fewPasses && Double(passes) * workOfPass > Self.affordableWork
    return isSlow ? max(usual, slow * rowsInBound) : usual
  }

  /// Whether passes change the bound by no more than rounding does, and that is more than what they gain may be worth.
  var isLostInRounding: Bool {
    forecast.isAtRounding && engine.boundRounding > max(toleratedGain, Fit.largestRounding * rowsInBound)
  }

  /// What further passes would gain, in nats a row; infinite before one can tell, NaN for a fit that forms no bound.
  var expectedRemainingGain: Double {
    if choice.schedule.judge != .bound && !drawsGroups { return .nan }
    return trace.last?.rows == engine.rowCount ? forecast.toldRemainingGain / rowsInBound : .infinity
  }

  /// Whether passes may start from extrapolated parameters.
  var accelerates: Bool {
    if choice.schedule.judge != .bound && !drawsGroups { return false }
    return settings.order == nil && settings.accelerates ?? true
  }

  /// Extrapolates the parameters for the pass that a batch begins, where passes over the same rows have converged slowly.
  mutating func accelerate(_ batch: Batch) {
    guard accelerates else { return }
    guard rowsOfPass(batch) == trace.last?.rows else { return acceleration.restart() }
    // The passes of a proof are plain ones.
    if forecast.isProving { return }
    if forecast.isSlow { acceleration.isOn = true }
    guard acceleration.isOn, let naturals = acceleration.extrapolated(engine.plan.globals) else { return }
    acceleration.fallback = engine.place(bound: forecast.bound)
    engine.set(naturals)
  }

  /// Takes note of the bound after a pass of coordinate ascent; the bound of where the fit is now.
  ///
  /// A pass that started from extrapolated parameters and ended no higher is undone.
  mutating func noteAscent(_ found: Double) -> Double {
    var bound = found
    if let fallback = acceleration.fallback {
      let isBetter = found.isFinite && found >= fallback.bound
      if isBetter {
        forecast.note(found, rounding: engine.boundRounding, isPlain: false)
      } else {
        engine.restore(fallback)
        bound = fallback.bound
      }
      acceleration.judge(isBetter)
    } else {
      forecast.note(found, rounding: engine.boundRounding)
    }
    if accelerates { acceleration.note(engine) }
    return bound
  }
}
