import Inference

/// Understands the cells of one column of a CSV file.
///
/// A file is read part by part, each with builders of its own, which one builder of the whole file absorbs in order.
final class ColumnBuilder {
  /// What the cells of a column are taken for.
  enum Mode: UInt8 {
    /// The column is not read.
    case skipped
    /// No cell has decided yet between numbers and labels.
    case undecided
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
  private(set) var findings = Column.Findings()

  private let parser: DecimalParser
  /// Reads numbers with the other mark than the file is taken to have; nil where nobody asks for such.
  private let otherParser: DecimalParser?
  private let missingTexts: [[UInt8]]
  private let labels = LabelTable()
  /// What a column of numbers is read as.
  private let numberMode: Mode
  /// Whether findings about a mixture of numbers and text are wanted.
  private let reportsMixture: Bool
  private var labelsHaveNumbers = false
  private var firstText: (line: Int, text: String)?
  private var firstNotFinite: (line: Int, text: String)?
  /// The first cell that would be a number if commas and points changed places.
  private(set) var firstOtherMark: DecimalMark.Cell?

  /// - Parameters:
  ///   - mode: What to take the first cell for.
  ///   - isCategorical: Whether the user asked for labels.
  ///   - otherMark: The decimal mark that the file may have as well; nil where that is settled.
  init(
    name: String, mode: Mode, isCategorical: Bool, missingTexts: [[UInt8]], format: CSVFormat, otherMark: UInt8?
  ) {
    parser = DecimalParser(mark: format.decimalMark)
    otherParser = isCategorical ? nil : otherMark.map { DecimalParser(mark: $0) }
    self.name = name
    self.mode = mode
    self.missingTexts = missingTexts
    reportsMixture = !isCategorical
    let missingTextsHaveNumbers = missingTexts.contains { text in
      text.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
    // Numbers are read straight from memory where no field that means something else begins like one.
    let isChecked = missingTextsHaveNumbers || format.decimalMark == format.delimiter
    numberMode = isChecked ? .checkedNumbers : .numbers
  }

  // MARK: Parts

  /// Forgets all cells.
  func begin(as mode: Mode) {
    self.mode = mode
    findings = Column.Findings()
    labels.removeAll()
    (labelsHaveNumbers, firstText, firstNotFinite, firstOtherMark) = (false, nil, nil, nil)
  }

  /// Takes over what another builder found in the rows that follow, and numbers its labels anew.
  ///
  /// - Parameters:
  ///   - values: The other builder's values.
  ///   - lineOffset: How much its lines are behind those of the file.
  func absorb(_ part: ColumnBuilder, values: UnsafeMutableBufferPointer<Double>, lineOffset: Int) {
    mode = part.mode
    findings.missingCount += part.findings.missingCount
    if findings.firstMissingLine == nil {
      findings.firstMissingLine = part.findings.firstMissingLine.map { $0 + lineOffset }
    }
    if firstNotFinite == nil { firstNotFinite = part.firstNotFinite.map { ($0.line + lineOffset, $0.text) } }
    if firstText == nil { firstText = part.firstText.map { ($0.line + lineOffset, $0.text) } }
    if firstOtherMark == nil { firstOtherMark = part.firstOtherMark.map { ($0.line + lineOffset, $0.text) } }
    labelsHaveNumbers = labelsHaveNumbers || part.labelsHaveNumbers
    if part.labels.count > 0 { LabelTable.renumber(values, labels.add(part.labels)) }
  }

  // MARK: The finished column

  /// The finished column, of which the values are column `index` of a store.
  ///
  /// - Throws: ``DataError`` where a column of numbers has one that is not finite.
  func finish(name: String, _ store: ColumnStore, index: Int, file: String) throws(DataError) -> Column {
    var kind = Column.Kind.numeric
    if mode == .labels {
      if reportsMixture, labelsHaveNumbers { findings.firstText = firstText }
      kind = .categorical(levels: try labels.sortLevels(of: index, in: store))
    } else if let (line, text) = firstNotFinite {
      throw DataError(
        "\(file), line \(line), column \(self.name): \"\(shown(text))\" is not a finite number; leave the cell empty "
          + "if it is missing, or say that the text means so.", remedy: .missing(shown(text)))
    }
    return Column(
      name: name, owner: try store.owner(of: index), count: store.count, stride: 1, kind: kind, findings: findings)
  }

  // MARK: Cells

  /// The value of a missing cell, which is counted.
  func missingValue(line: Int) -> Double {
    findings.missingCount += 1
    if findings.firstMissingLine == nil { findings.firstMissingLine = line }
    return .nan
  }

  /// The value of a cell: a number, the index of its label, or NaN if it is missing.
  ///
  /// - Throws: ``CellError`` where the cell is no text.
  func value(of cell: UnsafeBufferPointer<UInt8>, line: Int) throws(CellError) -> Double {
    if cell.isEmpty || missingTexts.contains(where: { $0.elementsEqual(cell) }) { return missingValue(line: line) }
    switch mode {
    case .skipped, .mixed: return .nan
    case .labels: return try label(cell, line: line)
    case .undecided, .numbers, .checkedNumbers:
      if let number = number(cell), number.isFinite {
        mode = numberMode
        return number
      } else if number(cell) != nil || Self.isNotFiniteWord(cell) {
        if firstNotFinite == nil { firstNotFinite = (line, String(decoding: cell, as: UTF8.self)) }
        mode = numberMode
        return .nan
      }
      if mode == .undecided {
        mode = .labels
        return try label(cell, line: line)
      }
      noteOtherMark(cell, line: line)
      mode = .mixed
      return .nan
    }
  }

  private func noteOtherMark(_ cell: UnsafeBufferPointer<UInt8>, line: Int) {
    guard firstOtherMark == nil, let otherParser, number(cell, otherParser)?.isFinite ?? false else { return }
    firstOtherMark = (line, String(decoding: cell, as: UTF8.self))
  }

  private func number(_ cell: UnsafeBufferPointer<UInt8>) -> Double? { number(cell, parser) }

  private func number(_ cell: UnsafeBufferPointer<UInt8>, _ parser: DecimalParser) -> Double? {
    guard let start = cell.baseAddress else { return nil }
    var value = 0.0
    return parser.parse(start, into: &value) == start + cell.count ? value : nil
  }

  private func label(_ cell: UnsafeBufferPointer<UInt8>, line: Int) throws(CellError) -> Double {
    let (index, isNew) = labels.index(of: cell)
    if isNew {
      guard let text = String(validating: cell, as: UTF8.self) else { throw CellError.invalidUTF8 }
      if number(cell) != nil {
        labelsHaveNumbers = true
      } else {
        if firstText == nil { firstText = (line, text) }
        noteOtherMark(cell, line: line)
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

/// The bytes that may stand before the fraction of a number.
enum DecimalMark {
  /// A cell whose mark is not that of the file.
  typealias Cell = (line: Int, text: String)

  static let point = UInt8(ascii: ".")
  static let comma = UInt8(ascii: ",")

  static func other(than mark: UInt8) -> UInt8 { mark == point ? comma : point }
}

/// What can be wrong with a single cell.
enum CellError: Error {
  case invalidUTF8
}
