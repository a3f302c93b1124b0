/// How a CSV file is read.
public struct CSVOptions: Hashable, Sendable {
  /// What stands between two fields.
  public enum Delimiter: Hashable, Sendable, CaseIterable {
    /// A tab where the path ends in ".tsv" or ".tsv.gz", a comma elsewhere.
    case automatic
    /// A comma.
    case comma
    /// A tab.
    case tab
    /// A semicolon.
    case semicolon
    /// A vertical bar.
    case verticalBar
  }

  /// What stands between two fields.
  public var delimiter: Delimiter
  /// Texts that mean a missing value, such as "NA" or "?"; the empty field always does.
  ///
  /// A field is compared letter by letter, without the spaces around it: "-9" is not "-9.0".
  public var missingTexts: [String]
  /// The names of the columns to read, or nil for all of them.
  ///
  /// The table has them in the order of the file.
  public var columns: [String]?
  /// The names of columns to read as labels even where they hold numbers.
  public var categorical: Set<String>
  /// Whether the first line holds the names of the columns; otherwise they are called c1, c2, and so on.
  public var header: Bool

  /// How many bytes of columns are kept in memory; where there are more, all are kept in a temporary file that is mapped
  /// into memory.
  ///
  /// The file has no name, lies in the folder that `TMPDIR` names (`/tmp` without it), and vanishes with the program.
  public var memoryLimit: Int
  /// How many threads read; nil for one a processor.
  ///
  /// The columns do not depend on it.
  public var threads: Int?

  /// The usual ``memoryLimit``: 256 MB.
  public static let defaultMemoryLimit = 256 << 20

  /// Makes options; without arguments, those for a file with a header line in which empty fields are missing values.
  public init(
    delimiter: Delimiter = .automatic, missingTexts: [String] = [], columns: [String]? = nil,
    categorical: Set<String> = [], header: Bool = true, memoryLimit: Int = defaultMemoryLimit, threads: Int? = nil
  ) {
    self.delimiter = delimiter
    self.missingTexts = missingTexts
    self.columns = columns
    self.categorical = categorical
    self.header = header
    self.memoryLimit = memoryLimit
    self.threads = threads
  }

  /// The byte between two fields of the file at `path`.
  func delimiterByte(path: String) -> UInt8 {
    switch delimiter {
    case .automatic:
      let name = path.lowercased()
      return UInt8(ascii: name.hasSuffix(".tsv") || name.hasSuffix(".tsv.gz") ? "\t" : ",")
    case .comma: return UInt8(ascii: ",")
    case .tab: return UInt8(ascii: "\t")
    case .semicolon: return UInt8(ascii: ";")
    case .verticalBar: return UInt8(ascii: "|")
    }
  }
}
