import ExponentialFamilies
import PlanIR

// Components that are born, merged and deleted while a fit is under way.
extension FitSession {
  /// Rows that moves are tried on.
  private static let moveRows = 10_000
  /// Rounds of moves, each of other draws, that may fail before a fit ends.
  private static let patienceAtEnd = 3
  /// Passes after which moves must have raised the bound.
  private static let settling = 20

  /// Whether a fit that would end tries moves first.
  ///
  /// Starts are drawn at random, and on few rows each of them may end where some components share what one should have and others have
  /// too much: a move leads out of there, and costs as much as some more starts. On many rows passes over all of them would cost too
  /// much. What a caller gave to start from is not left.
  var movesAtEnd: Bool {
    guard case .seeded = settings.start, settings.order == nil, !choice.schedule.moves else { return false }
    return choice.schedule.judge == .bound && order.total <= Self.moveRows && failedMoves < Self.patienceAtEnd
      && !solvesGroups
  }

  /// Tries moves on a sample, and takes what they find where it raises the bound over all rows; whether it did.
  mutating func move(bound: Double) -> Bool {
    let draws = RowOrder(total: engine.rowCount, random: random.stream(5))
    var level = 0
    while draws.sampleCount(level: level) > Self.moveRows { level += 1 }
    var stream = random.stream(UInt64(10_000 + trace.count)).stream(UInt64(failedMoves))
    let before = (engine.memory, engine.parts)
    guard let moves = ComponentMoves(engine, rows: draws.sample(level: level)) else {
      failedMoves += 1
      return false
    }
    // Many moves at once are tried first, one at last.
    let promising = moves.promising(removals: max(1, 64 >> (2 * failedMoves)), random: &stream)
    if promising.isEmpty {
      failedMoves += 1
      return false
    }
    // Without kept parts the rows are one.
    let (parts, isWhole) = (max(engine.parts.count, 1), engine.parts.isEmpty)
    let all = 0..<order.total
    func range(_ part: Int) -> Range<Int> { all.count * part / parts..<all.count * (part + 1) / parts }
    func given(_ rows: Range<Int>) -> [TileSlot: RowOverride] {
      [moves.label.mean: .values(moves.responsibilities(of: .range(rows), at: before.0, after: promising))]
    }
    func pass(given: ((Range<Int>) -> [TileSlot: RowOverride])?) {
      if isWhole {
        engine.sweep(.range(all), overrides: given.map { $0(all) } ?? [:])
      } else {
        for part in 0..<parts { engine.sweep(range(part), part: part, overrides: given) }
      }
      engine.updateAll()
    }
    pass(given: given)
    // Plain passes, which alone have a bound, until it is higher or promises to stay below: what was split must find its
    // shape.
    var (moved, forecast) = (-Double.infinity, GainForecast())
    for _ in 0..<Self.settling {
      pass(given: nil)
      moved = engine.bound()
      forecast.note(moved, rounding: engine.boundRounding)
      if moved > bound + ComponentMoves.leastGain || moved + forecast.expectedRemainingGain < bound { break }
    }
    if moved > bound + ComponentMoves.leastGain {
      failedMoves = 0
      replaceLastEntry(moved)
      self.forecast = forecast
      acceleration.restart()
      return true
    }
    (engine.memory, engine.parts) = before
    failedMoves += 1
    return false
  }
}
