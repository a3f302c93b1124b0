import Glibc
import Inference

/// Several files that are read as one table, one after the other.
public struct DataFiles: Sendable {
  /// The files, in order.
  public let paths: [String]

  /// Names files.
  ///
  /// - Parameter patterns: Paths, or patterns of the shell such as "part-*.csv", whose files are taken in the order of their
  ///   names. A file that exists is meant as it is.
  /// - Throws: ``DataError`` where nothing has a name like a pattern, or a file is named twice.
  public init(_ patterns: [String]) throws(DataError) {
    var paths: [String] = []
    for pattern in patterns {
      if !pattern.utf8.contains(where: { "*?[".utf8.contains($0) }) || access(pattern, F_OK) == 0 {
        paths.append(pattern)
        continue
      }
      var found = glob_t()
      defer { globfree(&found) }
      guard glob(pattern, 0, nil, &found) == 0 else {
        throw DataError("\(pattern): there is no such file, and none that it fits as a pattern. Check the path.")
      }
      for index in 0..<Int(found.gl_pathc) {
        if let path = found.gl_pathv[index] { paths.append(String(cString: path)) }
      }
    }
    guard !paths.isEmpty else { throw DataError("no data file is named. Name at least one.") }
    if let (_, twice) = paths.enumerated().first(where: { paths[..<$0].contains($1) }) {
      throw DataError("\(twice): is named twice. Name each file once.")
    }
    self.paths = paths
  }

  /// Reads the files.
  ///
  /// Each file must have the columns of the first one, in any order; labels get the levels of all files together. The rows
  /// of several files are copied, beyond the memory limit to a temporary file.
  ///
  /// - Parameter read: Reads one file; by default ``DataFile``.
  /// - Throws: ``DataError`` where a file cannot be read, or differs from the first one, with how.
  public func read(
    options: CSVOptions = CSVOptions(),
    by read: (String, CSVOptions) throws(DataError) -> DataTable = { (path, options) throws(DataError) in
      try DataFile.read(path: path, options: options)
    }
  ) throws(DataError) -> DataTable {
    let first = try read(paths[0], options)
    if paths.count == 1 { return first }
    let joined = JoinedColumns(first, name: paths[0], memoryLimit: options.memoryLimit)
    try joined.append(first)
    for path in paths.dropFirst() { try joined.append(try read(path, options)) }
    return try joined.table(origin: "\(paths[0]) and \(counted(paths.count - 1, "other file"))")
  }
}

/// The rows of several tables, one after the other.
private final class JoinedColumns {
  private enum Content: String {
    case unknown, numbers, labels
  }

  private let first: String
  private let names: [String]
  private let store: ColumnStore
  private var contents: [Content]
  /// The file that decided what a column holds.
  private var deciders: [String]
  private let labels: [LabelTable]
  private var findings: [Column.Findings]

  init(_ table: DataTable, name: String, memoryLimit: Int) {
    first = name
    names = table.columnNames
    store = ColumnStore(columnCount: names.count, memoryLimit: memoryLimit, name: name)
    contents = names.map { _ in .unknown }
    deciders = names.map { _ in name }
    labels = names.map { _ in LabelTable() }
    findings = names.map { _ in Column.Findings() }
  }

  func append(_ table: DataTable) throws(DataError) {
    let columns = try matching(table)
    var newLabels: [[Double]] = []
    for (index, column) in columns.enumerated() {
      newLabels.append(try take(column, index, table.origin))
      findings[index].missingCount += column.findings.missingCount
    }
    let blockSize = NPYArray.rowsAtOnce(of: names.count)
    let block = UnsafeMutablePointer<Double>.allocate(capacity: blockSize * names.count)
    defer { block.deallocate() }
    for start in stride(from: 0, to: table.rowCount, by: blockSize) {
      let rows = start..<min(start + blockSize, table.rowCount)
      for (index, column) in columns.enumerated() {
        let target = block + index * blockSize
        let labels = newLabels[index]
        for row in rows {
          let value = column.base[row * column.stride]
          target[row - start] = labels.isEmpty || value.isNaN ? value : labels[Int(value)]
        }
        column.releasePages(rows: rows)
      }
      try store.append(rows.count, names.indices.map { block + $0 * blockSize })
    }
  }

  /// The table's columns in the order of the first one's.
  private func matching(_ table: DataTable) throws(DataError) -> [Column] {
    var columns: [Column] = []
    for name in names {
      guard let column = table[name] else {
        throw DataError(
          "\(table.origin): has no column \"\(shown(name))\", which \(first) has. Files that are read as one need the same "
            + "columns.")
      }
      columns.append(column)
    }
    let known = Set(names)
    if let other = table.columnNames.first(where: { !known.contains($0) }) {
      throw DataError(
        "\(table.origin): has a column \"\(shown(other))\", which \(first) lacks. Files that are read as one need the same "
          + "columns.")
    }
    return columns
  }

  /// Checks that a column holds what the files before held.
  ///
  /// - Returns: The new number of each label; none for numbers.
  private func take(_ column: Column, _ index: Int, _ origin: String) throws(DataError) -> [Double] {
    var content = Content.numbers
    var levels: [String] = []
    if case .categorical(let known) = column.kind { (content, levels) = (.labels, known) }
    if column.findings.missingCount == column.count { return [] }
    if contents[index] == .unknown { (contents[index], deciders[index]) = (content, origin) }
    guard contents[index] == content else {
      throw DataError(
        "\(origin): column \"\(shown(column.name))\" holds \(content.rawValue), but in \(deciders[index]) it holds "
          + "\(contents[index].rawValue). Read it as labels, or mend the file.",
        remedy: .categorical(shown(column.name)))
    }
    if findings[index].firstText == nil {
      findings[index].firstText = column.findings.firstText
      findings[index].countsRows = column.findings.countsRows
    }
    return levels.map { level in
      var level = level
      return level.withUTF8 { Double(labels[index].index(of: $0).index) }
    }
  }

  func table(origin: String) throws(DataError) -> DataTable {
    var columns: [Column] = []
    for (index, name) in names.enumerated() {
      var kind = Column.Kind.numeric
      if contents[index] == .labels {
        kind = .categorical(levels: try labels[index].sortLevels(of: index, in: store))
      }
      columns.append(
        Column(
          name: name, owner: try store.owner(of: index), count: store.count, stride: 1, kind: kind,
          findings: findings[index]))
    }
    return try DataTable(columns: columns, origin: origin)
  }
}
