import Glibc
import Inference
import PlanIR

/// Columns that grow by rows while a file is read: in memory up to a limit, and beyond it in a temporary file.
final class ColumnStore {
  /// Number of rows.
  private(set) var count = 0

  private let name: String
  private let memoryLimit: Int
  private var columns: [UnsafeMutablePointer<Double>?]
  private var capacity = 0
  private var spill: SpillFile?

  /// - Parameters:
  ///   - memoryLimit: How many bytes are kept in memory.
  ///   - name: What messages call the file that is read.
  init(columnCount: Int, memoryLimit: Int, name: String) {
    self.memoryLimit = memoryLimit
    self.name = name
    columns = Array(repeating: nil, count: columnCount)
  }

  deinit { for column in columns { free(column) } }

  /// Adds rows: `values` has a pointer for each column.
  func append(_ rows: Int, _ values: [UnsafeMutablePointer<Double>]) throws(DataError) {
    if rows == 0 || columns.isEmpty {
      count += rows
      return
    }
    if spill == nil, count + rows > capacity { try grow(count + rows) }
    for (index, source) in values.enumerated() {
      if let spill {
        try spill.write(UnsafePointer(source), rows, column: index, row: count)
      } else if let column = columns[index] {
        (column + count).update(from: source, count: rows)
      }
    }
    count += rows
  }

  private func grow(_ needed: Int) throws(DataError) {
    let size = MemoryLayout<Double>.size * columns.count
    if needed > memoryLimit / size { return try beginSpilling() }
    capacity = min(max(needed, 2 * capacity), memoryLimit / size)
    // Where the process may not have so much, the limit is what it has by now.
    guard Memory.has(capacity * size) else { return try beginSpilling() }
    for index in columns.indices {
      // Large blocks are moved by changing the page table, not by copying.
      guard let memory = realloc(columns[index], capacity * MemoryLayout<Double>.size) else {
        throw DataError("\(name): not enough memory for \(capacity) rows. Read fewer columns or rows.")
      }
      columns[index] = memory.assumingMemoryBound(to: Double.self)
    }
  }

  private func beginSpilling() throws(DataError) {
    let file = try SpillFile(columnCount: columns.count, name: name)
    for index in columns.indices {
      if let column = columns[index] { try file.write(UnsafePointer(column), count, column: index, row: 0) }
      free(columns[index])
      columns[index] = nil
    }
    spill = file
  }

  /// Changes the values of a column, a part at a time.
  func rewrite(_ index: Int, _ change: (UnsafeMutableBufferPointer<Double>) -> Void) throws(DataError) {
    if let spill { return try spill.rewrite(index, rows: count, change) }
    if let column = columns[index] { change(UnsafeMutableBufferPointer(start: column, count: count)) }
  }

  /// Hands out a column, once; nothing can be added afterwards.
  func owner(of index: Int) throws(DataError) -> ColumnOwner {
    if let spill { return try spill.owner(of: index, rows: count) }
    guard let column = columns[index] else { return ColumnOwner(copying: []) }
    columns[index] = nil
    let shrunk = realloc(column, max(count, 1) * MemoryLayout<Double>.size)?.assumingMemoryBound(to: Double.self)
    let values = shrunk ?? column
    return ColumnOwner(base: UnsafePointer(values)) { free(values) }
  }
}
