// Functions of a vector of doubles over their whole range: exponential, logarithm, digamma, log-gamma.

/// exp(x) for any x: within 1.5 ulp, subnormal results rounded once more; infinity above 709.78.
///
/// As `exponential` with steps of log(2), the power of two in two halves so that neither leaves the range.
INLINE Vector exponential_anywhere(Vector x) {
  const double shift = 0x1.8p52;
  Vector y = x > 800.0 ? (Vector)800.0 : x;
  y = y < -800.0 ? (Vector)-800.0 : y;
  Vector n = (y * 0x1.71547652b82fep+0 + shift) - shift;
  Vector r = y - n * 0x1.62e42fefa2000p-1;
  r = r - n * 0x1.9ef35793c7673p-41;
  Vector half = (n * 0.5 + shift) - shift;
  Vector first = (Vector)((Bits)(half + (shift + 1023)) << 52);
  Vector second = (Vector)((Bits)((n - half) + (shift + 1023)) << 52);
  Vector r2 = r * r;
  Vector even = (((r2 * 0x1.28ad72cc30daap-22 + 0x1.a0199a0c677acp-16) * r2 + 0x1.6c16c1842a11dp-10) * r2
    + 0x1.555555555087cp-5) * r2 + 0x1.000000000000ap-1;
  Vector odd = (((r2 * 0x1.ad7f6f0799ee2p-26 + 0x1.71df2552390c2p-19) * r2 + 0x1.a01a012a57b51p-13) * r2
    + 0x1.1111111127be5p-7) * r2 + 0x1.55555555554fap-3;
  Vector p = r2 * (r * odd + even) + r;
  Vector e = (first * p + first) * second;
  return x == x ? e : x;
}

/// log(x) for any x, within 1 ulp: -inf for 0, NaN for negative numbers and NaN. As `logarithm`, with the exponent
/// biased so that it is never negative.
INLINE Vector logarithm_anywhere(Vector x) {
  const long root = 0x3fe6a09e667f3bcd;  // the bits of sqrt(1/2)
  Bits small = x < 0x1p-1022;
  Vector y = small ? x * 0x1p54 : x;
  Bits e = (Bits)((((Bits)y - root + (1023L << 52)) >> 52) & 0x7ff);
  Vector f = (Vector)((Bits)y - ((e - 1023) << 52)) - 1.0;
  Vector k = (Vector)(e | 0x4330000000000000) - (small ? (Vector)(0x1p52 + 1023 + 54) : (Vector)(0x1p52 + 1023));
  Vector s = f / (f + 2.0);
  Vector z = s * s, w = z * z;
  Vector even = w * (w * (w * 1.531383769920937332e-01 + 2.222219843214978396e-01) + 3.999999999940941908e-01);
  Vector odd = z * (w * (w * (w * 1.479819860511658591e-01 + 1.818357216161805012e-01) + 2.857142874366239149e-01)
    + 6.666666666666735130e-01);
  Vector half = f * f * 0.5;
  Vector result = k * 6.93147180369123816490e-01
    - ((half - (s * (half + (even + odd)) + k * 1.90821492927058770002e-10)) - f);
  result = x == (Vector)__builtin_inf() ? x : result;
  result = x == 0.0 ? (Vector)-__builtin_inf() : result;
  return x >= 0.0 ? result : (Vector)__builtin_nan("");
}

/// The product of x, x + 1, ..., x + 7, and the numerator of the sum of their inverses over it.
INLINE Vector rising(Vector x, Vector *numerator) {
  // Pairs with the same sum, 2 x + 7: (x + i) (x + 7 - i) = x (x + 7) + i (7 - i).
  Vector sum = 2.0 * x + 7.0, q = x * (x + 7.0);
  Vector a = q, b = q + 6.0, c = q + 10.0, d = q + 12.0;
  Vector ab = a * b, cd = c * d;
  *numerator = sum * ((a + b) * cd + (c + d) * ab);
  return ab * cd;
}

/// The digamma function of x >= 0, within 2e-15 max(1, |result|): -inf for 0, NaN below. Eight steps of its recurrence
/// for x < 8, summed over one denominator, then the asymptotic series.
INLINE Vector digamma(Vector x) {
  Bits low = x < 8.0;
  Vector numerator, product = rising(low ? x : (Vector)1.0, &numerator);
  Vector y = low ? x + 8.0 : x;
  Vector inverse = 1.0 / y, z = inverse * inverse;
  Vector series = z * 4.4325980392156863e-01 - 8.3333333333333329e-02;
  series = series * z + 2.1092796092796094e-02;
  series = series * z - 7.5757575757575760e-03;
  series = series * z + 4.1666666666666666e-03;
  series = series * z - 3.9682539682539680e-03;
  series = series * z + 8.3333333333333332e-03;
  series = series * z - 8.3333333333333329e-02;
  Vector result = logarithm_anywhere(y) + (series * z - 0.5 * inverse);
  result = low ? result - numerator / product : result;
  return x < 0.0 ? (Vector)__builtin_nan("") : result;
}

/// The logarithm of the gamma function of x >= 0, within 1e-14 max(1, |result|): inf for 0, NaN below.
INLINE Vector log_gamma(Vector x) {
  Bits low = x < 8.0;
  Vector numerator, product = rising(low ? x : (Vector)1.0, &numerator);
  Vector y = low ? x + 8.0 : x;
  Vector inverse = 1.0 / y, z = inverse * inverse;
  Vector series = z * -2.9550653594771242e-02 + 6.4102564102564101e-03;
  series = series * z - 1.9175269175269176e-03;
  series = series * z + 8.4175084175084171e-04;
  series = series * z - 5.9523809523809529e-04;
  series = series * z + 7.9365079365079365e-04;
  series = series * z - 2.7777777777777779e-03;
  series = series * z + 8.3333333333333329e-02;
  // (y - 1/2) (log y - 1) = (y - 1/2) log y - y + 1/2: no difference of infinities.
  Vector result = (y - 0.5) * (logarithm_anywhere(y) - 1.0) + (series * inverse + 4.1893853320467274e-01);
  result = low ? result - logarithm_anywhere(product) : result;
  return x < 0.0 ? (Vector)__builtin_nan("") : result;
}

#define MAP(name, function)                                                                          \
  static void name(double *out, const double *x, long n) {                                           \
    long i = 0;                                                                                      \
    for (; i + WIDTH <= n; i += WIDTH) store(out + i, function(load(x + i)));                        \
    if (i < n) store_first(out + i, function(load_first(x + i, n - i)), n - i);                      \
  }

MAP(map_exponential, exponential_anywhere)
MAP(map_logarithm, logarithm_anywhere)
MAP(map_digamma, digamma)
MAP(map_log_gamma, log_gamma)
#undef MAP
