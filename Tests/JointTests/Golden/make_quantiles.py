#!/usr/bin/env python3
"""Writes quantiles.json: quantiles of both tails to 40 digits, computed with mpmath by root finding on the textbook formulas of
the tails, and discrete quantiles by adding up exact probabilities. Run it in its folder: python3 make_quantiles.py"""

import json
from mpmath import mp, mpf, log, exp, sqrt, loggamma, gammainc, betainc, erfc, nstr, findroot, beta

mp.dps = 52

TAILS = [1e-300, 1e-100, 1e-30, 1e-12, 1e-5, 0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999, 1 - 2.0 ** -40]


def large_gamma_tail(a, x, tail):
    """The series of the lower tail, or Lentz's continued fraction of the upper one, in many digits."""
    factor = exp(a * log(x) - x - loggamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = a
        while term > total * mpf(10) ** -50:
            n += 1
            term *= x / n
            total += term
        lower = factor * total
        return lower if tail == "lower" else 1 - lower
    b = x + 1 - a
    c = mpf(10) ** 300
    d = 1 / b
    h = d
    i = 0
    while True:
        i += 1
        numerator = i * (a - i)
        b += 2
        d = 1 / (numerator * d + b)
        c = b + numerator / c
        h *= c * d
        if abs(c * d - 1) < mpf(10) ** -45:
            break
    upper = factor * h
    return upper if tail == "upper" else 1 - upper


def gamma_tail(a, x, tail):
    if a >= 1000:
        return large_gamma_tail(a, x, tail)
    if tail == "lower":
        return gammainc(a, 0, x, regularized=True)
    return gammainc(a, x, mp.inf, regularized=True)


def beta_tail(a, b, x, constant):
    """The lower tail by the series x^a (1 - x)^b/(a B) * sum (a + b)_n/(a + 1)_n x^n, whose terms are all positive."""
    if a + b < 500:
        return betainc(a, b, 0, x) / constant
    term = total = mpf(1)
    n = 0
    while term > total * mpf(10) ** -50:
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        n += 1
    return exp(a * log(x) + b * log(1 - x)) / (a * constant) * total


def log_tail_root(tail, p, start_low, start_high):
    """Bisection, then the secant method, on the logarithm of the argument."""
    target = log(p)

    def function(x):
        # What is left of 1 far out may be rounded below 0.
        return max(tail(x), mpf(10) ** -1000)

    low, high = mpf(start_low), mpf(start_high)
    low_sign = log(function(exp(low))) > target
    for _ in range(60):
        middle = (low + high) / 2
        if (log(function(exp(middle))) > target) == low_sign:
            low = middle
        else:
            high = middle
        if high - low < mpf(10) ** -6 * max(1, abs(middle)):
            break
    root = findroot(lambda y: log(function(exp(y))) - target, (low, high), solver="secant", tol=mpf(10) ** -90, maxsteps=12,
                    verify=False)
    # The residual in relative terms of the argument must be far below what is tested.
    step = mpf(10) ** -30
    assert (log(function(exp(root - step))) > target) != (log(function(exp(root + step))) > target), (p, root)
    return exp(root)


rows = []


def add(law, parameters, p, tail, value):
    rows.append({"law": law, "parameters": parameters, "probability": repr(p), "tail": tail,
                 "value": nstr(value, 40, strip_zeros=True, min_fixed=0, max_fixed=0)})


def representable(x):
    return x > mpf("2.3e-308") and x < mpf("1.7e308")


for a in [0.001, 0.01, 0.1, 0.5, 1.0, 1.7, 5.5, 9.99, 10.5, 33.0, 250.0, 1e4, 1e6, 3e6]:
    for p in TAILS:
        for tail in ["lower", "upper"]:
            q, side = (mpf(p), tail) if p <= 0.5 else (1 - mpf(p), "upper" if tail == "lower" else "lower")
            if a >= 1e4 and p not in (1e-12, 0.001, 0.3, 0.9):
                continue
            A = mpf(a)
            # A bracket in log x from the leading term of the lower tail, and from a bound on the upper one.
            low = (log(q if side == "lower" else mpf(1e-3)) + loggamma(A + 1)) / A - 1
            if side == "upper":
                low = min(low, (log(1 - q) + loggamma(A + 1)) / A - 1)
            if a > 1000:
                low = log(A) - 30 / sqrt(A)
                high = log(A) + 30 / sqrt(A)
            else:
                high = log(A + 800 + 40 * sqrt(A))
            if low < -720 and side == "lower" or (side == "upper" and low < -720 and gamma_tail(A, exp(mpf(-708)), "upper") < q):
                continue
            add("gamma", [a], p, tail, log_tail_root(lambda x: gamma_tail(A, x, side), q, low, high))

def beta_rows(a, b, p, lower, upper):
    """Both tails; I_x = q is solved in x where x is below 1/2, in 1 - x otherwise."""
    A, B, q = mpf(a), mpf(b), mpf(p)
    constant = beta(A, B)
    for tail in ["lower", "upper"]:
        below = q if tail == "lower" else 1 - q
        half = lower(mpf(1) / 2)
        small = below < half
        shape = A if small else B
        function = lower if small else upper
        target = below if small else 1 - below
        floor = (log(target) + log(shape * constant)) / shape - 5
        if floor < -715:
            continue
        floor = max(floor, log(shape / (A + B)) - 3) if max(a, b) > 1e3 and min(a, b) > 1e2 else floor
        if target > 0.5:
            value = log_tail_root(lambda v: 1 - function(v), 1 - target, floor, log(mpf(1) / 2))
        else:
            value = log_tail_root(function, target, floor, log(mpf(1) / 2))
        if representable(value):
            add("beta" if small else "betaComplement", [a, b], p, tail, value)


for a, b in [(0.001, 0.5), (0.01, 5.0), (0.5, 0.5), (0.3, 2000.0), (2.0, 3.0), (1.0, 1.0), (12.0, 0.2), (20.0, 30.0),
             (5.0, 150.0), (300.0, 7.0), (1e4, 1e4), (2e3, 1e5)]:
    def lower(x, a=a, b=b):
        return beta_tail(mpf(a), mpf(b), x, beta(mpf(a), mpf(b)))

    def upper(y, a=a, b=b):
        return beta_tail(mpf(b), mpf(a), y, beta(mpf(a), mpf(b)))

    for p in TAILS:
        if max(a, b) > 1e3 and p not in (1e-12, 0.001, 0.5, 0.9):
            continue
        # A complement of a small probability needs as many digits more as it has zeros.
        with mp.workdps(52 + int(-log(mpf(min(p, 1 - p)), 10))):
            beta_rows(a, b, p, lower, upper)

for nu in [0.5, 1.0, 1.5, 2.5, 3.0, 10.0, 30.5, 1000.0]:
    N = mpf(nu)

    def t_upper(t, N=N):
        w = N / (N + t * t)
        return betainc(N / 2, mpf(1) / 2, 0, w, regularized=True) / 2

    for p in [1e-300, 1e-100, 1e-30, 1e-12, 1e-5, 0.001, 0.1, 0.3, 0.499, 0.4999999999]:
        guess = (log(2 * mpf(p) * N / 2 * beta(N / 2, mpf(1) / 2)) / (-N)) + log(N) / 2
        if guess > 705:
            continue
        value = log_tail_root(t_upper, mpf(p), -30, max(guess, 1) + 3)
        add("student", [nu], p, "upper", value)

for p in [1e-300, 1e-100, 1e-30, 1e-12, 1e-5, 0.001, 0.07, 0.0750001, 0.1, 0.3, 0.45, 0.4999999]:
    value = log_tail_root(lambda z: erfc(z / sqrt(mpf(2))) / 2, mpf(p), -30, 5)
    add("normal", [], p, "upper", value)


def discrete(law, parameters, pmf, last, p_values):
    """Exact sums: the smallest k with P(X <= k) >= p, and with P(X > k) <= p."""
    masses = [pmf(k) for k in range(last + 1)]
    total = sum(masses)
    for p in p_values:
        for tail in ["lower", "upper"]:
            need = mpf(p) if tail == "lower" else 1 - mpf(p)
            # Sums from the side that is small.
            if need <= 0.5:
                s, k = masses[0], 0
                while s < need:
                    k += 1
                    s += masses[k]
            else:
                s, k = mpf(0), last
                rest = 1 - need if tail == "lower" else mpf(p)
                while k > 0 and s + masses[k] <= rest:
                    s += masses[k]
                    k -= 1
            assert abs(total - 1) < mpf(10) ** -45
            rows.append({"law": law, "parameters": parameters, "probability": repr(p), "tail": tail, "value": str(k)})


PROBABILITIES = [1e-40, 1e-12, 1e-4, 0.0123, 0.21, 0.5123, 0.834, 0.98765, 1 - 1e-10]
for m in [0.02, 0.7, 3.0, 55.5, 800.0]:
    M = mpf(m)
    discrete("poisson", [m], lambda k: exp(-M + k * log(M) - loggamma(k + 1)), int(m + 40 * m ** 0.5 + 120), PROBABILITIES)
for n, q in [(1, 0.3), (20, 0.2), (1000, 0.01), (3000, 0.77)]:
    Q = mpf(q)
    discrete("binomial", [n, q],
             lambda k: exp(loggamma(n + 1) - loggamma(k + 1) - loggamma(n - k + 1) + k * log(Q) + (n - k) * log(1 - Q)), n,
             PROBABILITIES)
for r, q in [(20.0, 0.5), (0.3, 0.1), (2.5, 0.9)]:
    R, Q = mpf(r), mpf(q)
    discrete("negativeBinomial", [r, q], lambda k: exp(loggamma(k + R) - loggamma(R) - loggamma(k + 1) + R * log(Q) + k * log(1 - Q)),
             int(40 * r / q + 140 / q + 200), PROBABILITIES)

with open("quantiles.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
print(len(rows), "quantiles")
