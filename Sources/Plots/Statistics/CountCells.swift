/// The whole numbers in view, one to a cell, or several where there are too many to draw.
struct CountCells {
  let first: Int
  /// How many whole numbers a cell takes in.
  let size: Int
  /// How many cells there are.
  let count: Int
  let domain: Domain
  let notes: [String]

  /// Beyond this, neither whole numbers nor their cells are exact in the arithmetic of the axis.
  private static let largest = 1_000_000_000_000
  private static let mostCells = 120

  init(_ values: [Int], range: ClosedRange<Int>?) {
    let kept = values.filter(Self.isDrawable).map(Double.init).sorted()
    let robust = RobustView(sorted: kept)
    var notes: [String] = []
    var (low, high) = (0, 10)
    if let range {
      low = min(max(range.lowerBound, -Self.largest), Self.largest)
      high = min(max(range.upperBound, -Self.largest), Self.largest)
    } else if !kept.isEmpty {
      low = Int(robust.domain.lower.rounded(.up))
      high = Int(robust.domain.upper.rounded(.down))
      if kept[0] == kept[kept.count - 1] { (low, high) = (Int(kept[0]) - 2, Int(kept[0]) + 2) }
      // Counts that come near to zero are read against it.
      if low > 0, low < (high - low) { low = 0 }
      if let note = robust.note { notes.append(note) }
    }
    if kept.count < values.count {
      notes.append("\(NumberText.counted(values.count - kept.count, "value")) beyond 10¹² not shown.")
    }
    size = (high - low) / Self.mostCells + 1
    count = (high - low) / size + 1
    first = low
    if size > 1 {
      notes.append("Each bar is the mean over \(NumberText.count(size)) neighbouring counts.")
    }
    domain = Domain(
      Double(first) - 0.5 - 0.1 * Double(size), Double(first + count * size) - 0.5 + 0.1 * Double(size))
    self.notes = notes
  }

  func middle(_ cell: Int) -> Double {
    Double(first + cell * size) + Double(size - 1) / 2
  }

  /// The share of the data at each count, averaged over a cell.
  func shares(of values: [Int]) -> [Double] {
    var counts = [Int](repeating: 0, count: count)
    for value in values where Self.isDrawable(value) && value >= first {
      let cell = (value - first) / size
      if cell < count { counts[cell] += 1 }
    }
    return counts.map { Double($0) / Double(max(values.count, 1)) / Double(size) }
  }

  /// The mean of a probability over each cell, from at most a few places in it.
  func means(of mass: (Int) -> Double) -> [Double] {
    (0..<count).map { cell in
      let start = first + cell * size
      let step = max(1, size / 16)
      let places = Array(stride(from: start, to: start + size, by: step))
      return places.reduce(0) { $0 + mass($1) } / Double(places.count)
    }
  }

  private static func isDrawable(_ value: Int) -> Bool { value >= -largest && value <= largest }
}
