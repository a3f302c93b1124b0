import ExponentialFamilies
import ModelLanguage
import PlanIR

/// The steps of a tile of rows: data, lookups, row variables block by block, sums.
extension Lowering {
  /// How often coordinate ascent goes round several blocks of a row.
  static let localSweeps = 10

  /// Refuses what rows cannot have.
  func checkRows() throws(ModelError) {
    for variable in logJoint.chains {
      let node = graph.variables[variable]
      guard node.family == Family(Categorical.self) || node.family == Family(MultivariateNormal.self) else {
        throw ModelError(
          "\"\(node.name)\" is a chain of \(node.family): only chains of Categorical and of MultivariateNormal can be solved. "
            + "Give it one of these families.", at: node.location)
      }
    }
    for (variable, facts) in zip(graph.observed, known.facts.observed) {
      guard let column = facts.missing.firstIndex(where: { $0 > 0 }) else { continue }
      let node = graph.variables[variable]
      func refuse(_ reason: String) -> ModelError {
        ModelError(
          "column \"\(facts.columns[column])\" of \"\(node.name)\" has \(facts.missing[column]) missing "
            + "cell\(facts.missing[column] == 1 ? "" : "s"), but \(reason) Fill the cells, or drop the rows.",
          at: node.location)
      }
      if node.role != .observed { throw refuse("the model conditions on \"\(node.name)\" and cannot do without it.") }
      // The auxiliary variable of a missing cell says nothing: it keeps its prior.
      let isUsed = graph.factors.contains { factor in
        !graph.auxiliaries(of: variable).contains(factor.child)
          && factor.arguments.contains { $0.value.variables.contains(variable) }
      }
      if isUsed { throw refuse("other variables depend on it.") }
      let family = node.family.type
      if !family.isElementwise(shapes[variable]) && node.family != Family(MultivariateNormal.self) {
        throw refuse("the elements of \(node.family) are not independent.")
      }
      let isSplit = logJoint.terms.allSatisfy { term in
        graph.factors[term.source].child != variable || family.domain == .label
          // Whether an element is present splits no term that is not split by itself.
          || term.factors.contains { $0.statistic != .observed && $0.indices.contains(.element(.i)) }
          || term.over.contains(.i)
      }
      if family.isElementwise(shapes[variable]) && !isSplit {
        throw refuse(
          "its parameters are shared by all its elements: choose a model with one precision for each column.")
      }
    }
  }

  private func combined(
    _ operands: [(tile: TileSlot, axes: [Contraction.Access.Axis])], extents: [Int], into: TileSlot,
    axes: [Contraction.Access.Axis], adding: Bool = false
  ) -> Step {
    .combine(
      RowContraction(
        1, extents: extents, operands: operands.map { .init(.tile($0.tile), axes: $0.axes) }, output: into,
        axes: axes), adding: adding)
  }

  // MARK: Solving

  /// Natural parameters of a row variable from what all rows share, and from what single rows know.
  ///
  /// - Parameter reading: Which other row variables' expectations may be read.
  private func natural(_ l: Int, reading: (Set<Int>) -> Bool) -> [Step] {
    let slots = locals[l]
    let features = slots.weights.map(\.features)
    return [
      .affine(weights: slots.weights?.slot, bias: slots.bias, features: features, into: slots.mean, adding: false)
    ] + slots.rowwise.filter { reading($0.reads) }.map(\.step)
  }

  /// The row variables of a block: those that are given its label, its link, and the one that is given nothing.
  private func block(_ root: Int) -> [Int] {
    locals.indices.filter { locals[$0].label == root } + locals.indices.filter { locals[$0].linkOf == root } + [root]
  }

