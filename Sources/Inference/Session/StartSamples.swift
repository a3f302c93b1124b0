import ExponentialFamilies
import ModelLanguage
import PlanIR

/// The rows that starts are compared on: samples of one row out of so many, or stretches of rows in order.
struct StartSamples {
  /// Stretches of rows in order, in each sample.
  private static let stretchCount = 4
  /// Rows that each group has in the last sample, on average: of fewer, a start learns nothing that the others do not unlearn.
  private static let rowsOfGroup = 100

  private let engine: Engine
  private let order: RowOrder
  /// The level of the last sample; nil where all starts are compared on all rows.
  private let last: Int?
  /// Where stretches begin in each part of the rows; empty for rows in no order.
  private let begins: [Int]

  /// - Parameters:
  ///   - rows: How many rows the last sample has; data with fewer than twice as many are compared on all.
  ///   - random: Where samples come from.
  init(_ engine: Engine, rows: Int, random: RandomSource) {
    self.engine = engine
    order = RowOrder(total: engine.rowCount, random: random)
    guard engine.rowCount >= 2 * rows, engine.rowCount <= Int(Int32.max),
      Self.groupCount(engine) * Self.rowsOfGroup <= rows,
      engine.hasEvenRows
    else { (last, begins) = (nil, []); return }
    var level = 0
    while order.sampleCount(level: level) > rows { level += 1 }
    last = level
    begins =
      engine.model.graph.order == nil ? [] : Self.begins(engine, rows: order.sampleCount(level: level), random: random)
  }

  /// A sample of the size of the last one, or smaller.
  ///
  /// - Parameter halvings: How many times the last one's rows are halved.
  func rows(halvings: Int) -> RowSelection {
    guard let last else { return .range(0..<engine.rowCount) }
    let level = min(last + halvings, order.levels)
    if begins.isEmpty { return order.sample(level: level) }
    let each = max(order.sampleCount(level: level) / begins.count, 1)
    return .list(begins.flatMap { begin in (begin..<begin + each).map { Int32(truncatingIfNeeded: $0) } })
  }

  /// Where stretches of so many rows together begin: at random, each in a part of its own, and with a sequence if one begins near.
  private static func begins(_ engine: Engine, rows: Int, random: RandomSource) -> [Int] {
    var random = random
    let graph = engine.model.graph
    let first = graph.observed.firstIndex { graph.variables[$0].role == .position(.first) }
    let view = first.flatMap { engine.data.inputs[$0].views.first }
    let each = max(rows / stretchCount, 1)
    return (0..<stretchCount).map { part in
      let from = engine.rowCount * part / stretchCount
      let room = engine.rowCount * (part + 1) / stretchCount - from - each
      let begin = from + Int(random.next() % UInt64(max(room, 0) + 1))
      guard let view else { return begin }
      return stride(from: begin, to: max(from - 1, begin - each), by: -1).first { view.base[$0 * view.stride] == 1 }
        ?? begin
    }
  }

  /// The largest number of groups of rows that latent variables are repeated for.
  private static func groupCount(_ engine: Engine) -> Int {
    let graph = engine.model.graph
    return graph.globals.flatMap { graph.variables[$0].plates }.map { plate in
      switch graph.plates[plate].extent {
      case .levels, .splits: engine.model.plateSizes[plate]
      case .fixed, .rows, .elements: 0
      }
    }.max() ?? 0
  }
}
