#!/usr/bin/env python3
"""Writes golden.json: reference values for Tests/FamilyTests, computed with mpmath to 50 digits and cross-checked with
SciPy. Formulas are the textbooks' in conventional parameters; no natural parameters or log partitions are used except
where the file says so. Run it in its folder: python3 make_golden.py"""

import json
import numpy as np
from mpmath import mp, mpf, matrix, log, loggamma, digamma, psi, pi, nstr
from scipy import stats, special

mp.dps = 50


def number(x):
    return nstr(mpf(x), 30, strip_zeros=False)


def check(value, reference, what, tolerance=1e-9):
    value, reference = float(value), float(reference)
    assert abs(value - reference) <= tolerance * (1 + abs(reference)), (what, value, reference)


def lgamma(x):
    return loggamma(mpf(x))


def lbeta(a, b):
    return lgamma(a) + lgamma(b) - lgamma(mpf(a) + mpf(b))


def multigamma(x, d):
    return mpf(d * (d - 1)) / 4 * log(pi) + sum(lgamma(mpf(x) - mpf(i) / 2) for i in range(d))


def multidigamma(x, d):
    return sum(digamma(mpf(x) - mpf(i) / 2) for i in range(d))


# Special functions.

special_values = []


def special_value(name, arguments, value, dimension=0, reference=None):
    if reference is not None and np.isfinite(reference):
        check(value, reference, (name, arguments), 1e-7)
    special_values.append(
        {"function": name, "arguments": list(arguments), "dimension": dimension, "value": number(value)})


points = [1e-5, 1e-3, 0.1, 0.5, 0.99, 1.0001, 1.25, 1.4616321449683622, 1.5, 1.9999, 2.5, 3.7, 7.0, 9.99, 10.01, 33.3,
          100.5, 1e4, 123456.75, 1e8, 1e12]
for x in points:
    special_value("logGamma", [x], lgamma(x), reference=special.gammaln(x))
    special_value("digamma", [x], digamma(mpf(x)), reference=special.digamma(x))
    special_value("trigamma", [x], psi(1, mpf(x)), reference=special.polygamma(1, x))
for a in [1e-5, 1e-3, 0.3, 1.0, 2.5, 9.5, 10.5, 400.0, 1e6, 1e8]:
    for b in [1e-4, 0.7, 3.25, 12.0, 5e3, 1e8]:
        special_value("logBeta", [a, b], lbeta(a, b), reference=special.betaln(a, b))
        special_value("digammaIncrease", [a, b], digamma(mpf(a) + mpf(b)) - digamma(mpf(a)))
for d in [1, 2, 5]:
    for x in [(d - 1) / 2 + 1e-3, (d - 1) / 2 + 0.5, 3.3, 50.0, 1e6]:
        special_value("multivariateLogGamma", [x], multigamma(x, d), d, special.multigammaln(x, d))
        special_value("multivariateDigamma", [x], multidigamma(x, d), d)

# Matrices are nested lists of mpf.


def mat(packed, d):
    m = matrix(d, d)
    k = 0
    for i in range(d):
        for j in range(i + 1):
            m[i, j] = m[j, i] = mpf(packed[k])
            k += 1
    return m


def pack(m):
    return [m[i, j] for i in range(m.rows) for j in range(i + 1)]


def vec(x):
    return matrix([mpf(v) for v in x])


def logdet(m):
    return log(mp.det(m))


def trace(m):
    return sum(m[i, i] for i in range(m.rows))


def to_numpy(m):
    return np.array(m.tolist(), dtype=float).reshape(m.rows, m.cols)


# One class a family: log density, mean statistics, entropy, divergence, in conventional parameters.


class Normal:
    @staticmethod
    def logpdf(p, x, d):
        return sum((log(t) - log(2 * pi) - t * (v - m) ** 2) / 2 for v, m, t in zip(x, *p))

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.norm.logpdf(v, m, t ** -0.5) for v, m, t in zip(x, *p))

    @staticmethod
    def mean(p, d):
        return list(p[0]) + [m * m + 1 / t for m, t in zip(*p)]

    @staticmethod
    def entropy(p, d):
        return sum((1 + log(2 * pi) - log(t)) / 2 for t in p[1])

    @staticmethod
    def divergence(p, q, d):
        return sum((log(t / s) + s / t + s * (m - n) ** 2 - 1) / 2 for m, t, n, s in zip(*p, *q))


class Gamma:
    @staticmethod
    def logpdf(p, x, d):
        return sum(a * log(b) - lgamma(a) + (a - 1) * log(v) - b * v for v, a, b in zip(x, *p))

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.gamma.logpdf(v, a, scale=1 / b) for v, a, b in zip(x, *p))

    @staticmethod
    def mean(p, d):
        return [a / b for a, b in zip(*p)] + [digamma(a) - log(b) for a, b in zip(*p)]

    @staticmethod
    def entropy(p, d):
        return sum(a - log(b) + lgamma(a) + (1 - a) * digamma(a) for a, b in zip(*p))

    @staticmethod
    def divergence(p, q, d):
        return sum((a - c) * digamma(a) - lgamma(a) + lgamma(c) + c * (log(b) - log(e)) + a * (e - b) / b
                   for a, b, c, e in zip(*p, *q))


