import Glibc
import Inference

/// Columns in a temporary file without a name, each of which is mapped into memory as if it lay in one piece.
///
/// The file is written, not mapped, while it grows: a full disk is then an error, and not a signal. It is a sequence of
/// groups of rows, and in each group the columns follow one another.
final class SpillFile {
  private let descriptor: Int32
  private let columnCount: Int
  private let name: String
  /// 64 MB of a column, so that one of 20 GB is some 300 pieces.
  ///
  /// What a group lacks of rows takes no space on the disk.
  private static let groupRows = 1 << 23
  /// Rows that are changed at a time.
  static let rowsAtOnce = 1 << 15
  private static let valueSize = MemoryLayout<Double>.size

  /// - Parameter name: What messages call the file whose columns are kept.
  init(columnCount: Int, name: String) throws(DataError) {
    self.columnCount = columnCount
    self.name = name
    descriptor = TemporaryFile.open()
    if descriptor < 0 { throw Self.failure(name, "cannot be made", errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes rows of a column.
  func write(_ values: UnsafePointer<Double>, _ count: Int, column: Int, row: Int) throws(DataError) {
    try eachPiece(column, row..<row + count) { (offset, rows) throws(DataError) in
      var rest = UnsafeRawBufferPointer(start: values + rows.lowerBound - row, count: rows.count * Self.valueSize)[...]
      var place = offset
      while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let written = SystemCall.write.run { pwrite(descriptor, part.baseAddress, part.count, off_t(place)) }
        guard written > 0 else { throw Self.failure(name, "cannot be written", written < 0 ? errno : EIO) }
        rest = rest.dropFirst(written)
        place += written
      }
    }
  }

  /// Changes the values of a column, a part at a time.
  func rewrite(
    _ column: Int, rows: Int, _ change: (UnsafeMutableBufferPointer<Double>) -> Void
  ) throws(DataError) {
    let block = UnsafeMutableBufferPointer<Double>.allocate(capacity: min(Self.rowsAtOnce, rows))
    defer { block.deallocate() }
    guard let base = block.baseAddress else { return }
    for first in stride(from: 0, to: rows, by: block.count) {
      let part = first..<min(first + block.count, rows)
      try eachPiece(column, part) { (offset, rows) throws(DataError) in
        let target = UnsafeMutableRawPointer(base + rows.lowerBound - first)
        let size = rows.count * Self.valueSize
        let read = SystemCall.read.run { pread(descriptor, target, size, off_t(offset)) }
        guard read == size else { throw Self.failure(name, "cannot be read", read < 0 ? errno : EIO) }
      }
      change(UnsafeMutableBufferPointer(start: base, count: part.count))
      try write(base, part.count, column: column, row: first)
    }
  }

  /// Maps a column.
  func owner(of column: Int, rows: Int) throws(DataError) -> ColumnOwner {
    if rows == 0 { return ColumnOwner(copying: []) }
    let size = rows * Self.valueSize
    guard let address = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      address != MAP_FAILED
    else { throw Self.failure(name, "cannot be mapped into memory", errno) }
    let mapping = Mapping(base: UnsafeRawPointer(address), count: size)
    try eachPiece(column, 0..<rows) { (offset, rows) throws(DataError) in
      let place = address + rows.lowerBound * Self.valueSize
      let piece = mmap(
        place, rows.count * Self.valueSize, PROT_READ, MAP_SHARED | MAP_FIXED, descriptor, off_t(offset))
      if piece == MAP_FAILED { throw Self.failure(name, "cannot be mapped into memory", errno) }
    }
    return ColumnOwner(base: mapping.base.assumingMemoryBound(to: Double.self), mapped: mapping)
  }

  /// Calls `body` with the place in the file of each piece of some rows of a column.
  private func eachPiece(
    _ column: Int, _ rows: Range<Int>, _ body: (_ offset: Int, _ rows: Range<Int>) throws(DataError) -> Void
  ) throws(DataError) {
    var row = rows.lowerBound
    while row < rows.upperBound {
      let group = row / Self.groupRows
      let end = min((group + 1) * Self.groupRows, rows.upperBound)
      let offset = (group * columnCount + column) * Self.groupRows + row - group * Self.groupRows
      try body(offset * Self.valueSize, row..<end)
      row = end
    }
  }

  private static func failure(_ name: String, _ finding: String, _ code: Int32) -> DataError {
    let advice =
      code == ENOSPC || code == EDQUOT || code == EFBIG
      ? " Free some space there, name a larger folder with TMPDIR, or read fewer columns."
      : " Name another folder with TMPDIR."
    return DataError(
      "\(name): its columns do not fit into the memory limit, and a file for them in the temporary folder "
        + "\(TemporaryFile.folder) \(finding): \(systemErrorText(code)).\(advice)")
  }
}

/// Files that have no name and vanish with the program.
public enum TemporaryFile {
  /// Where they are: the folder that `TMPDIR` names, or `/tmp`.
  public static var folder: String {
    guard let folder = getenv("TMPDIR").map({ String(cString: $0) }), !folder.isEmpty else { return "/tmp" }
    return folder
  }

  /// Opens a new file for reading and writing; negative, with `errno`, where that fails.
  static func open() -> Int32 {
    var template = Array("\(folder)/suffice-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    if descriptor >= 0 {
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      unlink(template)
    }
    return descriptor
  }
}
