import ExponentialFamilies

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Standard normal numbers, many at once: the stream of a ``RandomSource`` with its state in registers, by the polar
/// method with both of its numbers kept.
struct NormalStream {
  private var s0: UInt64
  private var s1: UInt64
  private var s2: UInt64
  private var s3: UInt64

  init(_ source: RandomSource) {
    (s0, s1, s2, s3) = (source.state[0], source.state[1], source.state[2], source.state[3])
  }

  @inline(__always) private mutating func next() -> UInt64 {
    let product = s1 &* 5
    let result = ((product << 7) | (product >> 57)) &* 9
    let t = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = (s3 << 45) | (s3 >> 19)
    return result
  }

  /// A number uniform on (−1, 1).
  @inline(__always) private mutating func symmetric() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-51 - 1 }

  /// Fills memory with independent standard normal numbers.
  mutating func fill(_ target: UnsafeMutableBufferPointer<Double>) {
    var position = 0
    while position < target.count {
      let (u, v) = (symmetric(), symmetric())
      let s = u * u + v * v
      guard s > 0 && s < 1 else { continue }
      let scale = (-2 * log(s) / s).squareRoot()
      target[position] = u * scale
      if position + 1 < target.count { target[position + 1] = v * scale }
      position += 2
    }
  }
}
