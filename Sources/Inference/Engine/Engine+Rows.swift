import ExponentialFamilies
import PlanIR

extension Engine {
  /// The block of features that all row variables share, and its place in the plan; nil for a plan without features.
  var featureBlock: (slot: TileSlot, width: Int)? {
    for step in plan.rows {
      if case .statistic(_, _, let into) = step { return (into.slot, plan.tiles[into.slot.index].width) }
    }
    return nil
  }

  /// Features, row by row.
  func features(over rows: RowSelection) -> [Double] {
    guard let block = featureBlock else { return [] }
    return evaluate(rows, outputs: [block.slot])[block.slot] ?? []
  }

  /// What the natural parameters of the label that chooses components are, before they become probabilities: row by row, under
  /// some parameters.
  func scores(of label: Plan.LocalVariable, over rows: RowSelection, at memory: ParameterMemory) -> [Double] {
    guard let scoring else { return [] }
    return evaluate(rows, outputs: [label.mean], at: memory, by: scoring)[label.mean] ?? []
  }

  /// The log base measure of one row's observed values, over all observed variables.
  func logBaseMeasure(row: Int) -> Double {
    zip(model.graph.observed, data.inputs).reduce(0) { sum, entry in
      let family = model.graph.variables[entry.0].family.type
      if family.hasConstantBaseMeasure { return sum }
      return sum
        + logBaseMeasures(
          model.graph.variables[entry.0].family, entry.1, shape: model.shapes[entry.0], rows: CollectionOfOne(row)
        ).reduce(0, +) + logArrangements(model.graph, entry.0, data.inputs, row: row)
    }
  }

  /// Responsibilities or other expectations of a row variable, row by row.
  public func expectations(of local: Plan.LocalVariable, over rows: RowSelection) -> [Double] {
    let values = evaluate(rows, outputs: [local.mean])[local.mean] ?? []
    guard let center = model.graph.variable(named: local.name).flatMap({ model.centers[$0] }) else { return values }
    return local.moved(values, by: center)
  }

  /// What all rows of the sums that the engine holds have of each value of a label; nil where the plan does not add it up.
  func masses(of label: Plan.LocalVariable) -> [Double]? {
    for case .accumulate(label.mean, nil, let sums) in plan.rows { return memory[sums] }
    return nil
  }

  // MARK: Weights

  /// How often some rows count; nil where every row counts once.
  func rowWeights(_ rows: some Sequence<Int32>) -> [Double]? {
    guard let view = plan.weightInput.flatMap({ data.inputs[$0].views.first }) else { return nil }
    return rows.map { view.base[Int($0) * view.stride] }
  }

  /// Whether some rows drawn at random stand for all: not where few rows carry most of the weight.
  ///
  /// Weights are uneven where (Σw)² / Σw², the number of rows of one weight that tell as much (Kish 1965), is less than a
  /// quarter of the rows.
  var hasEvenRows: Bool {
    guard let input = plan.weightInput.map({ data.inputs[$0] }), let view = input.views.first else { return true }
    var (sum, squares) = (0.0, 0.0)
    for start in Swift.stride(from: 0, to: input.count, by: stretch) {
      let rows = start..<min(start + stretch, input.count)
      for row in rows {
        let weight = view.base[row * view.stride]
        sum += weight
        squares += weight * weight
      }
      input.releasePages(rows: rows)
    }
    return sum * sum >= 0.25 * squares * Double(input.count)
  }
}

extension Plan.LocalVariable {
  /// Expected statistics of x + c from those of x, for rows one after another: E[x] + c, and E[x xᵀ] + c E[x]ᵀ + E[x] cᵀ + c cᵀ.
  fileprivate func moved(_ statistics: [Double], by center: [Double]) -> [Double] {
    let offered = family.type.statistics(shape)
    let size = offered.reduce(0) { $0 + $1.count }
    guard size > 0, offered.first?.name == .value, center.count == shape.dimension else { return statistics }
    var moved = statistics
    for start in Swift.stride(from: 0, to: statistics.count, by: size) {
      let mean = Array(statistics[start..<start + center.count])
      for i in center.indices { moved[start + i] += center[i] }
      let second = start + center.count
      switch offered.dropFirst().first?.name {
      case .square?:
        for i in center.indices { moved[second + i] += (2 * mean[i] + center[i]) * center[i] }
      case .outerProduct?:
        for i in center.indices {
          for j in 0...i {
            moved[second + i * (i + 1) / 2 + j] += center[i] * mean[j] + mean[i] * center[j] + center[i] * center[j]
          }
        }
      default: break
      }
    }
    return moved
  }
}
