import ExponentialFamilies
import ModelLanguage
import PlanIR

/// A table of a global variable's expectations that rows look up by labels with data.
struct GatherTable {
  /// What is looked up, and by which labels.
  struct Key: Hashable {
    let global: Int
    let statistic: StatisticName
    /// For each plate of the variable, and then for its elements, the label that binds it.
    let binders: [Int?]
  }

  let key: Key
  let slot: ParameterSlot
  let tile: TileSlot
}

/// Terms of which single rows know more than a contraction can: lookups by labels with data, and products of several
/// blocks of row variables. They are sums of products, row by row.
extension Lowering {
  mutating func lowerRowwise(_ parts: Parts) {
    let (term, lowering) = (parts.lowering.term, parts.lowering)
    let found = parts.gathered.map { (entry: $0, operand: operand(gathered: $0, parts)) }
    let data = parts.data.map { entry in
      RowContraction.Operand(
        .tile(block), offset: layout.feature([entry.part])?.range.lowerBound ?? 0,
        axes: lowering.elementAxes(entry.factor))
    }
    let outer = parts.outer.map {
      RowContraction.Operand(.parameter($0.access.slot), offset: $0.access.offset, axes: $0.access.axes)
    }

    // The derivative in a row variable's statistic, row by row.
    for (position, entry) in parts.locals.enumerated() {
      var others = parts.locals
      others.remove(at: position)
      let target = localOperand(entry, parts, counted: false)
      let step = combine(
        term.coefficient, others.map { localOperand($0, parts, counted: false) } + found.map(\.operand) + data + outer,
        into: locals[entry.local].mean, offset: target.offset, axes: target.axes, parts, adding: true)
      locals[entry.local].rowwise.append(Rowwise(step: step, reads: Set(others.map(\.local))))
    }
    if parts.locals.isEmpty {
      densityRows.append(
        combine(
          term.coefficient, found.map(\.operand) + data + outer, into: densitySlots().slot, offset: 0, axes: [], parts,
          adding: true))
    }

    // The derivative in global variables: sums over rows, kept apart by what is looked up, of what rows know.
    // A term counts the weight of the row once: through one of its row variables, where it has any, and that is the one that is
    // joint with its label, if one is.
    let holder = parts.locals.firstIndex { locals[$0.local].label != nil } ?? 0
    let counted = parts.locals.enumerated().map { localOperand($1, parts, counted: $0 == holder) }
    let weights = parts.locals.isEmpty ? weight.map { [RowContraction.Operand(.tile($0))] } ?? [] : []
    func isKept(_ index: Int, beside gathered: (factor: Int, global: Int)?) -> Bool {
      let own = gathered.map { unboundAxes($0, parts).indices.contains(index) } ?? false
      return own || parts.outer.contains { $0.access.axes.indices.contains(index) }
    }
    for position in found.indices.isEmpty ? [-1] : Array(found.indices) {
      let own = position < 0 ? nil : found[position].entry
      let others = found.indices.filter { $0 != position }.map { found[$0] }
      let operands = counted + weights + others.map(\.operand) + data
      let inRows = Set(operands.flatMap { $0.axes.indices })
      let kept = inRows.filter { isKept($0, beside: own) }.sorted()
      var strides: [Int: Int] = [:]
      var width = 1
      for index in kept.reversed() {
        strides[index] = width
        width *= lowering.extents[index]
      }
      let keptAxes = kept.map { Contraction.Access.Axis.strided(index: $0, stride: strides[$0] ?? 1) }
      let access: Contraction.Access
      if let own {
        let binding = binding(own, parts)
        let rows = binding.reduce(1) { $0 * $1.extent }
        let slot = builder.parameter("Σ by \(bindingName(binding))", rows * width, isRowSum: true)
        let tile = tile(operands, keptAxes, width, parts)
        rowwiseSums += tile.steps + [.scatter(tile.slot, index: index(of: binding), into: slot)]
        access = Contraction.Access(slot, axes: boundAxes(binding, parts, stride: width) + keptAxes)
      } else {
        let slot = builder.parameter("Σ of products", width, isRowSum: true)
        let tile = tile(operands, keptAxes, width, parts)
        rowwiseSums += tile.steps + [.accumulate(rows: tile.slot, features: nil, into: slot)]
        access = Contraction.Access(slot, axes: keptAxes)
      }
      // What the rows summed over is not summed again; all other indices are.
      let looked = Set((own.map { binding($0, parts) } ?? []).map { lowering.position($0.index) })
      let unseen = Set(parts.binders.keys.map(lowering.position)).subtracting(looked)
      let summed = inRows.subtracting(kept).union(unseen)
      let extents = lowering.extents.indices.map { summed.contains($0) ? 1 : lowering.extents[$0] }
      let stale = Set(others.map(\.entry.global))
      let isPrimary = position <= 0
      if let own {
        let target = globalAccess(own, parts, globals[own.global].target)
        globals[own.global].messages.append(
          .contract(
            Contraction(
              term.coefficient, extents: extents, operands: [access] + parts.outer.map(\.access), output: target)))
        globals[own.global].staleAfter.formUnion(stale.subtracting([own.global]))
      }
      guard isPrimary else { continue }
      // Everything else reads the sums beside the first variable that is looked up.
      let mean = own.map { [globalAccess($0, parts, globals[$0.global].mean)] } ?? []
      let all = [access] + mean + parts.outer.map(\.access)
      boundSteps.append(
        .contract(Contraction(term.coefficient, extents: extents, operands: all, output: Contraction.Access(bound))))
      boundStaleAfter.formUnion(stale)
      for (place, entry) in parts.outer.enumerated() {
        guard let v = term.factors[entry.factor].operand.variable, let g = global(v) else { continue }
        var operands = parts.outer.map(\.access)
        operands.remove(at: place)
        globals[g].messages.append(
          .contract(
            Contraction(
              term.coefficient, extents: extents, operands: [access] + mean + operands,
              output: Contraction.Access(globals[g].target, offset: entry.access.offset, axes: entry.access.axes))))
        globals[g].staleAfter.formUnion(stale)
      }
    }
  }

