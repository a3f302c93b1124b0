import Suffice

extension BackendChecker {
  private static let widths = [1, 2, 3, 10, 33]
  private static let outerDimensions = [1, 2, 3, 5, 31, 33, 40]

  /// Every kind of row step, with so many rows.
  mutating func checkRowSteps(_ rows: Int) throws {
    try checkLoads(rows)
    try checkStatistics(rows)
    try checkProducts(rows)
    for width in Self.widths {
      for labels in Self.widths { try checkContractions(rows, features: width, labels: labels) }
      try checkMeanMaps(rows, labels: width)
    }
    for dimension in Self.outerDimensions {
      try checkOuterProducts(rows, dimension: dimension, inPart: false)
      // Where a part is read, a backend must not form products as it goes.
      if rows < 1000 { try checkOuterProducts(rows, dimension: dimension, inPart: true) }
    }
    try checkSweeps(rows)
    try checkResume(rows)
    try checkConstants(rows)
  }

  private mutating func input(_ rows: Int, _ width: Int, _ layout: StepInput.Layout = .columns) -> StepInput {
    StepInput(numbers(rows * width), width: width, layout: layout)
  }

  private mutating func labels(_ rows: Int, levels: [Int]) -> StepInput {
    StepInput(
      (0..<rows).flatMap { _ in levels.map { Double(random.next() % UInt64($0)) } }, width: levels.count)
  }

  // MARK: Columns

  private mutating func checkLoads(_ rows: Int) throws {
    for width in Self.widths {
      let centers = numbers(width)
      for layout in StepInput.Layout.allCases {
        // More rows lie in memory than are selected, before and behind.
        var step = StepCase()
        _ = step.load("x", input(rows + 7, width, layout), centers: centers)
        let name = "load \(layout.rawValue) of width \(width)"
        try compare(.load, step, rows: .range(5..<5 + rows), .none, name + ", a range")
        var list = (0..<Int32(rows + 7)).map { $0 }
        list.shuffle(using: &random)
        try compare(.load, step, rows: .list(Array(list.prefix(rows))), .none, name + ", a list")
      }
    }
  }

  // MARK: Features

  private mutating func checkStatistics(_ rows: Int) throws {
    for width in Self.widths {
      for kernel in [StatisticKernel.value, .square, .outerProduct] {
        var step = StepCase()
        let x = step.load("x", input(rows, width))
        let count = kernel == .outerProduct ? width * (width + 1) / 2 : width
        // Features begin somewhere within the tile.
        let features = step.tile("features", count + 2)
        step.rows.append(.statistic(kernel, from: x, into: TileRange(features, 1..<count + 1)))
        try compare(.statistic, step, rows: .range(0..<rows), .none, "\(kernel) of width \(width)")
      }
    }
    for groups in [[2], [33], [2, 5], [3, 1, 10]] {
      var step = StepCase()
      let x = step.load("labels", labels(rows, levels: groups))
      let shape = FamilyShape(dimension: groups.reduce(0, +), groups: groups)
      let features = step.tile("one-hot", shape.dimension)
      step.rows.append(.statistic(.indicator(shape), from: x, into: TileRange(features, 0..<shape.dimension)))
      try compare(.statistic, step, rows: .range(0..<rows), .none, "one-hot vectors of \(shape)")
    }
    let choice = FamilyShape(dimension: 5)
    for kernel in [StatisticKernel.split(choice), .reached(choice)] {
      var step = StepCase()
      let x = step.load("labels", labels(rows, levels: [5]))
      let features = step.tile("choices", 4)
      step.rows.append(.statistic(kernel, from: x, into: TileRange(features, 0..<4)))
      try compare(.statistic, step, rows: .range(0..<rows), .none, "choices between 5 levels")
    }
    for width in [1, 3] {
      var step = StepCase()
      let x = step.load("x", StepInput(numbers(rows * width).map { $0 + 2 }, width: width))
      let shape = FamilyShape(dimension: width)
      let count = Gamma.statisticCount(shape)
      for offset in [0, count - 1] {
        let features = step.tile("features from \(offset)", count - offset)
        step.rows.append(
          .statistic(
            .family(Family(Gamma.self), shape, offset: offset), from: x, into: TileRange(features, 0..<count - offset)))
      }
      try compare(.statistic, step, rows: .range(0..<rows), .none, "statistics of Gamma of width \(width)")
    }
  }

  private mutating func checkProducts(_ rows: Int) throws {
    for widths in [[1], [3], [2, 3], [10, 1], [33, 2], [2, 3, 5]] {
      var step = StepCase()
      let slots = widths.map { width in (step.load("factor of \(width)", input(rows, width + 1)), width) }
      let product = step.tile("product", widths.reduce(1, *))
      step.rows.append(.product(slots.map { TileRange($0.0, 1..<$0.1 + 1) }, into: product))
      // One rounding a factor.
      try compare(.product, step, rows: .range(0..<rows), .terms(widths.count), "product of \(widths)")
    }
  }

  // MARK: Contractions

