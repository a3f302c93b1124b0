import CKernels
import Inference

/// One reading of the rows of a CSV file into columns, part by part, by several threads.
///
/// Each part is read as if nothing but its own rows were known: not its line, nor what the columns were taken for meanwhile.
/// The parts are then taken over in order. One that began with a wrong supposition, or has an error, is read again with
/// what is known by then, so that neither columns nor messages depend on how the file was cut.
final class CSVPass {
  /// Small enough for the cache next to the processor.
  static let partSize = 1 << 18
  /// Each thread has two parts, with room for their columns.
  private static let mostThreads = 64
  /// A mixture, or another decimal mark, found before so many bytes were read makes it worthwhile to begin again at once.
  private static let restartLimit = 1 << 21

  /// One for each field of a row, nil where the field is skipped.
  let builders: [ColumnBuilder?]
  /// The columns that have builders.
  let store: ColumnStore

  private let blocks: CSVBlocks
  private let partSize: Int
  private let threads: Int
  private let parts: [CSVPart]
  private var next: CSVPart.Start

  /// - Parameters:
  ///   - blocks: Stands at the first row.
  ///   - line: The line of the first row.
  ///   - describeHeader: What determined the number of fields, for messages: "the header".
  ///   - makeBuilders: Makes builders; nil for a field that is skipped.
  init(
    blocks: CSVBlocks, blockSize: Int, line: Int, describeHeader: String, memoryLimit: Int, threads: Int,
    makeBuilders: () -> [ColumnBuilder?]
  ) {
    self.blocks = blocks
    self.threads = min(max(threads, 1), Self.mostThreads)
    partSize = blockSize
    builders = makeBuilders()
    // More parts than threads, so that a thread that begins late delays the others less.
    parts = (0..<(self.threads == 1 ? 1 : 2 * self.threads)).map { _ in
      CSVPart(
        builders: makeBuilders(), decimalMark: blocks.format.decimalMark, describeHeader: describeHeader)
    }
    store = ColumnStore(
      columnCount: builders.count { $0 != nil }, memoryLimit: memoryLimit, name: blocks.format.name)
    next = CSVPart.Start(line: line, blankLines: 0, modes: builders.map { $0?.mode ?? .skipped })
  }

  /// The first cell of all columns that would be a number with the other decimal mark.
  var firstOtherMark: DecimalMark.Cell? { builders.compactMap { $0?.firstOtherMark }.min { $0.line < $1.line } }

  /// Whether a column must be read again as labels, or all with decimal commas.
  private var mustBeginAgain: Bool {
    builders.contains { $0?.mode == .mixed }
      || blocks.format.decimalMark == DecimalMark.point && builders.contains { $0?.firstOtherMark != nil }
  }

  /// Reads all rows.
  ///
  /// - Returns: False where text was found among numbers, or another decimal mark, early enough to begin again at once.
  func readRows() throws(DataError) -> Bool {
    // What the columns are is mostly decided by the first part, so that is read alone.
    var count = 1
    while true {
      let found = try blocks.next(parts: count, ofSize: partSize, line: next.line)
      if found.isEmpty { return true }
      count = parts.count
      let supposed = CSVPart.Start(line: next.line, blankLines: 0, modes: next.modes)
      read(found, from: supposed)
      for (part, bytes) in zip(parts, found) where try !take(part, bytes) { return false }
      if blocks.bytesRead <= Self.restartLimit, mustBeginAgain { return false }
    }
  }

  private func read(_ found: [UnsafeBufferPointer<UInt8>], from start: CSVPart.Start) {
    let (parts, format) = (self.parts, blocks.format)
    withoutActuallyEscaping({ (task: Int) in parts[task].read(found[task], format: format, from: start) }) { body in
      var work = Work(body: body)
      withUnsafeMutablePointer(to: &work) { work in
        suffice_parallel(
          Int32(threads), found.count,
          { context, task, _ in context?.assumingMemoryBound(to: Work.self).pointee.body(task) }, work)
      }
    }
  }

  private struct Work { let body: (Int) -> Void }

  /// Adds the rows of the part that follows.
  ///
  /// - Returns: False where it has an error, but reading must begin again anyway, which may find another error before it.
  private func take(_ part: CSVPart, _ bytes: UnsafeBufferPointer<UInt8>) throws(DataError) -> Bool {
    let isSupposed = part.start.blankLines == next.blankLines && part.start.modes == next.modes
    if part.error != nil || !isSupposed {
      // A message names lines.
      part.read(bytes, format: blocks.format, from: next)
    }
    let lineOffset = next.line - part.start.line
    var values: [UnsafeMutablePointer<Double>] = []
    for (index, (whole, builder)) in zip(builders, part.builders).enumerated() {
      guard let whole, let builder else { continue }
      values.append(part.column(index))
      whole.absorb(
        builder,
        values: UnsafeMutableBufferPointer(start: part.column(index), count: part.error == nil ? part.rowCount : 0),
        lineOffset: lineOffset)
    }
    if let error = part.error {
      if mustBeginAgain { return false }
      throw error
    }
    try store.append(part.rowCount, values)
    next = part.end
    next.line += lineOffset
    return true
  }
}