  // MARK: Operands

  private func localOperand(
    _ entry: (factor: Int, local: Int), _ parts: Parts, counted: Bool
  ) -> RowContraction.Operand {
    let slots = locals[entry.local]
    let place = localAxes(parts, entry, stride: 1)
    return RowContraction.Operand(.tile(counted ? slots.counted : slots.mean), offset: place.offset, axes: place.axes)
  }

  private func globalAccess(
    _ entry: (factor: Int, global: Int), _ parts: Parts, _ slot: ParameterSlot
  ) -> Contraction.Access {
    let factor = parts.lowering.term.factors[entry.factor]
    let slots = globals[entry.global]
    return Contraction.Access(
      slot, offset: layout.place(.init(variable: slots.variable, statistic: factor.statistic)).offset,
      axes: parts.lowering.memberAxes(entry.factor, size: slots.size) + parts.lowering.elementAxes(entry.factor))
  }

  /// A step that adds up products, with the indices that its operands carry under numbers of their own.
  private func combine(
    _ coefficient: Double, _ operands: [RowContraction.Operand], into: TileSlot, offset: Int,
    axes: [Contraction.Access.Axis], _ parts: Parts, adding: Bool
  ) -> Step {
    let used = operands.reduce(axes.indices) { $0.union($1.axes.indices) }.sorted()
    func number(_ index: Int) -> Int { used.firstIndex(of: index) ?? 0 }
    // An index that nothing in the row carries only repeats the product; a lookup's own index is one row.
    let bound = Set(parts.binders.keys.map(parts.lowering.position))
    let repeated = parts.lowering.extents.indices.filter { !used.contains($0) && !bound.contains($0) }
      .reduce(1) { $0 * parts.lowering.extents[$1] }
    return .combine(
      RowContraction(
        coefficient * (adding ? Double(repeated) : 1), extents: used.map { parts.lowering.extents[$0] },
        operands: operands.map {
          RowContraction.Operand($0.place, offset: $0.offset, axes: $0.axes.renumbered(number))
        }, output: into, offset: offset, axes: axes.renumbered(number)), adding: adding)
  }

  /// The product of some operands as a tile of the indices that are kept: an operand itself where it is that tile.
  private mutating func tile(
    _ operands: [RowContraction.Operand], _ axes: [Contraction.Access.Axis], _ width: Int, _ parts: Parts
  ) -> (slot: TileSlot, steps: [Step]) {
    if operands.count == 1, let only = operands.first, case .tile(let slot) = only.place, only.offset == 0,
      only.axes == axes, builder.width(slot) == width
    {
      return (slot, [])
    }
    let slot = builder.tile("product", width)
    return (slot, [combine(1, operands, into: slot, offset: 0, axes: axes, parts, adding: false)])
  }

  // MARK: Lookups

  /// One label that a variable is looked up by: the index that it binds, its place among the variable's axes, its size.
  typealias Binding = [(index: LogJoint.TermIndex, label: Int, extent: Int)]

  /// The labels that a global variable of a term is looked up by, in the order of its plates and elements.
  private func binding(_ entry: (factor: Int, global: Int), _ parts: Parts) -> Binding {
    let factor = parts.lowering.term.factors[entry.factor]
    return (factor.members + factor.indices).compactMap { index in
      parts.binders[index].map { (index, $0, shapes[$0].dimension) }
    }
  }

  private func bindingName(_ binding: Binding) -> String {
    binding.map { graph.variables[$0.label].name }.joined(separator: ", ")
  }

