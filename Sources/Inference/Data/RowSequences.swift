import ExponentialFamilies
import ModelLanguage

/// The sequences that the rows of a table form, in the order of the table.
struct RowSequences {
  /// The first row of each sequence, and the number of rows at the end.
  private let starts: [Int]

  /// Reads off the sequences: all rows are one, or the rows of one label that follow one another.
  ///
  /// - Throws: ``DataError`` where a sequence is interrupted by another, or its time has a gap.
  init(_ graph: ModelGraph, _ columns: [[Column]], _ table: DataTable) throws(DataError) {
    var starts = [0]
    guard let order = graph.order else {
      self.starts = [0, table.rowCount]
      return
    }
    func column(_ variable: Int) -> Column? { columns[graph.observed.firstIndex(of: variable) ?? 0].first }
    if let sequence = order.sequence, let labels = column(sequence) {
      var seen: Set<Double> = []
      for row in 0..<labels.count {
        if row > 0 && labels[row] == labels[row - 1] { continue }
        if row > 0 { starts.append(row) }
        if !seen.insert(labels[row]).inserted {
          throw DataError(
            "\(table.origin): the rows of one sequence do not follow one another: in row \(row + 1) of column \"\(labels.name)\" "
              + "begins again a sequence that ended before. Sort the rows by \"\(labels.name)\", and within it by time."
          )
        }
      }
    }
    starts.append(table.rowCount)
    if let time = order.time, let numbers = columns[graph.observed.firstIndex(of: time) ?? 0].last {
      for (start, end) in zip(starts, starts.dropFirst()) where end - start > 1 {
        // A gap stands out from the smallest step, wherever it is.
        let steps = ((start + 1)..<end).map { numbers[$0] - numbers[$0 - 1] }
        let step = steps.min() ?? 0
        for row in (start + 1)..<end {
          let found = numbers[row] - numbers[row - 1]
          if step <= 0 && found > 0 { continue }
          if step > 0 && abs(found - step) <= 1e-9 * (abs(step) + abs(numbers[row])) { continue }
          throw DataError(
            "\(table.origin): column \"\(numbers.name)\" goes from \(text(numbers[row - 1])) to \(text(numbers[row])) in row \(row + 1); "
              + (step > 0
                ? "its smallest step is \(text(step)). Add the missing rows with empty cells, or begin a new sequence."
                : "time must grow. Sort the rows."))
        }
      }
    }
    self.starts = starts
  }

  /// A chain counts as a whole: the rows of a sequence have one weight.
  func checkWeights(_ weights: Column, chain: String, origin: String) throws(DataError) {
    for (start, end) in zip(starts, starts.dropFirst()) {
      for row in start..<end where weights[row] != weights[start] {
        throw DataError(
          "\(origin): the weight in column \"\(weights.name)\" goes from \(text(weights[row - 1])) to \(text(weights[row])) in row "
            + "\(row + 1), but \"\(chain)\" links each row to the one before, so that a sequence counts as a whole. Give all its rows "
            + "one weight, or leave the weights out.")
      }
    }
  }

  /// The rows that have a full past; nil for all.
  func keptRows(_ lag: Int) -> [Int]? {
    if lag == 0 { return nil }
    return zip(starts, starts.dropFirst()).flatMap { start, end in
      start + lag < end ? Array((start + lag)..<end) : []
    }
  }

  /// 1 in the rows of a scope, counted among some rows.
  func indicator(_ scope: Term.RowScope, rows: [Int]) -> Column {
    var sequence = 0
    let owner = rows.map { row in
      while row >= starts[sequence + 1] { sequence += 1 }
      return sequence
    }
    let values = rows.indices.map { i -> Double in
      let isFirst = i == 0 || owner[i - 1] != owner[i]
      let isLast = i == rows.count - 1 || owner[i + 1] != owner[i]
      switch scope {
      case .all: return 1
      case .first: return isFirst ? 1 : 0
      case .later: return isFirst ? 0 : 1
      case .followed: return isLast ? 0 : 1
      }
    }
    return Column(name: "\(scope.rawValue) row", values: values)
  }
}