  /// Solves a block: the variables that are given its label, then the label; a chain with its link.
  private mutating func solve(_ root: Int, reading: (Set<Int>) -> Bool, keeps: Bool) -> [Step] {
    var steps: [Step] = []
    let given = locals.indices.filter { locals[$0].label == root }
    for l in block(root) {
      let slots = locals[l]
      let variable = graph.variables[slots.variable]
      steps += natural(l, reading: reading)
      if keeps { steps += keepNatural(l) }
      if slots.linkOf != nil { continue }
      if l == root {
        // A label's scores gain the log partitions of what is given it.
        for g in given {
          let axis = [Contraction.Access.Axis.strided(index: 0, stride: 1)]
          steps.append(
            combined(
              [(locals[g].normalizer, axis)], extents: [locals[g].members], into: slots.mean, axes: axis, adding: true))
        }
      }
      if let chain = slots.chain {
        steps.append(
          .chain(
            ChainBlock(
              family: variable.family, shape: shapes[slots.variable], mean: slots.mean, normalizer: slots.normalizer,
              first: chain.first, cross: chain.cross, pairs: chain.pairs, weight: weight,
              link: locals.first { $0.linkOf == l }?.mean)))
      } else {
        steps.append(
          .meanMap(
            variable.family, shapes[slots.variable], slots.mean, members: slots.members, observed: slots.observed,
            normalizer: slots.normalizer))
      }
    }
    return steps
  }

  /// Expectations jointly with the label, times the weight of the row.
  private func counting(_ l: Int) -> [Step] {
    let slots = locals[l]
    if slots.counted == slots.mean { return [] }
    let weights = weight.map { [(tile: $0, axes: [Contraction.Access.Axis]())] } ?? []
    let element = Contraction.Access.Axis.strided(index: 0, stride: 1)
    guard let label = slots.label else {
      return [
        combined([(slots.mean, [element])] + weights, extents: [slots.size], into: slots.counted, axes: [element])
      ]
    }
    let member = Contraction.Access.Axis.strided(index: 1, stride: slots.size)
    return [
      combined(
        [(slots.mean, [element, member]), (locals[label].mean, [.strided(index: 1, stride: 1)])] + weights,
        extents: [slots.size, slots.members], into: slots.counted, axes: [element, member])
    ]
  }

  // MARK: Rows

  private var roots: [Int] { locals.indices.filter { locals[$0].label == nil && locals[$0].linkOf == nil } }
  /// Whether what a sweep summed over rows tells the entropy: one block, solved from what all rows share.
  private var hasSummedEntropy: Bool {
    roots.count <= 1 && locals.allSatisfy { $0.rowwise.isEmpty && $0.linkOf == nil }
  }

  mutating func rowSteps() -> [Step] {
    let missing = Set(
      zip(graph.observed, known.facts.observed).filter { $1.missing.contains { $0 > 0 } }.map(\.0))
    var steps: [Step] = []
    var made: [TileSlot] = []
    steps += layout.steps(inputs: inputs, block: block, missing: missing) { width in
      let slot = builder.tile("product of columns", width)
      made.append(slot)
      return slot
    }
    if let weight { steps.append(.load(input: graph.observed.count, into: weight)) }
    steps += lookups
    let roots = roots
    if roots.count > 1 {
      // Start from what each block knows without the others; a chain that goes on by what they say comes after them, and so does
      // a vector with missing elements, which knows nothing by itself.
      let linked = Set(locals.compactMap(\.linkOf) + roots.filter { locals[$0].observed != nil })
      let free = roots.filter { !linked.contains($0) }
      for root in free { steps += solve(root, reading: \.isEmpty, keeps: false) }
      var known = Set(free.flatMap(block))
      for root in afterParents(linked.sorted()) {
        steps += solve(root, reading: known.isSuperset, keeps: false)
        known.formUnion(block(root))
      }
      steps += resumed(roots).map(Step.resume)
      let round = roots.flatMap { solve($0, reading: { _ in true }, keeps: false) }
      steps.append(.sweeps(Self.localSweeps - 1, round))
    }
    for root in roots {
      steps += solve(root, reading: { _ in true }, keeps: !hasSummedEntropy)
      steps += block(root).flatMap(counting)
      if !hasSummedEntropy { steps += entropyTile(root) }
      steps += normalizerSteps(root)
    }
    steps += rowwiseSums
    steps += sums.map(sumStep)
    steps.append(.accumulate(rows: weight, features: nil, into: count))
    return steps
  }

