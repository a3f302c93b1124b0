import PlanIR

extension FitSession {
  /// Rows that a pass is over: of a batch that is a part, all.
  func rowsOfPass(_ batch: Batch) -> Int { batch.part == nil && isAscent ? batch.rows.count : order.total }

  /// How many rows the bound is of, each as often as it counts, with those of earlier data.
  var rowsInBound: Double { max(engine.memory[engine.plan.countSlot][0], 1) }

  /// Passes over all rows in which a fit whose tolerance is not given may gain what its schedule would leave.
  private static let fewPasses = 5

  /// What further passes may gain where the fit ends, in nats.
  var toleratedGain: Double {
    if let tolerance = settings.tolerance { return tolerance * rowsInBound }
    let usual = FitSettings.usualTolerance * rowsInBound
    guard let slow = choice.schedule.toleranceOfSlowPasses else { return usual }
    // How many passes are to come is told by no ratio on a plateau: those that were are counted.
    let isSlow = trace.suffix(Self.fewPasses + 1).count(where: { $0.rows == engine.rowCount }) > Self.fewPasses
    return isSlow ? max(usual, slow * rowsInBound) : usual
  }

  /// What further passes would gain, in nats a row; infinite before one can tell, NaN for a fit that forms no bound.
  var expectedRemainingGain: Double {
    if choice.schedule.judge != .bound && !drawsGroups { return .nan }
    return trace.last?.rows == engine.rowCount ? forecast.expectedRemainingGain / rowsInBound : .infinity
  }

  /// Whether passes may start from extrapolated parameters.
  var accelerates: Bool {
    if choice.schedule.judge != .bound && !drawsGroups { return false }
    if let asked = settings.accelerates { return asked && settings.order == nil }
    switch settings.start {
    case .seeded, .naturals, .marginals: return settings.order == nil
    case .labels, .responsibilities, .expectations: return false
    }
  }

  /// Extrapolates the parameters for the pass that a batch begins, where passes over the same rows have converged slowly.
  mutating func accelerate(_ batch: Batch) {
    guard accelerates else { return }
    guard rowsOfPass(batch) == trace.last?.rows else { return acceleration.restart() }
    if forecast.isSlow { acceleration.isOn = true }
    guard acceleration.isOn, let naturals = acceleration.extrapolated(engine.plan.globals) else { return }
    acceleration.fallback = Acceleration.Fallback(
      bound: forecast.bound, memory: engine.memory.values, rows: engine.keptRows, parts: engine.parts)
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
        (engine.memory.values, engine.keptRows, engine.parts) = (fallback.memory, fallback.rows, fallback.parts)
        (engine.swept, engine.moved) = (nil, [])
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
