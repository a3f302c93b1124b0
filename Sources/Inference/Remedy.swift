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
  /// Inference by coordinate ascent.
  case coordinateAscent
}
