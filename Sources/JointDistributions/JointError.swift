/// What is wrong with the declaration of a joint distribution: where, what was expected, and what to do.
public struct JointError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One or a few sentences.
  public let description: String

  /// Makes an error.
  public init(_ description: String) { self.description = description }
}

/// A number in a message: whole ones without a point.
func text(_ x: Double) -> String {
  x == x.rounded() && x.magnitude < 1e15 ? String(Int(x)) : x.description
}
