import Inference

/// A table in a text file: one line per row, fields between delimiters, quotes as in RFC 4180.
///
/// ```swift
/// let table = try CSVFile(path: "faithful.csv").read()
/// ```
///
/// A column in which all cells are numbers, apart from missing ones, is numeric. Any other column is categorical; its
/// levels are the different texts in the order of their bytes, so that the order of the rows does not matter. Missing
/// cells are NaN.
///
/// Where nothing else is asked for, fields are separated by what the first line shows (``CSVOptions/Delimiter/automatic``), and
/// numbers may have decimal commas (``CSVOptions/DecimalMark/automatic``).
///
/// The file may be packed with gzip. Its lines end in LF, CRLF or CR. Spaces around a field that is not quoted do not
/// belong to it. Blank lines at the end of the file do not count; before, they are an error, but in a file of one column,
/// where a blank line is a missing cell.
///
/// The file is read in blocks, by several threads, so that the columns are all that needs memory; beyond a limit they are
/// kept in a temporary file. It is read once, and again if text turns up in a column of numbers, or decimal commas do.
public struct CSVFile: Sendable {
  /// The file; "-" is the standard input.
  public let path: String
  /// How it is read.
  public let options: CSVOptions

  /// Names a file, which is not opened yet.
  ///
  /// - Parameter path: The file; "-" is the standard input.
  public init(path: String, options: CSVOptions = CSVOptions()) {
    self.path = path
    self.options = options
  }

  /// Reads the columns.
  ///
  /// - Throws: ``DataError`` with the line and the column of what is wrong.
  public func read() throws(DataError) -> DataTable { try read(blockSize: CSVPass.partSize) }

  /// Reads the columns in blocks of a size: a test with small ones sees rows that cross their ends.
  func read(blockSize: Int) throws(DataError) -> DataTable {
    let blocks = CSVBlocks(
      source: try ByteSource(path: path, encoding: options.encoding), delimiter: options.delimiterByte(path: path),
      hasHeader: options.header, capacity: blockSize)
    var mark = options.decimalMark == .comma ? DecimalMark.comma : DecimalMark.point
    try blocks.start(decimalMark: mark)
    var line = 1
    let names = try readHeader(blocks, blockSize, &line)
    let allModes = try selectColumns(names, blocks.format, line: line)
    var modes = allModes
    // Commas that separate fields are no part of numbers, unless somebody says so.
    let isMarkOpen = options.decimalMark == .automatic && blocks.format.delimiter != CSVDelimiter.comma
    var firstComma: DecimalMark.Cell?
    var firstPoint: DecimalMark.Cell?

    var columns = [Column?](repeating: nil, count: names.count)
    var rowCount: Int?
    var isFirst = true
    while true {
      // A header line has been read already; without one, the first line was read to count its fields.
      if !isFirst || !options.header {
        try blocks.start(decimalMark: mark)
        line = 1
        if options.header, try readHeader(blocks, blockSize, &line) != names { throw changed(blocks) }
      }
      isFirst = false
      let otherMark = isMarkOpen ? DecimalMark.other(than: mark) : nil
      let pass = CSVPass(
        blocks: blocks, blockSize: blockSize, line: line,
        describeHeader: options.header ? "the header" : "the first line",
        memoryLimit: options.memoryLimit, threads: options.threads ?? processorCount()
      ) { makeBuilders(names, modes, blocks.format, otherMark) }
      let isFinished = try pass.readRows()
      let isMixed = pass.builders.contains { $0?.mode == .mixed }
      for (index, builder) in pass.builders.enumerated() where builder?.mode == .mixed { modes[index] = .labels }
      if let found = pass.firstOtherMark {
        if mark == DecimalMark.comma {
          if firstPoint.map({ found.line < $0.line }) ?? true { firstPoint = found }
        } else {
          // Columns with text are read as such first, so that the first number with a decimal comma is the same however the
          // file is cut. Then all is read again.
          if !isMixed {
            (mark, modes, firstComma) = (DecimalMark.comma, allModes, found)
            columns = columns.map { _ in nil }
          }
          continue
        }
      }
      if !isFinished { continue }

      let rows = pass.store.count
      if rows == 0 {
        throw DataError("\(blocks.format.name): the file has a header line but no rows. At least one row was expected.")
      }
      if rowCount ?? rows != rows { throw changed(blocks) }
      rowCount = rows
      var isComplete = true
      var place = 0
      for (index, builder) in pass.builders.enumerated() {
        guard let builder else { continue }
        if builder.mode == .mixed {
          isComplete = false
        } else {
          columns[index] = try builder.finish(name: names[index], pass.store, index: place, file: blocks.format.name)
          modes[index] = .skipped
        }
        place += 1
      }
      if !isComplete { continue }
      if let firstComma, let firstPoint { throw twoMarks(firstComma, firstPoint, blocks) }
      return try DataTable(columns: columns.compactMap { $0 }, origin: blocks.format.name)
    }
  }

