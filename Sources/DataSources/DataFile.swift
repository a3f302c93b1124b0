import Glibc
import Inference

/// Reads tables from files of any kind that is known.
public enum DataFile {
  /// Kinds of files, told by their first bytes.
  enum Kind {
    case csv, numPy, table, parquet
  }

  /// Reads a table from a CSV file, which may be packed with gzip, or from a NumPy, Parquet or table file.
  ///
  /// ```swift
  /// let table = try DataFile.read(path: "faithful.csv")
  /// ```
  ///
  /// A file that begins like a NumPy file, or is called ".npy", is read by ``NPYFile``; one that begins like a safetensors
  /// file by ``TableFile``, and one that begins like a Parquet file by ``ParquetFile``; all take the columns to read and
  /// those to read as labels from the options. Anything else is read by ``CSVFile``.
  ///
  /// - Parameter path: The file; "-" is the standard input, which must be CSV.
  /// - Throws: ``DataError`` with what is wrong and where.
  public static func read(path: String, options: CSVOptions = CSVOptions()) throws(DataError) -> DataTable {
    switch try kind(of: path) {
    case .numPy:
      return try NPYFile(
        path: path, columns: options.columns, categorical: options.categorical, memoryLimit: options.memoryLimit
      ).read()
    case .table: return try TableFile(path: path, columns: options.columns, categorical: options.categorical).read()
    case .parquet: return try ParquetFile(path: path, options: options).read()
    case .csv: return try CSVFile(path: path, options: options).read()
    }
  }

  /// Writes a table to a file whose kind is told by its name: ".npy", ".safetensors", anything else CSV.
  ///
  /// - Parameter path: The file; "-" is the standard output.
  /// - Throws: ``DataError`` where the file cannot be written, or cannot hold the table's labels.
  public static func write(_ table: DataTable, to path: String) throws(DataError) {
    let name = path.lowercased()
    if name.hasSuffix(".safetensors") { return try TableFile.write(table, to: path) }
    if name.hasSuffix(".npy") { return try NPYFile.write(table.columns, to: path) }
    if name.hasSuffix(".gz") {
      throw DataError("\(path): packed files are read, not written. Leave \".gz\" out.")
    }
    try CSVWriter().write(table, to: path)
  }

  static func kind(of path: String) throws(DataError) -> Kind {
    guard let head = try firstBytes(of: path) else { return .csv }
    if head.starts(with: FileSignature.numPy) { return .numPy }
    if head.starts(with: FileSignature.parquet) { return .parquet }
    if head.starts(with: GzipInflater.signature) { return .csv }
    // The upper half of the header's length is zero, and no text has zeros.
    if head.count > 8, head[8] == UInt8(ascii: "{"), head[4..<8].allSatisfy({ $0 == 0 }) { return .table }
    return path.lowercased().hasSuffix(".npy") ? .numPy : .csv
  }

  /// The first 16 bytes of a regular file, or fewer; nil for what can be read only once.
  public static func firstBytes(of path: String) throws(DataError) -> [UInt8]? {
    if path == "-" { return nil }
    // Looking at the first bytes of a pipe would take them away, and even opening it would: whoever writes to it sees its
    // reader go.
    var status = stat()
    if stat(path, &status) == 0, case .stream = FileKind(status) { return nil }
    let (descriptor, kind) = try openForReading(path)
    defer { close(descriptor) }
    guard case .regular = kind else { return nil }
    var head = [UInt8](repeating: 0, count: 16)
    let count = retryingInterrupts { pread(descriptor, &head, head.count, 0) }
    return Array(head.prefix(max(count, 0)))
  }
}
