import ExponentialFamilies
import PlanIR

/// Coordinate ascent on nested samples of the rows that grow until they are all rows.
///
/// A sample of n rows determines p parameters only to within about p/2n nats a row (Wilks 1938; Akaike 1974): to climb further
/// than that on the sample would fit its noise. So a sample is left as soon as what further passes over it would gain falls below
/// a fraction of this, or below a number of nats that no use of a density notices. But a plateau that a small sample does not
/// leave, all rows have to: over the first sample, where they cost least, passes go on to its optimum. Where few passes did for
/// a sample, the next has four times as many rows; elsewhere twice as many, so that what climbs slowly climbs on few rows.
///
/// From a sixteenth of the rows on, each pass over all rows is followed by passes over that sample, whose sums are corrected by
/// what they lack to those over all rows: see ``SampleCorrection``. They lead near the optimum of all rows, and tell what further
/// passes would gain: there the fit's tolerance decides. A sample that misled has a larger one as its successor, or a pause. Where
/// a model's sums over rows cannot be corrected, samples grow until they are all rows.
///
/// Most passes take few rows, and those over all rows begin near the optimum.
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

  /// All rows are compared with a sample of one row out of so many, at least.
  private static let comparedShare = 16
  /// A corrected sample is left for all rows where it would gain less than this share of what it has gained.
  private static let leastShare = 0.05
  /// The fewest and the most passes over a corrected sample: what is slow shows only after some.
  private static let (leastCorrected, mostCorrected) = (8, 32)
  /// A sample that was too small is followed by one of 2 to the power of this times as many rows; one of more than a fourth of all
  /// rows would save nothing.
  private static let finer = 2

  /// Which rows are next.
  public struct State: ScheduleState {
    /// The level of the sample; 0 where all rows and a corrected sample take turns.
    var level: Int
    /// How many passes have gone over the present sample.
    var passes = 0
    /// The level of the sample that all rows are compared with; 0 for none.
    var comparison: Int
    /// The level of the sample whose passes are corrected; 0 where all rows are next.
    var corrected = 0
    /// Comparisons that led nowhere, and passes over all rows until there is another.
    var (failures, pause) = (0, 0)
    /// The bound of all rows, and the one that the corrected sample led to; NaN where there is none.
    var (bound, promise) = (Double.nan, Double.nan)
    /// The rows of the present sample, which are drawn once: no part of the state, for they follow from it.
    private var sample: (level: Int, rows: RowSelection)?

    init(level: Int, comparison: Int) { (self.level, self.comparison) = (level, comparison) }

    /// The rows of a level.
    fileprivate mutating func sample(_ level: Int, of rows: RowOrder) -> RowSelection {
      if let sample, sample.level == level { return sample.rows }
      let drawn = rows.sample(level: level)
      sample = (level, drawn)
      return drawn
    }

    /// Whether both say the same.
    public static func == (a: State, b: State) -> Bool { a.words == b.words }

    /// Hashes what the state says.
    public func hash(into hasher: inout Hasher) { hasher.combine(words) }

    /// Eight words.
    public var words: [UInt64] {
      [level, passes, comparison, corrected, failures, pause].map(UInt64.init) + [bound.bitPattern, promise.bitPattern]
    }

    /// The state that gave these words.
    public init?(words: [UInt64]) {
      guard words.count == 8, words[0] < 64, words[2] < 64, words[3] < 64, words[4] < 64, words[1] < 1 << 62,
        words[5] < 1 << 62
      else { return nil }
      let numbers = words.prefix(6).map { Int($0) }
      (level, passes, comparison) = (numbers[0], numbers[1], numbers[2])
      (corrected, failures, pause) = (numbers[3], numbers[4], numbers[5])
      (bound, promise) = (Double(bitPattern: words[6]), Double(bitPattern: words[7]))
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
  public func start(rows: RowOrder, random: RandomSource) -> State {
    let level = lastLevel(rows, ofAtLeast: firstRows)
    let compared = lastLevel(rows, ofAtLeast: max(firstRows, rows.total / Self.comparedShare))
    let saves = compared >= Self.finer && rows.sampleCount(level: compared) <= Self.largestSample
    return State(level: level, comparison: saves ? compared : 0)
  }

  /// The level of the smallest sample with so many rows.
  private func lastLevel(_ rows: RowOrder, ofAtLeast count: Int) -> Int {
    var level = 0
    while rows.sampleCount(level: level + 1) >= count && level < rows.levels { level += 1 }
    return level
  }

  /// What is not worth passes over all rows.
  public var toleranceOfSlowPasses: Double? { 1e-4 }

  /// The present sample at rate 1, or the next one; then all rows and a corrected sample in turns.
  public func next(_ state: inout State, rows: RowOrder, after outcome: BatchOutcome?) -> Batch? {
    if let outcome {
      if state.level > 0 {
        growSample(&state, rows, outcome)
      } else {
        takeTurns(&state, rows, outcome)
      }
    }
    state.passes += 1
    if state.level > 0 { return Batch(rows: state.sample(state.level, of: rows), rate: 1, endsPass: true) }
    if state.corrected > 0 {
      return Batch(rows: state.sample(state.corrected, of: rows), rate: 1, isCorrected: true, endsPass: true)
    }
    let compares = state.comparison > 0 && state.pause == 0
    return Batch(
      rows: rows.all, rate: 1, sample: compares ? state.sample(state.comparison, of: rows) : nil, endsPass: true)
  }

  private func growSample(_ state: inout State, _ rows: RowOrder, _ outcome: BatchOutcome) {
    let count = rows.sampleCount(level: state.level)
    let isFirst = state.level == lastLevel(rows, ofAtLeast: firstRows)
    let most = isFirst ? min(Self.firstCost * rows.total / count, Self.mostFirstPasses) : Self.mostPasses
    let error = isFirst ? 0 : GainForecast.statisticalError(parameters: outcome.parameterCount, rows: count)
    guard outcome.expectedRemainingGain < max(fraction * error, leastGain) || state.passes >= most else { return }
    // Where all rows can follow a sample, samples need not grow further.
    if outcome.canCorrect && state.level <= state.comparison {
      (state.level, state.passes) = (0, 0)
      return
    }
    if state.passes <= Self.fewPasses && state.level > 1 { state.level -= 1 }
    state.passes = 0
    repeat { state.level -= 1 } while state.level > 0 && rows.sampleCount(level: state.level) > Self.largestSample
  }

  /// All rows follow their corrected sample where that has gained nearly all it can; a larger sample follows one that did not lead
  /// them where it promised to.
  private func takeTurns(_ state: inout State, _ rows: RowOrder, _ outcome: BatchOutcome) {
    if state.corrected > 0 && !outcome.isUndone {
      state.promise = outcome.bound
      let gain = (outcome.bound - state.bound) / Double(rows.total)
      if state.passes >= Self.leastCorrected && outcome.expectedRemainingGain < Self.leastShare * gain
        || state.passes >= Self.mostCorrected
      {
        (state.corrected, state.passes) = (0, 0)
      }
      return
    }
    let compared = state.comparison > 0 && state.pause == 0 && outcome.canCorrect
    let isPoor = outcome.bound - state.bound < (state.promise - state.bound) / 2
    if outcome.isUndone {
      state.failures = min(state.failures + 1, 32)
      state.pause = 1 << state.failures - 1
    } else if state.pause > 0 {
      state.pause -= 1
    }
    state.corrected = compared && !outcome.isUndone ? state.comparison : 0
    let finer = max(state.comparison - Self.finer, Self.finer)
    if (outcome.isUndone || isPoor) && state.comparison > 0 && rows.sampleCount(level: finer) <= Self.largestSample {
      state.comparison = finer
    }
    (state.bound, state.promise, state.passes) = (outcome.bound, .nan, 0)
  }
}
