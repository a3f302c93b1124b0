import Inference
import JointDistributions

/// Reads the declaration of a joint distribution from a JSON file.
///
/// ```json
/// {
///   "columns": [
///     {"name": "income", "law": "logNormal", "mean": 10, "deviation": 1},
///     {"name": "children", "law": "poisson", "mean": 1.4},
///     {"name": "owner", "law": "categorical", "levels": {"no": 0.55, "yes": 0.45}}
///   ],
///   "correlations": [
///     {"between": ["income", "children"], "value": 0.2},
///     {"between": ["income", "owner"], "value": 0.35, "kind": "spearman"}
///   ]
/// }
/// ```
///
/// Instead of single correlations the file may have a whole matrix: `"matrix": [[1, 0.2], [0.2, 1]]`, or the path of a
/// table that has it, `"matrix": "matrix.csv"`. Paths are relative to the file's folder.
public enum JointFile {
  /// Reads a declaration.
  ///
  /// - Parameters:
  ///   - path: The file; "-" is standard input.
  ///   - opening: Called with the path of each further file that the declaration names, before it is read.
  /// - Throws: ``DataError`` with what is wrong and where in the file.
  public static func read(
    _ path: String, opening: @escaping (String) -> Void = { _ in }
  ) throws(DataError) -> [JointStatement] {
    let source = try RawSource(path: path)
    let field = JSONField(try JSON(parsing: source.readBytes(largestSize), name: source.name), path: source.name)
    try field.expectMembers(["columns", "correlations", "matrix", "kind"])
    let tables = JointTables(
      folder: path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "", opening: opening)
    let margins = try field.member("columns").list { (column) throws(DataError) -> Margin in
      Margin(try column.member("name").text(), try JointLaw(tables: tables).read(column, also: ["name"]))
    }
    var statements = margins.map { JointStatement.margin($0) }
    let kind = try field.optionalMember("kind")?.correlationKind() ?? .pearson
    if let matrix = try field.optionalMember("matrix") {
      statements.append(.matrix(CorrelationMatrix(try rows(matrix, margins.map(\.name), tables), kind: kind)))
    }
    if let correlations = try field.optionalMember("correlations") {
      statements += try correlations.list { (pair) throws(DataError) in .correlation(try correlation(pair, kind)) }
    }
    return statements
  }

  private static func correlation(_ pair: JSONField, _ kind: CorrelationKind) throws(DataError) -> Correlation {
    try pair.expectMembers(["between", "value", "kind"])
    let between = try pair.member("between")
    let names = try between.texts()
    guard names.count == 2 else { throw between.error("the names of two columns were expected.") }
    return Correlation(
      names[0], names[1], try pair.member("value").number(),
      kind: try pair.optionalMember("kind")?.correlationKind() ?? kind)
  }

  /// The rows of a matrix, in the order of the columns: written out, or those of a table whose header names them.
  private static func rows(
    _ field: JSONField, _ names: [String], _ tables: JointTables
  ) throws(DataError) -> [[Double]] {
    guard case .string(let path) = field.value else {
      return try field.list { (row) throws(DataError) in try row.numbers() }
    }
    let table = try tables.read(path)
    var positions: [Int] = []
    for name in names {
      guard let position = table.columnNames.firstIndex(of: name) else {
        throw DataError(
          "\(table.origin): has no column \"\(shown(name))\". One column for each of the declared ones was expected, and "
            + "as many rows, in the same order as the columns.")
      }
      if case .categorical = table.columns[position].kind {
        throw DataError("\(table.origin): column \"\(shown(name))\" holds texts; correlations were expected.")
      }
      positions.append(position)
    }
    guard table.rowCount == table.columns.count, table.rowCount == names.count else {
      throw DataError(
        "\(table.origin): has \(counted(table.rowCount, "row")) and \(counted(table.columns.count, "column")); "
          + "\(names.count) of each were expected, one for each declared column.")
    }
    return positions.map { row in positions.map { table.columns[$0][row] } }
  }

  /// More than any declaration needs.
  private static let largestSize = 1 << 28
}

/// The tables that a declaration names.
struct JointTables {
  /// What paths are relative to: ends with a slash, or is empty.
  let folder: String
  /// Called before a file is read.
  let opening: (String) -> Void

  func read(_ path: String, options: CSVOptions = CSVOptions()) throws(DataError) -> DataTable {
    let resolved = path.hasPrefix("/") ? path : folder + path
    opening(resolved)
    return try DataFile.read(path: resolved, options: options)
  }
}

extension JSONField {
  /// Members that nobody reads are an error: they are misspelt.
  func expectMembers(_ known: [String]) throws(DataError) {
    guard case .object(let members) = value else {
      throw error("an object was expected, but it is \(shown(value.description)).")
    }
    if let unknown = members.first(where: { !known.contains($0.key) }) {
      throw error(
        "\"\(shown(unknown.key))\" is not known here; these are: \(known.map { "\"\($0)\"" }.joined(separator: ", ")).")
    }
  }

  fileprivate func correlationKind() throws(DataError) -> CorrelationKind {
    let name = try text()
    guard let kind = CorrelationKind(rawValue: name) else {
      throw error(
        "\"\(shown(name))\" is no kind of correlation; these are: "
          + "\(CorrelationKind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")).")
    }
    return kind
  }
}
