import Inference

/// Some rows of a CSV file, read into columns of numbers and labels of their own.
///
/// The rows are collected column by column; `builders` has one element for each field of a row, nil where the field is
/// skipped. Numbers are read straight from memory, everything else field by field.
final class CSVPart {
  /// What reading a row depends on beside the row itself.
  struct Start: Equatable {
    /// The line of the first byte.
    var line: Int
    /// How many blank lines came right before.
    var blankLines: Int
    /// What the columns have been taken for.
    var modes: [ColumnBuilder.Mode]
  }

  let builders: [ColumnBuilder?]
  /// How reading began, and how it ended.
  private(set) var start: Start
  private(set) var end: Start
  private(set) var rowCount = 0
  private(set) var error: DataError?

  private let fieldCount: Int
  private let describeHeader: String
  private let parser: DecimalParser
  private let modes: UnsafeMutablePointer<ColumnBuilder.Mode>
  /// The columns, one after the other.
  private var values: UnsafeMutablePointer<Double>
  private var valueCapacity = 0
  private var rowCapacity = 0

  /// - Parameters:
  ///   - decimalMark: What stands before the fraction of a number.
  ///   - describeHeader: What determined the number of fields, for messages: "the header".
  init(builders: [ColumnBuilder?], decimalMark: UInt8, describeHeader: String) {
    self.builders = builders
    parser = DecimalParser(mark: decimalMark)
    self.describeHeader = describeHeader
    fieldCount = builders.count
    modes = .allocate(capacity: fieldCount)
    values = .allocate(capacity: 0)
    start = Start(line: 1, blankLines: 0, modes: [])
    end = start
  }

  deinit {
    modes.deallocate()
    values.deallocate()
  }

  /// The values of a column.
  func column(_ index: Int) -> UnsafeMutablePointer<Double> { values + index * rowCapacity }

  /// Reads rows; an error is kept in ``error``.
  func read(_ bytes: UnsafeBufferPointer<UInt8>, format: CSVFormat, from start: Start) {
    self.start = start
    error = nil
    for index in 0..<fieldCount {
      modes[index] = start.modes[index]
      builders[index]?.begin(as: start.modes[index])
    }
    // A row takes at least a delimiter or a line end for each field; the last one's may be missing.
    // Columns an odd number of cache lines apart do not push one another out of the cache next to the processor.
    rowCapacity = (((bytes.count + 1) / fieldCount + 1 + start.blankLines + 7) / 8 | 1) * 8
    if rowCapacity * fieldCount > valueCapacity {
      values.deallocate()
      valueCapacity = rowCapacity * fieldCount
      values = .allocate(capacity: valueCapacity)
    }
    let scanner = CSVScanner(bytes, format: format, line: start.line)
    var blankLines = start.blankLines
    do throws(DataError) {
      rowCount = try readRows(scanner, &blankLines)
    } catch {
      self.error = error
    }
    end = Start(
      line: scanner.line, blankLines: blankLines, modes: Array(UnsafeBufferPointer(start: modes, count: fieldCount)))
  }

  private func readRows(_ scanner: CSVScanner, _ blankLines: inout Int) throws(DataError) -> Int {
    // Everything the loop touches for each number is in a local variable.
    let (parser, modes, values, rowCapacity, fieldCount) = (
      self.parser, self.modes, self.values, self.rowCapacity, self.fieldCount
    )
    let (delimiter, lineEnd, limit) = (scanner.format.delimiter, scanner.format.lineEnd, scanner.limit)
    let lastColumn = fieldCount - 1
    var p = scanner.cursor
    var line = scanner.line
    var row = 0

    while p < limit {
      // A line that begins with a space or a control character may be blank.
      if p.pointee <= UInt8(ascii: " ") {
        (scanner.cursor, scanner.line) = (p, line)
        let start = scanner.beginLine()
        (p, line) = (scanner.cursor, scanner.line)
        switch start {
        case .end: return row
        case .blank:
          blankLines += 1
          continue
        case .row: break
        }
      }
      if blankLines > 0 { try takeBlankLines(&blankLines, before: line, row: &row, scanner.format) }

      let firstLine = line
      var column = 0
      var target = values + row
      while true {
        switch modes[column] {
        case .numbers:
          var value = 0.0
          if let end = parser.parse(p, into: &value), value.isFinite {
            let next = end.pointee
            if column < lastColumn {
              if next == delimiter {
                target.pointee = value
                target += rowCapacity
                column += 1
                p = end + 1
                continue
              }
            } else {
              let length = next == lineEnd ? 1 : next == CSVScanner.carriageReturn && end[1] == lineEnd ? 2 : 0
              if length > 0 {
                target.pointee = value
                column += 1
                p = end + length
                line += 1
              }
            }
          }
        case .skipped, .mixed:
          var end = p
          if column < lastColumn, end.pointee != CSVScanner.quote {
            while end.pointee != delimiter, end.pointee != lineEnd, end.pointee != 0 { end += 1 }
            if end.pointee == delimiter {
              target += rowCapacity
              column += 1
              p = end + 1
              continue
            }
          }
        case .undecided, .checkedNumbers, .labels: break
        }
        if column == fieldCount { break }

        // Anything unusual: quotes, spaces, text, a missing cell, too many or too few fields, the end of the file.
        (scanner.cursor, scanner.line) = (p, line)
        let endsLine = try scanner.nextField()
        if let builder = builders[column] { target.pointee = try value(scanner, builder, column) }
        (p, line) = (scanner.cursor, scanner.line)
        target += rowCapacity
        column += 1
        if endsLine != (column == fieldCount) {
          throw try raggedRow(scanner, firstLine, fields: column, endsLine: endsLine)
        }
        if endsLine { break }
      }
      row += 1
    }
    (scanner.cursor, scanner.line) = (p, line)
    return row
  }

  // MARK: Cells

  private func value(_ scanner: CSVScanner, _ builder: ColumnBuilder, _ column: Int) throws(DataError) -> Double {
    do {
      let value = try builder.value(of: scanner.field, line: scanner.fieldLine)
      modes[column] = builder.mode
      return value
    } catch {
      throw scanner.format.notText("column \(builder.name) has a byte that is not UTF-8", line: scanner.fieldLine)
    }
  }

  /// In a file of one column, a blank line is a missing cell if rows follow.
  private func takeBlankLines(
    _ count: inout Int, before line: Int, row: inout Int, _ format: CSVFormat
  ) throws(DataError) {
    if fieldCount > 1 {
      throw DataError(
        "\(format.name), line \(line - count): the line is blank, but rows follow; "
          + "\(counted(fieldCount, "field")) were expected. Remove the line.")
    }
    for blank in line - count..<line {
      if let value = builders[0]?.missingValue(line: blank) { values[row] = value }
      row += 1
    }
    count = 0
  }

  private func raggedRow(
    _ scanner: CSVScanner, _ line: Int, fields: Int, endsLine: Bool
  ) throws(DataError) -> DataError {
    var fields = fields
    if !endsLine {
      repeat { fields += 1 } while try !scanner.nextField()
    }
    return DataError(
      "\(scanner.format.name), line \(line): the line has \(counted(fields, "field")), but \(describeHeader) has "
        + "\(fieldCount). Text that holds the delimiter must be in quotes.", remedy: .delimiter)
  }
}
