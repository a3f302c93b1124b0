import Inference

/// A table in a Parquet file, which the library carquet reads.
///
/// ```swift
/// let table = try ParquetFile(path: "rows.parquet").read()
/// ```
///
/// Numbers, truth values, dates and times become numbers (dates count days, times their unit), texts become labels, and a
/// missing value is NaN, as NaN itself is. Columns of other types, such as lists, are left out unless they are asked for.
/// The file is read row group by row group.
///
/// The library is looked for where the variable `SUFFICE_CARQUET` says, or where the system finds libraries.
public struct ParquetFile: Sendable {
  /// The file.
  public let path: String
  /// Which columns are read, which of them as labels, and how much memory they may take; the rest is of no concern.
  public let options: CSVOptions

  /// Names a file, which is not opened yet.
  public init(path: String, options: CSVOptions = CSVOptions()) {
    self.path = path
    self.options = options
  }

  /// Reads the columns.
  ///
  /// - Throws: ``DataError`` where the library is not installed, or the file is damaged or holds no table of numbers and
  ///   texts.
  public func read() throws(DataError) -> DataTable {
    // A path that cannot be read is told without the library.
    _ = try DataFile.firstBytes(of: path)
    let library = try Carquet.load(for: path)
    let failure = CarquetFailure()
    guard let reader = library.open(path, nil, failure.memory) else { throw damaged(failure.text) }
    defer { library.close(reader) }

    let fields = try self.fields(library, reader)
    let selected = try ColumnSelection.select(
      fields.map(\.name), wanted: options.columns, categorical: options.categorical, place: path)
    for field in fields where field.kind == .other && (options.columns?.contains(field.name) ?? false) {
      throw DataError(
        "\(path): column \"\(shown(field.name))\" has the type \(shown(field.format)); numbers, texts, dates and times "
          + "can be read.")
    }
    let places = fields.indices.filter { selected[$0] && fields[$0].kind != .other }
    guard !places.isEmpty else { throw DataError("\(path): the file has no column of numbers or texts.") }
    let columns = places.map { ParquetColumn(fields[$0], isCategorical: options.categorical.contains(fields[$0].name)) }
    let store = ColumnStore(columnCount: columns.count, memoryLimit: options.memoryLimit, name: path)
    for group in 0..<library.groupCount(reader) { try read(library, reader, group, places, columns, store) }

    if store.count == 0 { throw DataError("\(path): the table has no rows. At least one was expected.") }
    var result: [Column] = []
    for (index, column) in columns.enumerated() { result.append(try column.finish(store, index: index)) }
    return try DataTable(columns: result, origin: path)
  }

  private func fields(_ library: Carquet, _ reader: OpaquePointer) throws(DataError) -> [ParquetColumn.Field] {
    let failure = CarquetFailure()
    let memory = UnsafeMutableRawPointer.allocate(byteCount: ArrowSchema.size, alignment: 8)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: ArrowSchema.size)
    defer { memory.deallocate() }
    guard let own = library.schema(reader), library.exportSchema(own, memory, failure.memory) == 0 else {
      throw damaged(failure.text)
    }
    let schema = ArrowSchema(address: memory)
    defer { schema.release() }
    return schema.children.map { ParquetColumn.Field($0) }
  }

  private func read(
    _ library: Carquet, _ reader: OpaquePointer, _ group: Int32, _ places: [Int], _ columns: [ParquetColumn],
    _ store: ColumnStore
  ) throws(DataError) {
    let failure = CarquetFailure()
    let size = ArrowSchema.size + ArrowArray.size
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    defer { memory.deallocate() }
    guard library.readGroup(reader, group, memory, memory + ArrowSchema.size, failure.memory) == 0 else {
      throw damaged(failure.text)
    }
    let (schema, array) = (ArrowSchema(address: memory), ArrowArray(address: memory + ArrowSchema.size))
    defer {
      array.release()
      schema.release()
    }
    let (types, parts, rows) = (schema.children, array.children, array.count)
    let values = UnsafeMutablePointer<Double>.allocate(capacity: rows * columns.count)
    defer { values.deallocate() }
    for (index, (place, column)) in zip(places, columns).enumerated() {
      guard place < parts.count, place < types.count, parts[place].count == rows else {
        throw damaged("row group \(group + 1) does not have the columns of the file")
      }
      try column.take(parts[place], types[place], into: values + index * rows, path: path)
    }
    try store.append(rows, columns.indices.map { values + $0 * rows })
  }

  private func damaged(_ finding: String) -> DataError {
    DataError("\(path): the Parquet file cannot be read: \(shown(finding)). Copy it again, or save it again.")
  }
}

