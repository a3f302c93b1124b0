import Suffice

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Called after every pass with its phase, number, bound, held-out log density, expected remaining gain and seconds; 0 stops.
public typealias ProgressFunction = @convention(c) (Int32, Int, Double, Double, Double, Double) -> Int32

/// Fits a model to a table; see suffice.h.
@_cdecl("suffice_fit")
public func suffice_fit(
  _ model: UnsafePointer<CChar>?, _ request: UnsafePointer<CChar>?, _ rows: Int, _ columns: Int,
  _ names: UnsafePointer<UnsafePointer<CChar>?>?, _ bases: UnsafePointer<UnsafePointer<Double>?>?,
  _ strides: UnsafePointer<Int>?, _ levels: UnsafePointer<UnsafePointer<CChar>?>?, _ labels: UnsafePointer<Int64>?,
  _ probabilities: UnsafePointer<Double>?, _ values: Int, _ earlier: UnsafeRawPointer?, _ progress: ProgressFunction?,
  _ fit: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  sorted {
    let request = try FitRequest(JSON(parsing: string(request, "the request")))
    let graph = try namedGraph(string(model, "the model"), request.hyperparameters).replacing(request.priors)
    let table = try table(rows, columns, names, bases, strides, levels)
    var settings = request.settings
    if let labels { settings.start = .labels((0..<rows).map { Int(labels[$0]) }) }
    if let probabilities {
      let (count, overflows) = rows.multipliedReportingOverflow(by: values)
      guard rows >= 0, values > 0, !overflows else {
        throw Failure(.argument, "the start has \(values) probabilities a row.")
      }
      settings.start = .responsibilities(Array(UnsafeBufferPointer(start: probabilities, count: count)))
    }
    if earlier != nil { settings.start = .marginals(try FitBox.open(earlier).marginals) }
    try run(FitSession(graph, to: table, bind: request.bind, settings: settings), request, progress, fit)
  }
}

/// Adds new rows to a fit; see suffice.h.
@_cdecl("suffice_fit_update")
public func suffice_fit_update(
  _ earlier: UnsafeRawPointer?, _ request: UnsafePointer<CChar>?, _ rows: Int, _ columns: Int,
  _ names: UnsafePointer<UnsafePointer<CChar>?>?, _ bases: UnsafePointer<UnsafePointer<Double>?>?,
  _ strides: UnsafePointer<Int>?, _ levels: UnsafePointer<UnsafePointer<CChar>?>?, _ forgetting: Double,
  _ progress: ProgressFunction?, _ fit: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  sorted {
    let request = try FitRequest(JSON(parsing: string(request, "the request")))
    let table = try table(rows, columns, names, bases, strides, levels)
    try run(
      FitSession(updating: FitBox.open(earlier), with: table, forgetting: forgetting, settings: request.settings),
      request, progress, fit)
  }
}

/// What some rows add up to under a fit's parameters; see suffice.h.
@_cdecl("suffice_fit_statistics")
public func suffice_fit_statistics(
  _ fit: UnsafeRawPointer?, _ weights: UnsafePointer<CChar>?, _ rows: Int, _ columns: Int,
  _ names: UnsafePointer<UnsafePointer<CChar>?>?, _ bases: UnsafePointer<UnsafePointer<Double>?>?,
  _ strides: UnsafePointer<Int>?, _ levels: UnsafePointer<UnsafePointer<CChar>?>?, _ threads: Int32,
  _ numbers: UnsafeMutablePointer<Double>?, _ count: Int
) -> Int32 {
  sorted {
    let fit = try FitBox.open(fit)
    let table = try table(rows, columns, names, bases, strides, levels)
    let found = try fit.statistics(
      of: table, weights: weights.map { String(cString: $0) }, threads: Int(threads)
    ).numbers
    guard let numbers, count == found.count else {
      throw Failure(.argument, "there is room for \(count) numbers; the statistics have \(found.count).")
    }
    _ = UnsafeMutableBufferPointer(start: numbers, count: count).update(fromContentsOf: found)
  }
}

/// The fit after one pass over rows that are given by what they add up to; see suffice.h.
@_cdecl("suffice_fit_updated")
public func suffice_fit_updated(
  _ fit: UnsafeRawPointer?, _ numbers: UnsafePointer<Double>?, _ count: Int, _ tolerance: Double,
  _ updated: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  sorted {
    let fit = try FitBox.open(fit)
    guard count >= 0, let numbers else { throw Failure(.argument, "the statistics are NULL.") }
    let share = try ShareStatistics(numbers: Array(UnsafeBufferPointer(start: numbers, count: count)), of: fit)
    try FitBox.hand(
      fit.updated(with: [share], tolerance: tolerance.isNaN ? FitSettings.usualTolerance : tolerance), to: updated)
  }
}

private func run(
  _ session: FitSession, _ request: FitRequest, _ progress: ProgressFunction?,
  _ target: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) throws {
  func goesOn(_ state: FitProgress) -> Bool {
    guard let progress else { return true }
    var phase: Int32 = -1
    if case .restart(let index, _) = state.phase { phase = Int32(index) }
    let entry = state.entry
    return progress(phase, entry.pass, entry.bound, entry.heldOut, state.expectedRemainingGain, entry.seconds) != 0
  }
  func save(_ session: FitSession) throws {
    guard let path = request.checkpoint, let checkpoint = session.checkpoint else { return }
    // No words: the data are the caller's, and no command reads them again.
    try CheckpointFile.write(checkpoint, command: [], to: path)
  }
  var session = session
  if let path = request.checkpoint { try AtomicFile.check(path) }
  if let path = request.checkpoint, access(path, F_OK) == 0 {
    try session.resume(from: CheckpointFile.read(path).checkpoint)
  }
  try session.start(goesOn)
  var (reported, saved) = (session.trace.count, monotonicSeconds())
  while try session.step() {
    if session.trace.count > reported {
      reported = session.trace.count
      if !goesOn(session.progress) {
        try save(session)
        // What was learnt before the stop is a fit, if not a converged one.
        try FitBox.hand(session.fit, to: target)
        throw FitError.cancelled
      }
    }
    if request.checkpoint != nil, monotonicSeconds() - saved >= request.checkpointEvery {
      try save(session)
      saved = monotonicSeconds()
    }
  }
  try FitBox.hand(session.fit, to: target)
  // What the fit is now, no checkpoint can add to.
  if let path = request.checkpoint { unlink(path) }
}
