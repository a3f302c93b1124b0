// Softmax over labels, row by row, with its exponential and logarithm.

#define SOFTMAX_STRIP 4
// log(2^-64): all that are less likely add up to less than the rounding of a row's sum, and `accumulate` may skip them.
#define LEAST_LIKELY -44.3614195558365

/// exp(x) for x <= 0, within 1.2 ulp; 0 below `least`, which is -708.39 or more, and for -inf; NaN for NaN.
///
/// x = n step + r with |r| <= step / 2, by adding a number so large that its last bits count the steps; step in two
/// parts, the first with zeros at its end so that n times it is exact. exp(r) = 1 + r + r^2 q(r), where q has the least
/// relative error, 0.1 ulp at most; the rest is the rounding of exp(n step) and of the last operation.
INLINE Vector exponential_above(Vector x, const double least) {
#if WIDTH == 8
  // step = log(2) / 16, which shortens q by five terms. 2^(n/16) is a bit pattern: n / 16 in the exponent, and the
  // fraction of 2^(j/16), j = n mod 16, from a table in two registers; less j << 48, which n << 48 brings along.
  static const long powers[16] __attribute__((aligned(64))) = {
    0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
    0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429,
    0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
    0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da,
  };
  const double shift = 0x1.8p52;
  Vector shifted = x * 0x1.71547652b82fep+4 + shift;
  Vector n = shifted - shift;
  Vector r = x - n * 0x1.62e42fefa0000p-5;
  r = r - n * 0x1.cf79abc9e3b3ap-44;
  Bits whole = (Bits)shifted;
  Bits fraction = (Bits)_mm512_permutex2var_epi64(
    _mm512_load_si512(powers), (__m512i)whole, _mm512_load_si512(powers + 8));
  Vector power = (Vector)(fraction + (whole << 48));
  Vector r2 = r * r;
  Vector even = (r2 * 0x1.6c14c5e873811p-10 + 0x1.555555590064ep-5) * r2 + 0x1.fffffffffffb8p-2;
  Vector odd = r2 * 0x1.11123b46c2ed0p-7 + 0x1.555555548ebe6p-3;
#else
  // step = log(2). The large number ends in the exponent's bias, so that a shift makes 2^n of the sum.
  const double shift = 0x1.8p52 + 1023;
  Vector shifted = x * 0x1.71547652b82fep+0 + shift;
  Vector n = shifted - shift;
  Vector r = x - n * 0x1.62e42fefa2000p-1;
  r = r - n * 0x1.9ef35793c7673p-41;
  Vector power = (Vector)((Bits)shifted << 52);
  Vector r2 = r * r;
  Vector even = (((r2 * 0x1.28ad72cc30daap-22 + 0x1.a0199a0c677acp-16) * r2 + 0x1.6c16c1842a11dp-10) * r2
    + 0x1.555555555087cp-5) * r2 + 0x1.000000000000ap-1;
  Vector odd = (((r2 * 0x1.ad7f6f0799ee2p-26 + 0x1.71df2552390c2p-19) * r2 + 0x1.a01a012a57b51p-13) * r2
    + 0x1.1111111127be5p-7) * r2 + 0x1.55555555554fap-3;
#endif
  Vector p = r2 * (r * odd + even) + r;
  return x < (Vector)least ? (Vector)0.0 : power * p + power;
}

/// The same; 0 where the result would be subnormal.
INLINE Vector exponential(Vector x) { return exponential_above(x, -708.39); }

/// log(x) for finite x >= 1, within 1 ulp; NaN for NaN. The method of Sun's fdlibm: x = 2^e (1 + f) with 1 + f between
/// the square roots of 1/2 and 2, and log(1 + f) from s = f / (2 + f).
INLINE Vector logarithm(Vector x) {
  const long root = 0x3fe6a09e667f3bcd;  // the bits of sqrt(1/2)
  Bits e = (Bits)((((Bits)x - root) >> 52) & 0x7ff);
  Vector f = (Vector)((Bits)x - (e << 52)) - 1.0;
  // 0 <= e < 2^11 to double without a conversion instruction, which AVX2 lacks.
  Vector k = (Vector)(e | 0x4330000000000000) - 0x1p52;
  Vector s = f / (f + 2.0);
  Vector z = s * s, w = z * z;
  Vector even = w * (w * (w * 1.531383769920937332e-01 + 2.222219843214978396e-01) + 3.999999999940941908e-01);
  Vector odd = z * (w * (w * (w * 1.479819860511658591e-01 + 1.818357216161805012e-01) + 2.857142874366239149e-01)
    + 6.666666666666735130e-01);
  Vector half = f * f * 0.5;
  Vector y = k * 6.93147180369123816490e-01
    - ((half - (s * (half + (even + odd)) + k * 1.90821492927058770002e-10)) - f);
  return x == x ? y : x;
}

/// Softmax of `strip` vectors of rows: the largest score, then exponentials and their sum, then the division.
/// Returns the largest scores and the sums, from which the logarithms of the normalizers follow.
INLINE void softmax_strip(const int strip, double *R, long ldr, long K, Vector *most, Vector *sum) {
  UNROLL for (int v = 0; v < strip; v++) most[v] = load(R + v * WIDTH);
  for (long k = 1; k < K; k++)
    UNROLL for (int v = 0; v < strip; v++) most[v] = larger(load(R + k * ldr + v * WIDTH), most[v]);
  UNROLL for (int v = 0; v < strip; v++) sum[v] = (Vector)0.0;
  for (long k = 0; k < K; k++) {
    UNROLL for (int v = 0; v < strip; v++) {
      double *p = R + k * ldr + v * WIDTH;
      // A NaN score that the maximum lost comes back here; so does a row of -inf, as -inf - -inf.
      Vector e = exponential_above(load(p) - most[v], LEAST_LIKELY);
      store(p, e);
      sum[v] += e;
    }
  }
  Vector inverse[SOFTMAX_STRIP];
  UNROLL for (int v = 0; v < strip; v++) inverse[v] = 1.0 / sum[v];
  for (long k = 0; k < K; k++) {
    UNROLL for (int v = 0; v < strip; v++) {
      double *p = R + k * ldr + v * WIDTH;
      store(p, load(p) * inverse[v]);
    }
  }
}

static double softmax(double *R, long ldr, long K, long m, double *logNormalizer) {
  if (K <= 0 || m <= 0) return 0;
  Vector total = (Vector)0.0, most[SOFTMAX_STRIP], sum[SOFTMAX_STRIP];
  long row = 0;
  for (; row + SOFTMAX_STRIP * WIDTH <= m; row += SOFTMAX_STRIP * WIDTH) {
    softmax_strip(SOFTMAX_STRIP, R + row, ldr, K, most, sum);
    Vector product = (Vector)1.0;
    UNROLL for (int v = 0; v < SOFTMAX_STRIP; v++) {
      total += most[v];
      product *= sum[v];
      if (logNormalizer) store(logNormalizer + row + v * WIDTH, most[v] + logarithm(sum[v]));
    }
    // One logarithm for several rows: each sum lies between 1 and K.
    total += logarithm(product);
  }
  for (; row < m; row += WIDTH) {
    softmax_strip(1, R + row, ldr, K, most, sum);
    Vector log = most[0] + logarithm(sum[0]);
    total += keep(log, first_lanes(m - row));
    if (logNormalizer)
      for (long i = 0; i < least(WIDTH, m - row); i++) logNormalizer[row + i] = log[i];
  }
  return sum_lanes(total);
}
