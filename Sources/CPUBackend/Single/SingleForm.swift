import ExponentialFamilies
import PlanIR

/// What rows in single precision can be: features of data, the scores of one label, its probabilities, and sums of these.
///
/// Mixtures of every kind have this form, and nothing else about them matters here.
struct SingleForm {
  /// Values and their squares or products, which together are a quadratic form in the scores.
  struct Quadratic {
    /// The loaded columns.
    let source: TileSlot
    /// Where the values are among the features.
    let values: Range<Int>
    /// Where the squares are, or the products of the lower triangle.
    let products: Range<Int>
    /// Whether they are squares.
    let isDiagonal: Bool

    var dimension: Int { values.count }
  }

  /// A sum over rows, and where it goes.
  enum Sum {
    /// Probabilities of the label.
    case labels(ParameterSlot)
    /// Probabilities times features.
    case products(ParameterSlot)
    /// Features.
    case features(ParameterSlot)
    /// Logarithms of normalizers.
    case normalizers(ParameterSlot)
    /// Rows.
    case count(ParameterSlot)
  }

  /// The features.
  let block: TileSlot
  /// How many features.
  let width: Int
  /// How many values the label has.
  let labels: Int
  let weights: ParameterSlot
  let bias: ParameterSlot?
  /// How often each row counts; nil for once.
  private(set) var weight: TileSlot?
  private(set) var quadratics: [Quadratic] = []
  /// Features of no quadratic form.
  private(set) var plain: [Range<Int>] = []
  private(set) var sums: [Sum] = []
  /// What loads the data, and forms plain features, in double precision.
  private(set) var steps: [Step] = []

  /// The slot of a label's probabilities and that of their products with the features.
  let labelSums: ParameterSlot
  let productSums: ParameterSlot

  /// Why a plan cannot have this form.
  struct Obstacle: Error, Hashable {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// Reads the form off a plan's row steps.
  init(_ plan: Plan) throws(Obstacle) {
    var reader = Reader(plan)
    for step in plan.rows { try reader.read(step) }
    guard let scores = reader.scores, let weights = scores.weights, let features = scores.features else {
      throw Obstacle("no label is scored by features of its row")
    }
    guard reader.normalizer != nil else { throw Obstacle("the scores of \(plan.name) are not those of a label") }
    (block, width, labels) = (features.slot, features.features.count, plan.tiles[scores.into.index].width)
    (self.weights, bias, weight) = (weights, scores.bias, reader.weight)
    guard features.features == 0..<plan.tiles[block.index].width else {
      throw Obstacle("the label is scored by some of the features only")
    }
    sums = reader.sums
    var slots: (labels: ParameterSlot?, products: ParameterSlot?, count: Bool) = (nil, nil, false)
    for sum in sums {
      switch sum {
      case .labels(let slot): slots.labels = slot
      case .products(let slot): slots.products = slot
      case .count: slots.count = true
      case .features, .normalizers: break
      }
    }
    guard let labelSums = slots.labels, let productSums = slots.products, slots.count else {
      throw Obstacle("sums of the label and of its products with the features are not asked for")
    }
    (self.labelSums, self.productSums) = (labelSums, productSums)
    formFeatures(reader)
  }

  /// Finds the quadratic forms, and keeps the steps that everything else takes.
  private mutating func formFeatures(_ reader: Reader) {
    // Products of columns are formed from the features as they stand in double precision.
    let keepsAll = reader.data.contains { if case .product = $0 { true } else { false } }
    var covered: [Range<Int>] = []
    for (source, values) in reader.values {
      guard reader.loaded.contains(source), let products = reader.squares[source] else { continue }
      quadratics.append(
        Quadratic(source: source, values: values, products: products.range, isDiagonal: products.isDiagonal))
      covered += [values, products.range]
    }
    quadratics.sort { $0.values.lowerBound < $1.values.lowerBound }
    for step in reader.data {
      guard case .statistic(_, _, let into) = step, into.slot == block else {
        steps.append(step)
        continue
      }
      let isPlain = !covered.contains(into.features)
      if isPlain { plain.append(into.features) }
      if isPlain || keepsAll { steps.append(step) }
    }
  }

