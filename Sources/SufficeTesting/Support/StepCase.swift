import Suffice

/// Numbers for one input of a plan, laid out as columns may lie in memory.
struct StepInput {
  /// How columns lie in memory.
  enum Layout: String, CaseIterable {
    /// Every column by itself, without gaps.
    case columns
    /// Every column by itself, two doubles between its values.
    case strided
    /// Row by row.
    case rowMajor
    /// Row by row, among three more columns.
    case wideRowMajor
    /// Row by row, the columns in reverse: no matrix, although all strides are one.
    case reversed
  }

  /// Row by row.
  let values: [Double]
  let width: Int
  let layout: Layout
  let columns: InputColumns

  init(_ values: [Double], width: Int, layout: Layout = .columns) {
    self.values = values
    self.width = width
    self.layout = layout
    let rows = width == 0 ? 0 : values.count / width
    let (rowStride, columnStride) =
      switch layout {
      case .columns: (1, rows)
      case .strided: (3, 3 * rows)
      case .rowMajor: (width, 1)
      case .wideRowMajor: (width + 3, 1)
      case .reversed: (width, -1)
      }
    let first = layout == .reversed ? width - 1 : 0
    // What lies between the columns must not be read.
    var memory = [Double](repeating: .nan, count: max(rows * max(width + 3, 3 * width), 1))
    for row in 0..<rows {
      for j in 0..<width { memory[first + row * rowStride + j * columnStride] = values[row * width + j] }
    }
    let owner = NumberMemory(memory)
    columns = InputColumns(
      views: (0..<width).map { .init(base: owner.base + first + $0 * columnStride, stride: rowStride, owner: owner) },
      count: rows)
  }

  /// The magnitudes of the numbers.
  var magnitudes: StepInput { StepInput(values.map(abs), width: width, layout: layout) }
}

/// Memory that views point into.
private final class NumberMemory {
  let base: UnsafeMutablePointer<Double>
  private let count: Int

  init(_ values: [Double]) {
    count = values.count
    base = .allocate(capacity: count)
    base.initialize(from: values, count: count)
  }

  deinit { base.deallocate() }
}

/// A plan of a few row steps, under construction, with its inputs.
struct StepCase {
  private(set) var parameters: [Plan.ParameterBlock] = []
  private(set) var tiles: [Plan.TileBlock] = []
  private(set) var planInputs: [Plan.Input] = []
  private(set) var inputs: [StepInput] = []
  var rows: [Step] = []
  /// The input that holds the weights of rows.
  var weightInput: Int?

  /// Adds a slot that holds numbers.
  mutating func parameter(_ name: String, _ initial: [Double]) -> ParameterSlot {
    parameters.append(Plan.ParameterBlock(name: name, count: initial.count, initial: initial))
    return ParameterSlot(parameters.count - 1)
  }

  /// Adds a sum over rows.
  mutating func sum(_ name: String, _ count: Int) -> ParameterSlot {
    parameters.append(Plan.ParameterBlock(name: name, count: count, isRowSum: true))
    return ParameterSlot(parameters.count - 1)
  }

  /// Adds a tile.
  mutating func tile(_ name: String, _ width: Int) -> TileSlot {
    tiles.append(Plan.TileBlock(name: name, width: width))
    return TileSlot(tiles.count - 1)
  }

  /// Adds an input and a step that loads it.
  mutating func load(_ name: String, _ input: StepInput, centers: [Double]? = nil) -> TileSlot {
    let slot = tile(name, input.width)
    planInputs.append(
      Plan.Input(name: name, centers: centers ?? [Double](repeating: 0, count: input.width)))
    inputs.append(input)
    rows.append(.load(input: inputs.count - 1, into: slot))
    return slot
  }

  /// The plan.
  var plan: Plan {
    // Every plan has slots for its bound, entropy and count; row steps leave them alone.
    let unused = ParameterSlot(parameters.count)
    var plan = Plan(
      name: "steps", parameters: parameters + [Plan.ParameterBlock(name: "unused", count: 1)], tiles: tiles,
      inputs: planInputs, globals: [], locals: [], messages: [], rows: rows, entropy: [], bound: [],
      entropySlot: unused, boundSlot: unused, countSlot: unused, constantPerRow: 0)
    plan.weightInput = weightInput
    return plan
  }
}
