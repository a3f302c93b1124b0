import PlanIR

// Coordinate ascent over groups of rows that are solved by themselves, such as documents with their topics.
//
// A pass solves every group with its rows until they agree, and then takes a plain pass, which has sums and a bound. A group
// that goes on from where it was stays where it was first put: with its rows it makes an optimum of its own that other
// variables then follow. So groups are solved from their priors on as long as that raises the bound, which it nearly always
// does; where it does not, the pass is taken back, and from then on groups go on from where they are, which never lowers it.
extension FitSession {
  /// Whether passes solve groups until they agree: full ones that choose their start and order by themselves.
  var solvesGroups: Bool {
    guard engine.groups != nil, settings.order == nil, case .seeded = settings.start else { return false }
    return choice.schedule.takesAllRows || isFinishing
  }

  /// Solves all groups, then their rows once more, and moves all global variables.
  mutating func passOverGroups(_ rows: RowSelection) {
    let before = engine.plan.globals.map { engine.memory[$0.natural] }
    passOverGroups(rows, from: groupStart)
    // A pass from extrapolated parameters that ends lower is taken back as such.
    guard groupStart == .prior, acceleration.fallback == nil, let last = trace.last, engine.bound() < last.bound else {
      return
    }
    engine.set(before)
    groupStart = .present
    passOverGroups(rows, from: groupStart)
  }

  /// The same with groups that begin where they are told to, whatever becomes of the bound.
  func passOverGroups(_ rows: RowSelection, from start: GroupStart) {
    engine.solveGroups(from: start)
    engine.sweep(rows)
    engine.updateAll()
  }

  /// Whether a pass that gained too little ends the fit: not where groups have not yet gone on from where they are.
  mutating func settlesGroups() -> Bool {
    defer { groupStart = .present }
    return groupStart == .present
  }
}
