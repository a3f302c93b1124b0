import ExponentialFamilies
import ModelCompiler
import PlanIR

// Starts that are given: labels, probabilities of labels, another fit.
extension FitSession {
  /// The labels of a row that a start may be given for.
  private var givableLabels: [Plan.LocalVariable] {
    engine.plan.labels.filter { $0.shape.groups.isEmpty }
  }

  /// The label that given values without a name are of: the first one of a row that is solved by itself.
  func givenLabel() throws(FitError) -> Plan.LocalVariable {
    guard let label = engine.plan.componentLabel, label.members == 1, label.shape.groups.isEmpty else {
      throw .setting(
        SettingError(
          "the rows of \(engine.plan.name) have no label that a start could be given for. Start it from another fit, or leave the "
            + "start out."))
    }
    return label
  }

  /// A label by name.
  func givenLabel(_ name: String) throws(FitError) -> Plan.LocalVariable {
    if let label = givableLabels.first(where: { $0.name == name }) { return label }
    let names = givableLabels.map { "\"\($0.name)\"" }.joined(separator: ", ")
    throw .setting(
      SettingError(
        "the start gives \"\(name)\", which is no label of the rows of \(engine.plan.name)"
          + (names.isEmpty ? "." : ": these have \(names).")))
  }

  /// What is given for a label, row by row; the same for all of its members where it is solved given another one.
  private func override(
    _ given: FitSettings.GivenLabel, of label: Plan.LocalVariable
  ) throws(FitError) -> RowOverride {
    let count = label.shape.dimension
    switch given {
    case .values(let labels):
      let own = try ownRows(of: labels, width: 1, what: "labels")
      if let (row, value) = own.enumerated().first(where: { $1 < 0 || $1 >= count }) {
        throw .setting(
          SettingError(
            "the start gives row \(row + 1) the label \(value), counted from 0; \"\(label.name)\" has \(count) values, 0 to \(count - 1). "
              + "Give the model more components, or the start fewer labels."))
      }
      return .labels(own.map { Int32($0) })
    case .probabilities(let probabilities):
      try raising(FitError.backend) { () throws(BackendError) in
        try Memory.require(Memory.bytes(engine.rowCount, count * label.members), for: "the start's labels")
      }
      var own = try ownRows(of: probabilities, width: count, what: "probabilities of \(count) labels each")
      for row in 0..<own.count / count {
        let values = own[row * count..<(row + 1) * count]
        let total = values.reduce(0, +)
        guard values.allSatisfy({ $0 >= 0 && $0.isFinite }), abs(total - 1) < 1e-3 else {
          throw .setting(
            SettingError(
              "the start gives row \(row + 1) the probabilities \(values.map { "\($0)" }.joined(separator: ", ")) of the labels; numbers from 0 "
                + "on that add up to 1 were expected."))
        }
        for k in values.indices { own[k] /= total }
      }
      if label.members == 1 { return .values(own) }
      return .values(
        (0..<own.count / count).flatMap { row in
          (0..<label.members).flatMap { _ in own[row * count..<(row + 1) * count] }
        })
    }
  }

  /// The values of the rows that the fit has, of values for these or for all rows of the table.
  private func ownRows<Value>(of values: [Value], width: Int, what: String) throws(FitError) -> [Value] {
    let rows = engine.rowCount
    if values.count == rows * width { return values }
    if let kept = engine.data.rows, let last = kept.last, values.count % width == 0, values.count / width > last {
      return kept.flatMap { values[$0 * width..<($0 + 1) * width] }
    }
    throw .setting(
      SettingError(
        "the start has \(values.count / max(width, 1)) rows of \(what)"
          + (values.count % max(width, 1) == 0 ? "" : " and \(values.count % width) numbers more")
          + ", and the data have \(rows) rows. Give one for each row of the data, in their order."))
  }

  /// Sweeps with expectations of labels that are given, and updates the global variables from them.
  ///
  /// What is not given, and would be left equal by an equal start, is chosen as a start at random does.
  func begin(_ labels: [(label: Plan.LocalVariable, given: FitSettings.GivenLabel)]) throws(FitError) {
    var given: [TileSlot: RowOverride] = [:]
    for (label, values) in labels { given[label.mean] = try override(values, of: label) }
    let all = RowSelection.range(0..<engine.rowCount)
    let open = Symmetries(engine).rows.map { engine.plan.locals[$0] }.filter { given[$0.mean] == nil }
    if settings.order == nil && open.contains(where: { $0.family == Family(Categorical.self) }) {
      var random = random.stream(100)
      Seeding(engine: engine).seedAtRandom(all, start: (0, 1), random: &random, given: given)
      return
    }
    engine.sweep(all, overrides: given)
    // A given order begins with what it names first; otherwise a pass begins with the rows, which needs parameters.
    if let first = orderOfUpdates?.first, first != .rows { return }
    for position in Seeding(engine: engine).firstUpdates(drawn: []) {
      // Where sums have to be taken again, they are those of the labels that were given.
      if !engine.plan.globals[position].staleAfter.isDisjoint(with: engine.moved) {
        engine.sweep(all, overrides: given)
      }
      engine.update(position)
    }
  }

  /// Begins with global variables of another fit, as far as they are the model's own.
  func begin(from marginals: [Marginal]) throws(FitError) {
    let plan = engine.plan
    var left: [Int] = []
    for (position, variable) in plan.globals.enumerated() {
      guard let marginal = marginals.first(where: { $0.name == variable.name }), marginal.family == variable.family,
        marginal.shape == variable.shape, marginal.naturals.count == variable.members
      else {
        left.append(position)
        continue
      }
      engine.set(
        marginal.naturals(about: engine.model.centers[engine.model.graph.globals[position]] ?? []), at: position)
    }
    guard left.count < plan.globals.count else {
      func told(_ name: String, _ family: Family, _ members: Int) -> String {
        "\(name) (\(family)\(members == 1 ? "" : ", \(members) members"))"
      }
      throw .setting(
        SettingError(
          "nothing of the fit that is to be the start belongs to \(plan.name): it has "
            + marginals.map { told($0.name, $0.family, $0.naturals.count) }.joined(separator: ", ")
            + "; the model has "
            + plan.globals.map { told($0.name, $0.family, $0.members) }.joined(separator: ", ")
            + ". Names, families and sizes must be the same."))
    }
    // A given order may begin with global variables, which need sums over rows.
    engine.sweep(.range(0..<engine.rowCount))
    let order = Seeding(engine: engine).firstUpdates(drawn: [])
    for position in order where left.contains(position) { engine.update(position) }
  }
}

extension Marginal {
  /// The natural parameters of all members about a centre, one member after another.
  fileprivate func naturals(about center: [Double]) -> [Double] {
    naturals.indices.flatMap { member in
      let values = zip(family.type.parameters(shape), parameters(member)).map { parameter, value -> [Double] in
        parameter.isLocation && center.count == value.values.count
          ? zip(value.values, center).map { $0 - $1 } : value.values
      }
      // About the same centre nothing need be converted, and no digit is lost.
      return center == self.center ? naturals[member] : family.type.natural(from: values, shape)
    }
  }
}
