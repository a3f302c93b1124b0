/// The identity of a variable of a model: where it was declared.
public final class VariableIdentity: Hashable, Sendable {
  /// The file of the declaration.
  public let file: String
  /// The line of the declaration.
  public let line: Int

  /// Makes a new identity.
  public init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  /// Two identities are equal where they are one object.
  public static func == (a: VariableIdentity, b: VariableIdentity) -> Bool { a === b }

  /// Hashes the object's identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A family as a value: comparable and printable.
public struct Family: Hashable, Sendable, CustomStringConvertible {
  /// The type that is the family.
  public let type: any ExponentialFamily.Type

  /// Wraps a family.
  public init(_ type: any ExponentialFamily.Type) { self.type = type }

  /// Families are equal where they are one type.
  public static func == (a: Family, b: Family) -> Bool { ObjectIdentifier(a.type) == ObjectIdentifier(b.type) }

  /// Hashes the type.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(type)) }

  /// The family's name.
  public var description: String { type.name }
}

/// A variable where it is used: which one, the labels that choose one of its members in each plate that it is used out
/// of, and which rows before it is taken from.
public struct VariableUse: Hashable, Sendable {
  /// The variable.
  public let variable: VariableIdentity
  /// Its family.
  public let family: Family
  /// The labels in brackets, in order; a label may itself be chosen by labels.
  public let gates: [VariableUse]
  /// How many rows before; empty for the row itself.
  public let lags: [Int]
  /// Whether a 1 comes before the values of rows before.
  public let intercept: Bool

  /// Describes a use.
  public init(
    variable: VariableIdentity, family: Family, gates: [VariableUse] = [], lags: [Int] = [],
    intercept: Bool = false
  ) {
    self.variable = variable
    self.family = family
    self.gates = gates
    self.lags = lags
    self.intercept = intercept
  }
}

/// What stands for one parameter of a distribution: numbers, a property of the data, or another variable.
public enum Argument: Hashable, Sendable {
  /// Known numbers. One number stands for all elements; for a matrix, one number or one for each row is a diagonal, and
  /// order² numbers are the matrix row by row.
  case constant([Double])
  /// A property of the data, known when data are bound.
  case moment(DataMoment)
  /// The dimension of the variable, times a factor.
  case dimension(factor: Double)
  /// Another variable.
  case variable(VariableUse)
  /// Known numbers for each value of some labels: member by member, the last label running fastest; of a matrix, a row for
  /// each element of the variable on the left.
  case table([Double], gates: [VariableUse], isMatrix: Bool)

  /// The same argument times a number; a variable cannot be scaled.
  public func scaled(by factor: Double) -> Argument {
    switch self {
    case .constant(let values): .constant(values.map { $0 * factor })
    case .moment(let moment): .moment(factor * moment)
    case .dimension(let f): .dimension(factor: f * factor)
    case .table(let values, let gates, let isMatrix):
      .table(values.map { $0 * factor }, gates: gates, isMatrix: isMatrix)
    case .variable: self
    }
  }

  /// The variable, where the argument is one.
  public var use: VariableUse? {
    if case .variable(let use) = self { use } else { nil }
  }
}

/// A value that can stand for a parameter of a distribution.
public protocol ArgumentConvertible: Sendable {
  /// The argument that it stands for.
  var argument: Argument { get }
}

/// Stands for a known number, vector, matrix or a property of the data, but not for a variable.
public protocol KnownArgument: ArgumentConvertible {}
/// Stands for a real vector: numbers, or a variable over real vectors.
public protocol RealArgument: ArgumentConvertible {}
/// Stands for positive numbers.
public protocol PositiveArgument: ArgumentConvertible {}
/// Stands for numbers between 0 and 1.
public protocol UnitIntervalArgument: ArgumentConvertible {}
/// Stands for a probability vector.
public protocol SimplexArgument: ArgumentConvertible {}
/// Stands for a positive definite matrix.
public protocol PositiveDefiniteArgument: ArgumentConvertible {}
/// Stands for a real vector whose outer product has an expectation: data, or a multivariate normal variable.
public protocol VectorArgument: ArgumentConvertible {}
/// Stands for a variable of one family, possibly chosen by labels.
public protocol VariableArgument<VariableFamily>: ArgumentConvertible {
  /// The variable's family.
  associatedtype VariableFamily: ExponentialFamily
}

extension Double: KnownArgument, RealArgument, PositiveArgument, UnitIntervalArgument, PositiveDefiniteArgument {
  /// The number.
  public var argument: Argument { .constant([self]) }
}

extension Int: KnownArgument, RealArgument, PositiveArgument {
  /// The number.
  public var argument: Argument { .constant([Double(self)]) }
}

extension [Double]: KnownArgument, RealArgument, PositiveArgument, UnitIntervalArgument, SimplexArgument,
  PositiveDefiniteArgument, ArgumentConvertible
{
  /// The numbers.
  public var argument: Argument { .constant(self) }
}

/// How many elements a variable has: a number, or as many as the data say.
public enum Count: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// A known number.
  case number(Int)
  /// The number of levels of each categorical column that is bound to an observed variable.
  case levels(VariableIdentity)

  /// A known number.
  public init(integerLiteral value: Int) { self = .number(value) }
}
