"""Times the estimator side by side with scikit-learn's: python mixture.py [--rows 1000 20000 200000] [--all]

Prints seconds, their ratio, and the mean log density of rows that neither has seen. The settings are those of tabular
generative models. Rows above 200,000 are fitted by scikit-learn with --all only: minutes each.
"""
import argparse
import time
import warnings

import numpy as np
from sklearn.mixture import BayesianGaussianMixture as Theirs

from suffice.mixture import BayesianGaussianMixture as Ours

parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 20_000, 200_000, 1_800_000])
parser.add_argument("--all", action="store_true", help="fit scikit-learn's class to all sizes")
given = parser.parse_args()
warnings.simplefilter("ignore")


def column(rows, seed):
    random = np.random.RandomState(seed)
    mode = random.choice(5, size=rows, p=[0.4, 0.2, 0.2, 0.1, 0.1])
    return np.choose(mode, [
        random.normal(0, 1, rows), random.normal(4, 0.5, rows), random.gamma(2, 2, rows) + 6,
        random.normal(-5, 2, rows), random.normal(1, 0.1, rows),
    ])[:, None]


def timed(kind, X, repeats):
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        model = kind(n_components=10, weight_concentration_prior=1e-3, random_state=0).fit(X)
        seconds.append(time.perf_counter() - began)
    return min(seconds), model


print(f"{'rows':>9} {'sklearn':>9} {'suffice':>9} {'ratio':>7}   held-out log density, converged")
other = column(200_000, 99)
for rows in given.rows:
    X = column(rows, 0)
    own, model = timed(Ours, X, 3)
    line = f"{model.score(other):.4f} {model.converged_}"
    if rows > 200_000 and not given.all:
        print(f"{rows:9} {'':>9} {own:9.4f} {'':>7}   {line}")
        continue
    theirs, peer = timed(Theirs, X, 1)
    print(f"{rows:9} {theirs:9.3f} {own:9.4f} {theirs / own:7.0f}   {line} / {peer.score(other):.4f} {peer.converged_}")
