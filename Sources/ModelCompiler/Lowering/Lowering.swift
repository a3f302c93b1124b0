import ExponentialFamilies
import ModelLanguage
import PlanIR

/// Lowers a log joint, with data facts bound, to a plan.
///
/// Requires: a checked log joint and shapes. Ensures: every step of the plan is a partial derivative of the log joint, a
/// mean map, or a log partition. Terms in the rows are split into what rows hold (statistics of observed variables and
/// expectations of row variables) and what outlives them; the two meet in weights (before a sweep) and in sums over rows
/// (after it).
struct Lowering {
  struct GlobalSlots {
    let variable: Int, size: Int, members: Int
    let natural: ParameterSlot, mean: ParameterSlot, target: ParameterSlot
    var messages: [Step] = []
  }

  struct LocalSlots {
    let variable: Int, size: Int
    let mean: TileSlot, normalizer: TileSlot, bias: ParameterSlot
    var weights: [(key: [RowLayout.RowStatistic], slot: ParameterSlot, features: TileRange)] = []
  }

  let logJoint: LogJoint
  let known: KnownParameters
  let layout: RowLayout
  var builder = PlanBuilder()
  var globals: [GlobalSlots] = []
  var locals: [LocalSlots] = []
  var block = TileSlot(0)
  var inputs: [TileSlot] = []
  var products: [(key: [RowLayout.RowStatistic], slot: TileSlot)] = []
  var sums: [(rows: Int?, key: [RowLayout.RowStatistic], slot: ParameterSlot)] = []
  var count = ParameterSlot(0)
  var bound = ParameterSlot(0)
  var entropy = ParameterSlot(0)
  var messages: [Step] = []
  var boundSteps: [Step] = []

  /// What an entropy's expected natural parameters are summed with.
  struct EntropyKey: Hashable {
    let features: TileRange?
    let slot: ParameterSlot?
  }

  var entropySums: [(local: Int, key: EntropyKey, slot: ParameterSlot)] = []
  var normalizerSums: [Int: ParameterSlot] = [:]

  var graph: ModelGraph { logJoint.graph }
  var shapes: [FamilyShape] { known.shapes }

  init(_ logJoint: LogJoint, _ known: KnownParameters) {
    self.logJoint = logJoint
    self.known = known
    layout = RowLayout(logJoint, shapes: known.shapes)
  }

  mutating func plan() throws(ModelError) -> Plan {
    allocate()
    try lowerPriors()
    for term in logJoint.terms { try lower(term) }
    let rows = rowSteps()
    let entropySteps = entropySteps()
    var plan = Plan(
      name: graph.name, parameters: [], tiles: [],
      inputs: zip(graph.observed, known.facts.observed).map {
        Plan.Input(
          name: graph.variables[$0].name,
          centers: known.centers[$0] ?? [Double](repeating: 0, count: $1.columns.count))
      },
      globals: globals.map(global), locals: locals.map(local), messages: messages, rows: rows, entropy: entropySteps,
      bound: boundSteps, entropySlot: entropy, boundSlot: bound, countSlot: count,
      constantPerRow: known.facts.observed.reduce(0) { $0 + $1.logBaseMeasure })
    plan.bound.insert(.clear(bound), at: 0)
    for slots in globals {
      let variable = graph.variables[slots.variable]
      plan.bound += [
        .logPartition(
          variable.family, shapes[slots.variable], members: slots.members, natural: slots.natural, coefficient: 1,
          into: bound),
        builder.innerProduct(-1, slots.natural, slots.mean, into: bound),
      ]
    }
    plan.parameters = builder.parameters
    plan.tiles = builder.tiles
    return plan
  }

  // MARK: Memory

