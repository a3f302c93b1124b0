import Glibc
import Inference

/// Cuts the bytes of a CSV file (RFC 4180) into fields.
///
/// It holds one block of the file at a time; a field that crosses the end of the block is moved to the front before the
/// next one is read. Zeros follow the last byte, so that a loop which stops at any byte outside of its interest needs no
/// check for the end.
final class CSVScanner {
  /// What a line holds.
  enum LineStart {
    case row, blank, end
  }

  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let quote = UInt8(ascii: "\"")
  /// Small enough for the cache next to the processor.
  static let blockSize = 1 << 18
  /// A field longer than this is taken for a quote that never ends, before it fills the memory.
  private static let largestField = 1 << 26
  private static let padding = 16

  /// What messages call the file.
  var name: String { source.name }
  let delimiter: UInt8
  /// The byte that ends a line: a line feed (with or without a carriage return before it), or a carriage return.
  private(set) var lineEnd = lineFeed

  /// The next byte to look at.
  var cursor: UnsafePointer<UInt8>
  /// The line of ``cursor``, from 1.
  var line = 1
  /// How many blocks were read.
  private(set) var blockCount = 0
  private(set) var bytesRead = 0

  /// The field that was read last: its text without quotes, and its line.
  private(set) var field: UnsafeBufferPointer<UInt8>
  private(set) var fieldLine = 1

  private let source: ByteSource
  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private var limit: UnsafePointer<UInt8>
  private var isAtEnd = false
  private var head: [UInt8] = []

  /// - Parameter blockSize: How many bytes are held at first; more if a field is longer.
  init(source: ByteSource, delimiter: UInt8, blockSize: Int) {
    self.source = source
    self.delimiter = delimiter
    capacity = max(blockSize, 8)
    buffer = .allocate(capacity: capacity + Self.padding)
    buffer.initialize(repeating: 0, count: Self.padding)
    cursor = UnsafePointer(buffer)
    limit = cursor
    field = UnsafeBufferPointer(start: cursor, count: 0)
  }

  deinit { buffer.deallocate() }

  // MARK: Lines

  /// Goes to the first line of the file, behind a byte order mark, and sees how its lines end.
  func start() throws(DataError) {
    if blockCount > 0 {
      try source.rewind()
      (cursor, limit) = (UnsafePointer(buffer), UnsafePointer(buffer))
      (line, blockCount, bytesRead, isAtEnd) = (1, 0, 0, false)
      head = []
    }
    while limit - cursor < 3, !isAtEnd { try refill() }
    if limit - cursor >= 3, cursor[0] == 0xEF, cursor[1] == 0xBB, cursor[2] == 0xBF { cursor += 3 }
    try findLineEnd()
  }

  /// The first line end outside of quotes decides for the file.
  private func findLineEnd() throws(DataError) {
    lineEnd = Self.lineFeed
    var offset = 0
    var isQuoted = false
    var isFieldStart = true
    while true {
      if offset == limit - cursor {
        if isAtEnd { return }
        try refill(quoteLine: isQuoted ? line : nil)
        continue
      }
      let byte = cursor[offset]
      if byte == Self.quote, isQuoted || isFieldStart {
        // A doubled quote ends the quotes and begins them again, which comes to the same.
        isQuoted.toggle()
        isFieldStart = !isQuoted
      } else if !isQuoted {
        if byte == Self.lineFeed { return }
        if byte == Self.carriageReturn {
          if offset + 1 == limit - cursor, !isAtEnd {
            try refill()
            continue
          }
          // Behind the last byte is a zero, so a carriage return at the end of the file counts as a line end.
          if cursor[offset + 1] != Self.lineFeed { lineEnd = Self.carriageReturn }
          return
        }
        isFieldStart = byte == delimiter
      }
      offset += 1
    }
  }

  /// Looks at the line that begins at ``cursor``, and goes behind it if it is blank.
  func beginLine() throws(DataError) -> LineStart {
    var offset = 0
    while true {
      // Offsets, not pointers: a refill moves the bytes, but not their distance from the cursor.
      if cursor + offset == limit {
        if isAtEnd {
          cursor += offset
          return .end
        }
        try refill()
      } else if let length = try lineEndLength(offset) {
        cursor += offset + length
        line += 1
        return .blank
      } else if isPadding(cursor[offset]) {
        offset += 1
      } else {
        return .row
      }
    }
  }

  /// How many bytes of a line end lie `offset` bytes behind ``cursor``; nil if another byte is there.
  private func lineEndLength(_ offset: Int) throws(DataError) -> Int? {
    if cursor[offset] == lineEnd { return 1 }
    guard cursor[offset] == Self.carriageReturn else { return nil }
    if cursor + offset + 1 == limit {
      if !isAtEnd { try refill() }
      // The last byte of a file in which lines end in two bytes.
      if cursor + offset + 1 == limit { return 1 }
    }
    return cursor[offset + 1] == lineEnd ? 2 : nil
  }

  // MARK: Fields

