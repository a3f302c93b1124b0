import ExponentialFamilies
import PlanIR

/// Coordinate ascent on nested samples of the rows that grow until they are all rows.
///
/// A sample of n rows determines p parameters only to within about p/2n nats a row (Wilks 1938; Akaike 1974): to climb further
/// than that on the sample would fit its noise. So a sample is left as soon as what further passes over it would gain falls below
/// a fraction of this, or below a number of nats that no use of a density notices. But a plateau that a small sample does not
/// leave, all rows have to: over the first sample, where they cost least, passes go on to its optimum. Where few passes did for
/// a sample, the next has four times as many rows; elsewhere twice as many, so that what climbs slowly climbs on few rows. The
/// last sample is all rows: there the fit's tolerance decides.
///
/// Most passes take few rows, and the last ones, over all rows, begin near the optimum.
public struct ProgressiveAscent: Schedule {
  /// `progressive`.
  public let name = "progressive"
  /// The bound.
  public let judge = ScheduleJudge.bound
  /// Rows of the first sample, about.
  public let firstRows: Int
  /// Passes go on while they would gain more than this fraction of the statistical error.
  public let fraction: Double
  /// What passes would gain, in nats a row, below which no sample but all rows is climbed further.
  public let leastGain: Double

  /// No sample but the last has more rows than this, so that lists of rows stay small.
  static let largestSample = 1 << 24
  /// The most passes over a sample but the first: what is left, the next sample climbs as well.
  static let mostPasses = 20
  /// The most passes over the first sample: as many, and as many as cost so many over all rows.
  private static let (mostFirstPasses, firstCost) = (200, 8)
  /// So few passes do for a sample that one of four times as many rows may follow.
  private static let fewPasses = 3

  /// The level of the sample, and how many passes have gone over it.
  public struct State: ScheduleState {
    var level: Int
    var passes = 0
    /// The rows of the level, which are drawn once: no part of the state, for they follow from it.
    fileprivate var sample: RowSelection?

    init(level: Int) { self.level = level }

    /// The rows of the level.
    fileprivate mutating func sample(of rows: RowOrder) -> RowSelection {
      let drawn = sample ?? rows.sample(level: level)
      sample = drawn
      return drawn
    }

    /// Whether both say the same.
    public static func == (a: State, b: State) -> Bool { a.words == b.words }

    /// Hashes what the state says.
    public func hash(into hasher: inout Hasher) { hasher.combine(words) }

    /// Two words.
    public var words: [UInt64] { [UInt64(level), UInt64(passes)] }

    /// The state that gave these words.
    public init?(words: [UInt64]) {
      guard words.count == 2, words[0] < 64, words[1] < 1 << 62 else { return nil }
      (level, passes) = (Int(words[0]), Int(words[1]))
    }
  }

  /// Makes the schedule.
  ///
  /// - Throws: ``SettingError`` where the first sample has no rows, or a limit is below 0.
  public init(firstRows: Int = 20_000, fraction: Double = 0.25, leastGain: Double = 1e-6) throws(SettingError) {
    guard firstRows >= 1 else {
      throw SettingError("the first sample has \(firstRows) rows; it must have at least 1.")
    }
    guard fraction >= 0 && leastGain >= 0 else {
      throw SettingError("the fraction of the statistical error and the least gain must be at least 0.")
    }
    self.firstRows = firstRows
    self.fraction = fraction
    self.leastGain = leastGain
  }

  /// Starts on the first sample.
  public func start(rows: RowOrder, random: RandomSource) -> State { State(level: firstLevel(rows)) }

  private func firstLevel(_ rows: RowOrder) -> Int {
    var level = 0
    while rows.sampleCount(level: level + 1) >= firstRows && level < rows.levels { level += 1 }
    return level
  }

  /// What ends a sample: a plateau that samples have not left is a plateau of all rows, where each pass costs most.
  public var toleranceOfSlowPasses: Double? { leastGain }

  /// The present sample at rate 1, or the next one; all rows for as long as they are asked for.
  public func next(_ state: inout State, rows: RowOrder, after outcome: BatchOutcome?) -> Batch? {
    if let outcome, state.level > 0 {
      let count = rows.sampleCount(level: state.level)
      let isFirst = state.level == firstLevel(rows)
      let most = isFirst ? min(Self.firstCost * rows.total / count, Self.mostFirstPasses) : Self.mostPasses
      let error = isFirst ? 0 : GainForecast.statisticalError(parameters: outcome.parameterCount, rows: count)
      if outcome.expectedRemainingGain < max(fraction * error, leastGain) || state.passes >= most {
        if state.passes <= Self.fewPasses && state.level > 1 { state.level -= 1 }
        state.passes = 0
        state.sample = nil
        repeat { state.level -= 1 } while state.level > 0 && rows.sampleCount(level: state.level) > Self.largestSample
      }
    }
    state.passes += 1
    return Batch(rows: state.sample(of: rows), rate: 1, endsPass: true)
  }
}
