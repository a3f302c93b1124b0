import Glibc
import Inference

/// Reads a CSV file block by block and cuts each block between rows.
///
/// What follows the last cut is moved to the front before the next bytes are read behind it.
final class CSVBlocks {
  /// A field longer than this is taken for a quote that never ends, before it fills the memory.
  private static let largestField = 1 << 26

  private(set) var format: CSVFormat
  private(set) var bytesRead = 0

  private let source: ByteSource
  /// Whether the first line tells the delimiter, and whether it holds names.
  private var findsDelimiter: Bool
  private let hasHeader: Bool
  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// The bytes that were read and not handed out yet.
  private var rest: UnsafeBufferPointer<UInt8>
  private var isAtEnd = false
  private var isStarted = false

  /// - Parameters:
  ///   - delimiter: What stands between two fields; nil where the first line tells.
  ///   - hasHeader: Whether the first line holds names.
  ///   - capacity: How many bytes are held at first; more if a row is longer.
  init(source: ByteSource, delimiter: UInt8?, hasHeader: Bool, capacity: Int) {
    self.source = source
    self.hasHeader = hasHeader
    self.capacity = max(capacity, 8)
    format = CSVFormat(name: source.name, delimiter: delimiter ?? CSVDelimiter.comma)
    findsDelimiter = delimiter == nil
    buffer = .allocate(capacity: self.capacity + CSVFormat.padding)
    buffer.initialize(repeating: 0, count: CSVFormat.padding)
    rest = UnsafeBufferPointer(start: UnsafePointer(buffer), count: 0)
  }

  deinit { buffer.deallocate() }

  /// Goes to the first line of the file, behind a byte order mark, and sees how its lines end and its fields are separated.
  ///
  /// - Parameter decimalMark: What stands before the fraction of a number.
  func start(decimalMark: UInt8) throws(DataError) {
    format.decimalMark = decimalMark
    if isStarted {
      try source.rewind()
      rest = UnsafeBufferPointer(start: buffer, count: 0)
      (bytesRead, isAtEnd, format.head) = (0, false, [])
    }
    isStarted = true
    while rest.count < 3, !isAtEnd { try fill(upTo: 3, line: 1) }
    if rest.count >= 3, rest[0] == 0xEF, rest[1] == 0xBB, rest[2] == 0xBF { drop(3) }
    format.lineEnd = CSVScanner.lineFeed
    let end = try endOfLine(line: 1)
    if end < rest.count, rest[end] == CSVScanner.carriageReturn {
      let isAlone = end + 1 == rest.count || rest[end + 1] != CSVScanner.lineFeed
      if isAlone { format.lineEnd = CSVScanner.carriageReturn }
    }
  }

