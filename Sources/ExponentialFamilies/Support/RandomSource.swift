#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A seeded source of random numbers whose state is a value: copy it, compare it, save it.
///
/// Generator: xoshiro256** (Blackman & Vigna 2018), its state filled from the seed by SplitMix64.
public struct RandomSource: RandomNumberGenerator, Hashable, Sendable {
  /// The generator's whole state.
  public private(set) var state: [UInt64]

  /// Starts a stream; equal seeds give equal streams.
  public init(seed: UInt64) {
    var word = seed
    state = (0..<4).map { _ in
      word &+= 0x9E37_79B9_7F4A_7C15
      var z = word
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// An independent stream named by a number: for one restart, batch or plate out of many.
  public func stream(_ index: UInt64) -> RandomSource {
    let step = index &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
    return RandomSource(seed: state[0] ^ (state[3] &* 0xD134_2543_DE82_EF95) ^ step)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    func rotl(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotl(state[1] &* 5, 7) &* 9
    let t = state[1] << 17
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= t
    state[3] = rotl(state[3], 45)
    return result
  }

  /// A number uniform on the open interval (0, 1).
  public mutating func uniform() -> Double {
    (Double(next() >> 12) + 0.5) * 0x1p-52
  }

  /// A standard normal number (polar method of Marsaglia).
  public mutating func normal() -> Double {
    while true {
      let u = 2 * uniform() - 1
      let v = 2 * uniform() - 1
      let s = u * u + v * v
      if s > 0 && s < 1 { return u * (-2 * log(s) / s).squareRoot() }
    }
  }

  /// A gamma number with the given shape and rate 1 (Marsaglia & Tsang 2000); never below the smallest normal number.
  public mutating func gamma(shape: Double) -> Double {
    positiveExp(logGammaVariate(shape: shape))
  }

  /// The logarithm of a gamma number with the given shape and rate 1; finite also where the number itself would
  /// underflow, as it does for shapes far below one.
  ///
  /// Not a number where the shape is not above 0 and finite.
  public mutating func logGammaVariate(shape: Double) -> Double {
    guard shape > 0 && shape.isFinite else { return .nan }
    if shape < 1 { return logGammaVariate(shape: shape + 1) + log(uniform()) / shape }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let z = normal()
      let t = 1 + c * z
      guard t > 0 else { continue }
      let v = t * t * t
      if log(uniform()) < 0.5 * z * z + d - d * v + d * log(v) { return log(d) + log(v) }
    }
  }

  /// A Poisson number: inversion for small means, a split by a gamma order statistic for large ones
  /// (Ahrens & Dieter 1974).
  public mutating func poisson(mean: Double) -> Double {
    var mean = mean
    var count = 0.0
    while mean > 30 {
      let m = (mean * 7 / 8).rounded(.down)
      let arrival = gamma(shape: m)
      if arrival > mean { return count + binomial(trials: m - 1, probability: mean / arrival) }
      count += m
      mean -= arrival
    }
    let limit = exp(-mean)
    var product = uniform()
    while product > limit {
      count += 1
      product *= uniform()
    }
    return count
  }

  /// A binomial number, by repeated splits at a beta order statistic (Relles 1972), so that the work grows with the
  /// logarithm of the number of trials.
  public mutating func binomial(trials: Double, probability: Double) -> Double {
    var n = trials
    var p = probability
    var count = 0.0
    while n > 20 {
      let i = ((n + 1) * p).rounded(.down)
      let a = min(max(i, 1), n)
      let x = gamma(shape: a)
      let b = x / (x + gamma(shape: n + 1 - a))
      if b <= p {
        count += a
        n -= a
        p = (p - b) / (1 - b)
      } else {
        n = a - 1
        p = p / b
      }
    }
    for _ in 0..<Int(n) where uniform() < p { count += 1 }
    return count
  }

  /// An index drawn with probability proportional to its weight; the last index with a positive weight where rounding
  /// leaves a remainder.
  public mutating func index(weights: [Double]) -> Int {
    var target = uniform() * weights.reduce(0, +)
    var last = 0
    for (i, weight) in weights.enumerated() where weight > 0 {
      last = i
      target -= weight
      if target < 0 { return i }
    }
    return last
  }
}
