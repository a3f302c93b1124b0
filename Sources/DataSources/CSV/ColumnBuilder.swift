import Inference

/// Collects the cells of one column of a CSV file.
final class ColumnBuilder {
  /// What the cells of a column are taken for.
  enum Mode: UInt8 {
    /// The column is not read.
    case skipped
    /// Numbers, as far as the column has been read.
    case numbers
    /// Numbers, some of which may mean a missing value.
    case checkedNumbers
    /// Labels.
    case labels
    /// The column has numbers and then text. The spelling of its numbers, which are labels now, is lost: the file has to
    /// be read again.
    case mixed
  }

  /// What messages call the column: its name in quotes.
  let name: String
  private(set) var mode: Mode
  var memory = ColumnMemory()
  private(set) var findings = Column.Findings()

  private let parser = DecimalParser()
  private let missingTexts: [[UInt8]]
  private let labels = LabelTable()
  /// Whether findings about a mixture of numbers and text are wanted.
  private let reportsMixture: Bool
  private var labelsHaveNumbers = false
  private var firstText: (line: Int, text: String)?
  private var firstNotFinite: (line: Int, text: String)?
  private var notFiniteCount = 0

  /// - Parameters:
  ///   - mode: What to take the first cell for.
  ///   - isCategorical: Whether the user asked for labels.
  init(name: String, mode: Mode, isCategorical: Bool, missingTexts: [[UInt8]]) {
    self.name = name
    self.mode = mode
    self.missingTexts = missingTexts
    reportsMixture = !isCategorical
  }

  /// The value of a missing cell, which is counted.
  func missingValue(line: Int) -> Double {
    findings.missingCount += 1
    if findings.firstMissingLine == nil { findings.firstMissingLine = line }
    return .nan
  }

  /// The value of a cell: a number, the index of its label, or NaN if it is missing.
  ///
  /// - Parameters:
  ///   - row: How many cells came before.
  /// - Throws: ``CellError`` where the cell is no text.
  func value(of cell: UnsafeBufferPointer<UInt8>, line: Int, row: Int) throws(CellError) -> Double {
    if cell.isEmpty || missingTexts.contains(where: { $0.elementsEqual(cell) }) { return missingValue(line: line) }
    switch mode {
    case .skipped, .mixed: return .nan
    case .labels: return try label(cell, line: line)
    case .numbers, .checkedNumbers:
      if let number = number(cell) {
        if number.isFinite { return number }
        return notFinite(cell, line: line)
      }
      if Self.isNotFiniteWord(cell) { return notFinite(cell, line: line) }
      if row == findings.missingCount {
        mode = .labels
        return try label(cell, line: line)
      }
      mode = .mixed
      return .nan
    }
  }

  /// The finished column.
  ///
  /// - Throws: ``DataError`` where a column of numbers has one that is not finite.
  func finish(count: Int, name: String, file: String) throws(DataError) -> Column {
    let values = memory.values
    switch mode {
    case .labels:
      let (levels, newIndex) = labels.sortedLevels()
      if let values {
        for row in 0..<count where !values[row].isNaN { values[row] = Double(newIndex[Int(values[row])]) }
      }
      if reportsMixture, labelsHaveNumbers { findings.firstText = firstText }
      return makeColumn(name, count, .categorical(levels: levels))
    case .numbers, .checkedNumbers, .skipped, .mixed:
      if let (line, text) = firstNotFinite {
        throw DataError(
          "\(file), line \(line), column \(self.name): \"\(shown(text))\" is not a finite number; leave the cell empty "
            + "if it is missing (or name the text with the missing-value option).")
      }
      return makeColumn(name, count, .numeric)
    }
  }

  private func makeColumn(_ name: String, _ count: Int, _ kind: Column.Kind) -> Column {
    var taken = ColumnMemory()
    swap(&taken, &memory)
    return Column(
      name: name, owner: taken.makeOwner(count: count), count: count, stride: 1, kind: kind, findings: findings)
  }

  // MARK: Cells

  private func number(_ cell: UnsafeBufferPointer<UInt8>) -> Double? {
    guard let start = cell.baseAddress else { return nil }
    var value = 0.0
    return parser.parse(start, into: &value) == start + cell.count ? value : nil
  }

  private func notFinite(_ cell: UnsafeBufferPointer<UInt8>, line: Int) -> Double {
    notFiniteCount += 1
    if firstNotFinite == nil { firstNotFinite = (line, String(decoding: cell, as: UTF8.self)) }
    return .nan
  }

  private func label(_ cell: UnsafeBufferPointer<UInt8>, line: Int) throws(CellError) -> Double {
    let (index, isNew) = labels.index(of: cell)
    if isNew {
      guard let text = String(validating: cell, as: UTF8.self) else { throw CellError.invalidUTF8 }
      if number(cell) != nil {
        labelsHaveNumbers = true
      } else if firstText == nil {
        firstText = (line, text)
      }
    }
    return Double(index)
  }

  /// Whether a text is one of the words that `strtod` takes for infinity or no number.
  private static func isNotFiniteWord(_ cell: UnsafeBufferPointer<UInt8>) -> Bool {
    guard cell.count <= 9 else { return false }
    var word = String(decoding: cell, as: UTF8.self).lowercased()[...]
    if word.first == "-" || word.first == "+" { word.removeFirst() }
    return word == "nan" || word == "inf" || word == "infinity"
  }
}

/// What can be wrong with a single cell.
enum CellError: Error {
  case invalidUTF8
}
