"""Mode-specific normalisation: numeric columns as a mixture component and a value scaled by it.

Every column is fitted by a Dirichlet-process mixture of Gaussians; a value becomes the one-hot vector of a component,
drawn from its responsibilities, and its distance from that component's mean in units of four deviations. Tabular
generative models (CTGAN, DP-CGANs, CTAB-GAN+) are trained on that.

Source: Xu, Skoularidou, Cuesta-Infante & Veeramachaneni, *Modeling tabular data using conditional GAN*, NeurIPS 2019,
section 4.2.
"""
from __future__ import annotations

import numbers
import warnings
from typing import Any

import numpy as np

from . import _checks, _native
from ._errors import not_fitted_error
from ._estimator import BaseEstimator, TransformerMixin
from ._numeric import columns_of, numbers_of
from .mixture import BayesianGaussianMixture

__all__ = ["ModeNormalizer", "draw_components", "patch_rdt", "unpatch_rdt"]

# Distances are in units of so many deviations, so that nearly all lie between -1 and 1.
_DEVIATIONS = 4


def draw_components(probabilities: np.ndarray, uniforms: np.ndarray, floor: float = 0.0) -> np.ndarray:
    """A component for each row of probabilities plus a floor, by inverting their cumulative sums at uniform numbers.

    Rows need not add up to 1. ``numpy.random.choice`` draws the same component from the same uniform number.
    """
    count = probabilities.shape[1]
    # One component at a time: sums run over contiguous memory.
    sums = np.empty((count, len(probabilities)))
    np.add(probabilities[:, 0], floor, out=sums[0])
    for k in range(1, count):
        np.add(probabilities[:, k], sums[k - 1], out=sums[k])
        if floor:
            sums[k] += floor
    targets = sums[-1] * uniforms
    chosen = np.zeros(len(probabilities), dtype=np.int64)
    for k in range(count - 1):
        chosen += sums[k] <= targets
    return chosen


class _Column:
    """The mixture of one column, and how its values become numbers."""

    def __init__(self, name, kind, values, settings, zone=None):
        self.name, self.kind, self.zone = name, kind, zone
        self.missing = bool(np.isnan(values).any())
        present = values[~np.isnan(values)] if self.missing else values
        if len(present) == 0:
            raise ValueError(f"column {name!r} has no value; drop it before the fit.")
        self._check_finite(present)
        # How dates and integers come back.
        self.unit = None
        rows, weights = _distinct(present)
        components = min(settings["components"], len(rows))
        if len(rows) < 2:
            self.means, self.deviations = rows[:1].copy(), np.ones(1)
            self.mixture = None
            self.valid = np.array([True])
            return
        with np.errstate(over="ignore", under="ignore"):
            variance = float(np.var(present))
        if not np.finfo(float).tiny < variance < np.inf:
            raise ValueError(
                f"column {name!r} has the variance {variance:g}, which is out of the range of numbers; choose another "
                "unit for it.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mixture = BayesianGaussianMixture(
                n_components=components, weight_concentration_prior_type="dirichlet_process",
                weight_concentration_prior=settings["concentration"], max_iter=settings["max_iter"],
                reg_covar=settings["reg_covar"] * variance,
                random_state=settings["seed"], n_jobs=settings["jobs"])
            mixture.fit(rows[:, None], sample_weight=weights)
        self.mixture = mixture
        valid = mixture.weights_ > settings["threshold"]
        if not valid.any():
            valid[np.argmax(mixture.weights_)] = True
        self.valid = valid
        self.means = mixture.means_[valid, 0]
        self.deviations = np.sqrt(mixture.covariances_[valid].ravel())

    def _check_finite(self, values):
        if np.isinf(values).any():
            raise ValueError(f"column {self.name!r} has infinite values; replace them.")

    @property
    def count(self):
        return len(self.means)

    @property
    def width(self):
        return 1 + self.count + (1 if self.missing else 0)

    def transform(self, values, random, draws):
        out = np.zeros((len(values), self.width))
        gone = np.isnan(values)
        if gone.any() and not self.missing:
            raise ValueError(
                f"column {self.name!r} has missing values, but had none in the fit. Fill or drop them, or fit with "
                "some.")
        self._check_finite(values)
        x = np.where(gone, self.means[0], values) if gone.any() else values
        if self.mixture is None:
            chosen = np.zeros(len(x), dtype=np.int64)
        else:
            probabilities = self.mixture._apply(_native.Rows(x[:, None]), "responsibilities", among=self.valid)
            if draws:
                chosen = draw_components(probabilities[:, self.valid], random.random_sample(len(x)))
            else:
                chosen = probabilities[:, self.valid].argmax(axis=1)
        scaled = (x - self.means[chosen]) / (_DEVIATIONS * self.deviations[chosen])
        out[:, 0] = np.clip(scaled, -0.99, 0.99)
        out[np.arange(len(x)), 1 + chosen] = 1
        if self.missing:
            out[gone, :-1] = 0
            out[:, -1] = gone
        return out

    def inverse(self, block):
        chosen = block[:, 1 : 1 + self.count].argmax(axis=1)
        values = np.clip(block[:, 0], -1, 1) * (_DEVIATIONS * self.deviations[chosen]) + self.means[chosen]
        if self.kind in ("integer", "boolean", "date", "duration"):
            values = np.round(values)
        if self.missing:
            values = np.where(block[:, -1] > 0.5, np.nan, values)
        return values


