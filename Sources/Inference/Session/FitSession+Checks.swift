import ExponentialFamilies
import PlanIR

extension FitSession {
  static func check(_ settings: FitSettings, _ engine: Engine, _ schedule: any Schedule) throws(FitError) {
    func require(_ condition: Bool, _ message: String, remedy: Remedy? = nil) throws(FitError) {
      if !condition { throw .setting(SettingError(message, remedy: remedy)) }
    }
    try require(settings.threads >= 1, "the number of threads is \(settings.threads); it must be at least 1.")
    try require(settings.restarts >= 1, "the number of restarts is \(settings.restarts); it must be at least 1.")
    try require(
      settings.restartRows >= 1, "the starts are compared on \(settings.restartRows) rows; at least 1 is due.")
    try require(
      settings.maximumPasses >= 1, "the number of passes is \(settings.maximumPasses); it must be at least 1.")
    if let tolerance = settings.tolerance {
      try require(tolerance >= 0, "the tolerance is \(tolerance); it must be at least 0.")
    }
    try require(
      schedule.takesAllRows || engine.model.graph.order == nil,
      "\(engine.plan.name) links each row to the one before, so that rows cannot be drawn at random, as \(schedule.name) "
        + "inference does. Fit it by coordinate ascent.", remedy: .coordinateAscent)
    try require(
      schedule.judge == .bound || engine.rowCount <= Int(Int32.max),
      "the data have \(engine.rowCount) rows, but at most \(Int32.max) can be drawn one by one, as "
        + "\(schedule.name) inference does. Fit them by coordinate ascent.", remedy: .coordinateAscent)
    try require(
      schedule.keptParts == nil || engine.canCarrySums,
      "the sums over the rows of \(engine.plan.name) depend on several variables at once, so that those of a part cannot be "
        + "kept, as \(schedule.name) inference does. Fit it by coordinate ascent.", remedy: .coordinateAscent)
    try require(
      schedule.keptParts == nil || engine.groups == nil,
      "each group of \(engine.plan.name) has probabilities of its own, which are solved with its rows; \(schedule.name) inference moves "
        + "them part by part, and ends far below. Fit it by coordinate ascent.", remedy: .coordinateAscent)
    if let keptParts = schedule.keptParts {
      let totals = engine.plan.rowTotals.reduce(0) { $0 + engine.memory[$1].count }
      let parts = min(keptParts, engine.rowCount)
      try raising(FitError.backend) { () throws(BackendError) in
        try Memory.require(Memory.bytes(2, parts, totals), for: "the sums over \(parts) parts of the rows")
      }
    }
    try require(
      settings.heldOutFraction > 0 && settings.heldOutFraction < 1,
      "the held-out fraction is \(settings.heldOutFraction); it must lie between 0 and 1.")
    if let order = settings.order {
      let names = engine.plan.globals.map(\.name) + engine.plan.locals.map(\.name)
      for name in order {
        try require(
          names.contains(name),
          "the order of updates names \"\(name)\"; the latent variables are \(names.joined(separator: ", ")).")
      }
    }
  }

  func checkNumeric(_ bound: Double) throws(FitError) {
    if bound.isFinite { return }
    try checkParameters()
    throw .numeric(
      "the bound is \(bound) although all parameters are proper; the data may be too extreme for double precision.")
  }

  func checkParameters() throws(FitError) {
    for variable in engine.plan.globals {
      let natural = engine.memory[variable.natural]
      let size = natural.count / variable.members
      guard natural.allSatisfy(\.isFinite) else {
        throw .numeric(
          "the parameters of \"\(variable.name)\" are no longer finite: the data or the priors are too extreme for double "
            + "precision. Choose units in which the columns have deviations nearer to 1.")
      }
      for m in 0..<variable.members
      where !variable.family.type.isProper(Array(natural[m * size..<(m + 1) * size]), variable.shape) {
        throw .numeric(
          "the parameters of \"\(variable.name)\"\(variable.members > 1 ? ", member \(m + 1)," : "") left the domain of \(variable.family): "
            + "its scale matrix or rate lost positive definiteness in rounding. Check for columns that are nearly constant "
            + "or linear combinations of others, or give the prior more weight.")
      }
    }
  }
}
