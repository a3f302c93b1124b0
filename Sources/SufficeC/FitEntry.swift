import Suffice

/// Called after every pass with its phase, number, bound, held-out log density, change and seconds; 0 stops.
public typealias ProgressFunction = @convention(c) (Int32, Int, Double, Double, Double, Double) -> Int32

/// Fits a model to a table; see suffice.h.
@_cdecl("suffice_fit")
public func suffice_fit(
  _ model: UnsafePointer<CChar>?, _ request: UnsafePointer<CChar>?, _ rows: Int, _ columns: Int,
  _ names: UnsafePointer<UnsafePointer<CChar>?>?, _ bases: UnsafePointer<UnsafePointer<Double>?>?,
  _ strides: UnsafePointer<Int>?, _ levels: UnsafePointer<UnsafePointer<CChar>?>?, _ labels: UnsafePointer<Int64>?,
  _ progress: ProgressFunction?, _ fit: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> Int32 {
  sorted {
    let request = try FitRequest(JSON(parsing: string(request, "the request")))
    let graph = try namedGraph(string(model, "the model"), request.hyperparameters)
    let table = try table(rows, columns, names, bases, strides, levels)
    var settings = request.settings
    if let labels { settings.start = .labels((0..<rows).map { Int(labels[$0]) }) }
    try run(FitSession(graph, to: table, bind: request.bind, settings: settings), progress, fit)
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
      progress, fit)
  }
}

private func run(
  _ session: FitSession, _ progress: ProgressFunction?, _ target: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) throws {
  var session = session
  do throws(FitError) {
    try session.run {
      guard let progress else { return true }
      var phase: Int32 = -1
      if case .restart(let index, _) = $0.phase { phase = Int32(index) }
      let entry = $0.entry
      return progress(phase, entry.pass, entry.bound, entry.heldOut, $0.change, entry.seconds) != 0
    }
  } catch {
    // What was learnt before the stop is a fit, if not a converged one.
    if case .cancelled = error, !session.trace.isEmpty { try FitBox.hand(session.fit, to: target) }
    throw error
  }
  try FitBox.hand(session.fit, to: target)
}
