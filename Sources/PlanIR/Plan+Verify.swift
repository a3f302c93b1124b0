extension Plan {
  /// What is inconsistent in the plan: slots that do not exist, widths and counts that do not fit.
  ///
  /// Empty for a sound plan.
  ///
  /// Run between compiler passes and before a backend takes the plan.
  public func violations() -> [String] {
    let verifier = Verifier(plan: self)
    for step in messages + entropy + bound + globals.flatMap(\.update) + latentBases.flatMap(\.moments) {
      verifier.check(step, inRows: false)
    }
    for step in (groups?.steps ?? []) + rows + marginals + (density?.rows ?? []) { verifier.check(step, inRows: true) }
    if let groups { verifier.check(groups) }
    // What groups are solved by has the labels' probabilities when the rows' own steps begin.
    var written = verifier.checkOrder(groups?.steps ?? [], after: [])
    written = verifier.checkOrder(rows, after: groups.map { [$0.mean] } ?? written)
    _ = verifier.checkOrder(marginals, after: written)
    _ = verifier.checkOrder(density?.rows ?? [], after: written)
    for step in density?.messages ?? [] { verifier.check(step, inRows: false) }
    for (i, block) in parameters.enumerated() where block.initial.count != block.count {
      verifier.found.append(
        "parameter slot \(i) (\(block.name)) starts with \(block.initial.count) of \(block.count) numbers")
    }
    return verifier.found
  }
}

/// A class, so that messages, which say what is wrong at which step, are put together only where something is.
private final class Verifier {
  let plan: Plan
  var found: [String] = []

  init(plan: Plan) { self.plan = plan }

  private func count(_ slot: ParameterSlot) -> Int? {
    plan.parameters.indices.contains(slot.index) ? plan.parameters[slot.index].count : nil
  }

  private func width(_ slot: TileSlot) -> Int? {
    plan.tiles.indices.contains(slot.index) ? plan.tiles[slot.index].width : nil
  }

