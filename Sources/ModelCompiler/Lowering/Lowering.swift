import ExponentialFamilies
import ModelLanguage
import PlanIR

/// Lowers a log joint, with data facts bound, to a plan.
///
/// Requires: a checked log joint and sizes. Ensures: every step of the plan is a partial derivative of the log joint, a
/// mean map, or a log partition. Terms in the rows are split into what rows hold (statistics of observed variables and
/// expectations of row variables) and what outlives them. Where the rows hold data times one block of row variables, the
/// two meet in weights (before a sweep) and in sums over rows (after it): see `Lowering+Contracted`. All other terms are
/// sums of products row by row: see `Lowering+Rowwise`.
struct Lowering {
  struct GlobalSlots {
    let variable: Int, size: Int, members: Int
    let natural: ParameterSlot, mean: ParameterSlot, target: ParameterSlot
    var messages: [Step] = []
    /// Those messages that the variable's own distribution sends it.
    var priorMessages: [Step] = []
    var staleAfter: Set<Int> = []
  }

  struct LocalSlots {
    let variable: Int
    /// Numbers of one member, and members: one, or one for each value of the label that the variable is solved given.
    let size: Int, members: Int
    /// The label that the variable is solved given, among the row variables.
    let label: Int?
    let mean: TileSlot, normalizer: TileSlot, bias: ParameterSlot
    /// Expectations jointly with the label, times the weight of the row: what sums over rows are made of.
    let counted: TileSlot
    /// The values, where some are observed.
    let observed: TileSlot?
    var weights: (slot: ParameterSlot, features: TileRange)?
    /// Adds what only single rows know to the natural parameters.
    var rowwise: [Rowwise] = []
    /// A chain's natural parameters between neighbours, and the sum of their expectations.
    var chain: (cross: ParameterSlot, pairs: ParameterSlot, first: TileRange)?
    /// The chain, among the row variables, of whose neighbours this holds the link: what single rows know of them.
    var linkOf: Int?
  }

  /// A step that adds to the natural parameters of a row variable.
  struct Rowwise {
    let step: Step
    /// The row variables whose expectations it reads.
    let reads: Set<Int>
  }

  let logJoint: LogJoint
  let known: KnownParameters
  let layout: RowLayout
  let blocks: RowBlocks
  var builder = PlanBuilder()
  var globals: [GlobalSlots] = []
  var locals: [LocalSlots] = []
  var block = TileSlot(0)
  var inputs: [TileSlot] = []
  var weight: TileSlot?
  var sums: [(rows: Int?, hasFeatures: Bool, slot: ParameterSlot)] = []
  var count = ParameterSlot(0)
  var bound = ParameterSlot(0)
  var entropy = ParameterSlot(0)
  var messages: [Step] = []
  var boundSteps: [Step] = []
  var boundStaleAfter: Set<Int> = []
  /// Tables of global expectations that rows look up, and the tiles that hold what they found.
  var tables: [GatherTable] = []
  var indexTiles: [[Int]: TileRange] = [:]
  /// Steps that need no row variable: gathers and their indices.
  var lookups: [Step] = []
  /// Sums of products row by row, after the row variables are solved.
  var rowwiseSums: [Step] = []
  /// Densities: the weights of terms without row variables, and steps that add single rows' terms.
  var density: (slot: TileSlot, bias: ParameterSlot, weights: ParameterSlot)?
  var densityMessages: [Step] = []
  var densityRows: [Step] = []
  /// Terms that were lowered to contractions, for those that a change of basis touches.
  var contracted: [ContractedTerm] = []
  var normalizerSums: [Int: ParameterSlot] = [:]
  /// For the entropy of several blocks: copies of natural parameters, and sums of ⟨η, μ⟩.
  var kept: [Int: TileSlot] = [:]
  var potentialSums: [Int: ParameterSlot] = [:]

  var graph: ModelGraph { logJoint.graph }
  var shapes: [FamilyShape] { known.shapes }
  var isWeighted: Bool { known.facts.isWeighted }

