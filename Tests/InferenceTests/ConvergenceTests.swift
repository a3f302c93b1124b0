import Foundation
import Models
import Suffice
import SufficeTesting
import Testing

@testable import Inference

/// When a fit has converged, and how it gets there.
@Suite("Convergence") struct ConvergenceTests {
  // MARK: What a fit says of itself

  private func rows(_ count: Int) throws -> DataTable {
    var random = RandomSource(seed: 3)
    return try DataTable(["x": (0..<count).map { ($0 % 3 == 0 ? -4.0 : 3) + random.normal() }])
  }

  /// Terms whose rounding is larger than the bound tell nothing, and least of all that a fit has converged.
  @Test func lostInRounding() throws {
    for (concentration, isLost) in [(1.0, false), (1e6, false), (1e20, true)] {
      var model = GaussianMixture()
      (model.components, model.concentration) = (2, concentration)
      let fit = try Fit(model, to: rows(200))
      #expect(fit.isLostInRounding == isLost && fit.converged == !isLost)
      #expect(isLost ? fit.boundRounding > 1 : fit.boundRounding < 1e-6)
      #expect(fit.trace.count < FitSettings().maximumPasses)
    }
  }

  /// Where passes run out on a sample, the bound is said to be of that.
  @Test func boundOfASample() throws {
    var model = GaussianMixture()
    model.components = 2
    let table = try rows(4000)
    var settings = FitSettings()
    settings.schedule = try ProgressiveAscent(firstRows: 100)
    var session = try FitSession(ModelGraph(model), to: table, settings: settings)
    #expect(try session.step())
    let cut = session.fit
    #expect(cut.isBoundOfSample && cut.rowsOfBound == cut.trace[0].rows && cut.rowsOfBound < 1000)
    let whole = try Fit(model, to: table, settings: settings)
    #expect(!whole.isBoundOfSample && whole.rowsOfBound == 4000 && whole.converged)
  }

  // MARK: The forecast

  /// The forecast after the passes that give some gains.
  private func forecast(_ gains: [Double]) -> GainForecast {
    var (forecast, bound) = (GainForecast(), -100.0)
    forecast.note(bound)
    for gain in gains {
      bound += gain
      forecast.note(bound)
    }
    return forecast
  }

  /// What is to come of a geometric sequence is known from three bounds.
  @Test(arguments: [0.1, 0.9, 0.99, 0.999]) func geometricGains(ratio: Double) {
    var gains = [1.0]
    for _ in 0..<4 { gains.append(gains[gains.count - 1] * ratio) }
    let rest = gains[4] * ratio / (1 - ratio)
    #expect(abs(forecast(gains).expectedRemainingGain - rest) < 1e-6 * rest)
    #expect(forecast([1]).expectedRemainingGain == .infinity)
  }

  /// A small gain that is followed by ones that fall no more, or grow, is a plateau: nothing tells what is to come.
  @Test func plateaus() {
    #expect(forecast([1, 1e-4, 1.1e-4]).expectedRemainingGain == .infinity)
    #expect(forecast([1e-4, 0.99e-4, 0.99e-4]).expectedRemainingGain == .infinity)
    // Ratios that rise towards 1 go on rising.
    #expect(forecast([1, 0.5, 0.4, 0.37]).expectedRemainingGain == .infinity)
  }

  /// The estimate is no less than half of what is to come, however fast the first gains fell.
  @Test func severalSequences() {
    func gain(_ pass: Int) -> Double { 10 * pow(0.3, Double(pass)) + 0.1 * pow(0.95, Double(pass)) }
    func rest(after pass: Int) -> Double {
      10 * pow(0.3, Double(pass + 1)) / 0.7 + 0.1 * pow(0.95, Double(pass + 1)) / 0.05
    }
    for pass in 8..<60 {
      #expect(forecast((0...pass).map(gain)).expectedRemainingGain > 0.5 * rest(after: pass))
    }
  }

