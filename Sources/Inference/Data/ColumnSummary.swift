import Synchronization

/// What checks must know of all values of a column.
struct ColumnSummary: Hashable, Sendable {
  /// How many cells are NaN.
  var missing = 0
  /// The smallest and the largest value; +∞ and −∞ where there is none.
  var least = Double.infinity
  var greatest = -Double.infinity
  /// Whether every value is a whole number or infinite.
  var isWhole = true

  /// Whether every value lies in an interval.
  func isWithin(_ lower: Double, _ upper: Double) -> Bool { least >= lower && greatest <= upper }

  /// Looks at some values.
  mutating func look(at base: UnsafePointer<Double>, stride: Int, count: Int) {
    typealias Values = SIMD4<Double>
    var nans = SIMD4<Int64>()
    var (low, high) = (Values(repeating: least), Values(repeating: greatest))
    var fractions = SIMDMask<SIMD4<Int64>>(repeating: false)
    // Adding this to a smaller number leaves no digits behind the point.
    let integral = Values(repeating: 0x1p52)
    @inline(__always) func take(_ x: Values) {
      let isNaN = x .!= x
      nans &-= SIMD4<Int64>(truncatingIfNeeded: SIMD4<Int64>(repeating: 0).replacing(with: -1, where: isNaN))
      low.replace(with: x, where: x .< low)
      high.replace(with: x, where: x .> high)
      let size = x.replacing(with: -x, where: x .< 0)
      fractions .|= ((size + integral) - integral .!= size) .& (size .< integral)
    }
    var row = 0
    if stride == 1 {
      while row + 4 <= count {
        take(UnsafeRawPointer(base + row).loadUnaligned(as: Values.self))
        row += 4
      }
    }
    while row < count {
      take(Values(repeating: base[row * stride]))
      // Four copies were counted.
      if base[row * stride].isNaN { missing -= 3 }
      row += 1
    }
    missing += Int(nans.wrappedSum())
    (least, greatest) = (low.min(), high.max())
    if any(fractions) { isWhole = false }
  }
}

/// A summary that is made when it is first needed; columns of the same values share it.
final class ColumnSummaryCache: Sendable {
  private let found = Mutex<ColumnSummary?>(nil)

  var value: ColumnSummary? {
    get { found.withLock { $0 } }
    set { found.withLock { $0 = newValue } }
  }
}

extension Column {
  /// What its values are like.
  var summary: ColumnSummary {
    if let known = summaryCache.value { return known }
    [self].summarise()
    return summaryCache.value ?? ColumnSummary()
  }

  /// How many cells are NaN.
  var missingCount: Int { summary.missing }

  /// Goes through all rows in order, a part at a time; the memory of mapped parts is given back.
  func forEachPart<E>(_ body: (Range<Int>) throws(E) -> Void) throws(E) { try [self].forEachPart(body) }
}

/// Rows of columns with these strides that take 128 MiB where they lie, with what a file has between them: so many are in
/// memory at once.
func rowsAtOnce(_ strides: [Int]) -> Int {
  // The columns of a matrix lie within the distance of its rows.
  max((1 << 24) / max(strides.count, strides.max() ?? 1, 1), 1024)
}

extension [Column] {
  /// Makes the summaries of all columns that have none yet, in one pass over the rows.
  func summarise() {
    let unknown = filter { $0.summaryCache.value == nil }
    var summaries = [ColumnSummary](repeating: ColumnSummary(), count: unknown.count)
    unknown.forEachPart { rows in
      for (i, column) in unknown.enumerated() {
        summaries[i].look(
          at: column.base + rows.lowerBound * column.stride, stride: column.stride, count: rows.count)
      }
    }
    for (column, summary) in zip(unknown, summaries) { column.summaryCache.value = summary }
  }

  /// Goes through all rows of columns of one length in order, a part at a time; the memory of mapped parts is given back.
  func forEachPart<E>(_ body: (Range<Int>) throws(E) -> Void) throws(E) {
    guard let count = first?.count else { return }
    let size = Swift.min(1 << 14, rowsAtOnce(map(\.stride)))
    for start in Swift.stride(from: 0, to: count, by: size) {
      let rows = start..<Swift.min(start + size, count)
      try body(rows)
      for column in self { column.releasePages(rows: rows) }
    }
  }
}
