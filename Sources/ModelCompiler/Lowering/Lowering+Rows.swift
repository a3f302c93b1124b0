import ExponentialFamilies
import ModelLanguage
import PlanIR

extension Lowering {
  // MARK: Rows

  func sumStep(_ entry: (rows: Int?, key: [RowLayout.RowStatistic], slot: ParameterSlot)) -> Step {
    let features: TileRange?
    if entry.rows == nil || entry.key == [.featureBlock] {
      features = TileRange(block, 0..<layout.width)
    } else {
      features = products.first { $0.key == entry.key }.map { TileRange($0.slot, 0..<builder.width($0.slot)) }
    }
    return .accumulate(rows: entry.rows.map { locals[$0].mean }, features: features, into: entry.slot)
  }

  func productSteps(excluding variable: Int? = nil) -> [Step] {
    products.filter { product in !product.key.contains { $0.variable == variable } }.map { product in
      .product(
        product.key.map { part in
          if let l = locals.first(where: { $0.variable == part.variable }) {
            let place = layout.place(part)
            return TileRange(l.mean, place.offset..<place.offset + place.form.count)
          }
          return TileRange(block, layout.feature([part])?.range ?? 0..<0)
        }, into: product.slot)
    }
  }

  func update(_ l: Int) -> [Step] {
    let slots = locals[l]
    var steps = productSteps(excluding: slots.variable)
    steps.append(.affine(weights: nil, bias: slots.bias, features: nil, into: slots.mean, adding: false))
    for weights in slots.weights {
      if weights.key.isEmpty {
        // Bias and features in one pass.
        steps[steps.count - 1] = .affine(
          weights: weights.slot, bias: slots.bias, features: weights.features, into: slots.mean, adding: false)
      }
    }
    for weights in slots.weights where !weights.key.isEmpty {
      steps.append(
        .affine(weights: weights.slot, bias: nil, features: weights.features, into: slots.mean, adding: true))
    }
    let variable = graph.variables[slots.variable]
    steps.append(.meanMap(variable.family, shapes[slots.variable], slots.mean, normalizer: slots.normalizer))
    return steps
  }

  /// How often coordinate ascent goes round several variables of a row.
  static let localSweeps = 10

  mutating func rowSteps() -> [Step] {
    var steps = layout.steps(inputs: inputs, block: block)
    for feature in layout.features where feature.statistics.count > 1 {
      let slot = builder.tile("product of columns", feature.range.count)
      steps.append(
        .product(feature.statistics.map { TileRange(block, layout.feature([$0])?.range ?? 0..<0) }, into: slot))
      steps.append(.statistic(.value, from: slot, into: TileRange(block, feature.range)))
    }
    if locals.count > 1 {
      // Start from the expectations that the priors alone give.
      for slots in locals {
        let variable = graph.variables[slots.variable]
        steps.append(.affine(weights: nil, bias: slots.bias, features: nil, into: slots.mean, adding: false))
        steps.append(.meanMap(variable.family, shapes[slots.variable], slots.mean, normalizer: slots.normalizer))
      }
      steps.append(.sweeps(Self.localSweeps - 1, locals.indices.flatMap(update)))
    }
    for l in locals.indices {
      steps += update(l)
      if locals.count > 1 {
        // The entropy of a variable needs the expected natural parameters that this very update used.
        steps.append(
          .accumulate(rows: locals[l].mean, features: nil, into: entropySum(l, .init(features: nil, slot: nil))))
        for weights in locals[l].weights {
          steps.append(
            .accumulate(
              rows: locals[l].mean, features: weights.features,
              into: entropySum(l, .init(features: weights.features, slot: weights.slot))))
        }
      }
      steps.append(.accumulate(rows: locals[l].normalizer, features: nil, into: normalizerSum(l)))
    }
    if locals.count > 1 { steps += productSteps() }
    steps += sums.map(sumStep)
    steps.append(.accumulate(rows: nil, features: nil, into: count))
    return steps
  }

  // MARK: Entropy of row variables: Σ A(η) − ⟨η, μ⟩

  mutating func entropySum(_ l: Int, _ key: EntropyKey) -> ParameterSlot {
    if let known = entropySums.first(where: { $0.local == l && $0.key == key }) { return known.slot }
    let width = key.features?.features.count ?? 1
    let slot = builder.parameter(
      "Σ at the update of \(graph.variables[locals[l].variable].name)", locals[l].size * width, isRowSum: true)
    entropySums.append((l, key, slot))
    return slot
  }

  mutating func normalizerSum(_ l: Int) -> ParameterSlot {
    if let known = normalizerSums[l] { return known }
    let slot = builder.parameter("Σ log partition(\(graph.variables[locals[l].variable].name))", 1, isRowSum: true)
    normalizerSums[l] = slot
    return slot
  }

  mutating func entropySteps() -> [Step] {
    var steps: [Step] = [.clear(entropy)]
    for l in locals.indices {
      steps.append(addition(normalizerSum(l), to: entropy))
      if locals.count > 1 {
        for entry in entropySums where entry.local == l {
          steps.append(builder.innerProduct(-1, entry.key.slot ?? locals[l].bias, entry.slot, into: entropy))
        }
      } else {
        // Sums that nothing else asked for are asked for here, before the rows' steps are final.
        for entry in sums where entry.rows == l {
          let natural = entry.key.isEmpty ? locals[l].bias : locals[l].weights.first { $0.key.isEmpty }?.slot
          if let natural { steps.append(builder.innerProduct(-1, natural, entry.slot, into: entropy)) }
        }
      }
    }
    boundSteps.append(addition(entropy, to: bound))
    return steps
  }
}
