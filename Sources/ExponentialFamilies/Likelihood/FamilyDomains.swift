// Which families may stand where a parameter of a certain kind is expected. The domain is a type-level fact, so that a
// Dirichlet where a precision belongs is a type error at the modeller's own line; whether the family also offers the
// statistics that the child needs is the compiler's question.

/// A family over real vectors.
public protocol RealFamily: ExponentialFamily {}
/// A family over positive numbers.
public protocol PositiveFamily: ExponentialFamily {}
/// A family over numbers between 0 and 1.
public protocol UnitIntervalFamily: ExponentialFamily {}
/// A family over probability vectors.
public protocol SimplexFamily: ExponentialFamily {}
/// A family over positive definite matrices.
public protocol PositiveDefiniteFamily: ExponentialFamily {}

extension Normal: RealFamily {}
extension MultivariateNormal: RealFamily {}
extension Gamma: PositiveFamily {}
extension Exponential: PositiveFamily {}
extension InverseGamma: PositiveFamily {}
extension LogNormal: PositiveFamily {}
extension Pareto: PositiveFamily {}
extension PolyaGamma: PositiveFamily {}
extension TruncatedNormal: PositiveFamily {}
extension Beta: UnitIntervalFamily {}
extension Dirichlet: SimplexFamily {}
extension StickBreaking: SimplexFamily {}
extension Wishart: PositiveDefiniteFamily {}