class Beta:
    @staticmethod
    def logpdf(p, x, d):
        return sum((a - 1) * log(v) + (b - 1) * log(1 - v) - lbeta(a, b) for v, a, b in zip(x, *p))

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.beta.logpdf(v, a, b) for v, a, b in zip(x, *p))

    @staticmethod
    def mean(p, d):
        return ([digamma(a) - digamma(a + b) for a, b in zip(*p)]
                + [digamma(b) - digamma(a + b) for a, b in zip(*p)])

    @staticmethod
    def entropy(p, d):
        return sum(lbeta(a, b) - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (a + b - 2) * digamma(a + b)
                   for a, b in zip(*p))

    @staticmethod
    def divergence(p, q, d):
        return sum(lbeta(c, e) - lbeta(a, b) + (a - c) * digamma(a) + (b - e) * digamma(b)
                   + (c - a + e - b) * digamma(a + b) for a, b, c, e in zip(*p, *q))


class Dirichlet:
    @staticmethod
    def logpdf(p, x, d):
        a = p[0]
        return lgamma(sum(a)) - sum(lgamma(v) for v in a) + sum((v - 1) * log(y) for v, y in zip(a, x))

    @staticmethod
    def scipy(p, x, d):
        return stats.dirichlet.logpdf(x, p[0])

    @staticmethod
    def mean(p, d):
        return [digamma(v) - digamma(sum(p[0])) for v in p[0]]

    @staticmethod
    def entropy(p, d):
        a, total = p[0], sum(p[0])
        return (sum(lgamma(v) for v in a) - lgamma(total) + (total - len(a)) * digamma(total)
                - sum((v - 1) * digamma(v) for v in a))

    @staticmethod
    def divergence(p, q, d):
        a, c = p[0], q[0]
        return (lgamma(sum(a)) - sum(lgamma(v) for v in a) - lgamma(sum(c)) + sum(lgamma(v) for v in c)
                + sum((v - w) * (digamma(v) - digamma(sum(a))) for v, w in zip(a, c)))


class Categorical:
    @staticmethod
    def logpdf(p, x, d):
        return log(p[0][int(x[0])] / sum(p[0]))

    @staticmethod
    def mean(p, d):
        return [v / sum(p[0]) for v in p[0]]

    @staticmethod
    def entropy(p, d):
        return -sum(v / sum(p[0]) * log(v / sum(p[0])) for v in p[0])

    @staticmethod
    def divergence(p, q, d):
        return sum(v / sum(p[0]) * log(v / sum(p[0]) / (w / sum(q[0]))) for v, w in zip(p[0], q[0]))


class Bernoulli:
    @staticmethod
    def logpdf(p, x, d):
        return sum(log(v) if y == 1 else log(1 - v) for v, y in zip(p[0], x))

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.bernoulli.logpmf(y, v) for v, y in zip(p[0], x))

    @staticmethod
    def mean(p, d):
        return list(p[0])

    @staticmethod
    def entropy(p, d):
        return -sum(v * log(v) + (1 - v) * log(1 - v) for v in p[0])

    @staticmethod
    def divergence(p, q, d):
        return sum(v * log(v / w) + (1 - v) * log((1 - v) / (1 - w)) for v, w in zip(p[0], q[0]))


class Poisson:
    @staticmethod
    def logpdf(p, x, d):
        return sum(y * log(v) - v - lgamma(y + 1) for v, y in zip(p[0], x))

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.poisson.logpmf(y, v) for v, y in zip(p[0], x))

    @staticmethod
    def mean(p, d):
        return list(p[0])

    entropy = None

    @staticmethod
    def divergence(p, q, d):
        return sum(v * log(v / w) - v + w for v, w in zip(p[0], q[0]))


class Exponential:
    @staticmethod
    def logpdf(p, x, d):
        return sum(log(v) - v * y for v, y in zip(p[0], x))

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.expon.logpdf(y, scale=1 / v) for v, y in zip(p[0], x))

    @staticmethod
    def mean(p, d):
        return [1 / v for v in p[0]]

    @staticmethod
    def entropy(p, d):
        return sum(1 - log(v) for v in p[0])

    @staticmethod
    def divergence(p, q, d):
        return sum(log(v / w) + w / v - 1 for v, w in zip(p[0], q[0]))


class MultivariateNormal:
    @staticmethod
    def logpdf(p, x, d):
        e, l = vec(x) - vec(p[0]), mat(p[1], d)
        return (logdet(l) - d * log(2 * pi) - (e.T * l * e)[0]) / 2

    @staticmethod
    def scipy(p, x, d):
        return stats.multivariate_normal.logpdf(x, p[0], np.linalg.inv(to_numpy(mat(p[1], d))))

    @staticmethod
    def mean(p, d):
        m = vec(p[0])
        return list(p[0]) + pack(mat(p[1], d) ** -1 + m * m.T)

    @staticmethod
    def entropy(p, d):
        return (d * (1 + log(2 * pi)) - logdet(mat(p[1], d))) / 2

    @staticmethod
    def divergence(p, q, d):
        l, k, e = mat(p[1], d), mat(q[1], d), vec(p[0]) - vec(q[0])
        return (logdet(l) - logdet(k) - d + trace(k * l ** -1) + (e.T * k * e)[0]) / 2


