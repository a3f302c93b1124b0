import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

extension Application {
  /// The table's columns that the fit is bound to, with missing cells filled in.
  ///
  /// Without draws, a cell of numbers is filled with its posterior mean given the row's other cells, a label or a text of
  /// two levels with the most probable level, a count or a number that is zero or one with its mean. A draw takes parameters, latent variables and cells from the
  /// posterior, so that several draws show how little is known.
  ///
  /// - Parameter seed: Draws with this seed; nil for means.
  /// - Returns: One column for each bound column of an observed variable.
  public func imputed(seed: UInt64? = nil) throws(FitError) -> DataTable {
    var random = seed.map { RandomSource(seed: $0).stream(13) }
    let memory: ParameterMemory
    if random != nil {
      var source = RandomSource(seed: seed ?? 0).stream(12)
      memory = engine.drawParameters(using: &source)
    } else {
      memory = engine.memory
    }
    var conditionals = try raising(FitError.model) { () throws(ModelError) in
      try RowConditionals(engine.model, memory)
    }
    let filler = Filler(engine: engine, memory: memory, latents: seed.map { RandomSource(seed: $0).stream(14) })
    let graph = engine.model.graph
    var columns: [Column] = []
    for (i, v) in graph.observed.enumerated() where graph.variables[v].role == .observed {
      let facts = engine.model.facts.observed[i]
      let domain = graph.variables[v].family.type.domain
      var values = engine.data.inputs[i].views.map { view in
        (0..<engine.rowCount).map { view.base[$0 * view.stride] }
      }
      for row in 0..<engine.rowCount where values.contains(where: { $0[row].isNaN }) {
        let filled = try filler.fill(v, values.map { $0[row] }, row: row, &conditionals, &random)
        if let broken = filled.first(where: { !$0.isFinite }) {
          throw .numeric(
            "what a missing cell of \"\(graph.variables[v].name)\" in row \((engine.data.rows?[row] ?? row) + 1) is filled with is \(broken): "
              + "the row's values are too extreme for the fit in double precision.")
        }
        for j in values.indices where values[j][row].isNaN {
          // A text is no mean of texts: of two levels the mean is the probability of the second.
          let isMeanOfLevels = seed == nil && !facts.levels[j].isEmpty && domain == .binary
          values[j][row] = isMeanOfLevels ? (filled[j] > 0.5 ? 1 : 0) : filled[j]
        }
      }
      for (j, name) in facts.columns.enumerated() {
        columns.append(
          Column(
            name: name, values: values[j],
            kind: facts.levels[j].isEmpty ? .numeric : .categorical(levels: facts.levels[j])))
      }
    }
    do throws(DataError) { return try DataTable(columns: columns, origin: "the filled table") } catch {
      throw .data(error)
    }
  }
}

/// Fills in the missing elements of a row's variable.
private struct Filler {
  let engine: Engine
  /// Expected statistics of the rows' variables, by slot.
  private let means: [TileSlot: [Double]]
  /// Draws the latent variables of each row, the same for all its cells.
  private let latents: RandomSource?
  private var model: CompiledModel { engine.model }

  init(engine: Engine, memory: ParameterMemory, latents: RandomSource?) {
    self.engine = engine
    self.latents = latents
    means = engine.evaluate(
      .range(0..<engine.rowCount), outputs: engine.plan.locals.map(\.mean) + engine.plan.joints.map(\.mean), at: memory)
  }

  private func expectations(_ slot: TileSlot, row: Int) -> [Double] {
    let all = means[slot] ?? []
    let width = all.count / max(engine.rowCount, 1)
    return Array(all[row * width..<(row + 1) * width])
  }

