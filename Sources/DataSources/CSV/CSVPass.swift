import Inference

/// One reading of the rows of a CSV file into columns.
///
/// The rows are collected in `builders`, one for each field of a row or nil where the field is skipped. Numbers are read
/// straight from the block, everything else field by field.
final class CSVPass {
  /// How a reading ended.
  enum Outcome {
    /// All rows were read.
    case finished(rows: Int)
    /// Text was found among numbers early enough to begin again at once.
    case restart
  }

  /// A mixture found before so many bytes were read makes it worthwhile to begin again at once.
  private static let restartLimit = 1 << 21

  private let scanner: CSVScanner
  private let builders: [ColumnBuilder?]
  private let fieldCount: Int
  private let describeHeader: String
  private let parser = DecimalParser()
  private let modes: UnsafeMutablePointer<ColumnBuilder.Mode>
  /// Where the values of each column lie.
  private let stores: UnsafeMutablePointer<UnsafeMutablePointer<Double>?>
  private var capacity = 0

  /// - Parameters:
  ///   - scanner: Stands at the first row.
  ///   - describeHeader: What determined the number of fields, for messages: "the header".
  init(scanner: CSVScanner, builders: [ColumnBuilder?], describeHeader: String) {
    self.scanner = scanner
    self.builders = builders
    self.describeHeader = describeHeader
    fieldCount = builders.count
    modes = .allocate(capacity: fieldCount)
    stores = .allocate(capacity: fieldCount)
    for index in 0..<fieldCount {
      modes[index] = builders[index]?.mode ?? .skipped
      (stores + index).initialize(to: nil)
    }
  }

  deinit {
    modes.deallocate()
    stores.deallocate()
  }

  func readRows() throws(DataError) -> Outcome {
    // Everything the loop touches for each number is in a local variable.
    let (scanner, parser, modes, stores, fieldCount) = (self.scanner, self.parser, self.modes, self.stores, fieldCount)
    let (delimiter, lineEnd) = (scanner.delimiter, scanner.lineEnd)
    var p = scanner.cursor
    var line = scanner.line
    var row = 0
    var block = scanner.blockCount
    var blankLines = 0

    while true {
      // The end of the block is a zero. A line that begins with a space or a control character may be blank.
      if p.pointee <= UInt8(ascii: " ") {
        (scanner.cursor, scanner.line) = (p, line)
        let start = try scanner.beginLine()
        (p, line) = (scanner.cursor, scanner.line)
        switch start {
        case .end: return .finished(rows: row)
        case .blank:
          blankLines += 1
          continue
        case .row: break
        }
      }
      if blankLines > 0 { try takeBlankLines(&blankLines, before: line, row: &row) }
      if scanner.blockCount != block {
        block = scanner.blockCount
        if scanner.bytesRead <= Self.restartLimit, builders.contains(where: { $0?.mode == .mixed }) { return .restart }
      }
      if row == capacity { try grow() }

      let firstLine = line
      var column = 0
      while true {
        switch modes[column] {
        case .numbers:
          var value = 0.0
          if let end = parser.parse(p, into: &value), value.isFinite {
            let next = end.pointee
            if next == delimiter, column + 1 < fieldCount {
              stores[column]?[row] = value
              column += 1
              p = end + 1
              continue
            }
            if column + 1 == fieldCount {
              let length =
                next == lineEnd ? 1 : next == CSVScanner.carriageReturn && end[1] == lineEnd ? 2 : 0
              if length > 0 {
                stores[column]?[row] = value
                column += 1
                p = end + length
                line += 1
                break
              }
            }
          }
        case .skipped, .mixed:
          var end = p
          if end.pointee != CSVScanner.quote {
            while end.pointee != delimiter, end.pointee != lineEnd, end.pointee != 0 { end += 1 }
            if end.pointee == delimiter, column + 1 < fieldCount {
              column += 1
              p = end + 1
              continue
            }
          }
        case .checkedNumbers, .labels: break
        }
        if column == fieldCount { break }

        // Anything unusual: the end of the block, quotes, spaces, text, a missing cell, too many or too few fields.
        (scanner.cursor, scanner.line) = (p, line)
        let endsLine = try scanner.nextField()
        try store(column, row)
        (p, line) = (scanner.cursor, scanner.line)
        column += 1
        if endsLine != (column == fieldCount) { throw try raggedRow(firstLine, fields: column, endsLine: endsLine) }
        if endsLine { break }
      }
      row += 1
    }
  }

  // MARK: Cells

  private func store(_ column: Int, _ row: Int) throws(DataError) {
    guard let builder = builders[column] else { return }
    do {
      stores[column]?[row] = try builder.value(of: scanner.field, line: scanner.fieldLine, row: row)
      modes[column] = builder.mode
    } catch {
      throw scanner.notText("column \(builder.name) has a byte that is not UTF-8", line: scanner.fieldLine)
    }
  }

  /// In a file of one column, a blank line is a missing cell if rows follow.
  private func takeBlankLines(_ count: inout Int, before line: Int, row: inout Int) throws(DataError) {
    if fieldCount > 1 {
      throw DataError(
        "\(scanner.name), line \(line - count): the line is blank, but rows follow; "
          + "\(counted(fieldCount, "field")) were expected. Remove the line.")
    }
    for blank in line - count..<line {
      if row == capacity { try grow() }
      if let value = builders[0]?.missingValue(line: blank) { stores[0]?[row] = value }
      row += 1
    }
    count = 0
  }

  private func raggedRow(_ line: Int, fields: Int, endsLine: Bool) throws(DataError) -> DataError {
    var fields = fields
    if !endsLine {
      repeat { fields += 1 } while try !scanner.nextField()
    }
    return DataError(
      "\(scanner.name), line \(line): the line has \(counted(fields, "field")), but \(describeHeader) has "
        + "\(fieldCount). Text that holds the delimiter must be in quotes.")
  }

  private func grow() throws(DataError) {
    capacity = max(64, 2 * capacity)
    for (index, builder) in builders.enumerated() {
      guard let builder else { continue }
      guard builder.memory.resize(to: capacity) else {
        throw DataError("\(scanner.name): not enough memory for \(capacity) rows. Read fewer columns or rows.")
      }
      stores[index] = builder.memory.values
    }
  }
}
