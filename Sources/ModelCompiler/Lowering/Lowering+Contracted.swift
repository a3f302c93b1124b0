import ExponentialFamilies
import ModelLanguage
import PlanIR

/// Terms whose rows are data times one block of row variables: weights before a sweep, sums over rows after it.
extension Lowering {
  mutating func lowerContracted(_ parts: Parts) {
    let (term, lowering) = (parts.lowering.term, parts.lowering)
    // What the rows contribute: a sum over rows of the product of their statistics.
    var rowAccess: [Contraction.Access] = []
    if graph.isRowVariable(graph.factors[term.source].child) { rowAccess = [rowSum(parts)] }
    contracted.append(ContractedTerm(parts, rows: rowAccess.first))
    let all = parts.outer.map(\.access) + rowAccess
    boundSteps.append(
      .contract(
        Contraction(term.coefficient, extents: lowering.extents, operands: all, output: Contraction.Access(bound))))

    // The derivative in a global variable's statistic: the product of all the others.
    for (position, entry) in parts.outer.enumerated() {
      guard let v = term.factors[entry.factor].operand.variable, let g = global(v) else { continue }
      var operands = parts.outer.map(\.access)
      operands.remove(at: position)
      let message = Step.contract(
        Contraction(
          term.coefficient, extents: lowering.extents, operands: operands + rowAccess,
          output: Contraction.Access(globals[g].target, offset: entry.access.offset, axes: entry.access.axes)))
      globals[g].messages.append(message)
      if graph.factors[term.source].child == v { globals[g].priorMessages.append(message) }
    }

    // The derivative in a row variable's statistic and in the data beside it: the weights of a sweep.
    if rowAccess.isEmpty { return }
    let outer = parts.outer.map(\.access)
    if parts.locals.isEmpty && parts.pair == nil {
      densityMessages.append(
        .contract(
          Contraction(term.coefficient, extents: lowering.extents, operands: outer, output: densityAccess(parts))))
    } else {
      messages.append(
        .contract(
          Contraction(term.coefficient, extents: lowering.extents, operands: outer, output: weightAccess(parts))))
    }
  }

  /// The axes of the data in a term; the last statistic runs fastest.
  private func dataAxes(_ parts: Parts) -> (axes: [Contraction.Access.Axis], range: Range<Int>?) {
    let data = parts.data.sorted { $0.part.variable < $1.part.variable }
    guard let feature = layout.feature(data.map(\.part)) else { return ([], nil) }
    var stride = 1
    var axes: [Contraction.Access.Axis] = []
    for entry in data.reversed() {
      axes += parts.lowering.elementAxes(entry.factor, stride: stride)
      stride *= layout.form(entry.part).count
    }
    return (axes, feature.range)
  }

  /// Where a row variable's statistic lies among its numbers, as an offset and axes with a distance between numbers.
  func localAxes(
    _ parts: Parts, _ entry: (factor: Int, local: Int), stride: Int
  ) -> (offset: Int, axes: [Contraction.Access.Axis]) {
    let slots = locals[entry.local]
    if let present = parts.present, slots.linkOf != nil {
      let square = shapes[slots.variable].dimension * shapes[slots.variable].dimension
      return ((slots.size - square) * stride, pairAxes(parts, entry.factor, present, stride: stride))
    }
    let place = layout.place(
      .init(variable: slots.variable, statistic: parts.lowering.term.factors[entry.factor].statistic))
    var axes = parts.lowering.elementAxes(entry.factor, stride: stride)
    if slots.label != nil, let index = parts.labelIndex {
      axes.append(.strided(index: parts.lowering.position(index), stride: slots.size * stride))
    }
    return (place.offset * stride, axes)
  }

  private mutating func rowSum(_ parts: Parts) -> Contraction.Access {
    if let pair = parts.pair { return pairAccess(parts, pair, chainSlots(pair.local).pairs) }
    let (axes, range) = dataAxes(parts)
    guard let entry = parts.locals.first else {
      guard let range else { return Contraction.Access(count) }
      return Contraction.Access(sum(rows: nil, hasFeatures: true), offset: range.lowerBound, axes: axes)
    }
    let local = localAxes(parts, entry, stride: range == nil ? 1 : layout.width)
    return Contraction.Access(
      sum(rows: entry.local, hasFeatures: range != nil), offset: local.offset + (range?.lowerBound ?? 0),
      axes: local.axes + axes)
  }

