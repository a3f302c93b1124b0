/// The setting that mends an error.
///
/// Messages describe it in words; the command line, Python and others add how it is written there.
public enum Remedy: Hashable, Sendable {
  /// The columns of a variable.
  case bind(String)
  /// A column that is to be read as labels.
  case categorical(String)
  /// The column of the rows' weights.
  case weights
  /// A table of what the model conditions on.
  case given
  /// A text that means a missing value.
  case missing(String)
  /// Which columns are read.
  case columns
  /// What stands between two fields of a line.
  case delimiter
  /// What stands between the whole and the fraction of a number.
  case decimalMark
  /// How the letters of a text file are stored, by the name of the encoding.
  case encoding(String)
  /// Inference by coordinate ascent.
  case coordinateAscent
}