  // MARK: Columns

  /// Reads the first line that is not blank: the names, or those made up in their place.
  private func readHeader(_ blocks: CSVBlocks, _ blockSize: Int, _ line: inout Int) throws(DataError) -> [String] {
    guard try blocks.skipBlankLines(&line),
      let bytes = try blocks.next(parts: 1, ofSize: 1, line: line).first
    else {
      let expected = options.header ? "a header line and at least one row were" : "at least one row was"
      throw DataError("\(blocks.format.name): the file is empty; \(expected) expected.")
    }
    let scanner = CSVScanner(bytes, format: blocks.format, line: line)
    var names: [String] = []
    var endsLine = false
    while !endsLine {
      endsLine = try scanner.nextField()
      line = scanner.line
      guard options.header else {
        names.append("c\(names.count + 1)")
        continue
      }
      guard let name = String(validating: scanner.field, as: UTF8.self) else {
        throw blocks.format.notText("the name of column \(names.count + 1) is not UTF-8", line: scanner.fieldLine)
      }
      names.append(name)
    }
    return names
  }

  /// - Parameter line: The line behind the header.
  private func selectColumns(
    _ names: [String], _ format: CSVFormat, line: Int
  ) throws(DataError) -> [ColumnBuilder.Mode] {
    let place = options.header ? "\(format.name), line \(max(line - 1, 1))" : format.name
    let selected = try ColumnSelection.select(
      names, wanted: options.columns, categorical: options.categorical, place: place)
    var positions: [String: Int] = [:]
    for (index, name) in names.enumerated() where selected[index] {
      if name.isEmpty {
        throw DataError(
          "\(place): column \(index + 1) of \(names.count) has no name. Give it one, or choose the columns to read.",
          remedy: .columns)
      }
      if let first = positions.updateValue(index, forKey: name) {
        throw DataError(
          "\(place): two columns are named \"\(shown(name))\" (columns \(first + 1) and \(index + 1)). "
            + "Rename one of them.")
      }
    }
    return names.indices.map { index in
      !selected[index] ? .skipped : options.categorical.contains(names[index]) ? .labels : .undecided
    }
  }

  private func makeBuilders(
    _ names: [String], _ modes: [ColumnBuilder.Mode], _ format: CSVFormat, _ otherMark: UInt8?
  ) -> [ColumnBuilder?] {
    let missingTexts = self.missingTexts
    return names.indices.map { index in
      if modes[index] == .skipped { return nil }
      return ColumnBuilder(
        name: "\"\(shown(names[index]))\"", mode: modes[index],
        isCategorical: options.categorical.contains(names[index]), missingTexts: missingTexts, format: format,
        otherMark: otherMark)
    }
  }

  private func changed(_ blocks: CSVBlocks) -> DataError {
    DataError("\(blocks.format.name): the file was changed while it was read. Read it again.")
  }

  private func twoMarks(_ comma: DecimalMark.Cell, _ point: DecimalMark.Cell, _ blocks: CSVBlocks) -> DataError {
    DataError(
      "\(blocks.format.name): \"\(shown(comma.text))\" in line \(comma.line) has a decimal comma, and \"\(shown(point.text))\" in "
        + "line \(point.line) a point. Say which of the two begins the fraction; a point between thousands must be left out.",
      remedy: .decimalMark)
  }

  // MARK: Missing values

  private var missingTexts: [[UInt8]] {
    options.missingTexts.map { text in
      let bytes = Array(text.utf8)
      let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
      guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
      else { return [] }
      return Array(bytes[first...last])
    }
  }
}
