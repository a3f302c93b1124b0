import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// How a fit is made, whatever the model.
public struct FitSettings: Sendable {
  /// Which rows are next and how far the parameters move; nil to choose by the model and the number of rows, as
  /// ``ScheduleChoice`` says.
  public var schedule: (any Schedule)?
  /// The seed of everything random.
  public var seed: UInt64 = 0
  /// How many threads; results do not depend on it.
  public var threads = 1
  /// How many starts are tried; the one with the best bound is carried on.
  ///
  /// Starts are compared on few rows first; the better half goes on to twice as many, until one is left. Over groups that are
  /// solved by themselves coordinate ascent compares them on all rows, and stochastic inference has one start: a bound over
  /// few groups says which fits these, not which learns from all.
  public var restarts = 16
  /// How many rows the last starts are compared on; data with fewer than twice as many rows use all.
  public var restartRows = 20_000
  /// The largest number of sweeps of a start before it is compared.
  public var restartSweeps = 100
  /// The largest number of passes over all rows; one over a sample is a part of one.
  public var maximumPasses = 500
  /// A fit has converged where further passes would raise the bound by no more than this, as far as one can tell from how
  /// the gains of the last ones fell: in nats a row, whatever the units of the data.
  ///
  /// By default ``usualTolerance``; where a schedule has climbed samples of the rows before it takes all of them, and five passes
  /// over all rows do not reach it, what the schedule says. A fit whose passes change the bound by no
  /// more than rounding does has converged, whatever the tolerance.
  public var tolerance: Double?
  /// The tolerance in nats a row where none is given.
  public static let usualTolerance = 1e-6
  /// Whether passes may start from extrapolated parameters, where they converge slowly: see ``Acceleration``.
  ///
  /// Nil for all fits but those whose order of updates is given. Wherever a fit starts, its first pass is a plain one.
  public var accelerates: Bool?
  /// The fraction of rows, at most ``heldOutRows``, that stochastic schedules keep aside to judge convergence by.
  public var heldOutFraction = 0.1
  /// The largest number of rows kept aside.
  public var heldOutRows = 10_000
  /// The order of updates within a pass, by variable; row variables are solved together where the first of them stands.
  ///
  /// They are solved before all others where none of them is named. Global variables that are not named stay where the start left
  /// them. By default row variables first, then the others in the order of their declaration.
  public var order: [String]?
  /// Whether passes over all rows begin with a change of basis of the model's latent spaces (`LatentBasis`), where it raises the
  /// bound.
  ///
  /// By default they do unless an order of updates is given. Wherever a fit starts, its first pass is in the basis of the start.
  public var rotates: Bool?
  /// The column that holds how often each row counts; nil where each counts once.
  public var weights: String?
  /// Where the first sweep starts.
  public var start = Start.seeded

  /// Where inference starts.
  public enum Start: Sendable {
    /// From rows drawn to differ: see the restarts.
    case seeded
    /// From labels, counted from 0, one for each row of the data: what the first label of a row is before the first update.
    case labels([Int])
    /// From probabilities of labels, row by row of the data, one for each value of the first label of a row.
    case responsibilities([Double])
    /// From labels by name; those that are not named are chosen as by a seeded start.
    case given([String: GivenLabel])
    /// From posteriors such as another fit has: the global variables of the same names, families and sizes begin with them;
    /// the others are updated once.
    case marginals([Marginal])
    /// From expected statistics of global variables, by name, member by member.
    case expectations([String: [Double]])
    /// From natural parameters of all global variables, as a fit has them.
    case naturals([[Double]])
  }

  /// What a start says of one label of the rows.
  public enum GivenLabel: Sendable {
    /// Its value in each row of the data, counted from 0.
    case values([Int])
    /// The probabilities of its values, row by row of the data.
    case probabilities([Double])
  }

  /// The defaults.
  public init() {}

  /// What ``rotates`` says, or what holds by default.
  var changesBases: Bool { rotates ?? (order == nil) }
}

/// One line of a fit's history.
public struct TraceEntry: Hashable, Sendable {
  /// Passes so far: over all rows, or over the sample that a schedule takes.
  public let pass: Int
  /// Rows of the pass.
  public let rows: Int
  /// The bound, scaled to all rows; NaN for a stochastic schedule, unless it draws groups that are solved by themselves.
  public let bound: Double
  /// The mean log predictive density of held-out rows, where some are held out; NaN otherwise.
  public let heldOut: Double
  /// The standard error of that mean; NaN without one.
  public let heldOutError: Double
  /// Seconds since the fit began.
  public let seconds: Double

