extension FitSession {
  /// The session as it stands, to go on from later; nil before it has started.
  public var checkpoint: FitCheckpoint? {
    guard isStarted else { return nil }
    return FitCheckpoint(
      fit: fit, memory: engine.memory.values, rows: engine.keptRows, parts: engine.parts, absorbed: engine.absorbed,
      scheduleWords: running.words, outcome: outcome, forecastWords: forecast.words, acceleration: acceleration,
      correction: correction, passesWithoutImprovement: passesWithoutImprovement, judged: lastJudged,
      failedMoves: failedMoves, trials: trials,
      isAscent: isAscent, isBetweenPasses: isBetweenPasses, groupsGoOn: groupStart == .present,
      moved: engine.moved.sorted(),
      sweptAll: engine.swept == order.all, seconds: seconds)
  }

  /// Goes on from a checkpoint of the same model, data and settings.
  ///
  /// What follows has the same bits as if the fit had not stopped; only the seconds of the history differ.
  /// - Throws: ``FitError`` where the checkpoint is one of another model, of other data, or of another schedule.
  public mutating func resume(from checkpoint: FitCheckpoint) throws(FitError) {
    func refuse(_ finding: String) -> FitError { .setting(SettingError("the fit cannot be resumed: \(finding).")) }
    let fit = checkpoint.fit
    guard fit.model.graph == engine.model.graph else { throw refuse("the checkpoint is one of another model") }
    // Some facts may be NaN, which equals nothing.
    guard String(reflecting: fit.model.facts) == String(reflecting: engine.model.facts) else {
      throw refuse("the data are not those that the fit was begun with; bring them back, or fit again")
    }
    guard fit.settings == self.fit.settings else {
      throw refuse("the settings are not those that the fit was begun with")
    }
    let places = [checkpoint.acceleration.fallback, checkpoint.correction?.origin].compactMap { $0 }
    let (memorySizes, pointSizes) = (engine.memory.values.map(\.count), engine.point.map(\.count))
    guard ([checkpoint.memory] + places.map(\.memory)).allSatisfy({ $0.map(\.count) == memorySizes }),
      (checkpoint.parts + places.flatMap(\.parts)
        + [checkpoint.absorbed, checkpoint.correction?.statistics].compactMap { $0 })
        .allSatisfy({ $0.areTotals(of: engine.plan) }),
      ([checkpoint.rows] + places.map(\.rows)).allSatisfy({
        $0.isEmpty
          || $0.map(\.count) == engine.plan.resumed.map { engine.rowCount * engine.plan.tiles[$0.index].width }
      }),
      checkpoint.acceleration.trail.allSatisfy({ $0.map(\.count) == pointSizes }),
      let forecast = GainForecast(words: checkpoint.forecastWords), running.restore(checkpoint.scheduleWords)
    else { throw refuse("the checkpoint is damaged") }
    engine.memory.values = checkpoint.memory
    engine.keptRows = checkpoint.rows
    engine.parts = checkpoint.parts
    engine.absorbed = checkpoint.absorbed
    engine.moved = Set(checkpoint.moved)
    engine.swept = checkpoint.sweptAll ? order.all : nil
    (outcome, self.forecast, acceleration) = (checkpoint.outcome, forecast, checkpoint.acceleration)
    (isAscent, isBetweenPasses) = (checkpoint.isAscent, checkpoint.isBetweenPasses)
    (passesWithoutImprovement, lastJudged) = (checkpoint.passesWithoutImprovement, checkpoint.judged)
    (trials, correction) = (checkpoint.trials, checkpoint.correction)
    (failedMoves, groupStart) = (checkpoint.failedMoves, checkpoint.groupsGoOn ? .present : .prior)
    (trace, restartBounds, converged) = (fit.trace, fit.restartBounds, fit.converged)
    earlier = checkpoint.seconds
    isStarted = true
  }
}