  /// Goes to the first line that is not blank, and sees what stands between its fields.
  ///
  /// - Parameter line: The line of the first byte; afterwards that of the line that was found.
  /// - Returns: Whether there is one.
  func skipBlankLines(_ line: inout Int) throws(DataError) -> Bool {
    var start = 0
    var offset = 0
    while true {
      if offset + 1 >= rest.count, !isAtEnd {
        drop(start)
        (offset, start) = (offset - start, 0)
        try fill(upTo: max(capacity, rest.count + 1), line: line)
        continue
      }
      if offset >= rest.count { return false }
      let byte = rest[offset]
      if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") && (findsDelimiter || format.isPadding(byte)) {
        offset += 1
        continue
      }
      // A carriage return before a line feed belongs to it, and so does one at the end of the file.
      let isReturn = byte == CSVScanner.carriageReturn && byte != format.lineEnd
      let isLast = offset + 1 == rest.count
      guard byte == format.lineEnd || isReturn && (isLast || rest[offset + 1] == format.lineEnd) else { break }
      offset += isReturn && !isLast ? 2 : 1
      start = offset
      line += 1
    }
    drop(start)
    if hasHeader, line == 1, let hint = try delimiterHint() {
      if findsDelimiter { (format.delimiter, findsDelimiter) = (hint, false) }
      line += 1
      return try skipBlankLines(&line)
    }
    if findsDelimiter {
      findsDelimiter = false
      let end = try endOfLine(line: line)
      format.delimiter = CSVDelimiter.find(UnsafeBufferPointer(rebasing: rest[..<end]), isHeader: hasHeader)
    }
    return true
  }

  /// The delimiter that a first line "sep=;" names, which spreadsheets write and read; the line is dropped.
  private func delimiterHint() throws(DataError) -> UInt8? {
    let start = Array("sep=".utf8)
    guard rest.starts(with: start) else { return nil }
    let end = try endOfLine(line: 1)
    guard end == start.count + 1, ([CSVDelimiter.comma] + CSVDelimiter.others).contains(rest[start.count])
    else { return nil }
    let delimiter = rest[start.count]
    drop(end)
    if rest.first == CSVScanner.carriageReturn { drop(1) }
    if rest.first == CSVScanner.lineFeed { drop(1) }
    return delimiter
  }

  /// Where the line ends that is next: its first line end outside of quotes, or the end of the file.
  private func endOfLine(line: Int) throws(DataError) -> Int {
    var offset = 0
    var isQuoted = false
    var isFieldStart = true
    while true {
      // A carriage return at the end of what was read may go on with a line feed.
      while offset + 1 >= rest.count, !isAtEnd {
        try fill(upTo: max(capacity, rest.count + 1), line: line, quoteLine: isQuoted ? line : nil)
      }
      if offset >= rest.count { return offset }
      let byte = rest[offset]
      if byte == CSVScanner.quote, isQuoted || isFieldStart {
        // A doubled quote ends the quotes and begins them again, which comes to the same.
        isQuoted.toggle()
        isFieldStart = !isQuoted
      } else if !isQuoted {
        if byte == CSVScanner.lineFeed || byte == CSVScanner.carriageReturn { return offset }
        isFieldStart = byte == format.delimiter || findsDelimiter && CSVDelimiter.others.contains(byte)
      }
      offset += 1
    }
  }

  /// The next whole rows, cut between rows into parts of about `size` bytes; none at the end of the file.
  ///
  /// They lie in memory until the next call. Every part ends with its last row's line end or with the file.
  ///
  /// - Parameters:
  ///   - count: The largest number of parts.
  ///   - line: The line of the first byte, for messages.
  func next(parts count: Int, ofSize size: Int, line: Int) throws(DataError) -> [UnsafeBufferPointer<UInt8>] {
    // The last part ends with a row, a little behind its size.
    var wanted = count * size + size / 8
    while true {
      // A row may be longer than what a block holds.
      while rest.count < wanted, !isAtEnd { try fill(upTo: wanted, line: line) }
      if rest.isEmpty { return [] }
      var parts: [UnsafeBufferPointer<UInt8>] = []
      let hasQuotes = find(CSVScanner.quote, 0..<rest.count) != nil
      var start = 0
      var openQuote: Int?
      while parts.count < count, start < rest.count {
        var end = cut(after: start, size: size, hasQuotes: hasQuotes, openQuote: &openQuote)
        if end == nil, isAtEnd { end = rest.count }
        var smaller = size / 2
        while end == nil, parts.isEmpty, smaller > 0 {
          end = cut(after: start, size: smaller, hasQuotes: hasQuotes, openQuote: &openQuote)
          smaller /= 2
        }
        guard let end else { break }
        parts.append(UnsafeBufferPointer(rebasing: rest[start..<end]))
        start = end
      }
      if !parts.isEmpty {
        drop(start)
        return parts
      }
      if rest.count >= Self.largestField { throw tooLong(line, openQuote) }
      wanted = max(2 * rest.count, wanted)
    }
  }

  /// The first place between two rows that is at least `size` bytes behind a row's beginning; nil where there is none.
  ///
  /// - Parameter openQuote: Where a quote begins that is not closed.
  private func cut(after start: Int, size: Int, hasQuotes: Bool, openQuote: inout Int?) -> Int? {
    openQuote = nil
    guard let base = rest.baseAddress else { return nil }
    let count = rest.count
    let target = start + size - 1
    // Where what has been looked at ends: outside of quotes.
    var p = start
    while true {
      let quote = hasQuotes ? find(CSVScanner.quote, p..<count) ?? count : count
      if target < quote, let end = find(format.lineEnd, max(p, target)..<quote) { return end + 1 }
      if quote == count { return nil }
      p = quote + 1
      // A quote inside of a field is a letter like any other.
      let before = quote > start ? base[quote - 1] : format.lineEnd
      guard before == format.delimiter || before == format.lineEnd else { continue }
      while true {
        guard let closing = find(CSVScanner.quote, p..<count), closing + 1 < count || isAtEnd else {
          openQuote = quote
          return nil
        }
        p = closing + 1
        if p == count || base[p] != CSVScanner.quote { break }
        p += 1
      }
    }
  }

  // MARK: Bytes

  private func find(_ byte: UInt8, _ range: Range<Int>) -> Int? {
    guard !range.isEmpty, let base = rest.baseAddress,
      let found = memchr(base + range.lowerBound, Int32(byte), range.count)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  private func drop(_ count: Int) { rest = UnsafeBufferPointer(rebasing: rest[count...]) }

  /// Moves what is left to the front and reads behind it, until there are `wanted` bytes or there is no room.
  private func fill(upTo wanted: Int, line: Int, quoteLine: Int? = nil) throws(DataError) {
    let kept = rest.count
    if kept >= Self.largestField { throw tooLong(line, quoteLine == nil ? nil : 0) }
    if max(wanted, kept + 1) > capacity {
      capacity = max(wanted, 2 * capacity)
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + CSVFormat.padding)
      if let start = rest.baseAddress { larger.update(from: start, count: kept) }
      buffer.deallocate()
      buffer = larger
    } else if let start = rest.baseAddress, start != buffer {
      memmove(buffer, start, kept)
    }
    rest = UnsafeBufferPointer(start: buffer, count: kept)
    // Keeps the zeros behind the end even if the read fails.
    (buffer + kept).update(repeating: 0, count: CSVFormat.padding)
    let count = try source.read(into: buffer + kept, capacity: max(wanted - kept, 1))
    (buffer + kept + count).update(repeating: 0, count: CSVFormat.padding)
    rest = UnsafeBufferPointer(start: buffer, count: kept + count)
    isAtEnd = count == 0
    bytesRead += count
    if format.head.count < 16 { format.head += UnsafeBufferPointer(start: buffer + kept, count: min(count, 16)) }
    if let zero = memchr(buffer + kept, 0, count) {
      let position = UnsafeRawPointer(zero) - UnsafeRawPointer(buffer)
      throw format.zeroByte(
        line: line + format.countLineEnds(UnsafeBufferPointer(rebasing: rest[..<position])))
    }
  }

  private func tooLong(_ line: Int, _ openQuote: Int?) -> DataError {
    let megabytes = Self.largestField >> 20
    if let openQuote {
      let quoteLine = line + format.countLineEnds(UnsafeBufferPointer(rebasing: rest[..<openQuote]))
      return DataError(
        "\(format.name), line \(quoteLine): the quote that begins here is not closed within \(megabytes) MB. "
          + "Close it, or double it if it belongs to the text.")
    }
    return DataError("\(format.name), line \(line): a field is longer than \(megabytes) MB. Is this a table?")
  }
}
