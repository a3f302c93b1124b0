import Suffice

extension BackendChecker {
  /// Chains of labels and of vectors, with so many rows.
  mutating func checkChains(_ rows: Int) throws {
    let sequences: [(name: String, isFirst: (Int) -> Bool)] = [
      ("one sequence", { $0 == 0 }), ("no row marked", { _ in false }),
      ("sequences of several lengths", { $0 % 37 == 0 || $0 % 11 == 3 || $0 % 37 == 1 }),
    ]
    for (name, isFirst) in sequences where rows < 1000 || name != "no row marked" {
      let isWeighted = name == "sequences of several lengths"
      for (family, dimensions) in [(Family(Categorical.self), [1, 3, 9]), (Family(MultivariateNormal.self), [1, 3])] {
        for dimension in dimensions {
          for isLinked in [false, true] {
            try checkChain(rows, family, dimension, name, isWeighted: isWeighted, isLinked: isLinked, isFirst)
          }
        }
      }
    }
  }

  /// Natural parameters of rows: scores, or vectors whose precisions are large beside what links them.
  private mutating func potentials(_ rows: Int, _ family: Family, _ dimension: Int) -> [Double] {
    if family.type.domain == .label { return numbers(rows * dimension).map { 3 * $0 } }
    return (0..<rows).flatMap { _ in
      numbers(dimension)
        + (0..<dimension).flatMap { i in (0...i).map { i == $0 ? -1.5 - random.uniform() : 0.3 * random.uniform() } }
    }
  }

  private mutating func checkChain(
    _ rows: Int, _ family: Family, _ dimension: Int, _ name: String, isWeighted: Bool, isLinked: Bool,
    _ isFirst: (Int) -> Bool
  ) throws {
    let shape = FamilyShape(dimension: dimension)
    let size = family.type.statisticCount(shape)
    let isLabel = family.type.domain == .label
    var step = StepCase()
    // The second column tells where sequences begin; the first would tell something else.
    let marks = (0..<rows).flatMap { row -> [Double] in [Double(row % 2), isFirst(row) ? 1 : 0] }
    let first = TileRange(step.load("first", StepInput(marks, width: 2)), 1..<2)
    let x = step.load("x", StepInput(numbers(rows * 2), width: 2))
    let mean = step.load("potentials", StepInput(potentials(rows, family, dimension), width: size))
    let normalizer = step.tile("log partition", 1)
    let cross = step.parameter(
      "neighbours", numbers(dimension * dimension).map { isLabel ? 2 * $0 : 0.3 / Double(dimension) * $0 })
    let pairs = step.sum("Σ neighbours", dimension * dimension)
    let before = step.tile("known before", 2)
    let features = step.tile("features", 5)
    // A weight is one number for a sequence.
    var counts: [Double] = []
    for row in 0..<rows { counts.append(row > 0 && !isFirst(row) ? counts[row - 1] : Double(row % 3)) }
    let weight = isWeighted ? step.load("weights", StepInput(counts, width: 1)) : nil
    // What ties a row to the row before takes the place of a part of what all rows have.
    let links = (0..<rows).flatMap { _ in
      potentials(1, family, dimension).map { 0.2 * $0 } + numbers(dimension * dimension).map { 0.1 * $0 }
    }
    let linkCount = size + dimension * dimension
    let link = isLinked ? step.load("link", StepInput(links, width: linkCount)) : nil
    let block = ChainBlock(
      family: family, shape: shape, mean: mean, normalizer: normalizer, first: first, cross: cross, pairs: pairs,
      weight: weight, link: link)
    let factors = step.parameter("of the potentials", numbers(2 * size))
    step.rows += [
      .statistic(.value, from: x, into: TileRange(features, 0..<2)),
      .statistic(.outerProduct, from: x, into: TileRange(features, 2..<5)),
      .affine(weights: factors, bias: nil, features: TileRange(mean, 0..<size), into: before, adding: false),
      .chain(block),
      .accumulate(rows: mean, features: TileRange(features, 0..<5), into: step.sum("Σ mean × features", 5 * size)),
      .accumulate(rows: before, features: TileRange(mean, 0..<size), into: step.sum("Σ before × mean", 2 * size)),
      .accumulate(rows: normalizer, features: nil, into: step.sum("Σ A", 1)),
    ]
    if let link {
      let sum = step.sum("Σ link × features", 5 * linkCount)
      step.rows.append(.accumulate(rows: link, features: TileRange(features, 0..<5), into: sum))
    }
    let name = "chain of \(family), dimension \(dimension), \(isLinked ? "linked, " : "")\(name)"
    let tolerance = Tolerance.absolute(1e-9, because: "recursions and sums over a thousand rows of numbers below 10")
    try compare(.chain, step, rows: .range(0..<rows), .tolerance(tolerance), name)
    let list = (0..<Int32(rows)).filter { $0 % 5 != 2 }
    try compare(.chain, step, rows: .list(list), .tolerance(tolerance), name + ", a list")
    let given = [mean: RowOverride.values(numbers(rows * size))]
    try compare(.chain, step, rows: .range(0..<rows), overrides: given, .tolerance(tolerance), name + ", given")

    // Solved again and again with a label that depends on it.
    let label = step.tile("label", 3)
    let logs = step.tile("log partition of the label", 1)
    let own = step.parameter("potentials of all rows", potentials(1, family, dimension))
    let toLabel = step.parameter("label of the chain", numbers(3 * size))
    let fromLabel = step.parameter("chain of the label", numbers(3 * size).map { 0.05 * $0 })
    let bias = step.parameter("bias of the label", numbers(3))
    let linkOfLabel = step.parameter("link of the label", numbers(3 * linkCount).map { 0.05 * $0 })
    let linkSteps: [Step] =
      link.map {
        [.affine(weights: linkOfLabel, bias: nil, features: TileRange(label, 0..<3), into: $0, adding: false)]
      } ?? []
    step.rows = step.rows.filter { if case .load = $0 { true } else { false } }
    step.rows += [
      .affine(weights: nil, bias: bias, features: nil, into: label, adding: false),
      .sweeps(
        3,
        [
          .affine(weights: fromLabel, bias: own, features: TileRange(label, 0..<3), into: mean, adding: false)
        ] + linkSteps + [
          .chain(block),
          .affine(weights: toLabel, bias: bias, features: TileRange(mean, 0..<size), into: label, adding: false),
          .meanMap(
            Family(Categorical.self), FamilyShape(dimension: 3), label, members: 1, observed: nil, normalizer: logs),
        ]),
      .accumulate(rows: label, features: TileRange(mean, 0..<size), into: step.sum("Σ label × mean", 3 * size)),
    ]
    try compare(.chain, step, rows: .range(0..<rows), .tolerance(tolerance), name + ", with a label")
  }
}
