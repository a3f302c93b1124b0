/// The laws of a family, a likelihood or a backend that do not hold: thrown with all of them at once.
public struct LawViolation: Error, CustomStringConvertible {
  /// One law that does not hold.
  public struct Failure: Hashable, Sendable, CustomStringConvertible {
    /// The law.
    public let law: String
    /// Where, and by how much.
    public let detail: String

    /// Describes a failure.
    public init(law: String, detail: String) {
      self.law = law
      self.detail = detail
    }

    /// Law and detail.
    public var description: String { "\(law): \(detail)" }
  }

  /// What was checked.
  public let subject: String
  /// What does not hold.
  public let failures: [Failure]

  /// Describes violations.
  public init(subject: String, failures: [Failure]) {
    self.subject = subject
    self.failures = failures
  }

  /// The names of the laws that do not hold.
  public var laws: Set<String> { Set(failures.map(\.law)) }

  /// All failures, one a line.
  public var description: String {
    "\(subject): \(failures.count) violations\n" + failures.map { "  \($0)" }.joined(separator: "\n")
  }
}
