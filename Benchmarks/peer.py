"""Times scikit-learn's BayesianGaussianMixture: python peer.py W2 rows.npy --iterations 3; prints a line of JSON.

An iteration is one E step, one M step and the lower bound, as fit_predict runs them. The start is a cheap one, since an
iteration costs the same wherever it starts.
"""
import argparse
import json
import resource
import time
import warnings

import numpy as np
import sklearn
from sklearn.mixture import BayesianGaussianMixture

import workloads

parser = argparse.ArgumentParser()
parser.add_argument("work")
parser.add_argument("file")
parser.add_argument("--iterations", type=int, default=3)
given = parser.parse_args()
spec = workloads.SPEC[given.work]


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Enough(Exception):
    pass


class Timed(BayesianGaussianMixture):
    def _initialize_parameters(self, *args, **kwargs):
        super()._initialize_parameters(*args, **kwargs)
        self.seconds = []
        self.began = time.perf_counter()

    def _compute_lower_bound(self, *args, **kwargs):
        bound = super()._compute_lower_bound(*args, **kwargs)
        now = time.perf_counter()
        self.seconds.append(now - self.began)
        if len(self.seconds) == given.iterations:
            raise Enough  # before the final E step, which is no iteration
        self.began = time.perf_counter()
        return bound


X = np.ascontiguousarray(np.load(given.file))
before = peak()
model = Timed(
    n_components=spec["K"], covariance_type=spec["cov"], weight_concentration_prior_type="dirichlet_process",
    weight_concentration_prior=spec["conc"], init_params="random_from_data", max_iter=given.iterations, tol=0,
    random_state=0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    try:
        model.fit(X)
    except Enough:
        pass
print(json.dumps({"work": given.work, "seconds": model.seconds, "extraPeakBytes": peak() - before,
                  "version": sklearn.__version__, "numpy": np.__version__}))