  /// What rounds go on from: the expectations that a block reads of blocks that a round solves after it.
  ///
  /// From there each solution of a block raises the row's bound or leaves it, however the global variables have moved.
  private func resumed(_ roots: [Int]) -> [TileSlot] {
    var (later, read) = (Set(roots.flatMap(block)), Set<Int>())
    for root in roots {
      later.subtract(block(root))
      for l in block(root) { for step in locals[l].rowwise { read.formUnion(step.reads.intersection(later)) } }
    }
    return read.sorted().map { locals[$0].mean }
  }

  /// Some blocks, each after those that its variable's distribution names.
  private func afterParents(_ blocks: [Int]) -> [Int] {
    var (waiting, order) = (blocks, [Int]())
    while !waiting.isEmpty {
      let next = waiting.firstIndex { root in
        let parents = Set(members(root).flatMap { graph.factor(of: $0).arguments.flatMap(\.value.variables) })
        return !waiting.contains { $0 != root && !parents.isDisjoint(with: members($0)) }
      }
      order.append(waiting.remove(at: next ?? 0))
    }
    return order
  }

  /// The variables of the graph that a row variable stands for.
  private func members(_ l: Int) -> [Int] {
    let variable = locals[l].variable
    if let pair = logJoint.scaledVectors.first(where: { $0.variable == variable }) {
      return [pair.factor, pair.vector]
    }
    return blocks.joints.first { $0.variable == variable }?.members ?? [variable]
  }

  private func sumStep(_ entry: (rows: Int?, hasFeatures: Bool, slot: ParameterSlot)) -> Step {
    let features = entry.hasFeatures ? TileRange(block, 0..<layout.width) : nil
    return .accumulate(rows: entry.rows.map { locals[$0].counted } ?? weight, features: features, into: entry.slot)
  }

  // MARK: Entropy of row variables: Σ A(η) − ⟨η, μ⟩

  private mutating func normalizerSum(_ root: Int) -> ParameterSlot {
    if let known = normalizerSums[root] { return known }
    let slot = builder.parameter("Σ log partition(\(graph.variables[locals[root].variable].name))", 1, isRowSum: true)
    normalizerSums[root] = slot
    return slot
  }

  private mutating func normalizerSteps(_ root: Int) -> [Step] {
    let into = normalizerSum(root)
    guard let weight else { return [.accumulate(rows: locals[root].normalizer, features: nil, into: into)] }
    let slot = builder.tile("weighted log partition", 1)
    return [
      combined([(locals[root].normalizer, []), (weight, [])], extents: [], into: slot, axes: []),
      .accumulate(rows: slot, features: nil, into: into),
    ]
  }

  /// A copy of natural parameters, for the entropy of several blocks.
  private mutating func keepNatural(_ l: Int) -> [Step] {
    let size = locals[l].size * locals[l].members
    let slot = builder.tile("natural(\(name(of: l)))", size)
    kept[l] = slot
    let axis = [Contraction.Access.Axis.strided(index: 0, stride: 1)]
    return [combined([(locals[l].mean, axis)], extents: [size], into: slot, axes: axis)]
  }

  /// Adds up ⟨η, μ⟩ of a block, row by row.
  private mutating func entropyTile(_ root: Int) -> [Step] {
    let slot = builder.tile("expected log potential", 1)
    var steps: [Step] = []
    for (i, l) in block(root).enumerated() {
      let axis = [Contraction.Access.Axis.strided(index: 0, stride: 1)]
      guard let natural = kept[l] else { continue }
      steps.append(
        combined(
          [(natural, axis), (locals[l].counted, axis)], extents: [locals[l].size * locals[l].members], into: slot,
          axes: [], adding: i > 0))
    }
    let sum = potentialSum(root)
    steps.append(.accumulate(rows: slot, features: nil, into: sum))
    return steps
  }

  private mutating func potentialSum(_ root: Int) -> ParameterSlot {
    if let known = potentialSums[root] { return known }
    let slot = builder.parameter(
      "Σ expected log potential(\(graph.variables[locals[root].variable].name))", 1, isRowSum: true)
    potentialSums[root] = slot
    return slot
  }

