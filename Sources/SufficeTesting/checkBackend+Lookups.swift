import Suffice

extension BackendChecker {
  /// Lookups, missing values and sums of products within a row, with so many rows.
  mutating func checkLookups(_ rows: Int) throws {
    for width in [1, 3, 33] { for levels in [1, 50] { try checkTables(rows, width: width, levels: levels) } }
    for width in [1, 3, 10] { try checkMissing(rows, width: width) }
    for _ in 0..<12 { try checkRowContraction(rows) }
    for dimension in [1, 3] { try checkMembers(rows, dimension: dimension) }
  }

  /// An input with missing values.
  private mutating func holed(_ rows: Int, _ width: Int, adding: Double = 0) -> StepInput {
    StepInput(numbers(rows * width).map { random.uniform() < 0.2 ? .nan : $0 + adding }, width: width)
  }

  private mutating func checkTables(_ rows: Int, width: Int, levels: Int) throws {
    var step = StepCase()
    // The labels are the second column; some are missing, and the first column holds others.
    let labels = (0..<rows).flatMap { _ in
      [Double(random.next() % UInt64(levels)), random.uniform() < 0.2 ? .nan : Double(random.next() % UInt64(levels))]
    }
    let index = TileRange(step.load("labels", StepInput(labels, width: 2)), 1..<2)
    let x = step.load("x", StepInput(numbers(rows * width), width: width))
    let table = step.parameter("table", numbers(levels * width))
    let looked = step.tile("looked up", width)
    let name = "\(levels) levels, width \(width)"
    step.rows.append(.gather(table, index: index, into: looked))
    try compare(.gather, step, rows: .range(0..<rows), .none, "gather of " + name)
    var list = (0..<Int32(rows)).map { $0 }
    list.shuffle(using: &random)
    try compare(.gather, step, rows: .list(Array(list.prefix(rows / 2))), .none, "gather of " + name + ", a list")
    step.rows.removeLast()
    let sums = step.sum("Σ of each level", levels * width)
    step.rows += [.scatter(x, index: index, into: sums), .scatter(x, index: index, into: sums)]
    try compare(.scatter, step, rows: .range(0..<rows), .terms(2 * rows), "scatter of " + name)
  }

  private mutating func checkMissing(_ rows: Int, width: Int) throws {
    var step = StepCase()
    let x = step.load("x", holed(rows, width))
    let positive = step.load("positive", holed(rows, width, adding: 2))
    let features = step.tile("features", 4 * width)
    let range = { TileRange(features, $0 * width..<($0 + 1) * width) }
    step.rows += [
      .statistic(.value, from: x, into: range(0)), .statistic(.observed, from: x, into: range(1)),
      .statistic(.value, from: x, into: range(2)), .statistic(.square, from: x, into: range(3)),
      .fillMissing(range(2)), .fillMissing(TileRange(features, 3 * width..<4 * width - width / 2)),
      .accumulate(rows: nil, features: range(2), into: step.sum("Σ of what is there", width)),
    ]
    try compare(.fillMissing, step, rows: .range(0..<rows), .terms(rows), "missing values of width \(width)")
    let logarithms = step.tile("logarithms", width)
    step.rows = step.rows.filter { if case .load = $0 { true } else { false } }
    step.rows.append(.statistic(.logarithm, from: positive, into: TileRange(logarithms, 0..<width)))
    try compare(
      .statistic, step, rows: .range(0..<rows),
      .tolerance(.relative(1e-13, because: "logarithms of numbers about 1 lose the digits they share with 1")),
      "logarithms of width \(width)")
  }

  // MARK: Sums of products

  /// A random sum of products of up to three operands, in the tile or outside it, over up to three indices.
  private mutating func checkRowContraction(_ rows: Int) throws {
    func below(_ n: Int) -> Int { Int(random.next() % UInt64(n)) }
    let count = below(4)
    let isSymmetric = count >= 2 && below(3) == 0
    var extents = (0..<count).map { _ in [1, 2, 3, 5][below(4)] }
    if isSymmetric { extents[1] = extents[0] }
    var step = StepCase()
    func axes(offset: Int) -> (axes: [Contraction.Access.Axis], size: Int) {
      var indices = (0..<count).filter { _ in below(3) > 0 }
      indices.shuffle(using: &random)
      let usesPair = isSymmetric && below(2) == 0
      if usesPair { indices.removeAll { $0 < 2 } }
      var stride = 1 + below(2)
      var axes: [Contraction.Access.Axis] = []
      for index in indices {
        axes.append(.strided(index: index, stride: stride))
        stride *= extents[index]
      }
      if usesPair {
        axes.append(.symmetric(0, 1, stride: stride))
        stride *= extents[0] * (extents[0] + 1) / 2
      }
      return (axes, offset + stride)
    }
    let operands = (0..<below(4)).map { number -> RowContraction.Operand in
      let offset = below(3)
      let (axes, size) = axes(offset: offset)
      let isTile = below(3) > 0
      let place: RowContraction.Operand.Place =
        isTile
        ? .tile(step.load("operand \(number)", StepInput(numbers(rows * size), width: size)))
        : .parameter(step.parameter("operand \(number)", numbers(size)))
      return .init(place, offset: offset, axes: axes)
    }
    let offset = below(3)
    let (outputAxes, size) = axes(offset: offset)
    let output = step.tile("output", size + 1)
    let bias = step.parameter("bias", numbers(size + 1))
    // Positive, so that the magnitudes of terms are those of the same steps on magnitudes.
    let contraction = RowContraction(
      [1, 0.5, 3][below(3)], extents: extents, operands: operands, output: output, offset: offset, axes: outputAxes)
    step.rows += [
      .affine(weights: nil, bias: bias, features: nil, into: output, adding: false),
      .combine(contraction, adding: below(2) == 0),
    ]
    let terms = extents.reduce(1, *) + operands.count + 1
    try compare(.combine, step, rows: .range(0..<rows), .terms(terms), "\(contraction)")
    step.rows.append(.combine(contraction, adding: true))
    try compare(.combine, step, rows: .range(0..<rows), .terms(2 * terms), "\(contraction), added")
  }

  // MARK: Several members of a row

  private mutating func checkMembers(_ rows: Int, dimension: Int) throws {
    let shape = FamilyShape(dimension: dimension)
    let tolerance = Tolerance.absolute(1e-9, because: "inverses of well-conditioned matrices of numbers below 1000")
    for family in [Family(Categorical.self), Family(MultivariateNormal.self), Family(Gamma.self), Family(Normal.self)] {
      for members in [1, 4] {
        for isObserved in [false, true] where !isObserved || family.type.domain == .real {
          var step = StepCase()
          let size = family.type.statisticCount(shape)
          let natural = (0..<rows * members).flatMap { _ in
            family.type.natural(
              from: FamilyMember.random(family.type, shape, .moderate, using: &random).parameters, shape)
          }
          let slot = step.load("natural", StepInput(natural, width: members * size))
          let values = isObserved ? step.load("values", holed(rows, dimension)) : nil
          let normalizer = step.tile("log partitions", members)
          step.rows.append(
            .meanMap(family, shape, slot, members: members, observed: values, normalizer: normalizer))
          let name =
            "\(members) members of \(family), dimension \(dimension)" + (isObserved ? ", observed in part" : "")
          try compare(.meanMap, step, rows: .range(0..<rows), .tolerance(tolerance), name)
          try compare(
            .meanMap, step, rows: .range(0..<rows), overrides: [slot: .values(numbers(rows * members * size))], .none,
            name + ", given")
        }
      }
    }
  }
}