  /// Reads the field at ``cursor`` and goes behind it.
  ///
  /// Spaces around a field that is not quoted do not belong to it.
  ///
  /// - Returns: Whether the field is the last one of its line.
  func nextField() throws(DataError) -> Bool {
    fieldLine = line
    if cursor == limit, !isAtEnd { try refill() }
    if cursor.pointee == Self.quote { return try nextQuotedField() }

    var p = cursor
    while true {
      while p < limit, p.pointee != delimiter, p.pointee != lineEnd { p += 1 }
      if p < limit || isAtEnd { break }
      let offset = p - cursor
      try refill()
      p = cursor + offset
    }
    var first = cursor
    var last = p
    let endsLine = p == limit || p.pointee == lineEnd
    if endsLine {
      if last > first, lineEnd == Self.lineFeed, last[-1] == Self.carriageReturn { last -= 1 }
      line += 1
    }
    cursor = p == limit ? p : p + 1
    while first < last, isPadding(first.pointee) { first += 1 }
    while first < last, isPadding(last[-1]) { last -= 1 }
    field = UnsafeBufferPointer(start: first, count: last - first)
    return endsLine
  }

  private func nextQuotedField() throws(DataError) -> Bool {
    var offset = 1
    var hasDoubledQuotes = false
    while true {
      while cursor + offset < limit, cursor[offset] != Self.quote { offset += 1 }
      // The byte behind a quote tells whether the field ends, so that one must have been read, too.
      if cursor + offset + 1 >= limit, !isAtEnd {
        try refill(quoteLine: fieldLine)
        continue
      }
      guard cursor + offset < limit else {
        throw DataError(
          "\(name), line \(fieldLine): the quote that begins here is not closed before the end of the file. "
            + "Close it, or double it if it belongs to the text.")
      }
      if cursor[offset + 1] != Self.quote || cursor + offset + 1 == limit { break }
      hasDoubledQuotes = true
      offset += 2
    }

    let length = offset - 1
    line += countLineEnds(cursor + 1, length)
    offset += 1
    let endsLine: Bool
    while true {
      if cursor + offset == limit {
        if isAtEnd {
          endsLine = true
          break
        }
        try refill()
      } else if let count = try lineEndLength(offset) {
        endsLine = true
        offset += count
        break
      } else if cursor[offset] == delimiter {
        endsLine = false
        offset += 1
        break
      } else if isPadding(cursor[offset]) {
        offset += 1
      } else {
        throw DataError(
          "\(name), line \(line): text follows the closing quote of a field. Double a quote that belongs to the text.")
      }
    }
    if endsLine { line += 1 }
    let text = cursor + 1
    cursor += offset
    field = UnsafeBufferPointer(
      start: text, count: hasDoubledQuotes ? joinDoubledQuotes(text - UnsafePointer(buffer), length) : length)
    return endsLine
  }

  /// Makes one quote of two, in place: the bytes were read and are not needed again.
  ///
  /// - Returns: The new length.
  private func joinDoubledQuotes(_ start: Int, _ length: Int) -> Int {
    let text = buffer + start
    var kept = 0
    var index = 0
    while index < length {
      text[kept] = text[index]
      index += text[index] == Self.quote ? 2 : 1
      kept += 1
    }
    return kept
  }

  private func countLineEnds(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int {
    var lines = 0
    for index in 0..<count where start[index] == lineEnd { lines += 1 }
    return lines
  }

  @inline(__always)
  private func isPadding(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") && delimiter != UInt8(ascii: "\t")
  }

  // MARK: Blocks

  /// Moves what begins at ``cursor`` to the front and reads the next block behind it.
  private func refill(quoteLine: Int? = nil) throws(DataError) {
    let kept = limit - cursor
    if kept > capacity / 2 {
      if kept >= Self.largestField { throw tooLong(quoteLine) }
      capacity *= 2
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + Self.padding)
      larger.update(from: cursor, count: kept)
      buffer.deallocate()
      buffer = larger
    } else {
      memmove(buffer, cursor, kept)
    }
    cursor = UnsafePointer(buffer)
    limit = cursor + kept
    // Keeps the zeros behind the end even if the read fails.
    (buffer + kept).update(repeating: 0, count: Self.padding)
    let count = try source.read(into: buffer + kept, capacity: capacity - kept)
    limit += count
    (buffer + kept + count).update(repeating: 0, count: Self.padding)
    isAtEnd = count == 0
    blockCount += 1
    bytesRead += count
    if head.count < 16 { head += UnsafeBufferPointer(start: buffer + kept, count: min(count, 16)) }
    if let zero = memchr(buffer + kept, 0, count) {
      let position = UnsafePointer(zero.assumingMemoryBound(to: UInt8.self))
      throw notText("a zero byte", line: line + countLineEnds(cursor, position - cursor))
    }
  }

  private func tooLong(_ quoteLine: Int?) -> DataError {
    let megabytes = Self.largestField >> 20
    if let quoteLine {
      return DataError(
        "\(name), line \(quoteLine): the quote that begins here is not closed within \(megabytes) MB. "
          + "Close it, or double it if it belongs to the text.")
    }
    return DataError("\(name), line \(line): a field is longer than \(megabytes) MB. Is this a table?")
  }

  /// The error about a file that is not text.
  func notText(_ finding: String, line: Int) -> DataError {
    DataError("\(name), line \(line): \(finding), so the file is not UTF-8 text. \(FileSignature.advice(head: head))")
  }
}