  /// What rounding changes counts as rounding: the fit has ended, whatever is asked for, and says how much that may hide.
  @Test func rounding() {
    var forecast = GainForecast()
    for bound in [-10, -1, -0.5, -0.25] { forecast.note(bound, rounding: 1e-14) }
    for pass in 0..<5 {
      #expect(!forecast.hasEnded(within: 0))
      forecast.note(pass % 2 == 0 ? -0.25 + 1e-15 : -0.25, rounding: 1e-14)
    }
    #expect(forecast.hasEnded(within: 0))
    #expect(forecast.expectedRemainingGain > 0 && forecast.expectedRemainingGain < 1e-12)
    // A bound that falls by more has not converged.
    forecast.note(-0.26, rounding: 1e-14)
    #expect(!forecast.hasEnded(within: 1e-3))
  }

  /// Accelerated fits end by what plain passes tell: no less than half of what is to come, of a slow sequence beside a fast one
  /// as of gains that fall algebraically.
  @Test(arguments: [1e-4, 1e-6]) func proofs(tolerance: Double) {
    let sequences: [(Int) -> Double] = [
      { 1e-3 * pow(0.2, Double($0)) + 1e-7 * pow(0.99, Double($0)) }, { 0.1 * pow(Double($0 + 4), -2.5) },
      { 1e-3 * pow(0.9, Double($0)) + 1e-5 * pow(0.98, Double($0)) },
    ]
    for gain in sequences {
      var forecast = forecast([1, 0.5, 0.25])
      forecast.note(forecast.bound + 0.1, isPlain: false)
      var (pass, wasProving) = (0, false)
      while !forecast.proves(within: tolerance) && pass < 10_000 {
        wasProving = wasProving || forecast.isProving
        pass += 1
        forecast.note(forecast.bound + gain(pass))
      }
      let rest = (pass + 1..<100_000).reduce(0) { $0 + gain($1) }
      #expect(wasProving && pass < 10_000)
      #expect(rest <= 2 * forecast.toldRemainingGain && forecast.toldRemainingGain <= tolerance, "pass \(pass)")
    }
  }

  @Test func words() throws {
    var proving = forecast([1, 0.5, 0.3])
    proving.note(proving.bound + 0.1, isPlain: false)
    proving.note(proving.bound + 1e-9)
    while !proving.isProving && proving.gain > 1e-15 {
      _ = proving.proves(within: 1)
      proving.note(proving.bound + proving.gain / 2)
    }
    #expect(proving.isProving && GainForecast(words: proving.words) == proving)
    let some = forecast([1, 0.5, 0.3])
    #expect(GainForecast(words: some.words) == some)
    #expect(GainForecast(words: []) == nil)
  }

  // MARK: Fits

  /// Two overlapping groups: coordinate ascent is slow.
  private func overlapping(_ count: Int, times scale: Double = 1) throws -> DataTable {
    var random = RandomSource(seed: 1)
    return try DataTable(["x": (0..<count).map { scale * (($0 % 3 == 0 ? 1.5 : -1) + random.normal()) }])
  }

  private func mixture(_ components: Int = 3) throws -> ModelGraph {
    var model = GaussianMixture()
    model.components = components
    return try ModelGraph(model)
  }

  private func settings(_ schedule: any Schedule = CoordinateAscent(), tolerance: Double = 1e-12) -> FitSettings {
    var settings = FitSettings()
    settings.schedule = schedule
    settings.restarts = 1
    settings.maximumPasses = 5000
    settings.tolerance = tolerance
    return settings
  }

  /// Extrapolation takes fewer passes to the same bound, which never falls, and an order that is given is followed.
  @Test func accelerationSavesPasses() throws {
    let data = try overlapping(300)
    let fit = try Fit(mixture(), to: data, settings: settings())
    var other = settings()
    other.accelerates = false
    let plain = try Fit(mixture(), to: data, settings: other)
    #expect(fit.converged && plain.converged)
    #expect(2 * fit.trace.count < plain.trace.count, "\(fit.trace.count) passes, plain \(plain.trace.count)")
    #expect(abs(fit.bound - plain.bound) < 1e-7 * 300)
    for fit in [fit, plain] {
      for (before, after) in zip(fit.trace, fit.trace.dropFirst()) {
        #expect(after.bound >= before.bound - 1e-9)
      }
    }
    other.order = ["label", "weights", "cluster"]
    other.accelerates = true
    let ordered = try Fit(mixture(), to: data, settings: other)
    // Components are not moved at the end of a fit whose order is given.
    let passes = ordered.trace.dropLast().map(\.bound)
    #expect(passes == Array(plain.trace.map(\.bound).prefix(passes.count)))
  }

