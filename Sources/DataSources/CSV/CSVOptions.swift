/// How a CSV file is read.
public struct CSVOptions: Hashable, Sendable {
  /// What stands between two fields.
  public enum Delimiter: Hashable, Sendable, CaseIterable {
    /// A tab where the path ends in ".tsv" or ".tsv.gz"; elsewhere a comma, unless the first line has none outside of quotes
    /// but semicolons, tabs or vertical bars (the first of these that it has), or begins rows of numbers with decimal commas
    /// between semicolons.
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

  /// What stands between the whole and the fraction of a number.
  public enum DecimalMark: Hashable, Sendable, CaseIterable {
    /// A point; a comma where the fields are not separated by commas and there are numbers with one, but none with a point.
    case automatic
    /// A point: 1.5.
    case point
    /// A comma: 1,5.
    case comma
  }

  /// What stands between two fields.
  public var delimiter: Delimiter
  /// What stands between the whole and the fraction of a number.
  public var decimalMark: DecimalMark
  /// How letters are stored.
  public var encoding: TextEncoding
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
    delimiter: Delimiter = .automatic, decimalMark: DecimalMark = .automatic, encoding: TextEncoding = .automatic,
    missingTexts: [String] = [], columns: [String]? = nil, categorical: Set<String> = [], header: Bool = true,
    memoryLimit: Int = defaultMemoryLimit, threads: Int? = nil
  ) {
    self.delimiter = delimiter
    self.decimalMark = decimalMark
    self.encoding = encoding
    self.missingTexts = missingTexts
    self.columns = columns
    self.categorical = categorical
    self.header = header
    self.memoryLimit = memoryLimit
    self.threads = threads
  }

  /// The byte between two fields of the file at `path`; nil where its first line tells.
  func delimiterByte(path: String) -> UInt8? {
    switch delimiter {
    case .automatic:
      let name = path.lowercased()
      return name.hasSuffix(".tsv") || name.hasSuffix(".tsv.gz") ? UInt8(ascii: "\t") : nil
    case .comma: return UInt8(ascii: ",")
    case .tab: return UInt8(ascii: "\t")
    case .semicolon: return UInt8(ascii: ";")
    case .verticalBar: return UInt8(ascii: "|")
    }
  }
}
