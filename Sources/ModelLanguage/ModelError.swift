/// What is wrong with a model: which variable, in which file and line, and what to do.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Where the variable is declared that the error is about.
  public struct Location: Hashable, Sendable {
    /// The file.
    public let file: String
    /// The line.
    public let line: Int

    /// Names a place.
    public init(file: String, line: Int) {
      self.file = file
      self.line = line
    }
  }

  /// One or a few sentences, preceded by `file:line: ` where the place is known.
  public let description: String

  /// Makes an error with a message for the modeller.
  public init(_ message: String, at location: Location? = nil) {
    description = location.map { "\($0.file):\($0.line): \(message)" } ?? message
  }
}