  /// A start that is given holds for the first pass; later ones are accelerated as they always are.
  @Test func givenStartsAreAccelerated() throws {
    let data = try overlapping(300)
    let labels = (0..<300).map { $0 % 7 % 3 }
    let starts: [FitSettings.Start] = [
      .labels(labels), .responsibilities(labels.flatMap { label in (0..<3).map { $0 == label ? 0.6 : 0.2 } }),
    ]
    for start in starts {
      var settings = settings(tolerance: 1e-9)
      settings.start = start
      let fit = try Fit(mixture(), to: data, settings: settings)
      settings.accelerates = false
      let plain = try Fit(mixture(), to: data, settings: settings)
      #expect(fit.converged && plain.converged)
      #expect(fit.trace[0].bound == plain.trace[0].bound)
      #expect(3 * fit.trace.count < 2 * plain.trace.count, "\(fit.trace.count) passes, plain \(plain.trace.count)")
      #expect(fit.bound > plain.bound - 1e-6 * 300)
    }
  }

  /// A start that is given is in a basis of its own for the first pass, and not for later ones.
  @Test func givenStartsChangeBases() throws {
    var random = RandomSource(seed: 6)
    let factors = (0..<60).map { _ in [2 * random.normal(), random.normal()] }
    let table = try DataTable(
      columns: (0..<5).map { j in
        let map = [random.normal(), random.normal()]
        return Column(
          name: "x\(j)", values: factors.map { map[0] * $0[0] + map[1] * $0[1] + 0.3 * random.normal() })
      })
    var model = MixtureOfFactorAnalysers()
    model.components = 2
    var settings = settings()
    settings.start = .labels((0..<60).map { factors[$0][0] > 0 ? 1 : 0 })
    (settings.accelerates, settings.maximumPasses) = (false, 20)
    let fit = try Fit(model, to: table, settings: settings)
    settings.rotates = false
    let plain = try Fit(model, to: table, settings: settings)
    #expect(fit.trace[0].bound == plain.trace[0].bound)
    #expect(fit.bound > plain.bound + 1e-3, "\(fit.bound), in the basis of the start \(plain.bound)")
  }