  private func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { found.append(message()) }
  }

  private func checkRange(_ range: TileRange, _ step: Step) {
    require(
      width(range.slot).map { range.features.lowerBound >= 0 && range.features.upperBound <= $0 } ?? false,
      "\(step): features \(range.features) outside the slot")
  }

  private func lastAddress(_ offset: Int, _ axes: [Contraction.Access.Axis], _ extents: [Int]) -> Int {
    axes.reduce(offset) { last, axis in
      switch axis {
      case .strided(let index, let stride): return last + (extents[index] - 1) * stride
      case .symmetric(let i, _, let stride):
        let n = extents[i]
        return last + (n * (n + 1) / 2 - 1) * stride
      }
    }
  }

  /// Checks that whatever steps of a tile read has been written before; all that has been written after them.
  func checkOrder(_ steps: [Step], after known: Set<TileSlot>) -> Set<TileSlot> {
    var written = known
    for step in steps {
      if case .sweeps(_, let inner) = step {
        written = checkOrder(inner, after: written)
        continue
      }
      for slot in step.reads.subtracting(written) {
        let name = plan.tiles.indices.contains(slot.index) ? plan.tiles[slot.index].name : "no slot"
        found.append("\(step): reads \(name), which nothing before it has written")
      }
      written.formUnion(step.writes)
    }
    return written
  }

  func check(_ block: GroupBlock) {
    let variable = plan.globals.indices.contains(block.variable) ? plan.globals[block.variable] : nil
    require(variable?.natural == block.natural && variable?.mean == block.expected, "groups of no global variable")
    require(count(block.prior) == count(block.natural), "the groups' prior has not as many numbers as their parameters")
    require(
      (count(block.natural) ?? -1) == (variable?.members ?? 0) * (width(block.mean) ?? 0),
      "groups of \(count(block.natural) ?? -1) numbers for labels of \(width(block.mean) ?? -1)")
    if let weight = block.weight { require(width(weight) == 1, "the weight is one number a row") }
  }

  func check(_ step: Step, inRows: Bool) {
    switch step {
    case .load(let input, let slot):
      require(inRows, "\(step): outside the rows")
      let columns = plan.inputs.indices.contains(input) ? plan.inputs[input].centers.count : -1
      require(width(slot) == columns, "\(step): \(columns) columns into a slot of width \(width(slot) ?? -1)")
    case .statistic(let kernel, let from, let into):
      checkRange(into, step)
      guard let source = width(from) else { return found.append("\(step): no such slot") }
      let expected =
        switch kernel {
        case .value, .square, .observed, .logarithm, .logGamma, .power: source
        case .outerProduct: source * (source + 1) / 2
        case .indicator(let shape): shape.dimension
        case .split(let shape), .reached(let shape): shape.dimension - 1
        case .seen: 1
        case .family: into.features.count
        }
      require(into.features.count == expected, "\(step): \(expected) features into \(into.features.count)")
    case .product(let ranges, let into):
      for range in ranges { checkRange(range, step) }
      let product = ranges.reduce(1) { $0 * $1.features.count }
      require(width(into) == product, "\(step): \(product) products into a slot of width \(width(into) ?? -1)")
    case .affine(let weights, let bias, let features, let into, _):
      guard let rows = width(into) else { return found.append("\(step): no such slot") }
      if let bias { require(count(bias) == rows, "\(step): bias of \(count(bias) ?? -1) for \(rows)") }
      require((weights == nil) == (features == nil), "\(step): weights and features go together")
      if let weights, let features {
        checkRange(features, step)
        require(
          count(weights) == rows * features.features.count,
          "\(step): \(count(weights) ?? -1) weights for \(rows) × \(features.features.count)")
      }
    case .fillMissing(let range): checkRange(range, step)
    case .gather(let table, let index, let into):
      checkRange(index, step)
      require(
        width(into).map { $0 == 0 || (count(table) ?? -1) % $0 == 0 } ?? false,
        "\(step): a table of \(count(table) ?? -1) in rows of \(width(into) ?? -1)")
    case .scatter(let from, let index, let into):
      checkRange(index, step)
      require(
        width(from).map { $0 == 0 || (count(into) ?? -1) % $0 == 0 } ?? false,
        "\(step): a table of \(count(into) ?? -1) in rows of \(width(from) ?? -1)")
      require(
        plan.parameters.indices.contains(into.index) && plan.parameters[into.index].isRowSum,
        "\(step): into a slot that is no sum over rows")
    case .combine(let contraction, _):
      func check(_ size: Int?, _ offset: Int, _ axes: [Contraction.Access.Axis]) {
        guard let size else { return found.append("\(step): no such slot") }
        let last = lastAddress(offset, axes, contraction.extents)
        require(contraction.extents.contains(0) || last < size, "\(step): element \(last) of \(size)")
      }
      for operand in contraction.operands {
        switch operand.place {
        case .tile(let slot): check(width(slot), operand.offset, operand.axes)
        case .parameter(let slot): check(count(slot), operand.offset, operand.axes)
        }
      }
      check(width(contraction.output), contraction.offset, contraction.axes)
    case .meanMap(let family, let shape, let slot, let members, let observed, let normalizer):
      let size = members * family.type.statistics(shape).reduce(0) { $0 + $1.count }
      require(width(slot) == size, "\(step): \(size) statistics in a slot of width \(width(slot) ?? -1)")
      require(width(normalizer) == members, "\(step): the log partition is one number a member")
      if let observed {
        require(width(observed) == family.type.valueCount(shape), "\(step): values of another width")
      }
    case .chain(let block):
      let size = block.family.type.statistics(block.shape).reduce(0) { $0 + $1.count }
      require(width(block.mean) == size, "\(step): \(size) statistics in a slot of width \(width(block.mean) ?? -1)")
      require(width(block.normalizer) == 1, "\(step): the log partition is one number a row")
      checkRange(block.first, step)
      if let weight = block.weight { require(width(weight) == 1, "\(step): the weight is one number a row") }
      if let link = block.link {
        require(
          width(link) == block.linkCount, "\(step): a link of \(width(link) ?? -1) numbers, not \(block.linkCount)")
      }
      let square = block.shape.dimension * block.shape.dimension
      require(count(block.cross) == square && count(block.pairs) == square, "\(step): \(square) numbers expected")
    case .accumulate(let rows, let features, let into):
      if let features { checkRange(features, step) }
      let size = (rows.map { width($0) ?? -1 } ?? 1) * (features?.features.count ?? 1)
      require(count(into) == size, "\(step): \(size) sums into \(count(into) ?? -1)")
      require(
        plan.parameters.indices.contains(into.index) && plan.parameters[into.index].isRowSum,
        "\(step): into a slot that is no sum over rows")
    case .resume(let slot):
      require(inRows, "\(step): outside the rows")
      require(width(slot).map { $0 > 0 } ?? false, "\(step): no such slot, or an empty one")
    case .sweeps(let n, let steps):
      require(n > 0, "\(step): no repetition")
      for inner in steps { check(inner, inRows: inRows) }
    case .clear(let slot): require(count(slot) != nil, "\(step): no such slot")
    case .blend(let from, let to):
      require(count(from) != nil && count(from) == count(to), "\(step): sizes differ")
    case .contract(let contraction):
      for access in contraction.operands + [contraction.output] {
        guard let size = count(access.slot) else { return found.append("\(step): no such slot") }
        for case .symmetric(let i, let j, _) in access.axes {
          require(contraction.extents[i] == contraction.extents[j], "\(step): a symmetric pair of different extents")
        }
        let last = lastAddress(access.offset, access.axes, contraction.extents)
        require(contraction.extents.contains(0) || last < size, "\(step): element \(last) of \(size)")
      }
    case .expectations(let family, let shape, let members, let natural, let mean):
      let size = members * family.type.statistics(shape).reduce(0) { $0 + $1.count }
      require(count(natural) == size && count(mean) == size, "\(step): \(size) numbers expected")
    case .logPartition(let family, let shape, let members, let natural, _, let into):
      let size = members * family.type.statistics(shape).reduce(0) { $0 + $1.count }
      require(count(natural) == size && count(into) == 1, "\(step): \(size) numbers expected")
    }
  }
}