class Wishart:
    """Parameters ν and V/ν."""

    @staticmethod
    def logpdf(p, x, d):
        nu, l = p[0][0], mat(x, d)
        v = nu * mat(p[1], d)
        return ((nu - d - 1) / 2 * logdet(l) - trace(v * l) / 2 + nu / 2 * logdet(v) - nu * d / 2 * log(2)
                - multigamma(nu / 2, d))

    @staticmethod
    def scipy(p, x, d):
        v = float(p[0][0]) * to_numpy(mat(p[1], d))
        return stats.wishart.logpdf(to_numpy(mat(x, d)), float(p[0][0]), np.linalg.inv(v))

    @staticmethod
    def mean(p, d):
        nu = p[0][0]
        return (pack(mat(p[1], d) ** -1)
                + [multidigamma(nu / 2, d) + d * log(2) - logdet(nu * mat(p[1], d))])

    @staticmethod
    def expected(p, q, d):
        """E_p[log q]."""
        nu, mu = p[0][0], q[0][0]
        v, w = nu * mat(p[1], d), mu * mat(q[1], d)
        log_det = multidigamma(nu / 2, d) + d * log(2) - logdet(v)
        return ((mu - d - 1) / 2 * log_det - nu * trace(w * v ** -1) / 2 + mu / 2 * logdet(w) - mu * d / 2 * log(2)
                - multigamma(mu / 2, d))

    @staticmethod
    def entropy(p, d):
        value = -Wishart.expected(p, p, d)
        v = float(p[0][0]) * to_numpy(mat(p[1], d))
        check(value, stats.wishart.entropy(float(p[0][0]), np.linalg.inv(v)), "Wishart entropy")
        return value

    @staticmethod
    def divergence(p, q, d):
        return Wishart.expected(p, p, d) - Wishart.expected(p, q, d)


class NormalGamma:
    """Parameters m, β, a, b; by the chain rule over τ and μ | τ."""

    @staticmethod
    def logpdf(p, x, d):
        mu, tau = x[:d], x[d:]
        return (Gamma.logpdf([p[2], p[3]], tau, d)
                + Normal.logpdf([p[0], [b * t for b, t in zip(p[1], tau)]], mu, d))

    @staticmethod
    def mean(p, d):
        z = list(zip(*p))
        return ([m * a / b for m, k, a, b in z] + [a / b for m, k, a, b in z]
                + [1 / k + m * m * a / b for m, k, a, b in z] + [digamma(a) - log(b) for m, k, a, b in z])

    @staticmethod
    def entropy(p, d):
        return Gamma.entropy([p[2], p[3]], d) + sum(
            (1 + log(2 * pi) - log(k) - digamma(a) + log(b)) / 2 for k, a, b in zip(p[1], p[2], p[3]))

    @staticmethod
    def divergence(p, q, d):
        return Gamma.divergence(p[2:], q[2:], d) + sum(
            (log(k / l) + l / k - 1 + l * a / b * (m - n) ** 2) / 2 for m, k, a, b, n, l, _, _ in zip(*p, *q))


class SphericalNormalGamma:
    @staticmethod
    def logpdf(p, x, d):
        m, (k,), a, b = p
        tau = x[d]
        return Gamma.logpdf([a, b], [tau], 1) + Normal.logpdf([m, [k * tau] * d], x[:d], d)

    @staticmethod
    def mean(p, d):
        m, (k,), (a,), (b,) = p
        return [v * a / b for v in m] + [a / b, d / k + sum(v * v for v in m) * a / b, digamma(a) - log(b)]

    @staticmethod
    def entropy(p, d):
        m, (k,), (a,), (b,) = p
        return Gamma.entropy([[a], [b]], 1) + d * (1 + log(2 * pi) - log(k) - digamma(a) + log(b)) / 2

    @staticmethod
    def divergence(p, q, d):
        m, (k,), (a,), (b,) = p
        n, (l,) = q[0], q[1]
        square = sum((v - w) ** 2 for v, w in zip(m, n))
        return Gamma.divergence(p[2:], q[2:], 1) + (d * (log(k / l) + l / k - 1) + l * a / b * square) / 2


class NormalWishart:
    """Parameters m, β, ν, W⁻¹/ν."""

    @staticmethod
    def logpdf(p, x, d):
        return (Wishart.logpdf(p[2:], x[d:], d)
                + MultivariateNormal.logpdf([p[0], [p[1][0] * v for v in x[d:]]], x[:d], d))

    @staticmethod
    def mean(p, d):
        wishart, m = Wishart.mean(p[2:], d), vec(p[0])
        linear = mat(wishart[:-1], d) * m
        return list(linear) + wishart[:-1] + [d / p[1][0] + (m.T * linear)[0], wishart[-1]]

    @staticmethod
    def entropy(p, d):
        return (Wishart.entropy(p[2:], d)
                + (d * (1 + log(2 * pi) - log(p[1][0])) - Wishart.mean(p[2:], d)[-1]) / 2)

    @staticmethod
    def divergence(p, q, d):
        k, l, e = p[1][0], q[1][0], vec(p[0]) - vec(q[0])
        precision = mat(Wishart.mean(p[2:], d)[:-1], d)
        return (Wishart.divergence(p[2:], q[2:], d)
                + (d * (log(k / l) + l / k - 1) + l * (e.T * precision * e)[0]) / 2)


