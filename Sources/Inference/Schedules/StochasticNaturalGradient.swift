import ExponentialFamilies
import PlanIR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Every step takes a batch of rows and moves the global variables along the natural gradient that it estimates, with
/// Robbins–Monro rates ρₜ = (t + delay)^(−forgetting).
///
/// A pass takes every row once, in an order drawn anew each time; the last batch of a pass may be short, and counts by its
/// own size.
///
/// Source: Hoffman, Blei, Wang & Paisley, *Stochastic Variational Inference*, JMLR 14 (2013), equations 26 and 27.
public struct StochasticNaturalGradient: Schedule {
  /// `stochastic`.
  public let name = "stochastic"
  /// Rows a batch.
  public let batchSize: Int
  /// The exponent κ of the rates, in (0.5, 1].
  public let forgetting: Double
  /// The delay of the rates, at least 0: large values slow the first steps down.
  public let delay: Double

  /// Position within a pass, steps so far, and the order of the rows.
  public struct State: Hashable, Sendable {
    var rows: [Int32]
    var position = 0
    var step = 0
    var random: RandomSource
  }

  /// Makes the schedule.
  ///
  /// - Throws: ``SettingError`` where the exponent does not let the rates sum to infinity and their squares to a finite
  ///   number, or the batch is empty.
  public init(batchSize: Int = 1000, forgetting: Double = 0.7, delay: Double = 1) throws(SettingError) {
    guard batchSize >= 1 else { throw SettingError("the batch size is \(batchSize); it must be at least 1.") }
    guard forgetting > 0.5 && forgetting <= 1 else {
      throw SettingError(
        "the forgetting rate is \(forgetting); it must be above 0.5 and at most 1, or the rates do not converge (Robbins and Monro 1951)."
      )
    }
    guard delay >= 0 && delay.isFinite else { throw SettingError("the delay is \(delay); it must be at least 0.") }
    self.batchSize = batchSize
    self.forgetting = forgetting
    self.delay = delay
  }

  /// Starts over some rows, in random order.
  public func start(rows: RowSelection, random: RandomSource) -> State {
    let list: [Int32] =
      switch rows {
      case .range(let range): range.map(Int32.init)
      case .list(let list): list
      }
    var state = State(rows: list, random: random)
    state.rows.shuffle(using: &state.random)
    return state
  }

  /// The next rows of the pass.
  public func next(_ state: inout State) -> Batch {
    if state.position >= state.rows.count {
      state.rows.shuffle(using: &state.random)
      state.position = 0
    }
    let end = min(state.position + batchSize, state.rows.count)
    // Ascending rows are read faster, and a sum does not mind.
    let batch = state.rows[state.position..<end].sorted()
    state.position = end
    state.step += 1
    let rate = min(1, pow(Double(state.step) + delay, -forgetting))
    return Batch(rows: .list(batch), rate: rate, endsPass: end == state.rows.count)
  }
}

/// A setting outside its domain: which, and what is allowed.
public struct SettingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One sentence.
  public let description: String
  /// Makes an error with a message.
  public init(_ description: String) { self.description = description }
}
