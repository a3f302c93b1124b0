import ModelCompiler
import PlanIR

/// Which schedule a fit runs, and why.
///
/// Where the settings name none, the model and the number of rows decide:
///
/// - rows in order, rows whose sums depend on several variables at once, rows few of which carry most of the weight, and data
///   of fewer rows than twice those that starts are compared on: ``CoordinateAscent``, which needs no choice of samples;
/// - groups of rows that are solved by themselves, from ``stochasticRows`` rows on: ``StochasticNaturalGradient``, because a
///   pass over all of them before anything moves wastes most of its work;
/// - everything else: ``ProgressiveAscent``.
public struct ScheduleChoice: Sendable {
  /// The schedule.
  public let schedule: any Schedule
  /// Why this one, in a few words.
  public let reason: String

  /// Rows from which groups are fitted in batches.
  public static let stochasticRows = 500_000

  init(_ engine: Engine, _ settings: FitSettings) throws(FitError) {
    if let given = settings.schedule {
      (schedule, reason) = (given, "as asked")
      return
    }
    let rows = engine.rowCount
    do throws(SettingError) {
      if engine.model.graph.order != nil {
        (schedule, reason) = (CoordinateAscent(), "rows are in order")
      } else if settings.order != nil {
        (schedule, reason) = (CoordinateAscent(), "the order of updates is given")
      } else if case .expectations = settings.start {
        (schedule, reason) = (CoordinateAscent(), "the start is given")
      } else if case .labels = settings.start {
        (schedule, reason) = (CoordinateAscent(), "the start is given")
      } else if case .given = settings.start {
        (schedule, reason) = (CoordinateAscent(), "the start is given")
      } else if case .responsibilities = settings.start {
        (schedule, reason) = (CoordinateAscent(), "the start is given")
      } else if engine.groups != nil && rows >= Self.stochasticRows {
        schedule = try StochasticNaturalGradient()
        reason = "\(rows) rows in groups"
      } else if !engine.hasRowVariables || !engine.isContracted {
        (schedule, reason) = (CoordinateAscent(), "every pass needs all rows")
      } else if rows < 2 * settings.restartRows {
        (schedule, reason) = (CoordinateAscent(), "\(rows) rows are few")
      } else if !engine.hasEvenRows {
        (schedule, reason) = (CoordinateAscent(), "a few rows carry most of the weight")
      } else {
        schedule = try ProgressiveAscent(firstRows: settings.restartRows)
        reason = "\(rows) rows are many"
      }
    } catch {
      throw .setting(error)
    }
  }
}