  /// Makes a line.
  public init(
    pass: Int, rows: Int, bound: Double, heldOut: Double = .nan, heldOutError: Double = .nan, seconds: Double
  ) {
    self.heldOutError = heldOutError
    self.pass = pass
    self.rows = rows
    self.bound = bound
    self.heldOut = heldOut
    self.seconds = seconds
  }
}

/// What a fit tells while it runs.
public struct FitProgress: Sendable {
  /// What is being done.
  public enum Phase: Hashable, Sendable {
    /// Start `index` of `count` is being tried on a part of the rows.
    case restart(index: Int, count: Int)
    /// Passes over the rows.
    case passes
  }

  /// What is being done.
  public let phase: Phase
  /// The last line of the history.
  public let entry: TraceEntry
  /// The largest number of passes.
  public let maximumPasses: Int
  /// What further passes over the same rows would gain, in nats a row, as far as one can tell; infinite before one can, NaN
  /// for a fit that is judged by rows kept aside.
  public let expectedRemainingGain: Double
}

/// A fitted model: the posterior of its global variables, how it came about, and what it was bound to.
public struct Fit: Hashable, Sendable {
  /// The model with what it was bound to.
  public let model: CompiledModel
  /// The natural parameters of each global variable, member by member, about its centre; in the order of the plan.
  public let naturals: [[Double]]
  /// The bound at the end, over ``rowsOfBound`` rows and scaled to all; NaN for a stochastic schedule.
  public let bound: Double
  /// How far rounding may have moved the bound, in nats a row; 0 where there is no bound, or nobody told.
  public let boundRounding: Double
  /// The history of the start that was carried on.
  public let trace: [TraceEntry]
  /// The bounds of all starts, where several were tried.
  public let restartBounds: [Double]
  /// Whether the tolerance was reached.
  public let converged: Bool
  /// What further passes would gain, in nats a row, as far as one can tell; infinite where one cannot, NaN for a stochastic
  /// schedule.
  public let expectedRemainingGain: Double
  /// Names and values of the settings.
  public let settings: [String: String]
  /// What the rows that the posterior rests on add up to; nil where sums depend on parameters and cannot be carried over to new
  /// data.
  public let statistics: RowStatistics?

  /// Puts a fit together, as reading one from a file does.
  public init(
    model: CompiledModel, naturals: [[Double]], bound: Double, trace: [TraceEntry], restartBounds: [Double],
    converged: Bool, settings: [String: String], expectedRemainingGain: Double = .infinity,
    boundRounding: Double = 0, statistics: RowStatistics? = nil
  ) {
    self.boundRounding = boundRounding
    self.expectedRemainingGain = expectedRemainingGain
    self.statistics = statistics
    self.model = model
    self.naturals = naturals
    self.bound = bound
    self.trace = trace
    self.restartBounds = restartBounds
    self.converged = converged
    self.settings = settings
  }
}

extension Fit {
  /// The rows that the bound is of: fewer than the fit has where the passes of a schedule ran out while it still took samples.
  public var rowsOfBound: Int { min(trace.last?.rows ?? model.facts.rowCount, model.facts.rowCount) }

  /// Whether the bound is that of a sample of the rows, scaled to all of them.
  public var isBoundOfSample: Bool { bound.isFinite && rowsOfBound < model.facts.rowCount }

  /// Nats a row of rounding beyond which gains say nothing of a fit: a fit that goes on below it is hardly another one.
  static let largestRounding = 1e-3

  /// Whether the terms of the bound are so large that rounding hides what it is, and whether the fit has converged.
  public var isLostInRounding: Bool { boundRounding > Self.largestRounding }
}

/// Why a fit stopped without a result.
public enum FitError: Error, Sendable, CustomStringConvertible {
  /// The model is at fault.
  case model(ModelError)
  /// The data are at fault.
  case data(DataError)
  /// The settings are at fault.
  case setting(SettingError)
  /// The backend cannot run the plan.
  case backend(BackendError)
  /// The numbers broke down: which variable, and when.
  case numeric(String)
  /// The callback asked to stop.
  case cancelled

  /// One or a few sentences.
  public var description: String {
    switch self {
    case .model(let error): error.description
    case .data(let error): error.description
    case .setting(let error): error.description
    case .backend(let error): error.description
    case .numeric(let message): message
    case .cancelled: "the fit was cancelled."
    }
  }
}

extension FitError {
  /// The setting that mends it, where there is one.
  public var remedy: Remedy? {
    switch self {
    case .data(let error): error.remedy
    case .setting(let error): error.remedy
    case .model, .backend, .numeric, .cancelled: nil
    }
  }
}

/// Runs something and turns its error into a ``FitError``.
func raising<Value, Failure: Error>(
  _ wrap: (Failure) -> FitError, _ body: () throws(Failure) -> Value
) throws(FitError) -> Value {
  do throws(Failure) { return try body() } catch { throw wrap(error) }
}