  private mutating func checkContractions(_ rows: Int, features: Int, labels: Int) throws {
    let name = "\(features) features, \(labels) labels"
    var step = StepCase()
    let x = step.load("features", input(rows, features + 1))
    let r = step.load("labels", input(rows, labels))
    let range = TileRange(x, 1..<features + 1)
    let weights = step.parameter("weights", numbers(labels * features))
    let bias = step.parameter("bias", numbers(labels))
    for hasBias in [false, true] {
      for adding in [false, true] {
        let scores = step.tile("scores, \(hasBias ? "with" : "without") bias, \(adding ? "added" : "set")", labels)
        if adding { step.rows.append(.affine(weights: nil, bias: bias, features: nil, into: scores, adding: false)) }
        step.rows.append(
          .affine(weights: weights, bias: hasBias ? bias : nil, features: range, into: scores, adding: adding))
      }
    }
    try compare(.affine, step, rows: .range(0..<rows), .terms(features + 2), name)
    step.rows.removeAll { if case .affine = $0 { true } else { false } }
    step.rows += [
      .accumulate(rows: r, features: range, into: step.sum("Σ labels × features", labels * features)),
      .accumulate(rows: r, features: nil, into: step.sum("Σ labels", labels)),
      .accumulate(rows: nil, features: range, into: step.sum("Σ features", features)),
      .accumulate(rows: nil, features: nil, into: step.sum("Σ 1", 1)),
      .accumulate(rows: r, features: TileRange(x, 0..<1), into: step.sum("Σ labels × one feature", labels)),
    ]
    // Twice into one sum adds twice.
    if case .accumulate(_, _, let into) = step.rows[step.rows.count - 2] {
      step.rows.append(.accumulate(rows: nil, features: nil, into: into))
    }
    try compare(.accumulate, step, rows: .range(0..<rows), .terms(rows), name)
  }

  /// Scores and sums of values and their outer products, which backends may form as they go.
  private mutating func checkOuterProducts(_ rows: Int, dimension: Int, inPart: Bool) throws {
    let packed = dimension * (dimension + 1) / 2
    let labels = 3
    var step = StepCase()
    let x = step.load("x", input(rows, dimension))
    let r = step.load("labels", input(rows, labels))
    let features = step.tile("x, xxᵀ, x²", packed + 2 * dimension)
    let all = TileRange(features, 0..<packed + 2 * dimension)
    let outer = TileRange(features, dimension..<dimension + packed)
    let scores = step.tile("scores", labels)
    let more = step.tile("scores of xxᵀ", labels)
    let weights = step.parameter("weights", numbers(labels * all.features.count))
    let bias = step.parameter("bias", numbers(labels))
    let ofOuter = step.parameter("weights of xxᵀ", numbers(labels * packed))
    step.rows += [
      .statistic(.value, from: x, into: TileRange(features, 0..<dimension)),
      .statistic(.outerProduct, from: x, into: outer),
      .statistic(.square, from: x, into: TileRange(features, dimension + packed..<packed + 2 * dimension)),
      .affine(weights: weights, bias: bias, features: all, into: scores, adding: false),
      .affine(weights: ofOuter, bias: nil, features: outer, into: more, adding: false),
      .accumulate(rows: r, features: all, into: step.sum("Σ labels × features", labels * all.features.count)),
      .accumulate(rows: nil, features: outer, into: step.sum("Σ xxᵀ", packed)),
    ]
    if inPart {
      // A part of the products only, from somewhere in the middle to beyond their end.
      let part = TileRange(features, dimension + packed / 2..<packed + 2 * dimension)
      let ofPart = step.parameter("weights of a part", numbers(labels * part.features.count))
      let third = step.tile("scores of a part", labels)
      step.rows += [
        .affine(weights: ofPart, bias: bias, features: part, into: third, adding: false),
        .accumulate(rows: r, features: part, into: step.sum("Σ labels × a part", labels * part.features.count)),
      ]
    }
    try compare(
      .accumulate, step, rows: .range(0..<rows), .terms(all.features.count + rows),
      "outer products of dimension \(dimension)")
  }

  private mutating func checkConstants(_ rows: Int) throws {
    var step = StepCase()
    _ = step.load("x", input(rows, 1))
    let bias = step.parameter("bias", numbers(5))
    let scores = step.tile("scores", 5)
    step.rows += [
      .affine(weights: nil, bias: bias, features: nil, into: scores, adding: false),
      .affine(weights: nil, bias: bias, features: nil, into: scores, adding: true),
      .affine(weights: nil, bias: nil, features: nil, into: scores, adding: true),
    ]
    try compare(.affine, step, rows: .range(0..<rows), .terms(2), "a bias alone")
  }

  // MARK: Row variables