  private func boundAxes(_ binding: Binding, _ parts: Parts, stride: Int) -> [Contraction.Access.Axis] {
    var stride = stride
    return binding.reversed().map { bound in
      defer { stride *= bound.extent }
      return .strided(index: parts.lowering.position(bound.index), stride: stride)
    }
  }

  /// The feature that holds the row of a table: the label, or the number of a combination of labels.
  private mutating func index(of binding: Binding) -> TileRange {
    let labels = binding.map(\.label)
    if let known = indexTiles[labels] { return known }
    func input(_ label: Int) -> TileSlot { inputs[graph.observed.firstIndex(of: label) ?? 0] }
    if labels.count == 1 {
      let range = TileRange(input(labels[0]), 0..<1)
      indexTiles[labels] = range
      return range
    }
    let slot = builder.tile("index of \(bindingName(binding))", 1)
    var stride = 1.0
    for (i, bound) in binding.reversed().enumerated() {
      lookups.append(
        .combine(
          RowContraction(stride, extents: [], operands: [.init(.tile(input(bound.label)))], output: slot),
          adding: i > 0))
      stride *= Double(bound.extent)
    }
    let range = TileRange(slot, 0..<1)
    indexTiles[labels] = range
    return range
  }

  /// The axes of what is left of a variable once its labels are bound, in the order of its plates and elements.
  private func unboundAxes(_ entry: (factor: Int, global: Int), _ parts: Parts) -> [Contraction.Access.Axis] {
    let factor = parts.lowering.term.factors[entry.factor]
    let slots = globals[entry.global]
    let form = parts.lowering.forms[entry.factor]
    let isElementBound = factor.indices.contains { parts.binders[$0] != nil }
    var stride = isElementBound ? 1 : form.count
    var axes: [Contraction.Access.Axis] = []
    for (plate, index) in zip(graph.variables[slots.variable].plates, factor.members).reversed()
    where parts.binders[index] == nil {
      axes.append(.strided(index: parts.lowering.position(index), stride: stride))
      stride *= max(known.sizes.plates[plate], 1)
    }
    return axes.reversed() + (isElementBound ? [] : parts.lowering.elementAxes(entry.factor))
  }

  /// What a row looks up: a table with the bound axes in front, built anew before every sweep.
  private mutating func operand(
    gathered entry: (factor: Int, global: Int), _ parts: Parts
  ) -> RowContraction.Operand {
    let factor = parts.lowering.term.factors[entry.factor]
    let slots = globals[entry.global]
    let key = GatherTable.Key(
      global: entry.global, statistic: factor.statistic,
      binders: factor.members.map { parts.binders[$0] } + factor.indices.map { parts.binders[$0] })
    let axes = unboundAxes(entry, parts)
    if let known = tables.first(where: { $0.key == key }) { return .init(.tile(known.tile), axes: axes) }
    // Axes of the variable's numbers: plates, then elements one after another.
    let form = parts.lowering.forms[entry.factor]
    let plates = graph.variables[slots.variable].plates
    let extents = plates.map { max(known.sizes.plates[$0], 1) } + [form.count]
    var strides = [Int](repeating: 1, count: extents.count)
    var stride = slots.size
    for p in plates.indices.reversed() {
      strides[p] = stride
      stride *= extents[p]
    }
    let isElementBound = factor.indices.contains { parts.binders[$0] != nil }
    let isBound = factor.members.map { parts.binders[$0] != nil } + [isElementBound]
    let order = extents.indices.filter { isBound[$0] } + extents.indices.filter { !isBound[$0] }
    var targets = [Int](repeating: 1, count: extents.count)
    var next = 1
    for axis in order.reversed() {
      targets[axis] = next
      next *= extents[axis]
    }
    let width = extents.indices.filter { !isBound[$0] }.reduce(1) { $0 * extents[$1] }
    let name = graph.variables[slots.variable].name
    let binding = binding(entry, parts)
    let table = GatherTable(
      key: key, slot: builder.parameter("\(name) by \(bindingName(binding))", next),
      tile: builder.tile("\(name)[\(bindingName(binding))]", width))
    tables.append(table)
    messages += [
      .clear(table.slot),
      .contract(
        Contraction(
          1, extents: extents,
          operands: [
            Contraction.Access(
              slots.mean,
              offset: layout.place(.init(variable: slots.variable, statistic: factor.statistic)).offset,
              axes: strides.enumerated().map { .strided(index: $0, stride: $1) })
          ],
          output: Contraction.Access(
            table.slot, axes: targets.enumerated().map { .strided(index: $0, stride: $1) }))),
    ]
    lookups.append(.gather(table.slot, index: index(of: binding), into: table.tile))
    return .init(.tile(table.tile), axes: axes)
  }
}
