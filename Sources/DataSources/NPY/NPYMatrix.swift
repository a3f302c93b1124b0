import Inference

/// The numbers of a NumPy array, in the file or converted.
struct NPYMatrix {
  let owner: ColumnOwner
  let rows: Int
  /// Which columns of the array are there, counted from 0.
  let columns: [Int]
  let rowStride: Int
  let columnStride: Int

  init(owner: ColumnOwner, rows: Int, columns: [Int], rowStride: Int, columnStride: Int) {
    self.owner = owner
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// Converts some columns of an array of any type; the values of a column then lie side by side.
  init(
    converting data: UnsafeRawPointer, _ header: NPYHeader, rows: Int, width: Int, columns: [Int], file: String
  ) throws(DataError) {
    var memory = ColumnMemory()
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns.count)
    guard !overflow, memory.resize(to: count), let values = memory.values else {
      throw DataError("\(file): not enough memory for \(rows) x \(columns.count) numbers. Read fewer columns.")
    }
    let type = header.elementType
    let rowStep = type.size * (header.isFortranOrder ? 1 : width)
    let columnStep = type.size * (header.isFortranOrder ? rows : 1)
    // So many rows at a time that the source stays in the cache from column to column.
    let blockSize = 256
    for first in stride(from: 0, to: rows, by: blockSize) {
      let block = min(blockSize, rows - first)
      for (position, column) in columns.enumerated() {
        type.convert(
          from: data + first * rowStep + column * columnStep, step: rowStep, count: block,
          to: values + position * rows + first)
      }
    }
    self.init(
      owner: memory.makeOwner(count: count), rows: rows, columns: columns, rowStride: 1, columnStride: rows)
  }

  /// A view of one of ``columns``.
  func column(_ position: Int, name: String, findings: Column.Findings) -> Column {
    Column(
      name: name, owner: ColumnOwner(base: owner.base + position * columnStride, keeping: owner), count: rows,
      stride: rowStride, findings: findings)
  }

  /// Counts the NaN of each column.
  ///
  /// - Parameters:
  ///   - selected: For each column of the array, whether it matters.
  /// - Throws: ``DataError`` at infinity.
  func countMissing(selected: [Bool], names: [String], file: String) throws(DataError) -> [Int] {
    var missing = [Int](repeating: 0, count: columns.count)
    // The numbers are looked at in the order in which they lie in memory, and one by one only where it is needed.
    let count = rows * columns.count
    let blockSize = 1024
    var first = 0
    while first < count {
      let block = first..<min(first + blockSize, count)
      first = block.upperBound
      if allFinite(block) { continue }
      for index in block where !owner.base[index].isFinite {
        let (row, position) = rowStride == 1 ? (index % rows, index / rows) : (index / rowStride, index % rowStride)
        let column = columns[position]
        guard selected[column] else { continue }
        if owner.base[index].isNaN {
          missing[position] += 1
        } else {
          throw DataError(
            "\(file): row \(row + 1) of column \"\(names[column])\" is \(owner.base[index]), which is not a finite "
              + "number; use NaN for a missing value.")
        }
      }
    }
    return missing
  }

  private func allFinite(_ block: Range<Int>) -> Bool {
    let exponentMask: UInt64 = 0x7FF0_0000_0000_0000
    var found: UInt64 = 0
    for index in block {
      // Adding one to a full exponent carries into the sign bit.
      found |= (owner.base[index].bitPattern & exponentMask) &+ 0x0010_0000_0000_0000
    }
    return found >> 63 == 0
  }
}