  mutating func allocate() {
    count = builder.parameter("number of rows", 1, isRowSum: true)
    bound = builder.parameter("bound", 1)
    entropy = builder.parameter("entropy of row variables", 1)
    for (observed, facts) in zip(graph.observed, known.facts.observed) {
      inputs.append(builder.tile(graph.variables[observed].name, facts.columns.count))
    }
    block = builder.tile("features", layout.width)
    for variable in graph.globals {
      let size = graph.variables[variable].family.type.statistics(shapes[variable]).reduce(0) { $0 + $1.count }
      let members = graph.variables[variable].plates.reduce(1) { $0 * (graph.plates[$1].size ?? 1) }
      let name = graph.variables[variable].name
      globals.append(
        GlobalSlots(
          variable: variable, size: size, members: members,
          natural: builder.parameter("natural(\(name))", size * members),
          mean: builder.parameter("mean(\(name))", size * members),
          target: builder.parameter("target(\(name))", size * members)))
    }
    for variable in graph.locals {
      let size = graph.variables[variable].family.type.statistics(shapes[variable]).reduce(0) { $0 + $1.count }
      let name = graph.variables[variable].name
      locals.append(
        LocalSlots(
          variable: variable, size: size, mean: builder.tile("mean(\(name))", size),
          normalizer: builder.tile("log partition(\(name))", 1), bias: builder.parameter("bias(\(name))", size)))
      messages.append(.clear(locals[locals.count - 1].bias))
    }
  }

  // MARK: Known priors: ⟨η₀, t⟩ − A(η₀)

  mutating func lowerPriors() throws(ModelError) {
    for index in logJoint.priors {
      let factor = graph.factors[index]
      let natural = try known.natural(of: factor)
      let variable = graph.variables[factor.child]
      let logPartition = variable.family.type.logPartition(natural, shapes[factor.child])
      let name = "prior natural(\(variable.name))"
      if let g = globals.firstIndex(where: { $0.variable == factor.child }) {
        let all = (0..<globals[g].members).flatMap { _ in natural }
        let slot = builder.parameter(name, all.count, initial: all)
        globals[g].messages.append(addition(slot, to: globals[g].target))
        boundSteps.append(builder.innerProduct(1, slot, globals[g].mean, into: bound))
        addConstant(-Double(globals[g].members) * logPartition, perRow: false, name: variable.name)
      } else if let l = locals.firstIndex(where: { $0.variable == factor.child }) {
        let slot = builder.parameter(name, natural.count, initial: natural)
        messages.append(addition(slot, to: locals[l].bias))
        boundSteps.append(builder.innerProduct(1, slot, sum(rows: l, key: []), into: bound))
        addConstant(-logPartition, perRow: true, name: variable.name)
      }
    }
  }

  func addition(_ slot: ParameterSlot, to output: ParameterSlot) -> Step {
    let axis = [Contraction.Access.Axis.strided(index: 0, stride: 1)]
    return .contract(
      Contraction(
        1, extents: [builder.count(slot)], operands: [Contraction.Access(slot, axes: axis)],
        output: Contraction.Access(output, axes: axis)))
  }

  mutating func addConstant(_ value: Double, perRow: Bool, name: String) {
    let slot = builder.parameter("log normalizer of the prior of \(name)", 1, initial: [value])
    let operands = [Contraction.Access(slot)] + (perRow ? [Contraction.Access(count)] : [])
    boundSteps.append(
      .contract(Contraction(1, extents: [], operands: operands, output: Contraction.Access(bound))))
  }

  // MARK: Terms

