import Inference

/// The elements of a NumPy array in a mapped file.
///
/// They are gone through in the order in which they lie, and pages are given back on the way: the array may be larger
/// than memory.
struct NPYArray {
  let file: Mapping
  let header: NPYHeader
  let rows: Int
  let width: Int

  private var data: UnsafeRawPointer { file.base + header.dataOffset }

  /// Whether the elements can be used where they lie.
  var isReady: Bool {
    header.elementType.isNativeDouble && Int(bitPattern: data) % MemoryLayout<Double>.alignment == 0
  }

  /// Views of the columns in the file, with the distance between the values of each.
  func view(_ cells: inout NPYCells) throws(DataError) -> [(owner: ColumnOwner, stride: Int)?] {
    let values = data.assumingMemoryBound(to: Double.self)
    let count = rows * width
    let (rows, width, isFortranOrder) = (self.rows, self.width, header.isFortranOrder)
    let blockSize = Self.elementsAtOnce
    for first in stride(from: 0, to: count, by: blockSize) {
      let block = first..<min(first + blockSize, count)
      try cells.look(at: values + first, count: block.count) { index in
        let place = first + index
        return isFortranOrder ? (place % rows, place / rows) : (place / width, place % width)
      }
      releasePages(block)
    }
    return (0..<width).map { column in
      let first = isFortranOrder ? column * rows : column
      return (ColumnOwner(base: values + first, mapped: file), isFortranOrder ? 1 : width)
    }
  }

  /// The columns that are selected, as doubles side by side; in a temporary file where they exceed the limit.
  func convert(
    _ cells: inout NPYCells, path: String, memoryLimit: Int
  ) throws(DataError) -> [(owner: ColumnOwner, stride: Int)?] {
    let wanted = (0..<width).filter { cells.selected[$0] }
    let store = ColumnStore(columnCount: wanted.count, memoryLimit: memoryLimit, name: path)
    let type = header.elementType
    let rowStep = header.isFortranOrder ? 1 : width
    let columnStep = header.isFortranOrder ? rows : 1
    let blockSize = Self.rowsAtOnce(of: wanted.count)
    let block = UnsafeMutablePointer<Double>.allocate(capacity: blockSize * wanted.count)
    defer { block.deallocate() }
    for first in stride(from: 0, to: rows, by: blockSize) {
      let count = min(blockSize, rows - first)
      for (position, column) in wanted.enumerated() {
        let target = block + position * blockSize
        type.convert(
          from: data + (first * rowStep + column * columnStep) * type.size, step: rowStep * type.size, count: count,
          to: target)
        try cells.look(at: target, count: count) { (first + $0, column) }
        if header.isFortranOrder { releasePages(column * rows + first..<column * rows + first + count) }
      }
      try store.append(count, wanted.indices.map { block + $0 * blockSize })
      if !header.isFortranOrder { releasePages(first * width..<(first + count) * width) }
    }
    var owners = [(owner: ColumnOwner, stride: Int)?](repeating: nil, count: width)
    for (position, column) in wanted.enumerated() { owners[column] = (try store.owner(of: position), 1) }
    return owners
  }

  /// Elements that are looked at before their pages are given back.
  static let elementsAtOnce = 1 << 19

  /// Rows that are converted at a time: so many that the source stays in the cache from column to column.
  static func rowsAtOnce(of columns: Int) -> Int { max(256, min(1 << 14, (1 << 17) / max(columns, 1))) }

  private func releasePages(_ elements: Range<Int>) {
    let size = header.elementType.size
    file.releasePages(header.dataOffset + elements.lowerBound * size..<header.dataOffset + elements.upperBound * size)
  }
}

/// What is found in the cells of a NumPy array: NaN is a missing value, and infinity is an error.
struct NPYCells {
  private let file: String
  private let names: [String]
  /// For each column of the array, whether it matters.
  let selected: [Bool]
  /// How many cells of each column are NaN.
  private(set) var missing: [Int]

  init(file: String, names: [String], selected: [Bool]) {
    self.file = file
    self.names = names
    self.selected = selected
    missing = Array(repeating: 0, count: names.count)
  }

  /// Looks at values that lie side by side.
  ///
  /// - Parameter place: The row and column of a value.
  /// - Throws: ``DataError`` at infinity.
  mutating func look(
    at values: UnsafePointer<Double>, count: Int, place: (Int) -> (row: Int, column: Int)
  ) throws(DataError) {
    // One by one only where it is needed.
    let blockSize = 1024
    for first in stride(from: 0, to: count, by: blockSize) {
      let block = first..<min(first + blockSize, count)
      if Self.allFinite(values + first, block.count) { continue }
      for index in block where !values[index].isFinite {
        let (row, column) = place(index)
        guard selected[column] else { continue }
        if values[index].isNaN {
          missing[column] += 1
        } else {
          throw DataError(
            "\(file): row \(row + 1) of column \"\(names[column])\" is \(values[index]), which is not a finite number; "
              + "use NaN for a missing value.")
        }
      }
    }
  }

  private static func allFinite(_ values: UnsafePointer<Double>, _ count: Int) -> Bool {
    let exponentMask: UInt64 = 0x7FF0_0000_0000_0000
    var found: UInt64 = 0
    for index in 0..<count {
      // Adding one to a full exponent carries into the sign bit.
      found |= (values[index].bitPattern & exponentMask) &+ 0x0010_0000_0000_0000
    }
    return found >> 63 == 0
  }
}