  /// The values of the labels that are summed over, or drawn, by position among the row variables, with how probable
  /// they are: those of the first label and of the labels that are solved as one with it.
  private func choices(row: Int) -> [(values: [Int: Int], probability: Double)] {
    let plan = engine.plan
    guard let chosen = plan.componentLabel, chosen.members == 1, let label = plan.locals.firstIndex(of: chosen) else {
      return [([:], 1)]
    }
    guard let joint = plan.joints.first(where: { $0.labels.contains(label) }) else {
      return expectations(plan.locals[label].mean, row: row).enumerated().map { ([label: $0], $1) }
    }
    return expectations(joint.mean, row: row).enumerated().map { combination, probability in
      var (rest, values) = (combination, [Int: Int]())
      for position in joint.labels.reversed() {
        values[position] = rest % plan.locals[position].shape.dimension
        rest /= plan.locals[position].shape.dimension
      }
      return (values, probability)
    }
  }

  /// Expectations of a row variable where some labels have these values, over all values of other labels.
  private func expectations(_ local: Plan.LocalVariable, row: Int, given values: [Int: Int]) -> [Double] {
    let all = expectations(local.mean, row: row)
    guard let label = local.label else { return all }
    let size = all.count / local.members
    if let member = values[label] { return Array(all[member * size..<(member + 1) * size]) }
    let weights = expectations(engine.plan.locals[label].mean, row: row)
    return (0..<size).map { i in weights.indices.reduce(0) { $0 + weights[$1] * all[$1 * size + i] } }
  }

  func fill(
    _ v: Int, _ value: [Double], row: Int, _ conditionals: inout RowConditionals, _ random: inout RandomSource?
  ) throws(FitError) -> [Double] {
    var latent = latents?.stream(UInt64(row))
    let choices = choices(row: row)
    // A draw takes one value of the label; a mean goes over all.
    let chosen =
      latent.map { _ in [latent!.index(weights: choices.map(\.probability))] } ?? Array(choices.indices)
    var result = [Double](repeating: 0, count: value.count)
    var levels: [[Double]] = []
    for k in chosen {
      let weight = chosen.count == 1 ? 1 : choices[k].probability
      if weight < 1e-12 { continue }
      let isSeen = value.contains { !$0.isNaN }
      let own = isSeen ? engine.plan.locals.first { $0.name == model.graph.variables[v].name } : nil
      let filled: [Double]
      if let own {
        filled = partial(expectations(own, row: row, given: choices[k].values), value, &random)
      } else {
        filled = try leaf(
          v, given: choices[k].values, row: row, &conditionals, &latent, &random, levels: &levels, weight: weight)
      }
      for i in result.indices { result[i] += weight * filled[i] }
    }
    if model.graph.variables[v].family.type.domain == .label {
      // The level that is the most probable over all values of the label.
      let total = levels.dropFirst().reduce(levels.first ?? []) { zip($0, $1).map { $0 + $1 } }
      result = model.shapes[v].groupRanges.map { group in
        Double((group.max { total[$0] < total[$1] } ?? group.lowerBound) - group.lowerBound)
      }
    }
    let center = model.centers[v] ?? [Double](repeating: 0, count: value.count)
    return value.indices.map { value[$0].isNaN ? result[$0] + center[$0] : value[$0] }
  }

  /// Elements of a multivariate normal row, which is solved given what is seen of it.
  private func partial(_ own: [Double], _ value: [Double], _ random: inout RandomSource?) -> [Double] {
    let mean = Array(own[..<value.count])
    if random == nil { return mean }
    return drawn(own, missing: value.indices.filter { value[$0].isNaN }, &random!)
  }

  /// A vector with given expected statistics, in which some elements are drawn and the others are their means.
  private func drawn(_ own: [Double], missing: [Int], _ random: inout RandomSource) -> [Double] {
    var d = 0
    while d + d * (d + 1) / 2 < own.count { d += 1 }
    let mean = Array(own[..<d])
    var covariance: [Double] = []
    for (a, i) in missing.enumerated() {
      for j in missing[...a] { covariance.append(own[d + i * (i + 1) / 2 + j] - mean[i] * mean[j]) }
    }
    guard let factor = SymmetricMatrix(order: missing.count, packed: covariance).cholesky() else { return mean }
    let noise = missing.map { _ in random.normal() }
    var drawn = mean
    for (a, i) in missing.enumerated() {
      for b in 0...a { drawn[i] += factor.packed[a * (a + 1) / 2 + b] * noise[b] }
    }
    return drawn
  }

