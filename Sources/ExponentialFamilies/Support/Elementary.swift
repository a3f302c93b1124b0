#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// One place that imports the C library's elementary functions, so that families need no platform imports.

/// The natural logarithm.
@inlinable public func _log(_ x: Double) -> Double { log(x) }
/// The exponential function.
@inlinable public func _exp(_ x: Double) -> Double { exp(x) }
/// log(1 + x), exact for small x.
@inlinable public func _log1p(_ x: Double) -> Double { log1p(x) }

/// exp(x) − 1, exact for small x.
@inlinable public func _expm1(_ x: Double) -> Double { expm1(x) }
/// The hyperbolic tangent.
@inlinable public func _tanh(_ x: Double) -> Double { tanh(x) }

/// exp(x), but never below the smallest normal number: a positive number stays positive where its exponential underflows.
func positiveExp(_ x: Double) -> Double { max(_exp(x), Double.leastNormalMagnitude) }

/// log Σ exp(xᵢ), computed about the largest element; −∞ for no elements.
public func logSumExp(_ x: some Collection<Double>) -> Double {
  guard let largest = x.max(), largest > -.infinity else { return -.infinity }
  return largest + _log(x.reduce(0) { $0 + _exp($1 - largest) })
}
