/// What some rows add up to under some parameters: all that a sweep tells the global variables.
///
/// Statistics of different rows are added, those of a part are scaled to stand for all, and averages of them are taken; so that they
/// may come from other threads, files or machines.
public struct RowStatistics: Hashable, Sendable {
  /// Where the plan has each sum: ``Plan/rowSums``, or together with the entropy of the rows' variables ``Plan/rowTotals``.
  public let slots: [ParameterSlot]
  /// The sums, slot by slot.
  public private(set) var sums: [[Double]]

  /// Puts sums together, one vector for each slot.
  public init(slots: [ParameterSlot], sums: [[Double]]) {
    precondition(slots.count == sums.count, "\(sums.count) sums for \(slots.count) slots")
    self.slots = slots
    self.sums = sums
  }

  /// The sum that belongs in a slot; nil where there is none.
  public subscript(slot: ParameterSlot) -> [Double]? { slots.firstIndex(of: slot).map { sums[$0] } }

  /// Whether these are the sums that a plan's rows add up to, with their entropy: slot by slot of the same size.
  public func areTotals(of plan: Plan) -> Bool {
    slots == plan.rowTotals && zip(slots, sums).allSatisfy { plan.parameters[$0.index].count == $1.count }
  }

  /// Adds the statistics of other rows, a number of times.
  ///
  /// - Precondition: They are sums of the same plan.
  public mutating func add(_ other: RowStatistics, times factor: Double = 1) {
    precondition(slots == other.slots, "statistics of different plans")
    for i in sums.indices {
      let more = other.sums[i]
      sums[i].withUnsafeMutableBufferPointer { target in
        for j in target.indices { target[j] += factor * more[j] }
      }
    }
  }

  /// The statistics times a number.
  public func scaled(by factor: Double) -> RowStatistics {
    RowStatistics(slots: slots, sums: sums.map { $0.map { factor * $0 } })
  }

  /// What one lot of rows adds up to beyond another.
  public static func - (a: RowStatistics, b: RowStatistics) -> RowStatistics {
    var difference = a
    difference.add(b, times: -1)
    return difference
  }
}

extension ParameterMemory {
  /// The numbers of some slots as statistics of rows.
  public func statistics(_ slots: [ParameterSlot]) -> RowStatistics {
    RowStatistics(slots: slots, sums: slots.map { self[$0] })
  }

  /// Puts statistics into their slots.
  public mutating func set(_ statistics: RowStatistics) {
    for (slot, sums) in zip(statistics.slots, statistics.sums) { self[slot] = sums }
  }

  /// Adds statistics to what is in their slots, or in some of these.
  public mutating func add(_ statistics: RowStatistics, to slots: [ParameterSlot]? = nil) {
    for (slot, sums) in zip(statistics.slots, statistics.sums) where slots?.contains(slot) ?? true {
      self[slot].withUnsafeMutableBufferPointer { target in for j in target.indices { target[j] += sums[j] } }
    }
  }
}

/// What a sweep found.
public struct RowSweep: Hashable, Sendable {
  /// What the rows add up to, by slot of ``Plan/rowSums``.
  public var statistics: RowStatistics
  /// The slots that were asked for, row by row.
  public var outputs: [TileSlot: [Double]]

  /// Puts a result together.
  public init(_ statistics: RowStatistics, outputs: [TileSlot: [Double]] = [:]) {
    self.statistics = statistics
    self.outputs = outputs
  }
}

/// Expected statistics of a row variable that take the place of computed ones, for each row of a selection.
public enum RowOverride: Hashable, Sendable {
  /// Numbers, as many for each row as its slot is wide.
  case values([Double])
  /// A label of each row, counted from 0: probability 1 of this value for every member of the variable. Where it is negative, all
  /// probabilities are 0.
  case labels([Int32])

  /// The expectations of some rows.
  ///
  /// - Parameters:
  ///   - range: Places of the rows in the selection.
  ///   - count: How many rows the selection has.
  public func rows(_ range: Range<Int>, of count: Int) -> RowOverride {
    switch self {
    case .values(let values):
      let width = values.count / max(count, 1)
      return .values(Array(values[range.lowerBound * width..<range.upperBound * width]))
    case .labels(let labels): return .labels(Array(labels[range]))
    }
  }

  /// The numbers, row by row and member by member, of a variable with so many values or statistics.
  public func values(size: Int, members: Int = 1) -> [Double] {
    switch self {
    case .values(let values): return values
    case .labels(let labels):
      var values = [Double](repeating: 0, count: labels.count * members * size)
      for (row, label) in labels.enumerated() where label >= 0 {
        for member in 0..<members { values[(row * members + member) * size + Int(label)] = 1 }
      }
      return values
    }
  }
}
