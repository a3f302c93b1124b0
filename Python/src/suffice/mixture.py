"""A variational Bayesian mixture of Gaussians with scikit-learn's interface, for millions of rows."""
from __future__ import annotations

import numbers
import time
import warnings

import numpy as np

from . import _checks, _conventions, _missing, _native, _seeding
from ._errors import convergence_warning
from ._estimator import Estimator
from ._expectation import Expectation, apply, moments

__all__ = ["BayesianGaussianMixture"]

_Real, _Integral = numbers.Real, numbers.Integral

# From this many rows on, a fit starts from a sample of them.
_NESTED_ROWS = 50_000
# Rows of the first sample; each next one is so many times larger.
_FIRST_SAMPLE, _GROWTH = 20_000, 6
# Starts that are compared there, and for how many iterations.
_STARTS, _START_ITERATIONS = 4, 40


class BayesianGaussianMixture(Estimator):
    """Variational Bayesian estimation of a mixture of Gaussians: a drop-in for scikit-learn's class of this name.

    Parameters and fitted attributes are those of ``sklearn.mixture.BayesianGaussianMixture`` and mean the same. Started
    from the same responsibilities, it has scikit-learn's parameters after each iteration, to rounding.

    Parameters beyond scikit-learn's
    --------------------------------
    inference : {'auto', 'coordinate', 'nested'}, default='auto'
        'coordinate' runs scikit-learn's iterations over all rows until the bound rises by less than ``tol``. 'nested'
        compares several starts on a sample of the rows, goes on with the best on larger samples, and ends with passes
        over all rows until the bound rises by less than ``tol / 1000`` per row. 'auto' is 'nested' from 50,000 rows on.
    convergence : {'auto', 'absolute', 'relative'}, default='auto'
        What the rise of the bound over all rows is compared with: ``tol``, as scikit-learn has it, or ``tol / 1000``
        per row. 'auto' is 'relative' for nested inference only.
    conventions : {'sklearn', 'exact'}, default='sklearn'
        'exact' fits the model itself: ``lower_bound_`` is the evidence bound with all constants, comparable between
        numbers of components and priors; ``score_samples`` is the logarithm of the predictive density, a mixture of
        Student t densities that integrates to 1; ``reg_covar`` and ``init_params`` are not used, and ``n_init`` random
        starts (8 where it is 1) are compared.
    missing : {'error', 'integrate'}, default='error'
        'integrate' takes NaN for a missing cell, which is integrated out when fitting and when predicting.
    n_jobs : int or None, default=None
        Threads, as joblib counts them. None reads SUFFICE_NUM_THREADS, then OMP_NUM_THREADS, and else takes all
        processors. Results do not depend on it.
    """

    _parameter_constraints = {
        "n_components": [_checks.interval(_Integral, 1)],
        "covariance_type": [_checks.options({"full", "tied", "diag", "spherical"})],
        "tol": [_checks.interval(_Real, 0)],
        "reg_covar": [_checks.interval(_Real, 0)],
        "max_iter": [_checks.interval(_Integral, 0)],
        "n_init": [_checks.interval(_Integral, 1)],
        "init_params": [_checks.options({"kmeans", "random", "random_from_data", "k-means++"})],
        "weight_concentration_prior_type": [_checks.options({"dirichlet_process", "dirichlet_distribution"})],
        "weight_concentration_prior": [_checks.NONE, _checks.interval(_Real, 0, open_low=True)],
        "mean_precision_prior": [_checks.NONE, _checks.interval(_Real, 0, open_low=True)],
        "mean_prior": [_checks.NONE, _checks.ARRAY],
        "degrees_of_freedom_prior": [_checks.NONE, _checks.interval(_Real, 0, open_low=True)],
        "covariance_prior": [_checks.NONE, _checks.ARRAY, _checks.interval(_Real, 0, open_low=True)],
        "random_state": [_checks.RANDOM_STATE],
        "warm_start": [_checks.BOOLEAN],
        "verbose": [_checks.BOOLEAN, _checks.VERBOSE],
        "verbose_interval": [_checks.interval(_Integral, 1)],
        "inference": [_checks.options({"auto", "coordinate", "nested"})],
        "convergence": [_checks.options({"auto", "absolute", "relative"})],
        "conventions": [_checks.options({"sklearn", "exact"})],
        "missing": [_checks.options({"error", "integrate"})],
        "n_jobs": [_checks.NONE, ("an int", lambda value: isinstance(value, _Integral))],
    }

    _estimator_type = "density_estimator"

    def __init__(
        self,
        *,
        n_components: int = 1,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weight_concentration_prior_type: str = "dirichlet_process",
        weight_concentration_prior: float | None = None,
        mean_precision_prior: float | None = None,
        mean_prior=None,
        degrees_of_freedom_prior: float | None = None,
        covariance_prior=None,
        random_state=None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        inference: str = "auto",
        convergence: str = "auto",
        conventions: str = "sklearn",
        missing: str = "error",
        n_jobs: int | None = None,
    ):
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weight_concentration_prior_type = weight_concentration_prior_type
        self.weight_concentration_prior = weight_concentration_prior
        self.mean_precision_prior = mean_precision_prior
        self.mean_prior = mean_prior
        self.degrees_of_freedom_prior = degrees_of_freedom_prior
        self.covariance_prior = covariance_prior
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.inference = inference
        self.convergence = convergence
        self.conventions = conventions
        self.missing = missing
        self.n_jobs = n_jobs

    # The conventions of estimators.

    def __sklearn_tags__(self):
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(
            estimator_type="density_estimator", target_tags=TargetTags(required=False), transformer_tags=None,
            classifier_tags=None, regressor_tags=None, input_tags=InputTags())

    def __sklearn_is_fitted__(self):
        return hasattr(self, "means_")

    def __getstate__(self):
        return dict(self.__dict__, _suffice_version="0.1.0")

    def __setstate__(self, state):
        state = dict(state)
        state.pop("_suffice_version", None)
        self.__dict__.update(state)

    # Fitting.

    def fit(self, X, y=None, sample_weight=None) -> "BayesianGaussianMixture":
        """Fits the mixture to rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows. Arrays of float64, float32, int64 and int32 are read where they lie, whatever their strides.
        y : Ignored
        sample_weight : array-like of shape (n_samples,), default=None
            How often each row counts.
        """
        self._fit(X, sample_weight)
        return self

    def fit_predict(self, X, y=None, sample_weight=None) -> np.ndarray:
        """Fits the mixture to rows and returns the most probable component of each."""
        rows = self._fit(X, sample_weight)
        return self._apply(rows, "best")

    def _fit(self, X, sample_weight=None):
        _checks.check_parameters(self, self._parameter_constraints)
        array = _checks.check_rows(self, X, reset=True, minimum_rows=2)
        if len(array) < self.n_components:
            raise ValueError(
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, n_samples = "
                f"{len(array)}")
        self.__dict__.pop("model_", None)
        self.__dict__.pop("_stream", None)
        if self.conventions == "exact":
            from . import _exact

            _checks.raise_not_finite(self, array)
            _exact.fit(self, array, sample_weight)
            return _native.Rows(array)
        threads = _native.thread_count(self.n_jobs)
        row_weights = self._check_weights(sample_weight, len(array))
        if self.missing == "integrate" and array.dtype.kind == "f" and np.isnan(array).any():
            _MissingFitting(self, array, row_weights, threads).run()
            return _native.Rows(array)
        rows = _native.Rows(array)
        count, mean, scatter = moments(rows, self.covariance_type, row_weights, threads)
        if not np.isfinite(scatter).all():
            _checks.raise_not_finite(self, array)
            raise ValueError(
                "Input X is too large: sums of squared values overflow. Divide the columns by a common scale.")
        priors = self._priors(count, mean, scatter)
        fitting = _Fitting(self, rows, priors, count, mean, scatter, row_weights, threads)
        fitting.run()
        return rows

    def partial_fit(self, X, y=None, sample_weight=None) -> "BayesianGaussianMixture":
        """Learns from more rows; rows of earlier calls count on as they were understood then.

        The first call starts as ``fit`` does, and its rows set the priors that are not given. Each call iterates over
        its own rows with the sums over all earlier ones. ``fit`` forgets them.

        Source: Broderick, Boyd, Wibisono, Wilson & Jordan, *Streaming variational Bayes*, NIPS 2013.
        """
        _checks.check_parameters(self, self._parameter_constraints)
        if self.conventions == "exact" or self.missing == "integrate":
            raise ValueError("partial_fit needs conventions='sklearn' and missing='error'.")
        first = not hasattr(self, "_stream")
        array = _checks.check_rows(self, X, reset=first, minimum_rows=1)
        if first:
            self.__dict__.pop("model_", None)
            if len(array) < max(2, self.n_components):
                raise ValueError(
                    f"the first rows must be at least as many as components: got n_components = {self.n_components}, "
                    f"n_samples = {len(array)}")
        if len(array) == 0:
            return self
        threads = _native.thread_count(self.n_jobs)
        rows = _native.Rows(array)
        row_weights = self._check_weights(sample_weight, rows.count)
        count, mean, scatter = moments(rows, self.covariance_type, row_weights, threads)
        if not np.isfinite(scatter).all():
            _checks.raise_not_finite(self, array)
            raise ValueError("Input X is too large: sums of squared values overflow.")
        _StreamFitting(self, rows, count, mean, scatter, row_weights, threads, first).run()
        return self

    def _check_weights(self, sample_weight, count):
        if sample_weight is None:
            return None
        if isinstance(sample_weight, numbers.Number):
            sample_weight = np.full(count, sample_weight, dtype=np.float64)
        weights = np.ascontiguousarray(sample_weight, dtype=np.float64)
        if weights.ndim != 1:
            raise ValueError(f"Sample weights must be 1D array or scalar, got {weights.ndim}D array.")
        if len(weights) != count:
            raise ValueError(f"sample_weight.shape == {weights.shape}, expected {(count,)}!")
        if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
            raise ValueError("Sample weights must be finite and at least zero, and not all of them zero.")
        return weights

    def _priors(self, count, mean, scatter):
        width = len(mean)
        kind = self.covariance_type
        concentration = self.weight_concentration_prior
        self.weight_concentration_prior_ = 1.0 / self.n_components if concentration is None else concentration
        self.mean_precision_prior_ = 1.0 if self.mean_precision_prior is None else self.mean_precision_prior
        if self.mean_prior is None:
            self.mean_prior_ = mean
        else:
            self.mean_prior_ = _parameter_array(self.mean_prior, (width,), "means")
        if self.degrees_of_freedom_prior is None:
            self.degrees_of_freedom_prior_ = width
        elif self.degrees_of_freedom_prior > width - 1.0:
            self.degrees_of_freedom_prior_ = self.degrees_of_freedom_prior
        else:
            raise ValueError(
                "The parameter 'degrees_of_freedom_prior' should be greater than %d, but got %.3f."
                % (width - 1, self.degrees_of_freedom_prior))
        if self.covariance_prior is None:
            covariance = scatter / (count - 1) if count > 1 else scatter
            self.covariance_prior_ = covariance.mean() if kind == "spherical" else covariance
        elif kind in ("full", "tied"):
            matrix = _parameter_array(self.covariance_prior, (width, width), f"{kind} covariance_prior")
            if not (np.allclose(matrix, matrix.T) and (np.linalg.eigvalsh(matrix) > 0).all()):
                raise ValueError(f"'{kind} precision' should be symmetric, positive-definite")
            self.covariance_prior_ = matrix
        elif kind == "diag":
            vector = _parameter_array(self.covariance_prior, (width,), "diag covariance_prior")
            if (vector <= 0).any():
                raise ValueError("'diag precision' should be positive")
            self.covariance_prior_ = vector
        else:
            if not isinstance(self.covariance_prior, _Real):
                raise ValueError("The parameter 'spherical covariance_prior' should be a number.")
            self.covariance_prior_ = self.covariance_prior
        return _conventions.Priors(
            self.weight_concentration_prior_type == "dirichlet_process", float(self.weight_concentration_prior_),
            float(self.mean_precision_prior_), self.mean_prior_, float(self.degrees_of_freedom_prior_),
            self.covariance_prior_, float(self.reg_covar), kind)

    def _own_priors(self):
        return _conventions.Priors(
            self.weight_concentration_prior_type == "dirichlet_process", float(self.weight_concentration_prior_),
            float(self.mean_precision_prior_), self.mean_prior_, float(self.degrees_of_freedom_prior_),
            self.covariance_prior_, float(self.reg_covar), self._kind())

    def _kind(self):
        return self.covariance_type

    def _parameters(self):
        contiguous = np.ascontiguousarray
        concentration = self.weight_concentration_
        return _conventions.Parameters(
            concentration, contiguous(self.mean_precision_, dtype=np.float64),
            contiguous(self.means_, dtype=np.float64), self.degrees_of_freedom_, self.covariances_,
            np.asarray(self.precisions_cholesky_, dtype=np.float64))

    def _set_parameters(self, parameters):
        (
            self.weight_concentration_, self.mean_precision_, self.means_, self.degrees_of_freedom_,
            self.covariances_, self.precisions_cholesky_,
        ) = parameters.astuple()
        priors_process = self.weight_concentration_prior_type == "dirichlet_process"
        concentration = self.weight_concentration_
        if priors_process:
            a, b = concentration
            rest = b / (a + b)
            weights = a / (a + b) * np.concatenate(((1,), np.cumprod(rest[:-1])))
            self.weights_ = weights / weights.sum()
        else:
            self.weights_ = concentration / concentration.sum()
        self.precisions_ = _conventions.precisions(self.precisions_cholesky_, self.covariance_type)

    # Using the fit.

    def _rows(self, X):
        _checks.check_is_fitted(self)
        return _native.Rows(_checks.check_rows(self, X, reset=False))

    def _apply(self, rows, what, among=None):
        """Results of single rows; ``among`` leaves out the components where it is False."""
        if hasattr(self, "model_"):
            _checks.raise_not_finite(self, rows.array)
            if what == "normalizers":
                return self.model_.score_samples(rows.array)
            probabilities = self.model_.predict_proba(rows.array)
            return probabilities if what == "responsibilities" else probabilities.argmax(axis=1)
        if self.missing == "integrate" and rows.array.dtype.kind == "f" and np.isnan(rows.array).any():
            return _missing.apply(
                _missing.Patterns(rows.array), self._own_priors(), self._parameters(), what,
                _native.thread_count(self.n_jobs))
        components = len(self.means_)
        arrays = {
            "best": lambda: np.empty(rows.count, dtype=np.int64),
            "normalizers": lambda: np.empty(rows.count),
            "responsibilities": lambda: np.empty((rows.count, components)),
        }
        result = arrays[what]()
        total = apply(
            rows, self._own_priors(), self._parameters(), among=among, threads=_native.thread_count(self.n_jobs),
            **{what: result})
        if total != total:
            _checks.raise_not_finite(self, rows.array)
        return result

    def predict(self, X) -> np.ndarray:
        """The most probable component of each row."""
        return self._apply(self._rows(X), "best")

    def predict_proba(self, X) -> np.ndarray:
        """The probability of each component for each row, of shape (n_samples, n_components)."""
        return self._apply(self._rows(X), "responsibilities")

    def score_samples(self, X) -> np.ndarray:
        """The log-likelihood of each row, in scikit-learn's conventions."""
        return self._apply(self._rows(X), "normalizers")

    def score(self, X, y=None) -> float:
        """The mean log-likelihood of rows, in scikit-learn's conventions."""
        return float(np.mean(self.score_samples(X)))

    def sample(self, n_samples: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Draws rows from the fitted mixture; also returns their components."""
        _checks.check_is_fitted(self)
        if n_samples < 1:
            raise ValueError(
                f"Invalid value for 'n_samples': {n_samples} . The sampling requires at least one sample.")
        if hasattr(self, "model_"):
            seed = int(_checks.check_random_state(self.random_state).randint(0, 2**31 - 1))
            drawn = np.column_stack(list(self.model_.sample(int(n_samples), seed=seed).values()))
            return drawn, self.predict(drawn)
        width = self.means_.shape[1]
        random = _checks.check_random_state(self.random_state)
        counts = random.multinomial(n_samples, self.weights_)
        parts = []
        for k, (mean, count) in enumerate(zip(self.means_, counts)):
            if self.covariance_type in ("full", "tied"):
                covariance = self.covariances_ if self.covariance_type == "tied" else self.covariances_[k]
                parts.append(random.multivariate_normal(mean, covariance, int(count)))
            else:
                parts.append(mean + random.standard_normal(size=(count, width)) * np.sqrt(self.covariances_[k]))
        return np.vstack(parts), np.repeat(np.arange(len(counts), dtype=np.int64), counts)


def _parameter_array(value, shape, name):
    array = np.asarray(value, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"The parameter '{name}' contains NaN or infinity.")
    if array.shape != shape:
        raise ValueError(f"The parameter '{name}' should have the shape of {shape}, but got {array.shape}")
    return array


class _Fitting:
    """One call of fit: the starts, the iterations, what is kept."""

    def __init__(self, model, rows, priors, count, mean, scatter, row_weights, threads):
        self.model, self.rows, self.priors = model, rows, priors
        self.count, self.mean, self.scatter = count, mean, scatter
        self.row_weights, self.threads = row_weights, threads
        self.random = _checks.check_random_state(model.random_state)
        self.voice = _Voice(model)

    def _expectation(self):
        """The E step over all rows."""
        return Expectation(self.rows, self.priors, self.mean, self.scatter, self.row_weights, self.threads)

    def run(self):
        model = self.model
        continues = model.warm_start and hasattr(model, "converged_")
        if continues and model.means_.shape != (model.n_components, self.rows.width):
            raise ValueError(
                f"warm_start continues a fit of {model.means_.shape[0]} components and {model.means_.shape[1]} "
                f"features, but there are now {model.n_components} and {self.rows.width}. Set warm_start=False.")
        nested = model.inference == "nested" or (
            model.inference == "auto" and self.rows.count >= _NESTED_ROWS and model.max_iter > 0)
        self.best = self.latest = None
        try:
            relative = nested if model.convergence == "auto" else model.convergence == "relative"
            if continues:
                self._coordinate(model._parameters(), model.lower_bound_, relative)
            elif nested:
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

    # Starts.

    def _start(self, array, row_weights, scale, scatter=None):
        model = self.model
        start = _seeding.responsibilities(
            array, model.init_params, model.n_components, self.random, row_weights, self.threads)
        sums = _seeding.sums_of(
            array, start, model.n_components, self.priors.kind, self.mean,
            self.scatter if scatter is None else scatter, row_weights)
        if scale != 1.0:
            sums.counts, sums.first = sums.counts * scale, sums.first * scale
            sums.second = sums.second * scale
        return self._maximize(sums)

    def _maximize(self, sums):
        return _conventions.maximize(self.priors, *sums.moments(self.priors.kind, self.priors.reg_covar))

    # Iterations.

    def _coordinate(self, parameters, bound, relative=False):
        """scikit-learn's iterations over all rows."""
        model = self.model
        if model.max_iter == 0:
            self.best = (parameters, -np.inf, [], 0, False)
            return
        expectation = self._expectation()
        tolerance = model.tol * (1e-3 * self.count if relative else 1.0)
        parameters, bound, bounds, converged = self._iterate(
            expectation, parameters, bound, model.max_iter, tolerance, speaks=True)
        self.voice.end(bound, converged)
        if self.best is None or bound > self.best[1] or self.best[1] == -np.inf:
            self.best = (parameters, bound, bounds, len(bounds), converged)

    def _iterate(self, expectation, parameters, bound, limit, tolerance, speaks=False):
        bounds, converged = [], False
        for iteration in range(1, limit + 1):
            previous = bound
            sums, entropy, _ = expectation.run(parameters)
            parameters = self._maximize(sums)
            bound = _conventions.lower_bound(self.priors, parameters, entropy)
            bounds.append(bound)
            self.latest = (parameters, bound, bounds, iteration, False)
            change = bound - previous
            if speaks:
                self.voice.iteration(iteration, change)
            if abs(change) < tolerance:
                converged = True
                break
        return parameters, bound, bounds, converged

    def _sample(self, size):
        """One row from each of ``size`` equal parts of the rows, and the weights of those rows."""
        total = self.rows.count
        index = ((np.arange(size) + self.random.uniform(size=size)) * (total / size)).astype(np.int64)
        np.minimum(index, total - 1, out=index)
        array = np.ascontiguousarray(self.rows.array[index], dtype=np.float64)
        weights = None if self.row_weights is None else self.row_weights[index]
        return array, weights

    def _expectation_of(self, array, weights):
        mass = len(array) if weights is None else weights.sum()
        scale = self.count / mass
        deviations = array - self.mean
        scatter = (
            deviations.T @ (deviations if weights is None else deviations * weights[:, None])
            if self.priors.kind == "tied" else None)
        expectation = Expectation(
            _native.Rows(array), self.priors, self.mean, scatter, weights, self.threads)
        expectation.scale = scale
        return expectation

    def _nested(self):
        model = self.model
        limit = model.max_iter
        tolerance = 1e-3 * model.tol * self.count
        last = model.tol if model.convergence == "absolute" else tolerance
        size = min(_FIRST_SAMPLE, self.rows.count)
        array, weights = self._sample(size)
        expectation = self._expectation_of(array, weights)
        best = None
        # A start costs little here, so that several are compared even where scikit-learn would make do with one.
        for start in range(max(model.n_init, _STARTS)):
            self.voice.begin(start)
            parameters = self._start(array, weights, expectation.scale, expectation.scatter)
            found = self._iterate(expectation, parameters, -np.inf, min(limit, _START_ITERATIONS), tolerance)
            if best is None or found[1] > best[1]:
                best = found
        parameters, bound, bounds, converged = best
        iterations = len(bounds)
        if not converged:
            parameters, _, bounds, _ = self._iterate(expectation, parameters, bound, 5 * limit, tolerance)
            iterations += len(bounds)
        size *= _GROWTH
        # Iterations are cheap while the sample is small: the larger it is, the fewer it gets.
        limit *= 2
        while size < self.rows.count / 2:
            expectation = self._expectation_of(*self._sample(size))
            parameters, _, bounds, _ = self._iterate(expectation, parameters, -np.inf, limit, tolerance)
            iterations += len(bounds)
            size *= _GROWTH
            limit = max(limit // 10, 1)
        expectation = self._expectation()
        parameters, bound, bounds, converged = self._iterate(
            expectation, parameters, -np.inf, model.max_iter, last, speaks=True)
        self.voice.end(bound, converged)
        self.best = (parameters, bound, bounds, iterations + len(bounds), converged)


class _MissingFitting(_Fitting):
    """A fit to rows with missing cells: it starts from rows whose missing cells are filled by their column's mean."""

    def __init__(self, model, array, row_weights, threads):
        array = np.asarray(array, dtype=np.float64)
        if np.isinf(array).any():
            raise ValueError(f"Input X contains infinity or a value too large for {array.dtype!r}.")
        gone = np.isnan(array)
        if gone.all(axis=0).any():
            raise ValueError(
                f"column {int(np.flatnonzero(gone.all(axis=0))[0])} of X has no value at all; leave it out.")
        filled = np.where(gone, np.nanmean(array, axis=0), array)
        rows = _native.Rows(filled)
        count, mean, scatter = moments(rows, model.covariance_type, row_weights, threads)
        # Filled cells have no spread: scale the variances to what the present cells have.
        present = np.sqrt(np.maximum((~gone).mean(axis=0), 1e-300))
        scatter = scatter / (np.outer(present, present) if scatter.ndim == 2 else present**2)
        priors = model._priors(count, mean, scatter)
        super().__init__(model, rows, priors, count, mean, scatter, row_weights, threads)
        self.patterns = _missing.Patterns(array, row_weights)

    def _expectation(self):
        return _missing.MissingExpectation(self.patterns, self.priors, self.mean, self.threads)

    def _nested(self):
        for start in range(self.model.n_init):
            self.voice.begin(start)
            self._coordinate(self._start(self.rows.array, self.row_weights, 1.0), -np.inf, True)


class _StreamFitting(_Fitting):
    """One call of partial_fit."""

    def __init__(self, model, rows, count, mean, scatter, row_weights, threads, first):
        if first:
            priors, earlier = model._priors(count, mean, scatter), None
        else:
            priors, earlier = model._own_priors(), model._stream
        super().__init__(model, rows, priors, count, mean, scatter, row_weights, threads)
        self.earlier = earlier

    def run(self):
        model = self.model
        parameters = (
            self._start(self.rows.array, self.row_weights, 1.0) if self.earlier is None else model._parameters())
        expectation = self._expectation()
        before, bounds, converged = -np.inf, [], False
        for _ in range(max(1, model.max_iter)):
            sums, entropy, _ = expectation.run(parameters)
            sums = _about(sums, self.earlier["center"] if self.earlier else self.mean, self.priors.kind, self.mean)
            if self.earlier is not None:
                sums.counts = sums.counts + self.earlier["counts"]
                sums.first = sums.first + self.earlier["first"]
                sums.second = sums.second + self.earlier["second"]
            parameters = self._maximize(sums)
            bound = _conventions.lower_bound(
                self.priors, parameters, entropy + (self.earlier["entropy"] if self.earlier else 0.0))
            bounds.append(bound)
            if bound - before < 1e-3 * model.tol * self.count:
                converged = True
                break
            before = bound
        model._set_parameters(parameters)
        model._stream = dict(
            center=sums.origins[0].copy(), counts=sums.counts, first=sums.first, second=sums.second,
            entropy=entropy + (self.earlier["entropy"] if self.earlier else 0.0))
        seen = model.n_samples_seen_ if self.earlier is not None else 0
        model.n_samples_seen_ = seen + self.rows.count
        model.converged_, model.n_iter_ = converged, len(bounds)
        model.lower_bound_, model.lower_bounds_ = bounds[-1], bounds


def _about(sums, center, kind, own_center):
    """Sums about one centre for all components."""
    offsets = sums.origins - center
    first = sums.first + sums.counts[:, None] * offsets
    if kind == "tied":
        # The scatter of all rows is about their own mean.
        shift = own_center - center
        lean = sums.first.sum(0) + (sums.counts[:, None] * (sums.origins - own_center)).sum(0)
        second = (
            sums.second + np.outer(lean, shift) + np.outer(shift, lean) + sums.counts.sum() * np.outer(shift, shift))
    elif kind == "full":
        cross = sums.first[:, :, None] * offsets[:, None, :]
        second = sums.second + cross + cross.transpose(0, 2, 1)
        second = second + sums.counts[:, None, None] * offsets[:, :, None] * offsets[:, None, :]
    else:
        second = sums.second + 2 * sums.first * offsets + sums.counts[:, None] * offsets**2
    return _conventions.Sums(sums.counts, np.broadcast_to(center, first.shape), first, second)


class _Voice:
    """What ``verbose`` prints."""

    def __init__(self, model):
        self.level, self.interval = int(model.verbose), model.verbose_interval

    def begin(self, start):
        if self.level >= 1:
            print(f"Initialization {start}")
        self.began = self.last = time.perf_counter()

    def iteration(self, number, change):
        if self.level < 1 or number % self.interval != 0:
            return
        if self.level == 1:
            print(f"  Iteration {number}")
            return
        now = time.perf_counter()
        print(f"  Iteration {number}\t time lapse {now - self.last:.5f}s\t ll change {change:.5f}")
        self.last = now

    def end(self, bound, converged):
        word = "converged" if converged else "did not converge"
        if self.level == 1:
            print(f"Initialization {word}.")
        elif self.level >= 2:
            lapse = time.perf_counter() - self.began
            print(f"Initialization {word}. time lapse {lapse:.5f}s\t lower bound {bound:.5f}.")