class StickBreaking:
    """Parameters a, b of the sticks; the density is that of the sticks."""

    @staticmethod
    def logpdf(p, x, d):
        rest, sticks = mpf(1), []
        for k in range(d - 1):
            rest = sum(x[k:])
            sticks.append(x[k] / rest)
        return Beta.logpdf(p, sticks, d)

    @staticmethod
    def mean(p, d):
        means = Beta.mean(p, d - 1)
        v, c = means[:d - 1], means[d - 1:]
        weights = [v[k] + sum(c[:k]) for k in range(d - 1)] + [sum(c)]
        return weights + [sum(c[:k]) for k in range(1, d - 1)]

    @staticmethod
    def entropy(p, d):
        return Beta.entropy(p, d - 1)

    @staticmethod
    def divergence(p, q, d):
        return Beta.divergence(p, q, d - 1)


class Geometric:
    @staticmethod
    def logpdf(p, x, d):
        return sum(log(v) + y * log(1 - v) for v, y in zip(p[0], x))

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.geom.logpmf(y + 1, v) for v, y in zip(p[0], x))

    @staticmethod
    def mean(p, d):
        return [(1 - v) / v for v in p[0]]

    @staticmethod
    def entropy(p, d):
        return sum(-log(v) - (1 - v) / v * log(1 - v) for v in p[0])

    @staticmethod
    def divergence(p, q, d):
        return sum(log(v / w) + (1 - v) / v * log((1 - v) / (1 - w)) for v, w in zip(p[0], q[0]))


class Multinomial:
    """Parameters π and n; entropies are those of the family without its base measure, so none here."""

    @staticmethod
    def logpdf(p, x, d):
        return lgamma(sum(x) + 1) - sum(lgamma(y + 1) for y in x) + sum(y * log(v) for v, y in zip(p[0], x))

    @staticmethod
    def scipy(p, x, d):
        return stats.multinomial.logpmf(x, p[1][0], p[0])

    @staticmethod
    def mean(p, d):
        return [p[1][0] * v for v in p[0]] + [mpf(0)]

    entropy = None

    @staticmethod
    def divergence(p, q, d):
        return p[1][0] * sum(v * log(v / w) for v, w in zip(p[0], q[0]))


class LogNormal:
    @staticmethod
    def logpdf(p, x, d):
        return Normal.logpdf(p, [log(v) for v in x], d) - sum(log(v) for v in x)

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.lognorm.logpdf(v, t ** -0.5, scale=np.exp(m)) for v, m, t in zip(x, *p))

    mean = Normal.mean
    divergence = Normal.divergence

    @staticmethod
    def entropy(p, d):
        return Normal.entropy(p, d) + sum(p[0])


class InverseGamma:
    @staticmethod
    def logpdf(p, x, d):
        return sum(a * log(b) - lgamma(a) - (a + 1) * log(v) - b / v for v, a, b in zip(x, *p))

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.invgamma.logpdf(v, a, scale=b) for v, a, b in zip(x, *p))

    @staticmethod
    def mean(p, d):
        return [log(b) - digamma(a) for a, b in zip(*p)] + [a / b for a, b in zip(*p)]

    @staticmethod
    def entropy(p, d):
        return sum(a + log(b) + lgamma(a) - (1 + a) * digamma(a) for a, b in zip(*p))

    divergence = Gamma.divergence


class Pareto:
    """Parameters m and α."""

    @staticmethod
    def logpdf(p, x, d):
        return sum(log(a) + a * log(m) - (a + 1) * log(v) for v, m, a in zip(x, *p))

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.pareto.logpdf(v, a, scale=m) for v, m, a in zip(x, *p))

    @staticmethod
    def mean(p, d):
        return [log(m) + 1 / a for m, a in zip(*p)] + [mpf(0)] * d

    @staticmethod
    def entropy(p, d):
        return sum(log(m / a) + 1 + 1 / a for m, a in zip(*p))

    @staticmethod
    def divergence(p, q, d):
        return sum(log(a / b) + b / a - 1 for a, b in zip(p[1], q[1]))


class TruncatedNormal:
    @staticmethod
    def tail(m, t):
        """log Φ(m√t)."""
        return log(mp.erfc(-m * mp.sqrt(t) / mp.sqrt(2)) / 2)

    @staticmethod
    def logpdf(p, x, d):
        return Normal.logpdf(p, x, d) - sum(TruncatedNormal.tail(m, t) for m, t in zip(*p))

    @staticmethod
    def scipy(p, x, d):
        return sum(stats.truncnorm.logpdf(v, -m * t ** 0.5, np.inf, m, t ** -0.5) for v, m, t in zip(x, *p))

    @staticmethod
    def first(m, t):
        hazard = mp.exp(-m * m * t / 2 - TruncatedNormal.tail(m, t)) / mp.sqrt(2 * pi)
        return m + hazard / mp.sqrt(t)

    @staticmethod
    def mean(p, d):
        first = [TruncatedNormal.first(m, t) for m, t in zip(*p)]
        return first + [1 / t + m * e for m, t, e in zip(*p, first)]

    @staticmethod
    def expected(p, q, d):
        """E_p[log q]."""
        mean = TruncatedNormal.mean(p, d)
        return sum((log(t) - log(2 * pi) - t * (s - 2 * m * e + m * m)) / 2 - TruncatedNormal.tail(m, t)
                   for m, t, e, s in zip(*q, mean[:d], mean[d:]))

    @staticmethod
    def entropy(p, d):
        return -TruncatedNormal.expected(p, p, d)

    @staticmethod
    def divergence(p, q, d):
        return TruncatedNormal.expected(p, p, d) - TruncatedNormal.expected(p, q, d)


