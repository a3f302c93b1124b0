import COpenBLAS

/// Columns of equal length, one after the other in memory.
struct ColumnBlock {
  let rows: Int
  let columns: Int
  var values: [Double]

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    values = [Double](repeating: 0, count: rows * columns)
  }

  /// Rows are added up in chunks of this many, so that sums depend on nothing else.
  static let chunk = 1 << 12

  private var chunks: Int { (rows + Self.chunk - 1) / Self.chunk }

  /// Σᵢ xᵢⱼxᵢₖ over all rows, or with weights Σᵢ wᵢxᵢⱼxᵢₖ.
  func gram(weights: UnsafeBufferPointer<Double>? = nil, threads: Int) -> DenseMatrix {
    let d = columns
    // A few partial sums, not one for each chunk; which rows each has depends on the number of rows alone.
    let parts = min(chunks, 64)
    let sums = values.withUnsafeBufferPointer { values in
      nonisolated(unsafe) let (values, weights) = (values, weights)
      return parallelMap(threads, parts) { part -> [Double] in
        var sum = [Double](repeating: 0, count: d * d)
        var scaled = [Double](repeating: 0, count: weights == nil ? 0 : Self.chunk * d)
        for chunk in (chunks * part / parts)..<(chunks * (part + 1) / parts) {
          let first = chunk * Self.chunk
          let count = min(Self.chunk, rows - first)
          Self.addGram(values, first, count, rows, d, weights, &scaled, &sum)
        }
        return sum
      }
    }
    var total = DenseMatrix(order: d, elements: [Double](repeating: 0, count: d * d))
    for sum in sums { for i in 0..<(d * d) { total.elements[i] += sum[i] } }
    return total
  }

  private static func addGram(
    _ values: UnsafeBufferPointer<Double>, _ first: Int, _ count: Int, _ rows: Int, _ d: Int,
    _ weights: UnsafeBufferPointer<Double>?, _ scaled: inout [Double], _ sum: inout [Double]
  ) {
    guard let base = values.baseAddress else { return }
    var (m, k, stride) = (Int32(d), Int32(count), Int32(rows))
    var one = 1.0
    guard let weights else {
      dgemm_("T", "N", &m, &m, &k, &one, base + first, &stride, base + first, &stride, &one, &sum, &m)
      return
    }
    for j in 0..<d {
      for i in 0..<count { scaled[j * count + i] = weights[first + i] * values[j * rows + first + i] }
    }
    dgemm_("T", "N", &m, &m, &k, &one, scaled, &k, base + first, &stride, &one, &sum, &m)
  }

  /// Calls a function with the product of each chunk of rows with a square matrix, xᵢM, column after column.
  func forEachProduct(
    _ matrix: DenseMatrix, threads: Int, _ body: (_ rows: Range<Int>, _ product: UnsafeBufferPointer<Double>) -> Void
  ) {
    let d = columns
    values.withUnsafeBufferPointer { values in
      nonisolated(unsafe) let base = values.baseAddress
      inParallel(threads, tasks: chunks) { chunk, _ in
        guard let base else { return }
        let first = chunk * Self.chunk
        let count = min(Self.chunk, rows - first)
        var product = [Double](repeating: 0, count: count * d)
        var (m, n, stride) = (Int32(count), Int32(d), Int32(rows))
        var (one, zero) = (1.0, 0.0)
        dgemm_("N", "N", &m, &n, &n, &one, base + first, &stride, matrix.elements, &n, &zero, &product, &m)
        product.withUnsafeBufferPointer { body(first..<(first + count), $0) }
      }
    }
  }
}

/// Mean and deviation of numbers, by sums over short stretches, whose rounding errors do not grow with the count.
func momentsOf(_ values: UnsafeBufferPointer<Double>) -> (mean: Double, deviation: Double) {
  let n = Double(values.count)
  let centre = values[values.count / 2]
  func total(_ f: (Double) -> Double) -> Double {
    var sum = 0.0
    for first in stride(from: 0, to: values.count, by: 1024) {
      var part = 0.0
      for i in first..<min(first + 1024, values.count) { part += f(values[i]) }
      sum += part
    }
    return sum
  }
  let shift = total { $0 - centre } / n
  let squares = total { ($0 - centre - shift) * ($0 - centre - shift) }
  return (centre + shift, (squares / n).squareRoot())
}