  /// The end does not depend on units: the same passes, and the same parameters.
  @Test func unitsDoNotMatter() throws {
    let a = try Fit(mixture(), to: overlapping(300), settings: settings(tolerance: 1e-6))
    let b = try Fit(mixture(), to: overlapping(300, times: 0x1p30), settings: settings(tolerance: 1e-6))
    #expect(a.trace.count == b.trace.count)
    let (first, second) = (try #require(a.marginal("weights")).mean, try #require(b.marginal("weights")).mean)
    for (x, y) in zip(first, second) { #expect(abs(x - y) < 1e-7) }
  }

  /// An accelerated fit that is stopped after any batch ends with the same bits as one that is not.
  @Test func acceleratedFitsGoOn() throws {
    let data = try overlapping(200)
    for schedule in [
      CoordinateAscent(), try ProgressiveAscent(firstRows: 50), try MemoizedAscent(parts: 3, moves: false),
    ] as [any Schedule] {
      let settings = settings(schedule, tolerance: 1e-9)
      var whole = try FitSession(mixture(), to: data, settings: settings)
      try whole.start()
      var checkpoints: [FitCheckpoint] = []
      while try whole.step() { checkpoints.append(try #require(whole.checkpoint)) }
      let steps = checkpoints.filter { $0.acceleration.fallback != nil }
      // A pass of several parts is saved on the way.
      #expect(schedule is MemoizedAscent ? !steps.isEmpty : steps.isEmpty)
      for checkpoint in checkpoints.enumerated().filter({ $0.0 % 7 == 3 }).map(\.1) + steps.prefix(4) {
        var rest = try FitSession(mixture(), to: data, settings: settings)
        try rest.resume(from: checkpoint)
        try rest.run()
        #expect(rest.fit.naturals == whole.fit.naturals, "\(schedule.name)")
        #expect(rest.fit.trace.map(\.bound.bitPattern) == whole.fit.trace.map(\.bound.bitPattern))
      }
    }
  }

  /// Sums of parts do not lead back from where an extrapolation led: the memoized bound never falls, and its passes are fewer.
  @Test func memoizedPassesAreAccelerated() throws {
    let data = try overlapping(300)
    var settings = settings(try MemoizedAscent(parts: 3, moves: false))
    let fit = try Fit(mixture(), to: data, settings: settings)
    settings.accelerates = false
    let plain = try Fit(mixture(), to: data, settings: settings)
    #expect(fit.trace.count < plain.trace.count)
    #expect(abs(fit.bound - plain.bound) < 1e-7 * 300)
    for (before, after) in zip(fit.trace, fit.trace.dropFirst()) { #expect(after.bound >= before.bound - 1e-9) }
  }

  /// The last passes of progressive inference, over all rows, go on until the tolerance is met.
  @Test func progressiveFitsHeedTheTolerance() throws {
    let data = try overlapping(6000)
    let schedule = try ProgressiveAscent(firstRows: 500)
    let best = try Fit(mixture(), to: data, settings: settings(schedule))
    var passes: [Int] = []
    for tolerance in [1e-6, 1e-8, 1e-10] {
      let fit = try Fit(mixture(), to: data, settings: settings(schedule, tolerance: tolerance))
      #expect(fit.converged && fit.expectedRemainingGain <= tolerance)
      #expect((best.bound - fit.bound) / 6000 < 10 * tolerance)
      passes.append(fit.trace.count { $0.rows == 6000 })
    }
    #expect(passes[0] < passes[2])
  }

  /// Passes over a sample that is compared with all rows stand for most of those over all rows, and lead to the same optimum.
  @Test func samplesLeadToTheOptimumOfAllRows() throws {
    let data = try overlapping(16_000)
    let plain = try Fit(mixture(2), to: data, settings: settings(tolerance: 1e-7))
    var session = try FitSession(
      mixture(2), to: data, settings: settings(try ProgressiveAscent(firstRows: 1000), tolerance: 1e-7))
    var gains: [(promised: Double, found: Double)] = []
    var (corrected, last) = (Double.nan, Double.nan)
    while try session.step() {
      let entry = session.progress.entry
      if session.correction != nil && entry.rows < 16_000 { corrected = entry.bound }
      if entry.rows == 16_000 {
        // The bound of all rows never falls, whatever samples promise.
        #expect(!(entry.bound < last - 1e-9 * abs(last)))
        if !corrected.isNaN { gains.append((corrected - last, entry.bound - last)) }
        (corrected, last) = (.nan, entry.bound)
      }
    }
    let fit = session.fit
    #expect(fit.converged && fit.expectedRemainingGain <= 1e-7)
    #expect(abs(fit.bound - plain.bound) < 1e-6 * 16_000)
    let full = fit.trace.count { $0.rows == 16_000 }
    #expect(full * 3 < plain.trace.count, "\(full) of \(plain.trace.count) passes")
    // What a sample promises is what all rows then gain, nearly.
    let first = try #require(gains.first)
    #expect(first.promised > 0 && abs(first.found / first.promised - 1) < 0.3, "\(gains)")
  }

  /// A sample on which a component has no rows leads nowhere: the fit goes back, and on without it.
  @Test func rareComponentsAreNotLost() throws {
    var random = RandomSource(seed: 7)
    var x = (0..<6000).map { _ in random.normal() }
    for i in 0..<12 { x[i * 500] = 40 + 0.1 * random.normal() }
    let data = try DataTable(["x": x])
    let fit = try Fit(mixture(), to: data, settings: settings(try ProgressiveAscent(firstRows: 200), tolerance: 1e-8))
    let plain = try Fit(mixture(), to: data, settings: settings(tolerance: 1e-8))
    #expect(fit.converged && fit.bound > plain.bound - 1e-6 * 6000)
  }

  /// A fit whose passes run out says that something is left.
  @Test func saysWhatIsLeft() throws {
    var settings = settings(tolerance: 1e-6)
    settings.maximumPasses = 10
    let fit = try Fit(mixture(), to: overlapping(300), settings: settings)
    #expect(!fit.converged && fit.expectedRemainingGain > 1e-6)
  }
}
