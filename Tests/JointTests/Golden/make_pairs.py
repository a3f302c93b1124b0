#!/usr/bin/env python3
"""Writes pairs.json: the Pearson correlation of two columns whose normal scores have a given correlation, by double integrals over
both scores for laws with densities, by a single one where a law has atoms, and by Plackett's integral for two laws of atoms.
No Hermite expansion is used. Run it in its folder: python3 make_pairs.py"""

import json
import numpy as np
from scipy import special, stats

SMOOTH = {
    "normal": stats.norm(4, 3), "uniform": stats.uniform(), "exponential": stats.expon(), "gammaHalf": stats.gamma(0.5),
    "beta23": stats.beta(2, 3), "betaHalf": stats.beta(0.5, 0.5), "logNormal": stats.lognorm(1, scale=np.exp(3)),
    "student10": stats.t(10), "weibull": stats.weibull_min(1.5), "chiSquared": stats.chi2(3)}
LAST = {"bernoulli": 1, "binomial": 20, "poisson": 45, "negativeBinomial": 130}
ATOMS = {
    "bernoulli": stats.bernoulli(0.314), "binomial": stats.binom(20, 0.2), "poisson": stats.poisson(3),
    "negativeBinomial": stats.nbinom(20, 0.5)}

h = 1 / 8
z = np.arange(-13, 13 + h / 2, h)
weight = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * h


def smooth(name, scores):
    law = SMOOTH[name]
    value = np.where(scores < 0, law.ppf(special.ndtr(np.minimum(scores, 0))), law.isf(special.ndtr(-np.maximum(scores, 0))))
    return (value - law.mean()) / law.std()


def atoms(name):
    law = ATOMS[name]
    k = np.arange(LAST[name] + 1.0)
    below, above = law.cdf(k[:-1]), law.sf(k[:-1])
    t = np.where(below < 0.5, special.ndtri(below), -special.ndtri(above))
    return k, t[np.isfinite(t)], law.mean(), law.std()


def smooth_smooth(a, b, r):
    g = smooth(a, z)
    inner = smooth(b, (r * z[:, None] + np.sqrt(1 - r * r) * z[None, :])) @ weight
    return np.sum(weight * g * inner)


def smooth_atoms(a, b, r):
    k, t, mean, deviation = atoms(b)
    inner = special.ndtr((r * z[:, None] - t[None, :]) / np.sqrt(1 - r * r)).sum(1)
    return np.sum(weight * smooth(a, z) * (k[0] + inner - mean)) / deviation


def atoms_atoms(a, b, r):
    _, s, _, u = atoms(a)
    _, t, _, v = atoms(b)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    # Panels that shrink towards a right angle, where the integrand has its layers.
    end = np.arcsin(r)
    marks = [0.0] + sorted(abs(x) for x in (np.pi / 2 - 0.8 ** np.arange(120)) if 0 < x < abs(end)) + [abs(end)]
    total = 0.0
    for low, high in zip(marks, marks[1:]):
        for x, w in zip(nodes, weights):
            angle = np.sign(end) * (low + (high - low) * (x + 1) / 2)
            exponent = (s[:, None] ** 2 - 2 * np.sin(angle) * s[:, None] * t[None] + t[None] ** 2) / (2 * np.cos(angle) ** 2)
            total += np.sign(end) * w * (high - low) / 2 * np.exp(-exponent).sum() / (2 * np.pi)
    return total / (u * v)


rows = []
names = list(SMOOTH) + list(ATOMS)
for i, a in enumerate(names):
    for b in names[i:]:
        for r in [-0.97, -0.6, 0.25, 0.8, 0.995]:
            if a in SMOOTH and b in SMOOTH:
                if "betaHalf" in (a, b) and abs(r) > 0.9:
                    continue
                value = smooth_smooth(a, b, r)
            elif a in SMOOTH:
                # Nearly a step where r is near 1: the rule no longer resolves it.
                if abs(r) > 0.9:
                    continue
                value = smooth_atoms(a, b, r)
            else:
                value = atoms_atoms(a, b, r)
            rows.append({"first": a, "second": b, "latent": r, "correlation": float(value)})

with open("pairs.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
print(len(rows), "pairs")
