/// The families of the library, for suggestions in messages and for reading saved models back.
public enum FamilyCatalog {
  /// All families of the library.
  public static let families: [any ExponentialFamily.Type] = [
    Bernoulli.self, Beta.self, Categorical.self, Dirichlet.self, Exponential.self, Gamma.self, Geometric.self,
    InverseGamma.self, LogNormal.self, MatrixNormal.self, MatrixNormalWishart.self, Multinomial.self,
    MultivariateNormal.self, Normal.self, NormalGamma.self, NormalWishart.self, Pareto.self, Poisson.self,
    PolyaGamma.self,
    SphericalNormalGamma.self, StickBreaking.self, TruncatedNormal.self, VonMisesFisher.self, Wishart.self,
  ]

  /// The family of a name; nil for a family that is not the library's.
  public static func family(named name: String) -> Family? {
    families.first { $0.name == name }.map(Family.init)
  }

  /// The names of the families over a domain that offer all of some statistics.
  public static func families(over domain: ValueDomain, offering statistics: Set<StatisticName>) -> [String] {
    let shape = FamilyShape(dimension: 3)
    return families.filter { family in
      family.domain == domain && statistics.isSubset(of: Set(family.statistics(shape).map(\.name)))
    }.map { $0.name }
  }
}