  private mutating func checkMeanMaps(_ rows: Int, labels: Int) throws {
    let shape = FamilyShape(dimension: labels)
    // Scores are positive, so that no log partition cancels to nothing.
    for (scale, softmax) in [
      (1.0, Tolerance.relative(3e-13, because: "four differences of scores below 3, carried over by exponentials")),
      // A backend may take labels for impossible.
      (
        300,
        .absolute(
          1e-11,
          because:
            "differences of scores up to 600, each rounded to 6e-14, in hundreds of rows; labels below 2⁻⁶⁴ of the likeliest"
        )
      ),
    ] {
      var step = StepCase()
      let scores = step.load(
        "responsibilities", StepInput(numbers(rows * labels).map { scale * ($0 + 2) }, width: labels))
      let normalizer = step.tile("log partition", 1)
      step.rows.append(
        .meanMap(Family(Categorical.self), shape, scores, members: 1, observed: nil, normalizer: normalizer))
      let sum = step.sum("Σ responsibilities", labels)
      step.rows.append(.accumulate(rows: scores, features: nil, into: sum))
      try compare(
        .meanMap, step, rows: .range(0..<rows), .tolerance(softmax), "softmax of \(labels) scores about \(2 * scale)")
      let given = RowOverride.values(numbers(rows * labels))
      try compare(
        .meanMap, step, rows: .range(0..<rows), overrides: [scores: given],
        .tolerance(.absolute(1e-12, because: "sums of a thousand numbers below 1")), "\(labels) given responsibilities")
    }
    if labels > 3 { return }
    for family in [Family(Normal.self), Family(Gamma.self)] {
      var step = StepCase()
      let values = (0..<rows).flatMap { _ in
        family.type.natural(
          from: FamilyMember.random(family.type, shape, .moderate, using: &random).parameters, shape)
      }
      let slot = step.load("natural", StepInput(values, width: family.type.statisticCount(shape)))
      let normalizer = step.tile("log partition", 1)
      step.rows.append(.meanMap(family, shape, slot, members: 1, observed: nil, normalizer: normalizer))
      // A backend may have functions of its own, and log partitions are differences of some of them.
      let tolerance = Tolerance.absolute(
        1e-10,
        because:
          "differences of special functions of numbers below 1000, each within some hundred units in the last place")
      try compare(.meanMap, step, rows: .range(0..<rows), .tolerance(tolerance), "mean map of \(family)")
    }
  }

  /// A slot that goes on from what was left in some rows.
  private mutating func checkResume(_ rows: Int) throws {
    for width in Self.widths {
      var step = StepCase()
      let x = step.load("x", input(rows + 7, width))
      let y = step.load("y", input(rows + 7, width))
      step.rows += [.resume(x), .resume(y)]
      var left = numbers((rows + 7) * width)
      for row in stride(from: 1, to: rows + 7, by: 3) { for k in 0..<width { left[row * width + k] = .nan } }
      let name = "resume of width \(width)"
      // Of y nothing is kept.
      try compare(.resume, step, rows: .range(5..<5 + rows), kept: [x: left], .none, name + ", a range")
      var list = (0..<Int32(rows + 7)).map { $0 }
      list.shuffle(using: &random)
      try compare(.resume, step, rows: .list(Array(list.prefix(rows))), kept: [x: left], .none, name + ", a list")
      let given = [x: RowOverride.values(numbers(rows * width))]
      try compare(
        .resume, step, rows: .range(0..<rows), overrides: given, kept: [x: left, y: left], .none, name + ", given")
    }
  }

  /// Two labels of a row that depend on each other.
  private mutating func checkSweeps(_ rows: Int) throws {
    let (a, b) = (3, 5)
    for count in [1, 4] {
      var step = StepCase()
      let x = step.load("x", input(rows, 2))
      let first = step.tile("first", a)
      let second = step.tile("second", b)
      let normalizers = [step.tile("first log partition", 1), step.tile("second log partition", 1)]
      let weights = step.parameter("weights of x", numbers(a * 2))
      let forward = step.parameter("first of second", numbers(a * b))
      let backward = step.parameter("second of first", numbers(a * b))
      let bias = step.parameter("bias", numbers(b))
      step.rows += [
        .affine(weights: nil, bias: bias, features: nil, into: second, adding: false),
        .sweeps(
          count,
          [
            .affine(weights: weights, bias: nil, features: TileRange(x, 0..<2), into: first, adding: false),
            .affine(weights: forward, bias: nil, features: TileRange(second, 0..<b), into: first, adding: true),
            .meanMap(
              Family(Categorical.self), FamilyShape(dimension: a), first, members: 1, observed: nil,
              normalizer: normalizers[0]),
            .affine(weights: backward, bias: bias, features: TileRange(first, 0..<a), into: second, adding: false),
            .meanMap(
              Family(Categorical.self), FamilyShape(dimension: b), second, members: 1, observed: nil,
              normalizer: normalizers[1]),
            .accumulate(rows: nil, features: nil, into: step.sum("Σ 1", 1)),
          ]),
        .accumulate(rows: first, features: TileRange(second, 0..<b), into: step.sum("Σ first × second", a * b)),
      ]
      let tolerance = Tolerance.relative(
        1e-11, because: "rounding of a few sums and exponentials, and of sums of a thousand rows")
      try compare(.sweeps, step, rows: .range(0..<rows), .tolerance(tolerance), "\(count) sweeps over two labels")
    }
  }
}
