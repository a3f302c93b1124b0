"""A variational Bayesian mixture of Gaussians with scikit-learn's interface, for millions of rows."""
from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _checks, _conventions, _missing, _native
from ._estimator import BaseEstimator, DensityMixin
from ._expectation import apply, moments
from ._fitting import Fitting, HeldOut, check_continues
from ._incremental import StreamFitting
from ._notebook import MixtureDisplay
from ._priors import priors_of, set_priors
from .model import Model

__all__ = ["BayesianGaussianMixture"]

_Real, _Integral = numbers.Real, numbers.Integral


class BayesianGaussianMixture(MixtureDisplay, DensityMixin, BaseEstimator):
    """Variational Bayesian estimation of a mixture of Gaussians: a drop-in for scikit-learn's class of this name.

    Parameters and fitted attributes are those of ``sklearn.mixture.BayesianGaussianMixture`` and mean the same. Started
    from the same responsibilities, it has scikit-learn's parameters after each iteration, to rounding.

    Other Parameters
    ----------------
    inference : {'auto', 'coordinate', 'nested', 'stochastic', 'memoized'}, default='auto'
        'coordinate' runs scikit-learn's iterations over all rows until the bound rises by less than ``tol``. 'nested'
        compares several starts on a sample of the rows, goes on with the best on larger samples, and ends with passes
        over all rows until the bound rises by less than ``tol / 1000`` per row; where passes converge slowly, it
        extrapolates from the last three. 'stochastic' takes natural-gradient
        steps on batches from such a start until the density of rows kept aside no longer rises, and ends with one pass
        over all rows. 'memoized' keeps the sums of 20 parts of the rows and updates after each part; where the bound no
        longer rises, components are moved, as long as that raises it. 'auto' is 'nested' from 50,000 rows on, below it
        'coordinate'.
    convergence : {'auto', 'absolute', 'relative'}, default='auto'
        What the rise of the bound over all rows is compared with: ``tol``, as scikit-learn has it, or ``tol / 1000``
        per row. 'auto' is 'absolute' for inference='coordinate' only.
    batch_size : int or None, default=None
        Rows of a batch of stochastic inference; None for a hundredth of the rows, from 1,000 to 20,000.
    validation_fraction : float or None, default=None
        The fraction of rows, at most 10,000 rows, that is kept aside. A fit also ends when their mean log density
        (``held_out_scores_``) has risen by less than 1e-5 twice in a row. None is 0.1 for stochastic inference, and for
        the others no such rows.
    conventions : {'sklearn', 'exact'}, default='sklearn'
        'exact' fits the model itself: ``lower_bound_`` is the evidence bound with all constants, comparable between
        numbers of components and priors; ``score_samples`` is the logarithm of the predictive density, a mixture of
        Student t densities that integrates to 1; ``reg_covar`` and ``init_params`` are not used, and ``n_init`` random
        starts, at least 8, are compared. Priors mean what they mean to scikit-learn: a precision is expected to be
        the inverse of ``covariance_prior / degrees_of_freedom_prior``, where nothing is given that of the rows. For
        'tied' the means' precision is ``mean_precision_prior`` times what their columns' precisions are expected to be.
    missing : {'error', 'integrate'}, default='error'
        'integrate' takes NaN for a missing cell, which is integrated out when fitting and when predicting.
    n_jobs : int or None, default=None
        Threads, as joblib counts them. None reads SUFFICE_NUM_THREADS, then OMP_NUM_THREADS, and else takes all
        processors. Results do not depend on it.
    device : {'auto', 'cpu', 'cuda'}, default='cpu'
        Where sweeps run: 'auto' is the fastest that there is, which is 'cpu'. There is no CUDA backend: 'cuda' is refused
        when a fit begins.
    progress : bool or callable, default=False
        True shows one line on the standard error. A callable gets a dictionary of ``start``, ``pass``, ``bound``,
        ``held_out``, ``change`` (per row) and ``seconds`` after each pass; where it returns False, the fit stops as
        after Ctrl-C: with KeyboardInterrupt, and the parameters so far.
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
        "weight_concentration_prior": [_checks.NONE, _checks.POSITIVE],
        "mean_precision_prior": [_checks.NONE, _checks.POSITIVE],
        "mean_prior": [_checks.NONE, _checks.ARRAY],
        "degrees_of_freedom_prior": [_checks.NONE, _checks.POSITIVE],
        "covariance_prior": [_checks.NONE, _checks.ARRAY, _checks.POSITIVE],
        "random_state": [_checks.RANDOM_STATE],
        "warm_start": [_checks.BOOLEAN],
        "verbose": [_checks.BOOLEAN, _checks.VERBOSE],
        "verbose_interval": [_checks.interval(_Integral, 1)],
        "inference": [_checks.options({"auto", "coordinate", "nested", "stochastic", "memoized"})],
        "convergence": [_checks.options({"auto", "absolute", "relative"})],
        "conventions": [_checks.options({"sklearn", "exact"})],
        "missing": [_checks.options({"error", "integrate"})],
        "batch_size": [_checks.NONE, _checks.interval(_Integral, 1)],
        "validation_fraction": [_checks.NONE, _checks.FRACTION],
        "n_jobs": [_checks.NONE, _checks.INTEGER],
        "device": [_checks.options({"auto", "cpu", "cuda"})],
        "progress": [_checks.BOOLEAN, ("a callable", callable)],
    }

    # What a fit sets, as scikit-learn has it.
    weights_: np.ndarray
    means_: np.ndarray
    covariances_: np.ndarray
    precisions_: np.ndarray
    precisions_cholesky_: np.ndarray
    weight_concentration_: np.ndarray | tuple[np.ndarray, np.ndarray]
    mean_precision_: np.ndarray
    degrees_of_freedom_: np.ndarray | float
    weight_concentration_prior_: float
    mean_precision_prior_: float
    mean_prior_: np.ndarray
    degrees_of_freedom_prior_: float
    covariance_prior_: np.ndarray | float
    converged_: bool
    n_iter_: int
    lower_bound_: float
    lower_bounds_: list[float]
    n_features_in_: int
    feature_names_in_: np.ndarray
    # And what scikit-learn has not.
    held_out_scores_: list[float]
    n_samples_seen_: int
    model_: Model

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
        mean_prior: npt.ArrayLike | None = None,
        degrees_of_freedom_prior: float | None = None,
        covariance_prior: npt.ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        inference: str = "auto",
        convergence: str = "auto",
        conventions: str = "sklearn",
        missing: str = "error",
        batch_size: int | None = None,
        validation_fraction: float | None = None,
        n_jobs: int | None = None,
        device: str = "cpu",
        progress: bool | Callable[[dict[str, Any]], Any] = False,
    ) -> None:
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
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.n_jobs = n_jobs
        self.device = device
        self.progress = progress

    # The conventions of estimators.

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "integrate"
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "means_")

    def __getstate__(self):
        return dict(self.__dict__, _suffice_version="0.1.0")

    def __setstate__(self, state):
        state = dict(state)
        state.pop("_suffice_version", None)
        self.__dict__.update(state)

    # Fitting.

    def fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> "BayesianGaussianMixture":
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

    def fit_predict(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> np.ndarray:
        """Fits the mixture to rows and returns the most probable component of each."""
        rows = self._fit(X, sample_weight)
        return self._apply(rows, "best")

    def _check_parameters(self):
        _checks.check_parameters(self, self._parameter_constraints)
        if self.device == "cuda":
            raise RuntimeError(
                "device='cuda': suffice has no CUDA backend; it runs on processors, in parallel (n_jobs). Use "
                "device='auto', which takes the fastest device that there is, or device='cpu'.")

    def _fit(self, X, sample_weight=None):
        self._check_parameters()
        array = _checks.check_rows(self, X, reset=True, minimum_rows=2)
        if len(array) < int(self.n_components):
            raise ValueError(
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, n_samples = "
                f"{len(array)}")
        for name in ("model_", "_stream", "held_out_scores_"):
            self.__dict__.pop(name, None)
        if self.conventions == "exact":
            from . import _exact

            self._check_finite(array)
            _exact.fit(self, array, _checks.check_weights(sample_weight, len(array)))
            return _native.Rows(array)
        threads = _native.thread_count(self.n_jobs)
        row_weights = _checks.check_weights(sample_weight, len(array))
        if self.missing == "integrate" and array.dtype.kind == "f" and np.isnan(array).any():
            _missing.MissingFitting(self, array, row_weights, threads).run()
            return _native.Rows(array)
        rows = _native.Rows(array)
        held_out = None
        if self.validation_fraction is not None or self.inference == "stochastic":
            held_out = self._hold_out(array, len(array))
            row_weights = held_out.weights(row_weights, len(array))
        count, mean, scatter = moments(rows, self.covariance_type, row_weights, threads)
        self._check_scatter(array, scatter)
        priors = set_priors(self, count, mean, scatter)
        Fitting(self, rows, priors, count, mean, scatter, row_weights, threads, held_out).run()
        return rows

    def _hold_out(self, array, count):
        fraction = 0.1 if self.validation_fraction is None else float(self.validation_fraction)
        if count - fraction * count < max(2, int(self.n_components)):
            raise ValueError(
                f"validation_fraction={fraction} of {count} rows leaves fewer rows than components to fit to.")
        _checks.raise_not_finite(self, array)
        # Draws of its own, so that a start means the same with and without rows kept aside.
        state: Any = _checks.check_random_state(self.random_state).get_state()
        seed = state[1][:2]
        return HeldOut(array, fraction, np.random.RandomState(seed), 1e-3 * self.tol)

    def _check_scatter(self, array, scatter):
        if not np.isfinite(scatter).all():
            _checks.raise_not_finite(self, array)
            raise ValueError(
                "Input X is too large: sums of squared values overflow. Divide the columns by a common scale.")

    def partial_fit(self, X: Any, y: Any = None, sample_weight: npt.ArrayLike | None = None) -> "BayesianGaussianMixture":
        """Learns from more rows; rows of earlier calls count on as they were understood then.

        The first call starts as ``fit`` does, and its rows set the priors that are not given. Each call iterates over
        its own rows with the sums over all earlier ones. ``fit`` forgets them.

        Source: Broderick, Boyd, Wibisono, Wilson & Jordan, *Streaming variational Bayes*, NIPS 2013.
        """
        self._check_parameters()
        if self.conventions == "exact" or self.missing == "integrate":
            raise ValueError("partial_fit needs conventions='sklearn' and missing='error'.")
        first = not hasattr(self, "_stream")
        array = _checks.check_rows(self, X, reset=first, minimum_rows=1)
        if first:
            for name in ("model_", "held_out_scores_"):
                self.__dict__.pop(name, None)
            if len(array) < max(2, int(self.n_components)):
                raise ValueError(
                    f"the first rows must be at least as many as components: got n_components = {self.n_components}, "
                    f"n_samples = {len(array)}")
        else:
            check_continues(self, array.shape[1], "partial_fit goes on with", "fit begins anew.")
        threads = _native.thread_count(self.n_jobs)
        rows = _native.Rows(array)
        row_weights = _checks.check_weights(sample_weight, rows.count)
        count, mean, scatter = moments(rows, self.covariance_type, row_weights, threads)
        self._check_scatter(array, scatter)
        priors = set_priors(self, count, mean, scatter) if first else priors_of(self)
        StreamFitting(self, rows, priors, count, mean, scatter, row_weights, threads).run()
        return self

    def _check_finite(self, array):
        """Raises for infinities, and for NaN where that is not a missing cell."""
        if self.missing == "integrate" and array.dtype.kind == "f":
            array = np.where(np.isnan(array), 0, array)
        _checks.raise_not_finite(self, array)

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
        is_process = self.weight_concentration_prior_type == "dirichlet_process"
        self.weights_ = _conventions.weights(is_process, self.weight_concentration_)
        self.precisions_ = _conventions.precisions(self.precisions_cholesky_, self.covariance_type)

    # Using the fit.

    def _rows(self, X):
        _checks.check_is_fitted(self)
        return _native.Rows(_checks.check_rows(self, X, reset=False))

    def _apply(self, rows, what, among=None):
        """Results of single rows; ``among`` leaves out the components where it is False."""
        if hasattr(self, "model_"):
            self._check_finite(rows.array)
            if what == "normalizers":
                return self.model_.score_samples(rows.array)
            probabilities = self.model_.predict_proba(rows.array)
            return probabilities if what == "responsibilities" else probabilities.argmax(axis=1)
        if self.missing == "integrate" and rows.array.dtype.kind == "f" and np.isnan(rows.array).any():
            return _missing.apply(
                _missing.Patterns(rows.array), priors_of(self), self._parameters(), what,
                _native.thread_count(self.n_jobs))
        components = len(self.means_)
        arrays = {
            "best": lambda: np.empty(rows.count, dtype=np.int64),
            "normalizers": lambda: np.empty(rows.count),
            "responsibilities": lambda: np.empty((rows.count, components)),
        }
        result = arrays[what]()
        total = apply(
            rows, priors_of(self), self._parameters(), among=among, threads=_native.thread_count(self.n_jobs),
            **{what: result})
        if np.isfinite(total):
            return result
        _checks.raise_not_finite(self, rows.array)
        # Squares overflowed: the density of such a row is 0, and its component is that of nearer rows in its direction.
        if what == "normalizers":
            result[np.isnan(result)] = -np.inf
            return result
        if what == "best":
            return self._apply(rows, "responsibilities", among).argmax(axis=1)
        far = np.isnan(result[:, 0])
        result[far] = self._apply(_native.Rows(1e-100 * rows.array[far].astype(np.float64)), what, among)
        return result

    def predict(self, X: Any) -> np.ndarray:
        """The most probable component of each row."""
        return self._apply(self._rows(X), "best")

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each component for each row, of shape (n_samples, n_components)."""
        return self._apply(self._rows(X), "responsibilities")

    def score_samples(self, X: Any) -> np.ndarray:
        """The log-likelihood of each row, in scikit-learn's conventions."""
        return self._apply(self._rows(X), "normalizers")

    def score(self, X: Any, y: Any = None) -> float:
        """The mean log-likelihood of rows, in scikit-learn's conventions."""
        return float(np.mean(self.score_samples(X)))

    def _free_parameters(self, rows):
        """Free parameters of the components that hold at least one row of as many as these."""
        components, width = self.means_.shape
        occupied = int(np.count_nonzero(self.weights_ * rows >= 1))
        covariances = {
            "full": occupied * width * (width + 1) // 2, "tied": width * (width + 1) // 2, "diag": occupied * width,
            "spherical": occupied}[self.covariance_type]
        return covariances + occupied * width + occupied - 1

    def bic(self, X: Any) -> float:
        """The Bayesian information criterion on rows, the lower the better: −2 log density + parameters × log rows.

        As in ``GaussianMixture``, but with the variational fit's density (``score``), and counting the components only
        that hold at least one row: the others have their prior and no free parameter. A rough guide: the criterion is
        derived at a maximum of the likelihood. ``lower_bound_`` under conventions='exact' is what compares models.
        """
        scores = self.score_samples(X)
        return float(-2 * scores.sum() + self._free_parameters(len(scores)) * np.log(len(scores)))

    def aic(self, X: Any) -> float:
        """Akaike's information criterion on rows, the lower the better: −2 log density + 2 × parameters; see ``bic``."""
        scores = self.score_samples(X)
        return float(-2 * scores.sum() + 2 * self._free_parameters(len(scores)))

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