  /// Reads the steps one by one.
  private struct Reader {
    let plan: Plan
    var data: [Step] = []
    var loaded: Set<TileSlot> = []
    var values: [TileSlot: Range<Int>] = [:]
    var squares: [TileSlot: (range: Range<Int>, isDiagonal: Bool)] = [:]
    var scores: (weights: ParameterSlot?, bias: ParameterSlot?, features: TileRange?, into: TileSlot)?
    var normalizer: TileSlot?
    var weight: TileSlot?
    /// Probabilities times weights, and logarithms of normalizers times weights.
    var counted: TileSlot?
    var countedNormalizer: TileSlot?
    var sums: [Sum] = []

    init(_ plan: Plan) { self.plan = plan }

    mutating func read(_ step: Step) throws(Obstacle) {
      switch step {
      case .load(let input, let into):
        data.append(step)
        if input == plan.weightInput { weight = into } else { loaded.insert(into) }
      case .statistic(let kernel, let from, let into):
        data.append(step)
        switch kernel {
        case .value: values[from] = into.features
        case .square where squares[from] == nil: squares[from] = (into.features, true)
        case .outerProduct where squares[from] == nil: squares[from] = (into.features, false)
        case .observed, .seen: throw Obstacle("cells are missing")
        default: break
        }
      case .product: data.append(step)
      case .affine(let weights, let bias, let features, let into, adding: false) where scores == nil:
        scores = (weights, bias, features, into)
      case .meanMap(let family, let shape, let mean, members: 1, observed: nil, let normalizer)
      where family == Family(Categorical.self) && shape.groups.isEmpty && mean == scores?.into && self.normalizer == nil:
        self.normalizer = normalizer
      case .combine(let contraction, adding: false): try readWeighting(contraction)
      case .accumulate(let rows, let features, let into): sums.append(try sum(rows, features, into))
      case .fillMissing: throw Obstacle("cells are missing")
      case .gather, .scatter: throw Obstacle("rows look up members by a label of theirs")
      case .chain: throw Obstacle("rows are linked to the rows before them")
      case .sweeps, .resume: throw Obstacle("several variables of a row are solved in turns")
      case .affine, .meanMap, .combine: throw Obstacle("rows have other variables than one label")
      case .clear, .contract, .expectations, .logPartition, .blend:
        throw Obstacle("a step between sweeps is among the steps of rows")
      }
    }

    /// Probabilities, or normalizers, times the weight of the row.
    private mutating func readWeighting(_ contraction: RowContraction) throws(Obstacle) {
      let element: [Contraction.Access.Axis] = contraction.extents.isEmpty ? [] : [.strided(index: 0, stride: 1)]
      let count = contraction.extents.first ?? 1
      if let weight, contraction.coefficient == 1, contraction.extents.count <= 1, contraction.operands.count == 2,
        contraction.operands[1] == .init(.tile(weight)), contraction.offset == 0, contraction.axes == element
      {
        if let mean = scores?.into, contraction.operands[0] == .init(.tile(mean), axes: element),
          count == plan.tiles[mean.index].width, normalizer != nil
        {
          counted = contraction.output
          return
        }
        if let normalizer, contraction.operands[0] == .init(.tile(normalizer), axes: element), count == 1 {
          countedNormalizer = contraction.output
          return
        }
      }
      throw Obstacle("rows have products of their variables")
    }

    private func sum(_ rows: TileSlot?, _ features: TileRange?, _ into: ParameterSlot) throws(Obstacle) -> Sum {
      if let features, features.slot != scores?.features?.slot || features.features != scores?.features?.features {
        throw Obstacle("some of the features are summed only")
      }
      let (probabilities, normalizers) =
        weight == nil ? (scores?.into, normalizer) : (counted, countedNormalizer)
      switch (rows, features) {
      case (let rows?, nil) where rows == probabilities && normalizer != nil: return .labels(into)
      case (let rows?, _?) where rows == probabilities && normalizer != nil: return .products(into)
      case (let rows?, nil) where rows == normalizers: return .normalizers(into)
      case (weight, nil): return .count(into)
      case (weight, _?): return .features(into)
      default: throw Obstacle("sums over rows are asked for that no label takes part in")
      }
    }
  }
}
