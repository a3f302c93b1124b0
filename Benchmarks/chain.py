"""Gaussian hidden Markov models: the rows, and the peers' iterations.

    python chain.py rows FOLDER [--quick]                  write 200,000 rows of a chain of 8 states, unless they are there
    python chain.py fit hmmlearn|dynamax FILE.npy          time a peer's iterations; prints a line of JSON

hmmlearn's is its variational model, as Suffice's is; dynamax has no such model, and runs expectation maximisation, in
double precision. Covariances are full.
"""
import argparse
import json
import os
import time
import warnings

import numpy as np

ROWS, STATES, COLUMNS = 200_000, 8, 4
QUICK = 20


def path(folder, quick):
    return os.path.join(folder, f"chain{'-quick' if quick else ''}-train.npy")


def rows(folder, quick):
    target = path(folder, quick)
    if os.path.exists(target):
        return
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(7)
    count = ROWS // (QUICK if quick else 1)
    move = rng.dirichlet(np.full(STATES, 0.5), size=STATES) * 0.1 + 0.9 * np.eye(STATES)
    means = 1.5 * rng.normal(size=(STATES, COLUMNS))
    roots = np.array([
        np.linalg.cholesky(np.cov(rng.normal(size=(COLUMNS, 4 * COLUMNS))) + 0.1 * np.eye(COLUMNS))
        for _ in range(STATES)])
    cumulative, uniform = np.cumsum(move, axis=1), rng.random(count)
    states = np.zeros(count, int)
    for t in range(1, count):
        states[t] = min(np.searchsorted(cumulative[states[t - 1]], uniform[t]), STATES - 1)
    values = means[states] + np.einsum("tij,tj->ti", roots[states], rng.normal(size=(count, COLUMNS)))
    np.save(target + ".tmp.npy", values)
    os.replace(target + ".tmp.npy", target)


def hmmlearn_seconds(values, iterations):
    import hmmlearn
    from hmmlearn.vhmm import VariationalGaussianHMM
    ends = []

    class Timed(VariationalGaussianHMM):
        def _do_mstep(self, stats):
            super()._do_mstep(stats)
            ends.append(time.perf_counter())

    Timed(STATES, covariance_type="full", n_iter=iterations + 1, tol=-np.inf, random_state=0).fit(values)
    return np.diff(ends).tolist(), hmmlearn.__version__


def dynamax_seconds(values, iterations):
    from importlib.metadata import version
    import jax
    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    from dynamax.hidden_markov_model import GaussianHMM
    values = jnp.asarray(values, jnp.float64)
    model = GaussianHMM(STATES, COLUMNS)
    parameters, properties = model.initialize(jax.random.PRNGKey(0), method="kmeans", emissions=values[:20_000])
    expect = jax.jit(lambda p, x: jax.vmap(lambda y: model.e_step(p, y))(x[None]))
    state = model.initialize_m_step_state(parameters, properties)
    maximise = jax.jit(lambda p, s, m: model.m_step(p, properties, s, m))
    seconds = []
    # The first two compile.
    for _ in range(iterations + 2):
        began = time.perf_counter()
        statistics, _ = expect(parameters, values)
        parameters, state = maximise(parameters, statistics, state)
        jax.block_until_ready(parameters)
        seconds.append(time.perf_counter() - began)
    return seconds[2:], version("dynamax")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["rows", "fit"])
    parser.add_argument("arguments", nargs="+")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--iterations", type=int, default=5)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.task == "rows":
        rows(given.arguments[0], given.quick)
    else:
        peer, file = given.arguments
        measure = {"hmmlearn": hmmlearn_seconds, "dynamax": dynamax_seconds}[peer]
        seconds, version = measure(np.load(file), given.iterations)
        print(json.dumps({"work": "chain", "peer": peer, "seconds": seconds, "version": version}))
