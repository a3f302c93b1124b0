import SpecialFunctions

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A parameter that must be positive and finite.
func positive(_ name: String, _ value: Double, of law: String) -> String? {
  value > 0 && value.isFinite ? nil : "\(law): \(name) \(text(value)) is not positive and finite."
}

/// A parameter that must be finite.
func finite(_ name: String, _ value: Double, of law: String) -> String? {
  value.isFinite ? nil : "\(law): \(name) \(text(value)) is not a finite number."
}

/// The normal distribution.
public struct NormalLaw: MarginLaw {
  public let mean: Double
  /// Standard deviation.
  public let deviation: Double

  public var description: String { "normal(mean: \(text(mean)), deviation: \(text(deviation)))" }
  public var problem: String? { finite("mean", mean, of: "normal") ?? positive("deviation", deviation, of: "normal") }
  public var variance: Double { deviation * deviation }
  public var shape: LawShape { .continuous }
  public func probability(_ x: Double, tail: Tail) -> Double { normalProbability((x - mean) / deviation, tail: tail) }
  public func quantile(_ p: Double, tail: Tail) -> Double { mean + deviation * normalQuantile(p, tail: tail) }
}

/// The distribution of eˣ for a normal x.
public struct LogNormalLaw: MarginLaw {
  /// Expectation of the logarithm.
  public let logMean: Double
  /// Standard deviation of the logarithm.
  public let logDeviation: Double

  public var description: String { "logNormal(mean: \(text(logMean)), deviation: \(text(logDeviation)))" }
  public var problem: String? {
    finite("mean", logMean, of: "logNormal") ?? positive("deviation", logDeviation, of: "logNormal")
  }
  public var mean: Double { exp(logMean + 0.5 * logDeviation * logDeviation) }
  public var variance: Double { expm1(logDeviation * logDeviation) * mean * mean }
  public var shape: LawShape { .continuous }
  public func probability(_ x: Double, tail: Tail) -> Double {
    x > 0 ? normalProbability((log(x) - logMean) / logDeviation, tail: tail) : (tail == .lower ? 0 : 1)
  }
  public func quantile(_ p: Double, tail: Tail) -> Double {
    exp(logMean) * exp(logDeviation * normalQuantile(p, tail: tail))
  }
}

/// The uniform distribution between two numbers.
public struct UniformLaw: MarginLaw {
  /// The least number.
  public let low: Double
  /// The largest number.
  public let high: Double

  public var description: String { "uniform(\(text(low)), \(text(high)))" }
  public var problem: String? {
    if let problem = finite("low", low, of: "uniform") ?? finite("high", high, of: "uniform") { return problem }
    return low < high && (high - low).isFinite
      ? nil : "uniform: low \(text(low)) is not below high \(text(high)), or too far from it."
  }
  public var mean: Double { low + 0.5 * (high - low) }
  public var variance: Double { (high - low) * (high - low) / 12 }
  public var shape: LawShape { .continuous }
  public func probability(_ x: Double, tail: Tail) -> Double {
    min(1, max(0, (tail == .lower ? x - low : high - x) / (high - low)))
  }
  public func quantile(_ p: Double, tail: Tail) -> Double {
    tail == .lower ? low + p * (high - low) : high - p * (high - low)
  }
}

/// The gamma distribution; exponential and χ² are members.
public struct GammaLaw: MarginLaw {
  /// Shape.
  public let shapeParameter: Double
  /// Rate, the reciprocal of the scale.
  public let rate: Double
  private let name: String

  init(shape: Double, rate: Double, name: String? = nil) {
    shapeParameter = shape
    self.rate = rate
    self.name = name ?? "gamma(shape: \(text(shape)), rate: \(text(rate)))"
  }

  public var description: String { name }
  public var problem: String? { positive("shape", shapeParameter, of: name) ?? positive("rate", rate, of: name) }
  public var mean: Double { shapeParameter / rate }
  public var variance: Double { shapeParameter / rate / rate }
  public var shape: LawShape { .continuous }
  public func probability(_ x: Double, tail: Tail) -> Double {
    let tails = gammaTails(shape: shapeParameter, max(x, 0) * rate)
    return tail == .lower ? tails.lower : tails.upper
  }
  public func quantile(_ p: Double, tail: Tail) -> Double {
    // A shape of 1 has a closed form.
    if shapeParameter == 1 { return (tail == .lower ? -log1p(-p) : -log(p)) / rate }
    return gammaQuantile(shape: shapeParameter, p, tail: tail) / rate
  }
}

/// The beta distribution.
public struct BetaLaw: MarginLaw {
  /// First shape.
  public let a: Double
  /// Second shape.
  public let b: Double

  public var description: String { "beta(\(text(a)), \(text(b)))" }
  public var problem: String? { positive("a", a, of: "beta") ?? positive("b", b, of: "beta") }
  public var mean: Double { a / (a + b) }
  public var variance: Double { a / (a + b) * (b / (a + b)) / (a + b + 1) }
  public var shape: LawShape { .continuous }
  public func probability(_ x: Double, tail: Tail) -> Double {
    let tails = betaTails(a, b, min(max(x, 0), 1))
    return tail == .lower ? tails.lower : tails.upper
  }
  public func quantile(_ p: Double, tail: Tail) -> Double { betaQuantile(a, b, p, tail: tail).value }
}

/// Student's t about 0, with deviation-like scale 1.
public struct StudentLaw: MarginLaw {
  /// Degrees of freedom.
  public let degreesOfFreedom: Double

