/// The double nearest to `mantissa` times ten to the `exponent`, or nil where 128 bits do not decide it.
///
/// This is the algorithm of D. Lemire, "Number parsing at a gigabyte per second", Software: Practice and Experience
/// 51(8), 2021, with the names used there. Ties round to even; too large is infinity.
@inline(__always)
func eiselLemire(mantissa w: UInt64, exponent q: Int, powers: UnsafePointer<UInt64>) -> Double? {
  if w == 0 || q < PowersOfFive.smallestExponent { return 0 }
  if q > PowersOfFive.largestExponent { return .infinity }

  // The product of the normalised mantissa and 5^q; its second word matters only when the first could round either way.
  let leadingZeros = w.leadingZeroBitCount
  let normalised = w &<< UInt64(truncatingIfNeeded: leadingZeros)
  let index = 2 * (q - PowersOfFive.smallestExponent)
  var (high, low) = normalised.multipliedFullWidth(by: powers[index])
  if high & 0x1FF == 0x1FF {
    let correction = normalised.multipliedFullWidth(by: powers[index + 1]).high
    low &+= correction
    if correction > low { high &+= 1 }
  }
  if low == .max && !(-27...55).contains(q) { return nil }

  let upperBit = Int(truncatingIfNeeded: high >> 63)
  let shift = UInt64(truncatingIfNeeded: upperBit + 64 - 52 - 3)
  var bits = high &>> shift
  // floor(log2(5^q)) + q by a multiplication that is exact in this range.
  var binaryExponent = (((152170 + 65536) * q) >> 16) + 63 + upperBit - leadingZeros + 1023
  if binaryExponent <= 0 { return subnormal(bits, shift: 1 - binaryExponent) }
  // Exactly between two doubles: round to even.
  if low <= 1 && (-4...23).contains(q) && bits & 3 == 1 && bits &<< shift == high { bits &= ~1 }
  bits = (bits + (bits & 1)) >> 1
  if bits >= 1 << 53 {
    bits = 1 << 52
    binaryExponent += 1
  }
  if binaryExponent >= 0x7FF { return .infinity }
  return Double(bitPattern: bits & ~(1 << 52) | UInt64(truncatingIfNeeded: binaryExponent) << 52)
}

/// Rounds a result below the normal range; ties cannot happen there.
private func subnormal(_ bits: UInt64, shift: Int) -> Double {
  if shift >= 64 { return 0 }
  let shifted = bits >> UInt64(shift)
  // A carry into bit 52 makes the smallest normal number, whose pattern is just that.
  return Double(bitPattern: (shifted + (shifted & 1)) >> 1)
}
