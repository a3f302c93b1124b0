import PlanIR

/// Statistics of data that cost more than reading them, computed once and kept as further columns.
struct DataStatistics {
  private let data: BoundData
  private let backend: any Backend
  private let threads: Int
  private var known: [Plan.DataStatistic: InputColumns] = [:]

  init(_ data: BoundData, backend: any Backend, threads: Int) {
    (self.data, self.backend, self.threads) = (data, backend, threads)
  }

  /// A plan that reads such statistics, and all of its inputs; the plan itself where it has none, or there is no room for them.
  mutating func read(by plan: Plan) throws(BackendError) -> (plan: Plan, inputs: [InputColumns]) {
    let (reading, statistics) = plan.readingStatistics()
    let new = statistics.filter { known[$0] == nil }
    // Columns that are in a file because memory does not hold them are not joined by others that memory must hold.
    guard data.rowCount > 0, !statistics.isEmpty,
      Memory.has(Memory.bytes(data.rowCount, new.reduce(0) { $0 + $1.width }))
    else { return (plan, data.inputs) }
    var inputs = data.inputs
    for statistic in statistics { inputs.append(try columns(statistic, plan)) }
    return (reading, inputs)
  }

  private mutating func columns(_ statistic: Plan.DataStatistic, _ plan: Plan) throws(BackendError) -> InputColumns {
    if let columns = known[statistic] { return columns }
    let (alone, slot) = statistic.alone(in: plan)
    let input = data.inputs[statistic.input]
    let executor = try backend.executor(for: alone, inputs: [input], threads: threads)
    let memory = ParameterMemory(alone)
    let values = UnsafeMutablePointer<Double>.allocate(capacity: max(data.rowCount * statistic.width, 1))
    let owner = ColumnOwner(base: UnsafePointer(values)) { values.deallocate() }
    for first in stride(from: 0, to: data.rowCount, by: Self.rowsAtOnce) {
      let rows = first..<min(first + Self.rowsAtOnce, data.rowCount)
      let found = executor.sweep(.range(rows), at: memory, overrides: [:], outputs: [slot]).outputs[slot] ?? []
      (values + first * statistic.width).update(from: found, count: found.count)
      input.releasePages(rows: rows)
    }
    let columns = InputColumns(
      views: (0..<statistic.width).map {
        InputColumns.View(base: owner.base + $0, stride: statistic.width, owner: owner)
      }, count: data.rowCount)
    known[statistic] = columns
    return columns
  }

  /// Rows whose statistics are on their way into the columns.
  private static let rowsAtOnce = 1 << 18
}
