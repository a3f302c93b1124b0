"""One call of fit: the starts, the iterations, what is kept."""
from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from . import _checks, _conventions, _native, _seeding
from ._errors import convergence_warning
from ._expectation import Expectation, apply
from ._extrapolation import Trail
from ._progress import Voice

#: From this many rows on, inference='auto' starts from a sample of them.
NESTED_ROWS = 50_000
#: Rows of the first sample; each next one is so many times larger.
FIRST_SAMPLE, _GROWTH = 20_000, 6
# Starts that are compared there, and for how many iterations.
_STARTS, _START_ITERATIONS = 4, 24
# Rounds of k-means before them: what is left of it, the iterations do.
_MEANS_ROUNDS = 8
# The largest number of rows that are kept aside, and the least rise of their log density that goes on.
_HELD_OUT, _LEAST_RISE = 10_000, 1e-5


def check_continues(model, width, what, remedy):
    """Raises where the fit so far is of other sizes, covariances or weights than the parameters now ask for."""
    components, kind = int(model.n_components), model.covariance_type
    shape = {
        "full": (components, width, width), "tied": (width, width), "diag": (components, width),
        "spherical": (components,)}[kind]
    is_process = model.weight_concentration_prior_type == "dirichlet_process"
    if model.means_.shape != (components, width):
        found, now = model.means_.shape, (components, width)
        raise ValueError(
            f"{what} a fit of {found[0]} components and {found[1]} features, but there are now {now[0]} and {now[1]}. "
            f"{remedy}")
    is_tied = np.ndim(model.degrees_of_freedom_) == 0
    if model.covariances_.shape != shape or is_tied != (kind == "tied"):
        raise ValueError(f"{what} a fit of another covariance_type than {kind!r}. {remedy}")
    if isinstance(model.weight_concentration_, tuple) != is_process:
        raise ValueError(
            f"{what} a fit of another weight_concentration_prior_type than "
            f"{model.weight_concentration_prior_type!r}. {remedy}")


class HeldOut:
    """Rows kept aside: a fit ends when their mean log density has not risen twice in a row."""

    def __init__(self, array, fraction, random, tolerance):
        count = max(1, min(_HELD_OUT, int(fraction * len(array))))
        self.index = np.sort(random.choice(len(array), size=count, replace=False))
        self.rows = _native.Rows(np.ascontiguousarray(array[self.index], dtype=np.float64))
        self.least, self.calm, self.scores = max(_LEAST_RISE, tolerance), 0, []

    def weights(self, row_weights, count):
        """Weights under which the rows kept aside count nothing."""
        weights = np.ones(count) if row_weights is None else row_weights.copy()
        weights[self.index] = 0
        if not weights.any():
            raise ValueError("validation_fraction keeps all rows with a weight aside; lower it.")
        return weights

    def is_done(self, priors, parameters, threads):
        score = apply(
            self.rows, priors, parameters, normalizers=np.empty(self.rows.count), threads=threads) / self.rows.count
        last = self.scores[-1] if self.scores else -np.inf
        self.scores.append(score)
        self.calm = self.calm + 1 if (score - last) / max(1.0, abs(score)) < self.least else 0
        return self.calm >= 2


