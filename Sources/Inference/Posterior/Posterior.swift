import ExponentialFamilies
import ModelCompiler
import ModelLanguage
import PlanIR

/// The approximate posterior of one global variable: one member of its family for each repetition of its plates.
public struct Marginal: Hashable, Sendable {
  /// The variable's name.
  public let name: String
  /// Its family.
  public let family: Family
  /// The shape of each member.
  public let shape: FamilyShape
  /// Natural parameters of each member, about ``center``.
  public let naturals: [[Double]]
  /// What was subtracted from locations; empty where nothing was.
  public let center: [Double]
  /// Of coefficients that are kept for inputs less their means: the map of each member to those of the inputs as given; empty
  /// for other variables.
  public let maps: [AffineMap]

  /// Conventional parameters of a member, by name, in the data's own units.
  public func parameters(_ member: Int = 0) -> [(name: String, values: [Double])] {
    let own = family.type.parameters(shape)
    if let (family, map) = mapped(member) {
      return zip(own, family.parameters(from: naturals[member], mappedBy: map, shape)).map { ($0.name, $1) }
    }
    return zip(own, family.type.parameters(from: naturals[member], shape)).map { parameter, values in
      (parameter.name, parameter.isLocation ? moved(values) : values)
    }
  }

  /// One conventional parameter of every member; empty where the family has none of that name.
  public func parameter(_ name: String) -> [[Double]] {
    naturals.indices.compactMap { member in parameters(member).first { $0.name == name }?.values }
  }

  /// What a person wants to know of a member: means, deviations.
  public func summary(_ member: Int = 0) -> [Summary] {
    if let (family, map) = mapped(member) { return family.summary(naturals[member], mappedBy: map, shape) }
    return family.type.summary(naturals[member], shape).map {
      Summary($0.name, $0.isLocation ? moved($0.values) : $0.values, isLocation: $0.isLocation)
    }
  }

  /// One line of the summary of every member; empty where there is none of that name.
  public func summaries(_ name: String) -> [[Double]] {
    naturals.indices.compactMap { member in summary(member).first { $0.name == name }?.values }
  }

  /// The mean of the only member.
  public var mean: [Double] { summaries("mean").first ?? [] }
  /// The mean of every member.
  public var means: [[Double]] { summaries("mean") }
  /// The deviation of every member: for a mean and precision, that of the rows.
  public var deviations: [[Double]] { summaries("deviation") }

  private func mapped(_ member: Int) -> (any LinearlyMappedFamily.Type, AffineMap)? {
    maps.isEmpty ? nil : (family.type as? any LinearlyMappedFamily.Type).map { ($0, maps[member]) }
  }

  private func moved(_ values: [Double]) -> [Double] {
    center.count == values.count ? zip(values, center).map { $0 + $1 } : values
  }
}

extension Fit {
  /// The approximate posterior of every global variable, in the order of declaration.
  public var marginals: [Marginal] {
    zip(model.graph.globals, zip(model.plan.globals, naturals)).map { variable, entry in
      let (global, natural) = entry
      let size = natural.count / global.members
      return Marginal(
        name: global.name, family: global.family, shape: global.shape,
        naturals: (0..<global.members).map { Array(natural[$0 * size..<($0 + 1) * size]) },
        center: model.centers[variable] ?? [], maps: model.maps(of: variable))
    }
  }

  /// The approximate posterior of a global variable by name; nil where there is none of that name.
  public func marginal(_ name: String) -> Marginal? { marginals.first { $0.name == name } }

  /// The approximate posterior, read by the model's own properties.
  public func posterior<M: Model>(of type: M.Type) -> Posterior<M> { Posterior(fit: self, model: M()) }
}

/// The approximate posterior of a model, read by its properties: `posterior.weights.mean`.
@dynamicMemberLookup
public struct Posterior<M: Model>: Sendable {
  let fit: Fit
  let model: M

  /// The approximate posterior of a latent variable.
  public subscript<F: ExponentialFamily>(dynamicMember path: KeyPath<M, Latent<F>>) -> Marginal {
    let identity = model[keyPath: path].identity
    let name = Mirror(reflecting: model).children.first { ($0.value as? Latent<F>)?.identity == identity }?.label
    guard let marginal = name.flatMap(fit.marginal) else {
      preconditionFailure("the fit is not of this model, or the variable belongs to the rows")
    }
    return marginal
  }
}
