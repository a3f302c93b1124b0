import Glibc
import Inference

/// Reads tables from files of any kind that is known.
public enum DataFile {
  /// Reads a table from a CSV file, which may be packed with gzip, or from a NumPy file.
  ///
  /// ```swift
  /// let table = try DataFile.read(path: "faithful.csv")
  /// ```
  ///
  /// A file that begins like a NumPy file, or is called ".npy", is read by ``NPYFile``, which takes the columns to read
  /// and those to read as labels from the options; anything else is read by ``CSVFile``.
  ///
  /// - Parameter path: The file; "-" is the standard input, which must be CSV.
  /// - Throws: ``DataError`` with what is wrong and where.
  public static func read(path: String, options: CSVOptions = CSVOptions()) throws(DataError) -> DataTable {
    if path != "-", try isNumPy(path) {
      return try NPYFile(
        path: path, columns: options.columns, categorical: options.categorical, memoryLimit: options.memoryLimit
      ).read()
    }
    return try CSVFile(path: path, options: options).read()
  }

  private static func isNumPy(_ path: String) throws(DataError) -> Bool {
    let (descriptor, kind) = try openForReading(path)
    defer { close(descriptor) }
    // Looking at the first bytes of a pipe would take them away.
    guard case .regular = kind else { return false }
    var head = [UInt8](repeating: 0, count: FileSignature.numPy.count)
    let count = retryingInterrupts { pread(descriptor, &head, head.count, 0) }
    if head.starts(with: GzipInflater.signature) { return false }
    return count == head.count && head == FileSignature.numPy || path.lowercased().hasSuffix(".npy")
  }
}