  init(_ logJoint: LogJoint, _ known: KnownParameters) {
    let graph = logJoint.graph
    let missing = Set(zip(graph.observed, known.facts.observed).filter { $1.missing.contains { $0 > 0 } }.map(\.0))
    let partial = missing.filter { !graph.variables[$0].family.type.isElementwise(known.shapes[$0]) }
    let masked = logJoint.masked(missing.subtracting(partial), whole: partial)
    let scaled = masked.scaled(masked.scaledVectors(among: partial, known.shapes))
    blocks = RowBlocks(scaled, partial: partial) { known.shapes[$0].dimension }
    self.logJoint = scaled.joined(blocks.joints)
    self.known = known.extended(scaled.scaledVectors, blocks.joints, in: self.logJoint.graph)
    layout = RowLayout(self.logJoint, shapes: self.known.shapes, blocks: blocks, sizes: self.known.sizes)
  }

  mutating func plan() throws(ModelError) -> Plan {
    try checkRows()
    allocate()
    try lowerPriors()
    for term in logJoint.terms { try lower(term) }
    let entropySteps = entropySteps()
    let bases = try latentBases()
    let rows = rowSteps()
    let isContracted =
      rowwiseSums.isEmpty && locals.count <= 1 && locals.allSatisfy { $0.rowwise.isEmpty && $0.chain == nil }
      && locals.allSatisfy { $0.observed == nil } && weight == nil
    var plan = Plan(
      name: graph.name, parameters: [], tiles: [],
      inputs: zip(graph.observed, known.facts.observed).map {
        Plan.Input(
          name: graph.variables[$0].name,
          centers: known.frames.centers[$0] ?? [Double](repeating: 0, count: $1.columns.count))
      } + (weight == nil ? [] : [Plan.Input(name: "weights", centers: [0])]),
      globals: globals.map(global), locals: [], messages: messages,
      rows: rows, entropy: entropySteps, bound: boundSteps, entropySlot: entropy, boundSlot: bound, countSlot: count,
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
    plan.isContracted = isContracted
    plan.boundStaleAfter = boundStaleAfter
    plan.latentBases = bases
    plan.weightInput = weight == nil ? nil : plan.inputs.count - 1
    plan.density = densitySteps()
    tellLocals(in: &plan)
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
    if isWeighted { weight = builder.tile("weights", 1) }
    block = builder.tile("features", layout.width)
    for variable in graph.globals {
      let size = graph.variables[variable].family.type.statisticCount(shapes[variable])
      let members = known.sizes.members(of: graph.variables[variable])
      let name = graph.variables[variable].name
      globals.append(
        GlobalSlots(
          variable: variable, size: size, members: members,
          natural: builder.parameter("natural(\(name))", size * members),
          mean: builder.parameter("mean(\(name))", size * members),
          target: builder.parameter("target(\(name))", size * members)))
    }
    for (variable, label) in zip(blocks.variables, blocks.labels) {
      let size = graph.variables[variable].family.type.statisticCount(shapes[variable])
      let name = graph.variables[variable].name
      allocate(
        variable, name: name, given: label.map { " given \(graph.variables[$0].name)" } ?? "", size: size,
        members: label.map { shapes[$0].dimension } ?? 1,
        label: label.flatMap { l in blocks.variables.firstIndex(of: l) })
    }
    // Links come after all variables, which know one another by their numbers.
    for chain in graph.variables.indices where layout.linked.contains(chain) {
      guard let l = local(chain) else { continue }
      let (dimension, name) = (shapes[chain].dimension, graph.variables[chain].name)
      allocate(
        chain, name: "\(name) before, \(name)", size: locals[l].size + dimension * dimension,
        normalizer: locals[l].normalizer)
      locals[locals.count - 1].linkOf = l
      _ = chainSlots(l)
    }
  }

  /// Memory of a row variable, or of the link of a chain, whose log partition is the chain's.
  private mutating func allocate(
    _ variable: Int, name: String, given: String = "", size: Int, members: Int = 1, label: Int? = nil,
    normalizer: TileSlot? = nil
  ) {
    let mean = builder.tile("mean(\(name)\(given))", size * members)
    let normalizer = normalizer ?? builder.tile("log partition(\(name)\(given))", members)
    let counted = label == nil && !isWeighted ? mean : builder.tile("counted mean(\(name))", size * members)
    let values = logJoint.scaledVectors.first { $0.variable == variable }?.vector ?? variable
    locals.append(
      LocalSlots(
        variable: variable, size: size, members: members, label: label, mean: mean, normalizer: normalizer,
        bias: builder.parameter("bias(\(name))", size * members), counted: counted,
        observed: graph.observed.firstIndex(of: values).map { inputs[$0] }))
    messages.append(.clear(locals[locals.count - 1].bias))
  }

  /// What a row variable, or a link, is called in the plan.
  func name(of l: Int) -> String {
    let name = graph.variables[locals[l].variable].name
    return locals[l].linkOf == nil ? name : "\(name) before, \(name)"
  }

  func global(_ variable: Int) -> Int? { globals.firstIndex { $0.variable == variable } }
  func local(_ variable: Int) -> Int? { locals.firstIndex { $0.variable == variable } }

  // MARK: Known priors: ⟨η₀, t⟩ − A(η₀)

  mutating func lowerPriors() throws(ModelError) {
    for index in logJoint.priors {
      let factor = graph.factors[index]
      let naturals = try known.naturals(of: factor)
      let natural = naturals[0]
      let variable = graph.variables[factor.child]
      let logPartitions = naturals.map { variable.family.type.logPartition($0, shapes[factor.child]) }
      let name = "prior natural(\(variable.name))"
      if let g = global(factor.child) {
        let all = naturals.count == 1 ? (0..<globals[g].members).flatMap { _ in natural } : naturals.flatMap { $0 }
        let slot = builder.parameter(name, all.count, initial: all)
        globals[g].messages.append(addition(slot, to: globals[g].target))
        globals[g].priorMessages.append(addition(slot, to: globals[g].target))
        boundSteps.append(builder.innerProduct(1, slot, globals[g].mean, into: bound))
        let total =
          naturals.count == 1 ? Double(globals[g].members) * logPartitions[0] : logPartitions.reduce(0, +)
        addConstant(-total, perRow: false, name: variable.name)
      } else if let place = rowPlace(of: factor.child) {
        let slot = builder.parameter(name, natural.count, initial: natural)
        let prior = Contraction.Access(slot, axes: [.strided(index: place.own, stride: 1)])
        messages.append(
          .contract(
            Contraction(
              1, extents: place.extents, operands: [prior],
              output: Contraction.Access(locals[place.local].bias, axes: place.axes))))
        let sum = sum(rows: place.local, hasFeatures: false)
        boundSteps.append(
          .contract(
            Contraction(
              1, extents: place.extents, operands: [prior, Contraction.Access(sum, axes: place.axes)],
              output: Contraction.Access(bound))))
        addConstant(-logPartitions[0], perRow: true, name: variable.name)
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
    if perRow {
      densityMessages.append(
        .contract(
          Contraction(
            1, extents: [], operands: [Contraction.Access(slot)], output: Contraction.Access(densitySlots().bias))))
    }
  }

  // MARK: Terms

  /// A term's factors by what they are to the rows.
  struct Parts {
    let lowering: TermLowering
    /// Known numbers and expectations of global variables that no row looks up, by factor.
    var outer: [(factor: Int, access: Contraction.Access)] = []
    /// Statistics of data, by factor.
    var data: [(factor: Int, part: RowLayout.RowStatistic)] = []
    /// Row variables, by factor; a label that another one of them is solved given is left out.
    var locals: [(factor: Int, local: Int)] = []
    /// Global variables that rows look up, by factor and with the factors of the labels that they are looked up by.
    var gathered: [(factor: Int, global: Int)] = []
    /// Labels with data by the index that they bind.
    var binders: [LogJoint.TermIndex: Int] = [:]
    /// The label whose value the row variables of the term are solved given, as an index.
    var labelIndex: LogJoint.TermIndex?
    /// The pair of neighbours of a chain, the same in all rows: the factors of the row before and of the row.
    var pair: (previous: Int, present: Int, local: Int)?
    /// The factor of the row, where a link is of both rows: its local is that of the factor of the row before.
    var present: Int?
  }

  mutating func lower(_ term: LogJoint.JointTerm) throws(ModelError) {
    let parts = try parts(of: term)
    if !graph.isRowVariable(graph.factors[term.source].child) || parts.pair != nil {
      lowerContracted(parts)
    } else if parts.gathered.isEmpty && parts.locals.count <= 1 {
      lowerContracted(parts)
    } else {
      lowerRowwise(parts)
    }
  }

  private mutating func parts(of term: LogJoint.JointTerm) throws(ModelError) -> Parts {
    let term = term.shifted(in: graph)
    let source = graph.factors[term.source]
    var forms: [Statistic.Form] = []
    var points: [Int: KnownParameters.PointStatistic] = [:]
    for (i, factor) in term.factors.enumerated() {
      switch factor.operand {
      case .variable(let v), .previous(let v):
        forms.append(layout.form(.init(variable: v, statistic: factor.statistic)))
      case .known(let name):
        let point = try known.pointStatistic(factor.statistic, of: name, in: source)
        forms.append(point.form)
        points[i] = point
      }
    }
    let row = term.factors.indices.compactMap { i in
      term.factors[i].statistic == .seen ? nil : term.factors[i].operand.variable.flatMap(local).map { (i, $0) }
    }
    let label = row.compactMap { locals[$0.1].label }.first
    let labelFactor = row.first { $0.1 == label }?.0
    let lowering = TermLowering(
      term, in: graph, sizes: known.sizes, forms: forms, joints: blocks.joints,
      hidden: labelFactor == nil ? label.map { locals[$0].variable } : nil)
    var parts = Parts(lowering: lowering)
    if let label {
      parts.labelIndex =
        labelFactor.flatMap { term.factors[$0].indices.first } ?? .label(ModelGraph.Use(locals[label].variable))
    }
    parts.binders = layout.binders(of: term)
    for (i, factor) in term.factors.enumerated() {
      switch factor.operand {
      case .known(let name):
        let values = points[i]?.values ?? []
        let slot = builder.parameter(
          "\(name) of \(graph.variables[source.child].name)", values.count, initial: values)
        let access = Contraction.Access(slot, axes: lowering.knownAxes(i, plates: points[i]?.plates ?? []))
        parts.outer.append((i, access))
      case .previous(let v):
        let present = term.factors.firstIndex { $0.operand == .variable(v) }
        if term.isLinked(in: graph), let l = locals.firstIndex(where: { $0.variable == v && $0.linkOf != nil }) {
          parts.locals.append((i, l))
          parts.present = present
        } else if let present, let l = local(v) {
          parts.pair = (i, present, l)
        }
      case .variable(let v):
        if factor.statistic == .seen {
          parts.data.append((i, .init(variable: v, statistic: factor.statistic)))
        } else if let l = local(v) {
          if l != label || labelFactor != i { parts.locals.append((i, l)) }
        } else if graph.variables[v].isObserved {
          if let index = factor.indices.first, parts.binders[index] == v, factor.statistic == .indicator { continue }
          parts.data.append((i, .init(variable: v, statistic: factor.statistic)))
        } else if let g = global(v) {
          let isGathered = (factor.members + factor.indices).contains { parts.binders[$0] != nil }
          if isGathered {
            parts.gathered.append((i, g))
          } else {
            let offset = layout.place(.init(variable: v, statistic: factor.statistic)).offset
            parts.outer.append(
              (
                i,
                Contraction.Access(
                  globals[g].mean, offset: offset,
                  axes: lowering.memberAxes(i, size: globals[g].size) + lowering.elementAxes(i))
              ))
          }
        }
      }
    }
    if term.previous != nil {
      // What ties neighbours is a statistic of its own, and only rows with one before them have it.
      parts.locals.removeAll { $0.factor == parts.pair?.present ?? parts.present }
      parts.data.removeAll { graph.variables[$0.part.variable].role == .position(.later) }
    }
    return parts
  }

  // MARK: The plan's view

  func global(_ slots: GlobalSlots) -> Plan.GlobalVariable {
    let variable = graph.variables[slots.variable]
    let shape = shapes[slots.variable]
    let blend: [Step] = [
      .blend(target: slots.target, into: slots.natural),
      .expectations(variable.family, shape, members: slots.members, natural: slots.natural, mean: slots.mean),
    ]
    return Plan.GlobalVariable(
      name: variable.name, family: variable.family, shape: shape, members: slots.members, natural: slots.natural,
      mean: slots.mean, target: slots.target, update: [.clear(slots.target)] + slots.messages + blend,
      prior: [.clear(slots.target)] + slots.priorMessages + blend, staleAfter: slots.staleAfter)
  }
}
