import CKernels

/// A matrix of rows in memory that somebody else owns: a NumPy array of any strides.
struct RowArray {
  /// What the elements are.
  enum Element: Int32 {
    case float64 = 0
    case float32 = 1
    case int64 = 2
    case int32 = 3
  }

  let base: UnsafeRawPointer?
  let element: Element
  let rowCount: Int
  let columnCount: Int
  /// Distances in bytes; negative ones run backwards.
  let rowStride: Int
  let columnStride: Int

  init(
    _ base: UnsafeRawPointer?, element: Int32, rows: Int, columns: Int, rowStride: Int, columnStride: Int
  ) throws(Failure) {
    guard let element = Element(rawValue: element) else {
      throw Failure(.argument, "\(element) is no element type; 0 to 3 are.")
    }
    guard rows >= 0, columns >= 1, columns <= 1 << 20 else {
      throw Failure(.argument, "a matrix of \(rows) rows and \(columns) columns is no matrix of rows.")
    }
    guard base != nil || rows == 0 else { throw Failure(.argument, "the rows have no address.") }
    self.base = base
    self.element = element
    rowCount = rows
    columnCount = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  /// Lays some rows out feature by feature, less a center: `target[d * stride + i]`.
  func load(
    _ rows: Range<Int>, less center: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, stride: Int
  ) {
    guard let base else { return }
    let first = base + rows.lowerBound * rowStride
    switch element {
    case .float64:
      if rowStride % 8 == 0, columnStride == 8, columnCount > 1, rowStride >= 8 * columnCount,
        Int(bitPattern: first) % 8 == 0
      {
        suffice_transpose(
          target, stride, first.assumingMemoryBound(to: Double.self), rowStride / 8, columnCount, rows.count, center)
        return
      }
      guard rowStride % 8 == 0, columnStride % 8 == 0, Int(bitPattern: first) % 8 == 0 else {
        return convert(Double.self, first, rows.count, center, target, stride)
      }
      for d in 0..<columnCount {
        let column = (first + d * columnStride).assumingMemoryBound(to: Double.self)
        suffice_center(target + d * stride, column, rowStride / 8, rows.count, center[d])
      }
    case .float32: convert(Float.self, first, rows.count, center, target, stride)
    case .int64: convert(Int64.self, first, rows.count, center, target, stride)
    case .int32: convert(Int32.self, first, rows.count, center, target, stride)
    }
  }

  private func convert<Value: Convertible>(
    _ type: Value.Type, _ first: UnsafeRawPointer, _ count: Int, _ center: UnsafePointer<Double>,
    _ target: UnsafeMutablePointer<Double>, _ stride: Int
  ) {
    for d in 0..<columnCount {
      let column = first + d * columnStride
      let out = target + d * stride
      let middle = center[d]
      for i in 0..<count { out[i] = column.loadUnaligned(fromByteOffset: i * rowStride, as: type).double - middle }
    }
  }
}

/// A number that is read as a double.
private protocol Convertible: BitwiseCopyable {
  var double: Double { get }
}
extension Double: Convertible {
  var double: Double { self }
}
extension Float: Convertible {
  var double: Double { Double(self) }
}
extension Int64: Convertible {
  var double: Double { Double(self) }
}
extension Int32: Convertible {
  var double: Double { Double(self) }
}