class PolyaGamma:
    """Parameters b and c; everything relative to PG(b, 0)."""

    @staticmethod
    def logpdf(p, x, d):
        return sum(b * log(mp.cosh(c / 2)) - c * c / 2 * v for v, b, c in zip(x, *p))

    @staticmethod
    def mean(p, d):
        return [b / (2 * c) * mp.tanh(c / 2) if c else b / 4 for b, c in zip(*p)] + [mpf(0)] * d

    @staticmethod
    def expected(p, q, d):
        return PolyaGamma.logpdf(q, PolyaGamma.mean(p, d)[:d], d)

    @staticmethod
    def entropy(p, d):
        return -PolyaGamma.expected(p, p, d)

    @staticmethod
    def divergence(p, q, d):
        return PolyaGamma.expected(p, p, d) - PolyaGamma.expected(p, q, d)


class VonMisesFisher:
    """The parameter κμ."""

    @staticmethod
    def normalizer(k, d):
        half = mpf(d) / 2
        return log(2) + half * log(pi) - lgamma(half) + log(mp.hyp0f1(half, k * k / 4))

    @staticmethod
    def logpdf(p, x, d):
        k = mp.sqrt(sum(v * v for v in p[0]))
        return sum(v * y for v, y in zip(p[0], x)) - VonMisesFisher.normalizer(k, d)

    @staticmethod
    def scipy(p, x, d):
        k = np.linalg.norm(p[0])
        return stats.vonmises_fisher(np.array(p[0]) / k, k).logpdf(x)

    @staticmethod
    def mean(p, d):
        k = mp.sqrt(sum(v * v for v in p[0]))
        half = mpf(d) / 2
        ratio = mp.hyp0f1(half + 1, k * k / 4) / mp.hyp0f1(half, k * k / 4) / d
        return [ratio * v for v in p[0]]

    @staticmethod
    def entropy(p, d):
        return -VonMisesFisher.logpdf(p, VonMisesFisher.mean(p, d), d)

    @staticmethod
    def divergence(p, q, d):
        m = VonMisesFisher.mean(p, d)
        return VonMisesFisher.logpdf(p, m, d) - VonMisesFisher.logpdf(q, m, d)


