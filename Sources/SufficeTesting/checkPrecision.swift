import Suffice

/// Checks that a backend's sweeps of mixtures in single precision come close to the reference backend's, over a grid of
/// shapes: rows 0, 1, 2, 31, 32, 33, 257 and 1500; 1, 2, 10 and 33 labels; quadratic forms of 1, 2, 3, 5 and 33 columns
/// with products and of 1 and 4 with squares; several of these and plain features beside each other; rows with weights.
///
/// A score that adds up F products is off by at most δ = 4 √F · 2⁻²⁴ times the sum of their magnitudes, but for a
/// probability of about 10⁻³ (Higham & Mary, *SIAM Journal on Scientific Computing* 41 (2019), theorem 2.4; none of the
/// worst cases, in which all roundings point one way). A responsibility is then off by 2 δ of itself, and a sum over rows
/// by that and by the rounding of 32 additions, of the magnitudes that are added up. Values lie within their range of
/// 0 here, so that coordinates change magnitudes by a factor of 4 at most.
///
/// - Parameters:
///   - backend: The backend, with single precision asked for.
///   - threads: Numbers of threads whose results must be the same to the bit.
///   - rowCounts: Numbers of rows; every shape is run with each.
///   - seed: The seed of the numbers.
/// - Throws: ``LawViolation`` with all laws that do not hold; `BackendError` where the backend refuses a plan.
public func checkPrecision(
  _ backend: any Backend, threads: [Int] = [1, 2, 3], rowCounts: [Int] = [0, 1, 2, 31, 32, 33, 257, 1500],
  seed: UInt64 = 1
) throws {
  var checker = PrecisionChecker(backend: backend, threads: threads, random: RandomSource(seed: seed))
  for rows in rowCounts {
    for labels in [1, 2, 10, 33] {
      for shape in PrecisionChecker.shapes { try checker.check(shape, rows: rows, labels: labels) }
    }
  }
  if !checker.failures.isEmpty { throw LawViolation(subject: backend.name, failures: checker.failures) }
}

/// The state of one check.
private struct PrecisionChecker {
  /// What a row consists of.
  struct Shape {
    var products: [Int] = []
    var squares: [Int] = []
    var plain = 0
    var isWeighted = false
    var sumsFeatures = false
  }

  static let shapes =
    [1, 2, 3, 5, 33].map { Shape(products: [$0]) } + [1, 4].map { Shape(squares: [$0]) } + [
      Shape(products: [2], isWeighted: true), Shape(products: [5], isWeighted: true), Shape(plain: 3),
      Shape(products: [3], sumsFeatures: true), Shape(products: [2, 4], squares: [3], plain: 2, sumsFeatures: true),
    ]

  let backend: any Backend
  let threads: [Int]
  var random: RandomSource
  var failures: [LawViolation.Failure] = []

  mutating func fail(_ detail: String) {
    if failures.count < 12 { failures.append(LawViolation.Failure(law: "precision", detail: detail)) }
  }

  private mutating func uniform(_ count: Int) -> [Double] { (0..<count).map { _ in 2 * random.uniform() - 1 } }

  // MARK: A mixture

  /// The plan of one sweep, and the largest magnitude of each feature.
  struct Mixture {
    var step = StepCase()
    var magnitudes: [Double] = []
    /// The largest sum of magnitudes in a score.
    var largest = 0.0
    var labels: ParameterSlot?
    var products: ParameterSlot?
    var features: ParameterSlot?
    var normalizers: ParameterSlot?
  }

