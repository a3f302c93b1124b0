import Inference

/// A table in a file that is mapped into memory, not read: what `suffice convert` writes.
///
/// ```swift
/// try TableFile.write(DataFile.read(path: "rows.csv"), to: "rows.safetensors")
/// let table = try TableFile(path: "rows.safetensors").read()
/// ```
///
/// The file is in the safetensors format: each column is a vector of the type `F64` under its name, NaN where a cell is
/// missing, labels as indices of levels from 0. In the metadata, `format` is "suffice table", `version` is 1, and `columns`
/// is JSON: for each column its `name`, how many cells are `missing`, for labels their `levels` in order, and for a column of
/// numbers in which a text was found, and which holds labels therefore, that `text` and its `line` (or `row`).
///
/// The columns view the file, which may be larger than memory. It must not be changed in place while they are in use;
/// replacing it, as ``AtomicFile`` does, is safe.
public struct TableFile: Sendable {
  /// The version of the format that is written and read.
  public static let version = 1

  static let format = "suffice table"
  private static let kind = "table file"

  /// The file.
  public let path: String
  /// The names of the columns to read, or nil for all of them.
  public let columns: [String]?
  /// The names of columns that must hold labels.
  public let categorical: Set<String>

  /// Names a file, which is not opened yet.
  public init(path: String, columns: [String]? = nil, categorical: Set<String> = []) {
    self.path = path
    self.columns = columns
    self.categorical = categorical
  }

  /// Reads the columns.
  ///
  /// - Throws: ``DataError`` where the file is missing, foreign, of another version, cut off or damaged.
  public func read() throws(DataError) -> DataTable {
    let reader = SafeTensorsReader(name: path, kind: Self.kind)
    let header = try reader.header(RawSource(path: path)) { (metadata) throws(DataError) in try check(metadata, reader)
    }
    let mapping = try Mapping(path: path, content: "a table")
    let size = header.start + (header.places.map(\.bytes.upperBound).max() ?? 0)
    guard mapping.count == size else {
      throw reader.damaged("it should have \(size) bytes, but it has \(mapping.count)")
    }
    let described = try columns(header.metadata["columns"] ?? "", reader)
    guard described.count == header.places.count, !described.isEmpty, header.start % 8 == 0 else {
      throw reader.damaged("its columns are not those that it describes")
    }
    let selected = try ColumnSelection.select(
      described.map(\.name), wanted: columns, categorical: categorical, place: path)
    var result: [Column] = []
    for ((index, place), about) in zip(header.places.enumerated(), described) where selected[index] {
      guard place.name == about.name, place.shape.count == 1, place.shape == header.places[0].shape else {
        throw reader.damaged("its columns are not those that it describes")
      }
      if place.shape[0] == 0 { throw DataError("\(path): the table has no rows. At least one was expected.") }
      if categorical.contains(about.name), about.kind == .numeric {
        throw DataError(
          "\(path): column \"\(shown(about.name))\" holds numbers. Convert the table again, with the column read as "
            + "labels.", remedy: .categorical(shown(about.name)))
      }
      let values = (mapping.base + header.start + place.bytes.lowerBound).assumingMemoryBound(to: Double.self)
      result.append(
        Column(
          name: about.name, owner: ColumnOwner(base: values, mapped: mapping), count: place.shape[0], stride: 1,
          kind: about.kind, findings: about.findings))
    }
    return try DataTable(columns: result, origin: path)
  }

  private func check(_ metadata: [String: String], _ reader: SafeTensorsReader) throws(DataError) {
    guard metadata["format"] == Self.format else {
      let found = metadata["format"].map { " Its content is called \"\(shown($0))\"." } ?? ""
      throw DataError("\(path): is a safetensors file, but not a table that 'suffice convert' wrote.\(found)")
    }
    guard metadata["version"] == "\(Self.version)" else {
      throw DataError(
        "\(path): is a table of version \(shown(metadata["version"] ?? "none")), but this program reads version "
          + "\(Self.version). Convert the data again.")
    }
  }

  private typealias Description = (name: String, findings: Column.Findings, kind: Column.Kind)

  private func columns(_ text: String, _ reader: SafeTensorsReader) throws(DataError) -> [Description] {
    do throws(DataError) {
      return try JSONField(JSON(parsing: text, name: "columns"), path: "columns").list {
        (field) throws(DataError) -> Description in
        let levels = try field.optionalMember("levels")?.texts()
        var findings = Column.Findings()
        findings.missingCount = try field.member("missing").integer(atLeast: 0)
        if let text = try field.optionalMember("text")?.text() {
          let row = try field.optionalMember("row")?.integer(atLeast: 1)
          findings.countsRows = row != nil
          let line = if let row { row } else { try field.member("line").integer(atLeast: 1) }
          findings.firstText = (line, text)
        }
        return (
          try field.member("name").text(), findings,
          levels.map { .categorical(levels: $0) } ?? .numeric
        )
      }
    } catch {
      throw reader.damaged("\(error)")
    }
  }

  // MARK: Writing

  /// Writes a table, replacing an older file only when the new one is complete.
  ///
  /// - Parameter path: The file; "-" is the standard output.
  /// - Throws: ``DataError`` where the file cannot be written.
  public static func write(_ table: DataTable, to path: String) throws(DataError) {
    guard !table.columns.isEmpty else { throw DataError("\(path): a table without columns cannot be written.") }
    let described = table.columns.map { column -> JSON in
      var members = [
        JSON.Member("name", .string(column.name)),
        JSON.Member("missing", .number(Double(column.findings.missingCount))),
      ]
      if case .categorical(let levels) = column.kind {
        members.append(.init("levels", .array(levels.map { .string($0) })))
      }
      if let (line, text) = column.findings.firstText {
        members.append(.init("text", .string(text)))
        members.append(.init(column.findings.countsRows ? "row" : "line", .number(Double(line))))
      }
      return .object(members)
    }
    let header = try SafeTensors.header(
      ["format": format, "version": "\(version)", "columns": JSON.array(described).description],
      table.columns.map { ($0.name, [$0.count]) }, path: path)
    try AtomicFile.write(to: path) { (writer) throws(DataError) in
      try writer.write(header)
      for column in table.columns { try writer.write(valuesOf: column) }
    }
  }
}

extension ByteWriter {
  /// Values of a column that are written at a time.
  static let rowsAtOnce = 1 << 15

  /// Writes the values of a column as little-endian doubles; the memory of mapped rows is given back on the way.
  func write(valuesOf column: Column) throws(DataError) {
    let blockSize = Self.rowsAtOnce
    var block = [UInt64](repeating: 0, count: min(blockSize, column.count))
    for first in stride(from: 0, to: column.count, by: blockSize) {
      let rows = first..<min(first + blockSize, column.count)
      for row in rows { block[row - first] = column.base[row * column.stride].bitPattern.littleEndian }
      try block.withUnsafeBytes { bytes in
        Result { () throws(DataError) in try write(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<(8 * rows.count)]))
        }
      }.get()
      column.releasePages(rows: rows)
    }
  }
}
