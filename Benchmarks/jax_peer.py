"""Times a jitted JAX sweep of the same mixtures: python jax_peer.py W2 rows.npy --precision single; prints a line of JSON.

A sweep is what an expert would write in thirty lines: whitened scores, log-sum-exp and sums over blocks of rows by `scan`,
and the update of the global variables of scikit-learn's BayesianGaussianMixture, all in one compiled function. Columns
are standardised first, without which single precision would not do. The start is a random assignment, since a sweep
costs the same wherever it starts.
"""
import argparse
import json
import time

import jax
import numpy as np

import workloads

parser = argparse.ArgumentParser()
parser.add_argument("work")
parser.add_argument("file")
parser.add_argument("--precision", choices=["single", "double"], default="double")
parser.add_argument("--iterations", type=int, default=6)
parser.add_argument("--block", type=int, default=16384, help="rows of a block")
given = parser.parse_args()
jax.config.update("jax_enable_x64", given.precision == "double")
import jax.numpy as jnp  # noqa: E402, after the precision is set
from jax.scipy.special import digamma  # noqa: E402

spec = workloads.SPEC[given.work]
K, D, full = spec["K"], spec["D"], spec["cov"] == "full"
real = np.float64 if given.precision == "double" else np.float32
X = np.load(given.file)
X = (X - X.mean(0)) / X.std(0)
N = len(X)
blocks = -(-N // given.block)
padded = np.zeros((blocks * given.block, D), real)
padded[:N] = X
rows = jnp.asarray(padded.reshape(blocks, given.block, D))
present = jnp.asarray((np.arange(blocks * given.block) < N).astype(real).reshape(blocks, given.block))
prior_mean = jnp.zeros(D, real)
prior_covariance = jnp.asarray(np.atleast_2d(np.cov(X.T)) if full else X.var(0, ddof=1), real)


def update(Nk, Sx, Sxx):
    """What scores need, from the sums over rows."""
    nk = Nk + 1e-10
    mean, kappa, dof = (prior_mean + Sx) / (1 + nk)[:, None], 1 + nk, D + nk
    xk = Sx / nk[:, None]
    d = xk - prior_mean
    if full:
        Sk = Sxx - nk[:, None, None] * xk[:, :, None] * xk[:, None] + (nk * 1e-6)[:, None, None] * jnp.eye(D, dtype=real)
        C = (prior_covariance + Sk + (nk / kappa)[:, None, None] * d[:, :, None] * d[:, None, :]) / dof[:, None, None]
        A = jnp.linalg.inv(jnp.linalg.cholesky(C)).transpose(0, 2, 1)
        log_det = jnp.log(jnp.diagonal(A, axis1=1, axis2=2)).sum(1)
    else:
        Sk = Sxx - nk[:, None] * xk**2 + (nk * 1e-6)[:, None]
        A = 1 / jnp.sqrt((prior_covariance + Sk + (nk / kappa)[:, None] * d**2) / dof[:, None])
        log_det = jnp.log(A).sum(1)
    a, b = 1 + nk, spec["conc"] + jnp.hstack((jnp.cumsum(nk[::-1])[-2::-1], jnp.zeros(1, real)))
    log_a, log_b = digamma(a) - digamma(a + b), digamma(b) - digamma(a + b)
    log_weights = log_a + jnp.hstack((jnp.zeros(1, real), jnp.cumsum(log_b)[:-1]))
    log_lambda = D * jnp.log(2.0) + digamma(0.5 * (dof[None] - jnp.arange(D)[:, None])).sum(0)
    constant = log_weights - 0.5 * D * jnp.log(2 * jnp.pi) + log_det - 0.5 * D * jnp.log(dof) + 0.5 * (log_lambda - D / kappa)
    return A, mean, constant.astype(real)


def scores(A, mean, constant, x):
    if full:
        y = x @ A.transpose(1, 0, 2).reshape(D, K * D) - jnp.einsum("kd,kde->ke", mean, A).reshape(K * D)
        y = y.reshape(-1, K, D)
        return constant - 0.5 * (y * y).sum(2)
    P = A * A
    return constant - 0.5 * ((x * x) @ P.T - 2 * x @ (P * mean).T + (P * mean * mean).sum(1))


def block_sums(parameters, x, weight):
    score = scores(*parameters, x)
    normalizer = jax.nn.logsumexp(score, axis=1)
    r = jnp.exp(score - normalizer[:, None]) * weight[:, None]
    Sxx = (r[:, :, None] * x[:, None, :]).reshape(-1, K * D).T @ x if full else r.T @ (x * x)
    return r.sum(0), r.T @ x, Sxx.reshape((K, D, D) if full else (K, D)), (normalizer * weight).sum()


@jax.jit
def sweep(sums, rows, present):
    parameters = update(*sums)
    zero = (jnp.zeros(K, real), jnp.zeros((K, D), real), jnp.zeros((K, D, D) if full else (K, D), real),
            jnp.zeros((), real))
    total, _ = jax.lax.scan(
        lambda total, block: (jax.tree.map(jnp.add, total, block_sums(parameters, *block)), None), zero,
        (rows, present))
    return total[:3], total[3]


chosen = X[np.random.default_rng(0).choice(N, K, replace=False)]
sums = (jnp.full(K, N / K, real), jnp.asarray(N / K * chosen, real),
        jnp.asarray(N / K * (chosen[:, :, None] * chosen[:, None, :] + 0.1 * np.eye(D)) if full
                    else N / K * (chosen**2 + 0.1), real))
seconds = []
for _ in range(given.iterations):
    began = time.perf_counter()
    sums, _ = sweep(sums, rows, present)
    sums[0].block_until_ready()
    seconds.append(time.perf_counter() - began)
print(json.dumps({"work": given.work, "precision": given.precision, "block": given.block, "seconds": seconds,
                  "version": jax.__version__}))
