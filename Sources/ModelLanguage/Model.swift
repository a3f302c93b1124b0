import ExponentialFamilies

/// A probabilistic model: its stored properties are its variables, its body says how they are distributed.
///
/// ```swift
/// struct GaussianMixture: Model {
///   @Hyperparameter("Number of mixture components.") var components = 10
///   let weights = Latent<Dirichlet>()
///   let cluster = Latent<NormalWishart>()
///   let label = Latent<Categorical>()
///   let x = Observed<MultivariateNormal>()
///
///   var body: [Statement] {
///     weights ~ Dirichlet(concentration: 0.1, count: components)
///     Plate("component", components) {
///       cluster ~ NormalWishart(mean: x.mean, covariance: x.covariance)
///     }
///     Plate.rows {
///       label ~ Categorical(weights)
///       x ~ MultivariateNormal(cluster[label])
///     }
///   }
/// }
/// ```
public protocol Model: Sendable {
  /// Makes the model with the default values of its hyperparameters.
  init()

  /// The model's statements.
  @ModelBuilder var body: [Statement] { get }

  /// One sentence that says what the model is.
  static var summary: String { get }
}

extension Model {
  /// No summary.
  public static var summary: String { "" }

  /// The name on the command line: `GaussianMixture` is `gaussian-mixture`.
  public static var commandName: String {
    var name = ""
    var previous: Character?
    let characters = Array(String(describing: Self.self))
    for (i, c) in characters.enumerated() {
      let startsWord =
        c.isUppercase
        && (previous?.isLowercase == true
          || (previous != nil && i + 1 < characters.count && characters[i + 1].isLowercase))
      if startsWord { name += "-" }
      name += c.lowercased()
      previous = c
    }
    return name
  }

  /// The hyperparameters, with names, help texts and values, in the order of declaration.
  public var hyperparameters: [HyperparameterDescription] {
    Mirror(reflecting: self).children.compactMap { child in
      guard let value = child.value as? any AnyHyperparameter, let label = child.label else { return nil }
      return value.description(name: String(label.drop { $0 == "_" }))
    }
  }

  /// The model with some hyperparameters set from text.
  ///
  /// Names are properties' names in words: `meanPrecision` is `mean-precision` or `mean_precision`.
  /// - Throws: ``ModelError`` where a name is unknown or a text is not a value of its type.
  public init(settings: [(name: String, value: String)]) throws(ModelError) {
    self.init()
    let children = Mirror(reflecting: self).children
    for setting in settings {
      let key = setting.name.split { $0 == "-" || $0 == "_" }.enumerated().map {
        $0 == 0 ? String($1) : $1.prefix(1).uppercased() + $1.dropFirst()
      }.joined()
      let property = children.first { $0.label == "_" + key }?.value as? any AnyHyperparameter
      guard let property else {
        let known = hyperparameters.map(\.optionName).joined(separator: ", ")
        throw ModelError(
          "\(Self.commandName) has no hyperparameter \"\(setting.name)\"."
            + (known.isEmpty ? " It has none." : " It has: \(known)."))
      }
      guard property.set(setting.value) else {
        throw ModelError(
          "the hyperparameter \(setting.name) is \"\(setting.value)\"; \(property.typeName) was expected.")
      }
    }
  }
}

/// A number that the user of a model chooses: an option on the command line, a keyword argument in Python.
@propertyWrapper
public struct Hyperparameter<Value: HyperparameterValue>: Sendable {
  /// The value; shared by copies until one of them is written.
  fileprivate final class Box: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
  }

  private var box: Box
  private let help: String

  /// Declares a hyperparameter with a default value.
  public init(wrappedValue: Value, _ help: String) {
    box = Box(wrappedValue)
    self.help = help
  }

  /// The value.
  public var wrappedValue: Value {
    get { box.value }
    set {
      if isKnownUniquelyReferenced(&box) { box.value = newValue } else { box = Box(newValue) }
    }
  }
}

extension Hyperparameter: AnyHyperparameter {
  var typeName: String { Value.expectation }

  func description(name: String) -> HyperparameterDescription {
    HyperparameterDescription(name: name, help: help, value: "\(box.value)", expectation: Value.expectation)
  }

  /// Writes through the box; only for a model that nobody shares yet.
  func set(_ text: String) -> Bool {
    guard let value = Value(text) else { return false }
    box.value = value
    return true
  }
}

/// What reflection finds: a hyperparameter of any type.
protocol AnyHyperparameter {
  var typeName: String { get }
  func description(name: String) -> HyperparameterDescription
  func set(_ text: String) -> Bool
}

/// A type that a hyperparameter may have.
public protocol HyperparameterValue: LosslessStringConvertible, Sendable {
  /// What a text must be to be read as a value, for messages.
  static var expectation: String { get }
}

extension Int: HyperparameterValue { public static var expectation: String { "a whole number" } }
extension Double: HyperparameterValue { public static var expectation: String { "a number" } }
extension Bool: HyperparameterValue { public static var expectation: String { "true or false" } }
extension String: HyperparameterValue { public static var expectation: String { "a text" } }

/// A hyperparameter as a value.
public struct HyperparameterDescription: Hashable, Sendable {
  /// The property's name.
  public let name: String
  /// What it means.
  public let help: String
  /// Its value as text.
  public let value: String
  /// What a value must be.
  public let expectation: String

  /// Describes a hyperparameter.
  public init(name: String, help: String, value: String, expectation: String) {
    self.name = name
    self.help = help
    self.value = value
    self.expectation = expectation
  }

  /// The name on the command line: `degreesOfFreedom` is `degrees-of-freedom`.
  public var optionName: String {
    name.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
  }
}
