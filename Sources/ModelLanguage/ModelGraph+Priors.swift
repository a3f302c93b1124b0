import ExponentialFamilies

/// What takes the place of a parameter of a prior.
public struct PriorParameter: Hashable, Sendable {
  /// The name of the variable.
  public let variable: String
  /// The name of the parameter, as the family's `parameters(_:)` has it.
  public let parameter: String
  /// What stands for it.
  public let value: Value

  /// Known numbers, or a property of the data.
  public enum Value: Hashable, Sendable {
    /// One number for all elements or one for each; for a matrix, its diagonal, or all its numbers row by row.
    case numbers([Double])
    /// A property of an observed variable's data, times a factor.
    case moment(DataMoment.Kind, of: String, factor: Double)
  }

  /// Names a parameter and its value.
  public init(_ variable: String, _ parameter: String, _ value: Value) {
    self.variable = variable
    self.parameter = parameter
    self.value = value
  }
}

extension ModelGraph {
  /// The model with other parameters in its priors.
  ///
  /// Whether the numbers are as many as the data ask for, and lie in their domain, is checked where data are bound.
  /// - Throws: ``ModelError`` where a variable has no prior with known parameters, or none of that name.
  public func replacing(_ priors: [PriorParameter]) throws(ModelError) -> ModelGraph {
    var factors = factors
    for prior in priors {
      guard let place = factors.firstIndex(where: { variables[$0.child].name == prior.variable && hasPrior($0) }) else {
        let known = factors.filter(hasPrior).map { "\"\(variables[$0.child].name)\"" }.joined(separator: ", ")
        throw ModelError(
          "\(name) has no variable \"\(prior.variable)\" with a prior of known parameters"
            + (known.isEmpty ? "." : "; such are \(known)."))
      }
      let factor = factors[place]
      guard factor.arguments.contains(where: { $0.name == prior.parameter }) else {
        throw ModelError(
          "the prior of \"\(prior.variable)\" has no parameter \"\(prior.parameter)\"; it has "
            + "\(factor.arguments.map { "\"\($0.name)\"" }.joined(separator: ", ")).")
      }
      let value = try argument(prior.value)
      factors[place] = Factor(
        child: factor.child,
        arguments: factor.arguments.map {
          $0.name == prior.parameter ? .init(name: $0.name, value: value, isLocation: $0.isLocation) : $0
        }, dimension: factor.dimension, terms: factor.terms)
    }
    return ModelGraph(
      name: name, summary: summary, hyperparameters: hyperparameters, plates: plates, variables: variables,
      factors: factors, order: order, meanField: meanField)
  }

  private func hasPrior(_ factor: Factor) -> Bool { variables[factor.child].role == .latent && factor.isPrior }

  private func argument(_ value: PriorParameter.Value) throws(ModelError) -> Argument {
    switch value {
    case .numbers(let numbers): return .constant(numbers)
    case .moment(let kind, let name, let factor):
      guard let variable = variable(named: name), variables[variable].isObserved else {
        throw ModelError(
          "\(self.name) has no observed variable \"\(name)\"; it has "
            + "\(observed.map { "\"\(variables[$0].name)\"" }.joined(separator: ", ")).")
      }
      return .moment(Moment([.init(variable: variable, kind: kind)], factor: [factor]))
    }
  }
}