  /// Labels with centres and precisions of their own over random rows.
  mutating func mixture(_ shape: Shape, rows: Int, labels: Int) -> Mixture {
    var result = Mixture()
    var statistics: [(StatisticKernel, TileSlot, Range<Int>)] = []
    var weights = [[Double]](repeating: [], count: labels)
    var bias = uniform(labels)
    for (dimension, isDiagonal) in shape.products.map({ ($0, false) }) + shape.squares.map({ ($0, true) }) {
      let values = uniform(rows * dimension).map { 3 * $0 }
      let x = result.step.load("x", StepInput(values, width: dimension, layout: .rowMajor))
      let count = isDiagonal ? dimension : dimension * (dimension + 1) / 2
      let first = result.magnitudes.count
      statistics.append((.value, x, first..<first + dimension))
      statistics.append((isDiagonal ? .square : .outerProduct, x, first + dimension..<first + dimension + count))
      result.magnitudes += [Double](repeating: 3, count: dimension) + [Double](repeating: 9, count: count)
      for k in 0..<labels {
        let center = uniform(dimension)
        var precision = SymmetricMatrix(diagonal: uniform(dimension).map { 1.5 + $0 })
        if !isDiagonal {
          precision = precision + SymmetricMatrix(outer: uniform(dimension), times: 1 / Double(dimension))
        }
        let linear = precision.times(center)
        weights[k] += linear + (isDiagonal ? precision.diagonal.map { -0.5 * $0 } : precision.natural(times: -0.5))
        bias[k] -= 0.5 * zip(linear, center).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    var weightInput: Int?
    if shape.plain > 0 {
      let x = result.step.load("counts", StepInput(uniform(rows * shape.plain), width: shape.plain))
      statistics.append((.value, x, result.magnitudes.count..<result.magnitudes.count + shape.plain))
      result.magnitudes += [Double](repeating: 1, count: shape.plain)
      for k in 0..<labels { weights[k] += uniform(shape.plain) }
    }
    var weight: TileSlot?
    if shape.isWeighted {
      weightInput = result.step.inputs.count
      weight = result.step.load("weights", StepInput((0..<rows).map { Double($0 % 3) / 2 }, width: 1))
    }
    let width = result.magnitudes.count
    let block = result.step.tile("features", width)
    for (kernel, from, range) in statistics {
      result.step.rows.append(.statistic(kernel, from: from, into: TileRange(block, range)))
    }
    for k in 0..<labels {
      result.largest = max(
        result.largest, abs(bias[k]) + zip(weights[k], result.magnitudes).reduce(0) { $0 + abs($1.0) * $1.1 })
    }
    finish(&result, weights.flatMap { $0 }, bias, block, weight, sumsFeatures: shape.sumsFeatures)
    result.step.weightInput = weightInput
    return result
  }

  /// Scores, probabilities and sums.
  private func finish(
    _ result: inout Mixture, _ weights: [Double], _ bias: [Double], _ block: TileSlot, _ weight: TileSlot?,
    sumsFeatures: Bool
  ) {
    let (labels, width) = (bias.count, result.magnitudes.count)
    let features = TileRange(block, 0..<width)
    let label = result.step.tile("label", labels)
    let normalizer = result.step.tile("normalizer", 1)
    let slots = (result.step.parameter("weights", weights), result.step.parameter("bias", bias))
    result.step.rows += [
      .affine(weights: slots.0, bias: slots.1, features: features, into: label, adding: false),
      .meanMap(
        Family(Categorical.self), FamilyShape(dimension: labels), label, members: 1, observed: nil,
        normalizer: normalizer),
    ]
    var (counted, normalizers) = (label, normalizer)
    if let weight {
      let axis = [Contraction.Access.Axis.strided(index: 0, stride: 1)]
      counted = result.step.tile("weighted label", labels)
      normalizers = result.step.tile("weighted normalizer", 1)
      result.step.rows += [
        .combine(
          RowContraction(
            1, extents: [labels], operands: [.init(.tile(label), axes: axis), .init(.tile(weight))], output: counted,
            axes: axis), adding: false),
        .combine(
          RowContraction(
            1, extents: [], operands: [.init(.tile(normalizer)), .init(.tile(weight))], output: normalizers),
          adding: false),
      ]
    }
    func sum(_ name: String, _ count: Int, _ rows: TileSlot?, _ features: TileRange?) -> ParameterSlot {
      let slot = result.step.sum(name, count)
      result.step.rows.append(.accumulate(rows: rows, features: features, into: slot))
      return slot
    }
    result.labels = sum("Σ label", labels, counted, nil)
    result.products = sum("Σ label × features", labels * width, counted, features)
    result.normalizers = sum("Σ normalizer", 1, normalizers, nil)
    if sumsFeatures { result.features = sum("Σ features", width, weight, features) }
    _ = sum("Σ 1", 1, weight, nil)
  }

  // MARK: Comparison

  mutating func check(_ shape: Shape, rows: Int, labels: Int) throws {
    let mixture = mixture(shape, rows: rows, labels: labels)
    let plan = mixture.step.plan
    let name = "\(shape), \(labels) labels, \(rows) rows"
    if let violation = plan.violations().first { return fail("the plan of the check is not sound: \(violation)") }
    let inputs = mixture.step.inputs.map(\.columns)
    var list = (0..<Int32(rows)).map { $0 }
    list.shuffle(using: &random)
    let selection: RowSelection = labels == 2 ? .list(list) : .range(0..<rows)
    func sums(_ backend: any Backend, _ threads: Int) throws -> (sums: ParameterMemory, use: PrecisionUse) {
      let executor = try backend.executor(for: plan, inputs: inputs, threads: threads)
      var memory = ParameterMemory(plan)
      for slot in plan.rowSums { memory[slot] = memory[slot].map { _ in 7 } }
      memory.set(executor.sweep(selection, at: memory))
      return (memory, executor.precision)
    }
    let expected = try sums(ReferenceBackend(), 1).sums
    let found = try sums(backend, threads.first ?? 1)
    if found.use.singleSweeps != 1 { fail("\(name): in double precision, since \(found.use.reasonForDouble ?? "?")") }
    for count in threads.dropFirst() {
      let other = try sums(backend, count).sums
      let isSame = zip(other.values, found.sums.values).allSatisfy { $0.map(\.bitPattern) == $1.map(\.bitPattern) }
      if !isSame { fail("\(name): \(count) threads change bits") }
    }
    compare(mixture, found.sums, expected, rows: rows, name)
  }

  private mutating func compare(
    _ mixture: Mixture, _ found: ParameterMemory, _ expected: ParameterMemory, rows: Int, _ name: String
  ) {
    let width = mixture.magnitudes.count
    let score = 4 * Double(width).squareRoot() * 0x1p-24 * 4 * mixture.largest
    let relative = 4 * (2 * score + 40 * 0x1p-24)
    func compare(_ slot: ParameterSlot?, _ what: String, _ bound: (Int) -> Double) {
      guard let slot else { return }
      for i in expected[slot].indices where !(abs(found[slot][i] - expected[slot][i]) <= bound(i)) {
        return fail(
          "\(name), \(what): number \(i) is \(found[slot][i]) but should be \(expected[slot][i]), within \(bound(i))")
      }
    }
    // Probabilities below 2⁻¹²⁶ are 0.
    let least = Double(rows) * 1e-37
    let counts = mixture.labels.map { expected[$0] } ?? []
    compare(mixture.labels, "Σ label") { relative * counts[$0] + least }
    compare(mixture.products, "Σ label × features") {
      (relative * counts[$0 / width] + least) * mixture.magnitudes[$0 % width]
    }
    compare(mixture.features, "Σ features") { 40 * 0x1p-24 * 4 * Double(rows) * mixture.magnitudes[$0] }
    compare(mixture.normalizers, "Σ normalizer") { _ in Double(rows) * (score + 1e-6) }
  }
}
