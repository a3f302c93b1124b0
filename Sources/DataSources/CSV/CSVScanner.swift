import Inference

/// Cuts whole rows of a CSV file (RFC 4180), which lie in memory, into fields.
///
/// A zero or a line end follows the last byte, so that a loop which stops at either needs no check for the end.
final class CSVScanner {
  /// What a line holds.
  enum LineStart {
    case row, blank, end
  }

  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let quote = UInt8(ascii: "\"")

  let format: CSVFormat
  /// The next byte to look at.
  var cursor: UnsafePointer<UInt8>
  /// Behind the last byte.
  let limit: UnsafePointer<UInt8>
  /// The line of ``cursor``, from 1.
  var line: Int

  /// The field that was read last: its text without quotes, and its line.
  private(set) var field = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  private(set) var fieldLine = 1
  /// Where a text is put of which doubled quotes were joined.
  private var joined: [UInt8] = []

  private var delimiter: UInt8 { format.delimiter }
  private var lineEnd: UInt8 { format.lineEnd }

  /// - Parameters:
  ///   - bytes: Whole rows.
  ///   - line: The line of the first byte.
  init(_ bytes: UnsafeBufferPointer<UInt8>, format: CSVFormat, line: Int) {
    self.format = format
    self.line = line
    cursor = bytes.baseAddress ?? CSVFormat.nothing
    limit = cursor + bytes.count
  }

  // MARK: Lines

  /// Looks at the line that begins at ``cursor``, and goes behind it if it is blank.
  func beginLine() -> LineStart {
    var p = cursor
    while p < limit, format.isPadding(p.pointee) { p += 1 }
    if p == limit {
      cursor = p
      return .end
    }
    guard let length = lineEndLength(p) else { return .row }
    cursor = p + length
    line += 1
    return .blank
  }

  /// How many bytes a line end takes that begins at `p`; nil if another byte is there.
  private func lineEndLength(_ p: UnsafePointer<UInt8>) -> Int? {
    if p.pointee == lineEnd { return 1 }
    guard p.pointee == Self.carriageReturn else { return nil }
    // The last byte of a file in which lines end in two bytes.
    if p + 1 == limit { return 1 }
    return p[1] == lineEnd ? 2 : nil
  }

  // MARK: Fields

  /// Reads the field at ``cursor`` and goes behind it.
  ///
  /// Spaces around a field that is not quoted do not belong to it.
  ///
  /// - Returns: Whether the field is the last one of its line.
  func nextField() throws(DataError) -> Bool {
    fieldLine = line
    if cursor < limit, cursor.pointee == Self.quote { return try nextQuotedField() }

    var p = cursor
    while p < limit, p.pointee != delimiter, p.pointee != lineEnd { p += 1 }
    var first = cursor
    var last = p
    let endsLine = p == limit || p.pointee == lineEnd
    if endsLine {
      if last > first, lineEnd == Self.lineFeed, last[-1] == Self.carriageReturn { last -= 1 }
      line += 1
    }
    cursor = p == limit ? p : p + 1
    while first < last, format.isPadding(first.pointee) { first += 1 }
    while first < last, format.isPadding(last[-1]) { last -= 1 }
    field = UnsafeBufferPointer(start: first, count: last - first)
    return endsLine
  }

  private func nextQuotedField() throws(DataError) -> Bool {
    let text = cursor + 1
    var p = text
    var hasDoubledQuotes = false
    while true {
      while p < limit, p.pointee != Self.quote { p += 1 }
      if p == limit {
        throw DataError(
          "\(format.name), line \(fieldLine): the quote that begins here is not closed before the end of the file. "
            + "Close it, or double it if it belongs to the text.")
      }
      if p + 1 == limit || p[1] != Self.quote { break }
      hasDoubledQuotes = true
      p += 2
    }
    let length = p - text
    line += format.countLineEnds(UnsafeBufferPointer(start: text, count: length))
    p += 1
    let endsLine: Bool
    while true {
      if p == limit {
        endsLine = true
        break
      } else if let count = lineEndLength(p) {
        endsLine = true
        p += count
        break
      } else if p.pointee == delimiter {
        endsLine = false
        p += 1
        break
      } else if format.isPadding(p.pointee) {
        p += 1
      } else {
        throw DataError(
          "\(format.name), line \(line): text follows the closing quote of a field. Double a quote that belongs to the "
            + "text.")
      }
    }
    if endsLine { line += 1 }
    cursor = p
    field = UnsafeBufferPointer(start: text, count: length)
    if hasDoubledQuotes { joinDoubledQuotes() }
    return endsLine
  }

  /// Makes one quote of two in ``field``, which is copied: the rows may be read again.
  private func joinDoubledQuotes() {
    joined.removeAll(keepingCapacity: true)
    var index = 0
    while index < field.count {
      joined.append(field[index])
      index += field[index] == Self.quote ? 2 : 1
    }
    // Zeros for the parser of numbers, which looks ahead.
    let count = joined.count
    joined += repeatElement(0, count: CSVFormat.padding)
    // The array lives as long as this object, and is written only by the next field with doubled quotes.
    field = joined.withUnsafeBufferPointer { UnsafeBufferPointer(start: $0.baseAddress, count: count) }
  }
}

/// How the bytes of a CSV file are divided, and what messages say of it.
struct CSVFormat {
  /// What messages call the file.
  let name: String
  var delimiter: UInt8
  /// What stands before the fraction of a number.
  var decimalMark = UInt8(ascii: ".")
  /// The byte that ends a line: a line feed (with or without a carriage return before it), or a carriage return.
  var lineEnd = CSVScanner.lineFeed
  /// The first bytes of the file.
  var head: [UInt8] = []

  /// So many bytes behind the last one of a block can be read, and are zero.
  static let padding = 16
  /// Where an empty block lies.
  ///
  /// Never freed.
  nonisolated(unsafe) static let nothing: UnsafePointer<UInt8> = {
    let zeros = UnsafeMutablePointer<UInt8>.allocate(capacity: padding)
    zeros.initialize(repeating: 0, count: padding)
    return UnsafePointer(zeros)
  }()

  init(name: String, delimiter: UInt8) {
    self.name = name
    self.delimiter = delimiter
  }

  @inline(__always)
  func isPadding(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") && delimiter != UInt8(ascii: "\t")
  }

  func countLineEnds(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var lines = 0
    for byte in bytes where byte == lineEnd { lines += 1 }
    return lines
  }

  /// The error about a zero byte, which is part of letters in UTF-16 only.
  func zeroByte(line: Int) -> DataError {
    if FileSignature.isKnown(head: head) || TextEncoding.isLikeUTF16(head) { return notText("a zero byte", line: line) }
    return DataError(
      "\(name), line \(line): a zero byte, which is in no text. The file is damaged, or no table: make it again, or check the "
        + "path.")
  }

  /// The error about a file that is not text.
  func notText(_ finding: String, line: Int) -> DataError {
    DataError(
      "\(name), line \(line): \(finding), so the file is not UTF-8 text. \(FileSignature.advice(head: head))",
      remedy: FileSignature.isKnown(head: head)
        ? nil : .encoding((TextEncoding.isLikeUTF16(head) ? TextEncoding.utf16 : .windows1252).rawValue))
  }
}