  private mutating func weightAccess(_ parts: Parts) -> Contraction.Access {
    if let pair = parts.pair { return pairAccess(parts, pair, chainSlots(pair.local).cross) }
    let (axes, range) = dataAxes(parts)
    guard let entry = parts.locals.first else { return Contraction.Access(count) }
    guard let range else {
      let local = localAxes(parts, entry, stride: 1)
      return Contraction.Access(locals[entry.local].bias, offset: local.offset, axes: local.axes)
    }
    let slots = locals[entry.local]
    let slot: ParameterSlot
    if let known = slots.weights {
      slot = known.slot
    } else {
      slot = builder.parameter(
        "weights(\(name(of: entry.local)))", slots.size * slots.members * layout.width)
      locals[entry.local].weights = (slot, TileRange(block, 0..<layout.width))
      messages.insert(.clear(slot), at: 0)
    }
    let local = localAxes(parts, entry, stride: layout.width)
    return Contraction.Access(slot, offset: local.offset + range.lowerBound, axes: local.axes + axes)
  }

  // MARK: Chains

  mutating func chainSlots(_ l: Int) -> (cross: ParameterSlot, pairs: ParameterSlot, first: TileRange) {
    if let known = locals[l].chain { return known }
    let variable = locals[l].variable
    let name = graph.variables[variable].name
    let size = shapes[variable].dimension * shapes[variable].dimension
    let first = graph.observed.firstIndex { graph.variables[$0].role == .position(.first) } ?? 0
    let slots = (
      cross: builder.parameter("weights of neighbours(\(name))", size),
      pairs: builder.parameter("Σ neighbours(\(name))", size, isRowSum: true), first: TileRange(inputs[first], 0..<1)
    )
    messages.insert(.clear(slots.cross), at: 0)
    locals[l].chain = slots
    return slots
  }

  private func pairAccess(
    _ parts: Parts, _ pair: (previous: Int, present: Int, local: Int), _ slot: ParameterSlot
  ) -> Contraction.Access {
    Contraction.Access(slot, axes: pairAxes(parts, pair.previous, pair.present, stride: 1))
  }

  /// The axes of the product of a row before, by its factor, and the row: a matrix, row by row.
  private func pairAxes(
    _ parts: Parts, _ previous: Int, _ present: Int, stride: Int
  ) -> [Contraction.Access.Axis] {
    let dimension = parts.lowering.forms[present].count
    return parts.lowering.elementAxes(previous, stride: dimension * stride)
      + parts.lowering.elementAxes(present, stride: stride)
  }

  // MARK: Sums over rows

  /// The slot of a sum over rows: of a row variable alone or with the feature block; of the feature block alone where
  /// there is no row variable.
  mutating func sum(rows: Int?, hasFeatures: Bool) -> ParameterSlot {
    if let known = sums.first(where: { $0.rows == rows && $0.hasFeatures == hasFeatures }) { return known.slot }
    let name = rows.map { "Σ mean(\(self.name(of: $0)))" } ?? "Σ features"
    let slot = builder.parameter(
      rows != nil && hasFeatures ? name + " × features" : name,
      (rows.map { locals[$0].size * locals[$0].members } ?? 1) * (hasFeatures ? layout.width : 1), isRowSum: true)
    sums.append((rows, hasFeatures, slot))
    return slot
  }

  // MARK: Densities

  mutating func densitySlots() -> (slot: TileSlot, bias: ParameterSlot, weights: ParameterSlot) {
    if let density { return density }
    let made = (
      slot: builder.tile("log density", 1), bias: builder.parameter("bias(log density)", 1),
      weights: builder.parameter("weights(log density)", layout.width)
    )
    density = made
    return made
  }

  private mutating func densityAccess(_ parts: Parts) -> Contraction.Access {
    let (axes, range) = dataAxes(parts)
    let slots = densitySlots()
    guard let range else { return Contraction.Access(slots.bias) }
    return Contraction.Access(slots.weights, offset: range.lowerBound, axes: axes)
  }
}