class Fitting:
    """A fit to rows in memory."""

    def __init__(self, model, rows, priors, count, mean, scatter, row_weights, threads, held_out=None):
        self.model, self.rows, self.priors = model, rows, priors
        self.count, self.mean, self.scatter = count, mean, scatter
        self.row_weights, self.threads = row_weights, threads
        self.held_out: Any = held_out
        self.random = _checks.check_random_state(model.random_state)
        self.voice = Voice(model)
        #: Parameters, bound, bounds, iterations and whether they converged: of the best start, of the last iteration.
        self.best: Any = None
        self.latest: Any = None

    def run(self):
        model = self.model
        continues = model.warm_start and hasattr(model, "converged_")
        if continues:
            check_continues(model, self.rows.width, "warm_start continues", "Set warm_start=False.")
        inference = model.inference
        if model.max_iter == 0:
            inference = "coordinate"
        elif inference == "auto":
            inference = "nested" if self.rows.count >= NESTED_ROWS else "coordinate"
        try:
            relative = inference != "coordinate" if model.convergence == "auto" else model.convergence == "relative"
            if inference in ("stochastic", "memoized"):
                self._incremental(inference, model._parameters() if continues else None)
            elif continues:
                self._coordinate(model._parameters(), model.lower_bound_, relative)
            elif inference == "nested":
                self._nested()
            else:
                for start in range(model.n_init):
                    self.voice.begin(start)
                    self._coordinate(self._start(self.rows.array, self.row_weights, 1.0), -np.inf, relative)
        except KeyboardInterrupt:
            # What there is so far is a fit, if not a converged one.
            self.best = self.best or self.latest
            self._keep()
            raise
        finally:
            self.voice.close()
        self._keep()
        if not model.converged_ and model.max_iter > 0:
            warnings.warn(
                "Best performing initialization did not converge. Try different init parameters, or increase "
                "max_iter, tol, or check for degenerate data.", convergence_warning(), stacklevel=4)

    def _keep(self):
        if self.best is None:
            return
        model = self.model
        parameters, bound, bounds, iterations, converged = self.best
        model._set_parameters(parameters)
        model.converged_ = converged
        model.n_iter_ = iterations
        model.lower_bound_ = bound
        model.lower_bounds_ = bounds
        if self.held_out is not None:
            model.held_out_scores_ = self.held_out.scores

    # Starts.

    def _start(self, array, row_weights, scale, scatter=None, rounds=300):
        model = self.model
        start = _seeding.responsibilities(
            array, model.init_params, int(model.n_components), self.random, row_weights, self.threads, rounds)
        sums = _seeding.sums_of(
            array, start, int(model.n_components), self.priors.kind, self.mean,
            self.scatter if scatter is None else scatter, row_weights)
        if scale != 1.0:
            sums.counts, sums.first = sums.counts * scale, sums.first * scale
            sums.second = sums.second * scale
        return self.maximize(sums)

    def maximize(self, sums):
        """The parameters given sums over the rows."""
        return _conventions.maximize(self.priors, *sums.moments(self.priors.kind, self.priors.reg_covar))

    # Iterations.

    def expectation(self) -> Any:
        """The E step over all rows."""
        return Expectation(self.rows, self.priors, self.mean, self.scatter, self.row_weights, self.threads)

    def _coordinate(self, parameters, bound, relative=False):
        """scikit-learn's iterations over all rows."""
        model = self.model
        if model.max_iter == 0:
            self.best = (parameters, -np.inf, [], 0, False)
            return
        expectation = self.expectation()
        tolerance = model.tol * (1e-3 * self.count if relative else 1.0)
        parameters, bound, bounds, converged = self._iterate(
            expectation, parameters, bound, model.max_iter, tolerance, speaks=True)
        self.voice.end(bound, converged)
        if self.best is None or bound > self.best[1] or self.best[1] == -np.inf:
            self.best = (parameters, bound, bounds, len(bounds), converged)

    def _iterate(self, expectation, parameters, bound, limit, tolerance, speaks=False, extrapolates=False):
        bounds, converged = [], False
        held_out = self.held_out if speaks else None
        trail = Trail(self.priors.kind) if extrapolates else None
        # Where to go back to, if an extrapolated start turns out worse.
        last = None
        for iteration in range(1, limit + 1):
            previous = bound
            sums, entropy, _ = expectation.run(parameters)
            moments = sums.moments(self.priors.kind, self.priors.reg_covar)
            parameters = _conventions.maximize(self.priors, *moments)
            bound = _conventions.lower_bound(self.priors, parameters, entropy)
            is_better = bound >= previous
            if last is not None and not is_better:
                parameters, bound, moments = last
            bounds.append(bound)
            self.latest = (parameters, bound, bounds, iteration, False)
            change = bound - previous
            is_done = held_out is not None and held_out.is_done(self.priors, parameters, self.threads)
            if speaks:
                self.voice.iteration(iteration, change)
            self.voice.note(
                iteration, bound, change / self.count, held_out.scores[-1] if held_out else np.nan,
                start=None if speaks and self.model.n_init == 1 else self.voice.start)
            # An iteration from an extrapolated start says nothing of how far there is to go.
            if last is None and abs(change) < tolerance or is_done:
                converged = True
                break
            if trail is None:
                continue
            if last is not None:
                trail.restart(moments, is_better=is_better)
                last = None
                continue
            further = trail.extrapolated(moments)
            if further is not None and iteration < limit:
                last = (parameters, bound, moments)
                parameters = self._extrapolated(further) or parameters
        return parameters, bound, bounds, converged

    def _extrapolated(self, moments):
        """The parameters of extrapolated moments; None where these are no moments of anything."""
        if not all(np.isfinite(part).all() for part in moments):
            return None
        try:
            return _conventions.maximize(self.priors, *moments)
        except ValueError:
            return None

    # Samples.

    def sample(self, size):
        """One row from each of ``size`` equal parts of the rows, and the weights of those rows."""
        total = self.rows.count
        index = ((np.arange(size) + self.random.uniform(size=size)) * (total / size)).astype(np.int64)
        np.minimum(index, total - 1, out=index)
        return self.take(index)

    def take(self, index):
        """Some rows and their weights."""
        array = np.ascontiguousarray(self.rows.array[index], dtype=np.float64)
        return array, None if self.row_weights is None else self.row_weights[index]

    def expectation_of(self, array, weights):
        """The E step over some rows, which stand for all."""
        mass = len(array) if weights is None else weights.sum()
        scale = self.count / mass if mass > 0 else 0.0
        deviations = array - self.mean
        scatter = (
            deviations.T @ (deviations if weights is None else deviations * weights[:, None])
            if self.priors.kind == "tied" else None)
        expectation = Expectation(
            _native.Rows(array), self.priors, self.mean, scatter, weights, self.threads)
        expectation.scale = scale
        return expectation

    def sampled_start(self):
        """The best of several starts on a sample: its parameters, iterations, and the rows of the sample."""
        model = self.model
        limit = model.max_iter
        tolerance = 1e-3 * model.tol * self.count
        size = min(FIRST_SAMPLE, self.rows.count)
        array, weights = self.sample(size)
        expectation = self.expectation_of(array, weights)
        best: Any = None
        # A start costs little here, so that several are compared even where scikit-learn would make do with one.
        for start in range(max(model.n_init, _STARTS)):
            self.voice.begin(start)
            parameters = self._start(array, weights, expectation.scale, expectation.scatter, _MEANS_ROUNDS)
            found = self._iterate(
                expectation, parameters, -np.inf, min(limit, _START_ITERATIONS), tolerance, extrapolates=True)
            if best is None or found[1] > best[1]:
                best = found
        parameters, bound, bounds, converged = best
        iterations = len(bounds)
        if not converged:
            parameters, _, bounds, _ = self._iterate(
                expectation, parameters, bound, 5 * limit, tolerance, extrapolates=True)
            iterations += len(bounds)
        return parameters, iterations, size

    def _nested(self):
        model = self.model
        tolerance = 1e-3 * model.tol * self.count
        last = model.tol if model.convergence == "absolute" else tolerance
        parameters, iterations, size = self.sampled_start()
        size *= _GROWTH
        # Iterations are cheap while the sample is small: the larger it is, the fewer it gets.
        limit = 2 * model.max_iter
        while size < self.rows.count / 2:
            expectation = self.expectation_of(*self.sample(size))
            parameters, _, bounds, _ = self._iterate(
                expectation, parameters, -np.inf, limit, tolerance, extrapolates=True)
            iterations += len(bounds)
            size *= _GROWTH
            limit = max(limit // 4, 1)
        expectation = self.expectation()
        parameters, bound, bounds, converged = self._iterate(
            expectation, parameters, -np.inf, model.max_iter, last, speaks=True, extrapolates=True)
        self.voice.end(bound, converged)
        self.best = (parameters, bound, bounds, iterations + len(bounds), converged)

    def _incremental(self, inference, parameters):
        from . import _incremental

        getattr(_incremental, inference)(self, parameters)
