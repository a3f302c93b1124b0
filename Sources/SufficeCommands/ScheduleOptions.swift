import ArgumentParser
import Suffice

/// Which rows are next, and how far parameters move.
struct ScheduleOptions: ParsableArguments {
  enum Inference: String, ExpressibleByArgument, CaseIterable {
    case automatic, coordinate, progressive, stochastic, memoized
  }

  @Option(
    help: """
      coordinate: full passes; progressive: passes over samples that grow, then full ones; stochastic: natural-gradient \
      steps on batches; memoized: part by part, with the sums of all parts kept; automatic: by the model and the number of rows.
      """)
  var inference = Inference.automatic
  @Option(
    parsing: .unconditional,
    help: "Rows (or groups) of a batch (stochastic). (default: a fiftieth, from 256 to 8192)")
  var batchSize: Int?
  @Option(
    parsing: .unconditional,
    help: "Exponent of decaying rates, in (0.5, 1] (stochastic). (default: rates follow the gradient's noise)")
  var forgettingRate: Double?
  @Option(parsing: .unconditional, help: "Delay of decaying rates (stochastic). (default: 1)") var delay: Double?
  @Option(parsing: .unconditional, help: "Parts that the rows are cut into (memoized). (default: 20)") var parts: Int?

  /// An option of an inference that was not chosen would change nothing.
  func validate() throws {
    let options: [(name: String, isGiven: Bool, inference: Inference)] = [
      ("--batch-size", batchSize != nil, .stochastic), ("--forgetting-rate", forgettingRate != nil, .stochastic),
      ("--delay", delay != nil, .stochastic), ("--parts", parts != nil, .memoized),
    ]
    for option in options where option.isGiven && option.inference != inference {
      throw ValidationError(
        "\(option.name) is an option of --inference \(option.inference.rawValue): add that, or leave it out.")
    }
  }

  func make() throws -> (any Schedule)? {
    switch inference {
    case .automatic: return nil
    case .coordinate: return CoordinateAscent()
    case .progressive: return try ProgressiveAscent()
    case .memoized: return try MemoizedAscent(parts: parts ?? 20)
    case .stochastic:
      let isDecaying = forgettingRate != nil || delay != nil
      return try StochasticNaturalGradient(
        batchSize: batchSize,
        rates: isDecaying ? .decaying(forgetting: forgettingRate ?? 0.7, delay: delay ?? 1) : .adaptive)
    }
  }
}