class MatrixNormalWishart:
    """Parameters M₀, K, ν, W⁻¹/ν; by the chain rule over Λ and vec M | Λ with precision Λ ⊗ K (rows first)."""

    @staticmethod
    def normal(m, k, l, d):
        n = len(m)
        big = matrix(n, n)
        for i in range(n):
            for j in range(n):
                big[i, j] = l[i // k.rows, j // k.rows] * k[i % k.rows, j % k.rows]
        return [list(m), pack(big)]

    @staticmethod
    def inputs(p, d):
        return len(p[0]) // d

    @staticmethod
    def logpdf(p, x, d):
        n = len(p[0])
        k = mat(p[1], MatrixNormalWishart.inputs(p, d))
        conditional = MatrixNormalWishart.normal(p[0], k, mat(x[n:], d), d)
        return Wishart.logpdf(p[2:], x[n:], d) + MultivariateNormal.logpdf(conditional, x[:n], n)

    @staticmethod
    def mean(p, d):
        size = MatrixNormalWishart.inputs(p, d)
        wishart, m = Wishart.mean(p[2:], d), matrix(d, size)
        for i in range(d):
            for j in range(size):
                m[i, j] = p[0][i * size + j]
        l = mat(wishart[:-1], d)
        linear = l * m
        square = d * mat(p[1], size) ** -1 + m.T * linear
        return ([linear[i, j] for i in range(d) for j in range(size)] + wishart[:-1] + pack(square) + [wishart[-1]])

    @staticmethod
    def entropy(p, d):
        size = MatrixNormalWishart.inputs(p, d)
        return (Wishart.entropy(p[2:], d) + (d * size * (1 + log(2 * pi)) - d * logdet(mat(p[1], size))
                                             - size * Wishart.mean(p[2:], d)[-1]) / 2)

    @staticmethod
    def divergence(p, q, d):
        size = MatrixNormalWishart.inputs(p, d)
        k, l = mat(p[1], size), mat(q[1], size)
        precision = mat(Wishart.mean(p[2:], d)[:-1], d)
        e = matrix(d, size)
        for i in range(d):
            for j in range(size):
                e[i, j] = p[0][i * size + j] - q[0][i * size + j]
        return (Wishart.divergence(p[2:], q[2:], d)
                + (d * (logdet(k) - logdet(l) + trace(l * k ** -1) - size) + trace(precision * e * l * e.T)) / 2)


class MatrixNormal:
    """Parameters M₀, K, Λ⁻¹: vec M is normal with precision Λ ⊗ K (rows first); a value is M and Λ."""

    @staticmethod
    def normal(p, d):
        k = mat(p[1], MatrixNormalWishart.inputs(p, d))
        return MatrixNormalWishart.normal(p[0], k, mat(p[2], d) ** -1, d)

    @staticmethod
    def logpdf(p, x, d):
        n = len(p[0])
        return MultivariateNormal.logpdf(MatrixNormal.normal(p, d), x[:n], n)

    @staticmethod
    def mean(p, d):
        size, l, m = MatrixNormalWishart.inputs(p, d), mat(p[2], d) ** -1, matrix(d, len(p[0]) // d)
        for i in range(d):
            for j in range(size):
                m[i, j] = p[0][i * size + j]
        linear = l * m
        square = d * mat(p[1], size) ** -1 + m.T * linear
        return ([linear[i, j] for i in range(d) for j in range(size)] + pack(l) + pack(square) + [logdet(l)]
                + [mpf(0)] * len(p[2]))

    @staticmethod
    def entropy(p, d):
        return MultivariateNormal.entropy(MatrixNormal.normal(p, d), len(p[0]))

    @staticmethod
    def divergence(p, q, d):
        return MultivariateNormal.divergence(MatrixNormal.normal(p, d), MatrixNormal.normal(q, d), len(p[0]))


members = []


def exact(parameters):
    return [[mpf(float(v)) for v in row] for row in parameters]


def add(family, d, parameters, values, others=(), name=None, inputs=0):
    p = exact(parameters)
    densities = []
    for x in values:
        x = [float(v) for v in x]
        value = family.logpdf(p, [mpf(v) for v in x], d)
        if hasattr(family, "scipy"):
            check(value, family.scipy([[float(v) for v in row] for row in p], x, d), (family.__name__, p, x), 1e-7)
        densities.append({"value": x, "logDensity": number(value)})
    members.append({
        "family": name or family.__name__, "dimension": d, "inputs": inputs,
        "parameters": [[float(v) for v in row] for row in parameters],
        "mean": [number(v) for v in family.mean(p, d)],
        "entropy": number(family.entropy(p, d)) if family.entropy else None,
        "densities": densities,
        "divergences": [
            {"parameters": [[float(v) for v in row] for row in q], "value": number(family.divergence(p, exact(q), d))}
            for q in others],
    })


add(Normal, 1, [[1.5], [0.7]], [[0.2], [-4.0]], [[[1.4], [0.8]], [[-3.0], [20.0]]])
add(Normal, 2, [[-20.0, 0.125], [1e4, 1e-3]], [[-20.01, 30.0]], [[[-20.0, 1.0], [9e3, 2e-3]]])
add(Gamma, 1, [[2.5], [0.7]], [[1.0], [12.5]], [[[2.0], [0.75]], [[0.01], [3.0]]])
add(Gamma, 1, [[1e-3], [1e-3]], [[1e-30], [2.0]], [[[1.0], [1.0]]])
add(Gamma, 2, [[5e4, 1e-5], [3.0, 1e5]], [[16666.0, 1e-9]], [[[4.9e4, 1e-4], [3.0, 1e4]]])
add(Beta, 1, [[0.5], [0.5]], [[0.25], [1e-9]], [[[1.0], [1.0]]])
add(Beta, 2, [[2.0, 1e-3], [7.0, 3.0]], [[0.3, 1e-20]], [[[1.5, 2.0], [8.0, 2.0]]])
add(Beta, 1, [[1e6], [2e6]], [[0.3333]], [[[1.1e6], [2e6]]])
add(Dirichlet, 3, [[0.5, 1.5, 2.5]], [[0.25, 0.25, 0.5]], [[[1.0, 1.0, 1.0]]])
add(Dirichlet, 4, [[1e-5, 1e-5, 2e-5, 1e-5]], [[0.125, 0.125, 0.25, 0.5]], [[[0.1, 0.1, 0.1, 0.1]]])
add(Dirichlet, 3, [[1e8, 2e8, 0.5]], [[0.3125, 0.6835937500, 0.00390625]], [[[1.0, 1.0, 1.0]]])
add(Categorical, 3, [[0.2, 0.3, 0.5]], [[0], [2]], [[[0.5, 0.25, 0.25]]])
add(Categorical, 4, [[1e-12, 3.0, 2.0, 1.0]], [[0], [1]], [[[1.0, 1.0, 1.0, 1.0]]])
add(Bernoulli, 1, [[0.3]], [[0], [1]], [[[0.5]]])
add(Bernoulli, 2, [[1e-6, 0.999]], [[0, 1], [1, 0]], [[[1e-3, 0.5]]])
add(Poisson, 1, [[2.5]], [[0], [7]], [[[3.0]]])
add(Poisson, 2, [[300.0, 1e-3]], [[250, 0], [310, 2]], [[[200.0, 1e-2]]])
add(Exponential, 2, [[0.7, 1e3]], [[0.0, 1e-4], [5.0, 0.25]], [[[1.0, 2e3]]])
add(MultivariateNormal, 2, [[1.0, -2.0], [2.0, 0.5, 3.0]], [[0.5, 1.0]], [[[0.0, 0.0], [1.0, 0.0, 1.0]]])
add(MultivariateNormal, 3, [[1.0, -2.0, 30.0], [2.0, 0.5, 3.0, -0.25, 1.0, 100.0]], [[0.5, 1.0, 30.125]],
    [[[0.0, 0.0, 29.0], [1.0, 0.0, 1.0, 0.5, 0.25, 50.0]]])
add(Wishart, 1, [[3.5], [0.7]], [[2.0]], [[[2.0], [0.5]]])
add(Wishart, 2, [[1.25], [2.0, 0.5, 3.0]], [[1.0, 0.25, 2.0]], [[[5.0], [1.0, 0.0, 1.0]]])
add(Wishart, 3, [[40.5], [2.0, 0.5, 3.0, -0.25, 1.0, 1.0]], [[1.0, 0.25, 2.0, 0.5, 0.0, 0.75]],
    [[[4.0], [1.0, 0.0, 1.0, 0.5, 0.25, 5.0]]])
add(NormalGamma, 1, [[1.5], [2.0], [2.5], [0.7]], [[1.0, 2.0]], [[[1.0], [1.0], [2.0], [1.0]]])
add(NormalGamma, 2, [[1.5, -30.0], [2.0, 1e-3], [2.5, 0.5], [0.7, 400.0]], [[1.0, -25.0, 2.0, 0.01]],
    [[[1.0, 0.0], [1.0, 1.0], [2.0, 3.0], [1.0, 4.0]]])
add(SphericalNormalGamma, 1, [[1.5], [2.0], [2.5], [0.7]], [[1.0, 2.0]], [[[1.0], [1.0], [2.0], [1.0]]])
add(SphericalNormalGamma, 3, [[1.5, -3.0, 0.0], [2.0], [0.5], [40.0]], [[1.0, -2.5, 0.25, 0.125]],
    [[[1.0, 0.0, 1.0], [1.0], [3.0], [4.0]]])
add(NormalWishart, 1, [[1.5], [2.0], [3.5], [0.7]], [[1.0, 2.0]], [[[1.0], [1.0], [2.0], [1.0]]])
add(NormalWishart, 2, [[1.5, -3.0], [0.5], [2.0], [2.0, 0.5, 3.0]], [[1.0, -2.5, 1.0, 0.25, 2.0]],
    [[[1.0, 0.0], [1.0], [6.0], [1.0, 0.0, 1.0]]])
add(NormalWishart, 3, [[1.5, -3.0, 2.0], [100.0], [50.5], [2.0, 0.5, 3.0, -0.25, 1.0, 1.0]],
    [[1.0, -2.5, 2.0, 1.0, 0.25, 2.0, 0.5, 0.0, 0.75]],
    [[[1.0, 0.0, 0.0], [1.0], [6.0], [1.0, 0.0, 1.0, 0.0, 0.0, 1.0]]])
add(StickBreaking, 2, [[1.0], [0.5]], [[0.75, 0.25]], [[[2.0], [2.0]]])
add(StickBreaking, 3, [[1.0, 3.5], [0.5, 7.0]], [[0.75, 0.125, 0.125]], [[[2.0, 1.0], [2.0, 3.0]]])
add(StickBreaking, 5, [[11.0, 21.0, 1.0, 1.0], [21.001, 0.001, 0.001, 0.001]], [[0.5, 0.25, 0.125, 0.0625, 0.0625]],
    [[[1.0, 1.0, 1.0, 1.0], [0.001, 0.001, 0.001, 0.001]]])
add(Geometric, 2, [[0.3, 1e-6]], [[0, 5], [7, 1000000]], [[[0.5, 1e-5]]])
add(Geometric, 1, [[0.999]], [[0], [2]], [[[0.9]]])
add(Multinomial, 3, [[0.25, 0.25, 0.5], [6]], [[1, 2, 3], [0, 0, 6]], [[[0.5, 0.25, 0.25], [6]]])
add(LogNormal, 1, [[1.5], [0.7]], [[0.2], [400.0]], [[[1.4], [0.8]]])
add(LogNormal, 2, [[-20.0, 0.125], [1e4, 1e-3]], [[2e-9, 30.0]], [[[-20.0, 1.0], [9e3, 2e-3]]])
add(InverseGamma, 1, [[2.5], [0.7]], [[1.0], [0.0125]], [[[2.0], [0.75]], [[0.01], [3.0]]])
add(InverseGamma, 2, [[5e4, 0.5], [3.0, 1e5]], [[6e-5, 1e9]], [[[4.9e4, 1e-2], [3.0, 1e4]]])
add(Pareto, 2, [[0.5, 20.0], [2.5, 1e-2]], [[0.5, 1e9], [0.75, 25.0]], [[[0.5, 20.0], [3.0, 1.0]]])
add(TruncatedNormal, 1, [[1.5], [0.7]], [[0.2], [4.0]], [[[1.4], [0.8]], [[-3.0], [20.0]]])
add(TruncatedNormal, 1, [[-3.0], [1.0]], [[0.2], [4.0]], [[[-4.5], [1.0]]])
add(TruncatedNormal, 1, [[0.0], [1.0]], [[0.5]], [[[1.0], [1.0]]])
add(TruncatedNormal, 2, [[-20.0, -4.25], [1e2, 1.0]], [[1e-3, 0.25]], [[[-19.0, 40.0], [1e2, 0.5]]])
add(TruncatedNormal, 2, [[50.0, -1e4], [1.0, 1.0]], [[49.0, 1e-4]], [[[49.0, -9e3], [1.0, 1.0]]])
add(PolyaGamma, 2, [[1.0, 3.5], [0.5, 40.0]], [[0.25, 0.01]], [[[1.0, 3.5], [2.0, 30.0]]])
add(PolyaGamma, 2, [[1.0, 100.0], [0.0, 1e-4]], [[0.25, 20.0]], [[[1.0, 100.0], [1.0, 1e-3]]])
add(VonMisesFisher, 2, [[1.5, -2.0]], [[0.6, 0.8]], [[[0.5, 1.0]]])
add(VonMisesFisher, 3, [[15.0, 0.0, -20.0]], [[0.0, 0.6, -0.8]], [[[0.5, 1.0, -30.0]]])
add(VonMisesFisher, 4, [[300.0, 400.0, 5.0, -1.0]], [[0.6, 0.8, 0.0, 0.0]], [[[200.0, 300.0, 0.0, 1.0]]])
add(VonMisesFisher, 10, [[0.01] * 10], [[0.6, 0.8] + [0.0] * 8], [[[1.0] * 10]])
add(MatrixNormalWishart, 1, [[0.5, -0.25], [2.0, 0.5, 3.0], [3.5], [0.7]], [[1.0, -2.5, 2.0]],
    [[[1.0, 0.0], [1.0, 0.0, 1.0], [2.0], [1.0]]], inputs=2)
add(MatrixNormalWishart, 2, [[1.5, -3.0, 2.0, 0.5, 0.25, -1.0], [2.0, 0.5, 3.0, -0.25, 1.0, 1.0], [2.5], [2.0, 0.5, 3.0]],
    [[1.0, -2.5, 2.0, 0.0, 0.0, 0.5, 1.0, 0.25, 2.0]],
    [[[0.0] * 6, [1.0, 0.0, 1.0, 0.0, 0.0, 1.0], [6.0], [1.0, 0.0, 1.0]]], inputs=3)
# The precisions are [4] and [[2, 1], [1, 2.5]], so that they are exact.
add(MatrixNormal, 1, [[0.5, -0.25], [2.0, 0.5, 3.0], [0.25]], [[1.0, -2.5, 4.0]],
    [[[1.0, 0.0], [1.0, 0.0, 1.0], [0.25]]], inputs=2)
add(MatrixNormal, 2, [[1.5, -3.0, 2.0, 0.5, 0.25, -1.0], [2.0, 0.5, 3.0, -0.25, 1.0, 1.0], [0.625, -0.25, 0.5]],
    [[1.0, -2.5, 2.0, 0.0, 0.0, 0.5, 2.0, 1.0, 2.5]],
    [[[0.0] * 6, [1.0, 0.0, 1.0, 0.0, 0.0, 1.0], [0.625, -0.25, 0.5]]], inputs=3)

# The log partition's increase by one observation is the log density of a Student-t, up to the observation's ½D log 2π.

increments = []


def student(x, location, dof, precision, d):
    e = vec(x) - vec(location)
    square = (e.T * precision * e)[0]
    value = (lgamma((dof + d) / 2) - lgamma(dof / 2) + logdet(precision) / 2 - mpf(d) / 2 * log(dof * pi)
             - (dof + d) / 2 * log(1 + square / dof))
    shape = np.linalg.inv(to_numpy(precision))
    check(value, stats.multivariate_t.logpdf([float(v) for v in x], [float(v) for v in location], shape, float(dof)), x)
    return value


def add_increments(family, d, parameters, observations):
    p = exact(parameters)
    rows = []
    for x in observations:
        y = [mpf(float(v)) for v in x]
        if family == "NormalGamma":
            value = sum(student([y[i]], [p[0][i]], 2 * p[2][i],
                                matrix([[p[2][i] / p[3][i] * p[1][i] / (p[1][i] + 1)]]), 1) for i in range(d))
        elif family == "SphericalNormalGamma":
            factor = p[2][0] / p[3][0] * p[1][0] / (p[1][0] + 1)
            value = student(y, p[0], 2 * p[2][0], factor * mp.eye(d), d)
        else:
            nu, beta = p[2][0], p[1][0]
            dof = nu + 1 - d
            precision = dof * beta / (beta + 1) * (nu * mat(p[3], d)) ** -1
            value = student(y, p[0], dof, precision, d)
        rows.append({"observation": [float(v) for v in x], "value": number(value + mpf(d) / 2 * log(2 * pi))})
    increments.append({"family": family, "dimension": d, "parameters": parameters, "rows": rows})


line = [[-40.0], [0.0], [1.4], [1e6]]
add_increments("NormalGamma", 1, [[1.5], [2.0], [2.5], [0.7]], line)
add_increments("NormalGamma", 1, [[1.5], [1e-3], [0.5], [1e-4]], line)
add_increments("NormalGamma", 2, [[1.5, -3.0], [1e6, 2.0], [1e6, 0.25], [2e6, 0.5]], [[1.0, -2.0], [1.5, 1e3]])
add_increments("SphericalNormalGamma", 1, [[1.5], [2.0], [2.5], [0.7]], line)
add_increments("SphericalNormalGamma", 3, [[1.5, -3.0, 0.0], [2.0], [0.5], [40.0]],
               [[1.5, -3.0, 0.0], [0.1, 0.2, -0.3], [1e3, -1e4, 5.0]])
add_increments("NormalWishart", 1, [[1.5], [2.0], [3.5], [0.7]], line)
add_increments("NormalWishart", 2, [[1.5, -3.0], [0.5], [2.0], [2.0, 0.5, 3.0]], [[1.5, -3.0], [0.1, 0.2], [1e3, -1e4]])
add_increments("NormalWishart", 3, [[1.5, -3.0, 2.0], [1e5], [1e5], [2.0, 0.5, 3.0, -0.25, 1.0, 1.0]],
               [[1.5, -3.0, 2.0], [0.1, 0.2, 0.3]])

with open("golden.json", "w") as file:
    json.dump({"special": special_values, "members": members, "increments": increments}, file, indent=1)
    file.write("\n")
