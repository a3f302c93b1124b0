import PlanIR

/// A fit under way, with all that going on from it with the same bits asks for.
public struct FitCheckpoint: Hashable, Sendable {
  /// The fit as it stood.
  public let fit: Fit
  /// The numbers of all the plan's parameter slots.
  public let memory: [[Double]]
  /// What the last sweep left of single rows, by slot of the plan's `resumed`; empty where nothing is kept.
  public let rows: [[Double]]
  /// What each part of the rows adds up to, for schedules that keep it.
  public let parts: [RowStatistics]
  /// What the posterior rests on, where it is an average over batches.
  public let absorbed: RowStatistics?
  /// The state of the schedule.
  public let scheduleWords: [UInt64]
  /// What the last batch did.
  public let outcome: BatchOutcome?
  /// The forecast of what further passes gain.
  public let forecastWords: [UInt64]
  /// The points that the next step is extrapolated from.
  public let acceleration: Acceleration
  /// What passes over a sample are corrected by; nil where none was compared with all rows.
  public let correction: SampleCorrection?
  /// Passes of a stochastic fit since the last one that gained.
  public let passesWithoutImprovement: Int
  /// The log densities of the rows that judge a stochastic fit, after its last pass.
  public let judged: [Double]
  /// Moves in a row that did not raise the bound.
  public let failedMoves: Int
  /// When changes of basis are tried again.
  public let trials: BasisTrials
  /// Whether the pass so far is one of coordinate ascent.
  public let isAscent: Bool
  /// Whether the next batch begins a pass.
  public let isBetweenPasses: Bool
  /// Whether groups that are solved by themselves go on from where they are, not from their priors.
  public let groupsGoOn: Bool
  /// The global variables, by position, that have moved since the last sweep.
  public let moved: [Int]
  /// Whether the last sweep took all rows.
  public let sweptAll: Bool
  /// Seconds that the fit has taken.
  public let seconds: Double

  /// Puts a checkpoint together, as reading one from a file does.
  public init(
    fit: Fit, memory: [[Double]], rows: [[Double]], parts: [RowStatistics], absorbed: RowStatistics?,
    scheduleWords: [UInt64], outcome: BatchOutcome?, forecastWords: [UInt64], acceleration: Acceleration,
    correction: SampleCorrection? = nil, passesWithoutImprovement: Int, judged: [Double], failedMoves: Int,
    trials: BasisTrials, isAscent: Bool,
    isBetweenPasses: Bool, groupsGoOn: Bool, moved: [Int], sweptAll: Bool, seconds: Double
  ) {
    self.fit = fit
    self.memory = memory
    self.rows = rows
    self.parts = parts
    self.absorbed = absorbed
    self.scheduleWords = scheduleWords
    self.outcome = outcome
    self.forecastWords = forecastWords
    self.acceleration = acceleration
    self.correction = correction
    self.passesWithoutImprovement = passesWithoutImprovement
    self.judged = judged
    self.failedMoves = failedMoves
    self.trials = trials
    self.isAscent = isAscent
    self.isBetweenPasses = isBetweenPasses
    self.groupsGoOn = groupsGoOn
    self.moved = moved
    self.sweptAll = sweptAll
    self.seconds = seconds
  }
}
