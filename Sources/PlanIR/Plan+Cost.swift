import ExponentialFamilies

/// What a step does: arithmetic, functions, and the numbers it touches.
///
/// A product and the addition of it are two operations. Bytes are those of the slots and columns that a step reads and
/// writes, each once; within a tile of rows they stay in the cache, so that only ``Plan/SweepCost/dataBytes`` must come
/// from memory.
public struct StepCost: Hashable, Sendable {
  /// Additions, subtractions, multiplications and divisions.
  public var flops = 0
  /// Exponentials.
  public var exponentials = 0
  /// Mean maps and log partitions of members of a family; what they cost is the family's own business.
  public var evaluations = 0
  /// Bytes read and written.
  public var bytes = 0

  /// Costs nothing.
  public init() {}

  /// The costs of two steps together.
  public static func + (a: StepCost, b: StepCost) -> StepCost {
    var sum = a
    sum.flops += b.flops
    sum.exponentials += b.exponentials
    sum.evaluations += b.evaluations
    sum.bytes += b.bytes
    return sum
  }

  /// The cost of something done several times.
  public static func * (count: Int, cost: StepCost) -> StepCost {
    var product = cost
    product.flops *= count
    product.exponentials *= count
    product.evaluations *= count
    product.bytes *= count
    return product
  }
}

extension Plan {
  /// What one sweep over all rows costs, with the updates and the bound after it.
  public struct SweepCost: Hashable, Sendable {
    /// Number of rows.
    public let rows: Int
    /// Everything that is done for one row.
    public let row: StepCost
    /// Of a row's operations, those of contractions: 2·K·F for K row features and F others.
    public let contractionFlops: Int
    /// Bytes of a row's columns.
    public let dataBytes: Int
    /// Everything between sweeps: messages, entropy, updates and the bound, once each.
    public let between: StepCost

    /// All rows and everything between sweeps.
    public var total: StepCost { rows * row + between }
  }

  /// What one sweep over so many rows costs.
  public func cost(rows count: Int) -> SweepCost {
    let between = messages + entropy + globals.flatMap(\.update) + bound
    return SweepCost(
      rows: count, row: cost(of: rows), contractionFlops: contractionFlops(of: rows),
      dataBytes: inputs.reduce(0) { $0 + 8 * $1.centers.count }, between: cost(of: between))
  }

  /// What several steps cost: those of rows, for one row.
  public func cost(of steps: [Step]) -> StepCost { steps.reduce(StepCost()) { $0 + cost(of: $1) } }

  private func contractionFlops(of steps: [Step]) -> Int {
    steps.reduce(0) { sum, step in
      switch step {
      case .affine(.some, _, _, _, _), .accumulate(.some, .some, _): sum + cost(of: step).flops
      case .sweeps(let count, let inner): sum + count * contractionFlops(of: inner)
      default: sum
      }
    }
  }

  /// What a step costs: one of the rows, for one row.
  public func cost(of step: Step) -> StepCost {
    var cost = StepCost()
    func width(_ slot: TileSlot) -> Int { tiles[slot.index].width }
    func size(_ slot: ParameterSlot) -> Int { parameters[slot.index].count }
    switch step {
    case .load(_, let into):
      cost.flops = width(into)
      cost.bytes = 16 * width(into)
    case .statistic(let kernel, let from, let into):
      let features = into.features.count
      switch kernel {
      case .value, .indicator, .split, .reached, .observed, .seen: break
      case .square, .outerProduct: cost.flops = features
      case .logarithm, .logGamma, .power: cost.evaluations = features
      case .family: cost.evaluations = 1
      }
      cost.bytes = 8 * (width(from) + features)
    case .product(let ranges, let into):
      cost.flops = max(ranges.count - 1, 0) * width(into)
      cost.bytes = 8 * (ranges.reduce(0) { $0 + $1.features.count } + width(into))
    case .affine(let weights, _, let features, let into, let adding):
      let (k, f) = (width(into), features?.features.count ?? 0)
      // The bias is where the sum starts, unless there is a sum already.
      cost.flops = weights == nil ? (adding ? k : 0) : 2 * k * f
      cost.bytes = 8 * (f + k * (adding ? 2 : 1))
    case .fillMissing(let range): cost.bytes = 16 * range.features.count
    case .gather(_, _, let into): cost.bytes = 16 * width(into)
    case .scatter(let from, _, _):
      cost.flops = width(from)
      cost.bytes = 24 * width(from)
    case .combine(let contraction, _):
      let elements = contraction.extents.reduce(1, *)
      cost.flops = elements * (contraction.operands.count + (abs(contraction.coefficient) == 1 ? 0 : 1))
      cost.bytes = 8 * elements * (contraction.operands.count + 1)
    case .chain(let block):
      let d = block.shape.dimension
      if block.family.type.domain == .label {
        cost.flops = 6 * d * d
        cost.exponentials = block.link == nil ? d : d + d * d
      } else {
        cost.evaluations = 2
      }
      cost.bytes = 16 * (width(block.mean) + d * d + (block.link.map(width) ?? 0))
    case .meanMap(let family, _, let slot, let members, _, _):
      let k = width(slot)
      if family.type.domain == .label {
        // A softmax: the maximum, its subtraction, the sum, the division.
        cost.flops = 4 * k
        cost.exponentials = k
      } else {
        cost.evaluations = members
      }
      cost.bytes = 8 * (2 * k + members)
    case .accumulate(let rows, let features, _):
      let (k, f) = (rows.map(width), features?.features.count)
      cost.flops =
        switch (k, f) {
        case (let k?, let f?): 2 * k * f
        default: k ?? f ?? 1
        }
      cost.bytes = 8 * ((k ?? 0) + (f ?? 0))
    case .resume(let slot): cost.bytes = 16 * width(slot)
    case .sweeps(let count, let steps): cost = count * self.cost(of: steps)
    case .clear(let slot): cost.bytes = 8 * size(slot)
    case .contract(let contraction):
      let elements = contraction.extents.reduce(1, *)
      let factors = contraction.operands.count + (abs(contraction.coefficient) == 1 ? 0 : 1)
      cost.flops = elements * max(factors, 1)
      cost.bytes =
        8
        * (contraction.operands.reduce(0) { $0 + contraction.elements(of: $1) } + 2
          * contraction.elements(of: contraction.output))
    case .expectations(_, _, let members, let natural, let mean):
      cost.evaluations = members
      cost.bytes = 8 * (size(natural) + size(mean))
    case .logPartition(_, _, let members, let natural, _, _):
      cost.evaluations = members
      cost.flops = members
      cost.bytes = 8 * (size(natural) + 2)
    case .blend(let target, _):
      cost.flops = 3 * size(target)
      cost.bytes = 24 * size(target)
    }
    return cost
  }
}

extension Contraction {
  /// How many numbers an operand or the output has.
  fileprivate func elements(of access: Access) -> Int {
    access.axes.reduce(1) { product, axis in
      switch axis {
      case .strided(let index, _): product * extents[index]
      case .symmetric(let i, _, _): product * (extents[i] * (extents[i] + 1) / 2)
      }
    }
  }
}
