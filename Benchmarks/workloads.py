"""The data of the benchmarks: python workloads.py FOLDER [--quick] [W1 ...]

Writes FOLDER/W1-train.npy and W1-heldout.npy (100,000 fresh rows from another seed) and so on, unless they are there,
and for W1 the same numbers as CSV. Data are generated from fixed seeds, never stored in the repository.

Provenance: the generators are the project's own, written for its first comparison of mixture programs; W1 imitates an
income column (no real data went into it), W2 to W5 are draws from random Gaussian mixtures. The seeds are those of that
comparison, so that its figures, -11.8337 for scikit-learn's held-out log-likelihood on W1 among them, apply here.
"""
import argparse
import os

import numpy as np

HELDOUT = 100_000

SPEC = {
    # name: columns, rows, components, covariance type, scikit-learn's concentration of the weights
    "W1": dict(D=1, N=1_800_000, K=10, cov="full", conc=0.001),
    "W2": dict(D=16, N=1_000_000, K=32, cov="full", conc=1.0 / 32),
    "W3": dict(D=64, N=200_000, K=20, cov="full", conc=1.0 / 20),
    "W4": dict(D=50, N=100_000, K=50, cov="diag", conc=1.0 / 50),
    "W5": dict(D=2, N=10_000_000, K=10, cov="full", conc=1.0 / 10),
}
# With --quick every workload has so many times fewer rows.
QUICK = 20


# W1: an income-like column
def income(n, rng):
    """Six skewed / heavy-tailed modes, in currency units (not scaled: CTGAN/RDT do not scale either)."""
    w = np.array([0.08, 0.17, 0.22, 0.28, 0.18, 0.07])
    z = rng.choice(6, size=n, p=w)
    x = np.empty(n)
    def put(k, f):
        m = z == k
        x[m] = f(int(m.sum()))
    put(0, lambda m: np.abs(rng.normal(0, 300, m)))                                  # (almost) no income
    put(1, lambda m: rng.gamma(2.0, 4_000, m))                                       # part time
    def skewn(m, a=4.0):                                                             # skew normal
        d = a / np.sqrt(1 + a * a)
        return d * np.abs(rng.normal(size=m)) + np.sqrt(1 - d * d) * rng.normal(size=m)
    put(2, lambda m: 22_000 + 6_000 * skewn(m))                                      # around minimum wage
    put(3, lambda m: np.exp(rng.normal(np.log(45_000), 0.25, m)))                    # median
    put(4, lambda m: np.exp(rng.normal(np.log(90_000), 0.35, m)))                    # upper middle
    put(5, lambda m: 150_000 * (1 + rng.pareto(2.5, m)))                             # Pareto tail
    return x[:, None]


# W2 to W5: Gaussian mixtures
def gmm_params(D, K, cov, sep, seed):
    r = np.random.default_rng(seed)
    w = r.dirichlet(np.full(K, 3.0))
    mu = sep * r.normal(size=(K, D))
    L = np.zeros((K, D, D))
    for k in range(K):
        s = np.exp(r.normal(0, 0.4, D))                    # standard deviations along the axes
        if cov == "diag":
            L[k] = np.diag(s)
        else:
            Q, _ = np.linalg.qr(r.normal(size=(D, D)))
            L[k] = np.linalg.cholesky((Q * s**2) @ Q.T)
    return w, mu, L


SEP = {"W2": 1.0, "W3": 0.5, "W4": 0.7, "W5": 2.5}


def gmm(name, n, rng):
    s = SPEC[name]
    w, mu, L = gmm_params(s["D"], s["K"], s["cov"], SEP[name], seed=1000 + int(name[1]))
    out = np.empty((n, s["D"]))
    step = 250_000
    for i in range(0, n, step):
        m = min(step, n - i)
        z = rng.choice(s["K"], size=m, p=w)
        e = rng.normal(size=(m, s["D"]))
        for k in range(s["K"]):
            idx = np.nonzero(z == k)[0]
            out[i + idx] = mu[k] + e[idx] @ L[k].T
    return out


def draw(name, n, split):
    rng = np.random.default_rng([int(name[1]), 0 if split == "train" else 1])
    return income(n, rng) if name == "W1" else gmm(name, n, rng)


def rows(name, quick):
    return SPEC[name]["N"] // (QUICK if quick else 1)


def path(folder, name, split, quick, kind="npy"):
    return os.path.join(folder, f"{name}{'-quick' if quick and split == 'train' else ''}-{split}.{kind}")


def make(folder, name, quick):
    for split in ("train", "heldout"):
        target = path(folder, name, split, quick)
        if not os.path.exists(target):
            # A generator's first rows depend on how many it is asked for: a quick set is data of its own.
            X = draw(name, rows(name, quick) if split == "train" else HELDOUT, split)
            np.save(target + ".tmp.npy", X)
            os.replace(target + ".tmp.npy", target)
        text = path(folder, name, split, quick, "csv")
        if name == "W1" and not os.path.exists(text):
            with open(text + ".tmp", "w") as f:
                f.write("income\n")
                f.writelines(f"{value!r}\n" for value in np.load(target)[:, 0].tolist())
            os.replace(text + ".tmp", text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    os.makedirs(given.folder, exist_ok=True)
    for name in given.names or SPEC:
        make(given.folder, name, given.quick)