def _distinct(values):
    """Distinct values with counts where there are few of them, else the values themselves."""
    if len(values) > 200_000:
        head = values[:: max(1, len(values) // 20_000)]
        if len(np.unique(head)) > len(head) // 5:
            return np.ascontiguousarray(values), None
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) > len(values) // 3:
        return np.ascontiguousarray(values), None
    return distinct, counts.astype(np.float64)


class ModeNormalizer(TransformerMixin, BaseEstimator):
    """Turns numeric columns into scaled values and one-hot components, all columns fitted at once.

    A scikit-learn transformer. A column becomes ``name.value`` in [-0.99, 0.99], ``name.component_k`` (0 or 1) for each
    of its components, and ``name.missing`` where the fitted data had missing values. Integers, booleans and dates come
    back as such from ``inverse_transform``.

    Parameters
    ----------
    max_components : int, default=10
    weight_threshold : float, default=0.005
        Components below this weight are left out.
    concentration : float, default=0.001
        Of the Dirichlet process.
    max_iter : int, default=100
    reg_covar : float, default=1e-6
        The smallest variance of a component, relative to that of its column.
    draw : bool, default=True
        Draw components from the responsibilities, as the paper does; otherwise take the most probable one.
    random_state : int, RandomState or None
    n_jobs : int or None
        Threads; see BayesianGaussianMixture.
    """

    _parameter_constraints = {
        "max_components": [_checks.interval(numbers.Integral, 1)],
        "weight_threshold": [_checks.interval(numbers.Real, 0)],
        "concentration": [_checks.POSITIVE],
        "max_iter": [_checks.interval(numbers.Integral, 1)],
        "reg_covar": [_checks.interval(numbers.Real, 0)],
        "draw": [_checks.BOOLEAN],
        "random_state": [_checks.RANDOM_STATE],
        "n_jobs": [_checks.NONE, _checks.INTEGER],
    }

    def __init__(
        self, *, max_components: int = 10, weight_threshold: float = 0.005, concentration: float = 0.001,
        max_iter: int = 100, reg_covar: float = 1e-6, draw: bool = True,
        random_state: int | np.random.RandomState | None = None, n_jobs: int | None = None,
    ) -> None:
        self.max_components = max_components
        self.weight_threshold = weight_threshold
        self.concentration = concentration
        self.max_iter = max_iter
        self.reg_covar = reg_covar
        self.draw = draw
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "columns_")

    def fit(self, X: Any, y: Any = None) -> ModeNormalizer:
        """Fits a mixture to each column."""
        _checks.check_parameters(self, self._parameter_constraints)
        names, columns, named = columns_of(X)
        rows = len(columns[0]) if columns else 0
        for found, what in ((len(columns), "feature"), (rows, "sample")):
            if found == 0:
                raise ValueError(
                    f"Found array with 0 {what}(s) (shape=({rows}, {len(columns)})) while a minimum of 1 is required by "
                    f"{type(self).__name__}.")
        random = _checks.check_random_state(self.random_state)
        seeds = random.randint(0, 2**31 - 1, size=len(columns))
        settings = dict(
            components=int(self.max_components), threshold=float(self.weight_threshold),
            concentration=float(self.concentration), max_iter=int(self.max_iter), reg_covar=float(self.reg_covar),
            jobs=self.n_jobs)

        def one(index):
            values, kind = numbers_of(names[index], columns[index])
            zone = getattr(getattr(columns[index], "dtype", None), "tz", None)
            return _Column(names[index], kind, values, dict(settings, seed=int(seeds[index])), zone)

        fitted = [one(index) for index in range(len(columns))]
        self.columns_ = fitted
        self.n_iter_ = max([1] + [column.mixture.n_iter_ for column in fitted if column.mixture is not None])
        self.n_features_in_ = len(columns)
        if named:
            self.feature_names_in_ = np.asarray(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def _check(self):
        if not hasattr(self, "columns_"):
            raise not_fitted_error()(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before "
                "using this estimator.")

    def transform(self, X: Any) -> np.ndarray:
        """The scaled values and components of the columns, side by side."""
        self._check()
        names, columns, named = columns_of(X)
        if len(columns) != self.n_features_in_:
            raise ValueError(
                f"X has {len(columns)} features, but {type(self).__name__} is expecting {self.n_features_in_} features "
                "as input")
        if named and hasattr(self, "feature_names_in_") and list(self.feature_names_in_) != names:
            raise ValueError(
                "The feature names should match those that were passed during fit.\n"
                f"Expected: {list(self.feature_names_in_)}\nGot: {names}\n")
        random = _checks.check_random_state(self.random_state)
        blocks = [
            column.transform(numbers_of(column.name, values)[0], random, self.draw)
            for column, values in zip(self.columns_, columns)
        ]
        return np.hstack(blocks)

    def inverse_transform(self, X: Any) -> Any:
        """The columns back: a dictionary of arrays, or a DataFrame where DataFrames were fitted."""
        self._check()
        array = np.asarray(X, dtype=np.float64)
        width = sum(column.width for column in self.columns_)
        if array.ndim != 2 or array.shape[1] != width:
            raise ValueError(f"{width} columns were expected, as transform makes them; X has the shape {array.shape}.")
        position, result = 0, {}
        for column in self.columns_:
            values = column.inverse(array[:, position : position + column.width])
            position += column.width
            missing = np.isnan(values)
            if column.kind == "date":
                values = np.where(missing, 0, values).astype(np.int64).astype("datetime64[ns]")
                values[missing] = np.datetime64("NaT")
                if column.zone is not None:
                    import pandas

                    values = pandas.Series(values).dt.tz_localize("UTC").dt.tz_convert(column.zone)
            elif column.kind == "duration":
                values = np.where(missing, 0, values).astype(np.int64).astype("timedelta64[ns]")
                values[missing] = np.timedelta64("NaT")
            elif column.kind == "integer" and not missing.any():
                values = values.astype(np.int64)
            elif column.kind == "boolean" and not missing.any():
                values = values > 0.5
            result[column.name] = values
        if hasattr(self, "feature_names_in_"):
            try:
                import pandas

                return pandas.DataFrame(result)
            except ImportError:
                return result
        return np.column_stack([values.astype(np.float64) for values in result.values()])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The names of the columns of ``transform``."""
        self._check()
        names = []
        for column in self.columns_:
            names.append(f"{column.name}.value")
            names += [f"{column.name}.component_{k}" for k in range(column.count)]
            if column.missing:
                names.append(f"{column.name}.missing")
        return np.asarray(names, dtype=object)


# RDT.

_rdt_transform = None


def patch_rdt() -> None:
    """Makes the transform of RDT's ClusterBasedNormalizer draw all rows at once: the same components, much sooner.

    RDT draws a component for each row in a Python loop. With NumPy's global generator in the same state, this draws the
    same ones. Together with ``suffice.patch_sklearn()``, the fit is fast as well.
    """
    global _rdt_transform
    from rdt.transformers import numerical

    normalizer = numerical.ClusterBasedNormalizer
    if _rdt_transform is not None:
        return
    _rdt_transform = normalizer._transform
    above = normalizer.__mro__[1]

    def _transform(self, data):
        prepared = np.asarray(above._transform(self, data))
        values = prepared if prepared.ndim == 1 else prepared[:, 0]
        values = np.ascontiguousarray(values, dtype=np.float64)
        valid = np.asarray(self.valid_component_indicator)
        mixture = self._bgm_transformer
        probabilities = mixture.predict_proba(values[:, None])[:, valid]
        chosen = draw_components(probabilities, np.random.random_sample(len(values)), floor=1e-6)
        means = np.ravel(mixture.means_)[valid]
        deviations = np.sqrt(np.ravel(mixture.covariances_))[valid]
        scaled = (values - means[chosen]) / (self.STD_MULTIPLIER * deviations[chosen])
        columns = [np.clip(scaled, -0.99, 0.99), chosen]
        if prepared.ndim > 1 and self.null_transformer and self.null_transformer.models_missing_values():
            columns.append(prepared[:, 1])
        return np.stack(columns, axis=1)

    normalizer._transform = _transform


def unpatch_rdt() -> None:
    """Takes ``patch_rdt`` back."""
    global _rdt_transform
    if _rdt_transform is None:
        return
    from rdt.transformers import numerical

    numerical.ClusterBasedNormalizer._transform = _rdt_transform
    _rdt_transform = None
