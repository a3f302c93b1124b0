import ExponentialFamilies
import PlanIR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Every step takes a batch of rows and moves the global variables along the natural gradient that it estimates.
///
/// A pass takes every row once, in an order drawn anew each time; the last batch of a pass may be short, and counts by its
/// own size.
///
/// Source: Hoffman, Blei, Wang & Paisley, *Stochastic Variational Inference*, JMLR 14 (2013), equations 26 and 27.
public struct StochasticNaturalGradient: Schedule {
  /// How far steps go.
  public enum Rates: Hashable, Sendable {
    /// ρₜ = (t + delay)^(−forgetting): sums to infinity while its squares do not (Robbins & Monro 1951).
    case decaying(forgetting: Double, delay: Double)
    /// As far as the noise of the gradient allows: the squared mean of a coordinate's direction over the mean of its
    /// square, averaged over all coordinates, where both means forget with the time constant that the rates give.
    ///
    /// Far from an optimum directions agree and rates are near 1; near it they are noise, and rates fall.
    ///
    /// Source: Ranganath, Wang, Blei & Xing, *An Adaptive Learning Rate for Stochastic Variational Inference* (ICML
    /// 2013), equations 10–12; coordinate by coordinate as Schaul, Zhang & LeCun, *No More Pesky Learning Rates* (2013),
    /// so that units of the columns do not matter.
    case adaptive
  }

  /// `stochastic`.
  public let name = "stochastic"
  /// Rows kept aside.
  public let judge = ScheduleJudge.heldOut
  /// Rows a batch, or groups; nil to choose by how many there are.
  public let batchSize: Int?
  /// How far steps go.
  public let rates: Rates
  /// 1e-4: data that are fitted in batches are large.
  public var toleranceOfSlowPasses: Double? { 1e-4 }
  /// Whether rates are adaptive.
  public var needsDirections: Bool { rates == .adaptive }

  /// Position within a pass, passes and steps so far, and what adaptive rates remember.
  public struct State: ScheduleState {
    var position = 0
    var pass = 0
    var step = 0
    /// The time constant of the means, in steps.
    var memory = 1.0
    var rate = 1.0
    /// Means of the directions and of their squares.
    var mean: [Double] = []
    var square: [Double] = []

    init() {}

    /// Five words, and two for each parameter.
    public var words: [UInt64] {
      [UInt64(position), UInt64(pass), UInt64(step), memory.bitPattern, rate.bitPattern] + mean.map(\.bitPattern)
        + square.map(\.bitPattern)
    }

    /// The state that gave these words.
    public init?(words: [UInt64]) {
      guard words.count >= 5, words.count % 2 == 1, words[..<3].allSatisfy({ $0 < 1 << 62 }) else { return nil }
      (position, pass, step) = (Int(words[0]), Int(words[1]), Int(words[2]))
      memory = Double(bitPattern: words[3])
      rate = Double(bitPattern: words[4])
      let half = (words.count - 5) / 2
      mean = words[5..<5 + half].map { Double(bitPattern: $0) }
      square = words[(5 + half)...].map { Double(bitPattern: $0) }
    }
  }

  /// Makes the schedule with rates that decay.
  ///
  /// - Throws: ``SettingError`` where the exponent does not let the rates sum to infinity and their squares to a finite
  ///   number, or the batch is empty.
  public init(batchSize: Int? = nil, forgetting: Double = 0.7, delay: Double = 1) throws(SettingError) {
    try self.init(batchSize: batchSize, rates: .decaying(forgetting: forgetting, delay: delay))
  }

  /// Makes the schedule.
  ///
  /// - Throws: ``SettingError`` where decaying rates do not converge, or the batch is empty.
  public init(batchSize: Int? = nil, rates: Rates) throws(SettingError) {
    if let batchSize, batchSize < 1 { throw SettingError("the batch size is \(batchSize); it must be at least 1.") }
    if case .decaying(let forgetting, let delay) = rates {
      guard forgetting > 0.5 && forgetting <= 1 else {
        throw SettingError(
          "the forgetting rate is \(forgetting); it must be above 0.5 and at most 1, or the rates do not converge (Robbins and Monro 1951)."
        )
      }
      guard delay >= 0 && delay.isFinite else { throw SettingError("the delay is \(delay); it must be at least 0.") }
    }
    self.batchSize = batchSize
    self.rates = rates
  }

  /// The size of a batch where none is asked for: fifty batches a pass, but none so small that noise drowns what it says,
  /// and none larger than rates fall with it.
  public static func batchSize(of count: Int) -> Int { min(max(count / 50, 256), 8192) }

  /// Starts before the first pass.
  public func start(rows: RowOrder, random: RandomSource) -> State { State() }

  /// The next rows of the pass.
  public func next(_ state: inout State, rows: RowOrder, after outcome: BatchOutcome?) -> Batch? {
    if state.position >= rows.count {
      state.position = 0
      state.pass += 1
    }
    let size = min(batchSize ?? Self.batchSize(of: rows.count), rows.count)
    let end = min(state.position + size, rows.count)
    let batch = rows.rows(state.position..<end, ofPass: state.pass)
    state.position = end
    state.step += 1
    switch rates {
    case .decaying(let forgetting, let delay): state.rate = min(1, pow(Double(state.step) + delay, -forgetting))
    case .adaptive: adapt(&state, to: outcome?.direction ?? [])
    }
    return Batch(rows: batch, rate: state.rate, endsPass: end == rows.count)
  }

  /// Steps that are averaged before a rate is believed.
  private static let trial = 10.0

  private func adapt(_ state: inout State, to direction: [Double]) {
    guard !direction.isEmpty else { return state.rate = 1 / Self.trial }
    if state.mean.isEmpty {
      state.mean = [Double](repeating: 0, count: direction.count)
      state.square = state.mean
      state.memory = 1
    }
    // The first steps are a plain average.
    let keep = 1 - 1 / state.memory
    var (sum, count) = (0.0, 0.0)
    for i in direction.indices {
      let g = direction[i]
      state.mean[i] = keep * state.mean[i] + (1 - keep) * g
      state.square[i] = keep * state.square[i] + (1 - keep) * g * g
      // What never moves says nothing about noise.
      if state.square[i] > 0 {
        sum += state.mean[i] * state.mean[i] / state.square[i]
        count += 1
      }
    }
    if Double(state.step) <= Self.trial {
      state.memory += 1
      state.rate = 1 / Self.trial
      return
    }
    let rate = count > 0 ? sum / count : 1
    // Equation 12: the memory grows where steps are short.
    state.memory = max(state.memory * (1 - rate) + 1, 2)
    state.rate = min(max(rate, 1e-6), 1)
  }
}