  mutating func lower(_ term: LogJoint.JointTerm) throws(ModelError) {
    let source = graph.factors[term.source]
    var forms: [Statistic.Form] = []
    var knownValues: [Int: [Double]] = [:]
    for (i, factor) in term.factors.enumerated() {
      switch factor.operand {
      case .variable(let v): forms.append(layout.form(.init(variable: v, statistic: factor.statistic)))
      case .known(let name):
        let point = try known.pointStatistic(factor.statistic, of: name, in: source)
        forms.append(point.form)
        knownValues[i] = point.values
      }
    }
    let lowering = TermLowering(term, in: graph, shapes: shapes, forms: forms)

    // Addresses of everything that outlives the rows.
    var outer: [(factor: Int, access: Contraction.Access)] = []
    for (i, factor) in term.factors.enumerated() {
      switch factor.operand {
      case .known(let name):
        let slot = builder.parameter(
          "\(name) of \(graph.variables[source.child].name)", forms[i].count, initial: knownValues[i] ?? [])
        outer.append((i, Contraction.Access(slot, axes: lowering.elementAxes(i))))
      case .variable(let v):
        guard let g = globals.firstIndex(where: { $0.variable == v }) else { continue }
        let offset = layout.place(.init(variable: v, statistic: factor.statistic)).offset
        outer.append(
          (
            i,
            Contraction.Access(
              globals[g].mean, offset: offset,
              axes: lowering.memberAxes(i, size: globals[g].size) + lowering.elementAxes(i))
          ))
      }
    }

    // What the rows contribute: a sum over rows of the product of their statistics.
    let observed = layout.observedPart(of: term)
    let latent = layout.latentPart(of: term)
    var rowAccess: [Contraction.Access] = []
    if graph.isRowVariable(source.child) { rowAccess = [rowSum(latent, observed, lowering)] }

    let all = outer.map(\.access) + rowAccess
    boundSteps.append(
      .contract(
        Contraction(term.coefficient, extents: lowering.extents, operands: all, output: Contraction.Access(bound))))

    // The derivative in a global variable's statistic: the product of all the others.
    for (position, entry) in outer.enumerated() {
      guard case .variable(let v) = term.factors[entry.factor].operand,
        let g = globals.firstIndex(where: { $0.variable == v })
      else { continue }
      var operands = outer.map(\.access)
      operands.remove(at: position)
      globals[g].messages.append(
        .contract(
          Contraction(
            term.coefficient, extents: lowering.extents, operands: operands + rowAccess,
            output: Contraction.Access(globals[g].target, offset: entry.access.offset, axes: entry.access.axes))))
    }

    // The derivative in a row variable's statistic and in the features beside it: the weights of a sweep.
    for part in latent {
      guard let l = locals.firstIndex(where: { $0.variable == part.variable }) else { continue }
      let output = weightAccess(l, part, others: latent.filter { $0 != part }, observed, lowering)
      messages.append(
        .contract(
          Contraction(
            term.coefficient, extents: lowering.extents, operands: outer.map(\.access), output: output)))
    }
  }

  func axes(
    _ parts: [RowLayout.RowStatistic], _ lowering: TermLowering, stride: Int
  ) -> [Contraction.Access.Axis] {
    // The last part runs fastest.
    var stride = stride
    var axes: [Contraction.Access.Axis] = []
    for part in parts.reversed() {
      let factor = lowering.term.factors.firstIndex { $0.operand == .variable(part.variable) } ?? 0
      axes += lowering.elementAxes(factor, stride: stride)
      stride *= layout.form(part).count
    }
    return axes
  }

  /// The features beside a row variable in a term: the block of observed statistics, or a product with other row
  /// variables.
  mutating func features(
    _ others: [RowLayout.RowStatistic], _ observed: [RowLayout.RowStatistic]
  ) -> (range: TileRange?, width: Int, offset: Int) {
    if others.isEmpty {
      guard let feature = layout.feature(observed) else { return (nil, 1, 0) }
      return (TileRange(block, 0..<layout.width), layout.width, feature.range.lowerBound)
    }
    let key = others + observed
    let width = key.reduce(1) { $0 * layout.form($1).count }
    if let known = products.first(where: { $0.key == key }) { return (TileRange(known.slot, 0..<width), width, 0) }
    let slot = builder.tile("product", width)
    products.append((key, slot))
    return (TileRange(slot, 0..<width), width, 0)
  }