  mutating func entropySteps() -> [Step] {
    var steps: [Step] = [.clear(entropy)]
    for root in roots {
      let normalizers = normalizerSum(root)
      steps.append(addition(normalizers, to: entropy))
      if hasSummedEntropy {
        // Sums that nothing else asked for are asked for here, before the rows' steps are final.
        for l in locals.indices {
          let means = sum(rows: l, hasFeatures: false)
          steps.append(builder.innerProduct(-1, locals[l].bias, means, into: entropy))
          if let weights = locals[l].weights {
            let products = sum(rows: l, hasFeatures: true)
            steps.append(builder.innerProduct(-1, weights.slot, products, into: entropy))
          }
        }
      } else {
        let sum = potentialSum(root)
        let one = builder.parameter("1", 1, initial: [1])
        steps.append(builder.innerProduct(-1, sum, one, into: entropy))
      }
      if let chain = locals[root].chain {
        steps.append(builder.innerProduct(-1, chain.cross, chain.pairs, into: entropy))
      }
    }
    boundSteps.append(addition(entropy, to: bound))
    return steps
  }

  // MARK: Densities

  /// The log density of a row at known values of the global variables: the log partitions of its blocks, and the terms
  /// without row variables.
  ///
  /// Where blocks are coupled, log partitions count a term of several blocks once for each of them: what is left after
  /// that is mended is the row's evidence lower bound.
  mutating func densitySteps() -> Plan.Density {
    let slots = densitySlots()
    var steps: [Step] = [
      .affine(
        weights: layout.width == 0 ? nil : slots.weights, bias: slots.bias,
        features: layout.width == 0 ? nil : TileRange(block, 0..<layout.width), into: slots.slot, adding: false)
    ]
    steps += densityRows
    for root in roots {
      steps.append(combined([(locals[root].normalizer, [])], extents: [], into: slots.slot, axes: [], adding: true))
    }
    let isCoupled = locals.contains { $0.rowwise.contains { !$0.reads.isEmpty } }
    if isCoupled { steps += locals.indices.flatMap { mending($0, into: slots.slot) } }
    return Plan.Density(
      messages: [.clear(slots.bias), .clear(slots.weights)] + densityMessages, rows: steps, slot: slots.slot,
      isLowerBound: isCoupled)
  }

  /// Takes the natural parameters that a variable was solved with out of its block's log partition, and puts in those
  /// that count every term once: a term of several blocks belongs to the first of its variables.
  private mutating func mending(_ l: Int, into density: TileSlot) -> [Step] {
    guard let solved = kept[l] else { return [] }
    let slots = locals[l]
    let potential = builder.tile("potential(\(name(of: l)))", slots.size * slots.members)
    let own = slots.rowwise.filter { entry in entry.reads.allSatisfy { l < $0 } }.map(\.step)
    let element = Contraction.Access.Axis.strided(index: 0, stride: 1)
    let member = Contraction.Access.Axis.strided(index: 1, stride: slots.size)
    func expectation(_ coefficient: Double, _ natural: TileSlot) -> Step {
      var operands = [natural, slots.mean].map { RowContraction.Operand(.tile($0), axes: [element, member]) }
      if let label = slots.label {
        operands.append(.init(.tile(locals[label].mean), axes: [.strided(index: 1, stride: 1)]))
      }
      return .combine(
        RowContraction(
          coefficient, extents: [slots.size, slots.members], operands: operands, output: density, axes: []),
        adding: true)
    }
    return [
      .affine(
        weights: slots.weights?.slot, bias: slots.bias, features: slots.weights.map(\.features), into: potential,
        adding: false)
    ] + own.map { $0.into(potential) } + [expectation(1, potential), expectation(-1, solved)]
  }
}

extension Step {
  /// A sum of products that goes elsewhere.
  fileprivate func into(_ slot: TileSlot) -> Step {
    guard case .combine(let sum, let adding) = self else { return self }
    return .combine(
      RowContraction(
        sum.coefficient, extents: sum.extents, operands: sum.operands, output: slot, offset: sum.offset, axes: sum.axes),
      adding: adding)
  }
}