/// One column of a Parquet file while it is read.
final class ParquetColumn {
  struct Field {
    enum Kind { case number, text, other }

    let name: String
    let format: String
    let kind: Kind

    init(_ schema: ArrowSchema) {
      name = schema.name
      format = schema.dictionary?.format ?? schema.format
      let isTime = format.hasPrefix("t") && !format.hasPrefix("tD") && !format.hasPrefix("ti")
      let isNumber = format.count == 1 && "gfecCsSiIlLb".contains(format)
      kind = format == "u" || format == "U" ? .text : isNumber || isTime ? .number : .other
    }
  }

  private let field: Field
  private let isCategorical: Bool
  private let labels = LabelTable()
  private var findings = Column.Findings()
  private var row = 0

  init(_ field: Field, isCategorical: Bool) {
    self.field = field
    self.isCategorical = isCategorical
  }

  /// Takes the rows of one group.
  func take(
    _ array: ArrowArray, _ schema: ArrowSchema, into target: UnsafeMutablePointer<Double>, path: String
  ) throws(DataError) {
    var isKnown = true
    if field.kind == .number {
      isKnown = array.numbers(schema.format, into: target)
      for index in 0..<array.count where !target[index].isFinite {
        if target[index].isNaN { continue }
        throw DataError(
          "\(path): row \(row + index + 1) of column \"\(shown(field.name))\" is \(target[index]), which is not a finite "
            + "number; leave the cell empty if it is missing.")
      }
      if isCategorical { relabel(target, array.count) }
    } else if let dictionary = array.dictionary, let type = schema.dictionary {
      var codes = [Double](repeating: .nan, count: dictionary.count)
      isKnown = dictionary.texts(type.format) { codes[$0] = $1.map(label) ?? .nan }
      isKnown = array.numbers(schema.format, into: target) && isKnown
      for index in 0..<array.count where !target[index].isNaN {
        let code = Int(target[index])
        target[index] = codes.indices.contains(code) ? codes[code] : .nan
      }
    } else {
      isKnown = array.texts(schema.format) { target[$0] = $1.map(label) ?? .nan }
    }
    guard isKnown else {
      throw DataError(
        "\(path): column \"\(shown(field.name))\" has the type \(shown(schema.format)), which cannot be read.")
    }
    for index in 0..<array.count where target[index].isNaN { findings.missingCount += 1 }
    row += array.count
  }

  private func label(_ text: UnsafeBufferPointer<UInt8>) -> Double { Double(labels.index(of: text).index) }

  private func relabel(_ values: UnsafeMutablePointer<Double>, _ count: Int) {
    for index in 0..<count where !values[index].isNaN {
      var text = numberText(values[index] == 0 ? 0 : values[index])
      values[index] = text.withUTF8 { label($0) }
    }
  }

  func finish(_ store: ColumnStore, index: Int) throws(DataError) -> Column {
    var kind = Column.Kind.numeric
    if field.kind == .text || isCategorical {
      kind = .categorical(levels: try labels.sortLevels(of: index, in: store))
    }
    return Column(
      name: field.name, owner: try store.owner(of: index), count: store.count, stride: 1, kind: kind, findings: findings
    )
  }
}