  mutating func weightAccess(
    _ l: Int, _ part: RowLayout.RowStatistic, others: [RowLayout.RowStatistic], _ observed: [RowLayout.RowStatistic],
    _ lowering: TermLowering
  ) -> Contraction.Access {
    let place = layout.place(part)
    let (range, width, offset) = features(others, observed)
    guard let range else {
      return Contraction.Access(locals[l].bias, offset: place.offset, axes: axes([part], lowering, stride: 1))
    }
    let key = others.isEmpty ? [] : others + observed
    let slot: ParameterSlot
    if let known = locals[l].weights.first(where: { $0.key == key }) {
      slot = known.slot
    } else {
      slot = builder.parameter("weights(\(graph.variables[part.variable].name))", locals[l].size * width)
      locals[l].weights.append((key, slot, range))
      messages.insert(.clear(slot), at: 0)
    }
    return Contraction.Access(
      slot, offset: place.offset * width + offset,
      axes: axes([part], lowering, stride: width) + axes(others + observed, lowering, stride: 1))
  }

  mutating func rowSum(
    _ latent: [RowLayout.RowStatistic], _ observed: [RowLayout.RowStatistic], _ lowering: TermLowering
  ) -> Contraction.Access {
    guard let first = latent.first else {
      guard let feature = layout.feature(observed) else { return Contraction.Access(count) }
      return Contraction.Access(
        sum(rows: nil, key: []), offset: feature.range.lowerBound, axes: axes(observed, lowering, stride: 1))
    }
    let l = locals.firstIndex { $0.variable == first.variable } ?? 0
    let others = Array(latent.dropFirst())
    let (range, width, offset) = features(others, observed)
    let place = layout.place(first)
    guard range != nil else {
      return Contraction.Access(sum(rows: l, key: []), offset: place.offset, axes: axes([first], lowering, stride: 1))
    }
    let key = others.isEmpty ? [RowLayout.RowStatistic.featureBlock] : others + observed
    return Contraction.Access(
      sum(rows: l, key: key), offset: place.offset * width + offset,
      axes: axes([first], lowering, stride: width) + axes(others + observed, lowering, stride: 1))
  }

  /// The slot of a sum over rows: of a row variable alone, with the feature block, or with a product;
  /// of the feature block alone where there is no row variable.
  mutating func sum(rows: Int?, key: [RowLayout.RowStatistic]) -> ParameterSlot {
    if let known = sums.first(where: { $0.rows == rows && $0.key == key }) { return known.slot }
    let name = rows.map { "Σ mean(\(graph.variables[locals[$0].variable].name))" } ?? "Σ features"
    let width: Int
    if rows == nil || key == [.featureBlock] {
      width = layout.width
    } else {
      width = key.reduce(1) { $0 * layout.form($1).count }
    }
    let slot = builder.parameter(
      rows != nil && !key.isEmpty ? name + " × features" : name, (rows.map { locals[$0].size } ?? 1) * width,
      isRowSum: true)
    sums.append((rows, key, slot))
    return slot
  }

  // MARK: The plan's view

  func global(_ slots: GlobalSlots) -> Plan.GlobalVariable {
    let variable = graph.variables[slots.variable]
    let shape = shapes[slots.variable]
    let update: [Step] =
      [.clear(slots.target)] + slots.messages + [
        .blend(target: slots.target, into: slots.natural),
        .expectations(variable.family, shape, members: slots.members, natural: slots.natural, mean: slots.mean),
      ]
    return Plan.GlobalVariable(
      name: variable.name, family: variable.family, shape: shape, members: slots.members, natural: slots.natural,
      mean: slots.mean, target: slots.target, update: update)
  }

  func local(_ slots: LocalSlots) -> Plan.LocalVariable {
    Plan.LocalVariable(
      name: graph.variables[slots.variable].name, family: graph.variables[slots.variable].family,
      shape: shapes[slots.variable], mean: slots.mean, normalizer: slots.normalizer)
  }
}