  public var description: String { "student(degreesOfFreedom: \(text(degreesOfFreedom)))" }
  public var problem: String? { positive("degreesOfFreedom", degreesOfFreedom, of: "student") }
  public var mean: Double { degreesOfFreedom > 1 ? 0 : .nan }
  public var variance: Double { degreesOfFreedom > 2 ? degreesOfFreedom / (degreesOfFreedom - 2) : .infinity }
  public var shape: LawShape { .continuous }
  public func probability(_ x: Double, tail: Tail) -> Double {
    studentProbability(degreesOfFreedom: degreesOfFreedom, x, tail: tail)
  }
  public func quantile(_ p: Double, tail: Tail) -> Double {
    studentQuantile(degreesOfFreedom: degreesOfFreedom, p, tail: tail)
  }
}

/// The Weibull distribution.
public struct WeibullLaw: MarginLaw {
  /// Shape.
  public let shapeParameter: Double
  /// Scale.
  public let scale: Double

  public var description: String { "weibull(shape: \(text(shapeParameter)), scale: \(text(scale)))" }
  public var problem: String? {
    positive("shape", shapeParameter, of: "weibull") ?? positive("scale", scale, of: "weibull")
  }
  public var mean: Double { scale * tgamma(1 + 1 / shapeParameter) }
  public var variance: Double {
    let (first, second) = (logGamma(1 + 1 / shapeParameter), logGamma(1 + 2 / shapeParameter))
    return scale * scale * exp(2 * first) * expm1(second - 2 * first)
  }
  public var shape: LawShape { .continuous }
  public func probability(_ x: Double, tail: Tail) -> Double {
    let power = pow(max(x, 0) / scale, shapeParameter)
    return tail == .lower ? -expm1(-power) : exp(-power)
  }
  public func quantile(_ p: Double, tail: Tail) -> Double {
    scale * pow(tail == .lower ? -log1p(-p) : -log(p), 1 / shapeParameter)
  }
}

/// The Pareto distribution: P(X > x) = (least/x)^index.
public struct ParetoLaw: MarginLaw {
  /// The tail's index.
  public let index: Double
  /// The least number.
  public let least: Double

  public var description: String { "pareto(index: \(text(index)), least: \(text(least)))" }
  public var problem: String? { positive("index", index, of: "pareto") ?? positive("least", least, of: "pareto") }
  public var mean: Double { index > 1 ? least * index / (index - 1) : .infinity }
  public var variance: Double {
    index > 2 ? least * least * index / ((index - 1) * (index - 1) * (index - 2)) : .infinity
  }
  public var shape: LawShape { .continuous }
  public func probability(_ x: Double, tail: Tail) -> Double {
    let logTail = x > least ? -index * log(x / least) : 0
    return tail == .lower ? -expm1(logTail) : exp(logTail)
  }
  public func quantile(_ p: Double, tail: Tail) -> Double {
    least * (tail == .upper ? pow(p, -1 / index) : exp(-log1p(-p) / index))
  }
}

extension MarginLaw where Self == NormalLaw {
  /// The normal distribution.
  public static func normal(mean: Double = 0, deviation: Double = 1) -> NormalLaw {
    NormalLaw(mean: mean, deviation: deviation)
  }
}

extension MarginLaw where Self == LogNormalLaw {
  /// The log-normal distribution; mean and deviation are those of the logarithm.
  public static func logNormal(mean: Double = 0, deviation: Double = 1) -> LogNormalLaw {
    LogNormalLaw(logMean: mean, logDeviation: deviation)
  }
}

extension MarginLaw where Self == UniformLaw {
  /// The uniform distribution between two numbers.
  public static func uniform(_ low: Double = 0, _ high: Double = 1) -> UniformLaw { UniformLaw(low: low, high: high) }
}

extension MarginLaw where Self == GammaLaw {
  /// The gamma distribution with a shape and a rate.
  public static func gamma(shape: Double, rate: Double = 1) -> GammaLaw { GammaLaw(shape: shape, rate: rate) }
  /// The exponential distribution with a rate.
  public static func exponential(rate: Double = 1) -> GammaLaw {
    GammaLaw(shape: 1, rate: rate, name: "exponential(rate: \(text(rate)))")
  }
  /// The χ² distribution.
  public static func chiSquared(degreesOfFreedom: Double) -> GammaLaw {
    GammaLaw(
      shape: degreesOfFreedom / 2, rate: 0.5, name: "chiSquared(degreesOfFreedom: \(text(degreesOfFreedom)))")
  }
}

extension MarginLaw where Self == BetaLaw {
  /// The beta distribution on (0, 1).
  public static func beta(_ a: Double, _ b: Double) -> BetaLaw { BetaLaw(a: a, b: b) }
}

extension MarginLaw where Self == StudentLaw {
  /// Student's t.
  public static func student(degreesOfFreedom: Double) -> StudentLaw { StudentLaw(degreesOfFreedom: degreesOfFreedom) }
}

extension MarginLaw where Self == WeibullLaw {
  /// The Weibull distribution.
  public static func weibull(shape: Double, scale: Double = 1) -> WeibullLaw {
    WeibullLaw(shapeParameter: shape, scale: scale)
  }
}

extension MarginLaw where Self == ParetoLaw {
  /// The Pareto distribution.
  public static func pareto(index: Double, least: Double = 1) -> ParetoLaw { ParetoLaw(index: index, least: least) }
}