  /// Elements that depend on one another only through the row's latent variables.
  private func leaf(
    _ v: Int, given values: [Int: Int], row: Int, _ conditionals: inout RowConditionals,
    _ latent: inout RandomSource?, _ random: inout RandomSource?, levels: inout [[Double]], weight: Double
  ) throws(FitError) -> [Double] {
    let graph = model.graph
    for (position, local) in engine.plan.locals.enumerated() {
      guard let variable = graph.variable(named: local.name), variable != v else { continue }
      if let value = values[position] {
        conditionals.set(variable, statistics: (0..<local.shape.dimension).map { $0 == value ? 1 : 0 })
      } else {
        let own = expectations(local, row: row, given: values)
        let (family, shape) = (graph.variables[variable].family, model.shapes[variable])
        if latent != nil, family == Family(MultivariateNormal.self), !graph.variables[variable].isObserved {
          let value = drawn(own, missing: Array(0..<shape.dimension), &latent!)
          conditionals.set(variable, statistics: family.type.statistics(of: value, shape))
        } else {
          conditionals.set(variable, statistics: own)
        }
      }
    }
    for (i, variable) in graph.observed.enumerated()
    where graph.variables[variable].role != .observed && !graph.onlyOrders(variable) {
      var value = engine.data.inputs[i].views.map { $0.base[row * $0.stride] }
      if let center = model.centers[variable] { value = zip(value, center).map { $0 - $1 } }
      let type = graph.variables[variable].family.type
      conditionals.set(variable, statistics: type.statistics(of: value, model.shapes[variable]), value: value)
    }
    let (type, shape) = (graph.variables[v].family.type, model.shapes[v])
    if let filled = try weighed(v, &conditionals, &random, levels: &levels, weight: weight) { return filled }
    let natural = conditionals.natural(of: v)
    if random != nil { return drawn(type, natural, shape, &random, levels: &levels) }
    let mean = type.meanStatistics(natural, shape)
    if type.domain == .label {
      levels.append(mean.map { weight * $0 })
      return [Double](repeating: 0, count: type.valueCount(shape))
    }
    return Array(mean[(type.offset(of: .value, shape) ?? 0)...].prefix(type.valueCount(shape)))
  }

  /// Elements whose distribution is told by its density: their means, or draws.
  private func weighed(
    _ v: Int, _ conditionals: inout RowConditionals, _ random: inout RandomSource?, levels: inout [[Double]],
    weight: Double
  ) throws(FitError) -> [Double]? {
    let (type, shape) = (model.graph.variables[v].family.type, model.shapes[v])
    var filled: [Double] = []
    for element in 0..<type.valueCount(shape) {
      guard let chances = try conditionals.probabilities(of: v, element: element) else { return nil }
      if type.domain == .label { levels.append(chances.map { weight * $0 }) }
      filled.append(
        random != nil
          ? Double(random!.index(weights: chances)) : chances.indices.reduce(0) { $0 + Double($1) * chances[$1] })
      if type.domain == .label && random != nil {
        levels[levels.count - 1] = chances.indices.map { Double($0) == filled[element] ? 1 : 0 }
      }
    }
    return filled
  }

  private func drawn(
    _ type: any ExponentialFamily.Type, _ natural: [Double], _ shape: FamilyShape, _ random: inout RandomSource?,
    levels: inout [[Double]]
  ) -> [Double] {
    guard var source = random else { return [] }
    let value = type.sample(natural, shape, using: &source)
    random = source
    if type.domain == .label { levels.append(type.statistics(of: value, shape)) }
    return value
  }
}
